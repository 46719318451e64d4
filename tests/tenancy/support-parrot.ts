import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Buffer } from 'node:buffer';

/** What the parrot says instead of the answer, given all that the caller said (headers and body, as one text). */
export type Saying = (heard: string) => { status: number; headers?: Record<string, string>; body: string };

/** A system in front of a simulated one that repeats what it is told, credentials and all, as real ones do in their errors. */
export type Parrot = {
  url: string;
  /** The next calls are answered by these, one each; the others go through. */
  next(...sayings: Saying[]): void;
  /** Everything that went through its hands: what the callers sent, and what they were given. */
  heard: string[];
  given: string[];
  stop(): Promise<void>;
};

export async function startParrot(target: string): Promise<Parrot> {
  const sayings: Saying[] = [];
  const heard: string[] = [];
  const given: string[] = [];

  async function answer(request: IncomingMessage): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    const { host: _host, connection: _connection, 'content-length': _length, 'accept-encoding': _encoding, ...headers } = request.headers;
    const said = `${Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`).join('\n')}\n${body}`;
    heard.push(said);
    const saying = sayings.shift();
    if (saying) return { headers: { 'content-type': 'application/json' }, ...saying(said) };
    const response = await fetch(target + (request.url ?? ''), {
      method: request.method ?? 'GET', headers: headers as Record<string, string>, ...(body === '' ? {} : { body }), redirect: 'manual',
    });
    return { status: response.status, headers: { 'content-type': response.headers.get('content-type') ?? 'text/plain' }, body: await response.text() };
  }

  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers, body }) => {
      given.push(body);
      response.writeHead(status, headers).end(body);
    }, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (...more) => void sayings.push(...more),
    heard,
    given,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** The credential in what was heard: the word after the scheme, the client's secret, the access token. */
function credentialIn(heard: string): string {
  return /authorization: \w+ (\S+)/.exec(heard)?.[1] ?? new URLSearchParams(heard.split('\n').at(-1)).get('client_secret') ?? heard;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): ReturnType<Saying> =>
  ({ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** A message in which the credential stands where something of that length would be cut out of it. */
function astride(length: number): Saying {
  return (heard) => {
    const message = `${'so '.repeat(length / 3).slice(0, length - 19)} ${credentialIn(heard)} ${'and more '.repeat(20)}`;
    return saysTwice(message);
  };
}

/** Where Business Central has its message, and where Xledger has it. */
function saysTwice(message: string): ReturnType<Saying> {
  return json(500, { error: { code: 'Internal', message }, errors: [{ message }] });
}

/** The ways in which a system gives a credential back. */
export const SAYINGS: Record<string, Saying> = {
  'in its message': (heard) => saysTwice(`Could not handle ${heard}`),
  'as code and field': (heard) => {
    const code = credentialIn(heard);
    return json(400, { error: { code, message: 'Not so.', target: code }, errors: [{ message: 'Not so.', code }] });
  },
  'as the number of the request': (heard) =>
    json(500, { errors: [{ message: 'Broken' }] }, { 'x-request-id': credentialIn(heard), 'request-id': credentialIn(heard) }),
  'in base64': (heard) => saysTwice(`Basic ${Buffer.from(`user:${credentialIn(heard)}`).toString('base64')}`),
  'on a page': (heard) => ({ status: 502, headers: { 'content-type': 'text/html' }, body: `<html><title>Bad gateway</title><pre>${heard}</pre></html>` }),
  'in many messages': (heard) =>
    json(500, { errors: [...Array(60).keys()].map((n) => ({ message: `${'x'.repeat(150 + n)} ${credentialIn(heard)}` })) }),
  ...Object.fromEntries([200, 300, 500, 1_000, 2_000, 4_000, 8_000, 16_000].map((length) => [`where ${length} characters are kept`, astride(length)])),
  'where an excerpt is cut': (heard) => json(500, { padding: 'y'.repeat(7_965), token: credentialIn(heard), errors: [{ message: 'Broken' }] }),
  // Taking out the many at the beginning moves the one at the end to where it is kept.
  'where a body is cut that shrank before': (heard) => {
    const credential = credentialIn(heard);
    const many = credential.repeat(Math.floor(15_980 / credential.length));
    return { status: 500, headers: { 'content-type': 'text/plain' }, body: `${many.padEnd(15_980, '.')} ${credential} and more` };
  },
  'as nonsense with a good status': (heard) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: `OK ${heard}` }),
  'in a redirect': (heard) => ({ status: 302, headers: { location: `/elsewhere?token=${credentialIn(heard)}` }, body: '' }),
};
