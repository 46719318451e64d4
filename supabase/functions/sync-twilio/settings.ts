import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

const percent = z.number().min(0);

export const settings = z.strictObject({
  baseUrl: vendorUrl('twilio.com').default('https://api.twilio.com').describe('https://api.<edge>.<region>.twilio.com for other regions'),
  accountSid: z.string().regex(/^AC[0-9a-f]{32}$/i).describe('The account that is watched: AC…'),
  categories: z.array(z.string().regex(/^[a-z0-9-]{1,60}$/)).min(1).max(10).default([
    'totalprice',
    'sms-outbound',
    'sms-messages-carrierfees',
  ])
    .describe('Usage categories whose cost is watched, as Twilio names them'),
  spike: z.strictObject({
    warning: percent.default(50).describe('Percent above the middle of the days before'),
    critical: percent.default(200),
    least: z.number().min(0).default(5).describe('A day that costs no more than so much above it is no spike'),
    days: z.int().min(7).max(60).default(14),
  }).prefault({}),
  failureRate: z.strictObject({ warning: percent.max(100).default(5), critical: percent.max(100).default(15) }).prefault({}),
  leastSent: z.int().min(1).default(20).describe('Below so many messages a rate says nothing'),
});
export type Settings = z.infer<typeof settings>;

/** An API key (SK…) and its secret, or the account (AC…) and its auth token. A key of its own can be taken back alone. */
export const credential = z.strictObject({ sid: z.string().regex(/^(?:AC|SK)[0-9a-f]{32}$/i), secret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
