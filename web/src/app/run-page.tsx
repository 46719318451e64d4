import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import '../features/failed-records/fix.css';
import { RecordsTable } from '../features/failed-records/records-table.tsx';
import { RunView } from '../features/history/run-view.tsx';
import { useClient } from '../lib/client-context.tsx';
import { useFixT } from '../lib/fix-words.ts';
import { usePolling } from '../lib/live.ts';
import { paths, useOrg } from '../lib/org.tsx';
import { runQuery } from '../lib/record-queries.ts';
import type { IntegrationRow } from '../lib/rows.ts';

/** One run, and those of its records that are still open. */
export function RunPage({ integration, id }: { integration: IntegrationRow; id: string }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const recordsId = useId();
  const query = useQuery({ ...runQuery(client, org.id, id), ...usePolling(active) });
  const crumbs = [
    [paths.overview(org.slug), t.app.overview],
    [paths.integration(org.slug, integration.slug), integration.name],
  ] as const;
  return (
    <Page title={t.history.runTitle(id)} crumbs={crumbs}>
      <Loaded query={query}>
        {(run) => (run?.integration_id !== integration.integration_id ? <p className="card">{t.history.runNotFound}</p> : (
          <>
            <RunView run={run} integration={integration} />
            <section className="card stack" aria-labelledby={recordsId}>
              <h2 id={recordsId}>{t.history.failedHere}</h2>
              <RecordsTable integration={integration} filter={{ run: id }} empty={t.history.noneFailedHere} />
            </section>
          </>
        ))}
      </Loaded>
    </Page>
  );
}
