import { createClient } from '@supabase/supabase-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { testStack } from '../support/stack.ts';
import { createFakeSystem, createWorld } from '../support/world.ts';

test('a setting that does not parse fails the run with the setting named, and sends nothing', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ settings: z.strictObject({ baseUrl: z.url() }) });
  await world.sql`update integrations set settings = '{"baseUrl": "not an address"}'`;
  await world.handIn(1);
  expect(await world.sync(system.connector)).toMatchObject({ status: 'failed', error_code: 'settings_invalid', error_field: 'baseUrl' });
  expect(await world.states()).toEqual({ queued: 1 });
  expect(system.requests).toBe(0);
});

test('a missing credential is said in words, and is a refused credential to the monitor', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ credential: z.strictObject({ token: z.string() }) });
  await world.handIn(1);
  expect(await world.sync(system.connector)).toMatchObject({ status: 'failed', error_message: 'No credential is set for this integration.' });
  expect((await world.health()).rules).toContain('credential_refused');
});

test('a credential without the key the system needs names the key and not the value', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ credential: z.strictObject({ token: z.string() }) });
  await world.sql`select private.set_credential(${world.org}, ${world.integration}, '{"tokn": "super-secret-value"}', null, ${world.clock.iso()})`;
  await world.handIn(1);
  const run = await world.sync(system.connector);
  expect(run['error_message']).toBe('The credential lacks a usable "token".');
  expect(JSON.stringify(run)).not.toContain('super-secret-value');
});

test('a credential that is not an object is refused where it is set', async () => {
  const world = await createWorld();
  const set = world.as(world.olga, (db) => db`select set_credential(${world.org}, ${world.integration}, '"token"')`);
  await expect(set).rejects.toMatchObject({ code: 'SW422' });
});

describe('through the Data API', () => {
  let url: string;
  let secretKey: string;
  let org: string;
  let integration: string;

  beforeAll(async () => {
    const stack = await testStack({ parts: ['api'] });
    [url, secretKey] = [stack.apiUrl ?? '', stack.keys.secretKey];
    const [row] = await stack.sql<{ org: string; id: string }[]>`
      with o as (insert into organizations (slug, name) values ('nord', 'Nord') returning id)
      insert into integrations (org_id, system, slug, name) select id, 'fake', 'fake', 'Fake' from o returning org_id as org, id`;
    [org, integration] = [row?.org ?? '', row?.id ?? ''];
  });
  const client = (key: string) => createClient(url, key, { auth: { persistSession: false } });

  test('a wrong key opens nothing', async () => {
    const { data, error, status } = await client('sb_secret_wrong').rpc('hand_in', { org, integration, records: [] });
    expect(data).toBeNull();
    expect(error).not.toBeNull();
    expect(status).toBe(401);
  });

  test('a 10 MB payload is refused with its place and the reason, and the record beside it goes in', async () => {
    const record = (id: string, text: string) => ({ source_type: 'expense', source_id: id, payload: { text } });
    const { data, error } = await client(secretKey).rpc('hand_in', { org, integration, records: [record('big', 'x'.repeat(10_000_000)), record('small', 'x')] });
    expect(error).toBeNull();
    expect(data).toEqual({ added: 1, changed: 0, unchanged: 0, refused: [{ index: 0, reason: 'payload is larger than 1 MB.' }] });
  });

  test('an integration that does not exist is said so', async () => {
    const { error } = await client(secretKey).rpc('hand_in', { org, integration: org, records: [] });
    expect(error).toMatchObject({ code: 'SW404', message: 'There is no such integration in this organization.' });
  });

  test('records that are no array are refused with what to send', async () => {
    const { error } = await client(secretKey).rpc('hand_in', { org, integration, records: { a: 1 } });
    expect(error).toMatchObject({ code: 'SW422', message: 'records must be an array of at most 5 000.' });
  });

  test('a plain insert of a malformed record names the rule it breaks', async () => {
    const { error } = await client(secretKey).from('records').insert({ org_id: org, integration_id: integration, source_type: 'expense', source_id: 'A', payload: [1, 2] });
    expect(error).toMatchObject({ code: '23514' });
  });
});
