import type { Run } from './record-rows.ts';

const HOUR = 3_600_000;

/** A bar of the chart: one run, or the runs of one stretch of time. */
export type Bar = {
  from: number;
  to: number;
  runs: number;
  exported: number;
  failed: number;
  /** Runs that failed as a whole; they may have moved nothing, and must show all the same. */
  failedRuns: number;
  durationMs: number | null;
  /** The run, when the bar is exactly one. */
  runId: string | null;
};

type Counted = Pick<Run, 'id' | 'status' | 'started_at' | 'exported' | 'accepted' | 'failed' | 'duration_ms'>;

/** The middle value: one slow run does not make the others look slow. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

function toBar(from: number, to: number, runs: readonly Counted[]): Bar {
  const sum = (pick: (run: Counted) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const durations = runs.flatMap(({ duration_ms }) => (duration_ms == null ? [] : [duration_ms]));
  const [only] = runs;
  return {
    from, to, runs: runs.length, durationMs: median(durations), runId: runs.length === 1 && only ? only.id : null,
    exported: sum((run) => run.exported + run.accepted), failed: sum((run) => run.failed),
    failedRuns: runs.filter(({ status }) => status === 'failed').length,
  };
}

const BIN_HOURS: Record<number, number> = { 7: 6, 30: 24, 90: 72 };

/**
 * Bars of the last `days` days, oldest first: one per run while they are few (≤ 60), otherwise one per stretch of equal
 * length, where a stretch without runs stays as a gap. `binHours` is null when each bar is one run.
 */
export function historyBars(runs: readonly Counted[], days: number, now: number): { bars: Bar[]; binHours: number | null } {
  const dated = runs.flatMap((run) => (run.started_at ? [{ run, at: Date.parse(run.started_at) }] : [])).sort((a, b) => a.at - b.at);
  if (dated.length <= 60) return { bars: dated.map(({ run, at }) => toBar(at, at, [run])), binHours: null };
  const binHours = BIN_HOURS[days] ?? Math.max(1, Math.ceil(days / 30) * 24);
  const size = binHours * HOUR;
  const end = Math.ceil(now / HOUR) * HOUR;
  const bins = Math.ceil((days * 24) / binHours);
  const grouped = Map.groupBy(dated, ({ at }) => Math.floor((end - at - 1) / size));
  const bars = Array.from({ length: bins }, (_, i) => {
    const back = bins - 1 - i;
    return toBar(end - (back + 1) * size, end - back * size, (grouped.get(back) ?? []).map(({ run }) => run));
  });
  return { bars, binHours };
}
