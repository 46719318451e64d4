import { useId, useState } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { CHART, CHART_HEIGHT, chartShapes } from '../../lib/chart.ts';
import { useFormat } from '../../lib/i18n.tsx';
import type { Range } from './address.ts';
import { ChartKey } from './chart-key.tsx';
import type { Bar } from './queries.ts';
import { chosenBars, moveSelection, NOTHING } from './selection.ts';
import type { Selection } from './selection.ts';
import { useBarText } from './bar-text.ts';
import type { Way } from './bar-text.ts';
import { useHistoryWords } from './use-words.ts';

type RunsChartProps = { bars: readonly Bar[]; range: Range | null; way: Way; choose: (range: Range | null) => void };

/** Which bars a range covers, also in part. */
function covered(bars: readonly Bar[], range: Range | null): { first: number; last: number } | null {
  if (!range) return null;
  const first = bars.findIndex(({ ended }) => ended > range.from);
  const last = bars.findLastIndex(({ began }) => began < range.to);
  return first < 0 || last < first ? null : { first, last };
}

/**
 * Records and duration over time. One stop for the keyboard: arrows, Home and End move, with Shift they select, Enter shows the selection in the
 * list, Esc lets go of it, then of the range. The pointer clicks a bar or drags over several.
 */
export function RunsChart({ bars, range, way, choose }: RunsChartProps) {
  const words = useHistoryWords();
  const f = useFormat();
  const id = useId();
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [dragging, setDragging] = useState(false);
  const { describe, per } = useBarText(bars, way);
  const shapes = chartShapes(bars);
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return null;
  const chosen = chosenBars(selection);
  const shown = covered(bars, range);
  const current = selection.at === null ? undefined : bars[selection.at];
  const several = chosen && chosen.last > chosen.first ? words.chosen(chosen.last - chosen.first + 1) : '';
  const text = current ? [describe(current), several].filter(Boolean).join('. ') : '';
  const caption = words.chart(f.duration(per));
  const take = (bounds: { first: number; last: number } | null): void => {
    const [from, to] = [bars[bounds?.first ?? -1]?.began, bars[bounds?.last ?? -1]?.ended];
    if (from && to) choose({ from, to });
    setSelection((old) => ({ ...old, anchor: null }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = moveSelection(selection, event.key, event.shiftKey, bars.length);
    if (event.key === 'Enter' || event.key === ' ') take(chosen);
    else if (next) setSelection(next);
    else if (event.key === 'Escape' && range) choose(null);
    else return;
    event.preventDefault();
  };
  const placeOf = (event: PointerEvent<HTMLElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length)));
  };
  const band = (name: string, bounds: { first: number; last: number } | null) => bounds && (
    <rect className={name} x={shapes.step * bounds.first} y="0" width={shapes.step * (bounds.last - bounds.first + 1)} height={CHART_HEIGHT} />
  );
  return (
    <figure className="chart">
      <figcaption id={id}>{caption}</figcaption>
      <div
        className="chart-plot" role="slider" tabIndex={0} aria-labelledby={id} aria-describedby={`${id}-hint`}
        aria-valuemin={1} aria-valuemax={bars.length} aria-valuenow={(selection.at ?? bars.length - 1) + 1} aria-valuetext={text || describe(last)}
        onKeyDown={onKeyDown}
        onBlur={() => setSelection(NOTHING)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          const at = placeOf(event);
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragging(true);
          setSelection({ at, anchor: at });
        }}
        onPointerMove={(event) => {
          const at = placeOf(event);
          setSelection((old) => ({ at, anchor: dragging ? old.anchor : null }));
        }}
        onPointerUp={() => {
          setDragging(false);
          if (dragging) take(chosen);
        }}
        onPointerCancel={() => {
          setDragging(false);
          setSelection(NOTHING);
        }}
        onPointerLeave={() => !dragging && setSelection(NOTHING)}
      >
        <svg viewBox={`0 0 ${CHART.width} ${CHART_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <defs>
            <pattern id={`${id}-stripes`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect className="chart-stripe" width="3" height="6" />
            </pattern>
          </defs>
          <path className="chart-maintenance" d={shapes.maintenance} />
          {band('chart-range', shown)}
          {band('chart-chosen', chosen)}
          <path className="chart-grid" d={[0, 0.5, 1].map((share) => `M0 ${CHART.plot * share}h${CHART.width}`).join('')} />
          <path className="chart-exported" d={shapes.sent} />
          <path className="chart-failed" d={shapes.failed} />
          <path className="chart-active" fill={`url(#${id}-stripes)`} d={shapes.active} />
          <path className="chart-failed" d={shapes.failedRuns} />
          <path className="chart-changes" d={shapes.changes} />
          <path className="chart-grid" d={`M0 ${CHART_HEIGHT}h${CHART.width}`} />
          <path className="chart-longest" d={shapes.longest} />
          <path className="chart-duration" d={shapes.duration} />
          <path className="chart-dots" d={shapes.dots} />
        </svg>
      </div>
      <div className="row muted chart-ends">
        <span>{f.date(first.began_at)}</span><span>{f.date(new Date(Date.parse(last.ended_at) - 1).toISOString())}</span>
      </div>
      <output className="muted chart-text">{text}</output>
      <p className="muted" id={`${id}-hint`}>{words.chartHint}</p>
      <ChartKey bars={bars} top={f.number(shapes.top)} slowest={f.duration(shapes.slowest)} way={way} />
    </figure>
  );
}
