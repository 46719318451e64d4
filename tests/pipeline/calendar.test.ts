import { beforeAll, expect, test } from 'vitest';
import { createFakeSystem, createWorld, type World } from '../support/world.ts';

type Calendar = { minute: number } | { time: string; weekdays?: number[]; day?: 'first' | 'last' };

const QUARTER = 15 * 60_000;
const YEAR = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2027, 0, 3) };

/** What the clocks of a zone show at every quarter of an hour of a year, and that is all the oracle knows. */
function clocksOf(timeZone: string): { at: number; date: string; time: string }[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return Array.from({ length: (YEAR.to - YEAR.from) / QUARTER }, (_, n) => {
    const at = YEAR.from + n * QUARTER;
    const [date = '', time = ''] = format.format(at).split(' ');
    return { at, date, time };
  });
}

const dayAfter = (date: string): string => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);

function isDay(date: string, { weekdays, day }: { weekdays?: number[]; day?: 'first' | 'last' }): boolean {
  if (weekdays) return weekdays.includes(new Date(date).getUTCDay() || 7);
  if (day === 'first') return date.endsWith('-01');
  return day === 'last' ? dayAfter(date).endsWith('-01') : true;
}

/** Every slot of the year: of each chosen day the first quarter at which the clocks show the time or a later one. */
function slotsOf(calendar: Calendar, clocks: ReturnType<typeof clocksOf>): number[] {
  if ('minute' in calendar) return clocks.filter(({ time }) => Number(time.slice(3)) === calendar.minute).map(({ at }) => at);
  const first = new Map<string, number>();
  for (const { at, date, time } of clocks) if (time >= calendar.time && !first.has(date)) first.set(date, at);
  return [...first].filter(([date]) => isDay(date, calendar)).map(([, at]) => at);
}

const TIMES = ['00:00', '01:45', '02:00', '02:30', '03:00', '06:30', '23:45'];
const CALENDARS: Calendar[] = [
  { minute: 0 }, { minute: 15 }, { minute: 45 },
  ...TIMES.flatMap((time): Calendar[] => [{ time }, { time, weekdays: [7] }, { time, weekdays: [1, 2, 3, 4, 5] }, { time, day: 'first' }, { time, day: 'last' }]),
];

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

test.each([
  ['Europe/Oslo', CALENDARS], ['America/New_York', CALENDARS], ['Asia/Kolkata', CALENDARS],
  // Half an hour at 02:00; midnight itself skipped.
  ['Australia/Lord_Howe', CALENDARS.slice(3)], ['Africa/Cairo', CALENDARS],
])('a year of slots in %s is what the clocks there say', async (zone, calendars) => {
  const clocks = clocksOf(zone);
  const rows = await world.sql<{ calendar: Calendar; slots: Date[] }[]>`
    select c.value as calendar, (
      with recursive s (slot) as (
        select private.calendar_slot(c.value, ${zone}, '2026-01-01T12:00Z')
        union all select private.calendar_slot(c.value, ${zone}, s.slot) from s where s.slot < '2027-01-01T00:00Z')
      select array_agg(s.slot order by s.slot) from s where s.slot < '2027-01-01T00:00Z') as slots
    from jsonb_array_elements(${world.sql.json(calendars)}::jsonb) c`;
  for (const { calendar, slots } of rows) {
    const expected = slotsOf(calendar, clocks).filter((at) => at > Date.UTC(2026, 0, 1, 12) && at < Date.UTC(2027, 0, 1));
    expect([calendar, slots.map((slot) => slot.toISOString())]).toEqual([calendar, expected.map((at) => new Date(at).toISOString())]);
  }
  expect(rows).toHaveLength(calendars.length);
});

test('whatever the moment asked about, the slot is the first after it', async () => {
  const clocks = clocksOf('Europe/Oslo');
  const moments = Array.from({ length: 200 }, (_, n) => new Date(YEAR.from + 86_400_000 + n * 147_337_001));
  for (const calendar of CALENDARS.filter((_, n) => n % 5 === 0)) {
    const expected = slotsOf(calendar, clocks);
    const rows = await world.sql<{ slot: Date }[]>`
      select private.calendar_slot(${world.sql.json(calendar)}, 'Europe/Oslo', m.at) as slot
      from unnest(${moments.map((moment) => moment.toISOString())}::timestamptz[]) with ordinality m (at, n) order by m.n`;
    expect(rows.map(({ slot }) => slot.getTime()).slice(0, 180)).toEqual(
      moments.map((moment) => expected.find((at) => at > moment.getTime())).slice(0, 180));
  }
});

test.each([
  ['the skipped hour: once, when the clocks go on', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30', '2026-03-31T00:30', '2026-04-01T00:30', '2026-04-02T00:30']],
  ['the hour that comes twice: once, the first time', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30', '2026-10-27T01:30', '2026-10-28T01:30', '2026-10-29T01:30']],
])('the clock starts what is announced for half past two, through %s', async (_, start, expected) => {
  const night = await createWorld({ start: new Date(start).toISOString() });
  await night.sql`
    update integrations set every_minutes = null, calendar = '{"time": "02:30"}', next_due_at = private.calendar_slot('{"time": "02:30"}', 'Europe/Oslo', ${start})`;
  const [announced] = await night.sql<{ slots: Date[] }[]>`
    select private.next_slots(next_due_at, every_minutes, calendar, 'Europe/Oslo', ${start}, 5) as slots from integrations`;
  expect(announced?.slots.map((slot) => slot.toISOString().slice(0, 16))).toEqual(expected);
  const started: string[] = [];
  while (started.length < 3) {
    if (await night.schedule()) {
      started.push(night.clock.iso().slice(0, 16));
      await night.sync(createFakeSystem().connector);
    }
    night.clock.set(new Date(Date.parse(night.clock.iso()) + 1_800_000 - Date.parse(night.clock.iso()) % 1_800_000).toISOString());
  }
  expect(started).toEqual(expected.slice(0, 3));
});

/** An integration that runs at 07:00 in Oslo from Monday to Friday, whose run on a Friday went well. */
async function weekdays(pull = false): Promise<World> {
  const friday = await createWorld({ start: '2026-11-20T06:00:00.000Z' });
  await friday.sql`update integrations set every_minutes = null, calendar = '{"time": "07:00", "weekdays": [1, 2, 3, 4, 5]}'`;
  await friday.handIn(1);
  expect((await friday.sync(createFakeSystem().connector)).status).toBe('succeeded');
  if (pull) await friday.sql`update integrations set direction = 'pull'`;
  if (pull) await friday.sql`update integration_status set data_as_of = ${friday.clock.iso()}`;
  return friday;
}

const lights = async (at: World, ...moments: string[]): Promise<[string, string[]][]> => {
  const seen: [string, string[]][] = [];
  for (const moment of moments) {
    at.clock.set(moment);
    await at.sql`select private.evaluate_health(${moment})`;
    const { health, rules } = await at.health();
    seen.push([health, rules]);
  }
  return seen;
};

test('what runs from Monday to Friday is not late on a Sunday, and is within minutes when Monday\'s run does not come', async () => {
  const friday = await weekdays();
  friday.clock.set('2026-11-20T15:00:00.000Z');
  await friday.handIn(3);
  expect(await lights(friday, '2026-11-22T07:00:00.000Z', '2026-11-23T06:14:59.000Z', '2026-11-23T06:15:00.000Z')).toEqual([
    ['green', []], ['green', []], ['red', ['never_started']]]);
  expect((await lights(friday, '2026-11-23T06:31:00.000Z'))[0]?.[1]).toEqual(['lag', 'never_started']);
  expect((await lights(friday, '2026-11-23T07:00:00.000Z'))[0]?.[1]).toEqual(['lag', 'never_started', 'no_success']);
});

test('what is fetched from Monday to Friday is as old as the week-end lets it be, and no older', async () => {
  const friday = await weekdays(true);
  const [sunday, before, after] = await lights(friday, '2026-11-22T07:00:00.000Z', '2026-11-23T06:14:00.000Z', '2026-11-23T06:30:00.000Z');
  expect([sunday, before]).toEqual([['green', []], ['green', []]]);
  expect(after?.[1]).toContain('data_lag');
});
