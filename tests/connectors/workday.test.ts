import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { tag } from '../../supabase/functions/_kit/xml.ts';
import type { XmlNode } from '../../supabase/functions/_kit/xml.ts';
import { call, wd } from '../../supabase/functions/sync-workday/api.ts';
import type { Context } from '../../supabase/functions/sync-workday/api.ts';
import { connector } from '../../supabase/functions/sync-workday/connector.ts';
import { settings } from '../../supabase/functions/sync-workday/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startWorkday } from '../simulators/workday.ts';
import type { WorkdayOptions, WorkdaySimulator } from '../simulators/workday.ts';

let clock: TestClock;
let vendor: WorkdaySimulator;
let ctx: Context;

const map = {
  worker: 'Worker_Reference:Employee_ID',
  account: 'Earning_Reference:Earning_Code',
  postingDate: 'Start_Date',
  documentNumber: 'none',
  description: 'Comment',
  costCenter: 'Worktag_Data/Cost_Center_Reference:Cost_Center_Reference_ID',
  hours: 'Hours',
  again: 'Ongoing_Input',
  amount: 'Amount',
  currency: 'Currency_Reference:Currency_ID',
};

function context(own: Record<string, unknown> = {}, password = vendor.password()): Context {
  return {
    settings: settings.parse({ baseUrl: vendor.url, tenant: vendor.tenant, map, ...own }),
    credential: { username: vendor.username, password },
    http: localHttp('workday', clock, [password], 2_000),
  };
}

async function start(more: Partial<WorkdayOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startWorkday({
    clock, accounts: ['4010', '4020'], costCenters: ['CC-1'], openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }], ...more,
  });
  ctx = context();
}

async function restart(more: Partial<WorkdayOptions>): Promise<void> {
  await vendor.stop();
  await start(more);
}

const inputs = (count: number): OutgoingRecord[] => spending(count).map((record) => withPayload(record, { worker: '21001' }));
const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);

/** Asks for the verdicts as the kit does: with what each record was accepted under. */
function confirm(records: OutgoingRecord[], outcomes: Outcome[]): Promise<(Outcome | null)[]> {
  return connector.confirm(ctx, records.flatMap((record, index) => {
    const outcome = outcomes[index];
    return outcome?.state === 'accepted' ? [{ ...record, externalId: outcome.externalId }] : [];
  }));
}

async function landed(records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const outcomes = await push(records);
  vendor.run();
  return confirm(records, outcomes);
}

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('importing payroll inputs', () => {
  it('hands a full batch in with one call, and knows of each line once it is carried out', async () => {
    const records = inputs(connector.batchSize);
    const outcomes = await push(records);
    expect(vendor.batches()).toEqual([connector.batchSize]);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(await confirm(records, outcomes)).toEqual(records.map(() => null));
    vendor.run();
    expect(await confirm(records, outcomes)).toEqual(records.map((record) => ({ state: 'exported', externalId: stableKey(record) })));
    expect(vendor.inputs().get(stableKey(records[1] as OutgoingRecord))).toEqual({
      id: stableKey(records[1] as OutgoingRecord), worker: '21001', earning: '4010', start: '2017-02-07', amount: '2.10', currency: 'NOK',
      comment: 'Consulting', batch: 'SYNCWARD',
    });
    expect(vendor.duplicates()).toEqual([]);
    expect(vendor.asked()).toContain(`${vendor.username}@${vendor.tenant}`);
  });

  it('writes amounts and texts as they are', async () => {
    const comment = 'Bråthen & Sønner <"5\' 3">\r\n\tå 𝔘 ]]> &amp;';
    const [record] = inputs(1) as [OutgoingRecord];
    await landed([withPayload({ ...record, amount: '-123456789012345.67' }, { description: comment, costCenter: 'CC-1', hours: '7.5', again: false })]);
    expect(vendor.inputs().get(stableKey(record))).toMatchObject({ amount: '-123456789012345.67', comment, costCenter: 'CC-1', hours: '7.5' });
  });

  it('tells each refused line what its message says, and lands the rest', async () => {
    const [good, worker, earning, center, closed] = inputs(5) as [OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const records = [
      good, withPayload(worker, { worker: '99999' }), withPayload(earning, { account: 'Z999' }), withPayload(center, { costCenter: 'CC-9' }),
      withPayload(closed, { postingDate: '2016-12-31' }),
    ];
    const verdicts = await landed(records);
    expect(verdicts).toMatchObject([
      { state: 'exported' },
      { state: 'refused', diagnosis: { message: /'99999' is not a valid ID/, field: 'Employee_ID', category: 'validation', retryable: false } },
      { state: 'refused', diagnosis: { field: 'Earning_Code' } },
      { state: 'refused', diagnosis: { field: 'Cost_Center_Reference_ID' } },
      { state: 'refused', diagnosis: { message: 'Start Date is not valid for the open periods. [21001]', field: 'Start Date', category: 'validation' } },
    ]);
    expect(connector.fields(ctx.settings)).toMatchObject({
      worker: ['Worker_Reference', 'Worker', 'Employee_ID'],
      account: ['Earning_Reference', 'Earning', 'Earning_Code'],
      costCenter: ['Cost_Center_Reference', 'Cost Center', 'Cost_Center_Reference_ID'],
      postingDate: ['Start_Date', 'Start Date'],
    });
    expect(vendor.ledger()).toHaveLength(1);
  });

  it('a fault names the element of each line that is wrong, and says for sure that nothing was taken', async () => {
    await restart({ judges: 'at once' });
    const [good, earning, center] = inputs(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const failure = await failureOf(push([good, withPayload(earning, { account: 'Z999' }), withPayload(center, { costCenter: 'CC-9' })]));
    expect(failure).toMatchObject({
      status: 500, delivered: 'refused',
      diagnosis: {
        code: 'SOAP-ENV:Client.validationError', field: 'Earning_Reference', category: 'validation', retryable: false,
        records: [{ index: 1, field: 'Earning_Reference' }, { index: 2, field: 'Cost_Center_Reference' }],
      },
    });
    expect(vendor.inputs().size).toBe(0);
  });

  it('updates what an earlier version added, and hears what may not change', async () => {
    const [record] = inputs(1) as [OutgoingRecord];
    await landed([record]);
    const changed = { ...withPayload(record, { description: 'Corrected' }), key: 'key-1-again', version: 2 };
    expect(await landed([changed])).toMatchObject([{ state: 'exported' }]);
    expect(await landed([withPayload(changed, { account: '4020' })])).toMatchObject([{ state: 'refused', diagnosis: { message: /cannot be subsequently changed/ } }]);
    expect(vendor.ledger()).toMatchObject([{ key: stableKey(record), text: 'Corrected', account: '4010' }]);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('takes a warning for no refusal', async () => {
    vendor.warn();
    expect(await landed(inputs(2))).toMatchObject([{ state: 'exported' }, { state: 'exported' }]);
  });

  it.each([
    ['failed for a reason', 'Failed', 'Batch ID is already associated with other types of Application Batches.', { message: /^Batch ID is already/ }],
    ['ended with a word about it as a whole alone', 'CompletedWithErrors', 'The load was rolled back.', { message: 'The load was rolled back.' }],
    ['failed without one', 'Failed', undefined, { code: 'import_without_result', retryable: true }],
    ['was cancelled', 'Canceled', undefined, { code: 'import_without_result', retryable: true }],
  ] as const)('takes no line for landed of an import that %s', async (_, state, message, diagnosis) => {
    const outcomes = await push(inputs(1));
    vendor.breakDown(state, message);
    expect(await confirm(inputs(1), outcomes)).toMatchObject([{ state: 'refused', diagnosis }]);
  });

  it('takes the sum of the errors for none of a line that has none', async () => {
    const records = inputs(2).map((record, index) => withPayload(record, index === 0 ? {} : { account: 'Z999' }));
    const outcomes = await push(records);
    vendor.run('Errors during data load. See report for details.');
    expect(await confirm(records, outcomes)).toMatchObject([{ state: 'exported' }, { state: 'refused', diagnosis: { field: 'Earning_Code' } }]);
  });

  it('goes by our key where a message carries it, however Workday counts lines', async () => {
    await restart({ identifies: true });
    expect(await landed(inputs(3).map((record, index) => withPayload(record, index === 0 ? { account: 'Z999' } : {})))).toMatchObject([
      { state: 'refused', diagnosis: { field: 'Earning_Code' } }, { state: 'exported' }, { state: 'exported' }]);
  });

  it('sends again what Workday no longer keeps the import of', async () => {
    const lost = inputs(1).map((record) => ({ ...record, externalId: `${'0'.repeat(32)}#1` }));
    expect(await connector.confirm(ctx, lost)).toMatchObject([{ state: 'refused', diagnosis: { code: 'import_without_result', retryable: true } }]);
  });

  it.each<[string, object, string, string]>([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['no worker', { payload: { worker: '' } }, 'worker', 'payload_missing'],
    ['neither earning nor deduction', { payload: { account: null } }, 'account', 'payload_missing'],
    ['a day that is none', { payload: { postingDate: '2017-02-30' } }, 'postingDate', 'payload_invalid'],
    ['hours that are no number', { payload: { hours: '7,5' } }, 'hours', 'payload_invalid'],
    ['a truth that is none', { payload: { again: 'perhaps' } }, 'again', 'payload_invalid'],
    ['a character XML cannot hold', { payload: { description: 'a\u0000b' } }, 'description', 'payload_invalid'],
    ['more decimals than are set', { amount: '0.015' }, 'amount', 'payload_invalid'],
  ])('refuses one record with %s by itself, and counts the lines of the others rightly', async (_, { payload = {}, ...change }: { payload?: object }, field, code) => {
    const [bad, good, wrong] = inputs(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const records = [withPayload({ ...bad, ...change }, { ...payload }), good, withPayload(wrong, { account: 'Z999' })];
    const outcomes = await push(records);
    expect(outcomes).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, { state: 'accepted' }, { state: 'accepted' }]);
    vendor.run();
    expect(await confirm(records, outcomes)).toMatchObject([{ state: 'exported' }, { state: 'refused', diagnosis: { field: 'Earning_Code' } }]);
  });
});

describe('what Workday refuses at once', () => {
  it.each<[string, XmlNode[], string | null, RegExp]>([
    ['an element it does not know', [wd('Default_Batch_ID', 'B'), wd('Colour', 'red')], 'Colour', /not allowed/],
    ['an element of another namespace', [tag('Default_Batch_ID', 'B')], 'Default_Batch_ID', /not allowed/],
    ['an element out of its place', [wd('Payroll_Input_Data', [wd('Comment', 'x'), wd('Amount', '1')])], 'Amount', /not allowed/],
    ['a batch without its name', [], null, /'Default_Batch_ID' is required/],
  ])('%s', async (_, content, field, message) => {
    const asked = call(ctx, 'Payroll', { name: 'Import_Payroll_Input_Request', content, answer: 'Put_Import_Process_Response' });
    expect(await failureOf(asked)).toMatchObject({ delivered: 'refused', diagnosis: { field, message } });
  });

  it('a page that is none, or too large', async () => {
    const workers = (...filter: XmlNode[]): Promise<unknown> => call(ctx, 'Human_Resources', {
      name: 'Get_Workers_Request', content: [wd('Response_Filter', filter)], answer: 'Get_Workers_Response',
    });
    expect(await failureOf(workers(wd('Page', '0')))).toMatchObject({ diagnosis: { field: 'Page', message: 'Page number cannot be zero.' } });
    expect(await failureOf(workers(wd('Count', '1000')))).toMatchObject({ diagnosis: { field: 'Count' } });
    await workers(wd('Count', '999'));
  });
});

describe('when Workday does not answer as it should', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('an import that is sent again after %s lands once', async (fault) => {
    vendor.faults.next(fault);
    expect(await failureOf(push(inputs(3)))).toMatchObject({ delivered: 'unknown' });
    vendor.run();
    expect(await landed(inputs(3))).toMatchObject([{ state: 'exported' }, { state: 'exported' }, { state: 'exported' }]);
    expect(vendor.ledger()).toHaveLength(3);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('a fault that blames the server leaves open what became of the request', async () => {
    vendor.faults.next('error_before');
    expect(await failureOf(push(inputs(1)))).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'SOAP-ENV:Server', category: 'server', retryable: true } });
  });

  it('waits as long as it is asked to', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push(inputs(1)))).toMatchObject({ delivered: 'refused', retryAfterSeconds: 37, diagnosis: { category: 'rate_limit' } });
  });

  it('a refused password is the credential’s failure, and is written down nowhere', async () => {
    ctx = context({}, 'another-wrong-password');
    const failure = await failureOf(push(inputs(1)));
    expect(failure).toMatchObject({ status: 500, delivered: 'refused', diagnosis: { category: 'auth', message: 'invalid username or password', retryable: false } });
    expect(JSON.stringify(failure)).not.toContain('another-wrong-password');
  });
});

describe('checking', () => {
  it('finds nothing wrong with a user who may do all', async () => {
    expect(await connector.check(ctx)).toEqual({ as: null, warnings: [] });
  });

  it('says that the password, or the version, is wrong', async () => {
    expect(await failureOf(connector.check(context({}, 'another-wrong-password')))).toMatchObject({ delivered: 'refused', diagnosis: { category: 'auth' } });
    expect(await failureOf(connector.check(context({ version: 'v99.9' })))).toMatchObject({ diagnosis: { category: 'schema', message: /version is invalid/ } });
  });

  it('says which of sending and fetching the user may not do', async () => {
    await restart({ forbidden: ['Get_Submit_Payroll_Inputs', 'Get_Workers'] });
    const why = 'Processing error occurred. The task submitted is not authorized.';
    expect((await connector.check(ctx)).warnings).toEqual([`Records cannot be sent: ${why}`, `Records cannot be fetched: ${why}`]);
  });
});

describe('fetching workers', () => {
  const pull = (cursor: string | null): Promise<Page> => connector.pull(ctx, { stream: 'workers', cursor, isFirst: false, at: clock() });

  /** All pages until there is no more. */
  async function read(from: string | null): Promise<Page[]> {
    const pages = [await pull(from)];
    for (let page = pages[0]; page?.more; page = pages.at(-1)) pages.push(await pull(page.cursor));
    return pages;
  }
  const idsIn = (pages: Page[]): unknown[] => pages.flatMap(({ records }) => records.map(({ payload }) => payload?.Worker_ID));

  it('gives all of them once, page by page, and every page twice the same', async () => {
    for (let id = 0; id < 250; id += 1) vendor.hire(String(30_000 + id));
    vendor.hire('40000', { isContingent: true });
    const first = await pull(null);
    expect(await pull(null)).toEqual(first);
    // Who is hired while the pages are read comes with the next reading.
    clock.advance(10);
    vendor.hire('50000');
    const pages = [first, ...await read(first.cursor)];
    expect(pages.map(({ records }) => records.length)).toEqual([100, 100, 50]);
    expect(new Set(idsIn(pages)).size).toBe(250);
    expect(idsIn(await read(pages.at(-1)?.cursor ?? ''))).toContain('50000');
  });

  it('then gives what was entered since, and what has come into effect', async () => {
    const soon = new Date(clock().getTime() + 86_400_000);
    ['1', '2', '3'].forEach((id) => vendor.hire(id));
    vendor.change('3', { terminated: '2017-03-02' }, soon);
    clock.advance(3_600);
    const { cursor } = (await read(null)).at(-1) ?? { cursor: '' };
    clock.advance(3_600);
    vendor.change('2', { last: 'Hansen' });
    clock.advance(3_600);
    const next = await read(cursor);
    expect(new Set(idsIn(next))).toEqual(new Set(['2']));
    clock.advance(86_400);
    const later = await read(next.at(-1)?.cursor ?? '');
    expect(new Set(idsIn(later))).toEqual(new Set(['3']));
    expect(later.flatMap(({ records }) => records)[0]).toMatchObject({ deleted: false, payload: { Employment_Data: { Worker_Status_Data: { Terminated: '1', Active: '0' } } } });
    expect(idsIn(await read(later.at(-1)?.cursor ?? ''))).toEqual([]);
  });

  it('looks back a little for what was written late', async () => {
    vendor.hire('1');
    clock.advance(3_600);
    const { cursor } = (await read(null)).at(-1) ?? { cursor: '' };
    const late = new Date(clock().getTime() - 60_000).toISOString();
    vendor.hire('2', { log: [{ entered: late, effective: late }] });
    clock.advance(3_600);
    expect(idsIn(await read(cursor))).toContain('2');
  });

  it('keeps Workday’s own names, lists as lists, references by type, and leaves out what nobody needs', async () => {
    vendor.hire('21001', { first: 'Åse', last: 'Lie & Co', preferred: 'Å', phones: ['22 33 44 55'] });
    const [record] = (await pull(null)).records;
    expect(record).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/), changedAt: null, deleted: false,
      payload: {
        Worker_Reference: { Employee_ID: '21001', Descriptor: 'Åse Lie & Co' },
        Personal_Data: {
          Name_Data: { Preferred_Name_Data: { Name_Detail_Data: { First_Name: 'Å', Last_Name: 'Lie & Co', Formatted_Name: 'Å Lie & Co' } } },
          Contact_Data: { Phone_Data: [{ Phone_Number: '22 33 44 55', Usage_Data: [{ Public: '1', Type_Data: [{ Primary: '1' }] }] }] },
        },
      },
    });
    expect(JSON.stringify(record)).not.toMatch(/030221001|1990-02-03/);
  });

  it('fetches contingent workers where that is set, and tells of a hire that was rescinded as gone', async () => {
    vendor.hire('1', { isContingent: true });
    vendor.hire('2', { rescinded: true });
    ctx = context({ contingentWorkers: true, pageSize: 999 });
    expect((await pull(null)).records).toMatchObject([{ deleted: false, payload: { Worker_Reference: { Contingent_Worker_ID: '1' } } }, { deleted: true }]);
  });
});

describe('settings', () => {
  it('send the credential to Workday alone, and name what is missing', () => {
    const { error } = settings.safeParse({ baseUrl: 'https://wd3-services1.myworkday.com.example.org', tenant: 'a/b', pageSize: 1_000 });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['baseUrl', 'tenant', 'pageSize']);
  });

  it.each(['Payroll_Input_ID', 'Worker_Reference', 'Amount:Employee_ID', 'Worktag_Data', 'Cost_Center_Reference:WID', 'Worktag_Data/Amount', ''])(
    'lead no value to "%s"', (target) => {
      expect(settings.safeParse({ baseUrl: 'https://services1.myworkday.com', tenant: 'acme', map: { account: target } }).success).toBe(false);
    },
  );
});
