import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { Template } from './form/template.ts';
import { changedQuery } from './queries.ts';
import type { ChangedRecord } from './queries.ts';
import { differencesOf, isLeftOutNow } from './record-differences.ts';
import { grantWords } from './words.ts';

/** Which records of a report are other than when it was handed in, and how. */
export function ChangedRecords({ report, form }: { report: string; form: Template }) {
  const t = grantWords[useI18n().locale];
  const client = useClient();
  const { org } = useOrg();
  const query = useQuery(changedQuery(client, org.id, report));
  const name = ({ slug, record_id: id, source_id: source, change }: ChangedRecord) => (
    slug !== null && change !== 'gone' ? <Link href={paths.record(org.slug, slug, id)}>{printable(source)}</Link> : printable(source)
  );
  const how = (row: ChangedRecord) => (
    <>
      {isLeftOutNow(row) ? t.changes.gone : t.changes[row.change]}
      {differencesOf(form, row).map(({ key, title, was, now }) => (
        <div key={key}>{title}: {printable(was ?? t.nothing)} → {printable(now ?? t.nothing)}</div>
      ))}
    </>
  );
  const columns: Column<ChangedRecord>[] = [
    { key: 'record', head: t.record, label: t.record, names: true, cell: name },
    { key: 'change', head: t.change, label: t.change, cell: how },
  ];
  return (
    <Loaded query={query}>
      {(rows) => (
        <>
          <p>{t.changedBody(rows.length)}</p>
          <DataTable caption={t.changedCaption} columns={columns} rows={rows} keyOf={({ record_id: id }) => id} />
        </>
      )}
    </Loaded>
  );
}
