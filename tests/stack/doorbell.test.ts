import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { startDoorbell } from '../../scripts/stack/doorbell.ts';
import { listen } from '../../scripts/stack/http.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/stack.ts';

type Call = { method: string | undefined; url: string | undefined; key: string | string[] | undefined; body: string };

/** A database with its doorbell, and a server that notes who rang. */
async function ringing(answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end('{"ok":true}')) {
  const { sql, url } = await testDatabase();
  const calls: Call[] = [];
  const server = await listen((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => {
      calls.push({ method: request.method, url: request.url, key: request.headers.apikey, body });
      response.setHeader('content-type', 'application/json');
      answer(request, response);
    });
  }, 0, 'a test');
  atEnd(() => server.close());
  const doorbell = await startDoorbell({ databaseUrl: url, onLog: () => undefined });
  atEnd(() => doorbell.stop());
  return { sql, url, doorbell, calls, target: server.url };
}

test('a call is sent with its body, headers and parameters, and its answer kept', async () => {
  const { sql, doorbell, calls, target } = await ringing();

  const [request] = await sql`
    select net.http_post(${`${target}/run?a=1`}, '{"slug": "x"}', '{"who": "Åse & Bo"}', '{"apikey": "k"}', 1000) as id`;
  await doorbell.idle();

  expect(calls).toEqual([{ method: 'POST', url: '/run?a=1&who=%C3%85se%20%26%20Bo', key: 'k', body: '{"slug": "x"}' }]);
  const [response] = await sql`select id, status_code, content, content_type, timed_out, error_msg from net._http_response`;
  expect(response).toEqual({ ...request, status_code: 200, content: '{"ok":true}', content_type: 'application/json', timed_out: false, error_msg: null });
});

test('a call leaves only when its transaction commits', async () => {
  const { sql, doorbell, calls, target } = await ringing();

  await sql.begin(async (transaction) => {
    await transaction`select net.http_get(${`${target}/late`})`;
    await doorbell.idle();
    expect(calls).toEqual([]);
  });
  await doorbell.idle();

  expect(calls.map((call) => call.url)).toEqual(['/late']);
});

test('a call of a transaction that is rolled back never leaves', async () => {
  const { sql, doorbell, calls, target } = await ringing();

  await sql.begin(async (transaction) => {
    await transaction`select net.http_post(${target})`;
    throw new Error('changed my mind');
  }).catch(() => undefined);
  await doorbell.idle();

  expect(calls).toEqual([]);
});

test('two doorbells on one database send each call once', async () => {
  const { sql, url, doorbell, calls, target } = await ringing();
  const second = await startDoorbell({ databaseUrl: url, onLog: () => undefined });
  atEnd(() => second.stop());

  await sql`select net.http_get(${`${target}/`} || n) from generate_series(1, 300) n`;
  await Promise.all([doorbell.idle(), second.idle()]);
  await Promise.all([doorbell.idle(), second.idle()]);

  expect(new Set(calls.map((call) => call.url)).size).toBe(300);
  expect(calls).toHaveLength(300);
});

test('an answer that does not come in time is noted as such', async () => {
  const { sql, doorbell, target } = await ringing(() => undefined);

  await sql`select net.http_post(${target}, timeout_milliseconds := 50)`;
  await doorbell.idle();

  expect(await sql`select status_code, timed_out, error_msg from net._http_response`)
    .toEqual([{ status_code: null, timed_out: true, error_msg: 'Timeout of 50 ms reached' }]);
});

test('a call to nobody is noted with its reason', async () => {
  const { sql, doorbell } = await ringing();

  await sql`select net.http_get(${`http://127.0.0.1:${await freePort()}`})`;
  await doorbell.idle();

  expect(await sql`select timed_out, error_msg from net._http_response`)
    .toEqual([{ timed_out: false, error_msg: expect.stringContaining('ECONNREFUSED') as string }]);
});

test.each(['https://example.org/', 'http://169.254.169.254/latest', 'not an address'])('the local stack does not call %s', async (url) => {
  const { sql, doorbell } = await ringing();

  await sql`select net.http_get(${url})`;
  await doorbell.idle();

  expect(await sql`select error_msg from net._http_response`).toEqual([{ error_msg: `The local stack calls this machine only, not ${url}` }]);
});

test.each([
  ['another content type', `select net.http_post('http://127.0.0.1', '{}', '{}', '{"content-type": "text/plain"}')`, 'Content-Type header must be "application/json"'],
  ['no body', `select net.http_post('http://127.0.0.1', null)`, 'body must not be null'],
])('posting with %s is refused as pg_net does', async (_, statement, message) => {
  const { sql } = await testDatabase();

  await expect(sql.unsafe(statement)).rejects.toThrow(message);
});
