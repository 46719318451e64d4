import { useState } from 'react';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import type { Draft } from './draft.ts';
import type { Issue } from './form/check.ts';
import type { Cell, Template } from './form/template.ts';
import { issueWords } from './issue-words.ts';
import { grantWords } from './words.ts';

/** Longer texts get more than one line to be typed into. */
const ONE_LINE = 400;

type ParticularsProps = {
  form: Template;
  draft: Draft;
  issues: readonly Issue[];
  idOf: (key: string) => string;
  /** The sum a field must be, where the form says so and there is one. */
  sumFor: (key: string) => string | null;
  onChange: (draft: Draft) => void;
};

function Particular({ cell, props }: { cell: Cell; props: ParticularsProps }) {
  const { locale } = useI18n();
  const t = grantWords[locale];
  const f = useFormat();
  const { form, draft, issues, idOf, sumFor, onChange } = props;
  const [left, setLeft] = useState(false);
  const { key, title, as, maxLength, required, choices } = cell;
  const id = idOf(key);
  const value = draft[key] ?? '';
  const sum = sumFor(key);
  // What nobody has come to yet is no fault of theirs.
  const wrong = left || value.trim() !== '' ? issues.find(({ path }) => path === `/fields/${key}`) : undefined;
  const set = (text: string): void => onChange({ ...draft, [key]: text });
  const own = {
    id, value, autoComplete: 'off', 'aria-required': required || undefined, 'aria-invalid': wrong ? true as const : undefined, 'aria-describedby': `${id}-problem`,
    onBlur: () => setLeft(true),
  };
  const part = choices !== undefined ? (
    <select {...own} onChange={(event) => set(event.currentTarget.value)}>
      <option value="" />
      {choices.map((choice) => <option key={choice}>{choice}</option>)}
    </select>
  ) : as === 'text' && maxLength > ONE_LINE && cell.pattern === undefined
    ? <textarea {...own} rows={5} onChange={(event) => set(event.currentTarget.value)} />
    : (
      <input
        {...own} type={as === 'date' ? 'date' : 'text'} inputMode={as === 'whole' || as === 'decimal' ? 'decimal' : undefined}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
  return (
    <div className={maxLength > ONE_LINE && as === 'text' && cell.pattern === undefined ? 'form wide' : 'form'}>
      <label htmlFor={id}>{title} {required && <span className="muted">{t.required}</span>}</label>
      {part}
      <p className="form-problem" id={`${id}-problem`}>{wrong && issueWords[locale](wrong)}</p>
      {sum !== null && sum !== value && (
        <div className="row start"><button type="button" className="quiet" onClick={() => set(sum)}>{t.useSum(f.amount(sum, form.currency))}</button></div>
      )}
    </div>
  );
}

/** What the form asks of a person once, each with what is wrong with it beside it. */
export function Particulars(props: ParticularsProps) {
  const t = grantWords[useI18n().locale];
  return (
    <>
      <p className="muted">{t.fieldsBody}</p>
      <div className="fields">
        {props.form.fields.map((cell) => <Particular key={cell.key} cell={cell} props={props} />)}
      </div>
    </>
  );
}
