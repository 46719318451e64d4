import { Suspense, lazy } from 'react';
import { DataAge } from '../components/data-age.tsx';
import { Page } from '../components/page.tsx';
import { FailedSection } from '../features/failed-records/failed-section.tsx';
import '../features/failed-records/fix.css';
import { RetryProgress } from '../features/failed-records/retry-progress.tsx';
import { WaitingSection } from '../features/failed-records/waiting-section.tsx';
import { IntegrationActions } from '../features/integration/integration-actions.tsx';
import { RunLine } from '../features/integration/run-line.tsx';
import { WhatHappened } from '../features/integration/what-happened.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import type { IntegrationRow } from '../lib/rows.ts';

// They stand last and are read last, so the page does not wait for them.
const FetchingSections = lazy(async () => ({ default: (await import('../features/fetching/fetching-sections.tsx')).FetchingSections }));
const HistorySection = lazy(async () => ({ default: (await import('../features/history/history-section.tsx')).HistorySection }));

/** One integration: what happened, what did not get across, and how it went before. */
export function IntegrationPage({ integration }: { integration: IntegrationRow }) {
  const t = useT();
  const { org, overview } = useOrg();
  return (
    <Page
      title={integration.name}
      crumbs={[[paths.overview(org.slug), t.app.overview]]}
      aside={<IntegrationActions integration={integration} />}
    >
      <DataAge query={overview} />
      <RetryProgress integration={integration} />
      <WhatHappened integration={integration} />
      <FailedSection integration={integration} fetchedAt={overview.dataUpdatedAt} />
      {integration.open_queued > 0 && !integration.active_run && <WaitingSection integration={integration} />}
      <section className="card" aria-label={t.overview.next}><RunLine integration={integration} /></section>
      <Suspense fallback={<p className="card loading" aria-busy="true">{t.app.loading}</p>}>
        <FetchingSections integration={integration} />
        <HistorySection integration={integration} />
      </Suspense>
    </Page>
  );
}
