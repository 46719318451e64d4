import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { Period } from './period.ts';
import { excludedQuery } from './queries.ts';
import type { Excluded } from './queries.ts';
import { reportWords } from './words.ts';

type ExcludedRecordsProps = { integration: string; slug: string | undefined; period: Period; count: number };

/** What was left out on purpose: by whom, when and why. Read when it is opened. */
export function ExcludedRecords({ integration, slug, period, count }: ExcludedRecordsProps) {
  const t = reportWords[useI18n().locale];
  const f = useFormat();
  const client = useClient();
  const { org } = useOrg();
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...excludedQuery(client, org.id, integration, period), enabled: open });
  const c = t.excludedColumns;
  const name = (row: Excluded): string => printable(row.label ?? row.source_id);
  const columns: Column<Excluded>[] = [
    { key: 'record', head: c.record, label: c.record, names: true, cell: (row) => (slug ? <Link href={paths.record(org.slug, slug, row.record_id)}>{name(row)}</Link> : name(row)) },
    { key: 'amount', head: c.amount, label: c.amount, numeric: true, cell: (row) => (row.amount ? f.amount(row.amount, row.currency ?? '') : '–') },
    { key: 'by', head: c.by, label: c.by, cell: (row) => row.excluded_by ?? '–' },
    { key: 'when', head: c.when, label: c.when, cell: (row) => (row.excluded_at ? f.dateTime(row.excluded_at) : '–') },
    { key: 'reason', head: c.reason, label: c.reason, cell: (row) => (row.reason ? printable(row.reason) : '–') },
  ];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.excluded(count)}</summary>
      {open && <Loaded query={query}>{(rows) => <DataTable caption={t.excludedCaption} columns={columns} rows={rows} keyOf={(row) => row.record_id} />}</Loaded>}
    </details>
  );
}
