import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createRateLimit, REFRESHES, SIGN_INS } from '../../scripts/stack/rate-limit.ts';
import { testStack, type TestStack } from '../support/stack.ts';

const post = (stack: TestStack, path: string, body: unknown): Promise<Response> => fetch(`${stack.apiUrl}${path}`, {
  method: 'POST', headers: { apikey: stack.publishableKey, 'content-type': 'application/json' }, body: JSON.stringify(body),
});
const guess = (stack: TestStack, password: string): Promise<Response> => post(stack, '/auth/v1/token?grant_type=password', { email: 'ida@example.org', password });

test('the numbers are those that Supabase is told', async () => {
  const config = await readFile(new URL('../../supabase/config.toml', import.meta.url), 'utf8');
  expect(config).toContain(`\n[auth.rate_limit]\nsign_in_sign_ups = ${SIGN_INS}\ntoken_refresh = ${REFRESHES}\n`);
});

test('guessing passwords ends at 30 wrong ones; the next is told how long to wait, even with the right one', async () => {
  const stack = await testStack({ parts: ['api'] });
  await stack.createUser('ida@example.org', 'a long password');
  for (let n = 0; n < SIGN_INS; n += 1) expect((await guess(stack, `wrong ${n}`)).status).toBe(400);
  for (const password of ['wrong', 'a long password']) {
    const refused = await guess(stack, password);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(300 / SIGN_INS);
    expect(await refused.json()).toMatchObject({ error_code: 'over_request_rate_limit' });
  }
  // What is open already goes on, and so do readers of data.
  expect((await fetch(`${stack.apiUrl}/rest/v1/organizations`, { headers: { apikey: stack.publishableKey } })).status).not.toBe(429);
});

test('no other spelling of the address goes round it', async () => {
  const stack = await testStack({ parts: ['api'] });
  for (let n = 0; n < SIGN_INS; n += 1) await guess(stack, `wrong ${n}`);
  for (const path of [
    '/auth/v1/token?grant_type=password', '/auth/v1/token/?grant_type=password', '/auth/v1//token?grant_type=password', '/auth/v1/%74oken?grant_type=password',
    '/auth/v1/./token?grant_type=password', '/auth/v1/TOKEN?grant_type=password', '/auth/v1/token?grant_type=password&grant_type=refresh_token', '/auth/v1/signup',
  ]) {
    const answer = await post(stack, path, { email: 'ida@example.org', password: 'a long password' });
    expect([429, 404, 405], path).toContain(answer.status);
  }
});

test('signing in with the right password never uses it up', async () => {
  const stack = await testStack({ parts: ['api'] });
  await stack.createUser('ida@example.org', 'a long password');
  for (let n = 0; n < SIGN_INS + 5; n += 1) expect((await guess(stack, 'a long password')).status).toBe(200);
});

test('making accounts is limited, whether it succeeds or not', async () => {
  const stack = await testStack({ parts: ['api'] });
  const make = (n: number): Promise<Response> => post(stack, '/auth/v1/signup', { email: `ida${n}@example.org`, password: 'a long password' });
  for (let n = 0; n < SIGN_INS - 1; n += 1) await guess(stack, `wrong ${n}`);
  expect((await make(1)).status).toBe(200);
  expect((await make(2)).status).toBe(429);
});

test('a bucket fills with time, never above its brim, and each address has its own', () => {
  let now = 0;
  const limit = createRateLimit(30, () => new Date(now));
  const taken = (address: string): number => {
    let n = 0;
    while (n < 100 && limit.take(address).allowed) n += 1;
    return n;
  };
  expect(taken('a')).toBe(30);
  expect(limit.take('a')).toEqual({ allowed: false, retryAfterSeconds: 10 });
  expect(taken('b')).toBe(30);
  now += 9_000;
  expect(limit.take('a')).toEqual({ allowed: false, retryAfterSeconds: 1 });
  now += 1_000;
  expect(taken('a')).toBe(1);
  now += 3_600_000;
  expect(taken('a')).toBe(30);
  const given = limit.take('c');
  if (given.allowed) given.giveBack();
  expect(taken('c')).toBe(30);
});
