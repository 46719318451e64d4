import { Buffer } from 'node:buffer';
import { createServer as createTlsServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { createHttp, HttpFailure } from '../../../supabase/functions/_kit/http.ts';
import { selfSigned } from './certificate.ts';
import { listen, startRaw, startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const bomb = gzipSync(Buffer.alloc(20_000_000));

/** What can happen to one request, each against a real server: run in Node and in Deno, it must come out the same. */
const scenarios: Record<string, { start: () => Promise<Vendor>; lookup?: string; timeoutMs?: number }> = {
  'a good answer': { start: () => startVendor((_, response) => response.end('{"ok":true}')) },
  'a packed answer': {
    start: () =>
      startVendor((_, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync('{"ok":true}'));
      }),
  },
  'a bomb': {
    start: () =>
      startVendor((_, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(bomb);
      }),
  },
  'a refusal': {
    start: () =>
      startVendor((_, response) => {
        response.statusCode = 422;
        response.end('{"message":"no"}');
      }),
  },
  'a hang': { start: () => startRaw(() => undefined), timeoutMs: 200 },
  'half a body': { start: () => startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"half":')) },
  'a reset before the answer': { start: () => startRaw((socket) => socket.destroy()) },
  'a reset in the body': {
    start: () =>
      startRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', () => socket.destroy());
      }),
  },
  'endless headers': {
    start: () =>
      startRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(`x-${'y'.repeat(1_000)}: 1\r\n`));
        };
        socket.on('drain', more);
        more();
      }),
  },
  'not HTTP': { start: () => startRaw((socket) => socket.end('SSH-2.0-OpenSSH\r\n')) },
  'an untrusted certificate': {
    start: () =>
      listen(
        createTlsServer(selfSigned, (_, response) => response.end('{}')),
        'https',
        [],
      ),
  },
  'a name that resolves to a private address': { start: () => startVendor((_, response) => response.end('{}')), lookup: '10.0.0.1' },
  'a name that resolves to this machine': { start: () => startVendor((_, response) => response.end('{}')), lookup: '127.0.0.1' },
};

async function outcome(vendor: Vendor, lookup: string | undefined, timeoutMs = 10_000): Promise<string> {
  const url = lookup === undefined ? vendor.url : 'https://vendor.example.org/';
  const http = createHttp({
    system: 'other',
    secrets: [],
    local: true,
    clock: () => new Date(0),
    timeoutMs,
    lookup: (_host, options, callback) =>
      options.all === true ? callback(null, [{ address: lookup ?? '', family: 4 }]) : callback(null, lookup ?? '', 4),
  });
  try {
    const response = await http.send({ url, body: { a: 1 } });
    return `${response.status} ${response.body}`;
  } catch (error) {
    return error instanceof HttpFailure ? `${error.delivered} ${error.status} ${error.diagnosis.code}` : `threw ${String(error)}`;
  }
}

export async function runScenarios(): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [name, { start, lookup, timeoutMs }] of Object.entries(scenarios)) {
    const vendor = await start();
    outcomes[name] = await outcome(vendor, lookup, timeoutMs);
    await vendor.stop();
  }
  return outcomes;
}
