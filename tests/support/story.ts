import fc from 'fast-check';
import type { Dedupe } from '../../supabase/functions/_kit/connector.ts';
import { createGatedVendor, startPuppet, type Fate, type GatedVendor, type Puppet } from './puppet.ts';
import type { World } from './world.ts';

/** How a system keeps the same record from landing twice, and whether it judges at once. */
export type Kind = { dedupe: Dedupe; replaces: boolean; judgesLater: boolean };

/** How far a slice gets before something else happens: one step, or until it is about to do this. */
type Until = 'step' | 'push' | 'settle' | 'end';

/** One thing that happens; what does not apply at the moment (no slice to go on with) is passed over. */
export type Happening =
  | { do: 'hand in'; records: [source: number, content: number][] }
  | { do: 'ring' | 'schedule' | 'reap' | 'evaluate' | 'run' }
  | { do: 'go on'; slice: number; until: Until; fate: Fate }
  | { do: 'crash' | 'spend the budget'; slice: number }
  | { do: 'wait'; seconds: number }
  | { do: 'retry'; scope: 'open' | 'last_run'; mapping: boolean; canary: boolean }
  | { do: 'dismiss' | 'decide'; source: number };

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
};

export const SOURCES = 5;
const source = fc.integer({ min: 0, max: SOURCES - 1 });
const slice = fc.integer({ min: 0, max: 2 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('take') },
  {
    weight: 7,
    arbitrary: fc.constantFrom<Fate[]>(
      'accept', 'reject_whole', 'answer_lost', 'never_arrived', 'taken_late', 'throttle', 'down', 'unauthorized'),
  },
);
const until = fc.constantFrom<Until[]>('step', 'push', 'settle', 'end');
const seconds = fc.constantFrom(1, 31, 61, 121, 700, 3_600);
const scope = fc.constantFrom<('open' | 'last_run')[]>('open', 'last_run');
// Content 0 is what the vendor refuses until somebody maps it; the rest it takes.
const records = fc.array(fc.tuple(source, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 3 });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hand in' as const), records }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ring' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('schedule', 'reap', 'evaluate', 'run') }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('go on' as const), slice, until, fate }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash', 'spend the budget'), slice }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry' as const), scope, mapping: fc.boolean(), canary: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('dismiss', 'decide'), source }) },
);
export const anyStory = fc.array(happening, { minLength: 20, maxLength: 60, size: 'max' });

export async function beginLife(world: World, kind: Kind): Promise<Life> {
  const at = world.clock.iso();
  const [made] = await world.sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, next_due_at, created_at, thresholds)
    values (${world.org}, 'fake', 'story-' || (select count(*) from integrations), 'Story', ${at}, ${at}, '{"max_attempts": 3}')
    returning id`;
  if (!made) throw new Error('the integration was not made');
  return { world, kind, integration: made.id, vendor: createGatedVendor(kind), slices: [], handed: new Map(), decided: new Set() };
}

export async function happen(life: Life, event: Happening): Promise<void> {
  const { world, slices } = life;
  const at = world.clock.iso();
  const chosen = 'slice' in event ? event.slice % Math.max(1, slices.length) : 0;
  const puppet = slices[chosen];
  switch (event.do) {
    case 'hand in': return handIn(life, event.records);
    case 'schedule': return void (await world.sql`select private.schedule_runs(${at}, ${life.integration})`);
    case 'reap': return void (await world.sql`select private.reap(${at})`);
    case 'evaluate': return void (await world.sql`select private.evaluate_health(${at})`);
    case 'ring': return ring(life);
    case 'run': return runSlices(life, 1);
    case 'go on': return puppet && goOnUntil(life, puppet, event.until, event.fate);
    case 'crash': return void slices.splice(chosen, 1);
    case 'spend the budget': return void (puppet && Object.assign(puppet, { spent: true }));
    case 'wait': return wait(life, event.seconds);
    case 'retry': return retry(life, event);
    case 'dismiss': return dismiss(life, event.source);
    case 'decide': return decide(life, event.source);
  }
}

async function handIn({ world, integration, handed }: Life, given: [number, number][]): Promise<void> {
  const rows = given.map(([number, content]) => ({
    source_type: 'story', source_id: `S-${number}`, amount: '10.00', currency: 'NOK',
    payload: { account: content === 0 ? '9999' : '4010', content: String(content) },
  }));
  await world.sql`select hand_in(${world.org}, ${integration}, ${world.sql.json(rows)}, ${world.clock.iso()})`;
  for (const row of rows) handed.set(row.source_id, row.payload.content);
}

/** A doorbell: for the active run, or late, for the last one; doubled when a slice is at work already. */
async function ring(life: Life): Promise<void> {
  const { world, vendor, slices, integration } = life;
  if (slices.length >= 3) return;
  const [run] = await world.sql<{ id: number }[]>`
    select id::int from runs where org_id = ${world.org} and integration_id = ${integration} order by id desc limit 1`;
  if (run) slices.push(await startPuppet(world, vendor, run.id));
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

type Retry = Pick<Extract<Happening, { do: 'retry' }>, 'scope' | 'mapping' | 'canary'>;

async function retry({ world, integration }: Life, { scope: wanted, mapping, canary }: Retry): Promise<void> {
  const { org, clock, arne } = world;
  const [field, from, to] = mapping ? ['account', '9999', '4010'] : [null, null, null];
  await world.as(arne, (sql) => sql`
    select private.retry_failed(${org}, ${integration}, ${wanted}, null, null, ${field}, ${from}, ${to}, ${canary}, ${clock.iso()})`);
}

async function dismiss(life: Life, number: number): Promise<void> {
  const { world } = life;
  const record = await recordOf(life, number, ['queued', 'failed', 'retrying', 'dead']);
  if (!record) return;
  await world.as(world.arne, (sql) => sql`
    select private.dismiss_records(${world.org}, array[${record.id}]::bigint[], 'not needed', ${world.clock.iso()})`);
}

/** A person looks in the vendor's books before deciding, once the time in which the vendor may still be at it is over. */
async function decide(life: Life, number: number): Promise<void> {
  const { world, vendor, decided } = life;
  const record = await recordOf(life, number, ['uncertain']);
  if (!record?.due) return;
  const landed = vendor.holds(record.key);
  if (landed) decided.add(record.key);
  await world.as(world.arne, (sql) => sql`
    select private.decide_uncertain(${world.org}, ${record.id}, ${landed}, 'looked it up', ${world.clock.iso()})`);
}

type Found = { id: number; key: string; due: boolean };

async function recordOf({ world, integration }: Life, number: number, states: string[]): Promise<Found | undefined> {
  const [record] = await world.sql<Found[]>`
    select id::int, idempotency_key as key, next_attempt_at <= ${world.clock.iso()} as due from records
    where integration_id = ${integration} and source_id = ${`S-${number}`} and state = any (${states})`;
  return record;
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
  const { world } = life;
  life.slices = [];
  await wait(life, 3_700);
  await world.sql`select private.reap(${world.clock.iso()})`;
  await happen(life, { do: 'schedule' });
  await runSlices(life, 2);
  life.slices = [];
  if (mend) await retry(life, { scope: 'open', mapping: true, canary: false });
  for (let number = 0; number < SOURCES && life.kind.dedupe === 'none'; number += 1) await decide(life, number);
}
