import { expect, test } from 'vitest';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

/** One run an hour; every `bad` one fails as a whole with the same message. */
async function runs(world: World, system: FakeSystem, ...endings: ('good' | 'bad')[]): Promise<void> {
  for (const ending of endings) {
    await world.handIn(1);
    system.before = () => {
      if (ending === 'bad') throw down();
    };
    await world.sync(system.connector);
    world.clock.forward(3600);
    await world.sql`update integration_status set circuit_open_until = null`;
  }
}

const down = (category: 'server' | 'auth' = 'server'): HttpFailure =>
  new HttpFailure({
    diagnosis: { message: 'Posting is closed for November.', code: 'closed', field: 'postingDate', category, retryable: category === 'server' },
    delivered: category === 'server' ? 'no' : 'refused', status: 503, response: null, requestId: null, retryAfterSeconds: null,
  });

const told = (world: World): Promise<unknown> =>
  world.sql`select m.name, n.kind, n.notice ->> 'alarm' as alarm from notifications n join members m using (org_id, user_id) order by n.id`.then((rows) => [...rows]);

test('the first failure tells nobody, the second tells every owner and admin once, the third nobody again', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await runs(world, system, 'bad');
  expect(await told(world)).toEqual([]);
  await runs(world, system, 'bad');
  const once = [{ name: 'Olga', kind: 'opened', alarm: 'sync_failing' }, { name: 'Arne', kind: 'opened', alarm: 'sync_failing' }];
  expect(await told(world)).toEqual(expect.arrayContaining(once));
  await runs(world, system, 'bad', 'bad');
  expect(await told(world)).toHaveLength(2);
});

test('each notice is a row with an e-mail in the member\'s own language before anything is sent', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'bad', 'bad');
  const rows = await world.sql`select address, locale, channel, state from deliveries order by address`;
  expect([...rows]).toEqual([
    { address: 'arne@example.org', locale: 'en', channel: 'email', state: 'pending' },
    { address: 'olga@example.org', locale: 'nb', channel: 'email', state: 'pending' },
  ]);
});

test('a notice carries the system\'s words, the field, the counts, the amounts at risk and since when', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'bad', 'bad');
  const [row] = await world.sql`select notice from notifications limit 1`;
  expect(row?.['notice']).toMatchObject({
    failures: 2,
    error: { message: 'Posting is closed for November.', field: 'postingDate', code: 'closed' },
    amounts: [{ currency: 'NOK', amount: '201.00', records: 2 }],
    integration: { slug: 'fake', name: 'Fake ledger' },
    organization: { slug: 'nord', time_zone: 'Europe/Oslo' },
    since: '2026-11-10T09:00:00+00:00',
  });
});

test('recovery is told once, after two good runs', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await runs(world, system, 'bad', 'bad', 'good');
  expect(await world.sql`select state from incidents`).toEqual([{ state: 'recovering' }]);
  expect(await told(world)).toHaveLength(2);
  await runs(world, system, 'good');
  expect(await told(world)).toHaveLength(4);
  expect(await world.sql`select state from incidents`).toEqual([{ state: 'resolved' }]);
  await runs(world, system, 'good', 'good');
  expect(await told(world)).toHaveLength(4);
});

test('a rise in urgency is told once: the cut-off comes within a day while the sync is failing', async () => {
  const world = await createWorld({ start: '2026-11-29T12:00:00.000Z' });
  const system = createFakeSystem();
  await runs(world, system, 'bad', 'bad');
  expect(await world.sql`select urgency from incidents`).toEqual([{ urgency: 'high' }]);
  await runs(world, system, 'bad', 'bad');
  const kinds = (await world.sql<{ kind: string; urgency: string }[]>`select kind, urgency from notifications where user_id = ${world.olga.id} order by id`).map((row) => [row.kind, row.urgency]);
  expect(kinds).toEqual([['opened', 'high'], ['raised', 'critical']]);
});

test('a refused credential is told at once, and the second failure does not tell it again', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  for (let round = 0; round < 2; round += 1) {
    await world.handIn(1);
    system.before = () => {
      throw down('auth');
    };
    await world.sync(system.connector);
    world.clock.forward(3600);
    if (round === 0) expect(await world.sql`select distinct notice ->> 'alarm' as alarm from notifications`).toEqual([{ alarm: 'credential_refused' }]);
  }
  expect(await world.sql`select alarm from incidents`).toEqual([{ alarm: 'credential_refused' }]);
});

test('a new cause is one notice however many records it refuses, and closes when none of them is open', async () => {
  const world = await createWorld();
  const system = createFakeSystem({ batchSize: 500 });
  await world.handIn(200);
  let left = 5;
  system.answer = (record) => (left-- > 0 ? refusal(`Invalid account: ${record.id}`) : { state: 'exported' });
  await world.sync(system.connector);
  expect(await world.sql`select alarm, urgency from incidents`).toEqual([{ alarm: 'cause_refused', urgency: 'medium' }]);
  const [row] = await world.sql`select notice -> 'cause' as cause from notifications limit 1`;
  expect(row?.['cause']).toMatchObject({ records: 5, field: 'account' });
  const failed = (await world.sql`select id::int from records where state = 'failed'`).map((record) => record['id'] as number);
  await world.as(world.olga, (db) => db`select private.dismiss_records(${world.org}, ${failed}, 'booked by hand', ${world.clock.iso()})`);
  await world.sql`select private.alert(${world.clock.iso()})`;
  expect(await world.sql`select state from incidents`).toEqual([{ state: 'resolved' }]);
});

test('a maintenance window holds alerts until its end', async () => {
  const world = await createWorld();
  const system = createFakeSystem();
  await runs(world, system, 'bad');
  await world.handIn(1);
  const run = await world.schedule();
  await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, ${world.clock.iso()}, ${world.clock.iso()}::timestamptz + interval '1 hour')`;
  const store = world.store(run ?? 0);
  const held = await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 });
  await store.endSlice(held?.token ?? '', { more: false, resumeAfterSeconds: 0, wallMs: 0, cpuMs: 0, error: { message: 'down', code: null, field: null, category: 'server', status: 503 } });
  expect(await told(world)).toEqual([]);
  world.clock.forward(3600);
  await world.sql`select private.tick_evaluate(${world.clock.iso()})`;
  expect(await told(world)).toHaveLength(2);
});

test('a member reads and marks only their own notices', async () => {
  const world = await createWorld();
  await runs(world, createFakeSystem(), 'bad', 'bad');
  expect(await world.as(world.arne, (db) => db`select mark_read(${world.org}) as n`)).toEqual([{ n: 1 }]);
  const unread = await world.sql`select user_id from notifications where read_at is null`;
  expect(unread).toEqual([{ user_id: world.olga.id }]);
  expect(await world.as(world.vera, (db) => db`select * from my_notifications`)).toHaveLength(0);
});
