import { afterEach, describe, expect, it } from 'vitest';
import type { AnyConnector, ConnectorContext } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { dataverse } from '../../supabase/functions/sync-dataverse/connector.ts';
import { dynamics365Fo } from '../../supabase/functions/sync-dynamics-365-fo/connector.ts';
import { connector as erpnext } from '../../supabase/functions/sync-erpnext/connector.ts';
import { tripletex } from '../../supabase/functions/sync-tripletex/connector.ts';
import { createSessions } from '../../supabase/functions/sync-tripletex/session.ts';
import { drive } from '../simulators/drive.ts';
import type { Faults } from '../simulators/faults.ts';
import { localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { Simulator } from '../simulators/server.ts';
import { setUps } from '../simulators/set-up.ts';

const clock = testClock();
const accounts = ['4010', '1920'];
let vendor: Simulator | null = null;
afterEach(() => vendor?.stop());

const connectors: Record<'erpnext' | 'tripletex' | 'dataverse' | 'dynamics-365-fo', () => AnyConnector> = {
  erpnext: () => erpnext,
  tripletex: () => tripletex(createSessions(clock)),
  dataverse: () => dataverse(createTokenCache(clock)),
  'dynamics-365-fo': () => dynamics365Fo(createTokenCache(clock)),
};

/** A call in three goes wrong, in every way but waiting for nothing. */
const RATES: Parameters<Faults['rate']>[0] = {
  lost_answer: 0.06, half_body: 0.06, gateway_timeout: 0.06, error_before: 0.03, unavailable: 0.03, gateway_html: 0.03, reset: 0.03, too_many: 0.03,
};

describe.each(Object.keys(connectors) as (keyof typeof connectors)[])('%s, sent to by the kit while a call in three goes wrong', (name) => {
  it.each([1, 2, 3])('takes every good record once and refuses each bad one by itself (seed %i)', async (seed) => {
    const connector = connectors[name]();
    const { vendor: sim, settings, credential } = await setUps[name]({ clock, accounts });
    vendor = sim;
    const ctx: ConnectorContext = {
      settings: connector.settings.parse(settings),
      credential: connector.credential.parse(credential),
      http: localHttp(name, clock, [], 10_000),
    };
    const records = spending(60).map((record) => (record.id % 20 === 7 ? withPayload(record, { account: 'Z999' }) : record));
    sim.faults.rate(RATES, seed);
    // Small batches, so that there are calls enough to go wrong.
    const { states, last } = await drive({ ...connector, batchSize: Math.min(5, Number(connector.batchSize)) } as AnyConnector, ctx, records);
    const expected = records.map(({ id, payload }) => [id, payload.account === 'Z999' ? 'failed' : 'exported']);
    expect([...states]).toEqual(expected);
    expect(sim.ledger()).toHaveLength(57);
    expect(sim.duplicates()).toEqual([]);
    expect([7, 27, 47].map((id) => last.get(id)?.message)).toEqual([7, 27, 47].map(() => expect.stringContaining('Z999') as string));
    expect(Object.values(sim.faults.happened()).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
  });
});
