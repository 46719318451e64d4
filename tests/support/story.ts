import fc from 'fast-check';
import { expect } from 'vitest';
import type { Dedupe } from '../../supabase/functions/_kit/connector.ts';
import { readBooks, type Books, type Entry, type State } from './books.ts';
import * as model from './model.ts';
import { createGatedVendor, startPuppet, type Fate, type GatedVendor, type Puppet } from './puppet.ts';
import { watchedStore } from './watched-store.ts';
import type { World } from './world.ts';

/** How a system keeps the same record from landing twice, and whether it judges at once. */
export type Kind = { dedupe: Dedupe; replaces: boolean; judgesLater: boolean };

/** How far a slice gets before something else happens: one step, or until it is about to do this. */
type Until = 'step' | 'push' | 'settle' | 'end';

/** `9999`: where the account is that one; `whatever`: whatever it is; null: no correction. */
type Mapping = '9999' | 'whatever' | null;
type Retry = { scope: 'open' | 'last_run' | 'cause' | 'records'; sources?: number[]; mapping: Mapping; canary: boolean };

/** One thing that happens; what does not apply at the moment (no slice to go on with) is passed over. */
export type Happening =
  | { do: 'hand in'; records: [source: number, content: number][] }
  | { do: 'ring' | 'schedule' | 'reap' | 'evaluate' | 'run' | 'sync now' | 'switch' | 'set credential' }
  | { do: 'go on'; slice: number; until: Until; fate: Fate }
  | { do: 'crash' | 'spend the budget'; slice: number }
  | { do: 'wait'; seconds: number }
  | ({ do: 'retry' } & Retry)
  | { do: 'dismiss' | 'decide'; source: number };

/** Where it happens: to the first integration of the organization or to its neighbour. The clock is everybody's. */
export type Scene = { where: 0 | 1; what: Happening };

/** One integration among others of the same database, its vendor, and what was promised about it. */
export type Life = {
  world: World;
  kind: Kind;
  integration: string;
  vendor: GatedVendor;
  slices: Puppet[];
  /** Last content handed in of each source. */
  handed: Map<string, string>;
  /** Keys a person said had landed. */
  decided: Set<string>;
  /** Every move of a record that was seen, such as `queued → sending`. */
  moves: Set<string>;
  /** Where a slice's call to Postgres did not do what the model said. */
  faults: unknown[];
};

export const SOURCES = 5;
const source = fc.integer({ min: 0, max: SOURCES - 1 });
const slice = fc.integer({ min: 0, max: 2 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('take') },
  {
    weight: 7,
    arbitrary: fc.constantFrom<Fate[]>(
      'accept', 'reject_whole', 'answer_lost', 'never_arrived', 'taken_late', 'throttle', 'down', 'unauthorized', 'trip', 'nonsense'),
  },
);
const until = fc.constantFrom<Until[]>('step', 'push', 'settle', 'end');
const seconds = fc.constantFrom(1, 31, 61, 121, 700, 3_600, 90_000);
const retry = fc.record({
  do: fc.constant('retry' as const), scope: fc.constantFrom<Retry['scope'][]>('open', 'last_run', 'cause', 'records'),
  sources: fc.uniqueArray(source, { minLength: 1, maxLength: 3 }), mapping: fc.constantFrom<Mapping[]>('9999', 'whatever', null), canary: fc.boolean(),
});
// Content 0 is what the vendor refuses until somebody maps it; the rest it takes.
const records = fc.array(fc.tuple(source, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 3 });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hand in' as const), records }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ring' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('schedule', 'reap', 'evaluate', 'run', 'run', 'sync now') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('switch', 'set credential') }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('go on' as const), slice, until, fate }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash', 'spend the budget'), slice }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  { weight: 4, arbitrary: retry },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('dismiss', 'decide'), source }) },
);
const where = fc.oneof({ weight: 5, arbitrary: fc.constant<0>(0) }, { weight: 1, arbitrary: fc.constant<1>(1) });
export const anyStory: fc.Arbitrary<Scene[]> = fc.array(fc.record({ where, what: happening }), { minLength: 20, maxLength: 60, size: 'max' });

export async function beginLife(world: World, kind: Kind, moves: Set<string>): Promise<Life> {
  const at = world.clock.iso();
  const [made] = await world.sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, next_due_at, created_at, thresholds)
    values (${world.org}, 'fake', 'story-' || (select count(*) from integrations), 'Story', ${at}, ${at}, ${world.sql.json({ max_attempts: model.MAX_ATTEMPTS })})
    returning id`;
  if (!made) throw new Error('the integration was not made');
  return { world, kind, integration: made.id, vendor: createGatedVendor(kind), slices: [], handed: new Map(), decided: new Set(), moves, faults: [] };
}

/** Lets it happen, and compares what became of the books with what the model says. */
export async function happen(life: Life, event: Happening): Promise<unknown> {
  const { world, slices } = life;
  const at = world.clock.iso();
  const chosen = 'slice' in event ? event.slice % Math.max(1, slices.length) : 0;
  const puppet = slices[chosen];
  switch (event.do) {
    case 'hand in': return handIn(life, event.records);
    case 'schedule': return foretold(life, event.do, model.nothing, () => world.sql`select private.tick_schedule(${at})`);
    case 'reap': return foretold(life, event.do, (books) => model.reap(books, Date.parse(at)), () => world.sql`select private.tick_reap(${at})`);
    case 'evaluate': return foretold(life, event.do, model.nothing, () => world.sql`select private.tick_evaluate(${at})`);
    case 'sync now': return syncNow(life);
    case 'switch': return flip(life);
    case 'set credential': return foretold(life, event.do, (books) => model.audited(books, 'credential.set'), () => world.sql`
      select private.set_credential(${world.org}, ${life.integration}, '{"token": "a new one of no interest"}', null, ${at})`);
    case 'ring': return ring(life);
    case 'run': return runSlices(life, 1);
    case 'go on': return puppet && goOnUntil(life, puppet, event.until, event.fate);
    case 'crash': return void slices.splice(chosen, 1);
    case 'spend the budget': return void (puppet && Object.assign(puppet, { spent: true }));
    case 'wait': return wait(life, event.seconds);
    case 'retry': return retryFailed(life, event);
    case 'dismiss': return dismiss(life, event.source);
    case 'decide': return decide(life, event.source);
  }
}

export const books = ({ world, integration }: Life): Promise<Books> => readBooks(world, integration);

/** Does it and holds the books against the prediction, which is made from what stood in them before. */
async function foretold<T>(life: Life, what: string, predict: (before: Books) => model.Prediction, act: () => PromiseLike<T>): Promise<T> {
  const before = await books(life);
  const answer = await act();
  const after = await books(life);
  model.expectBooks(after, predict(before), what);
  note(life, before, after);
  return answer;
}

function note({ moves }: Life, before: Books, after: Books): void {
  const was = new Map(before.records.map(({ id, state }) => [id, state]));
  for (const { id, state } of after.records) if (was.get(id) !== state) moves.add(`${was.get(id) ?? 'nothing'} → ${state}`);
}

async function handIn(life: Life, given: [number, number][]): Promise<void> {
  const { world, integration, handed } = life;
  const rows = given.map(([number, content]) => ({
    source_type: 'story', source_id: `S-${number}`, amount: '10.00', currency: 'NOK',
    payload: { account: content === 0 ? '9999' : '4010', content: String(content) },
  }));
  const lines = rows.map((row) => ({ source: row.source_id, content: row.payload.content }));
  await foretold(life, 'hand in', (before) => model.handIn(before, lines, handed), () => world.sql`
    select hand_in(${world.org}, ${integration}, ${world.sql.json(rows)}, ${world.clock.iso()})`);
  for (const { source, content } of lines) handed.set(source, content);
}

async function syncNow(life: Life): Promise<void> {
  const { world, integration } = life;
  const { enabled, runs } = await books(life);
  if (!enabled) return;
  await foretold(life, 'sync now', (before) => model.audited(before, 'sync.requested', runs.every(({ over }) => over) ? 1 : 0), () => world.as(world.arne, (sql) => sql`
    select private.sync_now(${world.org}, ${integration}, ${world.clock.iso()})`));
}

async function flip(life: Life): Promise<void> {
  const { enabled } = await books(life);
  await foretold(life, 'switch', (before) => model.audited(before, enabled ? 'integration.switched_off' : 'integration.switched_on'), () =>
    life.world.as(life.world.arne, (sql) => sql`select set_enabled(${life.world.org}, ${life.integration}, ${!enabled})`));
}

/** A doorbell: for the active run, or late, for the last one; doubled when a slice is at work already. */
async function ring(life: Life): Promise<void> {
  const { world, vendor, slices } = life;
  if (slices.length >= 3) return;
  const run = (await books(life)).runs.at(-1);
  if (!run) return;
  const watched = watchedStore(world, run.id, {
    read: () => books(life), note: (before, after) => note(life, before, after), tell: (fault) => life.faults.push(fault),
  });
  slices.push(await startPuppet(world, vendor, watched, run.id));
}

async function goOn(life: Life, puppet: Puppet, fate: Fate): Promise<void> {
  const stale = life.world.clock().getTime() - puppet.heardAt > 120_000;
  const forgetful = life.kind.dedupe === 'lookup' || life.kind.dedupe === 'none';
  // A request that has begun ends within its own time limit, long before the lease; only slices may stand still, before one.
  if (puppet.at !== 'push' || !stale || !forgetful) await puppet.go(fate);
  else puppet.at = null;
  life.slices = life.slices.filter((one) => one.at !== null);
}

/** The fate is that of the first request on the way; what comes after it is taken. */
async function goOnUntil(life: Life, puppet: Puppet, goal: Until, given: Fate): Promise<void> {
  let next = given;
  for (let steps = 0; puppet.at !== null && steps < 20; steps += 1) {
    const asked = ['push', 'find', 'confirm'].includes(puppet.at);
    await goOn(life, puppet, next);
    if (asked) next = 'take';
    if (goal === 'step' || puppet.at === goal) return;
  }
}

/** What became of a request whose answer was lost is decided within the time the connector names. */
async function wait(life: Life, length: number): Promise<void> {
  life.vendor.catchUp();
  life.world.clock.forward(length);
}

async function retryFailed(life: Life, { scope, sources = [], mapping, canary }: Retry): Promise<void> {
  const { world, integration } = life;
  const { enabled, records } = await books(life);
  if (!enabled) return;
  const cause = scope === 'cause' ? records.find((one) => one.cause !== null)?.cause ?? null : null;
  if (scope === 'cause' && cause === null) return;
  const wanted = records.filter((one) => (scope === 'cause' ? one.cause === cause : sources.some((number) => one.source === `S-${number}`))).map(({ id }) => id);
  const [field, from, to] = mapping === null ? [null, null, null] : ['account', mapping === 'whatever' ? null : mapping, '4010'];
  let chosen: Entry[] = [];
  const [row] = await foretold(life, 'retry', (before) => model.retry(before, chosen = model.retried(before, scope, wanted)), () => world.as(world.arne, (sql) => sql<{ records: number }[]>`
    select (private.retry_failed(${world.org}, ${integration}, ${scope}, ${cause}, ${scope === 'records' ? wanted : null}, ${field}, ${from}, ${to}, ${canary},
      ${world.clock.iso()}) ->> 'records')::int as records`));
  expect(row?.records, 'how many the retry says it sends').toBe(chosen.length);
}

async function dismiss(life: Life, number: number): Promise<void> {
  const { world } = life;
  const record = await recordOf(life, number);
  if (!record) return;
  await foretold(life, 'dismiss', (before) => model.dismiss(before, record.id), () => world.as(world.arne, (sql) => sql`
    select private.dismiss_records(${world.org}, array[${record.id}]::bigint[], 'not needed', ${world.clock.iso()})`));
}

/** A person looks in the vendor's books before deciding, once the time in which the vendor may still be at it is over. */
async function decide(life: Life, number: number): Promise<void> {
  const { world, vendor, decided } = life;
  const record = await recordOf(life, number, ['uncertain']);
  if (!record || record.due > world.clock().getTime()) return;
  const landed = vendor.holds(record.key);
  if (landed) decided.add(record.key);
  await foretold(life, 'decide', (before) => model.decide(before, record.id, landed), () => world.as(world.arne, (sql) => sql`
    select private.decide_uncertain(${world.org}, ${record.id}, ${landed}, 'looked it up', ${world.clock.iso()})`));
}

async function recordOf(life: Life, number: number, states?: State[]): Promise<Entry | undefined> {
  return (await books(life)).records.find((one) => one.source === `S-${number}` && (states?.includes(one.state) ?? true));
}

async function runSlices(life: Life, most: number): Promise<void> {
  for (let count = 0; count < most; count += 1) {
    await ring(life);
    const puppet = life.slices.at(-1);
    for (let steps = 0; puppet?.at && steps < 500; steps += 1) await goOn(life, puppet, 'take');
  }
}

/** What everybody does who does their duty, for one hour: the vendor works, the clock ticks, people mend and decide. */
export async function doDuty(life: Life, { mend }: { mend: boolean }): Promise<void> {
  life.slices = [];
  if (!(await books(life)).enabled) await flip(life);
  await wait(life, 3_700);
  await happen(life, { do: 'reap' });
  await happen(life, { do: 'schedule' });
  await runSlices(life, 2);
  life.slices = [];
  if (mend) await retryFailed(life, { scope: 'open', mapping: '9999', canary: false });
  for (let number = 0; number < SOURCES && life.kind.dedupe === 'none'; number += 1) await decide(life, number);
}
