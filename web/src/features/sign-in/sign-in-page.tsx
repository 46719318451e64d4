import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Page } from '../../components/page.tsx';
import { LANGUAGES, useI18n } from '../../lib/i18n.tsx';
import type { Locale } from '../../lib/format.ts';
import { recall } from '../../lib/memory.ts';
import { useSession } from '../../lib/session.tsx';
import { keptNext, readLink } from '../../lib/sign-in-link.ts';
import { SignInWays } from './sign-in-ways.tsx';

export function SignInPage() {
  const { t, locale, choose } = useI18n();
  const { email } = useSession();
  const [, navigate] = useLocation();
  const [link] = useState(() => readLink(location.hash));
  // Out of the address at once: the link is nobody else's, and Back leads to none.
  useEffect(() => {
    const next = keptNext(recall('next'), Date.now());
    if (link) navigate(`/sign-in${next ? `?next=${encodeURIComponent(next)}` : ''}`, { replace: true });
  }, [link, navigate]);
  return (
    <main className="alone">
      <div className="card sign-in">
        <p className="brand">Syncward</p>
        <Page title={t.signIn.title}>
          <p className="muted">{t.signIn.intro}</p>
          <SignInWays email={email} link={link} />
        </Page>
        <p className="languages">
          {(Object.keys(LANGUAGES) as Locale[]).map((other) => (
            <button key={other} type="button" className="quiet" lang={other} aria-pressed={other === locale} onClick={() => choose(other)}>
              {LANGUAGES[other]}
            </button>
          ))}
        </p>
      </div>
    </main>
  );
}
