import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { connector } from '../../supabase/functions/sync-servicenow/connector.ts';
import { settings } from '../../supabase/functions/sync-servicenow/settings.ts';
import type { Context } from '../../supabase/functions/sync-servicenow/table.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startServiceNow } from '../simulators/servicenow.ts';
import type { ServiceNowOptions, ServiceNowSimulator } from '../simulators/servicenow.ts';

let clock: TestClock;
let vendor: ServiceNowSimulator;
let ctx: Context;

const map = {
  account: 'u_account',
  postingDate: 'u_posting_date',
  description: 'u_description',
  documentNumber: 'none',
  costCenter: 'u_cost_center',
  amount: 'u_amount',
  currency: 'u_currency',
};

function context(own: Record<string, unknown> = {}, password = vendor.password()): Context {
  return {
    settings: settings.parse({ baseUrl: vendor.url, stagingTable: vendor.stagingTable, pullTable: 'u_spending', map, ...own }),
    credential: { username: vendor.username, password },
    http: localHttp('servicenow', clock, [password], 300),
  };
}

async function start(more: Partial<ServiceNowOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startServiceNow({ clock, accounts: ['4010', '4020'], openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }], ...more });
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);

/** Asks for the verdicts as the kit does: with what each record was accepted under. */
function confirm(records: OutgoingRecord[], outcomes: Outcome[]): Promise<(Outcome | null)[]> {
  const asked = records.flatMap((record, index) => {
    const outcome = outcomes[index];
    return outcome?.state === 'accepted' ? [{ ...record, externalId: outcome.externalId }] : [];
  });
  return connector.confirm(ctx, asked);
}

async function landed(records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const outcomes = await push(records);
  vendor.transform();
  return confirm(records, outcomes);
}

const pull = (cursor: string | null, isFirst = false): Promise<Page> =>
  connector.pull(ctx, { stream: 'records', cursor, isFirst, at: clock() });

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('sending to ServiceNow', () => {
  it('hands in a full batch with one call, and knows of each row once it is transformed', async () => {
    const records = spending(connector.batchSize);
    const outcomes = await push(records);
    expect(vendor.batches()).toEqual([200]);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(await confirm(records, outcomes)).toEqual(records.map(() => null));
    vendor.transform();
    const verdicts = await confirm(records, outcomes);
    expect(verdicts).toEqual(vendor.ledger().map(({ id }) => ({ state: 'exported', externalId: id })));
    expect(vendor.ledger()).toHaveLength(200);
    expect(vendor.ledger()[1]).toMatchObject({
      key: stableKey(records[1] as OutgoingRecord),
      account: '4010',
      amount: '2.10',
      currency: 'NOK',
    });
    expect(vendor.duplicates()).toEqual([]);
  });

  it('knows at the first question what was transformed before the answer', async () => {
    await vendor.stop();
    await start({ transforms: 'synchronous' });
    const records = spending(2);
    expect(await confirm(records, await push(records))).toMatchObject([{ state: 'exported' }, { state: 'exported' }]);
  });

  it('writes amounts digit by digit', async () => {
    await landed(spending(1, { amount: '-123456789012345.67' }));
    expect(vendor.ledger()).toMatchObject([{ amount: '-123456789012345.67' }]);
  });

  it('updates what an earlier version inserted, and takes an unchanged one as landed', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    await landed([record]);
    const changed = { ...withPayload(record, { description: 'Corrected' }), key: 'key-1-again', version: 2 };
    expect(await landed([changed])).toMatchObject([{ state: 'exported', externalId: vendor.target()[0]?.sys_id }]);
    expect(await landed([changed])).toMatchObject([{ state: 'exported', externalId: vendor.target()[0]?.sys_id }]);
    expect(vendor.target()).toMatchObject([{ u_description: 'Corrected' }]);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('tells each refused row what the transformation says of it, and lands the rest', async () => {
    const [good, account, text, closed] = spending(4) as [OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const verdicts = await landed([
      good,
      withPayload(account, { account: 'Z999' }),
      withPayload(text, { description: '' }),
      withPayload(closed, { postingDate: '2016-12-31' }),
    ]);
    expect(verdicts).toMatchObject([
      { state: 'exported' },
      {
        state: 'refused',
        diagnosis: {
          message: "Operation against file 'u_spending' was aborted by Business Rule 'Check account^5230b9179735ca504546f027f053af79'.",
          category: 'validation',
          retryable: false,
        },
      },
      { state: 'refused', diagnosis: { message: 'Data Policy Exception: Description is mandatory', field: 'Description' } },
      { state: 'refused', diagnosis: { field: 'u_posting_date', category: 'validation', retryable: false } },
    ]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(connector.fields(ctx.settings)).toMatchObject({
      postingDate: ['u_posting_date', 'posting_date', 'posting date'],
      description: ['u_description', 'description', 'description'],
    });
  });

  it('does not take a row for landed that a script ignored', async () => {
    vendor.ignoreNext('Row transform ignored by onBefore script');
    expect(await landed(spending(1))).toMatchObject([{
      state: 'refused',
      diagnosis: { message: 'Row transform ignored by onBefore script' },
    }]);
    vendor.ignoreNext('');
    expect(await landed(spending(1))).toMatchObject([{ state: 'refused', diagnosis: { message: /ignored.*no reason/ } }]);
  });

  it('sends again what a cancelled import set left behind', async () => {
    const outcomes = await push(spending(1));
    vendor.cancel();
    expect(await confirm(spending(1), outcomes)).toMatchObject([{
      state: 'refused',
      diagnosis: { code: 'import_without_result', retryable: true },
    }]);
  });

  it('says how to set the instance up when rows come without our key', async () => {
    await vendor.stop();
    await start({ columnMapping: 'label' });
    expect(await landed(spending(1))).toMatchObject([{ state: 'refused', diagnosis: { code: 'key_column_empty', retryable: false } }]);
  });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['a value that is a list', { payload: { description: ['a'] } }, 'description', 'payload_invalid'],
    ['more decimals than are set', { amount: '0.015' }, 'amount', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const bad = withPayload({ ...first, ...change, payload: first.payload }, 'payload' in change ? change.payload : {});
    expect(await push([bad, second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, { state: 'accepted' }]);
    expect(vendor.batches()).toEqual([1]);
  });
});

describe('when ServiceNow does not answer as it should', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('a batch that is sent again after %s lands once', async (fault) => {
    const records = spending(45);
    vendor.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    vendor.transform();
    expect((await landed(records)).every((verdict) => verdict?.state === 'exported')).toBe(true);
    expect(vendor.ledger()).toHaveLength(45);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('does not believe an answer of 200 that ends in a cancelled transaction', async () => {
    const outcomes = await push(spending(1));
    vendor.transform();
    vendor.runOutOfTime();
    expect(await failureOf(confirm(spending(1), outcomes)))
      .toMatchObject({ delivered: 'unknown', status: 200, diagnosis: { category: 'timeout', retryable: true } });
    expect(await confirm(spending(1), outcomes)).toMatchObject([{ state: 'exported' }]);
  });

  it('reads how long it is to be left alone', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push(spending(1))))
      .toMatchObject({ delivered: 'refused', retryAfterSeconds: 37, diagnosis: { category: 'rate_limit' } });
    expect(vendor.batches()).toEqual([]);
  });

  it('a refused password is the credential’s failure, and is written down nowhere', async () => {
    ctx = context({}, 'another-wrong-password');
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { category: 'auth', message: 'User Not Authenticated' } });
    expect(JSON.stringify(failure)).not.toContain('another-wrong-password');
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await connector.check(ctx)).toEqual({ as: 'Integration User', warnings: [] });
  });

  it('warns of a user whose clock is not GMT', async () => {
    await vendor.stop();
    await start({ timeZone: 'Europe/Oslo' });
    expect((await connector.check(ctx)).warnings).toEqual([expect.stringContaining('Europe/Oslo')]);
  });

  it('says that the password is wrong', async () => {
    ctx = context({}, 'another-wrong-password');
    expect(await failureOf(connector.check(ctx))).toMatchObject({ diagnosis: { category: 'auth' } });
  });

  it('says which of sending and fetching will not do', async () => {
    ctx = context({ stagingTable: 'u_unknown' });
    expect((await connector.check(ctx)).warnings).toEqual(['Records cannot be sent: Invalid table u_unknown']);
    ctx = context({ pullTable: 'u_unknown' });
    expect((await connector.check(ctx)).warnings).toEqual(['Records cannot be fetched: Invalid table u_unknown']);
  });
});

describe('fetching from ServiceNow', () => {
  const touched = (count: number, at: string): void => {
    for (let index = 0; index < count; index++) {
      vendor.touch({ sys_id: `${at.slice(-2)}-${String(index).padStart(4, '0')}`, sys_updated_on: at, u_account: '4010' });
    }
  };

  it('gives every change once, also where more share a second than fit on a page', async () => {
    touched(3, '2017-03-01 07:00:01');
    touched(1_203, '2017-03-01 07:00:02');
    touched(2, '2017-03-01 07:00:03');
    const ids: string[] = [];
    let page: Page = { records: [], cursor: '', more: true };
    for (let cursor: string | null = null; page.more; cursor = page.cursor) {
      page = await pull(cursor);
      ids.push(...page.records.map(({ id }) => id));
    }
    expect(ids).toHaveLength(1_208);
    expect(new Set(ids).size).toBe(1_208);
    expect(await pull(page.cursor)).toEqual({ records: [], cursor: page.cursor, more: false });
  });

  it('gives the same page again, and looks back a little at the beginning of a run', async () => {
    touched(2, '2017-03-01 07:00:01');
    const first = await pull(null);
    expect(await pull(null)).toEqual(first);
    touched(1, '2017-03-01 06:59:30');
    expect((await pull(first.cursor)).records).toEqual([]);
    expect((await pull(first.cursor, true)).records).toMatchObject([
      { id: '30-0000', changedAt: '2017-03-01T06:59:30.000Z', deleted: false, payload: { u_account: '4010' } },
      { id: '01-0000' },
      { id: '01-0001' },
    ]);
  });
});

describe('settings', () => {
  it('send the credential to ServiceNow alone, and name what is missing', () => {
    const { error } = settings.safeParse({ baseUrl: 'https://acme.service-now.com.example.org', stagingTable: 'A B' });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['baseUrl', 'stagingTable']);
  });

  it('keep the column of our key for our key', () => {
    expect(() => context({ map: { account: 'u_source_id' } })).toThrow('takes nothing else');
  });
});
