import { useEffect, useState } from 'react';
import { useT } from '../lib/i18n.tsx';
import { unsay, useToasts } from '../lib/toasts.ts';
import type { Toast } from '../lib/toasts.ts';
import { StatusIcon } from './icons.tsx';

const SHOWN_MS = 12_000;

const LOOKS = { done: 'ok', problem: 'error', why: 'waiting' } as const;

function ToastItem({ toast }: { toast: Toast }) {
  const t = useT();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held || toast.tone === 'problem') return;
    const timer = setTimeout(() => unsay(toast.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held, toast]);
  return (
    <li
      className={`toast tone-${LOOKS[toast.tone]}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <StatusIcon kind={LOOKS[toast.tone]} />
      <div>
        <p>{toast.text}</p>
        {toast.hint && <p>{toast.hint}</p>}
        {toast.undo && (
          <button
            type="button"
            onClick={() => {
              toast.undo?.act();
              unsay(toast.id);
            }}
          >
            {toast.undo.word}
          </button>
        )}
      </div>
      <button type="button" className="quiet" onClick={() => unsay(toast.id)} aria-label={t.app.dismiss}>×</button>
    </li>
  );
}

/** What came of actions. Both live regions exist from the start, so that what is put into them is read out. */
export function Toasts() {
  const t = useT();
  const toasts = useToasts();
  const items = (problems: boolean) => toasts.filter(({ tone }) => (tone === 'problem') === problems)
    .map((toast) => <ToastItem key={toast.id} toast={toast} />);
  return (
    <section className="toasts" aria-label={t.app.messages}>
      <ul aria-live="polite">{items(false)}</ul>
      <ul aria-live="assertive">{items(true)}</ul>
    </section>
  );
}
