import { expect, test } from 'vitest';
import { createFakeSystem, createWorld, slice, type World } from '../support/world.ts';

const HALF_AN_HOUR = 1_800;
/** From 22:00 to 04:00 UTC; in Oslo the clock is put back, or forward, at 01:00 UTC. */
const SLOTS = 12;
const DEAD_SLICE = 5;

/** Postgres itself lives in Oslo: what takes the wall time of a session for granted would show now. */
async function liveInOslo({ sql, name }: World): Promise<void> {
  await sql.unsafe(`alter database "${name}" set timezone = 'Europe/Oslo'`);
  await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name} and pid <> pg_backend_pid()`;
  await sql.unsafe(`set timezone = 'Europe/Oslo'`);
}

test.each([
  { night: 'in which the hour from two to three comes twice', start: '2026-10-24T22:00:00.000Z', day: 25, cutoffs: ['2026-10-25T01:30:00.000Z', '2026-11-25T01:30:00.000Z'] },
  { night: 'in which there is no hour from two to three', start: '2027-03-27T22:00:00.000Z', day: 28, cutoffs: ['2027-03-28T01:30:00.000Z', '2027-04-28T00:30:00.000Z'] },
])('the night $night passes like any other', async ({ start, day, cutoffs }) => {
  const world = await createWorld({ start, everyMinutes: 30 });
  const { sql, org, integration, clock } = world;
  await liveInOslo(world);
  await sql`update organizations set cutoff_time = '02:30', cutoff_day = ${day} where id = ${org}`;
  const system = createFakeSystem();
  const findings: string[][] = [];
  const seen = new Set<string>();

  for (let slot = 0; slot < SLOTS; slot += 1) {
    await world.handIn(2);
    const run = await world.schedule() ?? 0;
    // The slice of the hour in question dies with its records in hand, and its lease ends while the wall clock jumps.
    if (slot === DEAD_SLICE) {
      const held = await world.store(run).beginSlice({ dedupe: 'lookup', settlesWithinSeconds: 60 });
      await world.store(run).claim(held?.token ?? '', ['queued'], 10);
      clock.forward(300);
      await sql`select private.reap(${clock.iso()})`;
      clock.forward(100);
    }
    await slice(world, system.connector, run);
    await sql`select private.evaluate_health(${clock.iso()})`;
    findings.push((await world.health()).rules);
    const [row] = await sql<{ moment: Date }[]>`select private.next_cutoff(${org}, ${clock.iso()}) as moment`;
    seen.add(row?.moment.toISOString() ?? '');
    clock.set(new Date(Date.parse(start) + (slot + 1) * HALF_AN_HOUR * 1_000).toISOString());
  }

  const runs = await sql<{ due: Date; status: string }[]>`
    select due_at as due, status from runs where integration_id = ${integration} and trigger = 'schedule' order by due_at`;
  expect(runs.map(({ due }) => due.toISOString())).toEqual(
    Array.from({ length: SLOTS }, (_, slot) => new Date(Date.parse(start) + slot * HALF_AN_HOUR * 1_000).toISOString()));
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(await world.states()).toEqual({ exported: 2 * SLOTS });
  expect(new Set(system.ledger).size).toBe(2 * SLOTS);
  expect(system.ledger).toHaveLength(2 * SLOTS);
  // All that is to be said of that night: one run took longer than the others.
  expect(findings).toEqual(Array.from({ length: SLOTS }, (_, slot) => (slot === DEAD_SLICE ? ['duration_unusual'] : [])));
  expect([...seen]).toEqual(cutoffs);
});
