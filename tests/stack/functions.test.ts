import { beforeAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { testStack, type TestStack } from '../support/stack.ts';

const functionsFolder = join(import.meta.dirname, 'functions');
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack({ functionsFolder });
  await stack.sql`create table public.jottings (id bigint generated always as identity, note text)`;
  await stack.sql`grant all on public.jottings to service_role`;
});

async function call(path: string, body: unknown = {}, key: string | null = stack.secretKey): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stack.functionsUrl}/${path}`, { method: 'POST', body: JSON.stringify(body), headers: key ? { apikey: key } : {} });
  return { status: response.status, body: await response.json() };
}

test('a function is reached under its name and sees the path a hosted one sees', async () => {
  expect(await call('echo/part?q=1', { a: 1 })).toEqual({
    status: 202,
    body: { path: '/echo/part', query: '?q=1', method: 'POST', body: '{"a":1}' },
  });
});

test('only the secret key opens a function that asks for it', async () => {
  expect((await call('echo', {}, stack.publishableKey)).status).toBe(401);
  expect((await call('echo', {}, null)).status).toBe(401);
});

test('work handed to waitUntil is done after the answer', async () => {
  const answer = await call('work', { note: 'later' });
  await stack.settled();

  expect(answer).toEqual({ status: 202, body: { accepted: true } });
  expect(await stack.sql`select note from public.jottings`).toContainEqual({ note: 'later' });
});

test('the database rings a function by its secrets, and settled waits for all of it', async () => {
  await stack.sql`
    select net.http_post(
      (select decrypted_secret from vault.decrypted_secrets where name = 'syncward_functions_url') || '/work',
      '{"note": "rung"}',
      headers := jsonb_build_object('apikey', (select decrypted_secret from vault.decrypted_secrets where name = 'syncward_secret_key'))
    )`;
  await stack.settled();

  expect(await stack.sql`select note from public.jottings where note = 'rung'`).toHaveLength(1);
});

test('a function that does not load answers so, and the others go on', async () => {
  expect(await call('broken')).toEqual({ status: 503, body: { code: 'BOOT_ERROR', message: expect.any(String) as string } });
  expect((await call('echo')).status).toBe(202);
  expect((await call('nothing')).status).toBe(404);
  expect(stack.logs.join('\n')).toContain('this function does not even load');
});

test('a function gets at nothing but its own environment and this machine', async () => {
  const { body } = await call('reach', { file: join(import.meta.dirname, '..', '..', 'README.md'), host: 'http://192.0.2.1/' });

  expect(body).toMatchObject({ read: 'NotCapable', write: 'NotCapable', call: 'NotCapable' });
  const { environment } = body as { environment: string[] };
  expect(environment).toEqual(expect.arrayContaining(['SUPABASE_URL', 'SUPABASE_SECRET_KEYS', 'SYNCWARD_LOCAL', 'PAGE_URL']));
  expect(environment.filter((name) => /^(HOME|USER|npm_|VITEST)/.test(name))).toEqual([]);
});

test('a killed Deno answers nothing until it is started again', async () => {
  await stack.functions.kill();
  expect((await call('echo')).status).toBe(503);

  await stack.functions.start();
  expect((await call('echo')).status).toBe(202);
});
