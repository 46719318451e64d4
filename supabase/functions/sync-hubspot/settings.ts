import { z } from 'zod';
import { leavesAlone } from '../_kit/mapped.ts';
import { vendorUrl } from '../_kit/vendor-url.ts';

const property = z.string().regex(/^[a-z]\w{0,99}$/);

export const settings = z.strictObject({
  baseUrl: vendorUrl('hubapi.com').default('https://api.hubapi.com'),
  object: z.string().regex(/^\w[\w-]{0,99}$/).describe('contacts, companies, deals, or the id of a custom object: 2-1234567'),
  idProperty: property.default('syncward_key').describe('Property for our key: single-line text that must have unique values'),
  map: z.record(z.string(), z.union([property, z.literal('none')])).default({}).describe('Payload keys, and the properties they go to'),
  decimals: z.int().min(0).max(10).default(2),
  pullProperties: z.array(property).default([]).describe('Properties that are read, besides those HubSpot gives by itself'),
}).refine(({ map, idProperty }) => leavesAlone(map, idProperty), { path: ['map'], message: 'The field of our key takes nothing else.' });
export type Settings = z.infer<typeof settings>;

/** The access token of a private app with read and write scopes for the object. */
export const credential = z.strictObject({ token: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
