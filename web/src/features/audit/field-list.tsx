import type { Format } from '../../lib/format.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import type { Messages } from '../../lib/i18n/nb.ts';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import type { AuditEntry } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { printable } from '../../lib/printable.ts';
import { Calendar, scheduleInWords } from '../../lib/schedule.ts';
import { fieldChanges } from './field-changes.ts';

type Tell = { words: ManageWords['audit']; f: Format; t: Messages };

function valueIn({ words, f, t }: Tell, path: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return words.nothing;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return f.number(value);
  const calendar = path === 'calendar' ? Calendar.safeParse(value).data : undefined;
  if (calendar) return scheduleInWords({ calendar }, t, f) ?? '';
  if (typeof value !== 'string') return printable(JSON.stringify(value));
  const known = words.values[path];
  if (known && Object.hasOwn(known, value)) return known[value] ?? value;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value)) ? f.dateTime(value) : printable(value);
}

function fieldIn(words: ManageWords, path: string): string {
  const last = path.split('.').at(-1) ?? path;
  return words.audit.fields[path] ?? words.configuration.thresholds[last] ?? path;
}

/** Each field an entry changed, before and after; nothing where it changed none. */
export function FieldList({ entry, label }: { entry: Pick<AuditEntry, 'before' | 'after'>; label: string }) {
  const all = useManageWords();
  const words = all.audit;
  const tell = { words, f: useFormat(), t: useT() };
  const changes = fieldChanges(entry);
  if (changes.length === 0) return null;
  return (
    <dl className="changes" aria-label={label}>
      {changes.map(({ path, before, after }) => (
        <div key={path}>
          <dt>{fieldIn(all, path)}</dt>
          <dd>
            {entry.before && <><span className="sr">{words.before}</span> <del>{valueIn(tell, path, before)}</del></>}
            {entry.before && entry.after && <span aria-hidden="true"> → </span>}
            {entry.after && <><span className="sr">{words.after}</span> <ins>{valueIn(tell, path, after)}</ins></>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
