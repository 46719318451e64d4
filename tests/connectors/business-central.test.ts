import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { runBatch } from '../../supabase/functions/sync-business-central/batch.ts';
import type { Context } from '../../supabase/functions/sync-business-central/batch.ts';
import { businessCentral } from '../../supabase/functions/sync-business-central/connector.ts';
import { documentNumberOf } from '../../supabase/functions/sync-business-central/line.ts';
import { settings } from '../../supabase/functions/sync-business-central/settings.ts';
import { startBusinessCentral } from '../simulators/business-central.ts';
import type { BusinessCentralOptions, BusinessCentralSimulator } from '../simulators/business-central.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let bc: BusinessCentralSimulator;
let connector: ReturnType<typeof businessCentral>;
let ctx: Context;

const known: Omit<BusinessCentralOptions, 'clock'> = {
  accounts: ['4010', '4020', '2400'],
  costCenters: ['ADM'],
  projects: ['P1'],
  taxCodes: ['STANDARD'],
  openPeriods: [{ from: '2017-01-01', to: '2017-12-31' }],
};

function context(own: Record<string, unknown> = {}, clientSecret = bc.secret()): Context {
  return {
    settings: settings.parse({
      baseUrl: bc.url,
      loginUrl: bc.url,
      tenantId: bc.tenantId,
      companyId: bc.companyId,
      journalId: bc.journalId,
      ...own,
    }),
    credential: { clientId: bc.clientId, clientSecret },
    http: localHttp('business-central', clock, [clientSecret], 300),
  };
}

async function start(more: Partial<BusinessCentralOptions> = {}): Promise<void> {
  clock = testClock();
  bc = await startBusinessCentral({ clock, ...known, ...more });
  connector = businessCentral(createTokenCache(clock));
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(ctx, records)) ?? [];

beforeEach(() => start());
afterEach(() => bc.stop());

describe('sending to Business Central', () => {
  it('puts a full batch into the journal with one call', async () => {
    const records = spending(100);
    const outcomes = await push(records);
    expect(outcomes).toEqual(
      records.map((record) => ({ state: 'exported', externalId: documentNumberOf(record), requestId: expect.any(String) as string })),
    );
    expect(bc.requests()).toBe(2);
    expect(bc.ledger()).toHaveLength(100);
    expect(bc.ledger()[1]).toMatchObject({
      key: documentNumberOf({ key: 'key-2' }),
      account: '4010',
      amount: '2.10',
      date: '2017-02-07',
      text: 'Consulting',
    });
    expect(bc.duplicates()).toEqual([]);
  });

  it('tells each refused record what Business Central says of it, and books the rest', async () => {
    const [good, account, center, project, closed, long] = spending(6) as [
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
      OutgoingRecord,
    ];
    const outcomes = await push([
      good,
      withPayload(account, { account: 'Z999' }),
      withPayload(center, { costCenter: '9999' }),
      withPayload(project, { project: 'P9' }),
      withPayload(closed, { postingDate: '2016-12-31' }),
      withPayload(long, { vat: 'REDUCED' }),
    ]);
    expect(outcomes).toMatchObject([
      { state: 'exported' },
      {
        state: 'refused',
        status: 400,
        diagnosis: {
          message: 'The field Account No. of table Gen. Journal Line contains a value (Z999) ' +
            'that cannot be found in the related table (G/L Account).',
          code: 'Internal_InvalidTableRelation',
          field: 'Account No.',
          category: 'validation',
          retryable: false,
        },
      },
      {
        state: 'refused',
        diagnosis: {
          message: "The Dimension Value does not exist. Identification fields and values: Dimension Code='DEPARTMENT',Code='9999'",
          field: 'costCenter',
        },
      },
      { state: 'refused', diagnosis: { field: 'project' } },
      { state: 'refused', diagnosis: { code: 'Application_FieldValidationException', field: 'Posting Date' } },
      { state: 'refused', diagnosis: { field: 'VAT Prod. Posting Group' } },
    ]);
    expect(bc.ledger()).toHaveLength(1);
  });

  it('knows every name Business Central blames by its payload key', () => {
    expect(connector.fields.account).toContain('Account No.');
    expect(connector.fields.postingDate).toContain('Posting Date');
    expect(connector.fields.vat).toContain('VAT Prod. Posting Group');
  });

  it('matches answers by their id, in whatever order they come', async () => {
    await bc.stop();
    await start({ shuffleResponses: true });
    const records = spending(3).map((record, index) => (index === 0 ? withPayload(record, { account: 'Z999' }) : record));
    expect(await push(records)).toMatchObject([
      { state: 'refused' },
      { state: 'exported', externalId: documentNumberOf({ key: 'key-2' }) },
      { state: 'exported' },
    ]);
  });

  it('writes amounts digit by digit, and every key in its place', async () => {
    ctx = context({ map: { region: 'dimension:PROJECT' }, balancingAccount: '2400' });
    const [record] = spending(1, {
      amount: '-123456789012345.67',
      payload: {
        account: 4020,
        costCenter: 'ADM',
        region: 'P1',
        vat: 'STANDARD',
        postingDate: '2017-02-08',
        documentNumber: '1034526 - 2',
        description: 'Æ "quoted"',
        supplier: 'Atkins',
      },
    }) as [OutgoingRecord];
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
    const answer = await ctx.http.send({
      url: `${bc.url}/v2.0/${bc.tenantId}/production/api/v2.0/companies(${bc.companyId})/journals(${bc.journalId})/journalLines`,
      headers: { authorization: `Bearer ${await token()}` },
    });
    expect(answer.body).toContain('"amount":-123456789012345.67');
    expect(answer.body).toContain('"externalDocumentNumber":"1034526 - 2"');
    expect(answer.body).toContain('"balancingAccountNumber":"2400"');
    expect(bc.ledger()).toMatchObject([{ amount: '-123456789012345.67', costCenter: 'ADM', account: '4020' }]);
  });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['no account', { payload: { account: null } }, 'account', 'payload_missing'],
    ['a date of another form', { payload: { postingDate: '07/02/2017' } }, 'postingDate', 'payload_invalid'],
    ['a description that is too long', { payload: { description: 'x'.repeat(101) } }, 'description', 'payload_invalid'],
    ['no amount', { amount: null }, 'amount', 'payload_missing'],
    ['more decimals than are booked', { amount: '0.015' }, 'amount', 'payload_invalid'],
    ['another currency than the company’s', { currency: 'EUR' }, 'currency', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const bad = withPayload({ ...first, ...change, payload: first.payload }, 'payload' in change ? change.payload : {});
    expect(await push([bad, second])).toMatchObject([{ state: 'refused', diagnosis: { field, code, category: 'validation' } }, {
      state: 'exported',
    }]);
    expect(bc.ledger()).toHaveLength(1);
  });

  it('throws as refused what is rejected whole', async () => {
    const operations = Array.from(
      { length: 101 },
      (_, index) => ({ id: String(index), method: 'GET' as const, url: `companies(${bc.companyId})/accounts` }),
    );
    const failure = await failureOf(runBatch(ctx, createTokenCache(clock), operations));
    expect(failure).toMatchObject({ delivered: 'refused', status: 400, diagnosis: { code: 'Unknown', retryable: false } });
    expect(failure.diagnosis.message).toMatch(/^The current batch message contains too many parts\..*message\.$/);
  });

  it('throws as refused a company that does not exist', async () => {
    ctx = context({ companyId: '00000000-0000-4000-8000-000000000000' });
    expect(await push(spending(1))).toMatchObject([{
      state: 'refused',
      diagnosis: { code: 'Internal_CompanyNotFound', category: 'not_found' },
    }]);
  });
});

async function token(): Promise<string> {
  return createTokenCache(clock).token(ctx.http, {
    tokenUrl: `${bc.url}/${bc.tenantId}/oauth2/v2.0/token`,
    clientId: bc.clientId,
    clientSecret: bc.secret(),
    scope: 'https://api.businesscentral.dynamics.com/.default',
  });
}

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'finds each record exactly once after %s, in the journal and after posting',
    async (fault) => {
      const records = spending(45);
      const never = spending(46).slice(45);
      await push(spending(50).slice(46));
      bc.faults.next(fault);
      expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
      const expected = [...records.map((record) => ({ state: 'exported', externalId: documentNumberOf(record) })), null];
      expect(await find([...records, ...never])).toMatchObject(expected);
      bc.post();
      expect(await find([...records, ...never])).toMatchObject(expected);
      expect(bc.ledger()).toHaveLength(49);
      expect(bc.duplicates()).toEqual([]);
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
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    bc.faults.next(fault);
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(JSON.stringify(failure)).not.toContain(bc.secret());
    expect(bc.ledger()).toHaveLength(0);
    expect(await find(spending(1))).toEqual([null]);
  });

  it.each(['error_before', 'unavailable'] as const)('does not believe a batch with an undecided operation in it (%s)', async (fault) => {
    bc.failPart(1, fault);
    const records = spending(3);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown', diagnosis: { category: 'server' } });
    expect(await find(records)).toMatchObject([{ state: 'exported' }, null, { state: 'exported' }]);
  });

  it('keeps what was let in when one operation is throttled', async () => {
    bc.failPart(0, 'too_many');
    expect(await push(spending(2))).toMatchObject([{
      state: 'refused',
      diagnosis: { code: 'Application_TooManyRequests', category: 'rate_limit', retryable: true },
    }, { state: 'exported' }]);
  });
});

describe('keys and settings', () => {
  it('make document numbers that fit, differ, and are the same every time', () => {
    const numbers = new Set(Array.from({ length: 20_000 }, (_, index) => documentNumberOf({ key: `key-${index}` })));
    expect(numbers.size).toBe(20_000);
    expect([...numbers].every((number) => /^[A-Z2-7]{20}$/.test(number))).toBe(true);
    expect(documentNumberOf({ key: 'a' })).toBe(documentNumberOf({ key: 'a' }));
  });

  it('name what is missing or wrong', () => {
    expect(settings.safeParse({}).error?.issues.map(({ path }) => path.join('.'))).toEqual(['tenantId', 'companyId', 'journalId']);
    expect(
      settings.safeParse({ tenantId: 'a/b', companyId: bc.companyId, journalId: bc.journalId, map: { x: 'dimension:' } }).error?.issues.map(
        ({ path }) => path.join('.'),
      ),
    )
      .toEqual(['tenantId', 'map.x']);
  });
});

describe('a look at Business Central', () => {
  const check = (own: Record<string, unknown> = {}, secret = bc.secret()): Promise<unknown> => connector.check?.(context(own, secret)) ?? Promise.resolve();

  it('finds the journal, and moves nothing', async () => {
    expect(await check()).toEqual({ as: 'journal DEFAULT', warnings: [] });
    expect(bc.ledger()).toEqual([]);
  });

  it('tells of a journal that is not there', async () => {
    const journalId = '00000000-0000-4000-8000-000000000000';
    expect(await check({ journalId })).toEqual({ as: null, warnings: [`The company has no journal with the id ${journalId}.`] });
  });

  it('says what is said of a company that is not there, and of a wrong secret', async () => {
    const company = await failureOf(check({ companyId: '00000000-0000-4000-8000-000000000000' }));
    expect(company.diagnosis).toMatchObject({ category: 'not_found', code: 'Internal_CompanyNotFound' });
    const secret = await failureOf(check({}, 'a wrong secret'));
    expect(secret.diagnosis.category).toBe('auth');
  });
});
