import { useQueryClient } from '@tanstack/react-query';
import type { QueryCache } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import { ApiError } from '../lib/api-error.ts';
import type { ErrorKind } from '../lib/api-error.ts';
import { useFormat, useT } from '../lib/i18n.tsx';
import { useNowHere } from '../lib/now.ts';
import { useOrg } from '../lib/org.tsx';

/** What is on the page and could not be read anew, as `kind oldest`; '' when everything could. Text, so that equal is equal. */
function readTrouble(cache: QueryCache): string {
  const troubled = cache.findAll({ type: 'active' }).filter(({ state }) => state.status === 'error' && state.data !== undefined);
  const [first] = troubled;
  if (!first) return '';
  const kind: ErrorKind = first.state.error instanceof ApiError ? first.state.error.kind : 'server';
  return `${kind} ${Math.min(...troubled.map(({ state }) => state.dataUpdatedAt))}`;
}

function StaleBanner() {
  const t = useT();
  const f = useFormat();
  const now = useNowHere(5_000);
  const queries = useQueryClient();
  const cache = queries.getQueryCache();
  const subscribe = useCallback((tell: () => void) => cache.subscribe(tell), [cache]);
  const trouble = useSyncExternalStore(subscribe, () => readTrouble(cache));
  const [kind = '', oldest = ''] = trouble.split(' ');
  // The end of the session has a banner of its own.
  if (!trouble || kind === 'session') return null;
  const age = f.relative(new Date(Math.min(Number(oldest), now)).toISOString(), now);
  const again = () => void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
  return (
    <div className="banner banner-warning">
      <p><strong>{t.fresh.late}</strong> {t.fresh.kinds[kind as ErrorKind]} {t.fresh.showingOld(age)}</p>
      <button type="button" onClick={again}>{t.app.tryAgain}</button>
    </div>
  );
}

function MonitorBanner() {
  const t = useT();
  const { overview } = useOrg();
  if (!overview.data?.some((row) => row.monitor_late)) return null;
  return (
    <div className="banner banner-unknown">
      <p><strong>{t.fresh.monitorLate}</strong> {t.fresh.monitorLateTodo}</p>
    </div>
  );
}

/** Why what you see may not be so. */
export function Banners() {
  return (
    <div aria-live="polite">
      <StaleBanner />
      <MonitorBanner />
    </div>
  );
}
