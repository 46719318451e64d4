import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { inviteMember, invitationsQuery, withdrawInvitation } from './invitations.ts';
import type { Invitation, Invited } from './invitations.ts';
import { invitationWords } from './words.ts';

function Table({ invitations }: { invitations: readonly Invitation[] }) {
  const words = invitationWords[useI18n().locale];
  const { roles, onlyOwners } = useManageWords().members;
  const now = useNow(60_000);
  const { org } = useOrg();
  const again = useAction(inviteMember, (_, { name }: Invited) => words.sentAgain(name));
  const withdraw = useAction(
    (client, { invitation }: { org: string; invitation: string; name: string }) => withdrawInvitation(client, { org: org.id, invitation }),
    (_, { name }) => words.withdrawn(name),
  );
  const heads = words.columns;
  const columns: Column<Invitation>[] = [
    { key: 'name', head: heads.name, label: heads.name, names: true, cell: ({ name }) => printable(name) },
    { key: 'email', head: heads.email, label: heads.email, cell: ({ email }) => email },
    { key: 'role', head: heads.role, label: heads.role, cell: ({ role }) => roles[role] },
    { key: 'by', head: heads.by, label: heads.by, cell: ({ invited_by_name: by }) => printable(by) },
    {
      key: 'until', head: heads.until, label: heads.until,
      cell: ({ expires_at: at }) => (Date.parse(at) > now ? <Time iso={at} as="when" /> : words.expired),
    },
    {
      key: 'actions', head: heads.actions, cell: ({ id, email, name, role }) => (
        <div className="row start">
          <ActionButton
            pending={again.pending} off={role === 'owner' && org.role !== 'owner' ? onlyOwners : null} aria-label={`${words.again} ${printable(name)}`}
            onClick={() => void again.run({ org: org.id, email, name, role })}
          >
            {words.again}
          </ActionButton>
          <ActionButton
            pending={withdraw.pending} aria-label={`${words.withdraw} ${printable(name)}`}
            onClick={() => void withdraw.run({ org: org.id, invitation: id, name })}
          >
            {words.withdraw}
          </ActionButton>
        </div>
      ),
    },
  ];
  return <DataTable caption={words.caption(invitations.length)} columns={columns} rows={invitations} keyOf={({ id }) => id} />;
}

/** Who has been asked and has not answered, for owners and admins. */
export function InvitedPeople() {
  const words = invitationWords[useI18n().locale];
  const client = useClient();
  const { org } = useOrg();
  const id = useId();
  const query = useQuery(invitationsQuery(client, org.id));
  return (
    <Loaded query={query}>
      {(invitations) => (invitations.length === 0 ? null : (
        <section className="card stack" aria-labelledby={id}>
          <h2 id={id}>{words.invited}</h2>
          <Table invitations={invitations} />
        </section>
      ))}
    </Loaded>
  );
}
