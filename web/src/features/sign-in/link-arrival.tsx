import { isAuthRetryableFetchError } from '@supabase/auth-js';
import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import type { SignInLink } from '../../lib/sign-in-link.ts';
import { say } from '../../lib/toasts.ts';
import { signInWords } from './words.ts';

/**
 * Somebody followed the link in the mail. It is used when they press the button: a program that only looks at links uses none
 * up, and nobody is signed in as somebody else without doing anything.
 */
export function LinkArrival({ link, onUsedUp }: { link: SignInLink; onUsedUp: () => void }) {
  const { t, locale } = useI18n();
  const words = signInWords[locale];
  const { auth } = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const use = async (): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      const { data, error } = await auth.verifyOtp({ token_hash: link.hash, type: link.type });
      if (!error) return say({ tone: 'done', text: words.signedInAs(data.user?.email ?? '') });
      setProblem(isAuthRetryableFetchError(error) ? t.signIn.down : error.status === 429 ? t.signIn.tooMany : words.usedUp);
    } catch {
      setProblem(t.signIn.down);
    } finally {
      setPending(false);
    }
  };
  return (
    <div className="form">
      <p>{words.arrivedWhat}</p>
      <p className="form-problem" role="alert">{problem}</p>
      <ActionButton primary pending={pending} onClick={() => void use()}>{pending ? t.signIn.busy : words.useIt}</ActionButton>
      <button type="button" className="quiet" onClick={onUsedUp}>{problem ? words.again : words.back}</button>
    </div>
  );
}
