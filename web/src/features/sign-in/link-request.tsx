import { isAuthApiError, isAuthRetryableFetchError } from '@supabase/auth-js';
import { useId, useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { useClient } from '../../lib/client-context.tsx';
import { formText } from '../../lib/form-text.ts';
import { useI18n } from '../../lib/i18n.tsx';
import type { Messages } from '../../lib/i18n/nb.ts';
import { remember } from '../../lib/memory.ts';
import { keepNext } from '../../lib/sign-in-link.ts';
import { signInWords } from './words.ts';
import type { SignInWords } from './words.ts';

/** Why no link was sent; null where it cannot be told from one that was, as for an address nobody has signed up with. */
function reasonOf(error: unknown, words: SignInWords, t: Messages): string | null {
  if (isAuthRetryableFetchError(error)) return t.signIn.down;
  if (!isAuthApiError(error)) return words.notSent;
  if (error.status === 429) return t.signIn.tooMany;
  if (error.code === 'otp_disabled' || error.code === 'signup_disabled' || error.code === 'user_not_found') return null;
  return error.code === 'validation_failed' || error.code === 'email_address_invalid' ? words.badAddress : words.notSent;
}

/** Asks for a link by e-mail. What it says afterwards is the same for every address. */
export function LinkRequest({ email, onBack }: { email: string | null; onBack: () => void }) {
  const { t, locale } = useI18n();
  const words = signInWords[locale];
  const { auth } = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const busy = useRef(false);
  const id = useId();

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const address = formText(new FormData(event.currentTarget), 'email').trim();
    if (busy.current) return;
    setSentTo(null);
    if (!address) return setProblem(words.missing);
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) return setProblem(words.badAddress);
    busy.current = true;
    setPending(true);
    setProblem(null);
    remember('next', keepNext(new URLSearchParams(location.search).get('next') ?? location.pathname + location.search, Date.now()));
    try {
      // Whoever was invited need not have an account; one that nobody made a member of anything sees nothing.
      const { error } = await auth.signInWithOtp({ email: address, options: { shouldCreateUser: true } });
      const why = error && reasonOf(error, words, t);
      setProblem(why);
      if (!why) setSentTo(address);
    } catch (error) {
      setProblem(reasonOf(error, words, t) ?? words.notSent);
    } finally {
      busy.current = false;
      setPending(false);
    }
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)} noValidate>
      <p className="muted" id={`${id}-what`}>{words.what}</p>
      <label htmlFor={`${id}-email`}>{t.signIn.email}</label>
      <input
        id={`${id}-email`} name="email" type="email" autoComplete="username" required defaultValue={email ?? ''} data-first-focus
        aria-describedby={problem ? `${id}-problem` : `${id}-what`} aria-invalid={problem ? true : undefined}
      />
      <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
      <p role="status">{sentTo && words.sent(sentTo)}</p>
      <button type="submit" className="primary" aria-disabled={pending || undefined}>
        {pending ? words.sending : sentTo ? words.again : words.send}
      </button>
      <button type="button" className="quiet" onClick={onBack}>{words.back}</button>
    </form>
  );
}
