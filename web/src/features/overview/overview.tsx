import { Suspense, lazy } from 'react';
import { DataAge } from '../../components/data-age.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { firstSteps, useStepsHidden } from '../../lib/first-steps.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { useNow } from '../../lib/now.ts';
import { useOrg } from '../../lib/org.tsx';
import { isFiltered, select } from '../../lib/overview-filter.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { Cutoff } from './cutoff.tsx';
import { Counts, Filters } from './filters.tsx';
import { IntegrationCard } from './integration-card.tsx';
import { useOverviewFilter } from './use-overview-filter.ts';
import { useSteadyOrder } from './use-steady-order.ts';

const FirstSteps = lazy(async () => ({ default: (await import('./first-steps.tsx')).FirstSteps }));

/** So many cards are seen at once: nothing to search among. */
const FEW = 3;

function Cards({ rows }: { rows: readonly IntegrationRow[] }) {
  const t = useT();
  const f = useFormat();
  const now = useNow(60_000);
  const { org } = useOrg();
  const { filter, clear } = useOverviewFilter();
  const { shown, moved, hold } = useSteadyOrder(select(rows, filter, now, f.compare), JSON.stringify(filter));
  const filtered = isFiltered(filter);
  return (
    <>
      <div className="row summary">
        <Counts rows={rows} />
        <Cutoff at={org.next_cutoff} integrations={rows} />
      </div>
      {(rows.length > FEW || filtered) && <Filters found={shown.length} of={rows.length} />}
      {shown.length === 0 && (
        <div className="card empty">
          <p>{t.overview.noMatch}</p>
          <div className="row"><button type="button" onClick={clear}>{t.overview.clearFilter}</button></div>
        </div>
      )}
      {moved > 0 && <p className="muted">{t.overview.moved(moved)}</p>}
      <ul className="grid" {...hold}>
        {shown.map((row) => <IntegrationCard key={row.integration_id} org={org.slug} row={row} />)}
      </ul>
      {filtered && shown.length > 0 && shown.length < rows.length && (
        <div className="row"><button type="button" onClick={clear}>{t.overview.showAll(rows.length)}</button></div>
      )}
    </>
  );
}

/** What is left to do before the page can be relied on; nothing for whoever could not do it. */
function Start({ rows }: { rows: readonly IntegrationRow[] }) {
  const { org } = useOrg();
  const hidden = useStepsHidden();
  const steps = firstSteps(rows);
  if (hidden || org.role === 'viewer' || steps.every(({ done }) => done)) return null;
  return <Suspense><FirstSteps steps={steps} rows={rows} /></Suspense>;
}

/** Every integration of the organization, those with problems first. */
export function Overview() {
  const t = useT();
  const { overview } = useOrg();
  return (
    <Page title={t.overview.title} aside={<DataAge query={overview} />}>
      <Loaded query={overview}>
        {(rows) => (
          <>
            <Start rows={rows} />
            {rows.length === 0 ? (
              <div className="card empty">
                <h2>{t.overview.emptyTitle}</h2>
                <p>{t.overview.empty}</p>
              </div>
            ) : <Cards rows={rows} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
