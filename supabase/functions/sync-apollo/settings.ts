import { z } from 'zod';
import { fieldsOf as namesOf } from '../_kit/mapped.ts';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** Fields of a contact that may be written, a custom field by its id (`custom:60c39ed82bd02f01154c470a`), or `none`. */
const target = z.string().regex(
  /^(?:first_name|last_name|organization_name|title|account_id|email|website_url|contact_stage_id|present_raw_address|(?:direct|corporate|mobile|home|other)_phone|custom:[0-9a-f]{24}|none)$/,
);

const DEFAULT_MAP: Record<string, string> = {
  email: 'email',
  firstName: 'first_name',
  lastName: 'last_name',
  company: 'organization_name',
  title: 'title',
  website: 'website_url',
  address: 'present_raw_address',
  phone: 'direct_phone',
  mobile: 'mobile_phone',
};

const percent = z.number().min(0).max(100);

export const settings = z.strictObject({
  baseUrl: vendorUrl('apollo.io').default('https://api.apollo.io'),
  requestsPerMinute: z.int().min(1).max(1_000).default(50).describe('What the plan allows for one endpoint: 50 on free plans, 200 on paid ones'),
  map: z.record(z.string(), target).default({}).describe('Payload keys beyond the usual ones, or meant differently; an amount has no usual place')
    .transform((own): Record<string, string> => ({ ...DEFAULT_MAP, ...own })),
  decimals: z.int().min(0).max(8).default(2),
  pullLabelIds: z.array(z.string().regex(/^[0-9a-f]{24}$/)).max(20).default([]).describe('Lists that are read; all contacts when left out'),
  enrich: z.strictObject({
    leastCredits: z.int().min(0).default(500).describe('So many credits are left alone'),
    revealPersonalEmails: z.boolean().default(false),
  }).optional().describe('Have contacts enriched that are new since the first run. Each may cost a credit'),
  creditKinds: z.array(z.string().regex(/^[a-z_]{1,60}$/)).max(10).default(['lead_credit', 'direct_dial_credit', 'export_credit']),
  creditsLeft: z.strictObject({ warning: percent.default(20), critical: percent.default(5) }).prefault({}).describe('Percent of the cycle’s credits'),
  requestsLeft: z.strictObject({ warning: percent.default(20), critical: percent.default(5) }).prefault({}).describe('Percent of the day’s requests'),
});
export type Settings = z.infer<typeof settings>;

/** A key made under Settings, Integrations, API, for the endpoints that are used, or a master key. */
export const credential = z.strictObject({ apiKey: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** Custom fields go by their id in errors. */
export function fieldsOf({ map }: Settings): Record<string, string[]> {
  const names = Object.entries(namesOf(map)).map(([key, targets]) => [key, [...targets, ...targets.map((one) => one.replace(/^custom:/, ''))]]);
  return Object.fromEntries(names) as Record<string, string[]>;
}
