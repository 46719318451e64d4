import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

const name = z.string().regex(/^[A-Za-z_]\w{0,99}$/);

/** `column`, `none` to leave the value out, or `Navigation@tables(key)`: the row of another table that has the value as its alternate key. */
const target = z.string().regex(/^(?:[A-Za-z_]\w{0,99}|[A-Za-z_]\w{0,99}@[A-Za-z_]\w{0,99}\([A-Za-z_]\w{0,99}\))$/);

export const settings = z.strictObject({
  baseUrl: vendorUrl('dynamics.com').describe('The environment’s Web API: https://<organization>.api.crm4.dynamics.com'),
  loginUrl: vendorUrl('login.microsoftonline.com', 'login.microsoftonline.us').default('https://login.microsoftonline.com'),
  tenantId: z.string().min(1).regex(/^[\w.-]+$/).describe('Directory (tenant) id, or its domain name'),
  apiVersion: z.string().regex(/^v9\.\d$/).default('v9.2'),
  table: z.strictObject({
    set: name.describe('Entity set the records go to, in the plural: hlf_expenses'),
    key: name.describe('A text column (32 or more) with an alternate key of its own, for our key'),
    map: z.record(z.string(), target).describe('Payload keys, and the columns they go to'),
    numbers: z.array(name).default([]).describe('Columns that take a number, besides the one for the amount'),
    decimals: z.int().min(0).max(10).default(2),
  }).refine(({ key, map }) => !Object.values(map).includes(key), { path: ['map'], message: 'The column for our key takes nothing else.' })
    .optional().describe('Where records go'),
  streams: z.array(z.strictObject({
    set: name.describe('Entity set that is read, in the plural: contacts'),
    id: name.describe('Its primary key column: contactid'),
    columns: z.array(name).min(1),
  })).default([]).describe('What is read; each needs change tracking switched on for its table'),
});
export type Settings = z.infer<typeof settings>;
export type Table = NonNullable<Settings['table']>;

/** An app registration that is also an application user of the environment, with a security role for the tables. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
