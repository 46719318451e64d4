import type { IntegrationRow } from './rows.ts';

/** What a status looks like: one shape, one colour and one word each. */
export type StatusKind = 'ok' | 'warning' | 'error' | 'off' | 'maintenance' | 'waiting' | 'unknown';

const GREY: Record<string, StatusKind> = { disabled: 'off', maintenance: 'maintenance', never_run: 'waiting' };
const HEALTH = { green: 'ok', yellow: 'warning', red: 'error' } as const;

type Judged = Pick<IntegrationRow, 'health' | 'monitor_late' | 'enabled' | 'reason'>;

/** The status to show. When the monitor itself is late nobody knows, whatever was known last. */
export function statusOf(row: Judged): StatusKind {
  if (row.monitor_late) return 'unknown';
  return lastKnownStatus(row);
}

/** What was known when the monitor last looked. */
export function lastKnownStatus(row: Omit<Judged, 'monitor_late'>): StatusKind {
  if (row.health !== 'grey') return HEALTH[row.health];
  return GREY[row.reason?.rule ?? ''] ?? (row.enabled ? 'unknown' : 'off');
}

/** Every status, the one that needs somebody most first. */
export const STATUS_ORDER: readonly StatusKind[] = ['error', 'unknown', 'warning', 'waiting', 'maintenance', 'ok', 'off'];

/** Sorts problems first, then by name. */
export function problemsFirst<T extends Judged & { name: string }>(rows: readonly T[], compare: (a: string, b: string) => number): T[] {
  const rank = (row: T) => STATUS_ORDER.indexOf(statusOf(row));
  return rows.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
}

/** How many integrations have each status, worst first; statuses nobody has are left out. */
export function countStatuses(rows: readonly Judged[]): { kind: StatusKind; count: number }[] {
  return STATUS_ORDER.map((kind) => ({ kind, count: rows.filter((row) => statusOf(row) === kind).length })).filter(({ count }) => count > 0);
}

/** The one status that stands for all of them: in the tab's icon and title. No integrations and nothing known are both `unknown`. */
export function worstStatus(rows: readonly Judged[] | undefined): 'ok' | 'warning' | 'error' | 'unknown' {
  const kinds = new Set(rows?.map(statusOf));
  if (kinds.has('error')) return 'error';
  if (kinds.has('unknown') || kinds.size === 0) return 'unknown';
  return kinds.has('warning') ? 'warning' : 'ok';
}

const RUN: Record<string, StatusKind> = { succeeded: 'ok', warning: 'warning', failed: 'error', scheduled: 'waiting', running: 'waiting' };

/** A run's status as a shape and colour; a word this page does not know is `unknown`. */
export const runStatus = (status: string): StatusKind => RUN[status] ?? 'unknown';

const RECORD: Record<string, StatusKind> = {
  exported: 'ok', failed: 'error', dead: 'error', uncertain: 'warning', retrying: 'warning', dismissed: 'off',
};

/** A record's state as a shape and colour. */
export const recordStatus = (state: string): StatusKind => RECORD[state] ?? 'waiting';

type OpenCounts = Pick<IntegrationRow, 'open_failed' | 'open_dead' | 'open_uncertain' | 'open_retrying'>;

/**
 * Records that wait for a person, those that are tried again without one, and those a retry would send: refused ones only,
 * since what is uncertain may have landed and what is retrying goes by itself.
 */
export function openWork(row: OpenCounts): { act: number; automatic: number; retryable: number; total: number } {
  const retryable = row.open_failed + row.open_dead;
  const act = retryable + row.open_uncertain;
  return { act, automatic: row.open_retrying, retryable, total: act + row.open_retrying };
}

/** Whether a retry would send a record in this state. */
export const isRetryable = (state: string): boolean => state === 'failed' || state === 'dead';

/** Whether something moves right now, so that the page should look more often. */
export const isActive = (rows: readonly IntegrationRow[] | undefined): boolean => rows?.some((row) => row.active_run) ?? false;
