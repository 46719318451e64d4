import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { membersQuery } from '../../lib/manage-queries.ts';
import type { Member } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { useOff } from '../../lib/use-off.ts';
import { InvitedPeople } from './invited.tsx';
import { InviteDialog, RemoveDialog, RoleDialog } from './member-dialogs.tsx';
import { NobodyTold } from './nobody-told.tsx';

type Asked = { what: 'role' | 'remove'; user: string } | { what: 'add' } | null;

/** Why this member cannot be changed by whoever looks; null when it can be. */
function useStays(members: readonly Member[]) {
  const words = useManageWords().members;
  const off = useOff();
  const { org } = useOrg();
  const owners = members.filter(({ role }) => role === 'owner').length;
  return (member: Member): string | null => {
    if (off || member.role !== 'owner') return off;
    if (org.role !== 'owner') return words.onlyOwners;
    return owners < 2 ? words.lastOwner : null;
  };
}

function Table({ members, ask }: { members: readonly Member[]; ask: (asked: Asked) => void }) {
  const words = useManageWords().members;
  const stays = useStays(members);
  const nameOf = (member: Member): string => printable(member.name || member.email || words.unnamed);
  const heads = words.columns;
  const columns: Column<Member>[] = [
    {
      key: 'name', head: heads.name, label: heads.name, names: true,
      cell: (member) => <span>{nameOf(member)} {member.is_me && <span className="muted">({words.you})</span>}</span>,
    },
    { key: 'email', head: heads.email, label: heads.email, cell: ({ email }) => email },
    { key: 'role', head: heads.role, label: heads.role, cell: ({ role }) => words.roles[role] },
    {
      key: 'told', head: heads.told, label: heads.told,
      cell: ({ told }) => <StatusPill kind={told ? 'ok' : 'off'} word={told ? words.told : words.notTold} />,
    },
    { key: 'since', head: heads.since, label: heads.since, cell: ({ created_at: at }) => <Time iso={at} as="relative" /> },
    {
      key: 'actions', head: heads.actions, cell: (member) => (
        <div className="row start">
          {(['role', 'remove'] as const).map((what) => {
            const word = what === 'role' ? words.change : words.remove;
            return (
              <ActionButton key={what} off={stays(member)} aria-label={`${word} ${nameOf(member)}`} onClick={() => ask({ what, user: member.user_id })}>
                {word}
              </ActionButton>
            );
          })}
        </div>
      ),
    },
  ];
  const shown = members.some(({ email }) => email) ? columns : columns.filter(({ key }) => key !== 'email');
  return <DataTable caption={words.caption(members.length)} columns={shown} rows={members} keyOf={({ user_id: user }) => user} />;
}

/** Who is in the organization, what each may do, and whom an alarm would reach. */
export function MembersPage() {
  const words = useManageWords().members;
  const client = useClient();
  const off = useOff();
  const { org } = useOrg();
  const [asked, setAsked] = useState<Asked>(null);
  const query = useQuery(membersQuery(client, org.id));
  const close = (): void => setAsked(null);
  // As the list has the member now, not as it was when the dialog was opened.
  const member = asked && 'user' in asked ? query.data?.find(({ user_id: user }) => user === asked.user) : undefined;
  const name = printable(member?.name || member?.email || words.unnamed);
  return (
    <Page title={words.title} aside={<ActionButton primary off={off} onClick={() => setAsked({ what: 'add' })}>{words.add}</ActionButton>}>
      <p className="muted">{words.what}</p>
      <Loaded query={query}>
        {(members) => (
          <>
            <NobodyTold members={members} />
            <section className="card"><Table members={members} ask={setAsked} /></section>
            {!off && <InvitedPeople />}
          </>
        )}
      </Loaded>
      {asked?.what === 'add' && <InviteDialog onClose={close} />}
      {asked?.what === 'role' && member && <RoleDialog member={member} name={name} onClose={close} />}
      {asked?.what === 'remove' && member && <RemoveDialog member={member} name={name} onClose={close} />}
    </Page>
  );
}
