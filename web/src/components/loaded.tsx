import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../lib/api-error.ts';
import { useT } from '../lib/i18n.tsx';
import { StatusIcon } from './icons.tsx';

type LoadedProps<T> = { query: UseQueryResult<T>; children: (data: T) => ReactNode };

function ReadProblem({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useT();
  const known = error instanceof ApiError ? error : null;
  return (
    <div className="card problem" role="alert">
      <p className="strong"><StatusIcon kind="unknown" /> {t.fresh.kinds[known?.kind ?? 'server']}</p>
      <p>{t.fresh.nothingYet}</p>
      <button type="button" onClick={retry}>{t.app.tryAgain}</button>
      {error instanceof Error && (
        <details>
          <summary>{t.app.details}</summary>
          <pre>{[known?.code, error.message].filter(Boolean).join(' · ')}</pre>
        </details>
      )}
    </div>
  );
}

/**
 * The only way to what a query brought. Nothing yet, a failed read and an empty list are three different things:
 * after a failed read the old data stays, dimmed, and the banner at the top says how old it is.
 */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const t = useT();
  if (query.data === undefined) {
    if (query.error) return <ReadProblem error={query.error} retry={() => void query.refetch()} />;
    return <p className="loading" aria-busy="true">{t.app.loading}</p>;
  }
  return <div className={query.error ? 'stack stale' : 'stack'}>{children(query.data)}</div>;
}
