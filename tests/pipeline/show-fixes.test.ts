import { beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../supabase/functions/_kit/connector.ts';
import type { User } from '../../scripts/stack/users.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

let world: World;
let system: FakeSystem;
let made = 0;
/** What the system says of what it took without a judgement. */
let verdict: Outcome | null = null;

beforeAll(async () => {
  world = await createWorld();
  system = createFakeSystem({ batchSize: 100, confirm: async (_, records) => records.map(() => verdict) });
});

type Fix = { how: string; by_name: string | null; fixed_cause_id: number };

/** Each test has a cause of its own, told from the others by its words. */
type Failure = { source: string; cause: string; fixes: (who?: User) => Promise<Fix[]> };

/** One record refused for its account, an hour ago; whatever else there is lands. */
async function failing(): Promise<Failure> {
  made += 1;
  const [source, cause] = [`S-${made}`, `Case ${'i'.repeat(made)}`];
  system.answer = ({ payload }) => (payload['account'] === '9999' ? refusal(`${cause}: invalid account`, { field: 'Account No.' }) : { state: 'exported' });
  await handIn(source, { account: '9999', text: 'Taxi' });
  await sync();
  return {
    source, cause,
    fixes: (who = world.vera) => world.as(who, (db) => db<Fix[]>`
      select f.*, f.fixed_cause_id::int from cause_fixes f join causes c on c.org_id = f.org_id and c.id = f.cause_id
      where c.sample like ${`${cause}:%`} order by f.cause_id`),
  };
}

/** What is scheduled, and then what somebody asked for. */
async function sync(): Promise<void> {
  while (await world.schedule() !== null) await world.sync(system.connector);
  world.clock.forward(3600);
}

const handIn = (source: string, payload: Record<string, unknown>): Promise<unknown> => world.sql`
  select hand_in(${world.org}, ${world.integration}, ${world.sql.json([{ source_type: 'expense', source_id: source, payload, label: `Claim ${source}` } as never])},
    ${world.clock.iso()})`;

const retry = (field: string | null = null, to: string | null = null): Promise<unknown> => world.as(world.arne, (db) => db`
  select private.retry_failed(${world.org}, ${world.integration}, 'open', null, null, ${field}, null, ${to}, false, ${world.clock.iso()})`);

const idOf = (source: string) => world.sql`(select id from records where source_id = ${source})`;

test('a cause that nothing has helped yet has no fix; a corrected value is told with what it was and became, by whom, and of which record', async () => {
  const { source, fixes } = await failing();
  expect(await fixes()).toEqual([]);
  await retry('account', '4010');
  await sync();
  const told = { how: 'corrected', field: 'account', before: '9999', after: '4010', fields: '1', by_name: 'Arne', record_name: `Claim ${source}` };
  expect(await fixes()).toMatchObject([told]);
  expect(await fixes(world.stine), 'another organization').toEqual([]);
  await handIn(source, { account: '5000' });
  await sync();
  expect(await fixes(), 'after the record was changed again').toMatchObject([told]);
});

test('an edited record is told as edited, the field at fault first', async () => {
  const { source, cause, fixes } = await failing();
  await world.sql`update causes set payload_field = 'text' where sample like ${`${cause}:%`}`;
  const changes = { text: 'Bus', zone: '2', account: '4010' };
  await world.as(world.olga, (db) => db`
    select private.edit_record(${world.org}, (select id from records where source_id = ${source}), 1, ${db.json(changes)}, null, null, null, ${world.clock.iso()})`);
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'edited', field: 'text', before: 'Taxi', after: 'Bus', by_name: 'Olga', fields: '3' }]);
});

test('what was put right where the record comes from is told as handed in again', async () => {
  const { source, fixes } = await failing();
  await handIn(source, { account: '4010', text: 'Taxi' });
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'handed_in', field: 'account', before: '9999', after: '4010', by_name: null }]);
});

test('a retry of the same content is told as a retry', async () => {
  const { fixes } = await failing();
  system.answer = () => ({ state: 'exported' });
  await retry();
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'retried', field: null, by_name: 'Arne' }]);
});

test('of a system that judges later, the retry is the one that sent it', async () => {
  const { fixes } = await failing();
  system.answer = () => ({ state: 'accepted', externalId: 'I-1' });
  await retry('account', '4010');
  await sync();
  expect(await fixes()).toEqual([]);
  verdict = { state: 'exported' };
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'corrected', by_name: 'Arne' }]);
});

test.each([
  ['credential', (at: string) => world.sql`select private.set_credential(${world.org}, ${world.integration}, '{"token": "new"}', null, ${at})`, null],
  ['settings', (at: string) => world.sql`
    insert into audit_log (org_id, at, actor_id, actor, action, integration_id, after)
    values (${world.org}, ${at}, ${world.olga.id}, 'Olga', 'integration.changed', ${world.integration}, '{"settings": {"company": "2"}}')`, 'Olga'],
  ['retried', (at: string) => world.sql`
    insert into audit_log (org_id, at, actor_id, actor, action, integration_id, after)
    values (${world.org}, ${at}, ${world.olga.id}, 'Olga', 'integration.changed', ${world.integration}, '{"name": "Another name"}')`, 'Arne'],
])('of what was changed between the refusal and the success, %s is what helped', async (how, change, by) => {
  const { fixes } = await failing();
  await change(world.clock.iso());
  world.clock.forward(60);
  system.answer = () => ({ state: 'exported' });
  await retry();
  await sync();
  expect(await fixes()).toMatchObject([{ how, field: null, by_name: by }]);
});

test('what came right by itself says since when it had been refused', async () => {
  const { source, fixes } = await failing();
  const at = world.clock();
  await world.sql`update records set state = 'retrying', next_attempt_at = ${world.clock.iso()} where id = ${idOf(source)}`;
  system.answer = () => ({ state: 'exported' });
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'by_itself', by_name: null, at, refused_at: new Date(at.getTime() - 3_600_000) }]);
});

test('a dismissal is told with its reason until something lands after it', async () => {
  const { source, fixes } = await failing();
  await handIn(`${source}-2`, { account: '9999' });
  await sync();
  const [{ id } = { id: 0 }] = await world.sql<{ id: number }[]>`select id::int from records where source_id = ${source}`;
  await world.as(world.arne, (db) => db`select private.dismiss_records(${world.org}, ${[id]}, 'booked by hand', ${world.clock.iso()})`);
  expect(await fixes()).toMatchObject([{ how: 'dismissed', reason: 'booked by hand', by_name: 'Arne', record_name: `Claim ${source}`, field: null }]);
  world.clock.forward(60);
  await retry('account', '4010');
  await sync();
  expect(await fixes()).toMatchObject([{ how: 'corrected', reason: null }]);
});

test('the same words about another field are helped by what helped before', async () => {
  const { cause, fixes } = await failing();
  await retry('account', '4010');
  await sync();
  system.answer = () => refusal(`${cause}: invalid account`, { field: 'Balancing account' });
  await handIn('another', { account: '4010' });
  await sync();
  const [own, other] = await fixes();
  expect(other).toMatchObject({ how: 'corrected', fixed_cause_id: own?.fixed_cause_id });
});
