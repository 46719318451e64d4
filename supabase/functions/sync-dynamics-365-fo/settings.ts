import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** Properties of an entity as `$metadata` spells them. */
const name = z.string().regex(/^[A-Za-z_]\w{0,99}$/);

export const settings = z.strictObject({
  baseUrl: vendorUrl('dynamics.com').describe('The environment: https://<environment>.operations.dynamics.com'),
  loginUrl: vendorUrl('login.microsoftonline.com', 'login.microsoftonline.us').default('https://login.microsoftonline.com'),
  tenantId: z.string().min(1).regex(/^[\w.-]+$/).describe('Directory (tenant) id, or its domain name'),
  company: z.string().regex(/^[A-Za-z0-9-]{1,4}$/).describe('Legal entity (dataAreaId): usmf'),
  entity: name.describe('Data entity in the plural: LedgerJournalLines'),
  key: name.describe('A text property that holds our key and can be searched'),
  keyLength: z.int().min(16).max(32).default(20).describe('How long a text it takes'),
  map: z.record(z.string(), z.union([name, z.literal('none')])).describe('Payload keys, and the properties they go to'),
  dates: z.array(name).default([]).describe('Properties that take a day'),
  numbers: z.array(name).default([]).describe('Properties that take a number, besides the one for the amount'),
  creditField: name.optional().describe('Where the size of a negative amount goes instead: CreditAmount'),
  decimals: z.int().min(0).max(6).default(2),
  values: z.record(name, z.union([z.string(), z.int(), z.boolean()])).default({})
    .describe('Properties that are the same in every record: JournalBatchNumber'),
  labels: z.record(z.string(), z.array(z.string())).default({}).describe('Payload keys, and the labels their fields go by in messages'),
}).refine(({ key, map }) => !Object.values(map).includes(key), { path: ['map'], message: 'The property for our key takes nothing else.' });
export type Settings = z.infer<typeof settings>;

/** An app registration, also entered in System administration → Setup → Microsoft Entra applications with the user it acts as. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
