import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

const field = z.string().regex(/^[a-zA-Z]{1,60}$/);
const percent = z.number().min(0).max(100);

export const settings = z.strictObject({
  baseUrl: vendorUrl('zoominfo.com').default('https://api.zoominfo.com'),
  loginUrl: vendorUrl('zoominfo.com').default('https://okta-login.zoominfo.com'),
  scope: z.string().regex(/^(?:[\w:]+(?: [\w:]+)*)?$/).default('api:data:contact').describe('Scopes of the application; ZoomInfo’s own choice when empty'),
  requestsPerSecond: z.int().min(1).max(35).default(5).describe('What the package allows: 5 (Builder), 25 (Standard) or 35 (Scaling)'),
  search: z.record(field, z.union([z.string().min(1), z.int(), z.boolean(), z.array(z.string().min(1)).min(1)]))
    .refine((own) => Object.keys(own).length > 0, 'Say at least one thing the contacts have in common.')
    .refine((own) => !Object.hasOwn(own, 'lastUpdatedDateAfter'), 'The date is set by itself, so that every run asks for what changed.')
    .describe('Which contacts: input fields of Search Contacts, such as companyId'),
  enrich: z.strictObject({
    outputFields: z.array(field).min(1).max(25).describe('Output fields of Enrich Contacts that the package includes'),
    requiredFields: z.array(field).max(25).default([]).describe('Contacts that lack one of these are not returned, and cost nothing'),
    leastCredits: z.int().min(0).default(500).describe('So many credits are left alone'),
  }).optional().describe('Have the contacts found enriched. Each costs a credit, unless it was enriched before'),
  usageLeft: z.strictObject({ warning: percent.default(20), critical: percent.default(5) }).prefault({}).describe('Percent of each limit of the contract'),
  requestsLeft: z.strictObject({ warning: percent.default(20), critical: percent.default(5) }).prefault({}).describe('Percent of the day’s requests'),
});
export type Settings = z.infer<typeof settings>;

/** An application for the client credentials flow, made in the developer portal. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
