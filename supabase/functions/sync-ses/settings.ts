import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

const percent = z.number().min(0).max(100);

export const settings = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/).describe('Region the mail is sent from, such as eu-north-1'),
  baseUrl: vendorUrl('amazonaws.com').optional().describe('Only where the region is reached by another address of AWS'),
  configurationSets: z.array(z.string().regex(/^[\w-]{1,64}$/)).max(5).default([]).describe(
    'Kinds of mail to be told apart, such as digest. Needs the Virtual Deliverability Manager to be on',
  ),
  days: z.int().min(1).max(14).default(7).describe('Over how many days rates are taken'),
  leastSent: z.int().min(1).default(50).describe('Below so many messages a rate says nothing'),
  bounceRate: z.strictObject({ warning: percent.default(3), critical: percent.default(5) }).prefault({}),
  complaintRate: z.strictObject({ warning: percent.default(0.08), critical: percent.default(0.1) }).prefault({}),
  quotaUsed: z.strictObject({ warning: percent.default(80), critical: percent.default(95) }).prefault({}),
});
export type Settings = z.infer<typeof settings>;

/** A user of its own with ses:GetAccount, ses:GetSendStatistics, ses:ListSuppressedDestinations and ses:BatchGetMetricData. */
export const credential = z.strictObject({
  accessKeyId: z.string().regex(/^[A-Z0-9]{16,128}$/),
  secretAccessKey: z.string().min(16),
  sessionToken: z.string().min(1).optional(),
});
export type Credential = z.infer<typeof credential>;
