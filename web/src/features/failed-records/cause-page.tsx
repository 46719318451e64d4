import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { causeQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { CauseCard } from './cause-card.tsx';
import { RecordsTable } from './records-table.tsx';
import { RetryProgress } from './retry-progress.tsx';
import './fix.css';

/** One cause and every record it stops. */
export function CausePage({ integration, id }: { integration: IntegrationRow; id: string }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...causeQuery(client, org.id, id), ...usePolling(active) });
  const recordsId = useId();
  const field = query.data?.payload_field || query.data?.field;
  const crumbs = [
    [paths.overview(org.slug), t.app.overview],
    [paths.integration(org.slug, integration.slug), integration.name],
  ] as const;
  return (
    <Page title={field ? t.failed.causeOf(printable(field)) : t.failed.causeOfNone} crumbs={crumbs}>
      <Loaded query={query}>
        {(cause) => (cause?.integration_id !== integration.integration_id ? <p className="card">{t.failed.causeNotFound}</p> : (
          <>
            <RetryProgress integration={integration} />
            <section className="card"><CauseCard cause={cause} integration={integration} linked={false} /></section>
            <section className="card stack" aria-labelledby={recordsId}>
              <h2 id={recordsId}>{t.failed.sameCause(cause.open_records)}</h2>
              <RecordsTable integration={integration} filter={{ cause: id }} empty={t.failed.causeSolved} total={cause.open_records} />
            </section>
          </>
        ))}
      </Loaded>
    </Page>
  );
}
