import type { Format } from '../../lib/format.ts';
import { useFormat } from '../../lib/i18n.tsx';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { AuditEntry } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
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

/** Each field an entry changed, before and after; nothing where it changed none. */
export function FieldList({ entry, label }: { entry: Pick<AuditEntry, 'before' | 'after'>; label: string }) {
  const f = useFormat();
  const all = useManageWords();
  const words = all.audit;
  const changes = fieldChanges(entry);
  if (changes.length === 0) return null;
  return (
    <dl className="changes" aria-label={label}>
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
  );
}
