import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { useFormat } from '../../lib/i18n.tsx';
import { formText } from '../../lib/form-text.ts';
import type { Range } from './address.ts';
import { dayAfter, readRange, writeRange } from './address.ts';
import { useHistoryWords } from './use-words.ts';

/** A range in words: two days, or two times of days. */
export function useRangeText(): (range: Range) => string {
  const words = useHistoryWords();
  const f = useFormat();
  const side = (text: string): string => (text.length === 10 ? f.date(text) : `${f.date(text.slice(0, 10))}, ${text.slice(11)}`);
  return (range) => {
    const { from, to } = writeRange(range);
    return from === to ? side(from) : words.span(side(from), side(to));
  };
}

/** The way to a range that needs no chart: two dates. */
export function RangeForm({ range, today, choose }: { range: Range | null; today: string; choose: (range: Range) => void }) {
  const words = useHistoryWords();
  const id = useId();
  const [problem, setProblem] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const wanted = readRange(formText(given, 'from'), formText(given, 'to'));
    setProblem(wanted === null);
    if (wanted) choose(wanted);
  };
  const last = range && (range.to.endsWith('T00:00') ? dayAfter(range.to.slice(0, 10), -1) : range.to.slice(0, 10));
  return (
    <form className="range-form" onSubmit={submit} key={`${range?.from} ${range?.to}`} noValidate>
      <div className="form">
        <label htmlFor={`${id}-from`}>{words.from}</label>
        <input id={`${id}-from`} type="date" name="from" max={today} defaultValue={range?.from.slice(0, 10)} aria-describedby={`${id}-problem`} />
      </div>
      <div className="form">
        <label htmlFor={`${id}-to`}>{words.to}</label>
        <input id={`${id}-to`} type="date" name="to" max={today} defaultValue={last ?? undefined} aria-describedby={`${id}-problem`} />
      </div>
      <button type="submit">{words.apply}</button>
      <p className="form-problem" id={`${id}-problem`} role="alert">{problem && words.wrong}</p>
    </form>
  );
}
