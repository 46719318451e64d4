import { Link } from 'wouter';
import { Time } from '../../components/time.tsx';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { AuditEntry } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { FieldList } from './field-list.tsx';

/** `record 812` in the reader's words. */
function subjectIn(words: ManageWords['audit'], subject: string): string {
  const [, kind = '', name = ''] = /^(.+) (\S+)$/.exec(subject) ?? [];
  return printable(words.subjects[kind] ? `${words.subjects[kind]} ${name}` : subject);
}

/** One entry: who did what, when and why, and each field before and after. */
export function EntryItem({ entry }: { entry: AuditEntry }) {
  const words = useManageWords().audit;
  const { org, overview } = useOrg();
  const integration = overview.data?.find((row) => row.integration_id === entry.integration_id);
  const what = words.actions[entry.action] ?? entry.action;
  return (
    <li className="card entry" id={`entry-${entry.id}`}>
      <p>
        <strong>{entry.actor_id ? printable(entry.actor) : `${words.system} (${printable(entry.actor)})`}</strong> {what}
        {integration && <> · <Link href={paths.integration(org.slug, integration.slug)}>{integration.name}</Link></>}
        {entry.subject && !entry.subject.startsWith('member ') && <span className="muted"> · {subjectIn(words, entry.subject)}</span>}
      </p>
      <p className="muted">
        <Time iso={entry.at} as="both" />{' '}
        <Link href={`${paths.audit(org.slug)}?entry=${entry.id}`} aria-label={words.link(entry.id)}>#{entry.id}</Link>
      </p>
      <FieldList entry={entry} label={words.changes(what)} />
      {entry.reason && <p className="quote">{words.reason(printable(entry.reason))}</p>}
    </li>
  );
}
