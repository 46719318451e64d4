import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { Loaded } from '../components/loaded.tsx';
import { prefetchFixWords } from '../lib/fix-words.ts';
import { useI18n } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import { NotFound } from './not-found.tsx';

const IntegrationPage = lazy(async () => ({ default: (await import('./integration-page.tsx')).IntegrationPage }));
const ConfigurationPage = lazy(async () => ({ default: (await import('../features/configuration/configuration-page.tsx')).ConfigurationPage }));
const RecordPage = lazy(async () => ({ default: (await import('../features/failed-records/record-page.tsx')).RecordPage }));
const CausePage = lazy(async () => ({ default: (await import('../features/failed-records/cause-page.tsx')).CausePage }));
const RunPage = lazy(async () => ({ default: (await import('./run-page.tsx')).RunPage }));

/** The pages of one integration, once it is known to be there. */
export function IntegrationRoutes({ slug }: { slug: string }) {
  const { t, locale } = useI18n();
  const { org, overview } = useOrg();
  // Beside the page that will ask for them, not after it.
  prefetchFixWords(locale, t);
  return (
    <Loaded query={overview}>
      {(rows) => {
        const integration = rows.find((row) => row.slug === slug);
        if (!integration) return <NotFound title={t.notFound.integration} home={paths.overview(org.slug)} />;
        return (
          <Switch>
            <Route path="/o/:org/i/:slug"><IntegrationPage integration={integration} /></Route>
            <Route path="/o/:org/i/:slug/configuration"><ConfigurationPage integration={integration} /></Route>
            <Route path="/o/:org/i/:slug/records/:id">{({ id }) => <RecordPage key={id} integration={integration} id={id} />}</Route>
            <Route path="/o/:org/i/:slug/causes/:id">{({ id }) => <CausePage key={id} integration={integration} id={id} />}</Route>
            <Route path="/o/:org/i/:slug/runs/:id">{({ id }) => <RunPage key={id} integration={integration} id={id} />}</Route>
            <Route><NotFound home={paths.overview(org.slug)} /></Route>
          </Switch>
        );
      }}
    </Loaded>
  );
}
