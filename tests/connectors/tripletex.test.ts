import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import type { Context } from '../../supabase/functions/sync-tripletex/api.ts';
import { tripletex } from '../../supabase/functions/sync-tripletex/connector.ts';
import { keyOf } from '../../supabase/functions/sync-tripletex/entry.ts';
import { createSessions } from '../../supabase/functions/sync-tripletex/session.ts';
import { settings } from '../../supabase/functions/sync-tripletex/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startTripletex } from '../simulators/tripletex.ts';
import type { TripletexOptions, TripletexSimulator } from '../simulators/tripletex.ts';

let clock: TestClock;
let tlx: TripletexSimulator;
let connector: ReturnType<typeof tripletex>;
let ctx: Context;

const known: Omit<TripletexOptions, 'clock'> = {
  accounts: ['4010', '4020', '1920', '40100'],
  costCenters: ['ADM', 'ADM2'],
  projects: ['P1'],
  taxCodes: ['1'],
  employees: ['12', '112'],
  salaryTypes: ['2000'],
  openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }],
};

const http = (employeeToken: string, timeoutMs = 10_000) => localHttp('tripletex', clock, [tlx.consumerToken, employeeToken], timeoutMs);

/** A client that waits no longer than it must where nothing answers. */
const impatient = (fault: string): Context => ({ ...ctx, http: http(tlx.secret(), fault === 'hang' ? 1_500 : 10_000) });

function context(own: Record<string, unknown> = {}, employeeToken = tlx.secret()): Context {
  return {
    settings: settings.parse({ baseUrl: `${tlx.url}/v2`, balancingAccount: '1920', ...own }),
    credential: { consumerToken: tlx.consumerToken, employeeToken },
    http: http(employeeToken),
  };
}

async function start(more: Partial<TripletexOptions> = {}): Promise<void> {
  clock = testClock();
  tlx = await startTripletex({ clock, ...known, ...more });
  connector = tripletex(createSessions(clock));
  ctx = context();
}

/** As the kit does it: one record at a time. */
async function push(records: OutgoingRecord[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const record of records) outcomes.push(...await connector.push(ctx, [record]));
  return outcomes;
}
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(ctx, records)) ?? [];
const check = () => connector.check?.(ctx) ?? Promise.reject(new Error('It has no check.'));
const one = (payload: Record<string, unknown> = {}, change: Partial<OutgoingRecord> = {}): OutgoingRecord =>
  withPayload({ ...spending(1)[0] as OutgoingRecord, ...change }, payload);
const posted = (): unknown => JSON.parse(tlx.posted().at(-1) ?? 'null');

beforeEach(() => start());
afterEach(() => tlx.stop());

describe('sending vouchers to Tripletex', () => {
  it('makes a voucher of each record, in one session, and asks for each number once', async () => {
    const outcomes = await push(spending(30));
    expect(outcomes).toEqual(outcomes.map(() => ({ state: 'exported', externalId: expect.stringMatching(/^\d+$/) as string, requestId: undefined })));
    expect(tlx.ledger()).toHaveLength(30);
    expect(tlx.duplicates()).toEqual([]);
    expect(tlx.sessions()).toBe(1);
    expect(tlx.requests()).toBe(1 + 2 + 30);
    expect(tlx.ledger()[1]).toMatchObject({ key: 'key-2', account: '4010', amount: '2.10', date: '2017-02-07', text: 'Consulting' });
    expect(connector.batchSize).toBe(1);
  });

  it('writes two postings that make nought, digit by digit, with Tripletex’s ids in them', async () => {
    await push([one({ costCenter: 'ADM', project: 'P1', vat: '1', description: 'Æ "quoted"' }, { amount: '-123456789012345.67' })]);
    expect(tlx.posted()[0]).toContain('"amountGross":-123456789012345.67,"amountGrossCurrency":-123456789012345.67}');
    expect(tlx.posted()[0]).toContain('"amountGross":123456789012345.67,"amountGrossCurrency":123456789012345.67}');
    const id = { id: expect.any(Number) as number };
    expect(posted()).toMatchObject({
      date: '2017-02-07', externalVoucherNumber: 'key-1', vendorInvoiceNumber: '1034526 - 1', description: 'Æ "quoted"',
      postings: [{ row: 1, account: id, department: id, project: id, vatType: id }, { row: 2, account: id }],
    });
    expect(tlx.ledger()).toMatchObject([{ account: '4010', costCenter: 'ADM' }]);
  });

  it('shortens a key that is longer than an external voucher number may be', async () => {
    const record = one({}, { key: 'k'.repeat(200) });
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
    expect(keyOf(record, 'voucher')).toMatch(/^[A-Z2-7]{26}$/);
    expect(await find([record])).toMatchObject([{ state: 'exported' }]);
  });

  it.each([
    ['account', { account: '9999' }, 'Tripletex has no account with the number "9999".', 'account'],
    ['balancing account', { balancingAccount: '1' }, 'Tripletex has no balancingAccount with the number "1".', 'balancingAccount'],
    ['cost center, although another contains it', { costCenter: 'AD' }, 'Tripletex has no department with the number "AD".', 'costCenter'],
    ['project', { project: 'P9' }, 'Tripletex has no project with the number "P9".', 'project'],
    ['VAT code', { vat: '3' }, 'Tripletex has no vatType with the number "3".', 'vat'],
  ])('refuses an unknown %s by itself, on the payload’s own key', async (_, payload, message, field) => {
    const diagnosis = { message, field, code: 'number_unknown', category: 'validation', retryable: false };
    expect(await push([one(payload)])).toMatchObject([{ state: 'refused', diagnosis }]);
    expect(tlx.ledger()).toHaveLength(0);
  });

  it('says what is wrong with the date in the words below "Validering feilet."', async () => {
    expect(await failureOf(push([one({ postingDate: '2016-12-31' })]))).toMatchObject({
      delivered: 'refused', status: 422,
      diagnosis: { message: 'Perioden er lukket for bilagsføring.', code: '18000', field: 'date', category: 'validation', retryable: false },
    });
    expect(connector.fields.postingDate).toContain('date');
  });

  it.each([['4010', 'postings.account', 'account'], ['1920', 'balancingAccount', 'balancingAccount']])(
    'blames account %s, gone since it was looked up, on %s', async (account, field, key) => {
      await push([one()]);
      tlx.removeAccounts(account);
      const failure = await failureOf(push([one({}, { key: 'key-2' })]));
      expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { code: '18000', field, category: 'validation' } });
      expect([key, ...connector.fields[key] ?? []]).toContain(field);
    });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['no account', { payload: { account: null } }, 'account', 'payload_missing'],
    ['a date of another form', { payload: { postingDate: '07/02/2017' } }, 'postingDate', 'payload_invalid'],
    ['no amount', { amount: null }, 'amount', 'payload_missing'],
    ['more decimals than are booked', { amount: '0.015' }, 'amount', 'payload_invalid'],
    ['another currency than the company’s', { currency: 'EUR' }, 'currency', 'payload_invalid'],
  ])('refuses a record with %s without a call', async (_, change, field, code) => {
    const { payload, ...rest } = { payload: {}, ...change };
    expect(await push([one(payload, rest)])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }]);
    expect(tlx.requests()).toBe(0);
  });

  it.each([
    [409, 8_000, 'RevisionException', false],
    [409, 10_000, 'Locked Exception', true],
    [409, 7_000, 'Object has changed', false],
  ])('calls %i with code %i a conflict, which passes by itself only when it is a lock', async (status, code, message, retryable) => {
    tlx.refuseNext(status, code, message);
    expect(await failureOf(push([one()]))).toMatchObject({ delivered: 'refused', diagnosis: { message, code: String(code), category: 'conflict', retryable } });
    expect(tlx.ledger()).toHaveLength(0);
  });

  it('needs a balancing account', async () => {
    ctx = context({ balancingAccount: undefined });
    expect(await push([one()])).toMatchObject([{ state: 'refused', diagnosis: { field: 'balancingAccount', code: 'payload_missing' } }]);
  });

  it('works for an accountant’s client by the client’s id, and is refused for somebody else’s', async () => {
    ctx = context({ companyId: tlx.companyId });
    expect(await push([one()])).toMatchObject([{ state: 'exported' }]);
    ctx = context({ companyId: 1 });
    expect(await failureOf(push([one()]))).toMatchObject({ status: 403, diagnosis: { code: '9000', category: 'permission' } });
  });
});

describe('sending pay slip lines to Tripletex', () => {
  const travel = (key: string, amount = '410.50'): OutgoingRecord =>
    ({ ...one({}, { key, amount }), payload: { employee: '12', salaryType: '2000', costCenter: 'ADM', description: 'Travel', postingDate: '2017-02-28' } });

  it('makes one pay slip with one line, whose text ends in our key', async () => {
    ctx = context({ kind: 'salary' });
    const record = travel('key-1', '1234567890123.45');
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
    expect(tlx.posted()[0]).toContain('"rate":1234567890123.45,');
    const line = { count: 1, description: `Travel [${keyOf(record, 'salary')}]` };
    expect(posted()).toMatchObject({ year: 2017, month: 2, payslips: [{ year: 2017, month: 2, specifications: [line] }] });
    expect(tlx.ledger()).toMatchObject([{ account: '12', date: '2017-02-28' }]);
  });

  it('refuses an employee whose number is only contained in another’s', async () => {
    ctx = context({ kind: 'salary' });
    expect(await push([withPayload(travel('key-1'), { employee: '11' })])).toMatchObject([{ state: 'refused', diagnosis: { field: 'employee', code: 'number_unknown' } }]);
  });

  it('goes through all pay slips of the year to find one', async () => {
    await tlx.stop();
    await start({ pageSize: 2 });
    ctx = context({ kind: 'salary' });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    await push(keys.map((key) => travel(key)));
    expect(await find([...keys, 'f'].map((key) => travel(key)))).toMatchObject([...keys.map(() => ({ state: 'exported' })), null]);
  });

  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('finds a pay slip line exactly once after %s', async (fault) => {
    ctx = context({ kind: 'salary' });
    await push([travel('before')]);
    tlx.faults.next(fault);
    expect(await failureOf(push([travel('key-1')]))).toMatchObject({ delivered: 'unknown' });
    expect(await find([travel('key-1'), travel('never')])).toMatchObject([{ state: 'exported' }, null]);
    expect(tlx.ledger()).toHaveLength(2);
    expect(tlx.duplicates()).toEqual([]);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('finds the voucher exactly once after %s', async (fault) => {
    await push(spending(2).slice(1));
    tlx.faults.next(fault);
    expect(await failureOf(push([one()]))).toMatchObject({ delivered: 'unknown' });
    expect(await find(spending(3))).toMatchObject([{ state: 'exported' }, { state: 'exported' }, null]);
    expect(tlx.ledger()).toHaveLength(2);
    expect(tlx.duplicates()).toEqual([]);
  });

  it.each([true, false])('finds the voucher where the search by number knows imported ones only (posted: %s)', async (sendToLedger) => {
    await tlx.stop();
    await start({ findsImportedOnly: true, pageSize: 2 });
    ctx = context({ sendToLedger });
    await push(spending(5));
    expect(await find(spending(6))).toMatchObject([...spending(5).map(() => ({ state: 'exported' })), null]);
    expect(await find([one({ postingDate: '2017-02-08' })])).toEqual([null]);
  });

  it.each(
    [
      ['error_before', 'unknown', 'server'],
      ['unavailable', 'unknown', 'server'],
      ['gateway_html', 'unknown', 'server'],
      ['reset', 'unknown', 'server'],
      ['hang', 'unknown', 'timeout'],
      ['too_many', 'refused', 'rate_limit'],
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    const ready = impatient(fault);
    expect(await connector.push(ready, spending(3).slice(2))).toMatchObject([{ state: 'exported' }]);
    tlx.faults.next(fault);
    const failure = await failureOf(connector.push(ready, [one()]));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(JSON.stringify(failure)).not.toContain(tlx.secret());
    expect(await find([one()])).toEqual([null]);
    expect(tlx.ledger().map(({ key }) => key)).not.toContain('key-1');
  });

  it.each(['gateway_html', 'hang', 'unavailable'] as const)('knows that nothing was sent when a number could not be looked up (%s)', async (fault) => {
    await check();
    tlx.faults.next(fault);
    expect(await failureOf(connector.push(impatient(fault), [one()]))).toMatchObject({ delivered: 'no' });
    expect(await push([one()])).toMatchObject([{ state: 'exported' }]);
  });

  it('reads how long it is asked to wait', async () => {
    await tlx.stop();
    await start({ limit: 3 });
    expect(await push([one()])).toMatchObject([{ state: 'exported' }]);
    expect(await failureOf(push([one({}, { key: 'key-2' })]))).toMatchObject({ delivered: 'refused', retryAfterSeconds: 7, diagnosis: { retryable: true } });
  });
});

describe('sessions', () => {
  it('are renewed long before their date, and at once when Tripletex ends one', async () => {
    await push([one()]);
    clock.advance(11 * 3_600);
    await push([one({}, { key: 'key-2' })]);
    expect(tlx.sessions()).toBe(1);
    clock.advance(3_601);
    await push([one({}, { key: 'key-3' })]);
    expect(tlx.sessions()).toBe(2);
    tlx.endSessions();
    await push([one({}, { key: 'key-4' })]);
    expect(tlx.sessions()).toBe(1);
    expect(tlx.ledger()).toHaveLength(4);
  });

  it('are refused in Tripletex’s words, as a matter of the credential, which is told to nobody', async () => {
    ctx = context({}, 'wrong-employee-token');
    const failure = await failureOf(push([one()]));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { message: 'Ugyldig employeeToken.', category: 'auth', field: null, retryable: false } });
    expect(JSON.stringify(failure)).not.toContain('wrong-employee-token');
    expect(JSON.stringify(failure)).not.toContain(tlx.consumerToken);
  });

  it.each([['unavailable', 'server'], ['hang', 'timeout'], ['too_many', 'rate_limit'], ['half_body', 'server']] as const)(
    'that cannot be made (%s) leave the record unsent', async (fault, category) => {
      tlx.faults.next(fault, 1, 'token');
      const failure = await failureOf(connector.push(impatient(fault), [one()]));
      expect(failure.delivered).not.toBe('unknown');
      expect(failure.diagnosis).toMatchObject({ category, retryable: true });
      expect(tlx.ledger()).toHaveLength(0);
    });

  it('of a token that is refused throughout end in a failure of category auth', async () => {
    tlx.faults.next('expired_token', 2);
    expect(await failureOf(push([one()]))).toMatchObject({ status: 401, delivered: 'refused', diagnosis: { category: 'auth' } });
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await check()).toEqual({ as: 'Blindes Forbund (5501), employee 77', warnings: [] });
    expect(tlx.ledger()).toHaveLength(0);
  });

  it('warns of a balancing account that is not there', async () => {
    ctx = context({ balancingAccount: '1999' });
    expect(await check()).toMatchObject({ warnings: [expect.stringContaining('"1999"')] });
  });

  it('says that the token is refused', async () => {
    ctx = context({}, 'wrong-employee-token');
    expect(await failureOf(check())).toMatchObject({ diagnosis: { message: 'Ugyldig employeeToken.', category: 'auth' } });
  });
});

describe('settings', () => {
  it('name what is wrong, and send the tokens to Tripletex alone', () => {
    const paths = (value: unknown) => settings.safeParse(value).error?.issues.map(({ path }) => path.join('.'));
    expect(paths({ baseUrl: 'https://tripletex.no.example.org/v2', balancingAccount: 'x', kind: 'order' })).toEqual(['baseUrl', 'kind', 'balancingAccount']);
    expect(paths({ map: { x: 'nowhere' } })).toEqual(['map.x']);
    expect(paths({ baseUrl: 'https://api-test.tripletex.tech/v2' })).toBeUndefined();
  });
});
