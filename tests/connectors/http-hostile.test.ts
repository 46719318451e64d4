import { createServer as createTlsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { client, failed } from './support/client.ts';
import { selfSigned } from './support/certificate.ts';
import { listen, startRaw, startVendor } from './support/vendor.ts';
import type { Vendor } from './support/vendor.ts';

const vendors: Vendor[] = [];
afterEach(async () => {
  for (const vendor of vendors.splice(0)) await vendor.stop();
});

async function keep(started: Promise<Vendor>): Promise<string> {
  const vendor = await started;
  vendors.push(vendor);
  return vendor.url;
}

describe('an answer that attacks or breaks', () => {
  test('half a body of a success: it may have been taken', async () => {
    const url = await keep(startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"half":')));
    expect(await failed(client(), { url, body: {} })).toMatchObject({
      delivered: 'unknown',
      status: 200,
      response: '{"half":',
      diagnosis: { code: 'ANSWER_CUT' },
    });
  });

  test('half a chunked body, then a reset: it may have been taken', async () => {
    const url = await keep(
      startRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', () => socket.resetAndDestroy());
      }),
    );
    expect(await failed(client(), { url, body: {} })).toMatchObject({ delivered: 'unknown' });
  });

  test('half a body of a refusal: it was refused, in as many words as came', async () => {
    const url = await keep(
      startRaw((socket) =>
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 1000\r\n\r\n{"error":{"code":"X_1","message":"The field Acc'),
      ),
    );
    expect(await failed(client(), { url, body: {} })).toMatchObject({
      delivered: 'refused',
      message: 'The field Acc',
      diagnosis: { code: 'X_1' },
    });
  });

  test('a small body that unpacks to 100 MB is cut at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const url = await keep(
      startVendor((_, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(bomb);
      }),
    );
    expect(await failed(client(), { url, body: {} })).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'ANSWER_TOO_LARGE' } });
  });

  test('a body without end is cut at the limit', async () => {
    const url = await keep(
      startVendor((_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
        };
        response.on('drain', more);
        more();
      }),
    );
    const failure = await failed(client({ maxBytes: 100_000 }), { url, body: {} });
    expect(failure).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'ANSWER_TOO_LARGE' } });
  });

  test('headers without end are cut', async () => {
    const url = await keep(
      startRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(`x-${'y'.repeat(1_000)}: 1\r\n`));
        };
        socket.on('drain', more);
        more();
      }),
    );
    expect(await failed(client(), { url, body: {} })).toMatchObject({
      delivered: 'unknown',
      status: null,
      diagnosis: { code: 'ANSWER_UNREADABLE' },
    });
  });

  test('an encoding nobody knows: it may have been taken', async () => {
    const url = await keep(
      startVendor((_, response) => {
        response.setHeader('content-encoding', 'rot13');
        response.end('uryyb');
      }),
    );
    expect(await failed(client(), { url })).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'ANSWER_UNREADABLE' } });
  });

  test('a broken gzip: it may have been taken', async () => {
    const url = await keep(
      startVendor((_, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync('{"a":1}').subarray(0, 12));
      }),
    );
    expect(await failed(client(), { url })).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'ANSWER_UNREADABLE' } });
  });

  test('something that is not HTTP: it may have been taken', async () => {
    const url = await keep(startRaw((socket) => socket.end('SSH-2.0-OpenSSH\r\n')));
    expect(await failed(client(), { url, body: {} })).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'ANSWER_UNREADABLE' } });
  });

  test('a certificate nobody vouches for: nothing was sent, until someone does', async () => {
    let heard = 0;
    const server = createTlsServer(selfSigned, (_, response) => {
      heard += 1;
      response.end('{}');
    });
    const url = await keep(listen(server, 'https', []));
    expect(await failed(client(), { url, body: {} })).toMatchObject({ delivered: 'no', diagnosis: { code: 'TLS_FAILED' } });
    expect(heard).toBe(0);
    const trusted = getCACertificates();
    setDefaultCACertificates([...trusted, selfSigned.cert]);
    try {
      expect(await client().send({ url, body: {} })).toMatchObject({ status: 200 });
    } finally {
      setDefaultCACertificates(trusted);
    }
  });

  test('any bytes: a response or an HttpFailure, never anything else', async () => {
    let bytes = Buffer.alloc(0);
    const url = await keep(startRaw((socket) => socket.end(bytes)));
    const start = fc.constantFrom(
      '',
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
      'HTTP/1.1 500 X\r\ncontent-encoding: gzip\r\n\r\n',
      'HTTP/1.1 301 X\r\nlocation: ',
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, tail) => {
        bytes = Buffer.concat([Buffer.from(head), tail]);
        const result = await client({ timeoutMs: 500 })
          .send({ url, body: '{}' })
          .catch((error: unknown) => error);
        expect(result instanceof HttpFailure || typeof (result as { status?: unknown }).status === 'number').toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an address that must not be called', () => {
  const refusal = { delivered: 'no', diagnosis: { code: 'ADDRESS_NOT_ALLOWED', retryable: false } };

  test.each([
    'http://vendor.example.org/',
    'ftp://vendor.example.org/',
    'https://user:pass@vendor.example.org/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'not a url',
    '',
  ])('%s', async (url) => {
    expect(await failed(client({ local: false }), { url })).toMatchObject(refusal);
  });

  test('a name that resolves to a private address', async () => {
    const http = client({ local: false, lookup: (_host, _options, callback) => callback(null, [{ address: '10.1.2.3', family: 4 }]) });
    expect(await failed(http, { url: 'https://vendor.example.org/', body: {} })).toMatchObject(refusal);
  });

  test('a name with one public and one private address', async () => {
    const http = client({
      local: false,
      lookup: (_host, _options, callback) =>
        callback(null, [
          { address: '93.184.216.34', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    expect(await failed(http, { url: 'https://vendor.example.org/', body: {} })).toMatchObject(refusal);
  });

  test('a name that changes its answer: every connection is checked by its own lookup', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const seen: string[] = [];
    const http = client({
      local: false,
      lookup: (host, _options, callback) => {
        seen.push(host);
        const next = answers.shift() ?? ['127.0.0.1'];
        // The public address is never dialled here: the resolver itself fails, as a test must not leave this machine.
        return next[0] === '127.0.0.1'
          ? callback(null, [{ address: '127.0.0.1', family: 4 }])
          : callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), '');
      },
    });
    expect(await failed(http, { url: 'https://vendor.example.org/' })).toMatchObject({ diagnosis: { code: 'NAME_NOT_FOUND' } });
    expect(await failed(http, { url: 'https://vendor.example.org/' })).toMatchObject(refusal);
    expect(seen).toEqual(['vendor.example.org', 'vendor.example.org']);
  });

  test('on a local stack a private address is still refused, only loopback is allowed', async () => {
    expect(await failed(client(), { url: 'http://10.0.0.1/' })).toMatchObject(refusal);
    expect(await failed(client(), { url: 'http://169.254.169.254/' })).toMatchObject(refusal);
  });

  test('a header that would smuggle a second one: nothing was sent', async () => {
    const url = await keep(startVendor((_, response) => response.end('{}')));
    expect(await failed(client(), { url, headers: { 'x-a': 'b\r\nx-c: d' } })).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'BAD_REQUEST', retryable: false },
    });
  });
});
