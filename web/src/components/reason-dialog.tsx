import { useId, useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import { useT } from '../lib/i18n.tsx';
import { ActionButton } from './action-button.tsx';
import { Dialog } from './dialog.tsx';

type ReasonDialogProps = {
  title: string;
  body: ReactNode;
  /** The ways to go on, in the order shown; each has the word on its button. */
  choices: readonly { word: string; act: (reason: string) => Promise<boolean> }[];
  pending: boolean;
  onClose: () => void;
};

const SHORTEST = 3;

/** Asks for a reason before something that others will want to understand later. */
export function ReasonDialog({ title, body, choices, pending, onClose }: ReasonDialogProps) {
  const t = useT();
  const id = useId();
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const go = async (act: (reason: string) => Promise<boolean>): Promise<void> => {
    if (reason.trim().length < SHORTEST) return setProblem(t.app.reasonMissing);
    setProblem(null);
    if (await act(reason.trim())) onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [only] = choices;
    if (choices.length === 1 && only) void go(only.act);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>{body}</p>
        <div className="form">
          <label htmlFor={id}>{t.app.reason}</label>
          <input
            id={id} name="reason" autoComplete="off" value={reason} onChange={(event) => setReason(event.currentTarget.value)}
            aria-invalid={problem ? true : undefined} aria-describedby={`${id}-problem`}
          />
          <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        </div>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          {choices.map(({ word, act }) => (
            <ActionButton key={word} primary pending={pending} onClick={() => void go(act)}>{word}</ActionButton>
          ))}
        </div>
      </form>
    </Dialog>
  );
}
