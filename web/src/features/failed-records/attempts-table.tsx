import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { attemptsQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Attempt } from '../../lib/record-rows.ts';
import { recordStatus } from '../../lib/status.ts';

function Message({ attempt }: { attempt: Attempt }) {
  const t = useFixT();
  const response = typeof attempt.response === 'string' ? attempt.response : JSON.stringify(attempt.response ?? null, null, 2);
  return (
    <div>
      <span lang="en">{attempt.message ? printable(attempt.message) : '–'}</span>
      {response && response !== 'null' && (
        <details>
          <summary>{t.record.response}</summary>
          <pre lang="en">{printable(response)}</pre>
        </details>
      )}
    </div>
  );
}

/** Every time the record was tried, newest first: outcome, the system's answer, when. */
export function AttemptsTable({ record, integration }: { record: string; integration: IntegrationRow }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...attemptsQuery(client, org.id, record), ...usePolling(active) });
  const c = t.record.attemptColumns;
  const columns = [
    { key: 'at', head: c.at, label: c.at, names: true, cell: (row: Attempt) => <Time iso={row.at} /> },
    {
      key: 'outcome', head: c.outcome, label: c.outcome,
      cell: (row: Attempt) => <StatusPill kind={recordStatus(row.outcome)} word={t.failed.states[row.outcome] ?? row.outcome} />,
    },
    { key: 'message', head: c.message, label: c.message, cell: (row: Attempt) => <Message attempt={row} /> },
    { key: 'status', head: c.status, label: c.status, numeric: true, cell: (row: Attempt) => row.status ?? '–' },
    {
      key: 'run', head: t.integration.run, label: t.integration.run,
      cell: (row: Attempt) => (row.run_id ? <Link href={paths.run(org.slug, integration.slug, row.run_id)}>{row.run_id}</Link> : '–'),
    },
    {
      key: 'request', head: c.request, label: c.request,
      cell: (row: Attempt) => (row.request_id ? <code>{printable(row.request_id)}</code> : '–'),
    },
  ];
  return (
    <Loaded query={query}>
      {(attempts) => (attempts.length === 0 ? <p className="muted">{t.record.noAttempts}</p> : (
        <DataTable caption={<span className="sr">{t.record.attempts}</span>} columns={columns} rows={attempts} keyOf={(row) => row.id} />
      ))}
    </Loaded>
  );
}
