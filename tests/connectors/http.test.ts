import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpFailure, RESPONSE_EXCERPT } from '../../supabase/functions/_kit/http.ts';
import { client, failed } from './support/client.ts';
import { startRaw, startVendor } from './support/vendor.ts';
import type { Vendor } from './support/vendor.ts';

const vendors: Vendor[] = [];
afterEach(async () => {
  for (const vendor of vendors.splice(0)) await vendor.stop();
});

async function vendor(...[answer]: Parameters<typeof startVendor>): Promise<Vendor> {
  const started = await startVendor(answer);
  vendors.push(started);
  return started;
}

async function raw(...[talk]: Parameters<typeof startRaw>): Promise<Vendor> {
  const started = await startRaw(talk);
  vendors.push(started);
  return started;
}

const json =
  (body: unknown) =>
  (_: unknown, response: { setHeader(name: string, value: string): unknown; end(body: string): unknown }): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };

describe('an answer', () => {
  test("comes back with status, headers, body and the system's own request id", async () => {
    const { url } = await vendor((_, response) => {
      response.writeHead(201, { 'Content-Type': 'application/json', 'X-MS-Correlation-Request-Id': 'abc-1' });
      response.end('{"ok":true}');
    });
    const answer = await client().send({ url });
    expect(answer).toMatchObject({ status: 201, body: '{"ok":true}', requestId: 'abc-1', headers: { 'content-type': 'application/json' } });
    expect(answer.json()).toEqual({ ok: true });
  });

  test('an object goes out as JSON by POST, with its length in bytes', async () => {
    const { url, requests } = await vendor(json({}));
    await client().send({ url, body: { name: 'Blåbær' }, headers: { Authorization: 'token abcdef123456' } });
    expect(requests[0]).toMatchObject({ method: 'POST', body: '{"name":"Blåbær"}' });
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '19',
      'authorization': 'token abcdef123456',
    });
  });

  test('text goes out as it is', async () => {
    const { url, requests } = await vendor(json({}));
    await client().send({ url, method: 'patch', body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    expect(requests[0]).toMatchObject({ method: 'PATCH', body: 'a=1' });
    expect(requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  test('a packed answer is unpacked', async () => {
    const { url } = await vendor((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"a":"æøå"}'));
    });
    expect((await client().send({ url })).json()).toEqual({ a: 'æøå' });
  });

  test('an answer in an old character set is read in it', async () => {
    const { url } = await vendor((_, response) => {
      response.setHeader('content-type', 'text/plain; charset=ISO-8859-1');
      response.end(Buffer.from('Blåbær', 'latin1'));
    });
    expect((await client().send({ url })).body).toBe('Blåbær');
  });

  test('a request that may change something gets a connection of its own: no runtime can repeat it on a closed one', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await vendor((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const http = client();
    for (let count = 0; count < 3; count += 1) await http.send({ url, body: {} });
    expect(ports.size).toBe(3);
  });

  test('connections are kept open between reads, and nothing piles up on them', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await vendor((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const http = client();
    for (let count = 0; count < 30; count += 1) await http.send({ url });
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(ports.size).toBe(1);
    expect(warnings).toEqual([]);
  });

  test('a page where JSON was promised leaves open whether it was taken, and says what the page says', async () => {
    const { url } = await vendor((_, response) => response.end('<html><title>Sign in</title><h1>Please sign in</h1></html>'));
    const answer = await client().send({ url });
    expect(() => answer.json()).toThrow(HttpFailure);
    const failure = await client()
      .send({ url })
      .then((response) => response.json())
      .catch((error: unknown) => error as HttpFailure);
    expect(failure).toMatchObject({
      delivered: 'unknown',
      status: 200,
      diagnosis: { code: 'NOT_JSON', category: 'server', retryable: true },
    });
    expect((failure as HttpFailure).message).toContain('Please sign in');
  });
});

describe('a refusal', () => {
  test.each([
    [400, 'refused'],
    [404, 'refused'],
    [409, 'refused'],
    [422, 'refused'],
    [429, 'refused'],
    [500, 'unknown'],
    [502, 'unknown'],
    [504, 'unknown'],
  ])('with status %i: was it delivered? %s', async (status, delivered) => {
    const { url } = await vendor((_, response) => {
      response.statusCode = status;
      response.end('{"message":"no such thing"}');
    });
    expect(await failed(client(), { url, body: {} })).toMatchObject({ delivered, status });
  });

  test("is told in the system's words, with its code and when to come back", async () => {
    const { url } = await vendor((_, response) => {
      response.writeHead(429, { 'Retry-After': '17', 'X-Request-Id': 'r-9' });
      response.end('{"errors":[{"code":"TooManyRequests","title":"Too many requests to update"}]}');
    });
    const failure = await failed(client(), { url });
    expect(failure).toMatchObject({
      message: 'Too many requests to update',
      delivered: 'refused',
      requestId: 'r-9',
      retryAfterSeconds: 17,
      diagnosis: { code: 'TooManyRequests', category: 'rate_limit', retryable: true },
    });
  });

  test('inside a 200 is made into the same kind of failure', async () => {
    const { url } = await vendor(
      json({
        errors: [
          { message: 'Not enough credits', code: 'BAD_REQUEST.INSUFFICIENT_CREDITS', extensions: { resetAt: '2026-11-20T10:20:00Z' } },
        ],
      }),
    );
    const http = client({ system: 'xledger' });
    const failure = http.failure(await http.send({ url }));
    expect(failure).toMatchObject({
      delivered: 'refused',
      status: 200,
      retryAfterSeconds: 1_200,
      diagnosis: { category: 'rate_limit', retryable: true },
    });
  });

  test('keeps the answer, cut at the stated length', async () => {
    const { url } = await vendor((_, response) => {
      response.statusCode = 400;
      response.end('x'.repeat(100_000));
    });
    expect((await failed(client(), { url })).response).toHaveLength(RESPONSE_EXCERPT);
  });

  test('that echoes a secret gives it to nobody: not the configured one, not the token of the request', async () => {
    const { url } = await vendor((request, response) => {
      response.statusCode = 401;
      response.end(
        JSON.stringify({ message: `Bad credentials: ${request.headers.authorization}, k3y-of-the-house`, code: 'k3y-of-the-house' }),
      );
    });
    const failure = await failed(client({ secrets: ['k3y-of-the-house'] }), {
      url,
      headers: { authorization: 'token fetched-on-the-way' },
    });
    const shown = JSON.stringify(failure) + failure.message + String(failure.stack);
    expect(shown).not.toContain('k3y-of-the-house');
    expect(shown).not.toContain('fetched-on-the-way');
    expect(failure.message).toContain('Bad credentials');
  });

  test('an idempotency key is no secret: support needs it', async () => {
    const { url } = await vendor((_, response) => {
      response.statusCode = 409;
      response.end('{"message":"Key record-key-0001 was used before"}');
    });
    expect((await failed(client(), { url, body: {}, headers: { 'Idempotency-Key': 'record-key-0001' } })).message).toContain(
      'record-key-0001',
    );
  });
});

describe('a redirect', () => {
  test('of a GET to the same host is followed', async () => {
    const { url, requests } = await vendor((request, response) => {
      if (request.url === '/next') return response.end('{"here":true}');
      response.writeHead(302, { location: '/next' });
      return response.end();
    });
    expect((await client().send({ url })).json()).toEqual({ here: true });
    expect(requests.map(({ path }) => path)).toEqual(['/', '/next']);
  });

  test('of a POST is not followed: nobody knows whether it was taken twice', async () => {
    const { url, requests } = await vendor((_, response) => {
      response.writeHead(307, { location: '/next' });
      response.end();
    });
    expect(await failed(client(), { url, body: {} })).toMatchObject({
      delivered: 'refused',
      status: 307,
      diagnosis: { code: 'REDIRECT_NOT_FOLLOWED' },
    });
    expect(requests).toHaveLength(1);
  });

  test('to another host is never followed, so no credential goes there', async () => {
    const other = await vendor(json({}));
    const { url } = await vendor((_, response) => {
      response.writeHead(302, { location: other.url });
      response.end();
    });
    const failure = await failed(client(), { url, headers: { authorization: 'Bearer abcdefgh12345678' } });
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { code: 'REDIRECT_NOT_FOLLOWED', retryable: false } });
    expect(other.requests).toHaveLength(0);
  });

  test('in a circle ends', async () => {
    const { url, requests } = await vendor((_, response) => {
      response.writeHead(302, { location: '/' });
      response.end();
    });
    await failed(client(), { url });
    expect(requests.length).toBeLessThan(6);
  });
});

describe('no answer', () => {
  test('within the time given: it may have been taken', async () => {
    const { url } = await raw(() => undefined);
    expect(await failed(client(), { url, body: {}, timeoutMs: 60 })).toMatchObject({
      delivered: 'unknown',
      status: null,
      diagnosis: { code: 'TIMEOUT', category: 'timeout', retryable: true },
    });
  });

  test('that trickles in is still cut at the time given', async () => {
    const { url } = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{"a":');
      const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('1')), 10);
    });
    expect(await failed(client(), { url, body: {}, timeoutMs: 100 })).toMatchObject({
      delivered: 'unknown',
      status: 200,
      diagnosis: { code: 'ANSWER_CUT' },
    });
  });

  test('because nobody listens: nothing was sent', async () => {
    const gone = await startRaw(() => undefined);
    await gone.stop();
    expect(await failed(client(), { url: gone.url, body: {} })).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'UNREACHABLE', category: 'server', retryable: true },
    });
  });

  test('because the name does not exist: nothing was sent', async () => {
    const http = client({ lookup: (_host, _options, callback) => callback(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }), '') });
    expect(await failed(http, { url: 'https://vendor.example.org/', body: {} })).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'NAME_NOT_FOUND', retryable: true },
    });
  });

  test('because the connection breaks after the request: it may have been taken', async () => {
    const { url } = await raw((socket) => socket.destroy());
    expect(await failed(client(), { url, body: {} })).toMatchObject({
      delivered: 'unknown',
      status: null,
      diagnosis: { code: 'CONNECTION_LOST', retryable: true },
    });
  });

  test('because the caller stopped it: it may have been taken', async () => {
    const stop = new AbortController();
    const { url } = await raw(() => stop.abort());
    expect(await failed(client({ signal: stop.signal }), { url, body: {} })).toMatchObject({
      delivered: 'unknown',
      diagnosis: { code: 'STOPPED' },
    });
  });

  test('because the caller had stopped before: nothing was sent', async () => {
    const { url, requests } = await vendor(json({}));
    expect(await failed(client({ signal: AbortSignal.abort() }), { url, body: {} })).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'STOPPED' },
    });
    expect(requests).toHaveLength(0);
  });
});
