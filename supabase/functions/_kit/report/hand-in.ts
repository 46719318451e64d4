import { createHash } from 'node:crypto';
import type { Period, Report } from './build.ts';
import { textOf } from './check.ts';
import type { Issue } from './check.ts';

/** What was handed in, kept for good: another handing in of the period is another one of these, never a change of this. */
export type HandedIn = {
  scheme: string;
  version: string;
  period: Period;
  fingerprint: string;
  at: string;
  by: string;
  /** Somebody allowed the period to be handed in anew, and said why. */
  unlocked: { at: string; by: string; reason: string } | null;
};

export type Decision =
  | { may: 'hand_in'; fingerprint: string; replaces: HandedIn | null }
  /** The very same was handed in before: a copy of it may be taken, nothing is new. */
  | { may: 'copy'; fingerprint: string; of: HandedIn }
  | { may: 'nothing'; reason: 'issues' | 'locked' | 'overlaps'; message: string };

/** The same for the same content, whatever it is exported as. */
export function fingerprintOf({ scheme, version, period, fields, rows }: Report): string {
  const plain = (values: Record<string, unknown>): [string, string | null][] => (
    Object.keys(values).sort().map((key) => [key, textOf(values[key])])
  );
  const content = [scheme, version, period.from, period.to, plain(fields), rows.map(({ values }) => plain(values))];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/**
 * Whether a report may leave. One with issues may not; a period that was handed in is locked until somebody unlocks it by name and
 * with a reason; and no two reports of a scheme share a day.
 */
export function decide(report: Report, issues: Issue[], earlier: HandedIn[]): Decision {
  const fingerprint = fingerprintOf(report);
  const { scheme, period } = report;
  const ofScheme = earlier.filter((one) => one.scheme === scheme).sort((a, b) => (a.at < b.at ? 1 : -1));
  const last = ofScheme.find((one) => one.period.from === period.from && one.period.to === period.to);
  if (last?.fingerprint === fingerprint) return { may: 'copy', fingerprint, of: last };
  if (issues.length > 0) return { may: 'nothing', reason: 'issues', message: `${issues.length} things must be put right first.` };
  const beside = ofScheme.find((one) =>
    one !== last && !isSame(one.period, period) && one.period.from <= period.to && period.from <= one.period.to
  );
  if (beside) {
    const message = `The days from ${beside.period.from} to ${beside.period.to} were handed in already, on ${beside.at.slice(0, 10)}.`;
    return { may: 'nothing', reason: 'overlaps', message };
  }
  if (last && last.unlocked === null) {
    const message = `This period was handed in on ${
      last.at.slice(0, 10)
    } by ${last.by}, and something is different now. Unlock it with a reason first.`;
    return { may: 'nothing', reason: 'locked', message };
  }
  return { may: 'hand_in', fingerprint, replaces: last ?? null };
}

const isSame = (a: Period, b: Period): boolean => a.from === b.from && a.to === b.to;

/** The row to keep when a decision allowed it. */
export function handIn(report: Report, fingerprint: string, at: Date, by: string): HandedIn {
  const { scheme, version, period } = report;
  return { scheme, version, period, fingerprint, at: at.toISOString(), by, unlocked: null };
}

/** Unlocks what was handed in; a reason is asked for, because an auditor will ask for it. */
export function unlock(handed: HandedIn, at: Date, by: string, reason: string): HandedIn {
  if (reason.trim().length < 3) throw new RangeError('A reason is asked for.');
  return { ...handed, unlocked: { at: at.toISOString(), by, reason: reason.trim() } };
}
