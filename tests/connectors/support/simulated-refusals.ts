import { connector } from '../../../supabase/functions/sync-erpnext/connector.ts';
import { drive } from '../../simulators/drive.ts';
import { startErpnext } from '../../simulators/erpnext.ts';
import { localHttp, spending, testClock, withPayload } from '../../simulators/records.ts';
import type { OutgoingRecord } from '../../../supabase/functions/_kit/connector.ts';

/** Four ways in which a record can be wrong, each time with another value. */
const MISTAKES: ((record: OutgoingRecord) => OutgoingRecord)[] = [
  (record) => withPayload(record, { account: `Z${record.id}` }),
  (record) => withPayload(record, { costCenter: `Salg ${record.id}` }),
  (record) => withPayload(record, { documentNumber: `D${'0'.repeat(150)}${record.id}` }),
  (record) => ({ ...record, currency: `X${record.id}` }),
];

/** What a played ERPNext refuses of records that are wrong in four ways, every other one being right, and the causes that come of it. */
export async function simulatedRefusals(failures: number): Promise<{ failures: number; mistakes: number; causes: number }> {
  const clock = testClock();
  const vendor = await startErpnext({ clock, accounts: ['4010', '1920'] });
  try {
    const ctx = {
      settings: connector.settings.parse({ company: 'Blindes Forbund', balancingAccount: '1920' }),
      credential: connector.credential.parse({ site: vendor.url, apiKey: vendor.apiKey, apiSecret: vendor.secret() }),
      http: localHttp('erpnext', clock, [], 10_000),
    };
    const wrong = (record: OutgoingRecord): OutgoingRecord => MISTAKES[(record.id / 2) % MISTAKES.length]?.(record) ?? record;
    const records = spending(2 * failures).map((record) => (record.id % 2 === 0 ? wrong(record) : record));
    const { last } = await drive(connector, ctx, records);
    const failed = [...last.values()].filter(({ state }) => state === 'failed');
    return {
      failures: failed.length,
      mistakes: MISTAKES.length,
      causes: new Set(failed.map(({ code, field, template }) => JSON.stringify([code, field, template]))).size,
    };
  } finally {
    await vendor.stop();
  }
}
