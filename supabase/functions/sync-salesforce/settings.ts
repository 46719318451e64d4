import { z } from 'zod';
import { leavesAlone } from '../_kit/mapped.ts';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** API names; a custom one ends in __c. */
const name = z.string().regex(/^[A-Za-z]\w{0,79}$/);

export const settings = z.strictObject({
  baseUrl: vendorUrl('my.salesforce.com').describe('The My Domain address: https://<domain>.my.salesforce.com'),
  apiVersion: z.string().regex(/^v\d{2,3}\.0$/).default('v64.0'),
  object: name.describe('API name of the object the records go to and are read from'),
  externalIdField: name.default('Syncward_Key__c').describe('Field of type text (32), external id and unique, for our key'),
  map: z.record(z.string(), z.union([name, z.literal('none')])).default({}).describe('Payload keys, and the fields they go to'),
  numbers: z.array(name).default([]).describe('Fields that take a number, besides the one for the amount'),
  decimals: z.int().min(0).max(18).default(2),
  bulk: z.boolean().default(true).describe('More than 200 records at a time go as one bulk job, whose verdict comes later'),
  pullFields: z.array(name).default([]).describe('Fields that are read, besides Id, SystemModstamp and IsDeleted'),
}).refine(({ map, externalIdField }) => leavesAlone(map, externalIdField), {
  path: ['map'],
  message: 'The field of our key takes nothing else.',
});
export type Settings = z.infer<typeof settings>;

/** A connected app with the client credentials flow and the scope `api`; it acts as its run-as user. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
