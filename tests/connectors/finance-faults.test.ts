import { afterEach, describe, expect, it } from 'vitest';
import type { AnyConnector, ConnectorContext } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { dataverse } from '../../supabase/functions/sync-dataverse/connector.ts';
import { dynamics365Fo } from '../../supabase/functions/sync-dynamics-365-fo/connector.ts';
import { connector as erpnext } from '../../supabase/functions/sync-erpnext/connector.ts';
import { tripletex } from '../../supabase/functions/sync-tripletex/connector.ts';
import { createSessions } from '../../supabase/functions/sync-tripletex/session.ts';
import { startDataverse } from '../simulators/dataverse.ts';
import { drive } from '../simulators/drive.ts';
import { startDynamics365Fo } from '../simulators/dynamics-365-fo.ts';
import { startErpnext } from '../simulators/erpnext.ts';
import type { Faults } from '../simulators/faults.ts';
import { localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { Simulator } from '../simulators/server.ts';
import { startTripletex } from '../simulators/tripletex.ts';

const clock = testClock();
const accounts = ['4010', '1920'];
let vendor: Simulator | null = null;
afterEach(() => vendor?.stop());

type Case = { vendor: Simulator; connector: AnyConnector; settings: Record<string, unknown>; credential: Record<string, unknown> };

const cases: Record<string, () => Promise<Case>> = {
  async erpnext() {
    const sim = await startErpnext({ clock, accounts });
    const credential = { site: sim.url, apiKey: sim.apiKey, apiSecret: sim.secret() };
    return { vendor: sim, connector: erpnext, settings: { company: 'Blindes Forbund', balancingAccount: '1920' }, credential };
  },
  async tripletex() {
    const sim = await startTripletex({ clock, accounts });
    const credential = { consumerToken: sim.consumerToken, employeeToken: sim.secret() };
    return { vendor: sim, connector: tripletex(createSessions(clock)), settings: { baseUrl: `${sim.url}/v2`, balancingAccount: '1920' }, credential };
  },
  async dataverse() {
    const sim = await startDataverse({ clock, accounts });
    const map = { account: 'hlf_account', postingDate: 'hlf_date', documentNumber: 'hlf_documentno', description: 'hlf_name', amount: 'hlf_amount', currency: 'none' };
    const settings = { baseUrl: sim.url, loginUrl: sim.url, tenantId: sim.tenantId, table: { set: 'hlf_expenses', key: 'hlf_key', map } };
    return { vendor: sim, connector: dataverse(createTokenCache(clock)), settings, credential: { clientId: sim.clientId, clientSecret: sim.secret() } };
  },
  async 'dynamics-365-fo'() {
    const sim = await startDynamics365Fo({ clock, accounts });
    const map = { account: 'AccountDisplayValue', postingDate: 'TransDate', documentNumber: 'Invoice', description: 'Text', amount: 'DebitAmount', currency: 'CurrencyCode' };
    const settings = {
      baseUrl: sim.url, loginUrl: sim.url, tenantId: sim.tenantId, company: 'usmf', entity: 'LedgerJournalLines', key: 'Document', map, dates: ['TransDate'],
      values: { JournalBatchNumber: '00042' },
    };
    return { vendor: sim, connector: dynamics365Fo(createTokenCache(clock)), settings, credential: { clientId: sim.clientId, clientSecret: sim.secret() } };
  },
};

/** A call in three goes wrong, in every way but waiting for nothing. */
const RATES: Parameters<Faults['rate']>[0] = {
  lost_answer: 0.06, half_body: 0.06, gateway_timeout: 0.06, error_before: 0.03, unavailable: 0.03, gateway_html: 0.03, reset: 0.03, too_many: 0.03,
};

describe.each(Object.keys(cases))('%s, sent to by the kit while a call in three goes wrong', (name) => {
  it.each([1, 2, 3])('takes every good record once and refuses each bad one by itself (seed %i)', async (seed) => {
    const { vendor: sim, connector, settings, credential } = await (cases[name] as () => Promise<Case>)();
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
