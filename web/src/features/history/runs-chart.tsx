import { useId, useState } from 'react';
import type { PointerEvent } from 'react';
import { useLocation } from 'wouter';
import { CHART, CHART_HEIGHT, chartShapes } from '../../lib/chart.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Bar } from '../../lib/runs.ts';
import { stepBar } from '../../lib/ticks.ts';

type RunsChartProps = { bars: readonly Bar[]; binHours: number | null; days: number; integration: IntegrationRow };

function useBarText(binHours: number | null): (bar: Bar) => string {
  const t = useFixT();
  const f = useFormat();
  return (bar) => {
    const from = f.dateTime(new Date(bar.from).toISOString());
    const when = binHours === null ? from : `${from} – ${f.dateTime(new Date(bar.to).toISOString())}`;
    if (bar.runs === 0) return t.history.gap(when);
    const duration = bar.durationMs === null ? '–' : f.duration(bar.durationMs);
    return t.history.bar(when, bar.runs, f.number(bar.exported), f.number(bar.failed), duration)
      + (bar.failedRuns > 0 ? ` · ${t.history.failedRuns(bar.failedRuns)}` : '');
  };
}

function Key({ longest, top }: { longest: string; top: string }) {
  const t = useFixT();
  return (
    <ul className="plain chart-key muted">
      <li><span className="swatch swatch-exported" /> {t.history.exported}</li>
      <li><span className="swatch swatch-failed" /> {t.history.failed} (0–{top})</li>
      <li><span className="swatch swatch-failed swatch-run" /> {t.history.failedRun}</li>
      <li><span className="swatch swatch-duration" /> {t.history.duration} (0–{longest})</li>
    </ul>
  );
}

/** Records and duration over time. One stop for the keyboard: arrows, Home and End choose, Esc lets go, Enter opens the run. */
export function RunsChart({ bars, binHours, days, integration }: RunsChartProps) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const captionId = useId();
  const [, navigate] = useLocation();
  const [at, setAt] = useState<number | null>(null);
  const describe = useBarText(binHours);
  const shapes = chartShapes(bars);
  const chosen = at === null ? undefined : bars[at];
  const openChosen = () => chosen?.runId && navigate(paths.run(org.slug, integration.slug, chosen.runId));
  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length))));
  };
  const caption = binHours === null ? t.history.chart(days) : t.history.chartBinned(days, f.duration(binHours * 3_600_000));
  return (
    <figure className="chart">
      <figcaption id={captionId}>{caption}</figcaption>
      <div
        className="chart-plot" role="slider" tabIndex={0} aria-labelledby={captionId}
        aria-valuemin={1} aria-valuemax={bars.length} aria-valuenow={(at ?? bars.length - 1) + 1}
        aria-valuetext={chosen ? describe(chosen) : caption}
        onKeyDown={(event) => {
          const next = stepBar(event.key, at, bars.length);
          if (event.key === 'Enter') openChosen();
          else if (next === undefined) return;
          else setAt(next);
          event.preventDefault();
        }}
        onBlur={() => setAt(null)}
        onPointerMove={point}
        onPointerLeave={() => setAt(null)}
        onClick={openChosen}
      >
        <svg viewBox={`0 0 ${CHART.width} ${CHART_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {at !== null && <rect className="chart-chosen" x={shapes.step * at} y="0" width={shapes.step} height={CHART_HEIGHT} />}
          <path className="chart-grid" d={[0, 0.5, 1].map((share) => `M0 ${CHART.plot * share}h${CHART.width}`).join('')} />
          <path className="chart-exported" d={shapes.exported} />
          <path className="chart-failed" d={shapes.failed} />
          <path className="chart-failed" d={shapes.failedRuns} />
          <path className="chart-grid" d={`M0 ${CHART_HEIGHT}h${CHART.width}`} />
          <path className="chart-duration" d={shapes.duration} />
          <path className="chart-dots" d={shapes.dots} />
        </svg>
      </div>
      <p className="muted chart-text">{chosen ? describe(chosen) : bars.length > 0 && t.ticks.hint}</p>
      <Key top={f.number(shapes.top)} longest={f.duration(shapes.longest)} />
    </figure>
  );
}
