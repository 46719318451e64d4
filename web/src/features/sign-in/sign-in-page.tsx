import { Page } from '../../components/page.tsx';
import { LANGUAGES, useI18n } from '../../lib/i18n.tsx';
import type { Locale } from '../../lib/format.ts';
import { useSession } from '../../lib/session.tsx';
import { SignInForm } from './sign-in-form.tsx';

export function SignInPage() {
  const { t, locale, choose } = useI18n();
  const { email } = useSession();
  return (
    <main className="alone">
      <div className="card sign-in">
        <p className="brand">Syncward</p>
        <Page title={t.signIn.title}>
          <p className="muted">{t.signIn.intro}</p>
          <SignInForm email={email} />
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
