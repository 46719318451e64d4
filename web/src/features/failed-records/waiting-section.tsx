import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { waitingRecordsQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { WaitingRecord } from '../../lib/record-rows.ts';
import { nameOf } from './name-of.ts';

/** Records that are not across though nothing is wrong with them: a run that fails as a whole leaves them waiting. */
export function WaitingSection({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const id = useId();
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...waitingRecordsQuery(client, org.id, integration.integration_id), ...usePolling(active) });
  const c = t.failed.columns;
  const columns = [
    {
      key: 'record', head: c.record, names: true,
      cell: (row: WaitingRecord) => <Link href={paths.record(org.slug, integration.slug, row.id)}>{nameOf(row)}</Link>,
    },
    { key: 'state', head: c.state, label: c.state, cell: (row: WaitingRecord) => t.failed.states[row.state] ?? row.state },
    {
      key: 'amount', head: c.amount, label: c.amount, numeric: true,
      cell: (row: WaitingRecord) => (row.amount ? f.amount(row.amount, row.currency ?? '') : '–'),
    },
    {
      key: 'date', head: t.record.date, label: t.record.date,
      cell: (row: WaitingRecord) => (row.occurred_on ? f.date(row.occurred_on) : '–'),
    },
    {
      key: 'received', head: t.record.received, label: t.record.received,
      cell: (row: WaitingRecord) => (row.created_at ? <Time iso={row.created_at} as="when" /> : '–'),
    },
  ];
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{t.failed.waiting} ({f.number(integration.open_queued)})</h2>
      <p className="muted">{integration.last_run?.status === 'failed' ? t.failed.waitingFailed : t.failed.waitingWell}</p>
      <Loaded query={query}>
        {(rows) => rows.length > 0 && (
          <DataTable caption={t.failed.waitingCaption(rows.length)} columns={columns} rows={rows} keyOf={(row) => row.id} />
        )}
      </Loaded>
    </section>
  );
}
