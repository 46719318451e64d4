import type { StatusKind } from './status.ts';

/** What each letter of `overview.week` stands for; any other is not known. */
const LETTERS: Record<string, StatusKind> = { r: 'error', y: 'warning', g: 'ok', '-': 'off' };
/** Hours one letter stands for. */
const HOURS = 2;
const SHARES: Partial<Record<StatusKind, number>> = { ok: 0.6, warning: 0.8, error: 1 };
const STUB = 0.25;

export const WEEK = { letters: 84, height: 14 };

const kindOf = (letter: string): StatusKind => LETTERS[letter] ?? 'unknown';

/** One path per status; neighbours alike are one block. What is not known has a height of its own and is never bridged. */
export function weekPaths(week: string): { kind: StatusKind; d: string }[] {
  const paths = new Map<StatusKind, string>();
  for (const { index, 0: run } of week.matchAll(/(.)\1*/g)) {
    const kind = kindOf(run[0] ?? '');
    const height = Math.round(WEEK.height * (SHARES[kind] ?? STUB));
    paths.set(kind, `${paths.get(kind) ?? ''}M${index} ${WEEK.height - height}h${run.length}v${height}h-${run.length}z`);
  }
  return [...paths].map(([kind, d]) => ({ kind, d }));
}

/** Hours spent in each status, the worst first. */
export function weekHours(week: string): { kind: StatusKind; hours: number }[] {
  const order: StatusKind[] = ['error', 'warning', 'unknown', 'off', 'ok'];
  return order.map((kind) => ({ kind, hours: HOURS * [...week].filter((letter) => kindOf(letter) === kind).length })).filter(({ hours }) => hours > 0);
}
