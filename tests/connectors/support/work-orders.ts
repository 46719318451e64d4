import { readFileSync } from 'node:fs';
import type { ConnectorContext, OutgoingRecord } from '../../../supabase/functions/_kit/connector.ts';
import { credential, settings } from '../../../supabase/functions/sync-rest/settings.ts';
import type { Credential, Settings } from '../../../supabase/functions/sync-rest/settings.ts';
import { localHttp, spending } from '../../simulators/records.ts';
import type { TestClock } from '../../simulators/records.ts';
import type { RestSimulator } from '../../simulators/rest.ts';

export type Json = Record<string, unknown>;

/** The worked example of the documentation. */
const document = readFileSync(new URL('../../../docs/rest-connector.md', import.meta.url), 'utf8');
export const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(document)?.[1] ?? '') as Json & {
  push: Json & { send: Json; body: Json; answer: Json; dedupe: Json };
  pull: Json;
};

export const orders = (count: number, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] =>
  spending(count, { payload: { title: 'New door', account: '4010', dueOn: '2017-02-07' }, ...change });

/** The worked example with changes, against the simulated vendor. */
export function contextOf(vendor: RestSimulator, clock: TestClock, own: Json, given: Json): ConnectorContext<Settings, Credential> {
  return {
    settings: settings.parse({ ...example, baseUrl: vendor.url, ...own }),
    credential: credential.parse({ hosts: ['127.0.0.1'], ...given }),
    http: localHttp('rest', clock, [vendor.secret()], 5_000),
  };
}

/** The worked example, sending one record at a time. */
export const single = (dedupe: Json, send: Json = {}, answer: Json = {}): Json => ({
  push: {
    ...example.push,
    send: { path: '/work-orders', ...send },
    dedupe,
    answer: { externalId: '/data/id', message: '/error/message', code: '/error/code', field: '/error/field', ...answer },
  },
});
