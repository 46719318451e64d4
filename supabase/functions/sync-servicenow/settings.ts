import { z } from 'zod';
import { leavesAlone } from '../_kit/mapped.ts';
import { vendorUrl } from '../_kit/vendor-url.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,79}$/);

export const settings = z.strictObject({
  baseUrl: vendorUrl('service-now.com', 'servicenowservices.com').describe('https://<instance>.service-now.com'),
  stagingTable: name.default('u_syncward_import').describe(
    'Import set table the records go to. It needs an entry under REST Insert Multiples with the column mapping "Column name"',
  ),
  keyColumn: name.default('u_source_id').describe('Column of the import set table for our key; the transform map must coalesce on it'),
  map: z.record(z.string(), z.union([name, z.literal('none')])).default({}).describe('Payload keys, and the staging columns they go to'),
  decimals: z.int().min(0).max(8).default(2),
  pullTable: name.default('incident').describe('Table that is read when this integration fetches'),
  pullFields: z.array(name).default([]).describe('Columns that are read; all of them when left out'),
}).refine(({ map, keyColumn }) => leavesAlone(map, keyColumn), { path: ['map'], message: 'The field of our key takes nothing else.' });
export type Settings = z.infer<typeof settings>;

/** A user with the role import_set_loader, who may read the import set table, and for fetching the table that is read. */
export const credential = z.strictObject({ username: z.string().min(1), password: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
