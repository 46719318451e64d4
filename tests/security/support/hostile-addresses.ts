/**
 * Addresses that a setting, a redirect or a name may lead to, and why each is hostile: one table for everything that must refuse them.
 * `resolves` is what the resolver says of the name; without it the resolver is not asked. Ranges: RFC 6890 and its registries.
 */
export type HostileAddress = { url: string; why: string; resolves?: string[] };

const at = (hosts: Record<string, string>): HostileAddress[] => Object.entries(hosts).map(([host, why]) => ({ url: `https://${host}/`, why }));
const named = (host: string, why: string, ...resolves: string[]): HostileAddress => ({ url: `https://${host}/`, why, resolves });

const RANGES_4 = at({
  '0.0.0.0': 'this machine', '0.255.255.255': 'this network', '10.0.0.1': 'private', '10.255.255.255': 'private', '100.64.0.1': 'shared by a provider',
  '100.127.255.255': 'shared by a provider', '127.0.0.1': 'loopback', '127.255.255.254': 'loopback', '169.254.1.1': 'link-local', '172.16.0.1': 'private',
  '172.31.255.255': 'private', '192.0.0.1': 'protocol assignments', '192.0.0.8': 'dummy', '192.0.0.170': 'discovery of NAT64', '192.0.2.1': 'documentation',
  '192.31.196.1': 'AS112', '192.52.193.1': 'AMT', '192.88.99.1': '6to4 relay', '192.168.0.1': 'private', '192.168.255.255': 'private', '192.175.48.1': 'AS112',
  '198.18.0.1': 'benchmarks', '198.19.255.255': 'benchmarks', '198.51.100.1': 'documentation', '203.0.113.1': 'documentation', '224.0.0.1': 'multicast',
  '239.255.255.255': 'multicast', '240.0.0.1': 'reserved', '255.255.255.255': 'broadcast',
});

const METADATA = at({
  '169.254.169.254': 'metadata of AWS, Azure, Google and others', '169.254.170.2': 'credentials of a container at AWS', '169.254.169.123': 'a service of AWS',
  '100.100.100.200': 'metadata of Alibaba', '192.0.0.192': 'metadata of Oracle', '168.63.129.16': 'platform of Azure, in a public range',
  '[fd00:ec2::254]': 'metadata of AWS over IPv6', '[fd20:ce::254]': 'metadata of Google over IPv6',
});

const RANGES_6 = at({
  '[::]': 'this machine', '[::1]': 'loopback', '[0:0:0:0:0:0:0:1]': 'loopback, written out', '[::ffff:127.0.0.1]': 'IPv4-mapped loopback',
  '[::ffff:7f00:1]': 'IPv4-mapped loopback in hex', '[::ffff:169.254.169.254]': 'IPv4-mapped metadata', '[::ffff:8.8.8.8]': 'IPv4-mapped, whatever it maps',
  '[::ffff:0:127.0.0.1]': 'IPv4-translated loopback', '[::127.0.0.1]': 'IPv4-compatible loopback', '[64:ff9b::127.0.0.1]': 'NAT64 of loopback',
  '[64:ff9b::a9fe:a9fe]': 'NAT64 of metadata', '[64:ff9b:1::a00:1]': 'local NAT64', '[2002:7f00:1::]': '6to4 of loopback', '[2002:a9fe:a9fe::1]': '6to4 of metadata',
  '[2001:0:a9fe:a9fe::1]': 'Teredo', '[2001::1]': 'Teredo', '[2001:2::1]': 'benchmarks', '[2001:10::1]': 'ORCHID', '[2001:20::1]': 'ORCHID', '[2001:db8::1]': 'documentation',
  '[3fff::1]': 'documentation', '[5f00::1]': 'segment routing', '[100::1]': 'discarded', '[100:0:0:1::1]': 'dummy', '[fc00::1]': 'unique local', '[fdff::1]': 'unique local',
  '[fe80::1]': 'link-local', '[febf::1]': 'link-local', '[fec0::1]': 'site-local', '[ff02::1]': 'multicast', '[4000::1]': 'not assigned to anybody',
});

/** The same address in clothes: a parser that reads it otherwise than the connection would let it through. */
const SPELLINGS = at({
  '127.1': 'short', '127.0.1': 'short', '2130706433': 'decimal', '0x7f000001': 'hexadecimal', '0x7f.1': 'hexadecimal and short', '017700000001': 'octal',
  '0177.0.0.1': 'octal', '0177.0x0.0.1': 'mixed', '00000177.0.0.1': 'octal with zeros', '0': 'zero', '0x0': 'zero in hexadecimal', '2852039166': 'metadata in decimal', '0xa9fea9fe': 'metadata in hexadecimal',
  '0xA9.254.0251.0376': 'metadata, mixed', '127.0.0.1.': 'a dot at the end', '169.254.169.254.': 'metadata with a dot at the end', '１２７.0.0.1': 'full-width digits',
  '127。0。0。1': 'ideographic dots', '127．0．0．1': 'full-width dots', '①②⑦.⓪.⓪.①': 'circled digits', '𝟏𝟐𝟕.𝟎.𝟎.𝟏': 'mathematical digits', '127.0.0\u200b.1': 'a zero-width space',
  '127.0.0.\u00ad1': 'a soft hyphen', '127.0.\t0.1': 'a tab', '127.0.\n0.1': 'a line break', '127.0.0.1\r\n': 'a line break at the end', '%31%32%37.0.0.1': 'percent-encoded',
  '%6c%6f%63%61%6c%68%6f%73%74': 'localhost, percent-encoded', '127.0.0.1:443': 'a port', '127.0.0.1:22': 'a port', '[::ffff:127.0.0.1]:8443': 'a port',
});

const SCHEMES: HostileAddress[] = [
  'http://vendor.example.org/', 'http://93.184.216.34/', 'http://127.0.0.1/', 'ftp://vendor.example.org/', 'file:///etc/passwd', 'file://vendor.example.org/etc/passwd', 'data:text/plain,x',
  'javascript:alert(1)', 'blob:https://vendor.example.org/x', 'ws://vendor.example.org/', 'wss://vendor.example.org/', 'gopher://127.0.0.1:25/', 'ldap://127.0.0.1/', 'dict://127.0.0.1:11211/', 'jar:https://vendor.example.org/',
  'unix:/var/run/docker.sock', 'about:blank', '//vendor.example.org/', 'vendor.example.org', '/etc/passwd', 'https:', 'https://', 'https:///', 'HTTPS://127.0.0.1/', 'https:\\\\127.0.0.1\\', 'https:/127.0.0.1/',
  ' \u0000https://127.0.0.1/', '', ' ', 'not a url',
].map((url) => ({ url, why: 'another scheme than https, or none, or one that is hidden' }));

const WITH_CREDENTIALS: HostileAddress[] = [
  'https://user:pass@vendor.example.org/', 'https://user@vendor.example.org/', 'https://:pass@vendor.example.org/', 'https://vendor.example.org:443@127.0.0.1/', 'https://127.0.0.1:443@vendor.example.org/',
  'https://vendor.example.org%40@127.0.0.1/', 'https://vendor.example.org\\@127.0.0.1@127.0.0.1/',
].map((url) => ({ url, why: 'a user name or password in the address, which may hide the host', resolves: ['10.0.0.1'] }));

const NAMES: HostileAddress[] = [
  ...at({
    'localhost': 'this machine', 'localhost.': 'this machine, with a dot', 'LOCALHOST': 'this machine, in capitals', 'ⓛocalhost': 'this machine, in a circled letter', 'a.localhost': 'this machine',
    'metadata': 'a name without a dot', 'metadata.google.internal': 'metadata of Google', 'metadata.google.internal.': 'the same with a dot', 'instance-data.ec2.internal': 'metadata of AWS', 'kubernetes.default.svc.cluster.local': 'the cluster',
    'host.docker.internal': 'the machine around a container', 'router.home.arpa': 'a home', 'printer.local': 'the neighbourhood', 'db.corp': 'a company', 'nas.lan': 'a home', 'hidden.onion': 'another network', '1.0.0.127.in-addr.arpa': 'no host',
    [`${'a'.repeat(63)}.`.repeat(4) + 'example.org']: 'longer than a name can be', [`${'a.'.repeat(20_000)}example.org`]: 'very long',
  }),
  named('127.0.0.1.nip.io', 'a public name of loopback', '127.0.0.1'),
  named('169-254-169-254.sslip.io', 'a public name of metadata', '169.254.169.254'),
  named('vendor.example.org', 'a private address', '10.1.2.3'),
  named('vendor.example.org', 'one private among many', '93.184.216.34', '8.8.8.8', '192.168.1.1'),
  named('vendor.example.org', 'a public IPv4 and a private IPv6', '93.184.216.34', 'fd00::1'),
  named('vendor.example.org', 'a public IPv6 and a private IPv4', '2606:4700::1111', '10.0.0.1'),
  named('vendor.example.org', 'IPv4-mapped in a record for IPv6', '::ffff:10.0.0.1'),
  named('vendor.example.org', 'NAT64 in a record for IPv6', '64:ff9b::a9fe:a9fe'),
  named('vendor.example.org', 'a zone', 'fe80::1%eth0'),
  named('vendor.example.org.', 'a dot at the end', '127.0.0.1'),
  named('alias.example.org', 'an alias of a name inside', '172.20.0.5'),
  named('VENDOR.example.org', 'capitals', '0.0.0.0'),
  named('ｖendor.example.org', 'a full-width letter', '10.0.0.1'),
  named('xn--e1afmkfd.example.org', 'an encoded name', '10.0.0.1'),
  named('vendor.example.org', 'an answer that is no address', 'localhost'),
  named('vendor.example.org', 'an answer that is empty', ''),
  { url: 'https://vendor.example.org/', why: 'no address at all', resolves: [] },
  { url: 'https://vendor.example.org\\@93.184.216.34/', why: 'a backslash, read as the end of the host', resolves: ['10.0.0.1'] },
  { url: 'https://vendor.example.org#@93.184.216.34/', why: 'a fragment, read as a user name', resolves: ['10.0.0.1'] },
  { url: 'https://vendor.example.org?@93.184.216.34/', why: 'a query, read as a user name', resolves: ['10.0.0.1'] },
];

export const HOSTILE_ADDRESSES: HostileAddress[] = [
  ...RANGES_4, ...METADATA, ...RANGES_6, ...SPELLINGS, ...SCHEMES, ...WITH_CREDENTIALS, ...NAMES,
];
