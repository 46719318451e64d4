import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectorContext, Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { dynamics365Fo } from '../../supabase/functions/sync-dynamics-365-fo/connector.ts';
import { keyOf, namesOf } from '../../supabase/functions/sync-dynamics-365-fo/entity.ts';
import { settings } from '../../supabase/functions/sync-dynamics-365-fo/settings.ts';
import type { Credential, Settings } from '../../supabase/functions/sync-dynamics-365-fo/settings.ts';
import { FoError, startDynamics365Fo } from '../simulators/dynamics-365-fo.ts';
import type { Dynamics365FoOptions, Dynamics365FoSimulator } from '../simulators/dynamics-365-fo.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let fo: Dynamics365FoSimulator;
let connector: ReturnType<typeof dynamics365Fo>;
let ctx: ConnectorContext<Settings, Credential>;

const journal = {
  company: 'USMF',
  entity: 'LedgerJournalLines',
  key: 'Document',
  map: {
    account: 'AccountDisplayValue', postingDate: 'TransDate', documentNumber: 'Invoice', description: 'Text', amount: 'DebitAmount', currency: 'CurrencyCode',
    line: 'LineNumber', vat: 'SalesTaxGroup',
  },
  dates: ['TransDate'],
  numbers: ['LineNumber'],
  creditField: 'CreditAmount',
  values: { JournalBatchNumber: '00042', AccountType: 'Ledger' },
  labels: { account: ['Account', 'Main account'] },
};

function context(own: Record<string, unknown> = {}, clientSecret = fo.secret()): ConnectorContext<Settings, Credential> {
  return {
    settings: settings.parse({ baseUrl: fo.url, loginUrl: fo.url, tenantId: fo.tenantId, ...journal, ...own }),
    credential: { clientId: fo.clientId, clientSecret },
    http: localHttp('dynamics-365-fo', clock, [clientSecret], 10_000),
  };
}

async function start(more: Partial<Dynamics365FoOptions> = {}): Promise<void> {
  clock = testClock();
  fo = await startDynamics365Fo({ clock, accounts: ['4010', '4020'], openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }], ...more });
  connector = dynamics365Fo(createTokenCache(clock));
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(ctx, records)) ?? [];
const check = () => connector.check?.(ctx) ?? Promise.reject(new Error('It has no check.'));
const one = (payload: Record<string, unknown> = {}): OutgoingRecord => withPayload(spending(1)[0] as OutgoingRecord, payload);

beforeEach(() => start());
afterEach(() => fo.stop());

describe('sending to Finance & Operations', () => {
  it('inserts a full batch with one call, each record in a change set of its own', async () => {
    const outcomes = await push(spending(50));
    expect(outcomes).toEqual(outcomes.map((_, index) => ({
      state: 'exported', externalId: `dataAreaId='usmf',JournalBatchNumber='00042',LineNumber=${index + 1}`, requestId: undefined,
    })));
    expect(fo.requests()).toBe(2);
    expect(fo.ledger()).toHaveLength(50);
    expect(fo.ledger()[1]).toMatchObject({ key: keyOf({ key: 'key-2' }, ctx.settings), account: '4010', amount: '2.10', date: '2017-02-07', currency: 'NOK' });
    expect(fo.duplicates()).toEqual([]);
  });

  it('writes amounts and numbers digit by digit, days as noon, and what is the same in every record', async () => {
    expect(await push([{ ...one({ line: '3.5', description: 'Æ "quoted"\r\n--batch' }), amount: '123456789012345.67' }])).toMatchObject([{ state: 'exported' }]);
    const [line] = fo.lines();
    expect(line).toContain('"DebitAmount":123456789012345.67');
    expect(line).toContain('"LineNumber":3.5');
    expect(line).toContain('"TransDate":"2017-02-07T12:00:00Z"');
    expect(line).toContain('"JournalBatchNumber":"00042","AccountType":"Ledger","dataAreaId":"usmf"');
    expect(line).toContain('"Text":"Æ \\"quoted\\"\\r\\n--batch"');
  });

  it('puts the size of a negative amount on the credit side', async () => {
    await push([{ ...one(), amount: '-12.50' }]);
    expect(fo.lines()[0]).toContain('"CreditAmount":12.50');
    expect(fo.lines()[0]).not.toContain('DebitAmount');
  });

  it('tells each refused record what stands behind "Infolog:", and takes the rest', async () => {
    const changes = [{ account: 'Z999' }, { postingDate: '2016-12-31' }, {}, { vat: 'OLD' }];
    const outcomes = await push(spending(4).map((record, index) => withPayload(record, changes[index] ?? {})));
    expect(outcomes).toMatchObject([
      { state: 'refused', status: 400, diagnosis: {
        message: "The value 'Z999' in field 'Account' is not found in the related table 'Main accounts'", field: 'Account', category: 'validation', retryable: false,
      } },
      { state: 'refused', status: 500, diagnosis: { message: 'Period for 12/31/2016 is not open.', field: null, category: 'validation', retryable: false } },
      { state: 'exported' },
      { state: 'refused', diagnosis: { field: 'SalesTaxGroup', category: 'validation' } },
    ]);
    expect(fo.ledger()).toHaveLength(1);
    expect(namesOf(ctx.settings)).toMatchObject({
      account: ['AccountDisplayValue', 'Account', 'Main account'], vat: ['SalesTaxGroup'], amount: ['DebitAmount', 'CreditAmount'] });
  });

  it('names the property that the entity does not have', async () => {
    ctx = context({ map: { ...journal.map, description: 'Colour' } });
    expect(await push([one()])).toMatchObject([{ state: 'refused', diagnosis: { field: 'Colour', category: 'schema', retryable: false } }]);
  });

  it('is refused a second time where the key is the entity’s own, which is a conflict', async () => {
    await fo.stop();
    await start({ isKeyUnique: true });
    await push([one()]);
    expect(await push([one()])).toMatchObject([{ state: 'refused', diagnosis: { category: 'conflict', retryable: false } }]);
    expect(await find([one()])).toEqual([{ state: 'exported' }]);
  });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['a date of another form', { payload: { postingDate: '07/02/2017' } }, 'postingDate', 'payload_invalid'],
    ['a word for a number', { payload: { line: 'first' } }, 'line', 'payload_invalid'],
    ['more decimals than are booked', { amount: '0.015' }, 'amount', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const bad = withPayload({ ...first, ...change, payload: first.payload }, 'payload' in change ? change.payload : {});
    expect(await push([bad, second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, { state: 'exported' }]);
    expect(fo.ledger()).toHaveLength(1);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('finds each record exactly once after %s', async (fault) => {
    const records = spending(45);
    await push(spending(50).slice(46));
    fo.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    expect(await find([...records, ...spending(46).slice(45)])).toEqual([...records.map(() => ({ state: 'exported' })), null]);
    expect(fo.ledger()).toHaveLength(49);
    expect(fo.duplicates()).toEqual([]);
  });

  it.each(
    [
      ['error_before', 'unknown', 'server'],
      ['unavailable', 'unknown', 'server'],
      ['gateway_html', 'unknown', 'server'],
      ['reset', 'unknown', 'server'],
      ['too_many', 'refused', 'rate_limit'],
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    fo.faults.next(fault);
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(JSON.stringify(failure)).not.toContain(fo.secret());
    expect(fo.ledger()).toHaveLength(0);
    expect(await find(spending(1))).toEqual([null]);
  });

  it('does not believe a batch with an undecided operation in it', async () => {
    fo.failPart(1, new FoError(500, 'The connection was forcibly closed by the remote host.'));
    const records = spending(3);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown', diagnosis: { category: 'server' } });
    expect(await find(records)).toEqual([{ state: 'exported' }, null, { state: 'exported' }]);
  });

  it('doubts all of a batch that ended at its first failure, and finds what was taken before it', async () => {
    await fo.stop();
    await start({ goesOn: false });
    const records = spending(3).map((record, index) => (index === 1 ? withPayload(record, { account: 'Z999' }) : record));
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    expect(await find(records)).toEqual([{ state: 'exported' }, null, null]);
    expect(await failureOf(push(records.slice(1)))).toMatchObject({ delivered: 'refused', diagnosis: { field: 'Account' } });
  });

  it('reads how long it is asked to wait', async () => {
    fo.faults.next('too_many');
    expect(await failureOf(push(spending(1)))).toMatchObject({ delivered: 'refused', retryAfterSeconds: 20, diagnosis: { retryable: true } });
  });
});

describe('checking', () => {
  it('says which company it is', async () => {
    expect(await check()).toEqual({ as: 'Blindes Forbund', warnings: [] });
  });

  it.each([['is not there', {}, 'dat'], ['may not be looked at', { hidesCompanies: true }, 'usmf']])('warns of a company that %s', async (_, options, company) => {
    await fo.stop();
    await start(options);
    ctx = context({ company });
    expect(await check()).toEqual({ as: null, warnings: [expect.stringContaining(`"${company}"`)] });
  });

  it.each([
    ['the secret', {}, 'wrong-secret', { status: 401, diagnosis: { category: 'auth', code: 'AADSTS7000215' } }],
    ['the entity', { entity: 'LedgerJournalLine' }, undefined, {
      status: 404, diagnosis: { message: "Resource not found for the segment 'LedgerJournalLine'.", category: 'not_found' } }],
    ['the property for our key', { key: 'Documents' }, undefined, { status: 400, diagnosis: { field: 'Documents', category: 'schema' } }],
  ])('says that %s is wrong', async (_, own, secret, expected) => {
    ctx = context(own, secret);
    const failure = await failureOf(check());
    expect(failure).toMatchObject(expected);
    expect(JSON.stringify(failure)).not.toContain('wrong-secret');
  });
});

describe('settings', () => {
  it('name what is missing or wrong', () => {
    const paths = (value: unknown) => settings.safeParse(value).error?.issues.map(({ path }) => path.join('.'));
    const base = { baseUrl: 'https://hlf.operations.dynamics.com', tenantId: 't', ...journal };
    expect(paths({})).toEqual(['baseUrl', 'tenantId', 'company', 'entity', 'key', 'map']);
    expect(paths(base)).toBeUndefined();
    expect(paths({ ...base, baseUrl: 'https://operations.dynamics.com.example.org' })).toEqual(['baseUrl']);
    expect(paths({ ...base, map: { x: 'Document' } })).toEqual(['map']);
    expect(paths({ ...base, entity: 'A(B)' })).toEqual(['entity']);
  });
});
