import process from 'node:process';
import net from 'node:net';
import type { Lookup } from '../../../supabase/functions/_kit/address.ts';
import { createHttp, HttpFailure } from '../../../supabase/functions/_kit/http.ts';
import { HOSTILE_ADDRESSES } from './hostile-addresses.ts';
import { startVendor } from '../../connectors/support/vendor.ts';

// The real client against every hostile address: as it is given, and as where a system redirects to. Prints one line of JSON;
// run in Node and in Deno it must print the same.

/** Attempts to connect: with a name there is one, and it is over when the resolver's answer is refused. */
let dialled = 0;
const dial = net.Socket.prototype.connect;
net.Socket.prototype.connect = function connectCounted(this: net.Socket, ...given: unknown[]) {
  dialled += 1;
  return Reflect.apply(dial, this, given) as net.Socket;
};

const answering = (addresses: string[] | undefined): Lookup => (_host, _options, callback) => (
  addresses === undefined ? callback(new Error('the resolver was asked'), '') : callback(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
);

async function outcome(send: Promise<unknown>): Promise<string> {
  const result = await send.then(() => 'answered', (error: unknown) => error);
  return result instanceof HttpFailure ? `${result.delivered} ${result.diagnosis.code}` : String(result);
}

const client = (local: boolean, lookup: Lookup) => createHttp({ system: 'other', secrets: [], local, clock: () => new Date(0), timeoutMs: 3_000, lookup });
const results: string[][] = [];

let target = '';
const vendor = await startVendor((_, response) => response.writeHead(302, { location: target.replace(/[^\x21-\x7e]/gu, encodeURIComponent) }).end());
for (const { url, resolves } of HOSTILE_ADDRESSES) {
  const own = dialled;
  const direct = [await outcome(client(false, answering(resolves)).send({ url })), await outcome(client(false, answering(resolves)).send({ url, body: { a: 1 } }))];
  const dials = dialled - own;
  // As much of it as a header can carry.
  target = url.slice(0, 10_000);
  const heard = vendor.requests.length;
  const redirects = [await outcome(client(true, answering(resolves)).send({ url: vendor.url })), await outcome(client(true, answering(resolves)).send({ url: vendor.url, body: { a: 1 } }))];
  results.push([...direct, ...redirects, `${resolves === undefined ? dials : 0} connections`, `${vendor.requests.length - heard} requests`]);
}
await vendor.stop();
process.stdout.write(JSON.stringify(results));
process.exit(0);
