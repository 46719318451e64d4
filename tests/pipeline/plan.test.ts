import { expect, test } from 'vitest';
import type { User } from '../../scripts/stack/users.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Plan = { reason?: string; starts?: string; ends?: string; minutes?: number; integration?: string; until?: string };

const plan = (world: World, { reason = 'upgrade', starts, ends, minutes, integration, until }: Plan, who: User = world.arne): Promise<number> =>
  world.as(who, (sql) => sql<{ id: number }[]>`
    select add_maintenance(${world.org}, ${reason}, ${starts ?? null}, ${ends ?? null}, ${minutes ?? null}, ${integration ?? null}, ${until ?? null})::int as id`).then(([row]) => row?.id ?? 0);

const end = (world: World, window: number, series = false): Promise<unknown> =>
  world.as(world.arne, (sql) => sql<{ outcome: string }[]>`select end_maintenance(${world.org}, ${window}, ${series}) as outcome`).then(([row]) => row?.outcome);

const light = (world: World): Promise<unknown> => world.sql<{ health: string }[]>`select health from integration_status where integration_id = ${world.integration}`.then(([row]) => row?.health);

/** Wall time in Oslo, some minutes from now. */
const wall = async (world: World, minutes: number): Promise<string> => {
  const [row] = await world.sql<{ said: string }[]>`select to_char((now() + make_interval(mins => ${minutes})) at time zone 'Europe/Oslo', 'YYYY-MM-DD"T"HH24:MI') as said`;
  return row?.said ?? '';
};

const shown = (world: World, who: User): Promise<Record<string, unknown>[]> => world.as(who, (sql) => sql`select * from maintenance order by id`).then((rows) => [...rows]);

test('a window that begins now turns the light grey at once, and its end turns it back', async () => {
  const world = await createWorld();
  const window = await plan(world, { minutes: 60, integration: world.integration });
  expect(await light(world)).toBe('grey');
  expect(await world.health()).toMatchObject({ rules: expect.arrayContaining(['maintenance']) as string[] });
  expect(await end(world, window)).toBe('ended');
  expect((await world.health()).rules).not.toContain('maintenance');
  expect(await shown(world, world.vera)).toMatchObject([{ state: 'past', reason: 'upgrade', created_by_name: 'Arne' }]);
});

test('a window without an integration holds for all of the organization, and for no other', async () => {
  const world = await createWorld();
  await plan(world, { minutes: 60 });
  expect(await world.sql`select private.in_maintenance(${world.org}, ${world.integration}, now()) as ours, private.in_maintenance(${world.otherOrg}, ${world.integration}, now()) as theirs`)
    .toEqual([{ ours: true, theirs: false }]);
  expect(await shown(world, world.stine)).toEqual([]);
});

test('one that has not begun is taken out, one that is over is left', async () => {
  const world = await createWorld();
  const window = await plan(world, { starts: await wall(world, 60), ends: await wall(world, 120) });
  expect(await shown(world, world.vera)).toMatchObject([{ id: String(window), state: 'planned' }]);
  expect(await end(world, window)).toBe('cancelled');
  await expect(end(world, window)).rejects.toMatchObject({ code: 'SW404' });
  const now = await plan(world, { minutes: 5 });
  await world.sql`update maintenance_windows set starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour' where id = ${now}`;
  await expect(end(world, now)).rejects.toMatchObject({ code: 'SW409' });
});

test('a double click makes one window; another that overlaps is refused with the times of the first', async () => {
  const world = await createWorld();
  const [starts, ends] = [await wall(world, 60), await wall(world, 120)];
  const first = await plan(world, { starts, ends });
  expect(await plan(world, { starts, ends })).toBe(first);
  await expect(plan(world, { starts: await wall(world, 90), ends: await wall(world, 150) })).rejects.toMatchObject({
    code: 'SW409', message: `There is a window already, from ${starts.replace('T', ' ')} to ${ends.replace('T', ' ')}.` });
  expect(await plan(world, { starts: ends, ends: await wall(world, 150) })).not.toBe(first);
  expect(await plan(world, { starts, ends, integration: world.integration })).not.toBe(first);
});

test.each([
  ['no end', {}], ['two ends', { minutes: 5, ends: '2030-01-01T10:00' }], ['no reason', { minutes: 5, reason: '' }], ['nothing in it', { minutes: 0 }],
  ['an end before its start', { starts: '2026-12-24T10:00', ends: '2026-12-24T09:00' }], ['lain in the past', { starts: '2025-01-01T10:00', ends: '2025-01-01T12:00' }],
  ['a length of years', { ends: '2099-01-01T10:00' }], ['a time that is none', { starts: 'soon', minutes: 5 }],
])('a window with %s is refused', async (_, wanted: Plan) => {
  const world = await createWorld();
  await expect(plan(world, wanted)).rejects.toMatchObject({ code: 'SW422' });
});

/** A wall time of a window that comes back, in as many days, at this time of day. */
const inDays = async (world: World, days: number, time: string): Promise<string> => `${(await wall(world, days * 1440)).slice(0, 10)}T${time}`;

test('what comes back every week keeps its wall time through both nights, and leaves out what a skipped hour swallows', async () => {
  const world = await createWorld();
  const windows = async (starts: string, ends: string, until: string): Promise<string[]> => {
    const rows = await world.sql<{ starts_at: Date; ends_at: Date }[]>`
      select * from private.planned_windows('Europe/Oslo', ${starts}, ${ends}, null, ${until}, '2026-10-01T00:00Z')`;
    return rows.map((row) => [row.starts_at, row.ends_at].map((at) => at.toISOString().slice(5, 16)).join(' '));
  };
  expect(await windows('2026-10-18T02:00', '2026-10-18T04:00', '2026-11-01')).toEqual([
    '10-18T00:00 10-18T02:00', '10-25T00:00 10-25T03:00', '11-01T01:00 11-01T03:00']);
  expect(await windows('2027-03-21T01:30', '2027-03-21T02:30', '2027-04-04')).toEqual([
    '03-21T00:30 03-21T01:30', '03-28T00:30 03-28T01:00', '04-03T23:30 04-04T00:30']);
  expect(await windows('2027-03-21T02:15', '2027-03-21T02:45', '2027-04-04')).toEqual(['03-21T01:15 03-21T01:45', '04-04T00:15 04-04T00:45']);
});

test('a series is previewed, made by one act however often it is clicked, told as one, skipped once, and ended as a whole', async () => {
  const world = await createWorld();
  const [starts, ends, until] = [await inDays(world, 3, '20:00'), await inDays(world, 3, '22:00'), (await inDays(world, 24, '00:00')).slice(0, 10)];
  const [seen] = await world.as(world.vera, (sql) => sql<{ preview: { windows: number; next: { starts_at: string }[] } }[]>`
    select preview_maintenance(${world.org}, ${ends}, ${starts}, ${until}) as preview`);
  expect([seen?.preview.windows, seen?.preview.next.length]).toEqual([4, 3]);
  const late = { code: 'SW422', message: 'A weekly window goes on until a day within 400, not before the first.' };
  for (const day of ['2030-02-30', '2099-01-01', '2026-01-01', 'soon']) await expect(plan(world, { starts, ends, until: day })).rejects.toMatchObject(late);
  for (const one of [{ ends, until }, { starts, minutes: 5, until }, { starts, ends: await inDays(world, 11, '20:00'), until }]) {
    await expect(plan(world, one)).rejects.toMatchObject({ code: 'SW422', message: 'What comes back every week has a start and an end within a week.' });
  }
  const first = await plan(world, { starts, ends, until });
  expect(await plan(world, { starts, ends, until })).toBe(first);
  await expect(plan(world, { starts, ends })).rejects.toMatchObject({ code: 'SW409' });
  const rows = await world.sql<{ id: string; starts_at: Date }[]>`select id, starts_at from maintenance_windows order by starts_at`;
  expect(rows.slice(0, 3).map(({ starts_at: at }) => at.getTime())).toEqual(seen?.preview.next.map((one) => Date.parse(one.starts_at)));
  await expect(plan(world, { starts: await inDays(world, 10, '21:00'), ends: await inDays(world, 10, '23:00') })).rejects.toMatchObject({ code: 'SW409' });
  expect(await world.sql`select private.in_maintenance(${world.org}, ${world.integration}, ${rows[3]?.starts_at ?? ''}) as lasts`).toEqual([{ lasts: true }]);

  expect(await end(world, Number(rows[1]?.id))).toBe('cancelled');
  expect(await world.sql`select count(*)::int from maintenance_windows`).toEqual([{ count: 3 }]);
  await world.sql`update maintenance_windows set starts_at = now() - interval '1 hour', ends_at = now() + interval '1 hour' where id = ${first}`;
  expect(await end(world, first, true)).toBe('ended');
  expect(await world.sql`select id::int, ends_at <= now() as over from maintenance_windows`).toEqual([{ id: first, over: true }]);
  expect(await world.sql`select action, coalesce(before, after) -> 'windows' as windows from audit_log where actor = 'Arne' and action <> 'maintenance_window.changed' order by id`)
    .toEqual([{ action: 'maintenance_window.repeated', windows: 4 }, { action: 'maintenance_window.removed', windows: 1 }, { action: 'maintenance_window.removed', windows: 2 }]);
});

test('alerts held back by a window are counted while it lasts and told after it', async () => {
  const world = await createWorld({ start: new Date().toISOString() });
  const window = await plan(world, { minutes: 60 });
  await world.sql`insert into findings (org_id, integration_id, rule, severity, urgency, since, evidence) values (${world.org}, ${world.integration}, 'stuck_run', 'red', 'high', now(), '{}')`;
  await world.sql`
    insert into health_changes (org_id, integration_id, at, kind, rule, after, urgency) values (${world.org}, ${world.integration}, now(), 'opened', 'stuck_run', 'red', 'high')`;
  await world.sql`select private.alert()`;
  expect(await shown(world, world.vera)).toMatchObject([{ state: 'running', held_alerts: '1' }]);
  expect(await world.sql`select kind from notifications`).toHaveLength(0);
  await world.sql`update maintenance_windows set starts_at = now() - interval '2 hours', ends_at = now() where id = ${window}`;
  await world.sql`select private.alert()`;
  expect(await world.sql`select kind from notifications`).toHaveLength(2);
});

test('a window that covers the accounting cut-off says so', async () => {
  const world = await createWorld();
  const at = await world.sql<{ day: number; time: string }[]>`
    select extract(day from t)::int as day, to_char(t, 'HH24:MI') as time from (select (now() + interval '3 hours') at time zone 'Europe/Oslo' as t) x`;
  await world.sql`update organizations set cutoff_day = ${Math.min(28, at[0]?.day ?? 1)}, cutoff_time = ${at[0]?.time ?? ''} where id = ${world.org}`;
  await plan(world, { starts: await wall(world, 60), ends: await wall(world, 90), reason: 'short' });
  await plan(world, { starts: await wall(world, 120), ends: await wall(world, 45_000 / 2), reason: 'long' });
  const windows = await shown(world, world.vera);
  const [seen] = await world.as(world.vera, async (sql) => sql<{ preview: object }[]>`
    select preview_maintenance(${world.org}, ${await wall(world, 45_000 / 2)}, ${await wall(world, 120)}) as preview`);
  expect(seen?.preview).toMatchObject({ windows: 1, cutoffs: 1 });
  expect(windows.map(({ reason, cutoff_at: cutoff }) => [reason, cutoff !== null])).toEqual([['short', false], ['long', true]]);
});
