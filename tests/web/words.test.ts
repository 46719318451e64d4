import { describe, expect, it } from 'vitest';
import { explain, tellableFindings } from '../../web/src/lib/finding.ts';
import { makeFormat } from '../../web/src/lib/format.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { nb } from '../../web/src/lib/i18n/nb.ts';
import { everyInWords, scheduleInWords } from '../../web/src/lib/schedule.ts';
import { systemName } from '../../web/src/lib/system-name.ts';

const formats = { nb: makeFormat('nb', 'Europe/Oslo'), en: makeFormat('en', 'Europe/Oslo') };
const finding = (rule: string, evidence: Record<string, unknown> = {}, severity = 'red') => ({ rule, severity, since: null, evidence });

function keysOf(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([key, child]) =>
    (typeof child === 'object' && child !== null ? keysOf(child as object, `${path}${key}.`) : [`${path}${key}:${typeof child}`]));
}

function emptyTexts(value: object): string[] {
  return Object.entries(value).flatMap(([key, child]) =>
    (typeof child === 'object' && child !== null ? emptyTexts(child as object) : child === '' ? [key] : []));
}

describe('the two languages', () => {
  it('say the same things, down to the words looked up by state', () => {
    expect(keysOf(en).toSorted()).toEqual(keysOf(nb).toSorted());
  });

  it('leave nothing unsaid', () => {
    expect([...emptyTexts(nb), ...emptyTexts(en)]).toEqual([]);
  });
});

describe('a finding', () => {
  const rules = Object.keys(nb.findings);
  it.each(rules)('of the rule %s is one plain sentence and one advice, in both languages, with and without numbers', (rule) => {
    const full = { records: 1200, waiting: 3, failed: 2, selected: 40, failures: 2, hours: 48, usual: 12, seconds: 5, field: 'costCenter' };
    for (const evidence of [{}, full]) {
      for (const [t, f] of [[nb, formats.nb], [en, formats.en]] as const) {
        const { what, todo } = explain(finding(rule, evidence), t, f);
        expect(`${what} ${todo}`).not.toMatch(/undefined|null|NaN|\[object/);
        expect(what).toMatch(/^\p{Lu}|^\d/u);
        expect(what).toMatch(/\.$/);
        expect(todo).toMatch(/\.$|\?$/);
      }
    }
  });

  it('counts in the language’s own way', () => {
    expect(explain(finding('refused_open', { records: 1 }), en, formats.en).what).toBe('Refused and waiting for you: 1 record.');
    expect(explain(finding('refused_open', { records: 1200 }), nb, formats.nb).what).toMatch(/^1\s200 poster er avvist/);
  });

  it('of a rule the page has never heard of is told all the same', () => {
    expect(explain(finding('moon_phase'), en, formats.en).what).toContain('moon_phase');
    expect(explain(finding('toString'), en, formats.en).what).toContain('toString');
  });

  it('writes times in the organization’s zone', () => {
    const expired = finding('credential_expired', { expired_at: '2026-11-20T13:53:00+00:00' });
    expect(explain(expired, nb, formats.nb).what).toContain('20. nov. 2026, 14:53 CET');
  });
});

it.each([
  [60, 'hver time', 'every hour'], [15, 'hvert 15. minutt', 'every 15 minutes'],
  [360, 'hver 6. time', 'every 6 hours'], [1440, 'hver dag', 'every day'],
])(
  'a schedule of %i minutes is told in words', (minutes, norwegian, english) => {
    expect([everyInWords(minutes, nb), everyInWords(minutes, en)]).toEqual([norwegian, english]);
  },
);

it.each([
  [{ minute: 15 }, 'hver time, 15 min over', 'every hour, 15 min past'], [{ minute: 0 }, 'hver hele time', 'every hour on the hour'],
  [{ time: '06:30' }, 'hver dag kl. 06:30', 'every day at 06:30'],
  [{ time: '06:30', weekdays: [1, 2, 3, 4, 5] }, 'mandag–fredag kl. 06:30', 'Monday–Friday at 06:30'],
  [{ time: '06:30', weekdays: [1, 3, 7] }, 'mandag, onsdag og søndag kl. 06:30', 'Monday, Wednesday and Sunday at 06:30'],
  [{ time: '23:00', day: 'last' as const }, 'siste dag i måneden kl. 23:00', 'on the last day of the month at 23:00'],
])('a calendar of %j is told in words', (calendar, norwegian, english) => {
  expect([scheduleInWords({ calendar }, nb, formats.nb), scheduleInWords({ calendar }, en, formats.en)]).toEqual([norwegian, english]);
});

it('a system is called by its name, not by its slug', () => {
  expect(['xledger', 'business-central'].map(systemName)).toEqual(['Xledger', 'Business Central']);
});

describe('of many findings', () => {
  const rulesOf = (list: ReturnType<typeof finding>[]) => tellableFindings(list).map(({ rule }) => rule);

  it('the worst is told first, and among equals the one that waiting cannot help', () => {
    expect(rulesOf([finding('lag', {}, 'yellow'), finding('sync_failing'), finding('credential_refused'), finding('no_success', {}, 'info')]))
      .toEqual(['credential_refused', 'sync_failing', 'lag', 'no_success']);
  });

  it('one that only repeats another is left out', () => {
    expect(rulesOf([finding('last_run_failed'), finding('sync_failing'), finding('cause_refused', {}, 'yellow')])).toEqual(['sync_failing']);
  });

  it('a failed last run is told while the streak is only recovering', () => {
    expect(rulesOf([finding('last_run_failed'), finding('sync_failing', {}, 'info')])).toEqual(['last_run_failed', 'sync_failing']);
  });
});
