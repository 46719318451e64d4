import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import { printable } from '../../lib/printable.ts';
import type { Issue } from './form/check.ts';
import { issueWords } from './issue-words.ts';
import { grantWords } from './words.ts';

const SHOWN = 100;

/** Where a record is to be looked at, and what it is called. */
export type RecordPlace = { name: string; href: string | null };

type IssueListProps = { issues: readonly Issue[]; placeOf: (record: string) => RecordPlace; toField: (key: string) => void };

/** What stands in the way of handing in: place, sentence, and the record or field to go to. */
export function IssueList({ issues, placeOf, toField }: IssueListProps) {
  const { locale } = useI18n();
  const t = grantWords[locale];
  if (issues.length === 0) return <p><StatusPill kind="ok" word={t.fine} /></p>;
  const where = ({ record, field, path }: Issue) => {
    if (record !== null) {
      const { name, href } = placeOf(record);
      return href === null ? printable(name) : <Link href={href}>{printable(name)}</Link>;
    }
    if (field === null || !path.startsWith('/fields/')) return '–';
    return <button type="button" className="quiet" onClick={() => toField(field)}>{t.toField}</button>;
  };
  const columns: Column<Issue>[] = [
    { key: 'issue', head: t.issue, label: t.issue, names: true, cell: (issue) => printable(issueWords[locale](issue)) },
    { key: 'record', head: t.record, label: t.record, cell: where },
    { key: 'place', head: t.place, label: t.place, cell: ({ path }) => <code>{path}</code> },
  ];
  return (
    <>
      <p><StatusPill kind="error" word={t.issues(issues.length)} /></p>
      <DataTable caption={t.checkCaption} columns={columns} rows={issues.slice(0, SHOWN)} keyOf={({ path, code }) => `${path} ${code}`} />
      {issues.length > SHOWN && <p className="muted">{t.more(issues.length - SHOWN)}</p>}
      {issues.some(({ record }) => record !== null) && <p className="muted">{t.issuesBody}</p>}
    </>
  );
}
