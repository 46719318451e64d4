import { useId } from 'react';
import { useFixT } from '../../lib/fix-words.ts';
import { printable } from '../../lib/printable.ts';
import { emptyRow } from './correction-draft.ts';
import type { Draft, Row } from './correction-draft.ts';

type CorrectionFieldsProps = { draft: Draft; more: number; focus: boolean; onChange: (draft: Draft) => void };

/** The refused values, each with a place for the right one. */
export function CorrectionFields({ draft, more, focus, onChange }: CorrectionFieldsProps) {
  const t = useFixT();
  const id = useId();
  const setRow = (index: number, change: Partial<Row>) =>
    onChange({ ...draft, rows: draft.rows.map((row, i) => (i === index ? { ...row, ...change } : row)) });
  return (
    <div className="form corrections">
      <p className="muted">{t.retry.mapHint} {t.fix.empty}</p>
      <label htmlFor={`${id}-field`}>{t.retry.field}</label>
      <input
        id={`${id}-field`} value={draft.field} autoComplete="off" spellCheck={false}
        onChange={(event) => onChange({ ...draft, field: event.currentTarget.value })}
      />
      <ul className="plain correction-rows">
        {draft.rows.map(({ from, to, given, records }, index) => (
          <li key={given ? `given ${from}` : `own ${index}`}>
            {!given && (
              <div>
                <label htmlFor={`${id}-from-${index}`}>{t.retry.from}</label>
                <input
                  id={`${id}-from-${index}`} value={from} autoComplete="off" spellCheck={false}
                  onChange={(event) => setRow(index, { from: event.currentTarget.value })}
                />
              </div>
            )}
            <div>
              <label htmlFor={`${id}-to-${index}`}>
                {given ? t.fix.newValue(printable(from)) : t.retry.to}
                {records !== null && <span className="muted"> {t.fix.given(records)}</span>}
              </label>
              <input
                id={`${id}-to-${index}`} value={to} autoComplete="off" spellCheck={false} data-first-focus={(focus && index === 0) || undefined}
                onChange={(event) => setRow(index, { to: event.currentTarget.value })}
              />
            </div>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="muted">{t.fix.more(more)}</p>}
      <div className="row start">
        <button type="button" className="quiet" onClick={() => onChange({ ...draft, rows: [...draft.rows, emptyRow] })}>{t.fix.addValue}</button>
      </div>
    </div>
  );
}
