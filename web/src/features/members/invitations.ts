import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { call } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { serverNow } from '../../lib/now.ts';
import { readRows } from '../../lib/queries.ts';
import { PAGE_SIZE } from '../../lib/record-queries.ts';

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const Role = z.enum(['owner', 'admin', 'viewer']);

export const Invitation = z.object({ org_id: id, id, email: z.string(), name: z.string(), role: Role, org_name: z.string(), invited_by_name: z.string(), expires_at: z.string() });
export type Invitation = z.output<typeof Invitation>;

const COLUMNS = 'org_id,id,email,name,role,org_name,invited_by_name,expires_at';

/** What an organization has asked, the newest first, also what has expired meanwhile. */
export const invitationsQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'invitations'],
  queryFn: ({ signal }) => readRows(Invitation, db.from('invitations').select(COLUMNS).eq('org_id', org).eq('state', 'open')
    .order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal)),
});

/** What was asked of this address and is still good. */
export const myInvitationsQuery = ({ db }: Client, email: string) => queryOptions({
  queryKey: ['invitations', email],
  queryFn: ({ signal }) => readRows(Invitation, db.from('invitations').select(COLUMNS).eq('email', email.toLowerCase()).eq('state', 'open')
    .gt('expires_at', new Date(serverNow()).toISOString()).order('expires_at').limit(PAGE_SIZE).abortSignal(signal)),
});

export type Invited = { org: string; email: string; name: string; role: string };

export const inviteMember = (client: Client, order: Invited) => call(client, 'invite_member', order, id);

export const withdrawInvitation = (client: Client, order: { org: string; invitation: string }) => call(client, 'withdraw_invitation', order, z.unknown());

/** Answers the organization's slug. */
export const acceptInvitation = (client: Client, { org }: { org: string; name: string }) => call(client, 'accept_invitation', { org }, z.string());
