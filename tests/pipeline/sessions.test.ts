import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { deedsTo, makeContested, runOf, type Contested, type Deed } from '../support/contested.ts';
import { openSessions, type Ending, type Sessions } from '../support/sessions.ts';
import { createWorld, slice, type World } from '../support/world.ts';

/**
 * Two and three sessions at once, their writes let go one by one in an order drawn by lot. `SYNCWARD_STORIES=300 vitest run
 * tests/pipeline/sessions.test.ts` is the long form; SYNCWARD_SEED and SYNCWARD_PATH repeat what a failure printed.
 */
const { SYNCWARD_STORIES = '12', SYNCWARD_SEED, SYNCWARD_PATH } = process.env;
const runs = Number(SYNCWARD_STORIES);
const seed = SYNCWARD_SEED === undefined ? undefined : Number(SYNCWARD_SEED);

/** Refusals that a caller who comes too late may hear. */
const TOO_LATE = ['SW409', 'SW410'];
/** Rows inserted in one statement are locked in the order in which they come; whoever does that says it again (docs/errors.md). */
const MAY_MEET_A_CIRCLE = 'insert';

type Plot = { deeds: string[]; order: number[] };

let world: World;
let sessions: Sessions;
let names: string[];
beforeAll(async () => {
  // What people call goes by the clock of Postgres.
  world = await createWorld({ start: new Date(Date.now() + 1_000).toISOString() });
  sessions = await openSessions(world, 3);
  names = Object.keys(deedsTo(await makeContested(world)));
});

async function play({ deeds, order }: Plot): Promise<Ending[]> {
  const contested = await makeContested(world);
  const all = deedsTo(contested);
  const acts = deeds.map((name) => all[name] as Deed);
  const before = await count(contested);
  const endings = await sessions.play(acts, order);
  for (const [index, name] of deeds.entries()) {
    if (name === MAY_MEET_A_CIRCLE && endings[index]?.code === '40P01') endings[index] = (await sessions.play([acts[index] as Deed], []))[0] as Ending;
  }
  for (const [index, { code, message }] of endings.entries()) {
    if (code !== null) expect(TOO_LATE, `${deeds[index]}: ${message}`).toContain(code);
    const { lands } = acts[index] ?? {};
    // Said twice is landed once.
    const key = contested.keys.get(lands ?? 0);
    if (code === null && key !== undefined && !contested.system.ledger.includes(key)) contested.system.ledger.push(key);
  }
  await expectNothingLost(contested, before, deeds.filter((_name, index) => endings[index]?.code === null));
  await comeToRest(contested);
  return endings;
}

type Counts = { records: number; dismissed: number; audited: number; retries: number; asked: number; decided: number };

async function count({ integration, world: { sql } }: Contested): Promise<Counts> {
  const [row] = await sql<Counts[]>`
    select (select count(*)::int from records where integration_id = ${integration}) as records,
      (select count(*)::int from records where integration_id = ${integration} and state = 'dismissed') as dismissed,
      (select count(*)::int from audit_log where integration_id = ${integration} and action = 'record.dismissed') as audited,
      (select count(*)::int from retries where integration_id = ${integration}) as retries,
      (select count(*)::int from audit_log where integration_id = ${integration} and action = 'retry.requested') as asked,
      (select count(*)::int from audit_log where integration_id = ${integration} and action = 'record.decided') as decided`;
  if (!row) throw new Error('nothing counted');
  return row;
}

/** Whoever was told that something was done finds it done, and the books agree with themselves. */
async function expectNothingLost(contested: Contested, before: Counts, done: string[]): Promise<void> {
  const { world: { sql }, integration } = contested;
  const after = await count(contested);
  expect(after.asked, 'retries and the audit rows about them').toBe(after.retries);
  expect(after.decided, 'decisions').toBe(done.filter((name) => name.startsWith('decide')).length);
  const contents = new Map((await sql<{ source: string; contents: string[] }[]>`
    select r.source_id as source, array[r.payload ->> 'content'] || array(
      select v.payload ->> 'content' from record_versions v where v.org_id = r.org_id and v.record_id = r.id) as contents
    from records r where r.integration_id = ${integration}`).map((row) => [row.source, row.contents]));
  const handedIn = { 'hand in upwards': [[0, 1, 5, 6, 7, 9, 20], '2'], 'hand in downwards': [[21, 20, 9, 7, 6, 5, 1, 0], '3'], insert: [[9, 5, 0, 22], '4'] } as const;
  for (const [name, [sources, content]] of Object.entries(handedIn)) {
    if (!done.includes(name)) continue;
    for (const number of sources) expect(contents.get(`L-${number}`), `${name}: L-${number} is there, or was replaced by what came later`).toContain(content);
  }
  const [books] = await sql`
    select bool_and(u.selected = u.exported + u.accepted + u.failed + u.retrying + u.skipped + u.uncertain
        + (select count(*) from records r where r.org_id = u.org_id and r.run_id = u.id and r.state = 'sending')) as balanced,
      count(*) filter (where u.finished_at is null) <= 1 as single,
      (select count(*)::int from records r where r.integration_id = ${integration} and r.latest_version > r.version
        and r.state not in ('sending', 'uncertain', 'accepted')) as forgotten,
      (select count(*)::int from (select unnest(t.held[t.taken + 1:]) from retries t where t.integration_id = ${integration}
        and t.state in ('waiting', 'running', 'canary') group by 1 having count(*) > 1) twice) as disputed
    from runs u where u.integration_id = ${integration}`;
  expect(books, 'runs balance with what is in hand; no content and no record is in two hands').toEqual({ balanced: true, single: true, forgotten: 0, disputed: 0 });
  expect(after.audited - before.audited, 'dismissals and the audit rows about them').toBeGreaterThanOrEqual(after.dismissed - before.dismissed);
}

/** Time passes and everybody does their duty: then every record has arrived once, or its earlier version has. */
async function comeToRest({ world: { sql, clock, org, arne, as }, system, integration }: Contested): Promise<void> {
  system.answer = () => ({ state: 'exported' });
  const unsettled = async (): Promise<unknown[]> => [...await sql`
    select id, state, error_code from records where integration_id = ${integration}
      and state not in ('exported', 'dismissed') and coalesce(error_code, '') <> 'changed_after_export'`];
  for (let round = 0; round < 8 && (await unsettled()).length > 0; round += 1) {
    clock.forward(7_300);
    await sql`update integrations set enabled = true where id = ${integration} and not enabled`;
    await sql`select private.reap(${clock.iso()})`;
    if (round % 2 === 1) await as(arne, (db) => db`select private.retry_failed(${org}, ${integration}, 'open', null, null, 'account', '9999', '4010', false, ${clock.iso()})`);
    for (let count = 0, run = await runOf(world, integration); count < 2 && run > 0; count += 1, run = await runOf(world, integration)) await slice(world, system.connector, run);
  }
  expect(await unsettled(), 'records that never arrive').toEqual([]);
  expect(system.ledger.filter((key, index) => system.ledger.indexOf(key) !== index), 'booked twice').toEqual([]);
  await sql`update integrations set enabled = false where id = ${integration}`;
}

describe('sessions whose transactions are open at the same time', () => {
  test('lose nothing to each other, whoever writes first', { timeout: 60_000 + runs * 6_000 }, async () => {
    const plot = fc.record({
      deeds: fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: 3 }), order: fc.array(fc.nat(5), { minLength: 40, maxLength: 40 }),
    });
    let together = 0;
    await fc.assert(fc.asyncProperty(plot, async (one) => {
      const endings = await play(one);
      if (endings.filter(({ writes }) => writes > 1).length > 1) together += 1;
    }), { numRuns: runs, seed, path: SYNCWARD_PATH, endOnFailure: seed === undefined, interruptAfterTimeLimit: 10_000 + runs * 2_000 });
    if (SYNCWARD_PATH === undefined) expect(together, 'some of them wrote by turns').toBeGreaterThan(0);
  });

  // Every deed beside itself: the second tab, the doubled doorbell, the clock that ticks twice.
  test('may do the same thing at the same time', { timeout: 240_000 }, async () => {
    for (const name of names) {
      await play({ deeds: [name, name], order: [0, 1] }).catch((error: unknown) => {
        throw new Error(`Two at once: ${name}`, { cause: error });
      });
    }
  });
});
