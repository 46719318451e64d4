import { useState } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { useT } from '../../lib/i18n.tsx';
import { useSession } from '../../lib/session.tsx';
import { say } from '../../lib/toasts.ts';
import { SignInForm } from './sign-in-form.tsx';

/** The session ended by itself: signing in again happens over the page, which keeps everything typed into it. */
export function SessionDialog() {
  const t = useT();
  const { email } = useSession();
  const [open, setOpen] = useState(true);
  return (
    <>
      <div className="banner banner-error" role="alert">
        <p>{t.signIn.expired}</p>
        <button type="button" onClick={() => setOpen(true)}>{t.signIn.submit}</button>
      </div>
      {open && (
        <Dialog title={t.signIn.againTitle} onClose={() => setOpen(false)}>
          <p>{t.signIn.againBody}</p>
          <SignInForm email={email} onDone={() => say({ tone: 'done', text: t.signIn.welcome })} />
          <button type="button" className="quiet" onClick={() => setOpen(false)}>{t.app.close}</button>
        </Dialog>
      )}
    </>
  );
}
