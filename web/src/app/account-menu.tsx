import { Suspense, lazy, useId, useState } from 'react';
import { PersonIcon } from '../components/icons.tsx';
import type { Locale } from '../lib/format.ts';
import { hideSteps, useStepsHidden } from '../lib/first-steps.ts';
import { LANGUAGES, useI18n } from '../lib/i18n.tsx';
import { useOrg } from '../lib/org.tsx';
import { useSession } from '../lib/session.tsx';
import { THEMES, chooseTheme, chosenTheme } from './theme.ts';
import type { Theme } from './theme.ts';

const PasswordDialog = lazy(async () => ({ default: (await import('../features/sign-in/password-dialog.tsx')).PasswordDialog }));

/** Who is signed in, language, appearance, and the way out. */
export function AccountMenu() {
  const { t, locale, choose } = useI18n();
  const { email, signOut } = useSession();
  const { org } = useOrg();
  const [theme, setTheme] = useState(chosenTheme);
  const [changing, setChanging] = useState(false);
  const stepsHidden = useStepsHidden();
  const id = useId();
  return (
    <>
      <button type="button" className="menu-button" popoverTarget={`${id}-menu`} aria-label={t.app.account}><PersonIcon /></button>
      <div id={`${id}-menu`} popover="auto" className="menu stack" role="region" aria-label={t.app.account}>
        <p className="menu-who">{email} <span className="muted">({t.app.roles[org.role]})</span></p>
        <div className="form">
          <label htmlFor={`${id}-language`}>{t.app.language}</label>
          <select id={`${id}-language`} value={locale} onChange={(event) => choose(event.currentTarget.value as Locale)}>
            {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
          </select>
          <label htmlFor={`${id}-theme`}>{t.app.theme}</label>
          <select
            id={`${id}-theme`} value={theme}
            onChange={(event) => {
              const chosen = event.currentTarget.value as Theme;
              chooseTheme(chosen);
              setTheme(chosen);
            }}
          >
            {THEMES.map((one) => <option key={one} value={one}>{t.app.themes[one]}</option>)}
          </select>
        </div>
        <button type="button" popoverTarget={`${id}-menu`} popoverTargetAction="hide" onClick={() => setChanging(true)}>{t.signIn.changePassword}</button>
        {stepsHidden && <button type="button" popoverTarget={`${id}-menu`} popoverTargetAction="hide" onClick={() => hideSteps(false)}>{t.app.firstSteps}</button>}
        <button type="button" onClick={() => void signOut()}>{t.app.signOut}</button>
      </div>
      {changing && <Suspense><PasswordDialog onClose={() => setChanging(false)} /></Suspense>}
    </>
  );
}
