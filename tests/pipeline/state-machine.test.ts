import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dedupe } from '../../supabase/functions/_kit/connector.ts';
import { createGatedVendor, startPuppet, type Fate, type GatedVendor, type Puppet } from '../support/puppet.ts';
import { createWorld, type World } from '../support/world.ts';

type Kind = { dedupe: Dedupe; replaces: boolean; judgesLater: boolean };
const kinds: Record<string, Kind> = {
  'takes our key as its own id (upsert)': { dedupe: 'upsert', replaces: true, judgesLater: false },
  'knows an idempotency key (key)': { dedupe: 'key', replaces: false, judgesLater: false },
  'can be asked (lookup)': { dedupe: 'lookup', replaces: false, judgesLater: false },
  'can be asked and judges later (lookup, accepted)': { dedupe: 'lookup', replaces: false, judgesLater: true },
  'can only be checked by a person (none)': { dedupe: 'none', replaces: false, judgesLater: false },
};

/** `FC_RUNS=500 vitest run tests/pipeline/state-machine.test.ts` is the long form; a failure prints seed and path, and FC_SEED and FC_PATH repeat it. */
const runs = Number(process.env['FC_RUNS'] ?? 10);
const seed = process.env['FC_SEED'] === undefined ? undefined : Number(process.env['FC_SEED']);

/** How far a slice gets before something else happens: one step, or until it is about to do this. */
type Until = 'step' | 'push' | 'settle' | 'end';

/** One thing that happens; what does not apply at the moment (no slice to go on with) is passed over. */
type Happening =
  | { do: 'hand in'; records: [source: number, content: number][] }
  | { do: 'ring' | 'schedule' | 'reap' | 'evaluate' | 'run' }
  | { do: 'go on'; slice: number; until: Until; fate: Fate }
  | { do: 'crash' | 'spend the budget'; slice: number }
  | { do: 'wait'; seconds: number }
  | { do: 'retry'; scope: 'open' | 'last_run'; mapping: boolean; canary: boolean }
  | { do: 'dismiss' | 'decide'; source: number };

const source = fc.integer({ min: 0, max: 4 });
const slice = fc.integer({ min: 0, max: 2 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('take' as const) },
  { weight: 7, arbitrary: fc.constantFrom('accept', 'reject_whole', 'answer_lost', 'never_arrived', 'taken_late', 'throttle', 'down', 'unauthorized') },
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  // Content 0 is what the vendor refuses until somebody maps it; the rest it takes.
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hand in' as const), records: fc.array(fc.tuple(source, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('ring' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('schedule', 'reap', 'evaluate', 'run') }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('go on' as const), slice, until: fc.constantFrom('step', 'push', 'settle', 'end'), fate }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash', 'spend the budget'), slice }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 31, 61, 121, 700, 3_600) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry' as const), scope: fc.constantFrom('open', 'last_run'), mapping: fc.boolean(), canary: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('dismiss', 'decide'), source }) },
);

describe.each(Object.entries(kinds))('whatever happens to records for a system that %s', (_title, kind) => {
  test('none is lost, none is booked twice, and every run balances', { timeout: 30_000 + runs * 3_000 }, async () => {
    const world = await createWorld();
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 20, maxLength: 60, size: 'max' }), (story) => play(world, kind, story)),
      // One story takes about a second on a busy machine; a failing one is cut down by hand, or with FC_SEED and patience.
      { numRuns: runs, seed, path: process.env['FC_PATH'], endOnFailure: seed === undefined, interruptAfterTimeLimit: 4_000 + runs * 1_000 },
    );
  });
});

const refusedThenSent = { do: 'go on', slice: 0, until: 'end', fate: 'take' } as const;
const found: Record<string, { kind: Kind; story: Happening[] }> = {
  'a change to a record that the same run has refused is counted as selected again': {
    kind: { dedupe: 'lookup', replaces: false, judgesLater: false },
    story: [
      { do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'ring' }, { do: 'go on', slice: 0, until: 'settle', fate: 'take' },
      { do: 'go on', slice: 0, until: 'step', fate: 'take' }, { do: 'hand in', records: [[0, 1]] }, refusedThenSent, refusedThenSent,
    ],
  },
  'a change that waited for the answer about its predecessor goes out when a person gives that answer': {
    kind: { dedupe: 'none', replaces: false, judgesLater: false },
    story: [
      { do: 'hand in', records: [[0, 1]] }, { do: 'schedule' }, { do: 'ring' }, { do: 'go on', slice: 0, until: 'push', fate: 'take' },
      { do: 'hand in', records: [[0, 2]] }, { do: 'go on', slice: 0, until: 'end', fate: 'answer_lost' }, { do: 'go on', slice: 0, until: 'end', fate: 'take' },
      { do: 'decide', source: 0 },
    ],
  },
  'a finding about a refused record closes when other content takes its place': {
    kind: { dedupe: 'lookup', replaces: false, judgesLater: false },
    story: [{ do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'run' }, { do: 'evaluate' }, { do: 'hand in', records: [[0, 1]] }, { do: 'evaluate' }],
  },
  'a record of a retry whose slice dies is sent again later': {
    kind: { dedupe: 'lookup', replaces: false, judgesLater: false },
    story: [
      { do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'run' }, { do: 'retry', scope: 'open', mapping: true, canary: false },
      { do: 'ring' }, { do: 'go on', slice: 0, until: 'push', fate: 'take' }, { do: 'crash', slice: 0 }, { do: 'wait', seconds: 121 },
      { do: 'reap' }, { do: 'run' }, { do: 'wait', seconds: 61 }, { do: 'schedule' }, { do: 'run' },
    ],
  },
};

describe('what such stories brought to light stays mended:', () => {
  test.each(Object.entries(found))('%s', async (_title, { kind, story }) => play(await createWorld(), kind, story));
});

/** One integration's life: the story, then everybody does their duty until all is at rest. */
async function play(world: World, kind: Kind, story: Happening[]): Promise<void> {
  const life = await begin(world, kind);
  for (const event of story) {
    await happen(life, event);
    await check(life);
  }
  await comeToRest(life);
  await world.sql`update integrations set enabled = false where id = ${life.integration}`;
}

type Life = {
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

async function begin(world: World, kind: Kind): Promise<Life> {
  const at = world.clock.iso();
  const [made] = await world.sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, next_due_at, created_at, thresholds)
    values (${world.org}, 'fake', 'story-' || (select count(*) from integrations), 'Story', ${at}, ${at}, '{"max_attempts": 3}') returning id`;
  if (!made) throw new Error('the integration was not made');
  return { world, kind, integration: made.id, vendor: createGatedVendor(kind), slices: [], handed: new Map(), decided: new Set() };
}

async function happen(life: Life, event: Happening): Promise<void> {
  const { world, slices } = life;
  const at = world.clock.iso();
  switch (event.do) {
    case 'hand in': return handIn(life, event.records);
    case 'schedule': return void (await world.sql`select private.schedule_runs(${at}, ${life.integration})`);
    case 'reap': return void (await world.sql`select private.reap(${at})`);
    case 'evaluate': return evaluate(life);
    case 'ring': return ring(life);
    case 'run': return runSlices(life, 1);
    case 'go on': {
      const puppet = slices[event.slice % Math.max(1, slices.length)];
      return puppet && goOnUntil(life, puppet, event.until, event.fate);
    }
    case 'crash': return void slices.splice(event.slice % Math.max(1, slices.length), 1);
    case 'spend the budget': {
      const puppet = slices[event.slice % Math.max(1, slices.length)];
      if (puppet) puppet.spent = true;
      return;
    }
    case 'wait': return wait(life, event.seconds);
    case 'retry': return retry(life, event);
    case 'dismiss': return void (await byPerson(life, event.source, ['queued', 'failed', 'retrying', 'dead'], (id) => world.as(world.arne, (sql) =>
      sql`select private.dismiss_records(${world.org}, array[${id}]::bigint[], 'not needed', ${at})`)));
    case 'decide': return decide(life, event.source);
  }
}

async function handIn({ world, integration, handed }: Life, given: [number, number][]): Promise<void> {
  const records = given.map(([number, content]) => ({
    source_type: 'story', source_id: `S-${number}`, payload: { account: content === 0 ? '9999' : '4010', content: String(content) }, amount: '10.00', currency: 'NOK',
  }));
  await world.sql`select hand_in(${world.org}, ${integration}, ${world.sql.json(records)}, ${world.clock.iso()})`;
  for (const record of records) handed.set(record.source_id, record.payload.content);
}

/** A doorbell: for the active run, or late, for the last one; doubled when a slice is at work already. */
async function ring(life: Life): Promise<void> {
  if (life.slices.length >= 3) return;
  const [run] = await life.world.sql<{ id: number }[]>`select id::int from runs where org_id = ${life.world.org} and integration_id = ${life.integration} order by id desc limit 1`;
  if (run) life.slices.push(await startPuppet(life.world, life.vendor, run.id));
}

async function goOn(life: Life, puppet: Puppet, fate: Fate): Promise<void> {
  const stale = life.world.clock().getTime() - puppet.heardAt > 120_000;
  const forgetful = life.kind.dedupe === 'lookup' || life.kind.dedupe === 'none';
  // Nobody can call a request back: a slice that stood still for longer than its lease has been ended by the platform.
  if (puppet.at !== 'push' || !stale || !forgetful) await puppet.go(fate);
  else puppet.at = null;
  life.slices = life.slices.filter((one) => one.at !== null);
}

/** The fate is that of the first request on the way; what comes after it is taken. */
async function goOnUntil(life: Life, puppet: Puppet, until: Until, fate: Fate): Promise<void> {
  let next = fate;
  for (let steps = 0; puppet.at !== null && steps < 20; steps += 1) {
    const asked = ['push', 'find', 'confirm'].includes(puppet.at);
    await goOn(life, puppet, next);
    if (asked) next = 'take';
    if (until === 'step' || puppet.at === until) return;
  }
}

/** The answer of a lost request is decided within the time the connector names. */
async function wait(life: Life, seconds: number): Promise<void> {
  life.vendor.catchUp();
  life.world.clock.forward(seconds);
}

async function evaluate(life: Life): Promise<void> {
  const { world, integration } = life;
  await world.sql`select private.evaluate_health(${world.clock.iso()})`;
  const [seen] = await world.sql<{ running: boolean; refused: boolean; uncertain: boolean; failed: boolean | null; health: string; open: string[]; worst: string }[]>`
    select exists (select from runs u where u.org_id = s.org_id and u.integration_id = s.integration_id and u.finished_at is null) as running,
           exists (select from records r where r.integration_id = s.integration_id and r.state in ('failed', 'dead')) as refused,
           exists (select from records r where r.integration_id = s.integration_id and r.state = 'uncertain') as uncertain,
           (select u.status = 'failed' from runs u where u.org_id = s.org_id and u.id = s.last_run_id) as failed, s.health,
           array(select f.rule from findings f where f.integration_id = s.integration_id and f.closed_at is null order by 1) as open,
           coalesce((select case when bool_or(f.severity = 'red') then 'red' when bool_or(f.severity = 'yellow') then 'yellow'
             when bool_or(f.severity = 'grey') then 'grey' else 'green' end from findings f where f.integration_id = s.integration_id and f.closed_at is null), 'green') as worst
    from integration_status s where s.integration_id = ${integration}`;
  if (!seen) throw new Error('no status');
  expect(seen.health, 'the light and the worst open finding').toBe(seen.worst);
  // What a run leaves behind is told when it ends.
  if (seen.running) return;
  expect(seen.open.includes('refused_open'), 'refused records and the finding about them').toBe(seen.refused);
  expect(seen.open.includes('uncertain_open'), 'uncertain records and the finding about them').toBe(seen.uncertain);
  expect(seen.open.includes('last_run_failed'), 'a failed run and the finding about it').toBe(seen.failed ?? false);
}

async function retry({ world, integration }: Life, { scope, mapping, canary }: { scope: string; mapping: boolean; canary: boolean }): Promise<void> {
  const [field, from, to] = mapping ? ['account', '9999', '4010'] : [null, null, null];
  await world.as(world.arne, (sql) =>
    sql`select private.retry_failed(${world.org}, ${integration}, ${scope}, null, null, ${field}, ${from}, ${to}, ${canary}, ${world.clock.iso()})`);
}

/** A person looks in the vendor's books before deciding, once the time in which the vendor may still be at it is over. */
async function decide(life: Life, number: number): Promise<void> {
  const { world, vendor, decided } = life;
  await byPerson(life, number, ['uncertain'], (id, key, isDue) => {
    if (!isDue) return Promise.resolve();
    if (vendor.holds(key)) decided.add(key);
    return world.as(world.arne, (sql) => sql`select private.decide_uncertain(${world.org}, ${id}, ${vendor.holds(key)}, 'looked it up', ${world.clock.iso()})`);
  });
}

type Act = (id: number, key: string, isDue: boolean) => Promise<unknown>;

async function byPerson({ world, integration }: Life, number: number, states: string[], act: Act): Promise<void> {
  const [record] = await world.sql<{ id: number; key: string; due: boolean }[]>`
    select id::int, idempotency_key as key, next_attempt_at <= ${world.clock.iso()} as due
    from records where integration_id = ${integration} and source_id = ${`S-${number}`} and state = any (${states})`;
  if (record) await act(record.id, record.key, record.due);
}

async function runSlices(life: Life, most: number): Promise<void> {
  for (let count = 0; count < most; count += 1) {
    await ring(life);
    const puppet = life.slices.at(-1);
    for (let steps = 0; puppet?.at && steps < 500; steps += 1) await goOn(life, puppet, 'take');
  }
}

type Snapshot = {
  records: { source: string; state: string; key: string; version: number; latest: number; exported: number | null; code: string | null; content: string | null }[];
  runs: { id: number; status: string; over: boolean; selected: number; balance: number; least: number; open: number }[];
};

async function look({ world, integration }: Life): Promise<Snapshot> {
  const [seen] = await world.sql<{ seen: Snapshot }[]>`
    select jsonb_build_object(
      'records', coalesce((select jsonb_agg(jsonb_build_object('source', r.source_id, 'state', r.state, 'key', r.idempotency_key, 'version', r.version,
        'latest', r.latest_version, 'exported', r.exported_version, 'code', r.error_code, 'content', case when r.latest_version = r.version then r.payload ->> 'content'
          else (select v.payload ->> 'content' from record_versions v where v.org_id = r.org_id and v.record_id = r.id and v.version = r.latest_version) end))
        from records r where r.org_id = ${world.org} and r.integration_id = ${integration}), '[]'),
      'runs', coalesce((select jsonb_agg(jsonb_build_object('id', u.id, 'status', u.status, 'over', u.finished_at is not null, 'selected', u.selected,
        'balance', u.exported + u.accepted + u.failed + u.retrying + u.skipped + u.uncertain,
        'least', least(u.exported, u.accepted, u.failed, u.retrying, u.skipped, u.uncertain), 'open', u.failed + u.retrying + u.skipped + u.uncertain))
        from runs u where u.org_id = ${world.org} and u.integration_id = ${integration}), '[]')) as seen`;
  if (!seen) throw new Error('nothing to see');
  return seen.seen;
}

/** What is true after every single step. */
async function check(life: Life): Promise<Snapshot> {
  const { vendor, handed, decided, kind } = life;
  const seen = await look(life);
  expect(seen.records.map((record) => record.source).sort(), 'every record handed in, in exactly one state').toEqual([...handed.keys()].sort());
  for (const record of seen.records) {
    expect(record.content, `${record.source}: what was handed in last is there or waits its turn`).toBe(handed.get(record.source));
    if (record.latest > record.version) expect(['sending', 'uncertain', 'accepted'], `${record.source}: a version only waits for an answer`).toContain(record.state);
    const across = vendor.holds(record.key) || decided.has(record.key);
    if (record.state === 'exported') expect(across, `${record.source} is exported because the vendor took it`).toBe(true);
    // Sending is safe where the vendor knows keys; elsewhere what is there must never stand in line again.
    else if (across) expect(['sending', 'uncertain', 'accepted', ...(life.kind.replaces ? ['queued', 'retrying', 'failed', 'dead'] : [])], `${record.source} is across`).toContain(record.state);
  }
  for (const run of seen.runs) {
    expect(run.least, `run ${run.id}: no counter below zero`).toBeGreaterThanOrEqual(0);
    if (run.over) expect(run.balance, `run ${run.id} balances`).toBe(run.selected);
    if (run.over && run.open > 0) expect(run.status, `run ${run.id} left records behind`).not.toBe('succeeded');
  }
  expect(seen.runs.filter((run) => !run.over).length, 'one active run').toBeLessThanOrEqual(1);
  expect(repeated(vendor.ledger.map((entry) => entry.key)), 'keys booked twice').toEqual([]);
  if (!kind.replaces) expect(repeated(vendor.ledger.map((entry) => entry.source)), 'records booked twice').toEqual([]);
  return seen;
}

const repeated = (all: string[]): string[] => all.filter((one, index) => all.indexOf(one) !== index);

/** The vendor works, people put right what is theirs to put right, and time passes: then every record has arrived. */
async function comeToRest(life: Life): Promise<void> {
  const { world } = life;
  life.slices.length = 0;
  for (let rounds = 0; rounds < 30; rounds += 1) {
    await wait(life, 3_700);
    await world.sql`select private.reap(${world.clock.iso()})`;
    await happen(life, { do: 'schedule' });
    await runSlices(life, 2);
    life.slices.length = 0;
    if (rounds % 3 === 1) await retry(life, { scope: 'open', mapping: true, canary: false });
    for (let number = 0; number < 5; number += 1) if (life.kind.dedupe === 'none') await decide(life, number);
    const seen = await check(life);
    await evaluate(life);
    if (seen.runs.every((run) => run.over) && seen.records.every((record) => isAtRest(life, record))) return;
  }
  expect((await look(life)).records.filter((record) => !isAtRest(life, record)), 'records that never arrived').toEqual([]);
}

/** Across, given up by a person, or a change of something booked, which only a person can make over there. */
function isAtRest({ kind }: Life, record: Snapshot['records'][number]): boolean {
  if (record.state === 'exported' || record.state === 'dismissed') return true;
  return record.state === 'failed' && record.code === 'changed_after_export' && record.exported !== null && !kind.replaces;
}
