import { isAuthApiError } from '@supabase/auth-js';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { formText } from '../../lib/form-text.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { useSession } from '../../lib/session.tsx';
import { say } from '../../lib/toasts.ts';
import { signInWords } from './words.ts';
import type { SignInWords } from './words.ts';

const SHORTEST = 8;

function reasonOf(error: unknown, words: SignInWords, down: string): string {
  const code = isAuthApiError(error) ? error.code : undefined;
  if (code === 'same_password') return words.samePassword;
  if (code === 'weak_password') return words.weakPassword;
  if (code === 'reauthentication_needed') return words.needsFresh;
  return down;
}

/** A new password for whoever is signed in; wherever else they are, they are signed out. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t, locale } = useI18n();
  const words = signInWords[locale];
  const { auth } = useClient();
  const { email } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const id = useId();
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const password = formText(new FormData(event.currentTarget), 'password');
    if (pending) return;
    if (password.length < SHORTEST) return setProblem(words.tooShort);
    setPending(true);
    setProblem(null);
    try {
      const { error } = await auth.updateUser({ password });
      if (error) return setProblem(reasonOf(error, words, t.signIn.down));
      const { error: others } = await auth.signOut({ scope: 'others' });
      say({ tone: 'done', text: others ? words.changedHere : words.changed });
      onClose();
    } catch (error) {
      setProblem(reasonOf(error, words, t.signIn.down));
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog title={words.passwordTitle} onClose={onClose}>
      <form className="form" noValidate onSubmit={(event) => void submit(event)}>
        <p>{words.passwordWhat}</p>
        {/* For password managers, which keep the two together. */}
        <input type="text" name="username" autoComplete="username" value={email ?? ''} readOnly hidden />
        <label htmlFor={id}>{words.newPassword}</label>
        <input
          id={id} name="password" type="password" autoComplete="new-password" minLength={SHORTEST} required data-first-focus
          aria-describedby={`${id}-problem`} aria-invalid={problem ? true : undefined}
        />
        <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <ActionButton type="submit" primary pending={pending}>{pending ? words.changing : words.change}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}
