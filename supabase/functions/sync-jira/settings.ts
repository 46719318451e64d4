import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/**
 * Where a payload value goes on an issue: a field of Jira's, a field of the site's own (`customfield_10020`, and what stands inside it:
 * `customfield_10030.value` for a choice), `details` for a line under the description, `none` to leave it out on purpose.
 */
const target = z.string().regex(
  /^(?:summary|description|priority|duedate|assignee|details|none|customfield_\d{1,10}(?:\.(?:value|name|id|accountId))?)$/,
  'Must be summary, description, priority, duedate, assignee, details, none, or a customfield_… with .value, .name, .id or .accountId.',
);

/** The words an incident is handed in with. */
const DEFAULT_MAP: Record<string, string> = {
  title: 'summary',
  description: 'description',
  severity: 'priority',
  dueDate: 'duedate',
  assignee: 'assignee',
  integration: 'details',
  cause: 'details',
  link: 'details',
};
const DEFAULT_PRIORITIES: Record<string, string> = { critical: 'Highest', high: 'High', medium: 'Medium', low: 'Low' };

export const settings = z.strictObject({
  baseUrl: vendorUrl('atlassian.net').describe('https://<site>.atlassian.net'),
  project: z.string().regex(/^[A-Z][A-Z0-9_]{1,9}$/).describe('Key of the project the issues go to, such as OPS'),
  issueType: z.string().min(1).max(255).default('Task').describe('Name of the issue type, in the language of the site'),
  labels: z.array(z.string().regex(/^\S{1,255}$/)).max(10).default([]).describe('Labels every issue gets besides our own'),
  priorities: z.record(z.string(), z.string()).default({}).describe('Names the site has for our severities')
    .transform((own): Record<string, string> => ({ ...DEFAULT_PRIORITIES, ...own })),
  amountField: z.string().regex(/^customfield_\d{1,10}$/).optional().describe(
    'A number field for the amount; else it is a line of the description',
  ),
  map: z.record(z.string(), target).default({}).describe('Payload keys beyond the usual ones, or meant differently')
    .transform((own): Record<string, string> => ({ ...DEFAULT_MAP, ...own })),
});
export type Settings = z.infer<typeof settings>;

/** An API token and the address of the account it belongs to: https://id.atlassian.com/manage-profile/security/api-tokens */
export const credential = z.strictObject({ email: z.string().min(3), token: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** The names Jira blames by what the payload calls by plain words, as the settings have them. */
export function fieldsOf({ map, amountField }: Settings): Record<string, string[]> {
  const named = Object.entries(map).map((
    [key, to],
  ): [string, string[]] => [key, to === 'none' || to === 'details' ? [] : [to.split('.')[0] ?? to]]);
  return { ...Object.fromEntries(named), amount: amountField ? [amountField] : [], currency: [] };
}
