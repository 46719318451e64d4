import type { Checked, ConfiguredConnector } from '../_kit/connector.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { call, pageFilter, wd } from './api.ts';
import type { Context } from './api.ts';
import { confirm, push } from './imports.ts';
import { namesOf } from './line.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const DIRECTORY = 'https://community.workday.com/sites/default/files/file-hosting/productionapi';

/**
 * Workday's own clock needs a user and no rights; then which of the two an integration does the user may do. Reading payroll inputs is as
 * near as one can come to importing them without doing it. Workday does not say as whom it knows us.
 */
async function check(ctx: Context): Promise<Checked> {
  await call(ctx, 'Human_Resources', { name: 'Server_Timestamp_Get', content: [], answer: 'Server_Timestamp' });
  const filter = wd('Response_Filter', pageFilter(1, 1));
  const ofSending = await warningsOf('Records cannot be sent', () => call(ctx, 'Payroll', {
    name: 'Get_Submit_Payroll_Inputs_Request', content: [filter], answer: 'Get_Submit_Payroll_Inputs_Response',
  }));
  const ofFetching = await warningsOf('Records cannot be fetched', () => call(ctx, 'Human_Resources', {
    name: 'Get_Workers_Request', content: [filter, wd('Response_Group', [wd('Include_Reference', 'true')])], answer: 'Get_Workers_Response',
  }));
  return { as: null, warnings: [...ofSending, ...ofFetching] };
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
