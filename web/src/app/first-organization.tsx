import { useQuery } from '@tanstack/react-query';
import { Link, Redirect } from 'wouter';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { useClient } from '../lib/client-context.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths } from '../lib/org.tsx';
import { organizationsQuery } from '../lib/queries.ts';
import { useSession } from '../lib/session.tsx';

/** The front door: on to the member's first organization. */
export function FirstOrganization() {
  const t = useT();
  const client = useClient();
  const { signOut } = useSession();
  const query = useQuery(organizationsQuery(client));
  return (
    <main className="alone">
      <Loaded query={query}>
        {([first]) => (first ? <Redirect to={paths.overview(first.slug)} replace /> : (
          <Page title={t.noOrganization.title}>
            <p>{t.noOrganization.body}</p>
            <p><Link href="/invitations">{t.noOrganization.invitations}</Link></p>
            <button type="button" onClick={() => void signOut()}>{t.app.signOut}</button>
          </Page>
        ))}
      </Loaded>
    </main>
  );
}
