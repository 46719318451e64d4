import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { connector } from '../../supabase/functions/sync-xledger/connector.ts';
import type { Context } from '../../supabase/functions/sync-xledger/graphql.ts';
import { settings } from '../../supabase/functions/sync-xledger/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startXledger } from '../simulators/xledger.ts';
import type { XledgerSimulator } from '../simulators/xledger.ts';

let clock: TestClock;
let xledger: XledgerSimulator;
let ctx: Context;

const context = (own: Record<string, unknown> = {}, token = xledger.token()): Context => ({
  settings: settings.parse({ baseUrl: xledger.url, ...own }),
  credential: { token },
  http: localHttp('xledger', clock, [token], 300),
});
const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const confirm = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.confirm?.(ctx, records)) ?? [];
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(ctx, records)) ?? [];

/** The records as the kit hands them back later: with the number Xledger gave them. */
const numbered = (records: OutgoingRecord[], outcomes: (Outcome | null)[]): OutgoingRecord[] =>
  records.map((record, index) => {
    const outcome = outcomes[index];
    return { ...record, externalId: outcome?.state === 'accepted' ? outcome.externalId : record.externalId };
  });

beforeEach(async () => {
  clock = testClock();
  xledger = await startXledger({
    clock,
    accounts: ['4010', '4020'],
    costCenters: ['100'],
    projects: ['P1'],
    taxCodes: ['2'],
    openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }],
  });
  ctx = context();
});
afterEach(() => xledger.stop());

describe('sending to Xledger', () => {
  it('takes a full batch at once and books it when the import job has run', async () => {
    const records = spending(500);
    const outcomes = await push(records);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(xledger.ledger()).toHaveLength(0);
    expect(await confirm(numbered(records, outcomes))).toEqual(records.map(() => null));

    clock.advance(3);
    const verdicts = await confirm(numbered(records, outcomes));
    expect(verdicts.every((verdict) => verdict?.state === 'exported')).toBe(true);
    expect(xledger.ledger()).toHaveLength(500);
    expect(xledger.ledger()[1]).toMatchObject({ key: 'key-2', account: '4010', amount: '2.10', currency: 'NOK', date: '2017-02-07' });
    expect(xledger.duplicates()).toEqual([]);
  });

  it('refuses later what the import job refuses, with its words and the payload key they are about', async () => {
    const [good, account, center, late] = spending(4) as [OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const records = [
      good,
      withPayload(account, { account: 'Z999' }),
      withPayload(center, { costCenter: '9999' }),
      withPayload(late, { postingDate: '2016-12-31' }),
    ];
    const outcomes = await push(records);
    xledger.runImport();
    expect(await confirm(numbered(records, outcomes))).toMatchObject([
      { state: 'exported' },
      {
        state: 'refused',
        diagnosis: { message: 'Invalid account code: Z999', field: 'account', category: 'validation', retryable: false },
      },
      { state: 'refused', diagnosis: { message: 'Invalid cost center code: 9999', field: 'costCenter' } },
      { state: 'refused', diagnosis: { message: 'Posting date 2016-12-31 is in a closed period.', field: 'postingDate' } },
    ]);
    expect(xledger.ledger()).toHaveLength(1);
  });

  it('sends every mapped key to its place, and amounts digit by digit', async () => {
    ctx = context({ map: { region: 'glObject3', internalNote: 'none' }, currency: 'GBP' });
    const [record] = spending(1, {
      amount: '-123456789012345.67',
      currency: 'GBP',
      payload: {
        account: 4020,
        costCenter: '100',
        project: 'P1',
        vat: '2',
        postingDate: '2017-02-08',
        documentNumber: 'A-1',
        description: 'Æ "quoted"',
        voucher: '77',
        supplier: 'Atkins',
        region: 'North',
        internalNote: 'for us only',
        dueDate: null,
      },
    }) as [OutgoingRecord];
    await push([record]);
    expect(xledger.items()[0]?.node).toEqual({
      extIdentifier: 'key-1',
      transactionSource: { code: 'GL' },
      jobLevel: { dbSubId: 1 },
      account: { code: '4020' },
      glObject2: { code: '100' },
      project: { code: 'P1' },
      taxRule: { code: '2' },
      postedDate: '2017-02-08',
      invoiceNumber: 'A-1',
      text: 'Æ "quoted"',
      trRegNumber: 77,
      yourReference: 'Atkins',
      glObject3: { code: 'North' },
      amount: '-123456789012345.67',
      invoiceAmount: '-123456789012345.67',
      currency: { code: 'GBP' },
    });
  });

  it.each([
    ['an unknown key', withPayload, { colour: 'red' }, {}, 'colour', 'payload_unknown_key'],
    ['no account', withPayload, { account: '' }, {}, 'account', 'payload_missing'],
    ['a date of another form', withPayload, { postingDate: '07.02.2017' }, {}, 'postingDate', 'payload_invalid'],
    ['a day that does not exist', withPayload, { postingDate: '2017-02-30' }, {}, 'postingDate', 'payload_invalid'],
    ['a voucher number that is none', withPayload, { voucher: '12a' }, {}, 'voucher', 'payload_invalid'],
    ['an object for a text', withPayload, { description: { en: 'x' } }, {}, 'description', 'payload_invalid'],
    ['no amount', withPayload, {}, { amount: null }, 'amount', 'payload_missing'],
    ['more decimals than are booked', withPayload, {}, { amount: '1.005' }, 'amount', 'payload_invalid'],
    ['an amount in words', withPayload, {}, { amount: '1e3' }, 'amount', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, payload, record, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const outcomes = await push([{ ...change(first, payload), ...record }, second]);
    expect(outcomes).toMatchObject([{ state: 'refused', diagnosis: { field, code, category: 'validation', retryable: false } }, {
      state: 'accepted',
    }]);
    expect(xledger.items()).toHaveLength(1);
  });

  it('calls nobody when every record is refused before it is sent', async () => {
    expect(await push(spending(2, { amount: null }))).toMatchObject([{ state: 'refused' }, { state: 'refused' }]);
    expect(xledger.requests()).toBe(0);
  });

  it('throws as refused what Xledger rejects whole, so that it can be split', async () => {
    await xledger.stop();
    xledger = await startXledger({ clock, accounts: ['4010'], unknownCodes: 'refuse' });
    ctx = context();
    const [good, bad] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const failure = await failureOf(push([good, withPayload(bad, { account: 'Z999' })]));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { message: 'Invalid account code: Z999', category: 'validation' } });
    expect(xledger.items()).toHaveLength(0);
    expect(await push([good])).toMatchObject([{ state: 'accepted' }]);
  });
});

describe('correcting what Xledger refused', () => {
  async function refusedRecord(): Promise<OutgoingRecord> {
    const records = spending(1).map((record) => withPayload(record, { account: 'Z999' }));
    const sent = numbered(records, await push(records));
    xledger.runImport();
    expect(await confirm(sent)).toMatchObject([{ state: 'refused' }]);
    return sent[0] as OutgoingRecord;
  }

  it('corrects the same import line, so that there is never a second one to book', async () => {
    const record = await refusedRecord();
    const again = withPayload({ ...record, key: 'key-1-v2', version: 2 }, { account: '4010' });
    const [outcome] = await push([again]);
    expect(outcome).toMatchObject({ state: 'accepted', externalId: record.externalId });
    xledger.runImport();
    expect(await confirm([again])).toMatchObject([{ state: 'exported', externalId: record.externalId }]);
    expect(xledger.items()).toHaveLength(1);
    expect(xledger.ledger()).toMatchObject([{ key: 'key-1-v2', account: '4010' }]);
  });

  it('sends nothing when somebody has corrected and booked the line in Xledger', async () => {
    const record = await refusedRecord();
    xledger.addAccounts('Z999');
    xledger.rerunRefused();
    expect(await push([record])).toMatchObject([{ state: 'exported', externalId: record.externalId }]);
    expect(xledger.ledger()).toHaveLength(1);
    expect(await push([{ ...record, key: 'key-1-v2', version: 2 }])).toMatchObject([{
      state: 'refused',
      diagnosis: { code: 'earlier_version_posted' },
    }]);
  });

  it('says so when an accepted line has been deleted in Xledger, and hands it in anew', async () => {
    const [record] = spending(1, { externalId: '99' }) as [OutgoingRecord];
    expect(await confirm([record])).toMatchObject([{
      state: 'refused',
      diagnosis: { code: 'import_line_deleted', category: 'not_found' },
    }]);
    expect(await push([record])).toMatchObject([{ state: 'accepted' }]);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'finds each record exactly once after %s, waiting, booked or refused',
    async (fault) => {
      const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
      const records = [first, withPayload(second, { account: 'Z999' })];
      const never = spending(3).slice(2);
      xledger.faults.next(fault);
      expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
      expect(await find([...records, ...never])).toMatchObject([{ state: 'accepted', externalId: '5000001' }, { state: 'accepted' }, null]);
      xledger.runImport();
      expect(await find([...records, ...never])).toMatchObject([
        { state: 'exported', externalId: '5000001' },
        { state: 'refused', diagnosis: { message: 'Invalid account code: Z999', field: 'account' } },
        null,
      ]);
      expect(xledger.duplicates()).toEqual([]);
    },
  );

  it.each(
    [
      ['error_before', 'unknown', 'server'],
      ['unavailable', 'unknown', 'server'],
      ['gateway_html', 'unknown', 'server'],
      ['reset', 'unknown', 'server'],
      ['hang', 'unknown', 'timeout'],
      ['too_many', 'refused', 'rate_limit'],
      ['expired_token', 'refused', 'auth'],
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    xledger.faults.next(fault);
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(xledger.items()).toHaveLength(0);
    expect(await find(spending(1))).toEqual([null]);
  });

  it('waits for a slow answer', async () => {
    xledger.faults.next('slow');
    ctx = { ...ctx, http: localHttp('xledger', clock, [], 5_000) };
    expect(await push(spending(1))).toMatchObject([{ state: 'accepted' }]);
  });
});

describe('limits and tokens', () => {
  it('names the refused token as the reason', async () => {
    xledger.rotate('another');
    const failure = await failureOf(push(spending(1)));
    expect(failure.diagnosis).toMatchObject({ category: 'auth', message: 'Invalid API Token.', retryable: false });
    ctx = context({}, 'another');
    expect(await push(spending(1))).toMatchObject([{ state: 'accepted' }]);
  });

  it('reports the burst limit as something that passes', async () => {
    for (const record of spending(20)) await push([record]);
    expect(await failureOf(push(spending(1)))).toMatchObject({
      delivered: 'refused',
      diagnosis: { code: 'BAD_REQUEST.BURST_RATE_LIMIT_REACHED', category: 'rate_limit', retryable: true },
    });
    clock.advance(6);
    expect(await push(spending(21).slice(20))).toMatchObject([{ state: 'accepted' }]);
  });

  it('keeps the token out of what it reports', async () => {
    xledger.faults.next('error_before');
    const failure = await failureOf(push(spending(1)));
    expect(JSON.stringify(failure)).not.toContain(xledger.token());
  });
});

describe('settings', () => {
  it('need nothing but a token, and name what is wrong in them', () => {
    expect(settings.parse({})).toMatchObject({ baseUrl: 'https://www.xledger.net', transactionSource: 'GL', currency: 'NOK' });
    expect(settings.safeParse({ map: { account: 'nowhere' } }).error?.issues[0]?.path).toEqual(['map', 'account']);
    expect(settings.safeParse({ url: 'x' }).success).toBe(false);
    expect(connector.credential.safeParse({}).success).toBe(false);
  });
});

describe('a look at Xledger', () => {
  it('finds that the import lines can be read, and moves nothing', async () => {
    expect(await connector.check?.(ctx)).toEqual({ as: null, warnings: [] });
    expect(xledger.ledger()).toEqual([]);
  });

  it('says what Xledger says of a wrong token', async () => {
    const failure = await failureOf(connector.check?.(context({}, 'a wrong token')) ?? Promise.resolve());
    expect(failure.diagnosis.category).toBe('auth');
  });
});
