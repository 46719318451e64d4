import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { testStack, type TestStack } from '../support/stack.ts';
import type { User } from '../../scripts/stack/users.ts';

const KEY = 'a signing key of no interest';

let stack: TestStack;
let arne: User;
let org: string;
let integration: string;
let address: string;
let said = 0;

beforeAll(async () => {
  stack = await testStack({ parts: ['api', 'functions'], functionsFolder: join(import.meta.dirname, '../support/called-connectors') });
  arne = await stack.createUser('arne@example.org');
  const [row] = await stack.sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name) values ('nord', 'Nord') returning id),
      m as (insert into members (org_id, user_id, role) select id, ${arne.id}, 'admin' from o)
    insert into integrations (org_id, system, slug, name, direction) select id, 'bell', 'bell', 'Bell', 'pull' from o returning org_id as org, id`;
  ({ org, id: integration } = row ?? { org: '', id: '' });
  await stack.sql`select private.set_credential(${org}, ${integration}, ${stack.sql.json({ signingKey: KEY })}, null, now())`;
  address = await open();
});

async function open(): Promise<string> {
  const [row] = await stack.as(arne, (sql) => sql<{ path: string }[]>`select open_webhook(${org}, ${integration}) as path`);
  return `${stack.apiUrl}/functions/v1/${row?.path}`;
}

type Said = { body?: string; key?: string; time?: number; to?: string; method?: string };

/** A call as the system makes it. */
async function say(content: object, { body = JSON.stringify(content), key = KEY, time = Date.now() / 1_000, to = address, method = 'POST' }: Said = {}) {
  const seconds = String(Math.floor(time));
  const signature = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex');
  const response = await fetch(to, { method, headers: { 'x-bell-time': seconds, 'x-bell-signature': signature }, ...(method === 'POST' ? { body } : {}) });
  return { status: response.status, text: await response.text() };
}

const things = async (): Promise<string[]> => (await stack.sql<{ id: string }[]>`select source_id as id from pulled_records order by 1`).map(({ id }) => id);
const fresh = (): string => `call ${said += 1}`;

describe('a call of the system', () => {
  test('that is genuine is stored, once', async () => {
    const call = { id: fresh(), things: [{ id: 'a', size: 1 }, { id: 'b', size: 2 }] };
    expect(await say(call)).toEqual({ status: 200, text: '{}' });
    expect(await say(call)).toEqual({ status: 200, text: '{}' });
    expect(await things()).toEqual(['a', 'b']);
    expect(await stack.sql`select call_id, stream, rows from webhook_calls`).toEqual([{ call_id: call.id, stream: 'things', rows: 2 }]);
    expect(await stack.sql`select rows, cursor, as_of from streams`).toEqual([{ rows: 2, cursor: null, as_of: null }]);
  });

  test('whose bytes are not plain letters is signed and stored as it came', async () => {
    expect(await say({}, { body: `{"id": "${fresh()}",  "things": [{"id": "ø", "name": "Ærø 🐑"}]}` })).toMatchObject({ status: 200 });
    expect(await stack.sql`select payload ->> 'name' as name from pulled_records where source_id = 'ø'`).toEqual([{ name: 'Ærø 🐑' }]);
  });

  test('that tries the address out is answered, and nothing is stored', async () => {
    const before = await things();
    expect(await say({ id: 'x', test: 'are you there' })).toEqual({ status: 200, text: '{"echo":"are you there"}' });
    expect(await things()).toEqual(before);
  });
});

describe('nothing is stored, and why is never said, when a call', () => {
  const nothing = { status: 401, text: '{"message":"Refused."}' };
  const bad = (): object => ({ id: fresh(), things: [{ id: 'bad' }] });

  test.each<[string, () => Said]>([
    ['is signed with another key', () => ({ key: 'another key' })],
    ['is six minutes old', () => ({ time: Date.now() / 1_000 - 360 })],
    ['comes from the future', () => ({ time: Date.now() / 1_000 + 360 })],
    ['ends with another secret', () => ({ to: address.slice(0, -1) + (address.endsWith('0') ? '1' : '0') })],
    ['names another integration', () => ({ to: address.replace(integration, org) })],
    ['goes on after the secret', () => ({ to: `${address}/more` })],
    ['is a GET', () => ({ method: 'GET' })],
  ])('%s', async (_, how) => {
    expect(await say(bad(), how())).toEqual(nothing);
    expect(await things()).not.toContain('bad');
  });

  test('was changed on the way', async () => {
    const response = await fetch(address, { method: 'POST', headers: { 'x-bell-time': String(Math.floor(Date.now() / 1_000)), 'x-bell-signature': '0'.repeat(64) }, body: '{}' });
    expect([response.status, await response.text()]).toEqual([nothing.status, nothing.text]);
  });

  test('comes for an integration that is switched off', async () => {
    await stack.sql`update integrations set enabled = false`;
    expect(await say(bad())).toEqual(nothing);
    await stack.sql`update integrations set enabled = true`;
    expect(await things()).not.toContain('bad');
  });

  test('comes to an address that was replaced', async () => {
    const old = address;
    address = await open();
    expect(await say(bad(), { to: old })).toEqual(nothing);
    expect(await say({ id: fresh(), things: [{ id: 'good' }] })).toMatchObject({ status: 200 });
  });

  test('is signed and makes no sense: the system may call again', async () => {
    expect(await say({}, { body: 'not json' })).toMatchObject({ status: 503 });
  });
});

test('a call of more than a megabyte is refused as too large', async () => {
  expect(await say({ id: fresh(), filler: 'x'.repeat(1_000_001) })).toMatchObject({ status: 413 });
});

test('more than 600 calls in a minute are told to wait', async () => {
  await stack.sql`update private.webhook_doors set minute_at = now(), calls = 599`;
  expect(await say({ id: fresh() })).toMatchObject({ status: 200 });
  expect(await say({ id: fresh() })).toMatchObject({ status: 429 });
  await stack.sql`update private.webhook_doors set minute_at = now() - interval '61 seconds'`;
  expect(await say({ id: fresh() })).toMatchObject({ status: 200 });
});

test('the function behind is closed to whoever has no secret key', async () => {
  const response = await fetch(`${stack.apiUrl}/functions/v1/sync-bell/webhook`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(401);
});

test('the key and the secret of the address are in no log', () => {
  expect(stack.logs.join('\n')).toContain('webhook_refused');
  expect(stack.logs.join('\n')).not.toContain(KEY);
  expect(stack.logs.join('\n')).not.toContain(address.slice(-64));
});
