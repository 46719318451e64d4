import { useState } from 'react';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { PAGE_SIZE } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Run } from '../../lib/record-rows.ts';
import { runStatus } from '../../lib/status.ts';

/** The runs behind the chart, newest first, fifty at a time. */
export function RunsTable({ runs, integration }: { runs: readonly Run[]; integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const [page, setPage] = useState(0);
  const shown = runs.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  const c = t.history.columns;
  const columns = [
    {
      key: 'started', head: c.started, label: c.started, names: true,
      cell: (run: Run) => (
        <Link href={paths.run(org.slug, integration.slug, run.id)}>
          {run.started_at ? <Time iso={run.started_at} /> : t.ticks.statuses[run.status] ?? run.status}
        </Link>
      ),
    },
    {
      key: 'status', head: c.status, label: c.status,
      cell: (run: Run) => <StatusPill kind={runStatus(run.status)} word={t.ticks.statuses[run.status] ?? run.status} />,
    },
    {
      key: 'duration', head: c.duration, label: c.duration, numeric: true,
      cell: (run: Run) => (run.duration_ms == null ? '–' : f.duration(run.duration_ms)),
    },
    { key: 'selected', head: c.selected, label: c.selected, numeric: true, cell: (run: Run) => f.number(run.selected) },
    { key: 'exported', head: c.exported, label: c.exported, numeric: true, cell: (run: Run) => f.number(run.exported) },
    { key: 'failed', head: c.failed, label: c.failed, numeric: true, cell: (run: Run) => f.number(run.failed) },
    {
      key: 'other', head: c.other, label: c.other,
      cell: (run: Run) => t.history.other(run.retrying, run.skipped, run.uncertain, run.accepted),
    },
    {
      key: 'trigger', head: c.trigger, label: c.trigger,
      cell: (run: Run) => run.requested_by_name ?? t.history.triggers[run.trigger] ?? run.trigger,
    },
  ];
  return (
    <>
      <DataTable caption={t.history.table} columns={columns} rows={shown} keyOf={(run) => run.id} />
      {runs.length > PAGE_SIZE && (
        <div className="row pages">
          <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>{t.failed.newer}</button>
          <button type="button" disabled={(page + 1) * PAGE_SIZE >= runs.length} onClick={() => setPage(page + 1)}>{t.failed.older}</button>
        </div>
      )}
    </>
  );
}
