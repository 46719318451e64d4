import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

async function lights(...changes: [hoursAgo: number, light: string][]): Promise<void> {
  for (const [hoursAgo, light] of changes) {
    await world.sql`
      insert into health_changes (org_id, integration_id, at, kind, after, alerted)
      values (${world.org}, ${world.integration}, now() - ${hoursAgo} * interval '1 hour', 'light', ${light}, true)`;
  }
}

async function week(): Promise<string> {
  const [row] = await world.as(world.vera, (sql) => sql<{ week: string }[]>`select week from overview where integration_id = ${world.integration}`);
  return row?.week ?? '';
}

/** The letters and how often each stands in a row: `?70 g14`. */
const inRuns = (letters: string): string => (letters.match(/(.)\1*/g) ?? []).map((run) => `${run[0]}${run.length}`).join(' ');

describe('the last seven days of a light', () => {
  test('are unknown before the first light', async () => {
    expect(inRuns(await week())).toBe('?84');
    await lights([28.5, 'green']);
    expect(inRuns(await week())).toBe('?69 g15');
  });

  test('show the worst of every two hours', async () => {
    await lights([500, 'green'], [20.5, 'red'], [20.3, 'green'], [7, 'yellow'], [5, 'grey'], [3, 'green']);
    expect(inRuns(await week())).toBe('g73 r1 g6 y2 g2');
  });

  test('are unknown while the clock stood still', async () => {
    await lights([500, 'green']);
    await world.sql`select private.beat('evaluate', now() - interval '41 hours'), private.beat('schedule', now() - interval '1 minute')`;
    await world.sql`select private.beat('evaluate', now() - interval '37 hours')`;
    await world.sql`insert into private.heartbeats (job, beat_at) values ('evaluate', now()) on conflict (job) do update set beat_at = now()`;
    expect(inRuns(await week())).toBe('g63 ?3 g18');
  });

  test('end unknown while it stands still now', async () => {
    await lights([500, 'green']);
    await world.sql`select private.beat('evaluate', now() - interval '5 hours')`;
    expect(inRuns(await week())).toBe('g81 ?3');
  });

  test('a beat in time leaves no blind spot, and one that is late leaves its own', async () => {
    for (const minute of ['10:00', '10:01', '10:04', '10:09']) await world.sql`select private.beat('reap', ${`2026-11-10T${minute}:00Z`})`;
    expect(await world.sql`select job, began_at, ended_at from private.blind_spots`).toEqual([
      { job: 'reap', began_at: new Date('2026-11-10T10:04:00Z'), ended_at: new Date('2026-11-10T10:09:00Z') },
    ]);
  });
});
