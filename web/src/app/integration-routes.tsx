import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { Loaded } from '../components/loaded.tsx';
import '../features/failed-records/fix.css';
import { CausePage } from '../features/failed-records/cause-page.tsx';
import { RecordPage } from '../features/failed-records/record-page.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import { IntegrationPage } from './integration-page.tsx';
import { NotFound } from './not-found.tsx';
import { RunPage } from './run-page.tsx';

const ConfigurationPage = lazy(async () => ({ default: (await import('../features/configuration/configuration-page.tsx')).ConfigurationPage }));

/** The pages of one integration, once it is known to be there. */
export function IntegrationRoutes({ slug }: { slug: string }) {
  const t = useT();
  const { org, overview } = useOrg();
  return (
    <Loaded query={overview}>
      {(rows) => {
        const integration = rows.find((row) => row.slug === slug);
        if (!integration) return <NotFound title={t.integration.notFound} home={paths.overview(org.slug)} />;
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
