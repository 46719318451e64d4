import { describe, expect, it } from 'vitest';
import { explain, tellableFindings } from '../../web/src/lib/finding.ts';
import { makeFormat } from '../../web/src/lib/format.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { nb } from '../../web/src/lib/i18n/nb.ts';

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
  it.each(Object.keys(nb.findings))('of the rule %s is one plain sentence and one advice in both languages, with or without numbers', (rule) => {
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
    expect(explain(finding('credential_expired', { expired_at: '2026-11-20T13:53:00+00:00' }), nb, formats.nb).what).toContain('20. nov. 2026, 14:53 CET');
  });
});

describe('of many findings', () => {
  const rules = (list: ReturnType<typeof finding>[]) => tellableFindings(list).map(({ rule }) => rule);

  it('the worst is told first, and among equals the one that waiting cannot help', () => {
    expect(rules([finding('lag', {}, 'yellow'), finding('sync_failing'), finding('credential_refused'), finding('no_success', {}, 'info')]))
      .toEqual(['credential_refused', 'sync_failing', 'lag', 'no_success']);
  });

  it('one that only repeats another is left out', () => {
    expect(rules([finding('last_run_failed'), finding('sync_failing'), finding('cause_refused', {}, 'yellow')])).toEqual(['sync_failing']);
  });

  it('a failed last run is told while the streak is only recovering', () => {
    expect(rules([finding('last_run_failed'), finding('sync_failing', {}, 'info')])).toEqual(['last_run_failed', 'sync_failing']);
  });
});
