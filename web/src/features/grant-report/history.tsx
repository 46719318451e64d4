import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { KeptFiles } from './kept-files.tsx';
import type { HandedInReport } from './queries.ts';
import { grantWords } from './words.ts';

/** What was handed in, by whom and when, and what became of it. */
export function History({ rows }: { rows: readonly HandedInReport[] }) {
  const t = grantWords[useI18n().locale];
  const f = useFormat();
  const { org } = useOrg();
  if (rows.length === 0) return <p>{t.historyNone}</p>;
  const span = ({ first_day: from, last_day: to }: HandedInReport): string => t.span(f.date(from), f.date(to));
  const addressOf = ({ scheme, version, first_day: from, last_day: to }: HandedInReport): string =>
    `${paths.grantReport(org.slug)}?${new URLSearchParams({ form: `${scheme}@${version}`, from, to })}`;
  const state = ({ changed, unlocked_at: at, unlocked_name: name, unlock_reason: reason }: HandedInReport) => (
    at === null ? <StatusPill kind={changed ? 'warning' : 'ok'} word={changed ? t.states.changed : t.states.locked} />
      : printable(t.states.unlocked(name ?? '', f.dateTime(at), reason ?? ''))
  );
  const c = t.columns;
  const columns: Column<HandedInReport>[] = [
    { key: 'period', head: c.period, label: c.period, names: true, cell: (row) => <Link href={addressOf(row)}>{span(row)}</Link> },
    { key: 'form', head: c.form, label: c.form, cell: ({ scheme, version }) => `${scheme} ${version}` },
    { key: 'day', head: c.day, label: c.day, cell: ({ handed_in_on: day }) => f.date(day) },
    { key: 'by', head: c.by, label: c.by, cell: ({ handed_in_name: name, handed_in_at: at }) => <>{name}, <Time iso={at} /></> },
    { key: 'reference', head: c.reference, label: c.reference, cell: ({ reference }) => printable(reference ?? '–') },
    { key: 'amounts', head: c.amounts, label: c.amounts, numeric: true, cell: ({ totals }) => f.amounts(totals.amounts) || '–' },
    { key: 'state', head: c.state, label: c.state, cell: state },
  ];
  return <DataTable caption={t.historyCaption} columns={columns} rows={rows} keyOf={({ id }) => id} detail={(row) => <KeptFiles report={row} of={span(row)} />} />;
}
