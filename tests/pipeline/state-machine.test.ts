import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyStory, beginLife, doDuty, happen, type Happening, type Kind, type Life } from '../support/story.ts';
import { createWorld, type World } from '../support/world.ts';

const lookup: Kind = { dedupe: 'lookup', replaces: false, judgesLater: false };
const none: Kind = { dedupe: 'none', replaces: false, judgesLater: false };
const kinds: Record<string, Kind> = {
  'takes our key as its own id (upsert)': { dedupe: 'upsert', replaces: true, judgesLater: false },
  'knows an idempotency key (key)': { dedupe: 'key', replaces: false, judgesLater: false },
  'can be asked (lookup)': lookup,
  'can be asked and judges later (lookup, accepted)': { dedupe: 'lookup', replaces: false, judgesLater: true },
  'can only be checked by a person (none)': none,
};

/** `FC_RUNS=150 vitest run tests/pipeline/state-machine.test.ts` is the long form; FC_SEED and FC_PATH repeat what a failure printed. */
const { FC_RUNS = '10', FC_SEED, FC_PATH } = process.env;
const runs = Number(FC_RUNS);
const seed = FC_SEED === undefined ? undefined : Number(FC_SEED);

describe.each(Object.entries(kinds))('whatever happens to records for a system that %s', (_title, kind) => {
  test('none is lost, none is booked twice, and every run balances', { timeout: 30_000 + runs * 3_000 }, async () => {
    const world = await createWorld();
    await fc.assert(
      fc.asyncProperty(anyStory, (story) => play(world, kind, story)),
      // A story takes a quarter of a second, on a busy machine a whole one: fewer of them then, never longer.
      { numRuns: runs, seed, path: FC_PATH, endOnFailure: seed === undefined, interruptAfterTimeLimit: 4_000 + runs * 1_000 },
    );
  });
});

const first = { slice: 0, fate: 'take' } as const;
const found: Record<string, { kind: Kind; story: Happening[] }> = {
  'a change to a record that the same run has refused is counted as selected again': {
    kind: lookup,
    story: [
      { do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'ring' }, { do: 'go on', ...first, until: 'settle' },
      { do: 'go on', ...first, until: 'step' }, { do: 'hand in', records: [[0, 1]] }, { do: 'go on', ...first, until: 'end' },
      { do: 'go on', ...first, until: 'end' },
    ],
  },
  'a change that waited for the answer about its predecessor goes out when a person gives that answer': {
    kind: none,
    story: [
      { do: 'hand in', records: [[0, 1]] }, { do: 'schedule' }, { do: 'ring' }, { do: 'go on', ...first, until: 'push' },
      { do: 'hand in', records: [[0, 2]] }, { do: 'go on', slice: 0, until: 'end', fate: 'answer_lost' },
      { do: 'go on', ...first, until: 'end' }, { do: 'wait', seconds: 61 }, { do: 'decide', source: 0 },
    ],
  },
  'a finding about a refused record closes when other content takes its place': {
    kind: lookup,
    story: [
      { do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'run' }, { do: 'evaluate' },
      { do: 'hand in', records: [[0, 1]] }, { do: 'evaluate' },
    ],
  },
  'a record of a retry whose slice dies is sent again later': {
    kind: lookup,
    story: [
      { do: 'hand in', records: [[0, 0]] }, { do: 'schedule' }, { do: 'run' },
      { do: 'retry', scope: 'open', mapping: true, canary: false }, { do: 'ring' }, { do: 'go on', ...first, until: 'push' },
      { do: 'crash', slice: 0 }, { do: 'wait', seconds: 121 }, { do: 'reap' }, { do: 'run' },
      { do: 'wait', seconds: 61 }, { do: 'schedule' }, { do: 'run' },
    ],
  },
  'a slice that stood still until others had settled its records does not send them any more': {
    kind: lookup,
    story: [
      { do: 'hand in', records: [[0, 1]] }, { do: 'schedule' }, { do: 'ring' },
      // begin, three claims of which the last finds the record: now it is in hand.
      ...Array.from({ length: 4 }, (): Happening => ({ do: 'go on', ...first, until: 'step' })),
      { do: 'wait', seconds: 121 }, { do: 'reap' }, { do: 'wait', seconds: 61 }, { do: 'run' }, { do: 'go on', ...first, until: 'end' },
    ],
  },
};

describe('what such stories brought to light stays mended:', () => {
  test.each(Object.entries(found))('%s', async (_title, { kind, story }) => play(await createWorld(), kind, story));
});

/** The story, then everybody does their duty until all is at rest. */
async function play(world: World, kind: Kind, story: Happening[]): Promise<void> {
  const life = await beginLife(world, kind);
  for (const event of story) {
    await happen(life, event);
    await check(life);
    if (event.do === 'evaluate') await checkHealth(life);
  }
  await comeToRest(life);
  await world.sql`update integrations set enabled = false where id = ${life.integration}`;
}

/** The vendor works, people put right what is theirs to put right, and time passes: then every record has arrived. */
async function comeToRest(life: Life): Promise<void> {
  for (let hour = 0; hour < 30; hour += 1) {
    await doDuty(life, { mend: hour % 3 === 1 });
    const seen = await check(life);
    await happen(life, { do: 'evaluate' });
    await checkHealth(life);
    if (seen.runs.every((run) => run.over) && seen.records.every((record) => isAtRest(life, record))) return;
  }
  expect((await look(life)).records.filter((record) => !isAtRest(life, record)), 'records that never arrived').toEqual([]);
}

type Snapshot = {
  records: {
    source: string; state: string; key: string; version: number; latest: number; exported: number | null;
    code: string | null; content: string | null;
  }[];
  runs: { id: number; status: string; over: boolean; selected: number; balance: number; least: number; open: number }[];
};

/** Across, given up by a person, or a change of something booked, which only a person can make over there. */
function isAtRest({ kind }: Life, record: Snapshot['records'][number]): boolean {
  if (record.state === 'exported' || record.state === 'dismissed') return true;
  return record.state === 'failed' && record.code === 'changed_after_export' && record.exported !== null && !kind.replaces;
}

/** What is true after every single step. */
async function check(life: Life): Promise<Snapshot> {
  const seen = await look(life);
  checkRecords(life, seen.records);
  for (const run of seen.runs) {
    expect(run.least, `run ${run.id}: no counter below zero`).toBeGreaterThanOrEqual(0);
    if (run.over) expect(run.balance, `run ${run.id} balances`).toBe(run.selected);
    if (run.over && run.open > 0) expect(run.status, `run ${run.id} left records behind`).not.toBe('succeeded');
  }
  expect(seen.runs.filter((run) => !run.over).length, 'one active run').toBeLessThanOrEqual(1);
  return seen;
}

function checkRecords({ vendor, handed, decided, kind }: Life, records: Snapshot['records']): void {
  expect(records.map((record) => record.source).sort(), 'every record handed in, in exactly one state').toEqual([...handed.keys()].sort());
  // Sending again is safe where the vendor keeps one of each; elsewhere what is there must never stand in line again.
  const onTheWay = ['sending', 'uncertain', 'accepted', ...(kind.replaces ? ['queued', 'retrying', 'failed', 'dead'] : [])];
  for (const { source, state, key, version, latest, content } of records) {
    expect(content, `${source}: what was handed in last is there, or waits its turn`).toBe(handed.get(source));
    if (latest > version) expect(['sending', 'uncertain', 'accepted'], `${source}: a version waits only for an answer`).toContain(state);
    const across = vendor.holds(key) || decided.has(key);
    if (state === 'exported') expect(across, `${source} is exported because the vendor took it`).toBe(true);
    else if (across) expect(onTheWay, `${source} is across`).toContain(state);
  }
  const repeated = (all: string[]): string[] => all.filter((one, index) => all.indexOf(one) !== index);
  expect(repeated(vendor.ledger.map((entry) => entry.key)), 'keys booked twice').toEqual([]);
  if (!kind.replaces) expect(repeated(vendor.ledger.map((entry) => entry.source)), 'records booked twice').toEqual([]);
}

/** Right after an evaluation: the light is the worst finding, and the findings say what the rows say. */
async function checkHealth({ world, integration }: Life): Promise<void> {
  type Flags = { running: boolean; refused: boolean; uncertain: boolean; failed: boolean | null };
  type Seen = Flags & { health: string; open: string[]; worst: string };
  const [seen] = await world.sql<Seen[]>`
    with open as (select f.rule, f.severity from findings f where f.integration_id = ${integration} and f.closed_at is null)
    select exists (select from runs u where u.integration_id = s.integration_id and u.finished_at is null) as running,
           exists (select from records r where r.integration_id = s.integration_id and r.state in ('failed', 'dead')) as refused,
           exists (select from records r where r.integration_id = s.integration_id and r.state = 'uncertain') as uncertain,
           (select u.status = 'failed' from runs u where u.org_id = s.org_id and u.id = s.last_run_id) as failed,
           s.health, array(select rule from open) as open,
           (select case when bool_or(severity = 'red') then 'red' when bool_or(severity = 'yellow') then 'yellow'
             when bool_or(severity = 'grey') then 'grey' else 'green' end from open) as worst
    from integration_status s where s.integration_id = ${integration}`;
  if (!seen) throw new Error('no status');
  expect(seen.health, 'the light and the worst open finding').toBe(seen.worst);
  // What a run leaves behind is told when it ends.
  if (seen.running) return;
  expect(seen.open.includes('refused_open'), 'refused records and the finding about them').toBe(seen.refused);
  expect(seen.open.includes('uncertain_open'), 'uncertain records and the finding about them').toBe(seen.uncertain);
  expect(seen.open.includes('last_run_failed'), 'a failed run and the finding about it').toBe(seen.failed ?? false);
}

async function look({ world, integration }: Life): Promise<Snapshot> {
  const [row] = await world.sql<{ seen: Snapshot }[]>`
    select jsonb_build_object(
      'records', coalesce((
        select jsonb_agg(jsonb_build_object('source', r.source_id, 'state', r.state, 'key', r.idempotency_key, 'version', r.version,
          'latest', r.latest_version, 'exported', r.exported_version, 'code', r.error_code,
          'content', coalesce(v.payload, r.payload) ->> 'content'))
        from records r left join record_versions v
          on v.org_id = r.org_id and v.record_id = r.id and v.version = r.latest_version and r.latest_version > r.version
        where r.org_id = ${world.org} and r.integration_id = ${integration}), '[]'),
      'runs', coalesce((
        select jsonb_agg(jsonb_build_object('id', u.id, 'status', u.status, 'over', u.finished_at is not null, 'selected', u.selected,
          'balance', u.exported + u.accepted + u.failed + u.retrying + u.skipped + u.uncertain,
          'least', least(u.exported, u.accepted, u.failed, u.retrying, u.skipped, u.uncertain),
          'open', u.failed + u.retrying + u.skipped + u.uncertain))
        from runs u where u.org_id = ${world.org} and u.integration_id = ${integration}), '[]')) as seen`;
  if (!row) throw new Error('nothing to see');
  return row.seen;
}
