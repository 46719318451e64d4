import { lookup } from 'node:dns';
import { isIP } from 'node:net';

/**
 * Where outgoing calls may go: to https on addresses of the public internet, so that an address that a member types in can't reach
 * the machine itself, its network or a cloud's metadata. On a local stack plain http to loopback is allowed too, and nothing else.
 * Ranges: https://www.iana.org/assignments/iana-ipv4-special-registry and …-ipv6-special-registry.
 */

type Range = [base: number, bits: number];

const range4 = (text: string, bits: number): Range => [ipv4(text) ?? 0, bits];

const NOT_PUBLIC_4: Range[] = [
  range4('0.0.0.0', 8), range4('10.0.0.0', 8), range4('100.64.0.0', 10), range4('127.0.0.0', 8), range4('169.254.0.0', 16),
  range4('172.16.0.0', 12), range4('192.0.0.0', 24), range4('192.0.2.0', 24), range4('192.31.196.0', 24), range4('192.52.193.0', 24),
  range4('192.88.99.0', 24), range4('192.168.0.0', 16), range4('192.175.48.0', 24), range4('198.18.0.0', 15), range4('198.51.100.0', 24),
  range4('203.0.113.0', 24), range4('224.0.0.0', 4), range4('240.0.0.0', 4),
];
/** Azure's platform address lies in a public range but answers only to the machine it runs on. */
const METADATA_4 = new Set([ipv4('168.63.129.16')]);

export class AddressRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'AddressRefused';
  }
}

function ipv4(text: string): number | null {
  if (isIP(text) !== 4) return null;
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The eight groups of an IPv6 address; null when it isn't one. A zone (`%eth0`) is refused with it. */
function ipv6(text: string): number[] | null {
  if (isIP(text) !== 6 || text.includes('%')) return null;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = tail ? ipv4(tail[2] ?? '') : null;
  const hex = tail && last !== null ? `${tail[1] ?? ''}${Math.floor(last / 65_536).toString(16)}:${(last % 65_536).toString(16)}` : text;
  const [head = '', rest] = hex.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  if (rest === undefined) return groups(head);
  const [left, right] = [groups(head), groups(rest)];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

function isPublic4(address: number): boolean {
  const inRange = NOT_PUBLIC_4.some(([base, bits]) => Math.floor(address / 2 ** (32 - bits)) === Math.floor(base / 2 ** (32 - bits)));
  return !inRange && !METADATA_4.has(address);
}

/**
 * Only global unicast (2000::/3) without its reserved parts; of the forms that carry an IPv4 address inside, NAT64 is judged by that
 * address, and the mapped, 6to4 and Teredo forms are refused whole: no vendor's name resolves to one.
 */
function isPublic6(groups: number[]): boolean {
  const [a = 0, b = 0, , , , , y = 0, z = 0] = groups;
  if (a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) return isPublic4(y * 65_536 + z);
  if (a < 0x2000 || a > 0x3fff) return false;
  const isReserved = (a === 0x2001 && (b < 0x200 || b === 0xdb8)) || a === 0x2002 || (a === 0x3fff && b < 0x1000);
  return !isReserved;
}

export function isLoopback(address: string): boolean {
  const four = ipv4(address);
  if (four !== null) return Math.floor(four / 2 ** 24) === 127;
  const six = ipv6(address);
  return six !== null && six.slice(0, 7).every((group) => group === 0) && six[7] === 1;
}

/** Whether an outgoing call may use this IP address. */
export function isAllowed(address: string, local: boolean): boolean {
  const four = ipv4(address);
  if (four !== null && isPublic4(four)) return true;
  const six = four === null ? ipv6(address) : null;
  if (six !== null && isPublic6(six)) return true;
  return local && isLoopback(address);
}

/**
 * A URL that may be called, as far as can be told without asking DNS.
 * @throws AddressRefused with a sentence that names no secret.
 */
export function checkUrl(text: string, local: boolean): URL {
  if (!URL.canParse(text)) throw new AddressRefused('The address is not a valid URL.');
  const url = new URL(text);
  const isKnown = url.protocol === 'https:' || (local && url.protocol === 'http:');
  if (!isKnown) throw new AddressRefused(`Only https addresses are called, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw new AddressRefused('The address must not contain a user name or password.');
  const host = bareHost(url);
  if (host === '') throw new AddressRefused('The address has no host.');
  const isAddress = isIP(host) !== 0;
  if (isAddress && !isAllowed(host, local)) throw new AddressRefused(`The address ${host} is not on the public internet.`);
  if (!isAddress && !isPublicName(host) && !(local && isLocalName(host))) {
    throw new AddressRefused(`${host.length > 100 ? 'The name' : host} is no name of the public internet.`);
  }
  // Plain http exists only for simulators on this machine.
  if (url.protocol === 'http:' && !(isAddress ? isLoopback(host) : isLocalName(host))) {
    throw new AddressRefused('Only https addresses are called.');
  }
  return url;
}

/** Ends of names that stand for a machine, a network or nothing: https://www.iana.org/assignments/special-use-domain-names, and habits. */
const NOT_PUBLIC_NAME = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|onion|alt|test|invalid)$/;

/** What a name resolves to is judged when it is connected to; some names need no asking. */
function isPublicName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return name.length <= 253 && name.includes('.') && !NOT_PUBLIC_NAME.test(name);
}

export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function isLocalName(host: string): boolean {
  return /^(?:[\w-]+\.)*localhost\.?$/.test(host);
}

type Found = { address: string; family: number };
type Callback = (error: Error | null, address: string | Found[], family?: number) => void;
export type Lookup = (host: string, options: { all?: boolean; family?: number | string }, callback: Callback) => void;

/**
 * A `lookup` for node:http(s) that resolves a name and refuses it when any of its addresses may not be called. The connection is made
 * to the very addresses checked here, so a name that changes its answer between check and use gains nothing.
 */
export function checkedLookup(local: boolean, resolve: Lookup = systemLookup): Lookup {
  return function lookupChecked(host, options, callback) {
    resolve(host, { family: options.family, all: true }, (error, answer) => {
      if (error) return callback(error, '');
      const found = Array.isArray(answer) ? answer : [{ address: answer, family: isIP(answer) }];
      const refused = found.find(({ address }) => !isAllowed(address, local) || (isLoopback(address) && !isLocalName(host)));
      const [first] = found;
      if (refused) return callback(new AddressRefused(`${host} resolves to ${refused.address}, which is not on the public internet.`),
      '');
      if (!first) return callback(new AddressRefused(`${host} has no address.`), '');
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };
}

const systemLookup: Lookup = (host, options, callback) => {
  const family = typeof options.family === 'number' ? options.family : 0;
  lookup(host, { family, all: true }, (error, found) => callback(error, found));
};
