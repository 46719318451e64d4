import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { useSession } from '../../lib/session.tsx';
import { acceptInvitation, myInvitationsQuery } from './invitations.ts';
import type { Invitation } from './invitations.ts';
import { invitationWords } from './words.ts';

function Item({ invitation }: { invitation: Invitation }) {
  const words = invitationWords[useI18n().locale];
  const { roles } = useManageWords().members;
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const name = printable(invitation.org_name);
  const accept = useAction(async (client, order: { org: string; name: string }) => {
    const slug = await acceptInvitation(client, order);
    await queries.invalidateQueries({ queryKey: ['organizations'] });
    navigate(paths.overview(slug));
  }, () => words.joined(name));
  return (
    <li className="card stack">
      <h2>{name}</h2>
      <p>{words.asks(printable(invitation.invited_by_name), roles[invitation.role])}</p>
      <p className="muted">{words.until} <Time iso={invitation.expires_at} as="when" /></p>
      <div className="row start">
        <ActionButton primary pending={accept.pending} onClick={() => void accept.run({ org: invitation.org_id, name })}>{words.join(name)}</ActionButton>
      </div>
    </li>
  );
}

/** What the signed-in person was asked to join; nothing is joined without a yes. */
export function MyInvitations() {
  const { locale } = useI18n();
  const words = invitationWords[locale];
  const client = useClient();
  const { email } = useSession();
  const query = useQuery(myInvitationsQuery(client, email ?? ''));
  return (
    <main className="alone">
      <Page title={words.title}>
        <p className="muted">{words.what}</p>
        <Loaded query={query}>
          {(invitations) => (invitations.length === 0
            ? <p className="card">{words.none(email ?? '')}</p>
            : <ul className="plain stack">{invitations.map((one) => <Item key={`${one.org_id} ${one.id}`} invitation={one} />)}</ul>)}
        </Loaded>
        <p><Link href="/">{words.home}</Link></p>
      </Page>
    </main>
  );
}
