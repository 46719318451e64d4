import { Suspense, lazy } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Overview } from '../features/overview/overview.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import type { Organization } from '../lib/rows.ts';
import { useOff } from '../lib/use-off.ts';
import { Banners } from './banners.tsx';
import { CrashBoundary } from './crash-boundary.tsx';
import { Header } from './header.tsx';
import { IntegrationRoutes } from './integration-routes.tsx';
import { NotFound } from './not-found.tsx';
import { Printed } from './printed.tsx';

const ReportPage = lazy(async () => ({ default: (await import('../features/report/report-page.tsx')).ReportPage }));
const GrantReportPage = lazy(async () => ({ default: (await import('../features/grant-report/grant-report-page.tsx')).GrantReportPage }));
const Inbox = lazy(async () => ({ default: (await import('../features/notifications/inbox.tsx')).Inbox }));
const PreferencesPage = lazy(async () => ({ default: (await import('../features/notifications/preferences-page.tsx')).PreferencesPage }));
const MaintenancePage = lazy(async () => ({ default: (await import('../features/maintenance/maintenance-page.tsx')).MaintenancePage }));
const MembersPage = lazy(async () => ({ default: (await import('../features/members/members-page.tsx')).MembersPage }));
const AuditPage = lazy(async () => ({ default: (await import('../features/audit/audit-page.tsx')).AuditPage }));

/** Header, banners and the page itself. */
export function Shell({ organizations }: { organizations: readonly Organization[] }) {
  const t = useT();
  const { org } = useOrg();
  const off = useOff();
  const [path] = useLocation();
  return (
    <>
      <a className="skip" href="#main">{t.app.skip}</a>
      <Header organizations={organizations} />
      <Banners />
      <main id="main" tabIndex={-1}>
        {off && <p className="note">{off}</p>}
        <CrashBoundary within={path}>
          <Suspense fallback={<p className="loading" aria-busy="true">{t.app.loading}</p>}>
            <Switch>
              <Route path="/o/:org"><Overview /></Route>
              <Route path="/o/:org/notifications"><Inbox /></Route>
              <Route path="/o/:org/notifications/settings"><PreferencesPage /></Route>
              <Route path="/o/:org/maintenance"><MaintenancePage /></Route>
              <Route path="/o/:org/members"><MembersPage /></Route>
              <Route path="/o/:org/audit"><AuditPage /></Route>
              <Route path="/o/:org/report"><ReportPage /></Route>
              <Route path="/o/:org/grant-report"><GrantReportPage /></Route>
              <Route path="/o/:org/i/:slug/*?">{({ slug }) => <IntegrationRoutes key={slug} slug={slug} />}</Route>
              <Route><NotFound home={paths.overview(org.slug)} /></Route>
            </Switch>
          </Suspense>
        </CrashBoundary>
      </main>
      <Printed />
    </>
  );
}
