import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

export const settings = z.strictObject({
  baseUrl: vendorUrl('zoom.us').default('https://api.zoom.us'),
  loginUrl: vendorUrl('zoom.us').default('https://zoom.us'),
  hosts: z.array(z.string().regex(/^[\w.+@-]{1,128}$/)).min(1).max(50).describe(
    'Users whose meetings are fetched: id or address. "me" does not work for an app without a user',
  ),
  registrants: z.enum(['approved', 'pending', 'denied']).default('approved'),
});
export type Settings = z.infer<typeof settings>;

/** A server-to-server OAuth app. While a webhook's secret token is being replaced, both are given. */
export const credential = z.strictObject({
  accountId: z.string().min(1),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  webhookSecrets: z.array(z.string().min(8)).max(2).default([]),
});
export type Credential = z.infer<typeof credential>;
