import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** What can be refreshed, and the path it is refreshed by. */
export const KINDS = { workbook: 'workbooks', datasource: 'datasources', task: 'tasks/extractRefreshes' } as const;
export type Kind = keyof typeof KINDS;
export const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

const DEFAULT_MAP: Record<string, string> = { workbook: 'workbook', datasource: 'datasource', task: 'task' };

export const settings = z.strictObject({
  site: z.string().regex(/^[\w-]{0,100}$/).default('').describe('What follows /site/ in the address; empty for the default site of a server'),
  apiVersion: z.string().regex(/^3\.\d{1,2}$/).default('3.19').describe('Version of the REST API; a server takes its own and all before it'),
  map: z.record(z.string(), z.enum(['workbook', 'datasource', 'task', 'none'])).default({})
    .describe('Payload keys that hold the id (LUID) of what is refreshed, or are left out on purpose')
    .transform((own): Record<string, string> => ({ ...DEFAULT_MAP, ...own })),
  days: z.int().min(1).max(14).default(2).describe('Over how many days refreshes are counted'),
  failing: z.strictObject({ warning: z.int().min(0).default(0), critical: z.int().min(0).default(5) }).prefault({})
    .describe('How many extracts may be failing'),
  failedInARow: z.strictObject({ warning: z.int().min(0).default(0), critical: z.int().min(0).default(3) }).prefault({})
    .describe('Failures of one extract in a row; Tableau suspends its schedule after five'),
  waitingMinutes: z.strictObject({ warning: z.int().min(1).default(30), critical: z.int().min(1).default(120) }).prefault({}),
});
export type Settings = z.infer<typeof settings>;

/**
 * A personal access token of a user of its own: a second sign-in with one token ends the session of the first. Servers are run by their
 * owners, too, so no list of hosts can bind the address: it is a part of the credential, and no setting can send the token anywhere else.
 */
export const credential = z.strictObject({
  server: z.union([vendorUrl('online.tableau.com'), z.string().regex(/^https:\/\/(?:[a-z0-9-]+\.)+[a-z]{2,}\/?$/i)])
    .describe('https address of the server or of the pod of Tableau Cloud'),
  tokenName: z.string().min(1),
  tokenSecret: z.string().min(1),
});
export type Credential = z.infer<typeof credential>;
