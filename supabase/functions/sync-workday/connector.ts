import type { Checked, ConfiguredConnector } from '../_kit/connector.ts';
import { warningsOf } from '../_kit/warnings.ts';
import type { XmlNode } from '../_kit/xml.ts';
import { call, pageFilter, wd } from './api.ts';
import type { Context } from './api.ts';
import { confirm, push } from './imports.ts';
import { namesOf } from './line.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const DIRECTORY = 'https://community.workday.com/sites/default/files/file-hosting/productionapi';

/**
 * Workday's own clock needs a user and no rights; then which of the two an integration does the user may do, by questions that find
 * nothing and so cost nothing. Reading payroll inputs is as near as one comes to importing them without doing it. Workday does not say as
 * whom it knows us.
 */
async function check(ctx: Context): Promise<Checked> {
  const look = (service: 'Human_Resources' | 'Payroll', operation: string, criteria: XmlNode[]) => (): Promise<unknown> => call(ctx, service, {
    name: `${operation}_Request`, answer: `${operation}_Response`,
    content: [wd('Request_Criteria', criteria), wd('Response_Filter', pageFilter(1, 1))],
  });
  await call(ctx, 'Human_Resources', { name: 'Server_Timestamp_Get', content: [], answer: 'Server_Timestamp' });
  const longAgo = [wd('Start_Date', '1900-01-01'), wd('End_Date', '1900-01-01')];
  const nobody = ['Exclude_Inactive_Workers', 'Exclude_Employees', 'Exclude_Contingent_Workers'].map((name) => wd(name, 'true'));
  return {
    as: null,
    warnings: [
      ...await warningsOf('Records cannot be sent', look('Payroll', 'Get_Submit_Payroll_Inputs', longAgo)),
      ...await warningsOf('Records cannot be fetched', look('Human_Resources', 'Get_Workers', nobody)),
    ],
  };
}

/**
 * Workers of Workday, fetched by its transaction log, and payroll inputs, imported. An input stands under an id of ours (`Payroll_Input_ID`)
 * and is added or updated by it, hence `upsert`. Taken from the documentation, and not tried on a tenant: that an id Workday has never seen
 * makes a new input, and that an import takes the good lines of a request and leaves the bad ones. Two imports of a line at the same moment
 * could still both make it, so what went unanswered rests first.
 */
export const connector = {
  system: 'workday',
  title: 'Workday',
  docs: `${DIRECTORY}/index.html`,
  settings,
  credential,
  credentialKind: 'ws-security',
  dedupe: 'upsert',
  // An integration event stops after 500 messages of errors; a line may bring more than one.
  batchSize: 100,
  settlesWithinSeconds: 900,
  fields: ({ map }) => namesOf(map),
  replaces: true,
  push,
  confirm,
  check,
  streams: [{ name: 'workers', title: 'Workers', docs: `${DIRECTORY}/Human_Resources/v40.0/Get_Workers.html` }],
  pull,
} satisfies ConfiguredConnector<Settings, Credential>;
