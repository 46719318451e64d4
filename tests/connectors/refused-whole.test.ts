import { afterEach, describe, expect, it } from 'vitest';
import { concernedAlike } from '../../supabase/functions/_kit/blamed.ts';
import type { ConnectorContext, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';
import { pushingFor } from '../../supabase/functions/_kit/facts.ts';
import type { ClaimedRecord } from '../../supabase/functions/_kit/store.ts';
import { connector as hubspot } from '../../supabase/functions/sync-hubspot/connector.ts';
import { drive } from '../simulators/drive.ts';
import type { Driven } from '../simulators/drive.ts';
import { startHubSpot } from '../simulators/hubspot.ts';
import type { HubSpotSimulator } from '../simulators/hubspot.ts';
import { localHttp, spending, testClock, withPayload } from '../simulators/records.ts';

const clock = testClock();
let vendor: HubSpotSimulator | null = null;
afterEach(() => vendor?.stop());

/** The mapping sends the description to a property that HubSpot does not have. */
const map = { account: 'account', postingDate: 'posting_date', description: 'texte', amount: 'amount', currency: 'currency' };

async function sent(records: OutgoingRecord[], own: Record<string, string> = map): Promise<{ driven: Driven; batches: readonly number[] }> {
  vendor = await startHubSpot({ clock, accounts: ['4010'] });
  const ctx: ConnectorContext = {
    settings: hubspot.settings.parse({ baseUrl: vendor.url, object: 'contacts', idProperty: 'syncward_key', map: own }),
    credential: { token: vendor.token() },
    http: localHttp('hubspot', clock, [vendor.token()], 5_000),
  };
  return { driven: await drive(hubspot, ctx, records), batches: vendor.batches() };
}
const without = (record: OutgoingRecord, key: string): OutgoingRecord => {
  const { [key]: _gone, ...payload } = record.payload;
  return { ...record, payload };
};
const plain = (record: OutgoingRecord): OutgoingRecord => without(record, 'documentNumber');

describe('a batch refused whole for a name that all its records carry', () => {
  it('is said for all of them after one was asked alone, not once for each half', async () => {
    const { driven, batches } = await sent(spending(100).map(plain));
    expect(batches).toEqual([100, 1]);
    expect([...driven.states.values()]).toEqual(Array(100).fill('failed'));
    expect(new Set([...driven.last.values()].map(({ template, field, payload_field }) => `${template} ${field} ${payload_field}`)))
      .toEqual(new Set(['Property "texte" does not exist texte description']));
  });

  it('is not said for those that do not carry it: they land together', async () => {
    const records = spending(100).map(plain).map((record) => (record.id % 4 === 0 ? record : without(record, 'description')));
    const { driven, batches } = await sent(records);
    expect(batches).toEqual([100, 1, 75]);
    expect([...driven.states.values()]).toEqual(records.map(({ id }) => (id % 4 === 0 ? 'failed' : 'exported')));
    expect(vendor?.ledger()).toHaveLength(75);
  });

  it('a wrong value is its own record\'s, and found by halving as before', async () => {
    const records = spending(16).map(plain).map((record) => (record.id === 11 ? withPayload(record, { account: '9999' }) : record));
    const { driven } = await sent(records, { ...map, description: 'description' });
    expect([...driven.states.entries()].filter(([, state]) => state === 'failed')).toEqual([[11, 'failed']]);
    expect(vendor?.ledger()).toHaveLength(15);
  });
});

describe('what is taken for a fault of the name', () => {
  const pushing = pushingFor(hubspot, hubspot.settings.parse({ object: 'contacts', idProperty: 'syncward_key', map }));
  const batch = spending(3).map((record) => ({ ...record, claimed_from: 'queued' })) as never as ClaimedRecord[];
  const alike = (said: Partial<Diagnosis>): number =>
    (pushing ? concernedAlike(pushing, batch, { message: 'x', code: null, field: 'texte', category: 'schema', retryable: false, ...said }).length : -1);

  it.each<[Partial<Diagnosis>, number]>([
    [{ code: 'PROPERTY_DOESNT_EXIST' }, 3],
    [{ code: 'INVALID_FIELD', message: "No such column 'texte' on sobject of type Account" }, 3],
    [{ message: 'Unrecognized field "texte"' }, 3],
    [{ code: 'INVALID_FIELD', field: 'Key__c' }, 3],
    [{ code: 'INVALID_FIELD', category: 'validation' }, 0],
    [{ code: 'JSON_PARSER_ERROR', message: 'Cannot deserialize instance of double from VALUE_STRING value abc' }, 0],
    [{ code: 'PROPERTY_DOESNT_EXIST', field: null }, 0],
    [{ code: 'PROPERTY_DOESNT_EXIST', records: [{ index: 1, message: 'x', code: null, field: 'texte' }] }, 0],
  ])('%j concerns %i of 3', (said, count) => {
    expect(alike(said)).toBe(count);
  });
});
