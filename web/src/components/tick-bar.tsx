import { useState } from 'react';
import type { PointerEvent } from 'react';
import { useLocation } from 'wouter';
import { useFormat, useT } from '../lib/i18n.tsx';
import type { RecentRun } from '../lib/rows.ts';
import { runStatus } from '../lib/status.ts';
import { TICK, stepBar, tickPaths } from '../lib/ticks.ts';

type TickBarProps = { name: string; runs: readonly RecentRun[]; hrefOf: (run: RecentRun) => string };

const WIDTH = TICK.slots * TICK.pitch - (TICK.pitch - TICK.width);

/** The last runs as ticks: height, colour and words say how each went. One stop for the keyboard, arrows choose, Enter opens. */
export function TickBar({ name, runs, hrefOf }: TickBarProps) {
  const t = useT();
  const f = useFormat();
  const [, navigate] = useLocation();
  const [at, setAt] = useState<number | null>(null);
  const shown = runs.slice(-TICK.slots);
  const kinds = shown.map(({ status }) => runStatus(status));
  const count = (kind: string) => kinds.filter((other) => other === kind).length;
  const summary = shown.length > 0 ? t.ticks.label(shown.length, count('ok'), count('warning'), count('error')) : t.ticks.none;
  const chosen = at === null ? undefined : shown[at];
  const describe = (run: RecentRun) => t.ticks.tick(
    run.finished_at ? f.dateTime(run.finished_at) : '–',
    t.ticks.statuses[run.status] ?? run.status, f.number(run.exported), f.number(run.failed),
  );
  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const slot = Math.floor(((event.clientX - box.left) / box.width) * TICK.slots);
    const index = slot - (TICK.slots - shown.length);
    setAt(index >= 0 && index < shown.length ? index : null);
  };
  if (shown.length === 0) return <p className="muted tick-text">{t.ticks.none}</p>;
  return (
    <div className="ticks-box">
      <div
        className="ticks"
        role="slider"
        tabIndex={0}
        aria-label={`${name}. ${summary}`}
        aria-valuemin={1}
        aria-valuemax={shown.length}
        aria-valuenow={(at ?? shown.length - 1) + 1}
        aria-valuetext={chosen ? describe(chosen) : summary}
        title={t.ticks.hint}
        onKeyDown={(event) => {
          const next = stepBar(event.key, at, shown.length);
          if (event.key === 'Enter' && chosen) navigate(hrefOf(chosen));
          else if (next === undefined) return;
          else setAt(next);
          event.preventDefault();
        }}
        onBlur={() => setAt(null)}
        onPointerMove={point}
        onPointerLeave={() => setAt(null)}
        onClick={() => chosen && navigate(hrefOf(chosen))}
      >
        <svg viewBox={`0 0 ${WIDTH} ${TICK.height}`} preserveAspectRatio="none" aria-hidden="true">
          {tickPaths(kinds).map(({ kind, d }) => <path key={kind} d={d} className={`tick-${kind}`} />)}
          {at !== null && (
            <rect
              className="tick-chosen" x={(TICK.slots - shown.length + at) * TICK.pitch - 1} y="0"
              width={TICK.width + 2} height={TICK.height}
            />
          )}
        </svg>
      </div>
      <p className="muted tick-text">{chosen ? describe(chosen) : summary}</p>
    </div>
  );
}
