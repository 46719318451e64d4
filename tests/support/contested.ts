import type { Act } from './sessions.ts';
import { createFakeSystem, refusal, slice, type FakeSystem, type World } from './world.ts';

/** An integration in the middle of everything: a slice at work, and records in every state anybody may want to move. */
export type Contested = {
  world: World;
  system: FakeSystem;
  integration: string;
  run: number;
  token: string;
  ids: Record<string, number[]>;
  /** Keys of all its records, as they are before anybody does anything. */
  keys: Map<number, string>;
};

export async function makeContested(world: World): Promise<Contested> {
  const { sql, org, clock } = world;
  const [made] = await sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, next_due_at, created_at)
    values (${org}, 'fake', 'contested-' || (select count(*) from integrations), 'Contested', ${clock.iso()}, ${clock.iso()}) returning id`;
  const integration = made?.id ?? '';
  await sql`select private.set_credential(${org}, ${integration}, '{"token": "of no interest"}', null, ${clock.iso()})`;
  const system = createFakeSystem();
  system.answer = (record) => {
    if (record.payload['fate'] === 'failed') return refusal('Unknown account 9999');
    if (record.payload['fate'] === 'retrying') return refusal('Try later.', { category: 'server', retryable: true });
    return { state: 'exported' };
  };
  await handIn(world, integration, ['failed', 'failed', 'failed', 'retrying', 'exported']);
  const first = await runOf(world, integration);
  await slice(world, system.connector, first);
  clock.forward(3_600);
  await handIn(world, integration, ['sending', 'sending', 'queued', 'queued', 'uncertain'], 5);
  const run = await runOf(world, integration);
  const store = world.store(run);
  const held = await store.beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 });
  const token = held?.token ?? '';
  const claimed = await store.claim(token, ['queued'], 3);
  await store.settle(token, claimed.slice(2).map(({ id }) => ({ id, state: 'uncertain', message: 'no answer', category: 'timeout' })));
  clock.forward(61);
  const rows = await sql<{ id: number; state: string; key: string }[]>`select id::int, state, idempotency_key as key from records where integration_id = ${integration} order by id`;
  const ids = Object.fromEntries(Map.groupBy(rows, ({ state }) => state).entries().map(([state, some]) => [state, some.map(({ id }) => id)]));
  return { world, system, integration, run, token, ids, keys: new Map(rows.map(({ id, key }) => [id, key])) };
}

export async function runOf({ sql, clock }: World, integration: string): Promise<number> {
  await sql`select private.schedule_runs(${clock.iso()}, ${integration})`;
  const [row] = await sql<{ id: number }[]>`select id::int from runs where integration_id = ${integration} and finished_at is null`;
  return row?.id ?? 0;
}

const record = (number: number, fate: string, content = 1): object => ({
  source_type: 'line', source_id: `L-${number}`, amount: '10.00', currency: 'NOK', payload: { account: fate === 'failed' ? '9999' : '4010', fate, content },
});

async function handIn({ sql, org, clock }: World, integration: string, fates: string[], from = 0): Promise<void> {
  await sql`select hand_in(${org}, ${integration}, ${sql.json(fates.map((fate, index) => record(from + index, fate)) as never)}, ${clock.iso()})`;
}

/** `lands`: the record that is across once this is committed. */
export type Deed = Act & { lands?: number };

/** All that callers do to an integration, each as one transaction with the rights of whoever does it. */
export function deedsTo({ world, integration, run, token, ids }: Contested): Record<string, Deed> {
  const { org, olga, arne, clock } = world;
  const at = clock.iso();
  const later = new Date(clock().getTime() + 180_000).toISOString();
  const { sending = [], failed = [], queued = [], retrying = [], uncertain = [] } = ids;
  const outcomes = [{ id: sending[0], state: 'exported', external_id: 'X-1' }, {
     id: sending[1], state: 'failed', message: 'Unknown account 9999', template: 'Unknown account {}', code: 'invalid', field: 'account', category: 'validation' }];
  const states = ['uncertain', 'accepted', 'retrying', 'queued'];
  const service = (call: Act['call']): Act => ({ who: 'service_role', call });
  const clockDoes = (call: Act['call']): Act => ({ who: 'postgres', call });
  const retry = (who: Act['who'], scope: string, records: number[] | null, canary: boolean): Act => ({ who, call: (sql) => sql`
    select private.retry_failed(${org}, ${integration}, ${scope}, null, ${records}, 'account', '9999', '4010', ${canary}, ${at})` });
  const handIns = (order: number[], content: number): Act => service((sql) => sql`
    select hand_in(${org}, ${integration}, ${sql.json(order.map((number) => record(number, 'exported', content)) as never)}, ${at})`);
  return {
    'claim': service((sql) => sql`select public.claim_records(${org}, ${run}, ${token}, ${states}, 3, ${at})`),
    'settle': { ...service((sql) => sql`select settle_records(${org}, ${run}, ${token}, ${sql.json(outcomes)}, ${at})`), lands: sending[0] },
    'settle and claim': { ...service((sql) => sql`
      select settle_and_claim(${org}, ${run}, ${token}, ${sql.json(outcomes)}, ${states}, 3, ${at})`), lands: sending[0] },
    'end the slice, the run goes on': service((sql) => sql`select end_slice(${org}, ${run}, ${token}, true, null, 0, 1, 1, ${at})`),
    'end the slice and the run': service((sql) => sql`select end_slice(${org}, ${run}, ${token}, false, null, 0, 1, 1, ${at})`),
    'begin the next slice': service((sql) => sql`select begin_slice(${org}, ${run}, 'lookup', 60, ${later})`),
    'retry all': retry(arne, 'open', null, false),
    'retry all, one first': retry(olga, 'open', null, true),
    'retry two': retry(olga, 'records', [...failed, ...retrying].slice(1, 3), false),
    'dismiss': { who: arne, call: (sql) => sql`select private.dismiss_records(${org}, ${[...failed, ...queued].reverse()}::bigint[], 'not needed', ${at})` },
    'hand in upwards': handIns([0, 1, 5, 6, 7, 9, 20], 2),
    'hand in downwards': handIns([21, 20, 9, 7, 6, 5, 1, 0], 3),
    'insert': service((sql) => sql`
      insert into records (org_id, integration_id, source_type, source_id, payload) select ${org}, ${integration}, 'line', 'L-' || n, '{"fate": "exported", "content": 4}'
      from unnest(array[9, 5, 0, 22]) n`),
    'decide that it landed': {
      who: olga, lands: uncertain[0], call: (sql) => sql`select private.decide_uncertain(${org}, ${uncertain[0] ?? 0}, true, 'seen there', ${at})`,
    },
    'decide that it did not land': { who: arne, call: (sql) => sql`select private.decide_uncertain(${org}, ${uncertain[0] ?? 0}, false, 'not there', ${at})` },
    'sync now': { who: arne, call: (sql) => sql`select private.sync_now(${org}, ${integration}, ${at})` },
    'switch off': { who: olga, call: (sql) => sql`select set_enabled(${org}, ${integration}, false)` },
    'set the credential': { who: olga, call: (sql) => sql`select set_credential(${org}, ${integration}, '{"token": "a new one"}')` },
    'tick schedule': clockDoes((sql) => sql`select private.tick_schedule(${later})`),
    'tick reap': clockDoes((sql) => sql`select private.tick_reap(${later})`),
    'tick evaluate': clockDoes((sql) => sql`select private.tick_evaluate(${at})`),
    'tick deliver': clockDoes((sql) => sql`select private.tick_deliver(${at})`),
    'tick retention': clockDoes((sql) => sql`select private.tick_retention(${at})`),
  };
}
