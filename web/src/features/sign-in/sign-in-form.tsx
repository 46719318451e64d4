import { isAuthApiError, isAuthRetryableFetchError } from '@supabase/auth-js';
import { useId, useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { useClient } from '../../lib/client-context.tsx';
import { formText } from '../../lib/form-text.ts';
import { useT } from '../../lib/i18n.tsx';
import type { Messages } from '../../lib/i18n/nb.ts';

function reasonOf(error: unknown, t: Messages): string {
  if (isAuthRetryableFetchError(error)) return t.signIn.down;
  if (isAuthApiError(error)) {
    if (error.code === 'invalid_credentials' || error.status === 400) return t.signIn.wrong;
    if (error.status === 429) return t.signIn.tooMany;
    return error.status >= 500 ? t.signIn.down : t.signIn.other(error.message);
  }
  return t.signIn.down;
}

/** E-mail and password. Paste and password managers work; a refusal says why and keeps what was typed. */
export function SignInForm({ email, onDone }: { email: string | null; onDone?: () => void }) {
  const t = useT();
  const { auth } = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const busy = useRef(false);
  const emailId = useId();
  const passwordId = useId();
  const problemId = useId();

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget);
    const [address, password] = [formText(entered, 'email').trim(), formText(entered, 'password')];
    if (busy.current) return;
    if (!address || !password) return setProblem(t.signIn.missing);
    busy.current = true;
    setPending(true);
    setProblem(null);
    try {
      const { error } = await auth.signInWithPassword({ email: address, password });
      if (error) setProblem(reasonOf(error, t));
      else onDone?.();
    } catch (error) {
      setProblem(reasonOf(error, t));
    } finally {
      busy.current = false;
      setPending(false);
    }
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor={emailId}>{t.signIn.email}</label>
      <input
        id={emailId} name="email" type="email" autoComplete="username" required defaultValue={email ?? ''}
        aria-describedby={problem ? problemId : undefined} aria-invalid={problem ? true : undefined}
      />
      <label htmlFor={passwordId}>{t.signIn.password}</label>
      <input
        id={passwordId} name="password" type="password" autoComplete="current-password" required
        aria-describedby={problem ? problemId : undefined} data-first-focus={email ? true : undefined}
      />
      <p className="form-problem" id={problemId} role="alert">{problem}</p>
      <button type="submit" className="primary" aria-disabled={pending || undefined}>{pending ? t.signIn.busy : t.signIn.submit}</button>
    </form>
  );
}
