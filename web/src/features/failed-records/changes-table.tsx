import type { ReactNode } from 'react';
import { useFixT } from '../../lib/fix-words.ts';
import { printable } from '../../lib/printable.ts';
import type { FieldChange } from './content-changes.ts';

const MOST_FIELDS = 40;

function Value({ text }: { text: string | null }) {
  const t = useFixT();
  return text === null ? <span className="muted">{t.fix.absent}</span> : <code>{printable(text)}</code>;
}

/** What is sent, field by field: now and after, with what changes marked by a word, not only by colour. */
export function ChangesTable({ caption, changes }: { caption: ReactNode; changes: readonly FieldChange[] }) {
  const t = useFixT();
  const c = t.fix.columns;
  const shown = changes.slice(0, MOST_FIELDS);
  const rest = changes.length - shown.length;
  return (
    <>
      <table className="fix-changes">
        <caption>{caption}</caption>
        <thead>
          <tr><th scope="col">{c.field}</th><th scope="col">{c.before}</th><th scope="col">{c.after}</th></tr>
        </thead>
        <tbody>
          {shown.map(({ field, before, after, changed }) => (
            <tr key={field} className={changed ? 'fix-changed' : undefined}>
              <th scope="row">{t.fix.own[field] ?? <code>{printable(field)}</code>}</th>
              <td>{changed ? <del><Value text={before} /></del> : <Value text={before} />}</td>
              <td>{changed ? <ins><Value text={after} /> <span className="fix-flag">{t.fix.changed}</span></ins> : <Value text={after} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && <p className="muted">{t.fix.unchanged(rest)}</p>}
    </>
  );
}
