import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import type { Context } from '../../supabase/functions/sync-hubspot/api.ts';
import { connector } from '../../supabase/functions/sync-hubspot/connector.ts';
import { settings } from '../../supabase/functions/sync-hubspot/settings.ts';
import { startHubSpot } from '../simulators/hubspot.ts';
import type { HubSpotOptions, HubSpotSimulator } from '../simulators/hubspot.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let vendor: HubSpotSimulator;
let ctx: Context;

const map = {
  account: 'account',
  postingDate: 'posting_date',
  description: 'description',
  documentNumber: 'document',
  amount: 'amount',
  currency: 'currency',
};

function context(own: Record<string, unknown> = {}, token = vendor.token()): Context {
  return {
    settings: settings.parse({ baseUrl: vendor.url, object: 'contacts', idProperty: 'syncward_key', map, ...own }),
    credential: { token },
    http: localHttp('hubspot', clock, [token], 500),
  };
}

async function start(more: Partial<HubSpotOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startHubSpot({ clock, accounts: ['4010', '4020'], ...more });
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('sending to HubSpot', () => {
  it('lands a full batch with one call, digit by digit', async () => {
    const records = spending(connector.batchSize).map((
      record,
      index,
    ) => (index === 0 ? { ...record, amount: '-123456789012345.67' } : record));
    const outcomes = await push(records);
    expect(vendor.batches()).toEqual([100]);
    expect(outcomes).toMatchObject(vendor.ledger().map(({ id }) => ({ state: 'exported', externalId: id })));
    expect(vendor.ledger()[0]).toMatchObject({
      key: stableKey(records[0] as OutgoingRecord),
      amount: '-123456789012345.67',
      currency: 'NOK',
    });
    expect(vendor.duplicates()).toEqual([]);
  });

  it('knows its records by their key where the trace is not repeated', async () => {
    await vendor.stop();
    await start({ repeatsTrace: false });
    expect(await push(spending(2))).toMatchObject([{ state: 'exported', externalId: '501' }, { state: 'exported', externalId: '502' }]);
  });

  it('overwrites with a later version, and empties what that leaves empty', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    await push([record]);
    expect(await push([{ ...withPayload(record, { description: null }), version: 2, key: 'another' }])).toMatchObject([{
      externalId: '501',
    }]);
    expect(vendor.held()).toMatchObject([{ properties: { description: '', document: '1034526 - 1' } }]);
  });

  it('reads of each record what became of it when the answer is 207', async () => {
    const [good, account, date] = spending(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const outcomes = await push([withPayload(account, { account: 'Z999' }), good, withPayload(date, { postingDate: '07.02.2017' })]);
    expect(outcomes).toMatchObject([
      {
        state: 'refused',
        diagnosis: {
          message: 'Z999 was not one of the allowed options: [4010, 4020]',
          code: 'INVALID_OPTION',
          field: 'account',
          category: 'validation',
          retryable: false,
        },
      },
      { state: 'exported', externalId: '501' },
      { state: 'refused', diagnosis: { message: '07.02.2017 was not a valid date.', code: 'INVALID_DATE', field: 'posting_date' } },
    ]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(connector.fields(ctx.settings)).toMatchObject({ postingDate: ['posting_date'], amount: ['amount'] });
  });

  it('is refused whole for a property that does not exist, and the property is named', async () => {
    ctx = context({ map: { ...map, description: 'texte' } });
    expect(await failureOf(push(spending(2)))).toMatchObject({
      delivered: 'refused',
      diagnosis: { message: 'Property "texte" does not exist', code: 'PROPERTY_DOESNT_EXIST', field: 'texte', retryable: false },
    });
    expect(vendor.ledger()).toHaveLength(0);
  });

  it('refuses a record that cannot be written by itself and sends the others', async () => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    expect(await push([withPayload(first, { colour: 'red' }), second])).toMatchObject([
      { state: 'refused', diagnosis: { field: 'colour', code: 'payload_unknown_key' } },
      { state: 'exported' },
    ]);
  });
});

describe('when HubSpot does not answer as it should', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('a batch that is sent again after %s lands once', async (fault) => {
    vendor.faults.next(fault);
    expect(await failureOf(push(spending(45)))).toMatchObject({ delivered: 'unknown' });
    expect((await push(spending(45))).every(({ state }) => state === 'exported')).toBe(true);
    expect(vendor.ledger()).toHaveLength(45);
    expect(vendor.duplicates()).toEqual([]);
  });

  it.each([['SECONDLY', 1], ['TEN_SECONDLY_ROLLING', 10], ['DAILY', 3_600]] as const)(
    'waits as long as the limit %s asks for',
    async (policy, seconds) => {
      await vendor.stop();
      await start({ policy });
      vendor.faults.next('too_many');
      expect(await failureOf(push(spending(1)))).toMatchObject({
        delivered: 'refused',
        retryAfterSeconds: seconds,
        diagnosis: { category: 'rate_limit', retryable: true },
      });
      expect(vendor.ledger()).toHaveLength(0);
    },
  );

  it('a refused token is the credential’s failure, and is written down nowhere', async () => {
    ctx = context({}, 'another-wrong-token');
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { category: 'auth', code: 'INVALID_AUTHENTICATION' } });
    expect(JSON.stringify(failure)).not.toContain('another-wrong-token');
  });
});

describe('checking', () => {
  it('says which account it is', async () => {
    expect(await connector.check(ctx)).toEqual({ as: 'Example account (123456)', warnings: [] });
  });

  it('warns when the day’s calls are nearly used up', async () => {
    vendor.useCalls(200_000);
    expect((await connector.check(ctx)).warnings).toEqual(['200002 of 250000 API calls of this day are used.']);
  });

  it('warns of a property that may hold a value twice', async () => {
    ctx = context({ idProperty: 'document', map: {} });
    expect((await connector.check(ctx)).warnings).toEqual([
      'Records cannot be sent: the property document does not ask for unique values.',
    ]);
  });

  it('says that the property is not there', async () => {
    ctx = context({ idProperty: 'syncward' });
    expect((await connector.check(ctx)).warnings).toEqual(['Records cannot be sent: Property "syncward" does not exist']);
  });

  it('says that the token is wrong', async () => {
    ctx = context({}, 'another-wrong-token');
    expect(await failureOf(connector.check(ctx))).toMatchObject({ diagnosis: { category: 'auth' } });
  });
});

describe('fetching from HubSpot', () => {
  const pull = (cursor: string | null, isFirst = false): Promise<Page> =>
    connector.pull(ctx, { stream: 'records', cursor, isFirst, at: clock() });

  async function everything(): Promise<{ ids: string[]; cursor: string }> {
    const ids: string[] = [];
    let page: Page = { records: [], cursor: '', more: true };
    for (let cursor: string | null = null; page.more; cursor = page.cursor) {
      page = await pull(cursor);
      ids.push(...page.records.map(({ id }) => id));
    }
    return { ids, cursor: page.cursor };
  }

  it('goes on past the number of objects that one search tells', async () => {
    await vendor.stop();
    await start({ searchCap: 400 });
    for (const second of ['01', '02', '03', '04', '05', '06']) vendor.touch(175, `2017-03-01T07:00:${second}.123Z`);
    const { ids, cursor } = await everything();
    expect(ids).toHaveLength(1_050);
    expect(new Set(ids).size).toBe(1_050);
    expect(await pull(cursor)).toEqual({ records: [], cursor, more: false });
  });

  it('gives every change once, also where one moment holds more than a page', async () => {
    vendor.touch(3, '2017-03-01T07:00:00.001Z');
    vendor.touch(650, '2017-03-01T07:00:00.002Z');
    vendor.touch(2, '2017-03-01T07:00:00.003Z');
    const { ids } = await everything();
    expect(ids).toHaveLength(655);
    expect(new Set(ids).size).toBe(655);
  });

  it('gives the same page again, and looks back a little at the beginning of a run', async () => {
    ctx = context({ pullProperties: ['account'] });
    vendor.touch(1, '2017-03-01T07:00:01.500Z');
    const first = await pull(null);
    expect(first.records).toMatchObject([{ payload: { account: '4010' }, changedAt: '2017-03-01T07:00:01.500Z', deleted: false }]);
    expect(await pull(null)).toEqual(first);
    vendor.touch(1, '2017-03-01T06:59:30.000Z');
    expect((await pull(first.cursor)).records).toEqual([]);
    expect((await pull(first.cursor, true)).records).toHaveLength(2);
  });
});

describe('settings', () => {
  it('send the credential to HubSpot alone, and keep an address in its place', () => {
    const { error } = settings.safeParse({ baseUrl: 'https://hubapi.example.org', object: '../account', idProperty: 'A', map: {} });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['baseUrl', 'object', 'idProperty']);
  });

  it('keep the property of our key for our key', () => {
    expect(() => context({ map: { account: 'syncward_key' } })).toThrow('takes nothing else');
  });
});
