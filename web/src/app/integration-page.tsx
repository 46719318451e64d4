import { DataAge } from '../components/data-age.tsx';
import { Page } from '../components/page.tsx';
import { FailedSection } from '../features/failed-records/failed-section.tsx';
import { RetryProgress } from '../features/failed-records/retry-progress.tsx';
import { WaitingSection } from '../features/failed-records/waiting-section.tsx';
import { HistorySection } from '../features/history/history-section.tsx';
import { IntegrationActions } from '../features/integration/integration-actions.tsx';
import { RunLine } from '../features/integration/run-line.tsx';
import { WhatHappened } from '../features/integration/what-happened.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import type { IntegrationRow } from '../lib/rows.ts';

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
      <HistorySection integration={integration} />
    </Page>
  );
}
