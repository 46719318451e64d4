/** What of the runs of one stretch of time is drawn. */
export type ChartBar = {
  sent: number;
  failed: number;
  /** Runs that failed as a whole; they may have moved nothing, and must show all the same. */
  failed_runs: number;
  active_runs: number;
  typical_ms?: number | null | undefined;
  longest_ms?: number | null | undefined;
  changes: number;
  in_maintenance: boolean;
};

export const CHART = { width: 720, plot: 120, gap: 14, line: 56, pad: 1 };
export const CHART_HEIGHT = CHART.plot + CHART.gap + CHART.line;

const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The lowest round number that is at least `value`: where an axis from 0 ends. Whole, since it counts. */
export function roundUp(value: number): number {
  if (value <= 10) return Math.max(1, Math.ceil(value));
  const power = 10 ** Math.floor(Math.log10(value));
  const step = ROUND.find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

const PATHS = ['sent', 'failed', 'failedRuns', 'active', 'duration', 'longest', 'dots', 'changes', 'maintenance'] as const;
type Shapes = Record<(typeof PATHS)[number], string> & { top: number; slowest: number; step: number };

const box = (x: number, y: number, width: number, height: number): string =>
  (height > 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z` : '');

/**
 * The chart as paths: records sent and refused stacked from 0, a mark under each bar with a failed run, and the duration
 * as a line of its own below, up to the longest of each bar.
 * A stretch without runs is a gap in all of them; what failed is at least two pixels high, so that one in ten thousand shows.
 */
export function chartShapes(bars: readonly ChartBar[]): Shapes {
  const top = roundUp(Math.max(1, ...bars.map((bar) => bar.sent + bar.failed)));
  const slowest = Math.max(1, ...bars.map((bar) => bar.longest_ms ?? 0));
  const step = CHART.width / Math.max(1, bars.length);
  const width = Math.max(1, Math.min(24, step - 2 * CHART.pad));
  const shapes = { ...Object.fromEntries(PATHS.map((name) => [name, ''])) as Record<(typeof PATHS)[number], string>, top, slowest, step };
  const height = (ms: number): number => CHART.plot + CHART.gap + CHART.line - (ms / slowest) * (CHART.line - 4) - 2;
  let drawing = false;
  bars.forEach((bar, i) => {
    const middle = step * (i + 0.5);
    const failed = bar.failed > 0 ? Math.max(2, (bar.failed / top) * CHART.plot) : 0;
    const sent = Math.min((bar.sent / top) * CHART.plot, CHART.plot - failed);
    shapes.sent += box(middle - width / 2, CHART.plot - sent, width, sent);
    shapes.failed += box(middle - width / 2, CHART.plot - sent - failed, width, failed);
    // What is under way has no height yet: a place of its own that grows above the bar.
    if (bar.active_runs > 0) shapes.active += box(middle - width / 2, Math.max(0, CHART.plot - sent - failed - 16), width, 14);
    if (bar.failed_runs > 0) shapes.failedRuns += box(middle - width / 2, CHART.plot + 3, width, 6);
    if (bar.in_maintenance) shapes.maintenance += box(step * i, 0, step, CHART_HEIGHT);
    if (bar.changes > 0) shapes.changes += `M${(middle - 5).toFixed(1)} 0h10l-5 8z`;
    if (bar.typical_ms === null || bar.typical_ms === undefined) {
      drawing = false;
      return;
    }
    const y = height(bar.typical_ms);
    shapes.duration += `${drawing ? 'L' : 'M'}${middle.toFixed(1)} ${y.toFixed(1)}`;
    shapes.longest += `M${middle.toFixed(1)} ${y.toFixed(1)}V${height(bar.longest_ms ?? bar.typical_ms).toFixed(1)}`;
    shapes.dots += box(middle - 1.5, y - 1.5, 3, 3);
    drawing = true;
  });
  return shapes;
}
