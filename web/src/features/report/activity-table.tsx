import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import type { Activity } from './queries.ts';
import { reportWords } from './words.ts';

/** What each integration did in the period. */
export function ActivityTable({ rows }: { rows: readonly Activity[] }) {
  const t = reportWords[useI18n().locale];
  const f = useFormat();
  const { org } = useOrg();
  const c = t.columns;
  const time = (seconds: number | null): string => (seconds === null ? '–' : f.duration(seconds * 1_000));
  const columns: Column<Activity>[] = [
    { key: 'name', head: c.integration, label: c.integration, names: true, cell: (row) => <Link href={paths.integration(org.slug, row.slug)}>{row.name}</Link> },
    { key: 'exported', head: c.exported, label: c.exported, numeric: true, cell: (row) => f.number(row.exported) },
    { key: 'amounts', head: c.amounts, label: c.amounts, numeric: true, cell: (row) => f.amounts(row.amounts) || '–' },
    { key: 'refused', head: c.refused, label: c.refused, numeric: true, cell: (row) => f.number(row.refused) },
    { key: 'runs', head: c.runs, label: c.runs, numeric: true, cell: (row) => t.runs(f.number(row.runs), row.failed_runs) },
    { key: 'red', head: c.red, label: c.red, numeric: true, cell: (row) => (row.red_seconds > 0 ? time(row.red_seconds) : t.none) },
    { key: 'incidents', head: c.incidents, label: c.incidents, numeric: true, cell: (row) => (row.incidents > 0 ? t.openIncidents(row.incidents, row.open_incidents) : t.none) },
    { key: 'detect', head: c.detect, label: c.detect, numeric: true, cell: (row) => time(row.detect_seconds) },
    { key: 'fix', head: c.fix, label: c.fix, numeric: true, cell: (row) => time(row.fix_seconds) },
  ];
  return (
    <>
      <DataTable caption={t.activityCaption} columns={columns} rows={rows} keyOf={(row) => row.integration_id} />
      <p className="muted">{t.refusedHint}</p>
      <p className="muted">{t.timesHint}</p>
    </>
  );
}
