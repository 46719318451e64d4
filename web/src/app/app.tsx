import { Suspense, lazy } from 'react';
import { Redirect, Route, Switch, useLocation, useSearchParams } from 'wouter';
import { Toasts } from '../components/toasts.tsx';
import { SessionDialog } from '../features/sign-in/session-dialog.tsx';
import { SignInPage } from '../features/sign-in/sign-in-page.tsx';
import { I18nProvider, useT } from '../lib/i18n.tsx';
import type { Catalogue } from '../lib/i18n.tsx';
import { safeNext } from '../lib/safe-next.ts';
import { SessionProvider, useSession } from '../lib/session.tsx';
import { CrashBoundary } from './crash-boundary.tsx';
import { FirstOrganization } from './first-organization.tsx';
import { OrganizationFrame } from './organization-frame.tsx';
import { NotFound } from './not-found.tsx';

const MyInvitations = lazy(async () => ({ default: (await import('../features/members/my-invitations.tsx')).MyInvitations }));

function SignedIn() {
  const t = useT();
  return (
    <Switch>
      <Route path="/"><FirstOrganization /></Route>
      <Route path="/invitations">
        <Suspense fallback={<main className="alone"><p aria-busy="true">{t.app.loading}</p></main>}><MyInvitations /></Suspense>
      </Route>
      <Route path="/o/:org/*?">{({ org }) => <OrganizationFrame key={org} slug={org} />}</Route>
      <Route><main className="alone"><NotFound /></main></Route>
    </Switch>
  );
}

function Unconfirmed() {
  const t = useT();
  const { recheck } = useSession();
  return (
    <main className="alone">
      <div className="card stack" role="alert">
        <p>{t.signIn.unconfirmed}</p>
        <div className="row"><button type="button" onClick={recheck}>{t.app.tryAgain}</button></div>
      </div>
    </main>
  );
}

function Gate() {
  const t = useT();
  const { state, left } = useSession();
  const [path] = useLocation();
  const [search] = useSearchParams();
  const signingIn = path === '/sign-in';
  if (state === 'checking') return <main className="alone"><p aria-busy="true">{t.app.checkingSession}</p></main>;
  if (state === 'unconfirmed') return <Unconfirmed />;
  if (state === 'out') {
    if (signingIn) return <SignInPage />;
    const here = `${path}${search.size > 0 ? `?${search}` : ''}`;
    return <Redirect to={left || here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  if (signingIn) return <Redirect to={safeNext(search.get('next'), location.origin)} replace />;
  return (
    <>
      {state === 'lost' && <SessionDialog />}
      <SignedIn />
    </>
  );
}

export function App({ catalogue }: { catalogue: Catalogue }) {
  return (
    <I18nProvider first={catalogue}>
      <CrashBoundary>
        <SessionProvider>
          <Gate />
          <Toasts />
        </SessionProvider>
      </CrashBoundary>
    </I18nProvider>
  );
}
