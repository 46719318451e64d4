import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Books, Entry } from '../support/books.ts';
import { anyStory, beginLife, books, doDuty, happen, type Happening, type Kind, type Life, type Scene } from '../support/story.ts';
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

/**
 * `SYNCWARD_STORIES=150 vitest run tests/pipeline/state-machine.test.ts` is the long form, with so many stories of each kind;
 * SYNCWARD_SEED and SYNCWARD_PATH repeat what a failure printed.
 */
const { SYNCWARD_STORIES = '8', SYNCWARD_SEED, SYNCWARD_PATH } = process.env;
const runs = Number(SYNCWARD_STORIES);
const seed = SYNCWARD_SEED === undefined ? undefined : Number(SYNCWARD_SEED);
const moves = new Set<string>();
let told = 0;

describe.each(Object.entries(kinds))('whatever happens to records for a system that %s', (_title, kind) => {
  test('none is lost, none is booked twice, and every run balances', { timeout: 60_000 + runs * 5_000 }, async () => {
    const world = await createWorld();
    await fc.assert(
      fc.asyncProperty(anyStory, (story) => play(world, kind, story)),
      // A story takes half a second, on a busy machine three: fewer of them then, never longer.
      { numRuns: runs, seed, path: SYNCWARD_PATH, endOnFailure: seed === undefined, interruptAfterTimeLimit: 4_000 + runs * 1_500 },
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
      { do: 'retry', scope: 'open', mapping: '9999', canary: false }, { do: 'ring' }, { do: 'go on', ...first, until: 'push' },
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
  test.each(Object.entries(found))('%s', async (_title, { kind, story }) =>
    play(await createWorld(), kind, story.map((what) => ({ where: 0, what }))));
});

/** Every arrow of the picture in docs/pipeline.md, and the two that lead back from the ends. */
const arrows = [
  'nothing → queued', 'queued → sending', 'sending → exported', 'sending → accepted', 'sending → failed', 'sending → retrying', 'sending → uncertain',
  'sending → queued', 'sending → dead', 'accepted → sending', 'retrying → sending', 'uncertain → sending', 'uncertain → exported', 'uncertain → queued',
  'failed → sending', 'dead → sending', 'queued → dismissed', 'retrying → dismissed', 'failed → dismissed', 'dead → dismissed',
  'exported → queued', 'dismissed → queued', 'failed → queued', 'retrying → queued', 'dead → queued',
];

afterAll(() => {
  if (told < 500) return;
  console.log(`${told} stories; moves seen: ${[...moves].sort().join(', ')}`);
  expect(arrows.filter((arrow) => !moves.has(arrow)), 'moves that never happened').toEqual([]);
  expect([...moves].filter((move) => !arrows.includes(move)), 'moves there should not be').toEqual([]);
});

/** The story, in one of two integrations at a time; then everybody does their duty until all is at rest. */
async function play(world: World, kind: Kind, story: Scene[]): Promise<void> {
  const lives = [await beginLife(world, kind, moves), await beginLife(world, kind, moves)] as const;
  told += 1;
  try {
    for (const { where, what } of story) {
      const other = lives[1 - where] as Life;
      const before = await books(other);
      await happen(lives[where], what);
      await check(lives[where]);
      if (what.do !== 'reap') expect((await books(other)).records, 'the records of the neighbour').toEqual(before.records);
      if (what.do === 'evaluate') for (const life of lives) await checkHealth(life);
    }
    for (const life of lives) await comeToRest(life);
  } finally {
    // The next story of this world must not find this one's runs in its way.
    await world.sql`update integrations set enabled = false where id = any (${lives.map(({ integration }) => integration)})`;
  }
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
  expect((await books(life)).records.filter((record) => !isAtRest(life, record)), 'records that never arrived').toEqual([]);
}

/** Across, given up by a person, or a change of something booked, which only a person can make over there. */
function isAtRest({ kind }: Life, record: Entry): boolean {
  if (record.state === 'exported' || record.state === 'dismissed') return true;
  return record.state === 'failed' && record.code === 'changed_after_export' && record.exported !== null && !kind.replaces;
}

/** What is true after every single step, whatever it was. */
async function check(life: Life): Promise<Books> {
  if (life.faults.length > 0) throw life.faults[0];
  const seen = await books(life);
  checkRecords(life, seen.records);
  for (const run of seen.runs) {
    const { id, status, over, selected, exported, accepted, failed, retrying, skipped, uncertain } = run;
    expect(Math.min(exported, accepted, failed, retrying, skipped, uncertain), `run ${id}: no counter below zero`).toBeGreaterThanOrEqual(0);
    if (!over) continue;
    expect(exported + accepted + failed + retrying + skipped + uncertain, `run ${id} balances`).toBe(selected);
    // An error of the run as a whole makes it failed whatever its balance is.
    if (status !== 'failed') expect(status, `run ${id} ended as its balance says`).toBe(statusOf(run));
  }
  expect(seen.runs.filter((run) => !run.over).length, 'one active run').toBeLessThanOrEqual(1);
  return seen;
}

function statusOf({ selected, exported, accepted, failed, retrying, skipped, uncertain }: Books['runs'][number]): string {
  if (selected > 0 && exported + accepted === 0 && failed + retrying + uncertain > 0) return 'failed';
  if (failed * 20 > selected) return 'failed';
  return failed + retrying + skipped + uncertain > 0 ? 'warning' : 'succeeded';
}

function checkRecords({ vendor, handed, decided, kind }: Life, records: Entry[]): void {
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
  type Flags = { enabled: boolean; running: boolean; refused: boolean; uncertain: boolean; failed: boolean | null };
  type Seen = Flags & { health: string; open: string[]; worst: string };
  const [seen] = await world.sql<Seen[]>`
    with open as (select f.rule, f.severity from findings f where f.integration_id = ${integration} and f.closed_at is null)
    select (select i.enabled from integrations i where i.id = s.integration_id) as enabled, exists (select from runs u where u.integration_id = s.integration_id and u.finished_at is null) as running,
           exists (select from records r where r.integration_id = s.integration_id and r.state in ('failed', 'dead')) as refused,
           exists (select from records r where r.integration_id = s.integration_id and r.state = 'uncertain') as uncertain,
           (select u.status = 'failed' from runs u where u.org_id = s.org_id and u.id = s.last_run_id) as failed,
           s.health, array(select rule from open) as open,
           (select case when bool_or(severity = 'red') then 'red' when bool_or(severity = 'yellow') then 'yellow'
             when bool_or(severity = 'grey') then 'grey' else 'green' end from open) as worst
    from integration_status s where s.integration_id = ${integration}`;
  if (!seen) throw new Error('no status');
  expect(seen.health, 'the light and the worst open finding').toBe(seen.worst);
  if (!seen.enabled) return expect(seen.open, 'an integration that is off has nothing else to say').toEqual(['disabled']);
  // What a run leaves behind is told when it ends.
  if (seen.running) return;
  expect(seen.open.includes('refused_open'), 'refused records and the finding about them').toBe(seen.refused);
  expect(seen.open.includes('uncertain_open'), 'uncertain records and the finding about them').toBe(seen.uncertain);
  expect(seen.open.includes('last_run_failed'), 'a failed run and the finding about it').toBe(seen.failed ?? false);
}
