import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { ConfigurationChanges } from '../../lib/manage-actions.ts';
import type { Configuration } from '../../lib/manage-rows.ts';
import type { Calendar } from '../../lib/schedule.ts';

export const UNITS = { minutes: 1, hours: 60, days: 1440 } as const;
export type Unit = keyof typeof UNITS;

export const PRESETS = ['every', 'hourly', 'daily', 'weekdays', 'first', 'last'] as const;
export type Preset = (typeof PRESETS)[number];

/** A configuration as it stands in the form: everything as typed. */
export type Draft = {
  name: string;
  preset: Preset;
  every: string;
  unit: Unit;
  first: string;
  minute: string;
  time: string;
  weekdays: readonly number[];
  settings: Readonly<Record<string, string | boolean>>;
  thresholds: Readonly<Record<string, string>>;
};

/** Problems by field: `name`, `every`, `minute`, `time`, `weekdays`, `threshold:…`, `setting:…`. */
export type Problems = Readonly<Record<string, string>>;

const LONGEST_MINUTES = 44_640;
const FRACTIONS = ['failure_rate_percent', 'deviation_percent'];

/** The largest unit that says it in a whole number. */
export function unitOf(minutes: number): Unit {
  if (minutes % UNITS.days === 0) return 'days';
  return minutes % UNITS.hours === 0 ? 'hours' : 'minutes';
}

const typed = (value: number | null | undefined): string => (value == null ? '' : String(value));

function presetOf({ calendar }: Configuration): Preset {
  if (!calendar) return 'every';
  if (calendar.minute !== undefined) return 'hourly';
  return calendar.weekdays ? 'weekdays' : calendar.day ?? 'daily';
}

/** What a form begins with where the schedule says nothing of it: each hour, early on a working day. */
const USUAL = { minutes: 60, minute: 0, time: '06:00', weekdays: [1, 2, 3, 4, 5] } as const;

export function draftOf(saved: Configuration): Draft {
  const minutes = saved.every_minutes ?? USUAL.minutes;
  const unit = unitOf(minutes);
  return {
    name: saved.name,
    preset: presetOf(saved),
    every: String(minutes / UNITS[unit]),
    unit,
    first: '',
    minute: String(saved.calendar?.minute ?? USUAL.minute),
    time: saved.calendar?.time ?? USUAL.time,
    weekdays: saved.calendar?.weekdays ?? USUAL.weekdays,
    settings: Object.fromEntries(saved.settings.flatMap(({ name, value }): [string, string | boolean][] => {
      if (typeof value === 'boolean') return [[name, value]];
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
    })),
    thresholds: Object.fromEntries(saved.thresholds.map(({ name, value }) => [name, typed(value)])),
  };
}

/** A number as people type it, with a comma or a point; null when it is none. */
export function readNumber(text: string): number | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/** The minutes between two runs; null when what is typed is no schedule. */
function minutesOf({ every, unit }: Draft): number | null {
  const number = readNumber(every);
  const minutes = number === null ? 0 : number * UNITS[unit];
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= LONGEST_MINUTES ? minutes : null;
}

/** The calendar a draft says; null when what is typed is none, or when it goes by the minute. */
function calendarOf({ preset, minute, time, weekdays }: Draft): Calendar | null {
  const past = readNumber(minute);
  if (preset === 'hourly') return past !== null && Number.isInteger(past) && past <= 59 ? { minute: past } : null;
  if (preset === 'every' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return null;
  if (preset === 'weekdays') return weekdays.length > 0 ? { time, weekdays: weekdays.toSorted() } : null;
  return preset === 'daily' ? { time } : { time, day: preset };
}

/** When a draft has it run; null when what is typed is no schedule. */
export function scheduleOf(draft: Draft): Pick<ConfigurationChanges, 'every_minutes' | 'calendar'> | null {
  const minutes = draft.preset === 'every' ? minutesOf(draft) : null;
  const calendar = calendarOf(draft);
  if (calendar) return { calendar };
  return minutes === null ? null : { every_minutes: minutes };
}

const isSaved = (saved: Configuration, schedule: NonNullable<ReturnType<typeof scheduleOf>>): boolean =>
  (saved.every_minutes ?? null) === (schedule.every_minutes ?? null) && scheduleKey(saved.calendar) === scheduleKey(schedule.calendar);

/** A calendar as text, whatever the order in which it came. */
const scheduleKey = (calendar: Calendar | null | undefined): string =>
  JSON.stringify([calendar?.minute, calendar?.time, calendar?.weekdays, calendar?.day]);

/** The schedule where it differs from what is saved, with the first run that was typed. */
export function changedSchedule(saved: Configuration, draft: Draft): Pick<ConfigurationChanges, 'every_minutes' | 'calendar' | 'first_run'> {
  const schedule = scheduleOf(draft);
  return {
    ...(schedule && !isSaved(saved, schedule) && schedule),
    ...(draft.preset === 'every' && draft.first && { first_run: draft.first }),
  };
}

function scheduleProblems(draft: Draft, words: ManageWords['configuration']): [string, string][] {
  if (scheduleOf(draft)) return [];
  if (draft.preset === 'every') return [['every', words.invalid.every]];
  if (draft.preset === 'hourly') return [['minute', words.invalid.minute]];
  return calendarOf({ ...draft, preset: 'daily' }) ? [['weekdays', words.invalid.weekdays]] : [['time', words.invalid.time]];
}

function thresholdProblems(saved: Configuration, draft: Draft, words: ManageWords['configuration']): [string, string][] {
  const presetOf = (name: string): number => saved.thresholds.find((one) => one.name === name)?.preset ?? 0;
  const effective = (name: string): number => readNumber(draft.thresholds[name] ?? '') ?? presetOf(name);
  const wrong = saved.thresholds.flatMap(({ name, lowest, highest }): [string, string][] => {
    const text = draft.thresholds[name] ?? '';
    if (text.trim() === '') return [];
    const value = readNumber(text);
    const fits = value !== null && value >= lowest && value <= highest && (Number.isInteger(value) || FRACTIONS.includes(name));
    return fits ? [] : [[`threshold:${name}`, words.invalid.number(String(lowest), String(highest))]];
  });
  const late = effective('lag_critical_minutes') < effective('lag_minutes');
  return late && wrong.length === 0 ? [['threshold:lag_critical_minutes', words.invalid.lag]] : wrong;
}

function settingProblems(saved: Configuration, draft: Draft, words: ManageWords['configuration']): [string, string][] {
  return saved.settings.flatMap(({ name, value }): [string, string][] => {
    const text = draft.settings[name];
    if (typeof text !== 'string' || text === String(value)) return [];
    if (text.trim() === '') return [[`setting:${name}`, words.invalid.text]];
    if (typeof value === 'number' && readNumber(text) === null) return [[`setting:${name}`, words.invalid.number('0', '…')]];
    const isUrl = typeof value === 'string' && /^https?:\/\//i.test(value);
    const fits = /^https?:\/\/[^/?#@\s]+([/?#]\S*)?$/i.test(text) && (/^https:/i.test(text) || /^http:/i.test(String(value)));
    return isUrl && !fits ? [[`setting:${name}`, words.invalid.address]] : [];
  });
}

export function problemsOf(saved: Configuration, draft: Draft, words: ManageWords['configuration']): Problems {
  const named = draft.name.trim().length >= 1 && draft.name.trim().length <= 200;
  return Object.fromEntries<string>([
    ...(named ? [] : [['name', words.invalid.name] as const]),
    ...scheduleProblems(draft, words),
    ...thresholdProblems(saved, draft, words),
    ...settingProblems(saved, draft, words),
  ]);
}

function changedSettings(saved: Configuration, draft: Draft): [string, string | number | boolean][] {
  return saved.settings.flatMap(({ name, value }): [string, string | number | boolean][] => {
    const wanted = draft.settings[name];
    if (wanted === undefined || String(wanted) === String(value)) return [];
    return [[name, typeof value === 'number' && typeof wanted === 'string' ? readNumber(wanted) ?? wanted : wanted]];
  });
}

function changedThresholds(saved: Configuration, draft: Draft): [string, number | null][] {
  return saved.thresholds.flatMap(({ name, value }): [string, number | null][] => {
    const wanted = readNumber(draft.thresholds[name] ?? '');
    return wanted === (value ?? null) ? [] : [[name, wanted]];
  });
}

/** What differs from what is saved, and only that. */
export function changesOf(saved: Configuration, draft: Draft): ConfigurationChanges {
  const settings = changedSettings(saved, draft);
  const thresholds = changedThresholds(saved, draft);
  return {
    ...(draft.name.trim() !== saved.name && { name: draft.name.trim() }),
    ...changedSchedule(saved, draft),
    ...(settings.length > 0 && { settings: Object.fromEntries(settings) }),
    ...(thresholds.length > 0 && { thresholds: Object.fromEntries(thresholds) }),
  };
}

const sameAs = (before: Draft, key: 'settings' | 'thresholds', name: string, draft: Draft): boolean => before[key][name] === draft[key][name];

/** A draft begun on `before`, put upon `now`: what the person typed stays, everything else is what somebody else saved. */
export function rebase(draft: Draft, before: Configuration, now: Configuration): Draft {
  const [old, fresh] = [draftOf(before), draftOf(now)];
  const merge = <K extends 'settings' | 'thresholds'>(key: K): Draft[K] => Object.fromEntries(Object.entries(fresh[key])
    .map(([name, value]) => [name, sameAs(old, key, name, draft) ? value : draft[key][name] ?? value])) as Draft[K];
  const { preset, every, unit, minute, time, weekdays } = Object.keys(changedSchedule(before, { ...draft, first: '' })).length > 0 ? draft : fresh;
  return {
    name: draft.name === old.name ? fresh.name : draft.name,
    preset, every, unit, minute, time, weekdays,
    first: draft.first,
    settings: merge('settings'),
    thresholds: merge('thresholds'),
  };
}
