import { Link } from 'wouter';
import { Time } from '../../components/time.tsx';
import type { Format } from '../../lib/format.ts';
import { useFormat } from '../../lib/i18n.tsx';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { AuditEntry } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { fieldChanges } from './field-changes.ts';

function valueIn(words: ManageWords['audit'], f: Format, value: unknown): string {
  if (value === null || value === undefined || value === '') return words.nothing;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return f.number(value);
  if (typeof value !== 'string') return printable(JSON.stringify(value));
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value)) ? f.dateTime(value) : printable(value);
}

function fieldIn(words: ManageWords, path: string): string {
  const last = path.split('.').at(-1) ?? path;
  return words.audit.fields[path] ?? words.configuration.thresholds[last] ?? path;
}

/** `record 812` in the reader's words. */
function subjectIn(words: ManageWords['audit'], subject: string): string {
  const [, kind = '', name = ''] = /^(.+) (\S+)$/.exec(subject) ?? [];
  return printable(words.subjects[kind] ? `${words.subjects[kind]} ${name}` : subject);
}

/** One entry: who did what, when and why, and each field before and after. */
export function EntryItem({ entry }: { entry: AuditEntry }) {
  const f = useFormat();
  const all = useManageWords();
  const words = all.audit;
  const { org, overview } = useOrg();
  const integration = overview.data?.find((row) => row.integration_id === entry.integration_id);
  const what = words.actions[entry.action] ?? entry.action;
  const changes = fieldChanges(entry);
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
      {changes.length > 0 && (
        <dl className="changes" aria-label={words.changes(what)}>
          {changes.map(({ path, before, after }) => (
            <div key={path}>
              <dt>{fieldIn(all, path)}</dt>
              <dd>
                {entry.before && <><span className="sr">{words.before}</span> <del>{valueIn(words, f, before)}</del></>}
                {entry.before && entry.after && <span aria-hidden="true"> → </span>}
                {entry.after && <><span className="sr">{words.after}</span> <ins>{valueIn(words, f, after)}</ins></>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {entry.reason && <p className="quote">{words.reason(printable(entry.reason))}</p>}
    </li>
  );
}
