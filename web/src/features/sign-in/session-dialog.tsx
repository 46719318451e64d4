import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { useNowHere } from '../../lib/now.ts';
import { useSession } from '../../lib/session.tsx';
import { say } from '../../lib/toasts.ts';
import { SignInWays } from './sign-in-ways.tsx';

/** When the oldest of what the page shows was fetched, in words; null when nothing is shown. */
function useAge(): string | null {
  const f = useFormat();
  const now = useNowHere(5_000);
  const shown = useQueryClient().getQueryCache().findAll({ type: 'active' }).filter(({ state }) => state.data !== undefined);
  if (shown.length === 0) return null;
  return f.relative(new Date(Math.min(now, ...shown.map(({ state }) => state.dataUpdatedAt))).toISOString(), now);
}

/** The session ended by itself: signing in again happens over the page, which keeps everything typed into it. */
export function SessionDialog() {
  const t = useT();
  const { email } = useSession();
  const age = useAge();
  const [open, setOpen] = useState(true);
  return (
    <>
      <div className="banner banner-error" role="alert">
        <p><strong>{t.signIn.expired}</strong> {age && t.fresh.showingOld(age)}</p>
        <button type="button" onClick={() => setOpen(true)}>{t.signIn.submit}</button>
      </div>
      {open && (
        <Dialog title={t.signIn.againTitle} onClose={() => setOpen(false)}>
          <p>{t.signIn.againBody}</p>
          <SignInWays email={email} onDone={() => say({ tone: 'done', text: t.signIn.welcome })} />
          <button type="button" className="quiet" onClick={() => setOpen(false)}>{t.app.close}</button>
        </Dialog>
      )}
    </>
  );
}
