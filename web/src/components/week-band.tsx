import { useFormat, useT } from '../lib/i18n.tsx';
import { WEEK, weekHours, weekPaths } from '../lib/week.ts';

/** How the light was in the last 7 days, told by height, colour and words. */
export function WeekBand({ week }: { week: string }) {
  const t = useT();
  const f = useFormat();
  const words = weekHours(week).map(({ kind, hours }) => `${t.status[kind]} ${f.duration(hours * 3_600_000)}`);
  return (
    <div className="ticks-box">
      <div className="ticks week">
        <svg viewBox={`0 0 ${WEEK.letters} ${WEEK.height}`} preserveAspectRatio="none" aria-hidden="true">
          {weekPaths(week).map(({ kind, d }) => <path key={kind} d={d} className={`tick-${kind}`} />)}
        </svg>
      </div>
      <p className="muted tick-text">{t.overview.week(words.join(' · '))}</p>
    </div>
  );
}
