import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { ConfigurationChanges } from '../../lib/manage-actions.ts';
import type { Configuration } from '../../lib/manage-rows.ts';

export const UNITS = { minutes: 1, hours: 60, days: 1440 } as const;
export type Unit = keyof typeof UNITS;

/** A configuration as it stands in the form: everything as typed. */
export type Draft = {
  name: string;
  every: string;
  unit: Unit;
  first: string;
  settings: Readonly<Record<string, string | boolean>>;
  thresholds: Readonly<Record<string, string>>;
};

/** Problems by field: `name`, `every`, `threshold:…`, `setting:…`. */
export type Problems = Readonly<Record<string, string>>;

const LONGEST_MINUTES = 44_640;
const FRACTIONS = ['failure_rate_percent', 'deviation_percent'];

/** The largest unit that says it in a whole number. */
export function unitOf(minutes: number): Unit {
  if (minutes % UNITS.days === 0) return 'days';
  return minutes % UNITS.hours === 0 ? 'hours' : 'minutes';
}

const typed = (value: number | null | undefined): string => (value == null ? '' : String(value));

export function draftOf(saved: Configuration): Draft {
  const unit = unitOf(saved.every_minutes);
  return {
    name: saved.name,
    every: String(saved.every_minutes / UNITS[unit]),
    unit,
    first: '',
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
export function minutesOf({ every, unit }: Draft): number | null {
  const number = readNumber(every);
  const minutes = number === null ? 0 : number * UNITS[unit];
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= LONGEST_MINUTES ? minutes : null;
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
    ...(minutesOf(draft) === null ? [['every', words.invalid.every] as const] : []),
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
  const minutes = minutesOf(draft);
  const settings = changedSettings(saved, draft);
  const thresholds = changedThresholds(saved, draft);
  return {
    ...(draft.name.trim() !== saved.name && { name: draft.name.trim() }),
    ...(minutes !== null && minutes !== saved.every_minutes && { every_minutes: minutes }),
    ...(draft.first && { first_run: draft.first }),
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
  const sameSchedule = draft.every === old.every && draft.unit === old.unit;
  return {
    name: draft.name === old.name ? fresh.name : draft.name,
    every: sameSchedule ? fresh.every : draft.every,
    unit: sameSchedule ? fresh.unit : draft.unit,
    first: draft.first,
    settings: merge('settings'),
    thresholds: merge('thresholds'),
  };
}
