import { useState } from 'react';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { printable } from '../../lib/printable.ts';
import type { Report, Row } from './form/build.ts';
import { sumOfColumn, textOf } from './form/check.ts';
import type { Template } from './form/template.ts';
import { grantWords } from './words.ts';

const SHOWN = 50;

function Rows({ form, report }: { form: Template; report: Report }) {
  const t = grantWords[useI18n().locale];
  const [open, setOpen] = useState(false);
  const rows = report.rows.slice(0, SHOWN);
  const columns = form.columns.map(({ key, title, as }, index): Column<Row> => ({
    key, head: title, label: title, names: index === 0, numeric: as === 'whole' || as === 'decimal', cell: ({ values }) => printable(textOf(values[key]) ?? '–'),
  }));
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.shown}</summary>
      {open && <DataTable caption={t.shownCaption(rows.length, report.rows.length)} columns={columns} rows={rows} keyOf={({ record }) => record} />}
    </details>
  );
}

type Total = { title: string; sum: string };

/** What the report comes to: how many rows, and every column of numbers added up exactly. */
export function Totals({ form, report }: { form: Template; report: Report }) {
  const { locale } = useI18n();
  const t = grantWords[locale];
  const f = useFormat();
  const dismissed = report.leftOut.filter(({ reason }) => reason === 'dismissed').length;
  const written = (from: string, sum: string): string => (from === 'amount' ? f.amount(sum, form.currency) : locale === 'nb' ? sum.replace('.', ',') : sum);
  const totals: Total[] = [
    { title: t.rows, sum: f.number(report.rows.length) },
    ...form.columns.filter(({ as }) => as === 'whole' || as === 'decimal').map(({ key, title, from }) => {
      const sum = sumOfColumn(report, key);
      return { title, sum: sum === null ? t.notNumbers : written(from, sum) };
    }),
  ];
  const columns: Column<Total>[] = [
    { key: 'title', head: t.measure, names: true, cell: ({ title }) => title },
    { key: 'sum', head: t.sum, label: t.sum, numeric: true, cell: ({ sum }) => sum },
  ];
  return (
    <>
      <DataTable caption={t.totalsCaption} columns={columns} rows={totals} keyOf={({ title }) => title} />
      {dismissed > 0 && <p className="muted">{t.leftOut(dismissed)}</p>}
      {report.rows.length > 0 && <Rows form={form} report={report} />}
    </>
  );
}
