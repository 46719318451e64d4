import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import type { Context } from '../../supabase/functions/sync-salesforce/api.ts';
import { salesforce } from '../../supabase/functions/sync-salesforce/connector.ts';
import { settings } from '../../supabase/functions/sync-salesforce/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startSalesforce } from '../simulators/salesforce.ts';
import type { SalesforceOptions, SalesforceSimulator } from '../simulators/salesforce.ts';

let clock: TestClock;
let vendor: SalesforceSimulator;
let connector: ReturnType<typeof salesforce>;
let ctx: Context;

const map = {
  account: 'Account__c',
  postingDate: 'Posting_Date__c',
  description: 'Description__c',
  documentNumber: 'Document__c',
  hours: 'Hours__c',
  amount: 'Amount__c',
  currency: 'CurrencyIsoCode',
};

function context(own: Record<string, unknown> = {}, clientSecret = vendor.secret()): Context {
  return {
    settings: settings.parse({
      baseUrl: vendor.url,
      object: vendor.object,
      externalIdField: vendor.keyField,
      map,
      numbers: ['Hours__c'],
      ...own,
    }),
    credential: { clientId: vendor.clientId, clientSecret },
    http: localHttp('salesforce', clock, [clientSecret], 500),
  };
}

async function start(more: Partial<SalesforceOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startSalesforce({ clock, accounts: ['4010', '4020'], openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }], ...more });
  connector = salesforce(createTokenCache(clock));
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);

/** Asks for the verdicts as the kit does: with what each record was accepted under. */
const confirm = (records: OutgoingRecord[], outcomes: Outcome[]): Promise<(Outcome | null)[]> =>
  connector.confirm(
    ctx,
    records.flatMap((record, index) => {
      const outcome = outcomes[index];
      return outcome?.state === 'accepted' ? [{ ...record, externalId: outcome.externalId }] : [];
    }),
  );

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('sending a collection to Salesforce', () => {
  it('lands a full one with one call, digit by digit', async () => {
    const records = spending(200).map((record, index) => (index === 0 ? { ...record, amount: '-123456789012345.67' } : record));
    const outcomes = await push(records);
    expect(vendor.batches()).toEqual([200]);
    expect(outcomes).toMatchObject(vendor.ledger().map(({ id }) => ({ state: 'exported', externalId: id })));
    expect(vendor.ledger()[0]).toMatchObject({
      key: stableKey(records[0] as OutgoingRecord),
      amount: '-123456789012345.67',
      currency: 'NOK',
    });
    expect(vendor.duplicates()).toEqual([]);
  });

  it('overwrites with a later version, and empties what that leaves empty', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    const [first] = await push([record]);
    const [second] = await push([{ ...withPayload(record, { description: null, documentNumber: 'D2' }), version: 2, key: 'another' }]);
    expect(second).toMatchObject({ state: 'exported', externalId: first?.externalId });
    expect(vendor.held()).toMatchObject([{ values: { Description__c: null, Document__c: 'D2' } }]);
  });

  it('tells each refused record what Salesforce says of it, and lands the rest', async () => {
    const [good, missing, account, long, closed, currency] = spending(6) as [
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
    ];
    const outcomes = await push([
      good,
      withPayload(missing, { account: null }),
      withPayload(account, { account: 'Z999' }),
      withPayload(long, { description: 'x'.repeat(81) }),
      withPayload(closed, { postingDate: '2016-12-31' }),
      { ...currency, currency: 'XXX' },
    ]);
    expect(outcomes).toMatchObject([
      { state: 'exported' },
      { state: 'refused', diagnosis: { code: 'REQUIRED_FIELD_MISSING', field: 'Account__c', category: 'validation', retryable: false } },
      {
        state: 'refused',
        diagnosis: { code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'There is no account Z999.', field: 'Account__c' },
      },
      { state: 'refused', diagnosis: { code: 'STRING_TOO_LONG', field: 'Description__c' } },
      { state: 'refused', diagnosis: { message: 'The period is closed.', field: 'Posting_Date__c' } },
      { state: 'refused', diagnosis: { code: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', field: 'CurrencyIsoCode' } },
    ]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(connector.fields(ctx.settings)).toMatchObject({
      account: ['Account__c'],
      postingDate: ['Posting_Date__c'],
      currency: ['CurrencyIsoCode'],
    });
  });

  it('tries a locked record again', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    vendor.lock(stableKey(record));
    expect(await push([record])).toMatchObject([{ state: 'refused', diagnosis: { code: 'UNABLE_TO_LOCK_ROW', retryable: true } }]);
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
  });

  it.each([
    ['an unknown key', { colour: 'red' }, 'colour', 'payload_unknown_key'],
    ['a number that is none', { hours: 'seven' }, 'hours', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, payload, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    expect(await push([withPayload(first, payload), second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, {
      state: 'exported',
    }]);
  });

  it('writes a number of the payload as it stands there', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    expect(await push([withPayload(record, { hours: '7.50' })])).toMatchObject([{ state: 'exported' }]);
    expect(vendor.held()).toMatchObject([{ values: { Hours__c: '7.50' } }]);
  });

  it('is refused whole for a field that does not exist, and the field is named', async () => {
    ctx = context({ map: { ...map, description: 'Texte__c' } });
    expect(await failureOf(push(spending(2)))).toMatchObject({
      delivered: 'refused',
      diagnosis: { code: 'INVALID_FIELD', field: 'Texte__c', category: 'schema' },
    });
  });
});

describe('sending a job to Salesforce', () => {
  it('takes more than 200 records at once and knows of each when the job has run', async () => {
    const records = spending(450).map((record, index) => {
      if (index === 7) return withPayload(record, { account: 'Z999' });
      return index === 8 ? withPayload(record, { description: 'A "quoted", text\nof two lines' }) : record;
    });
    const outcomes = await push(records);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(await confirm(records, outcomes)).toEqual(records.map(() => null));
    vendor.jobs.run();
    const verdicts = await confirm(records, outcomes);
    expect(verdicts.filter((verdict) => verdict?.state === 'exported')).toHaveLength(449);
    expect(verdicts[7]).toMatchObject({
      state: 'refused',
      diagnosis: { code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'There is no account Z999.', field: 'Account__c', retryable: false },
    });
    const byKey = new Map(vendor.held().map((held) => [held.key, held]));
    expect(byKey.get(stableKey(records[8] as OutgoingRecord))).toMatchObject({
      Id: verdicts[8]?.externalId,
      values: { Description__c: 'A "quoted", text\nof two lines' },
    });
    expect(byKey.get(stableKey(records[449] as OutgoingRecord))?.values.Amount__c).toBe('450.10');
    expect(vendor.duplicates()).toEqual([]);
  });

  it('leaves a record that cannot be written out of the job', async () => {
    const records = spending(202).map((record, index) => (index === 0 ? withPayload(record, { colour: 'red' }) : record));
    const outcomes = await push(records);
    expect(outcomes[0]).toMatchObject({ state: 'refused', diagnosis: { field: 'colour' } });
    expect(outcomes.slice(1).every(({ state }) => state === 'accepted')).toBe(true);
  });

  it('empties a field only where the record says so', async () => {
    const records = spending(201);
    await push(records);
    vendor.jobs.run();
    await push(
      records.map((record, index) => ({
        ...record,
        version: 2,
        payload: index === 0 ? { account: '4010', description: null } : { account: '4020' },
      })),
    );
    vendor.jobs.run();
    expect(vendor.held()[0]?.values).toMatchObject({ Description__c: null, Document__c: '1034526 - 1' });
    expect(vendor.held()[1]?.values).toMatchObject({ Description__c: 'Consulting', Account__c: '4020' });
  });

  it.each([
    ['was aborted', () => vendor.jobs.abort(), true],
    ['is not kept any longer', () => vendor.jobs.forget(), true],
  ])('sends again what a job left that %s', async (_, happens, retryable) => {
    const records = spending(201);
    const outcomes = await push(records);
    happens();
    const verdicts = await confirm(records, outcomes);
    expect(verdicts).toHaveLength(201);
    expect(verdicts[0]).toMatchObject({ state: 'refused', diagnosis: { code: 'job_without_result', retryable } });
  });

  it('says why a job failed as a whole', async () => {
    ctx = context({ map: { ...map, description: 'Texte__c' } });
    const records = spending(201);
    const outcomes = await push(records);
    vendor.jobs.run();
    expect((await confirm(records, outcomes))[0]).toMatchObject({
      state: 'refused',
      diagnosis: { message: 'InvalidBatch : Field name not found : Texte__c', retryable: false },
    });
  });

  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'took nothing while it is open, whatever answer is lost (%s)',
    async (fault) => {
      const records = spending(201);
      vendor.faults.next(fault);
      expect(await failureOf(push(records))).toMatchObject({ delivered: 'no' });
      vendor.jobs.run();
      expect(vendor.held()).toEqual([]);
    },
  );

  it('asks the job itself when the answer to closing it is lost', async () => {
    const records = spending(201);
    await push(spending(1));
    for (const fault of ['slow', 'slow', 'lost_answer'] as const) vendor.faults.next(fault);
    const outcomes = await push(records);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(vendor.jobs.states()).toEqual(['UploadComplete']);
    vendor.jobs.run();
    expect((await confirm(records, outcomes)).every((verdict) => verdict?.state === 'exported')).toBe(true);
    expect(vendor.duplicates()).toEqual([]);
  });
});

describe('when Salesforce does not answer as it should', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'a collection that is sent again after %s lands once',
    async (fault) => {
      vendor.faults.next(fault);
      expect(await failureOf(push(spending(45)))).toMatchObject({ delivered: 'unknown' });
      expect((await push(spending(45))).every(({ state }) => state === 'exported')).toBe(true);
      expect(vendor.ledger()).toHaveLength(45);
      expect(vendor.duplicates()).toEqual([]);
    },
  );

  it('waits for an hour when the day’s calls are used up', async () => {
    vendor.useCalls(15_000);
    expect(await failureOf(push(spending(1)))).toMatchObject({
      delivered: 'refused',
      status: 403,
      retryAfterSeconds: 3_600,
      diagnosis: { code: 'REQUEST_LIMIT_EXCEEDED', category: 'rate_limit', retryable: true },
    });
  });

  it('is throttled for as long as usual when too many calls are under way', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push(spending(1)))).toMatchObject({ retryAfterSeconds: null, diagnosis: { category: 'rate_limit' } });
  });

  it('fetches one token for many calls, and another when the session has ended', async () => {
    await push(spending(1));
    await push(spending(1));
    expect(vendor.tokensIssued()).toBe(1);
    vendor.endSessions();
    expect(await push(spending(1))).toMatchObject([{ state: 'exported' }]);
    expect(vendor.tokensIssued()).toBe(2);
  });

  it('a refused secret is the credential’s failure, and is written down nowhere', async () => {
    ctx = context({}, 'another-wrong-secret');
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({
      delivered: 'refused',
      diagnosis: { category: 'auth', code: 'invalid_client', message: 'invalid client credentials' },
    });
    expect(JSON.stringify(failure)).not.toContain('another-wrong-secret');
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await connector.check(ctx)).toEqual({ as: 'integration@acme.example.org', warnings: [] });
  });

  it('warns when the day’s calls are nearly used up', async () => {
    vendor.useCalls(12_400);
    expect((await connector.check(ctx)).warnings).toEqual(['12401 of 15000 API calls of the last 24 hours are used.']);
  });

  it('says that the limits may not be seen', async () => {
    await vendor.stop();
    await start({ seesSetup: false });
    expect(await connector.check(ctx)).toMatchObject({ as: 'integration@acme.example.org', warnings: [/View Setup and Configuration/] });
  });
});

describe('fetching from Salesforce', () => {
  const pull = (cursor: string | null, isFirst = false): Promise<Page> =>
    connector.pull(ctx, { stream: 'records', cursor, isFirst, at: clock() });

  it('gives every change once, also where more share a second than fit on a page', async () => {
    vendor.touch(3, '2017-03-01T07:00:01.000+0000');
    vendor.touch(4_100, '2017-03-01T07:00:02.000+0000');
    vendor.touch(1, '2017-03-01T07:00:03.000+0000', true);
    const ids: string[] = [];
    let page: Page = { records: [], cursor: '', more: true };
    for (let cursor: string | null = null; page.more; cursor = page.cursor) {
      page = await pull(cursor);
      ids.push(...page.records.map(({ id }) => id));
    }
    expect(ids).toHaveLength(4_104);
    expect(new Set(ids).size).toBe(4_104);
    expect(page.records.at(-1)).toMatchObject({ deleted: true, changedAt: '2017-03-01T07:00:03.000Z' });
    expect(await pull(page.cursor)).toEqual({ records: [], cursor: page.cursor, more: false });
  });

  it('gives the same page again, and looks back a little at the beginning of a run', async () => {
    ctx = context({ pullFields: ['Account__c'] });
    vendor.touch(1, '2017-03-01T07:00:01.000+0000');
    const first = await pull(null);
    expect(await pull(null)).toEqual(first);
    vendor.touch(1, '2017-03-01T06:59:30.000+0000');
    expect((await pull(first.cursor)).records).toEqual([]);
    expect((await pull(first.cursor, true)).records).toMatchObject([{ payload: { Account__c: '4010' }, deleted: false }, {
      id: first.records[0]?.id,
    }]);
  });
});

describe('settings', () => {
  it('send the credential to Salesforce alone, and keep names out of a query that are none', () => {
    const { error } = settings.safeParse({
      baseUrl: 'https://my.salesforce.com.example.org',
      object: 'A FROM B',
      externalIdField: 'Key__c',
      map: {},
    });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['baseUrl', 'object']);
  });

  it('keep the field of our key for our key', () => {
    expect(() => context({ map: { account: 'syncward_key__C' } })).toThrow('takes nothing else');
  });
});
