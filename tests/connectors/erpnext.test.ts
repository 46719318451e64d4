import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectorContext, Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { connector } from '../../supabase/functions/sync-erpnext/connector.ts';
import { credential, settings } from '../../supabase/functions/sync-erpnext/settings.ts';
import type { Credential, Settings } from '../../supabase/functions/sync-erpnext/settings.ts';
import { startErpnext } from '../simulators/erpnext.ts';
import type { ErpnextOptions, ErpnextSimulator } from '../simulators/erpnext.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let erp: ErpnextSimulator;
let ctx: ConnectorContext<Settings, Credential>;

const known: Omit<ErpnextOptions, 'clock'> = {
  accounts: ['4010', '4020', '2400'],
  costCenters: ['ADM'],
  projects: ['P1'],
  employees: ['HR-EMP-00001'],
  expenseTypes: ['Travel'],
  openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }],
};

function context(own: Record<string, unknown> = {}, secret = erp.secret()): ConnectorContext<Settings, Credential> {
  return {
    settings: settings.parse({ company: 'Blindes Forbund', balancingAccount: '2400', ...own }),
    credential: credential.parse({ site: erp.url, apiKey: erp.apiKey, apiSecret: secret }),
    http: localHttp('erpnext', clock, [secret], 10_000),
  };
}

async function start(more: Partial<ErpnextOptions> = {}): Promise<void> {
  clock = testClock();
  erp = await startErpnext({ clock, ...known, ...more });
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(ctx, records)) ?? [];
const check = () => connector.check?.(ctx) ?? Promise.reject(new Error('It has no check.'));

beforeEach(() => start());
afterEach(() => erp.stop());

describe('sending journal entries to ERPNext', () => {
  it('inserts a full batch with one call', async () => {
    const records = spending(200);
    const outcomes = await push(records);
    expect(outcomes).toEqual(records.map((_, index) => ({ state: 'exported', externalId: `ACC-JV-2017-${String(index + 1).padStart(5, '0')}` })));
    expect(erp.requests()).toBe(1);
    expect(erp.ledger()).toHaveLength(200);
    expect(erp.ledger()[1]).toMatchObject({ key: 'key-2', account: '4010', amount: '2.10', date: '2017-02-07', text: 'Consulting' });
    expect(erp.duplicates()).toEqual([]);
  });

  it('puts every key in its place and the amount on both sides, digit by digit', async () => {
    const payload = { account: '4020', costCenter: 'ADM', project: 'P1', documentNumber: '77', description: 'Æ "quoted"', supplier: 'Atkins' };
    expect(await push(spending(1, { amount: '123456789012345.67', payload }))).toMatchObject([{ state: 'exported' }]);
    const [document] = erp.documents('Journal Entry');
    expect(document).toContain('"accounts":[{"account":"4020","cost_center":"ADM","project":"P1","debit_in_account_currency":123456789012345.67},');
    expect(document).toContain('{"account":"2400","credit_in_account_currency":123456789012345.67}]');
    expect(document).toContain('"user_remark":"Æ \\"quoted\\""');
    expect(document).toContain('"cheque_no":"77"');
    expect(document).toContain('"pay_to_recd_from":"Atkins"');
  });

  it('books a negative amount on the other side', async () => {
    await push(spending(1, { amount: '-12.50' }));
    expect(erp.documents('Journal Entry')[0]).toContain('"account":"4010","credit_in_account_currency":12.50');
    expect(erp.ledger()[0]?.amount).toBe('-12.50');
  });

  it('takes the balancing account of the record before that of the settings', async () => {
    await push([withPayload(spending(1)[0] as OutgoingRecord, { balancingAccount: '4020' })]);
    expect(erp.documents('Journal Entry')[0]).toContain('{"account":"4020","credit_in_account_currency":1.10}');
  });

  it('sends expense claims by another doctype', async () => {
    ctx = context({ doctype: 'Expense Claim' });
    const payload = { employee: 'HR-EMP-00001', expenseType: 'Travel', expenseDate: '2017-02-06', description: 'Train' };
    expect(await push(spending(1, { amount: '410.50', payload }))).toEqual([{ state: 'exported', externalId: 'HR-EXP-2017-00001' }]);
    expect(erp.documents('Expense Claim')[0]).toContain('"expense_date":"2017-02-06","description":"Train","amount":410.50,"sanctioned_amount":410.50}');
  });

  it('lets a batch that is refused whole through, and inserts nothing of it', async () => {
    const [good, bad] = spending(2) as [OutgoingRecord, OutgoingRecord];
    expect(await failureOf(push([good, withPayload(bad, { account: 'Z999' })]))).toMatchObject({ delivered: 'refused', status: 417 });
    expect(erp.ledger()).toHaveLength(0);
    expect(erp.documents('Journal Entry')).toEqual([]);
  });

  it.each([
    ['an unknown account', { account: 'Z999' }, 'Could not find Row #1: Account: Z999', 'LinkValidationError', 'account'],
    ['an unknown balancing account', { balancingAccount: 'Z1' }, 'Could not find Row #2: Account: Z1', 'LinkValidationError', 'balancingAccount'],
    ['an unknown cost center', { costCenter: '9999' }, 'Could not find Row #1: Cost Center: 9999', 'LinkValidationError', 'costCenter'],
    ['an unknown project', { project: 'P9' }, 'Could not find Row #1: Project: P9', 'LinkValidationError', 'project'],
    ['a number that is too long', { documentNumber: 'x'.repeat(141) }, /^'Reference Number' \(xxx/, 'CharacterLengthExceededError', 'documentNumber'],
  ])('says of %s what ERPNext says, on the payload’s own key', async (_, payload, message, code, key) => {
    const failure = await failureOf(push([withPayload(spending(1)[0] as OutgoingRecord, payload)]));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { code, category: 'validation', retryable: false } });
    expect(failure.diagnosis.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect([key, ...(connector.fields[key] ?? [])]).toContain(failure.diagnosis.field);
  });

  it('says of a closed period what ERPNext says', async () => {
    const failure = await failureOf(push([withPayload(spending(1)[0] as OutgoingRecord, { postingDate: '2016-12-31' })]));
    expect(failure).toMatchObject({ delivered: 'refused', status: 417, diagnosis: { code: 'ClosedAccountingPeriod', category: 'validation' } });
  });

  it('is refused by ERPNext itself when the same key comes a second time, which is a conflict', async () => {
    await push(spending(1));
    expect(await failureOf(push(spending(1)))).toMatchObject({ delivered: 'refused', diagnosis: { code: 'UniqueValidationError', category: 'conflict' } });
    expect(await find(spending(1))).toMatchObject([{ state: 'exported' }]);
    expect(erp.ledger()).toHaveLength(1);
  });

  it('is refused with 201 documents in one request', async () => {
    const failure = await failureOf(push(spending(201)));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { message: 'Only 200 inserts allowed in one request', retryable: false } });
    expect(connector.batchSize).toBe(200);
  });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['no account', { payload: { account: null } }, 'account', 'payload_missing'],
    ['a date of another form', { payload: { postingDate: '07/02/2017' } }, 'postingDate', 'payload_invalid'],
    ['no date', { payload: { postingDate: null }, occurredOn: null }, 'postingDate', 'payload_missing'],
    ['no amount', { amount: null }, 'amount', 'payload_missing'],
    ['more decimals than are booked', { amount: '0.015' }, 'amount', 'payload_invalid'],
    ['another currency than the company’s', { currency: 'EUR' }, 'currency', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const bad = withPayload({ ...first, ...change, payload: first.payload }, 'payload' in change ? change.payload ?? {} : {});
    expect(await push([bad, second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, { state: 'exported', externalId: 'ACC-JV-2017-00001' }]);
    expect(erp.ledger()).toMatchObject([{ key: 'key-2' }]);
  });

  it('refuses an amount the settings have no place for', async () => {
    ctx = context({ doctype: 'Time Card', map: { account: 'none', postingDate: 'posting_date', documentNumber: 'none', description: 'none' } });
    expect(await push(spending(1))).toMatchObject([{ state: 'refused', diagnosis: { field: 'amount', code: 'payload_unknown_key' } }]);
    expect(erp.requests()).toBe(0);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('finds each record exactly once after %s', async (fault) => {
    const records = spending(200);
    const never = spending(201).slice(200);
    erp.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    const found = await find([...records, ...never]);
    expect(found).toMatchObject([...records.map(() => ({ state: 'exported' })), null]);
    expect(found[1]).toMatchObject({ externalId: 'ACC-JV-2017-00002' });
    expect(erp.ledger()).toHaveLength(200);
    expect(erp.duplicates()).toEqual([]);
  });

  it('asks for long keys in addresses that are short enough', async () => {
    const records = spending(200).map((record) => ({ ...record, key: `${record.key}-${'k'.repeat(130)}` }));
    await push(records);
    expect(await find(records)).toMatchObject(records.map(() => ({ state: 'exported' })));
  });

  it.each(
    [
      ['error_before', 'unknown', 'server'],
      ['unavailable', 'unknown', 'server'],
      ['gateway_html', 'unknown', 'server'],
      ['reset', 'unknown', 'server'],
      ['too_many', 'refused', 'rate_limit'],
      ['expired_token', 'refused', 'auth'],
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    erp.faults.next(fault);
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(JSON.stringify(failure)).not.toContain(erp.secret());
    expect(erp.ledger()).toHaveLength(0);
    expect(await find(spending(1))).toEqual([null]);
  });

  it('reads how long it is asked to wait', async () => {
    erp.faults.next('too_many');
    expect(await failureOf(push(spending(1)))).toMatchObject({ retryAfterSeconds: 60, diagnosis: { retryable: true } });
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await check()).toEqual({ as: 'syncward@example.org', warnings: [] });
    expect(erp.ledger()).toHaveLength(0);
  });

  it('says that the secret is refused, without telling it', async () => {
    ctx = context({}, 'wrong-secret');
    const failure = await failureOf(check());
    expect(failure).toMatchObject({ status: 401, diagnosis: { category: 'auth', code: 'AuthenticationError', retryable: false } });
    expect(JSON.stringify(failure)).not.toContain('wrong-secret');
  });

  it('says that the field for the key is missing, which ERPNext would drop in silence', async () => {
    await erp.stop();
    await start({ keyField: null });
    expect(await failureOf(check())).toMatchObject({ diagnosis: { message: 'Field not permitted in query: custom_syncward_key', retryable: false } });
  });

  it('warns when the field for the key is not unique', async () => {
    await erp.stop();
    await start({ isUnique: false });
    expect(await check()).toMatchObject({ warnings: [expect.stringContaining('is not unique')] });
  });

  it('warns when it may not look whether the field is unique', async () => {
    await erp.stop();
    await start({ forbidden: ['Custom Field'] });
    expect(await check()).toMatchObject({ as: 'syncward@example.org', warnings: [expect.stringContaining('could not be checked')] });
  });
});

describe('settings and credential', () => {
  it('name what is missing or wrong', () => {
    const paths = (value: unknown) => settings.safeParse(value).error?.issues.map(({ path }) => path.join('.'));
    expect(paths({})).toEqual(['company']);
    expect(paths({ company: 'x', map: { a: 'b.c.d' } })).toEqual(['map.a']);
    expect(paths({ company: 'x', baseUrl: 'https://erp.example.org' })).toEqual(['']);
  });

  it.each(['http://erp.example.org', 'https://user@erp.example.org', 'https://erp.example.org:8443', 'https://erp.example.org/?x', 'https://10.0.0.1'])(
    'take no site at %s',
    (site) => {
      expect(credential.safeParse({ site, apiKey: 'a', apiSecret: 'b' }).success).toBe(false);
    },
  );

  it('take the site of a customer who runs ERPNext', () => {
    expect(credential.safeParse({ site: 'https://erp.example.org', apiKey: 'a', apiSecret: 'b' }).success).toBe(true);
  });
});
