import type { Bar } from './runs.ts';

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

type Shapes = Record<'exported' | 'failed' | 'failedRuns' | 'duration' | 'dots', string> & { top: number; longest: number; step: number };

const box = (x: number, y: number, width: number, height: number): string =>
  (height > 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z` : '');

/**
 * The chart as paths: exported and failed records stacked from 0, a mark under each bar with a failed run, and the duration
 * as a line of its own below.
 * A stretch without runs is a gap in all of them; what failed is at least two pixels high, so that one in ten thousand shows.
 */
export function chartShapes(bars: readonly Bar[]): Shapes {
  const top = roundUp(Math.max(1, ...bars.map((bar) => bar.exported + bar.failed)));
  const longest = Math.max(1, ...bars.map(({ durationMs }) => durationMs ?? 0));
  const step = CHART.width / Math.max(1, bars.length);
  const width = Math.max(1, Math.min(24, step - 2 * CHART.pad));
  const shapes = { exported: '', failed: '', failedRuns: '', duration: '', dots: '', top, longest, step };
  let drawing = false;
  bars.forEach((bar, i) => {
    const middle = step * (i + 0.5);
    const failed = bar.failed > 0 ? Math.max(2, (bar.failed / top) * CHART.plot) : 0;
    const exported = Math.min((bar.exported / top) * CHART.plot, CHART.plot - failed);
    shapes.exported += box(middle - width / 2, CHART.plot - exported, width, exported);
    shapes.failed += box(middle - width / 2, CHART.plot - exported - failed, width, failed);
    if (bar.failedRuns > 0) shapes.failedRuns += box(middle - width / 2, CHART.plot + 3, width, 6);
    if (bar.durationMs === null) {
      drawing = false;
      return;
    }
    const y = CHART.plot + CHART.gap + CHART.line - (bar.durationMs / longest) * (CHART.line - 4) - 2;
    shapes.duration += `${drawing ? 'L' : 'M'}${middle.toFixed(1)} ${y.toFixed(1)}`;
    shapes.dots += box(middle - 1.5, y - 1.5, 3, 3);
    drawing = true;
  });
  return shapes;
}
