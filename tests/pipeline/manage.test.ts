import { readFile, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../scripts/stack/users.ts';
import { createFakeSystem, createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Configuration = { updated_at: string; next_runs: string[]; thresholds: { name: string; preset: number | null; value: number | null; lowest: number; highest: number }[] };

const configuration = async (world: World, who: User = world.arne): Promise<Configuration> => {
  const [row] = await world.as(who, (sql) => sql<{ row: Configuration }[]>`select to_jsonb(c) as row from configuration c where integration_id = ${world.integration}`);
  if (!row) throw new Error('no configuration');
  return row.row;
};

const change = (world: World, expected: string, changes: object, who: User = world.arne): Promise<unknown> =>
  world.as(who, (sql) => sql`select update_integration(${world.org}, ${world.integration}, ${expected}::text::timestamptz, ${sql.json(changes as never)})`);

const edit = async (world: World, changes: object): Promise<unknown> => change(world, (await configuration(world)).updated_at, changes);

const slots = async (world: World, due: string, minutes: number, zone: string, at = due): Promise<string[]> => {
  const [row] = await world.sql<{ slots: Date[] }[]>`select private.next_slots(${due}, ${minutes}, null, ${zone}, ${at}, 5) as slots`;
  return (row?.slots ?? []).map((slot) => slot.toISOString().slice(0, 16));
};

const audited = (world: World): Promise<unknown[]> => world.sql`select action, before, after, reason from audit_log where actor = 'Arne' order by id`.then((rows) => [...rows]);

describe('the schedule', () => {
  test('a daily run keeps its wall time when the clocks change, in spring and in autumn', async () => {
    const world = await createWorld();
    expect(await slots(world, '2026-03-27T06:00Z', 1440, 'Europe/Oslo')).toEqual([
      '2026-03-27T06:00', '2026-03-28T06:00', '2026-03-29T05:00', '2026-03-30T05:00', '2026-03-31T05:00']);
    expect(await slots(world, '2026-10-23T05:00Z', 1440, 'Europe/Oslo')).toEqual([
      '2026-10-23T05:00', '2026-10-24T05:00', '2026-10-25T06:00', '2026-10-26T06:00', '2026-10-27T06:00']);
  });

  test('an hourly run goes by the minute: the hour that comes twice has two', async () => {
    const world = await createWorld();
    expect(await slots(world, '2026-10-25T00:00Z', 60, 'Europe/Oslo')).toEqual([
      '2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00', '2026-10-25T03:00', '2026-10-25T04:00']);
  });

  test('the clock starts what the page announced, across the change', async () => {
    const world = await createWorld({ everyMinutes: 1440, start: '2026-10-24T05:00:00.000Z' });
    const announced = await slots(world, world.clock.iso(), 1440, 'Europe/Oslo');
    const started: string[] = [];
    for (let hour = 0; hour < 74; hour += 1) {
      if (await world.schedule()) {
        started.push(world.clock.iso().slice(0, 16));
        await world.sync(createFakeSystem().connector);
        world.clock.set(`${started.at(-1)}:00.000Z`);
      }
      world.clock.forward(3600);
    }
    expect(started).toEqual(announced.slice(0, 4));
  });

  test('days that were missed become one run, and the wall time stays', async () => {
    const world = await createWorld();
    expect((await slots(world, '2026-10-20T05:00Z', 1440, 'Europe/Oslo', '2026-10-26T07:00Z')).slice(0, 3)).toEqual([
      '2026-10-20T05:00', '2026-10-27T06:00', '2026-10-28T06:00']);
  });

  test('a preview shows what saving will bring, and a shorter interval keeps the phase', async () => {
    const world = await createWorld({ everyMinutes: 1440 });
    await world.sql`update integrations set next_due_at = date_trunc('hour', now()) + interval '20 hours'`;
    const preview = await world.as(world.vera, (sql) => sql<{ runs: Date[] }[]>`select preview_schedule(${world.org}, ${world.integration}, 60) as runs`);
    await edit(world, { every_minutes: 60 });
    const after = await configuration(world);
    expect(preview[0]?.runs.map(Number)).toEqual(after.next_runs.map((run) => Date.parse(run)));
    const first = Date.parse(after.next_runs[0] ?? '');
    expect(first - Date.now()).toBeGreaterThan(0);
    expect(first - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(first % 3_600_000).toBe(0);
  });

  test('a calendar is previewed, saved in place of the minutes, followed by the clock, and told', async () => {
    const world = await createWorld();
    const calendar = { time: '06:30', weekdays: [1, 5] };
    const [preview] = await world.as(world.vera, (sql) => sql<{ runs: Date[] }[]>`
      select preview_schedule(${world.org}, ${world.integration}, calendar => ${sql.json(calendar)}) as runs`);
    await edit(world, { calendar });
    const saved = await configuration(world);
    expect(saved.next_runs.map((run) => Date.parse(run))).toEqual(preview?.runs.map(Number));
    expect(await world.sql`select distinct to_char(r at time zone 'Europe/Oslo', 'ID HH24:MI') as at from configuration c, unnest(c.next_runs) r order by 1`)
      .toEqual([{ at: '1 06:30' }, { at: '5 06:30' }]);
    expect(await audited(world)).toEqual([expect.objectContaining({
      action: 'integration.changed', before: { every_minutes: 60, calendar: null }, after: { every_minutes: null, calendar } })]);
    await edit(world, { every_minutes: 30 });
    expect(await world.sql`select every_minutes, calendar from integrations`).toEqual([{ every_minutes: 30, calendar: null }]);
  });

  test('a calendar moves with the organization to other clocks, and what goes by the minute does not', async () => {
    const world = await createWorld();
    const due = async (): Promise<unknown> => (await world.sql<{ due: string }[]>`
      select to_char(i.next_due_at at time zone o.time_zone, 'HH24:MI') as due from integrations i join organizations o on o.id = i.org_id`)[0]?.due;
    await edit(world, { calendar: { time: '06:30' } });
    await world.sql`update organizations set time_zone = 'Asia/Kolkata' where id = ${world.org}`;
    expect(await due()).toBe('06:30');
    await world.sql`update integrations set every_minutes = 60, calendar = null`;
    await world.sql`update organizations set time_zone = 'Europe/Oslo' where id = ${world.org}`;
    expect(await due()).not.toBe('06:30');
  });

  test('a time that the clocks skip is refused by name, and of one that comes twice the first is meant', async () => {
    const world = await createWorld();
    await expect(world.sql`select private.read_wall_time('2026-03-29T02:30', 'Europe/Oslo')`).rejects.toMatchObject({
      code: 'SW422', message: '2026-03-29 02:30 does not exist in Europe/Oslo: the clocks are put forward over it.' });
    const [twice] = await world.sql<{ first: Date; second: Date }[]>`
      select private.read_wall_time('2026-10-25T02:30', 'Europe/Oslo') as first, private.read_wall_time('2026-10-25T02:30', 'Europe/Oslo', true) as second`;
    expect(twice).toEqual({ first: new Date('2026-10-25T00:30Z'), second: new Date('2026-10-25T01:30Z') });
  });
});

describe('a configuration', () => {
  test('is changed as a whole and told field by field', async () => {
    const world = await createWorld();
    await world.sql`update integrations set settings = '{"company": "A", "strict": true}'`;
    await edit(world, { name: 'New ledger', every_minutes: 30, settings: { company: 'B' }, thresholds: { queue_depth: 9 } });
    expect(await audited(world)).toEqual([expect.objectContaining({
      action: 'integration.changed',
      before: { name: 'Fake ledger', every_minutes: 60, settings: { company: 'A', strict: true }, thresholds: {} },
      after: { name: 'New ledger', every_minutes: 30, settings: { company: 'B', strict: true }, thresholds: { queue_depth: 9 } },
    })]);
  });

  test('that somebody else changed meanwhile is not overwritten, by whatever door they came', async () => {
    const world = await createWorld();
    const seen = (await configuration(world)).updated_at;
    await world.sql`update integrations set thresholds = '{"lag_minutes": 45}'`;
    await expect(change(world, seen, { thresholds: { lag_minutes: 60 } })).rejects.toMatchObject({ code: 'SW409' });
    expect((await configuration(world)).thresholds.find(({ name }) => name === 'lag_minutes')?.value).toBe(45);
  });

  test('is not said to have changed by the clock', async () => {
    const world = await createWorld();
    const seen = (await configuration(world)).updated_at;
    await world.handIn(1);
    await world.sync(createFakeSystem().connector);
    await change(world, seen, { every_minutes: 45 });
    expect((await configuration(world)).updated_at).not.toBe(seen);
  });

  let settled: World;
  beforeAll(async () => {
    settled = await createWorld();
    await settled.sql`update integrations set settings = '{"company": "A", "url": "https://api.example.org/v1", "map": {}}'`;
  });

  test.each([
    [{ every_minutes: 0 }], [{ every_minutes: 44641 }], [{ every_minutes: 1.5 }], [{ every_minutes: 'often' }], [{ every_minutes: null }], [{ calendar: null }], [{ calendar: {} }],
    [{ calendar: { minute: 60 } }], [{ calendar: { minute: 5, time: '06:30' } }], [{ calendar: { time: '24:00' } }], [{ calendar: { time: '06:30', weekdays: [] } }],
    [{ calendar: { time: '06:30', weekdays: [5, 1] } }], [{ calendar: { time: '06:30', weekdays: [8] } }], [{ calendar: { time: '06:30', weekdays: 'all' } }],
    [{ calendar: { time: '06:30', day: '31' } }], [{ calendar: { minute: 5 }, every_minutes: 5 }], [{ name: ' ' }], [{ slug: 'other' }],
    [{ thresholds: { unheard_of: 1 } }], [{ thresholds: { queue_depth: -1 } }], [{ thresholds: { queue_depth: '20' } }], [{ thresholds: { max_attempts: 101 } }],
    [{ thresholds: { lag_minutes: 300 } }], [{ settings: { made_up: 'x' } }], [{ settings: { company: 7 } }], [{ settings: { company: '' } }],
    [{ settings: { company: 'a\nb' } }], [{ settings: { url: 'http://elsewhere.example.org' } }], [{ settings: { url: 'https://me@example.org' } }],
    [{ settings: { url: 'nowhere' } }], [{ settings: { map: { a: 1 } } }], [{ first_run: '2026-03-29' }], [{ first_run: '2025-01-01T10:00' }], [[]],
  ])('refuses %j and changes nothing', async (changes) => {
    const before = await configuration(settled);
    await expect(edit(settled, changes)).rejects.toMatchObject({ code: 'SW422' });
    expect(await configuration(settled)).toEqual(before);
  });

  test('an address that leads to another server takes the credential away, a longer path does not', async () => {
    const world = await createWorld();
    await world.sql`update integrations set settings = '{"url": "https://api.example.org/v1"}'`;
    await world.as(world.arne, (sql) => sql`select set_credential(${world.org}, ${world.integration}, '{"token": "for this server only"}')`);
    await edit(world, { settings: { url: 'https://api.example.org/v2' } });
    expect(await world.sql`select count(*)::int as kept from vault.secrets where name = ${`integration:${world.integration}`}`).toEqual([{ kept: 1 }]);
    await edit(world, { settings: { url: 'https://api.example.com/v2' } });
    expect(await world.sql`select count(*)::int as kept from vault.secrets where name = ${`integration:${world.integration}`}`).toEqual([{ kept: 0 }]);
    expect(await world.sql`select credential_secret_id, credential_keys, credential_set_at from integrations`).toEqual([
      { credential_secret_id: null, credential_keys: ['token'], credential_set_at: null }]);
    expect(await audited(world)).toContainEqual(expect.objectContaining({ action: 'credential.forgotten' }));
    await world.as(world.arne, (sql) => sql`select set_credential(${world.org}, ${world.integration}, '{"token": "for the other"}')`);
    expect(await world.sql`select count(*)::int as kept from vault.secrets where name = ${`integration:${world.integration}`}`).toEqual([{ kept: 1 }]);
  });

  test('a threshold set to nothing is the usual one again', async () => {
    const world = await createWorld({ thresholds: { queue_depth: 9, lag_minutes: 45 } });
    await edit(world, { thresholds: { queue_depth: null } });
    expect(await world.sql`select thresholds from integrations`).toEqual([{ thresholds: { lag_minutes: 45 } }]);
  });

  test('the usual values shown are those the rules go by', async () => {
    const world = await createWorld();
    const folder = new URL('../../supabase/migrations/', import.meta.url);
    const files = (await readdir(folder)).filter((name) => /_(settle|evaluate)\.sql$/.test(name));
    const source = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n');
    const used = new Map([...source.matchAll(/thresholds ->> '(\w+)'\)::(?:integer|numeric)(?:, (\d+))?/g)].map(([, name, preset]) => [name, preset ? Number(preset) : null]));
    const { thresholds } = await configuration(world);
    expect(new Map(thresholds.map(({ name, preset }) => [name, preset]))).toEqual(new Map([...used].toSorted()));
  });
});
