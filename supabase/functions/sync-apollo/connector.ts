import { z } from 'zod';
import type { Checked, ConfiguredConnector } from '../_kit/connector.ts';
import { shaped } from '../_kit/payload.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { call, contactsBy, creditsOf, MOST_SHOWN, requestsOf } from './api.ts';
import type { Context } from './api.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { credential, fieldsOf, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';
import { signals } from './signals.ts';

const profile = z.object({ first_name: z.string().nullish(), last_name: z.string().nullish(), email: z.string() });

/** A key is made for single endpoints: a wrong one is refused by any of them, one that lacks an endpoint by that one. */
async function check(ctx: Context): Promise<Checked> {
  let as: string | null = null;
  let total = 0;
  const warnings = [
    ...(await warningsOf('Whose key it is cannot be told', async () => {
      const { first_name: first, last_name: last, email } = shaped(ctx.http, await call(ctx, 'users/api_profile'), profile);
      as = [first, last].filter(Boolean).join(' ') || email;
    })),
    ...(await warningsOf('Contacts cannot be fetched', async () => {
      ({ total } = await contactsBy(ctx, 'contact_updated_at', 1, 1));
    })),
    ...(await warningsOf('Credits cannot be measured', () => creditsOf(ctx))),
    ...(await warningsOf('Requests left cannot be measured', () => requestsOf(ctx))),
  ];
  if (total > MOST_SHOWN) warnings.push(`Apollo shows ${MOST_SHOWN} of ${total} contacts; the rest is fetched only when it changes. Name lists in "pullLabelIds".`);
  return { as, warnings };
}

const stream = { name: 'contacts', title: 'Contacts of the team', docs: 'https://docs.apollo.io/reference/search-for-contacts' };
const enrichment = { name: 'people', title: 'New contacts, enriched', docs: 'https://docs.apollo.io/reference/bulk-people-enrichment' };

/**
 * Contacts in Apollo, known by their e-mail address: Apollo has no place for a key of ours that it would search by. With `run_dedupe` a
 * contact of the same address is changed in place, hence `upsert`; without a match by address Apollo goes on to name and company, and may
 * so change a namesake at the same company. Contacts and new people are fetched, credits and requests measured.
 *
 * Not documented: how soon a new contact is found by its address (a lost answer rests first), what a page past the last is answered with,
 * in which shape a refused custom field is told, and what enriching is answered with when no credit is left (it is stopped before). An
 * enrichment whose answer was lost is asked for again, and may be paid for again.
 */
export const connector = {
  system: 'apollo',
  title: 'Apollo',
  docs: 'https://docs.apollo.io/reference/create-a-contact',
  settings,
  credential,
  credentialKind: 'api-key',
  rate: ({ requestsPerMinute }: Settings) => ({ requests: requestsPerMinute, perSeconds: 60 }),
  dedupe: 'upsert',
  batchSize: 1,
  settlesWithinSeconds: 120,
  fields: fieldsOf,
  replaces: true,
  push,
  check,
  streams: ({ enrich }: Settings) => (enrich ? [stream, enrichment] : [stream]),
  pull,
  signals,
} satisfies ConfiguredConnector<Settings, Credential>;
