import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** An attribute; `field:<id or key>` a field of the account's own; `comment` the text of a ticket; `none` leaves the value out. */
const target = z.string().regex(/^(?:[a-z][a-z_]{0,59}|field:\w{1,60}|requester\.(?:name|email))$/).refine(
  (name) => name !== 'external_id' && name !== 'id',
  {
    message: 'The field of our key takes nothing else.',
  },
);

export const settings = z.strictObject({
  baseUrl: vendorUrl('zendesk.com').describe('https://<subdomain>.zendesk.com'),
  kind: z.enum(['tickets', 'users']).default('tickets').describe('What the records become'),
  map: z.record(z.string(), target).default({}).describe(
    'Payload keys, and where they go; a new ticket needs a comment, a new user a name',
  ),
  fetch: z.array(z.enum(['tickets', 'users'])).default(['tickets', 'users']).describe('What is read when this integration fetches'),
  decimals: z.int().min(0).max(8).default(2),
});
export type Settings = z.infer<typeof settings>;

/** An agent's address and an API token of Admin Center; for fetching, an admin's. */
export const credential = z.strictObject({ email: z.email(), token: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
