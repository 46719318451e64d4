import type { Format } from './format.ts';
import type { Facts, Rule } from './i18n/nb-findings.ts';
import type { Messages } from './i18n/nb.ts';
import type { Finding } from './rows.ts';

const isInstant = (text: string): boolean => /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) && !Number.isNaN(Date.parse(text));

/** A finding's evidence in the reader's language: numbers and times written out, the rest as it is. */
export function factsOf(evidence: Finding['evidence'], f: Format): Facts {
  const text = (key: string): string | undefined => {
    const value = evidence?.[key];
    if (typeof value === 'number') return f.number(value);
    if (typeof value !== 'string') return undefined;
    return isInstant(value) ? f.dateTime(value) : value;
  };
  return {
    text,
    count: (key, one, other) => {
      const value = evidence?.[key];
      return typeof value === 'number' ? f.count(value, one, other) : undefined;
    },
    part: (key, write) => {
      const value = text(key);
      return value ? write(value) : '';
    },
    pair: (one, other, write) => {
      const [first, second] = [text(one), text(other)];
      return first && second ? write(first, second) : '';
    },
  };
}

/** What a finding means and what to do about it. A rule this page has never heard of is still told. */
export function explain({ rule, evidence }: Finding, t: Messages, f: Format): { what: string; todo: string } {
  const known = Object.hasOwn(t.findings, rule) ? t.findings[rule as Rule] : null;
  if (!known) return { what: t.unknownFinding.what(rule), todo: t.unknownFinding.todo };
  return { what: known.what(factsOf(evidence, f)), todo: known.todo };
}

const SEVERITIES = ['red', 'grey', 'yellow', 'info'];
// Waiting helps none of the first ones, and what else is wrong often follows from them.
const FIRST = ['credential_refused', 'credential_expired', 'never_started', 'stuck_run', 'nobody_told', 'sync_failing'];

/**
 * Findings worst first, otherwise in the order given, without those that only repeat another: a cause's finding is told by
 * the list of causes, and a failed last run by the streak it belongs to.
 */
export function tellableFindings(findings: readonly Finding[]): Finding[] {
  const rules = new Set(findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule));
  const told = findings.filter(({ rule }) => rule !== 'cause_refused' && !(rule === 'last_run_failed' && rules.has('sync_failing')));
  const place = (list: readonly string[], word: string) => (list.includes(word) ? list.indexOf(word) : list.length);
  const severity = (finding: Finding) => place(SEVERITIES, finding.severity);
  return told.toSorted((a, b) => severity(a) - severity(b) || place(FIRST, a.rule) - place(FIRST, b.rule));
}
