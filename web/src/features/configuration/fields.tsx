import { useId } from 'react';
import type { ReactNode } from 'react';

type TextFieldProps = {
  label: ReactNode;
  value: string;
  change: (value: string) => void;
  hint?: string;
  problem?: string | undefined;
  /** Why it cannot be changed; null when it can. */
  off: string | null;
  type?: 'text' | 'datetime-local' | 'time';
  numeric?: boolean;
};

/** A labelled field with what it takes below it, and what is wrong below that. */
export function TextField({ label, value, change, hint, problem, off, type = 'text', numeric = false }: TextFieldProps) {
  const id = useId();
  return (
    <div className="form">
      <label htmlFor={id}>{label}</label>
      <input
        id={id} type={type} value={value} autoComplete="off" spellCheck={false} inputMode={numeric ? 'decimal' : undefined}
        readOnly={off !== null} title={off ?? undefined} aria-invalid={problem ? true : undefined} aria-describedby={`${id}-hint ${id}-problem`}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <p className="muted" id={`${id}-hint`}>{hint}</p>
      <p className="form-problem" id={`${id}-problem`}>{problem}</p>
    </div>
  );
}
