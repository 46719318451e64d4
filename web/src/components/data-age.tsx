import type { UseQueryResult } from '@tanstack/react-query';
import { useFormat, useT } from '../lib/i18n.tsx';
import { setPaused, usePaused } from '../lib/live.ts';
import { useNowHere } from '../lib/now.ts';

const LATE_MS = 75_000;

/** How old what you see is, and the switch that keeps it still. */
export function DataAge({ query }: { query: UseQueryResult<unknown> }) {
  const t = useT();
  const f = useFormat();
  const now = useNowHere(1000);
  const paused = usePaused();
  const at = query.dataUpdatedAt;
  if (!at) return null;
  const age = f.relative(new Date(Math.min(at, now)).toISOString(), now);
  const late = query.isError || (!paused && now - at > LATE_MS);
  return (
    <p className={late ? 'age age-late' : 'age'}>
      {late && <strong>{t.fresh.late} </strong>}
      {paused && <strong>{t.fresh.paused} </strong>}
      <span>{t.fresh.updated(age)}</span>
      <button type="button" className="quiet" aria-pressed={paused} onClick={() => setPaused(!paused)}>
        {paused ? t.fresh.resume : t.fresh.pause}
      </button>
    </p>
  );
}
