import { Suspense, lazy, useState } from 'react';
import { useT } from '../../lib/i18n.tsx';
import type { SignInLink } from '../../lib/sign-in-link.ts';
import { SignInForm } from './sign-in-form.tsx';

// Most people sign in by password: the other ways are fetched when they are wanted.
const LinkRequest = lazy(async () => ({ default: (await import('./link-request.tsx')).LinkRequest }));
const LinkArrival = lazy(async () => ({ default: (await import('./link-arrival.tsx')).LinkArrival }));

type SignInWaysProps = { email: string | null; link?: SignInLink | null; onDone?: () => void };

/** By password, or by a link that comes by e-mail. */
export function SignInWays({ email, link = null, onDone }: SignInWaysProps) {
  const t = useT();
  const [way, setWay] = useState<'password' | 'link' | 'arrival'>(link ? 'arrival' : 'password');
  const toPassword = (): void => setWay('password');
  return (
    <Suspense fallback={<p className="loading" aria-busy="true">{t.app.loading}</p>}>
      {way === 'arrival' && link && <LinkArrival link={link} onUsedUp={() => setWay('link')} />}
      {way === 'link' && <LinkRequest email={email} onBack={toPassword} />}
      {way === 'password' && (
        <>
          <SignInForm email={email} onDone={onDone} />
          <button type="button" className="quiet" onClick={() => setWay('link')}>{t.signIn.byLink}</button>
        </>
      )}
    </Suspense>
  );
}
