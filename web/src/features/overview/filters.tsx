import { useEffect, useRef, useState } from 'react';
import { StatusIcon } from '../../components/icons.tsx';
import { useT } from '../../lib/i18n.tsx';
import { SORTS } from '../../lib/overview-filter.ts';
import type { Sort } from '../../lib/overview-filter.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { countStatuses } from '../../lib/status.ts';
import type { StatusKind } from '../../lib/status.ts';
import { useOverviewFilter } from './use-overview-filter.ts';

const TYPING_MS = 250;

/** How many integrations have each status; each count shows just those, and pressed again all. */
export function Counts({ rows }: { rows: readonly IntegrationRow[] }) {
  const t = useT();
  const { filter, change } = useOverviewFilter();
  const toggle = (kind: StatusKind): void => {
    const { statuses } = filter;
    change({ statuses: statuses.includes(kind) ? statuses.filter((one) => one !== kind) : [...statuses, kind] });
  };
  return (
    <ul className="plain counts">
      {countStatuses(rows).map(({ kind, count }) => (
        <li key={kind}>
          <button type="button" className={`tone-${kind} pill pill-button`} aria-pressed={filter.statuses.includes(kind)} onClick={() => toggle(kind)}>
            <StatusIcon kind={kind} />{t.status.counts[kind](count)}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Search() {
  const t = useT();
  const { filter, change } = useOverviewFilter();
  const [typed, setTyped] = useState(filter.text);
  const asked = useRef(filter.text);
  // Back, or a button that clears, changes the text from outside.
  useEffect(() => {
    if (asked.current === filter.text) return;
    asked.current = filter.text;
    setTyped(filter.text);
  }, [filter.text]);
  useEffect(() => {
    if (typed === asked.current) return;
    const timer = setTimeout(() => {
      const replace = asked.current !== '';
      asked.current = typed;
      change({ text: typed }, { replace });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, change]);
  return (
    <label className="filter-search">
      <span className="sr">{t.overview.search}</span>
      <input type="search" value={typed} placeholder={t.overview.search} onChange={(event) => setTyped(event.target.value)} />
    </label>
  );
}

/** Search, what to show and in which order; how many were found is told. */
export function Filters({ found, of }: { found: number; of: number }) {
  const t = useT();
  const { filter, change } = useOverviewFilter();
  return (
    <div className="row start filters" role="search" aria-label={t.overview.filters}>
      <Search />
      <button type="button" className="quiet" aria-pressed={filter.unstable} onClick={() => change({ unstable: !filter.unstable })}>
        {t.overview.unstable}
      </button>
      <button type="button" className="quiet" aria-pressed={filter.missing} onClick={() => change({ missing: !filter.missing })}>
        {t.overview.missing}
      </button>
      <label className="filter-sort">
        {t.overview.sort}{' '}
        <select value={filter.sort} onChange={(event) => change({ sort: event.target.value as Sort })}>
          {SORTS.map((sort) => <option key={sort} value={sort}>{t.overview.sorts[sort]}</option>)}
        </select>
      </label>
      <p className="muted" role="status">{found === of ? '' : t.overview.found(found, of)}</p>
    </div>
  );
}
