import { beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../scripts/stack/users.ts';
import { createWorld, type World } from '../support/world.ts';

type Row = { kind: string; key: string; happened_at: Date; first_at: Date; first_key: string; detail: Record<string, unknown> };
type Bar = { began: string; ended: string; began_at: Date; runs: number; failed_runs: number; read: string; sent: string; failed: string; typical_ms: string | null;
  longest_ms: string | null; changes: number; in_maintenance: boolean };

const NOW = '2026-11-10T15:00:00Z';
let world: World;

/** Runs of a day, an hour apart from 06:00 in Oslo: all went well but the one at 12:00, and the last is under way. */
beforeAll(async () => {
  world = await createWorld({ start: '2026-11-10T05:00:00.000Z' });
  const { sql, org, integration } = world;
  await sql`
    insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported, failed)
    select ${org}, ${integration}, case when h = 11 then 'warning' when h = 14 then 'running' else 'succeeded' end, case when h = 13 then 'manual' else 'schedule' end,
      t, t, t, case when h < 14 then t + interval '1 second' * h end, 10, case when h = 11 then 9 when h = 14 then 0 else 10 end, case when h = 11 then 1 else 0 end
    from generate_series(5, 14) h, lateral (select timestamptz '2026-11-10 00:00Z' + h * interval '1 hour' as t) m`;
  await sql`
    insert into runs (org_id, integration_id, status, trigger, due_at, created_at, finished_at, error_message)
    values (${org}, ${integration}, 'failed', 'schedule', '2026-11-09 12:00Z', '2026-11-09 12:00Z', '2026-11-09 12:10Z', 'No function answered.')`;
  await sql`
    insert into audit_log (org_id, at, actor_id, actor, action, integration_id, before, after) values
      (${org}, '2026-11-10 08:30Z', ${world.arne.id}, 'Arne', 'integration.changed', ${integration}, '{"every_minutes": 1440}', '{"every_minutes": 60}'),
      (${org}, '2026-11-10 08:40Z', ${world.arne.id}, 'Arne', 'sync.requested', ${integration}, null, null)`;
  await sql`
    insert into maintenance_windows (org_id, integration_id, starts_at, ends_at, reason)
    values (${org}, null, '2026-11-09 01:00Z', '2026-11-09 03:00Z', 'New version'), (${org}, ${integration}, '2026-11-20 01:00Z', '2026-11-20 03:00Z', 'Later')`;
  await sql`
    insert into incidents (org_id, integration_id, alarm, urgency, state, opened_at, resolved_at)
    values (${org}, ${integration}, 'sync_failing', 'high', 'resolved', '2026-11-10 11:00:03Z', '2026-11-10 13:00:14Z')`;
});

const list = (options: Record<string, unknown> = {}, who: User = world.vera): Promise<Row[]> => world.as(who, async (sql) => [...await sql<Row[]>`
  select * from list_history(${world.org}, ${world.integration}, kinds => ${(options['kinds'] as string[] | undefined) ?? null}, days => ${(options['days'] as number | undefined) ?? 2},
    since => ${(options['since'] as string | undefined) ?? null}, until => ${(options['until'] as string | undefined) ?? null},
    folded => ${options['folded'] === true}, before => ${(options['before'] as Date | undefined) ?? null}, before_key => ${(options['key'] as string | undefined) ?? null},
    size => ${(options['size'] as number | undefined) ?? 50}, at => ${NOW})`]);

const chart = (since: string | null, until: string | null, days = 2): Promise<Bar[]> => world.as(world.vera, async (sql) => [...await sql<Bar[]>`
  select * from chart_runs(${world.org}, ${world.integration}, days => ${days}, since => ${since}, until => ${until}, at => ${NOW})`]);

describe('the line of time', () => {
  test('has runs, changes, planned work and incidents in one order, and nothing of the work itself', async () => {
    expect((await list()).map(({ kind }) => kind)).toEqual(
      ['run', 'recovered', 'run', 'run', 'opened', 'run', 'run', 'run', 'change', 'run', 'run', 'run', 'run', 'run', 'maintenance']);
    const [change] = await list({ kinds: ['change'] });
    expect(change?.detail).toMatchObject({ actor: 'Arne', action: 'integration.changed', before: { every_minutes: 1440 }, after: { every_minutes: 60 } });
  });

  test('folds healthy runs that nothing comes between, within a day', async () => {
    const rows = await list({ folded: true });
    expect(rows.map(({ kind, detail }) => (kind === 'runs' ? detail['runs'] : kind))).toEqual(
      ['run', 'recovered', 'run', 'run', 'opened', 'run', 2, 'change', 4, 'run', 'maintenance']);
    expect(rows.find(({ kind }) => kind === 'runs')?.detail).toEqual({ runs: 2, selected: 20, exported: 20, longest_ms: 10_000 });
  });

  test('of problems alone has the runs that did not go well, also one that never started', async () => {
    const rows = await list({ kinds: ['problem'] });
    expect(rows.map(({ detail }) => [detail['status'], detail['has_started']])).toEqual([['warning', true], ['failed', false]]);
  });

  test.each([false, true])('goes on where the page before it ended (folded: %s)', async (folded) => {
    const whole = (await list({ folded })).map(({ key }) => key);
    const seen: string[] = [];
    let last: Row | undefined;
    do {
      const page: Row[] = await list({ folded, size: 2, before: last?.first_at, key: last?.first_key });
      seen.push(...page.map(({ key }) => key));
      last = page.at(-1);
    } while (last);
    expect(seen).toEqual(whole);
  });

  test('is read over a range by the organization\'s own clocks', async () => {
    const rows = await list({ since: '2026-11-10T09:00', until: '2026-11-10T11:00' });
    expect(rows.map(({ kind, happened_at }) => [kind, happened_at.toISOString().slice(11, 16)])).toEqual([['run', '09:00'], ['change', '08:30'], ['run', '08:00']]);
    expect((await list({ since: '2026-11-09', until: '2026-11-09' })).map(({ kind }) => kind)).toEqual(['run', 'maintenance']);
  });

  test.each([['2026-11-10', null], ['2026-11-11', '2026-11-10'], ['yesterday', 'today'], ['2025-01-01', '2026-11-10'], ['2026-02-30', '2026-03-01']])(
    'refuses a range from %s until %s', async (since, until) => {
      await expect(list({ since: since ?? undefined, until: until ?? undefined })).rejects.toMatchObject({ code: 'SW422' });
    });

  test('is shown to nobody from another organization', async () => {
    await expect(list({}, world.stine)).rejects.toMatchObject({ code: 'SW404' });
  });
});

describe('the bars', () => {
  test('count runs, records and durations by the organization\'s own hours', async () => {
    const bars = await chart('2026-11-10T06:00', '2026-11-10T18:00');
    expect(bars).toHaveLength(12);
    expect(bars[0]).toMatchObject({ began: '2026-11-10T06:00', ended: '2026-11-10T07:00', runs: 1, read: '10', sent: '10', failed: '0', typical_ms: '5000', changes: 0 });
    expect(bars.map(({ failed }) => Number(failed))).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(bars.map(({ changes }) => changes).indexOf(1)).toBe(3);
    expect(bars.slice(10)).toMatchObject([{ runs: 0, typical_ms: null, longest_ms: null }, { runs: 0 }]);
  });

  test('say where planned work was, and that a run failed which never started', async () => {
    const bars = await chart('2026-11-09', '2026-11-09');
    expect(bars.filter((bar) => bar.in_maintenance).map(({ began }) => began)).toEqual(['2026-11-09T02:00', '2026-11-09T03:00']);
    expect(bars[13]).toMatchObject({ began: '2026-11-09T13:00', runs: 1, failed_runs: 1, typical_ms: null });
  });

  test.each([[7, 28, '2026-11-04T00:00'], [30, 30, '2026-10-12T00:00'], [90, 30, '2026-08-13T00:00']])('of %i days are %i, from the first day of the organization on', async (days, count, began) => {
    const bars = await chart(null, null, days);
    expect(bars).toHaveLength(count);
    expect(bars[0]?.began).toBe(began);
    expect(bars.at(-1)?.ended).toBe('2026-11-11T00:00');
  });

  test('stay whole days when the clocks change', async () => {
    const bars = await chart('2026-10-24', '2026-11-05');
    const hours = bars.map((bar, i) => ((bars[i + 1]?.began_at ?? bar.began_at).getTime() - bar.began_at.getTime()) / 3_600_000);
    expect(hours.slice(0, 3)).toEqual([24, 25, 24]);
  });
});

test('90 days of a run every five minutes are counted and folded in a moment', async () => {
  const busy = await createWorld();
  const { sql, org, integration } = busy;
  await sql`
    insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, exported)
    select ${org}, ${integration}, 'succeeded', 'schedule', t, t, t, t + interval '3 seconds', 5, 5
    from generate_series(timestamptz '2026-08-13', timestamptz '2026-11-10 12:00Z', interval '5 minutes') t`;
  await sql`analyze runs`;
  const began = performance.now();
  const bars = await busy.as(busy.vera, async (db) => [...await db<Bar[]>`select * from chart_runs(${org}, ${integration}, 90, at => ${NOW})`]);
  const rows = await busy.as(busy.vera, async (db) => [...await db<Row[]>`select * from list_history(${org}, ${integration}, days => 90, folded => true, size => 100, at => ${NOW})`]);
  expect(bars.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThan(25_000);
  expect(rows.filter(({ kind }) => kind === 'runs')).toHaveLength(90);
  expect(performance.now() - began).toBeLessThan(5_000);
});
