import { z } from 'zod';
import { fieldsOf as namesOf } from '../_kit/mapped.ts';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** A field of Halo's, a custom field by its name (`customfields.CFregion`), or `none` to leave the value out on purpose. */
const target = z.string().regex(/^(?:[a-z][a-z0-9_]{0,59}|customfields\.CF\w{1,60}|none)$/);

/** What the two kinds of thing have their words for; a lead is an opportunity that nobody has qualified yet. */
export const KINDS = {
  ticket: { path: 'Tickets', list: 'tickets', read: 'read:tickets', edit: 'edit:tickets' },
  opportunity: { path: 'Opportunities', list: 'opportunities', read: 'read:opportunities', edit: 'edit:opportunities' },
} as const;

const DEFAULT_MAP: Record<string, string> = {
  title: 'summary',
  description: 'details',
  client: 'client_id',
  site: 'site_id',
  user: 'user_id',
  agent: 'agent_id',
  team: 'team',
  priority: 'priority_id',
  status: 'status_id',
  contact: 'oppcontactname',
  company: 'oppcompanyname',
};

export const settings = z.strictObject({
  baseUrl: vendorUrl('halopsa.com', 'haloitsm.com').describe('https://<name>.halopsa.com'),
  tenant: z.string().regex(/^[\w-]+$/).optional().describe('Name of the tenant, where several share an address'),
  scope: z.string().regex(/^[\w:]+(?: [\w:]+)*$/).default('all').describe(
    'Scopes of the application; without one Halo gives a token that may do nothing',
  ),
  kind: z.enum(['ticket', 'opportunity']).default('ticket'),
  ticketTypeId: z.int().positive().optional().describe('Type the new ones get, as GET …/api/TicketType shows them'),
  decimals: z.int().min(0).max(4).default(2),
  map: z.record(z.string(), target).default({}).describe(
    'Payload keys beyond the usual ones, or meant differently; an amount has no usual place',
  )
    .transform((own): Record<string, string> => ({ ...DEFAULT_MAP, ...own })),
});
export type Settings = z.infer<typeof settings>;

/** An application under Configuration, Integrations, Halo PSA API: client id and secret, logging in as an agent. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

export const fieldsOf = ({ map }: Settings): Record<string, string[]> => namesOf(map);
