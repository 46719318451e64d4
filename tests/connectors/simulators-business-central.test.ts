import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseExact, writeExact } from '../simulators/business-central-journal.ts';
import { startBusinessCentral } from '../simulators/business-central.ts';
import type { BusinessCentralOptions, BusinessCentralSimulator } from '../simulators/business-central.ts';
import { matches, ODataError, parseFilter } from '../simulators/odata.ts';
import { testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let bc: BusinessCentralSimulator;
let bearer: string;

async function signIn(
  change: Record<string, string> = {},
  tenant = bc.tenantId,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: bc.clientId,
    client_secret: bc.secret(),
    scope: 'https://api.businesscentral.dynamics.com/.default',
    ...change,
  });
  const response = await fetch(`${bc.url}/${tenant}/oauth2/v2.0/token`, { method: 'POST', body: form });
  return { status: response.status, body: await response.json() as Record<string, unknown> };
}

async function start(more: Partial<BusinessCentralOptions> = {}): Promise<void> {
  clock = testClock();
  bc = await startBusinessCentral({ clock, accounts: ['4010'], costCenters: ['ADM'], ...more });
  bearer = String((await signIn()).body.access_token);
}
beforeEach(() => start());
afterEach(() => bc.stop());

type Answer = {
  status: number;
  body: {
    error?: { code: string; message: string };
    value?: Record<string, unknown>[];
    responses?: { id: string | null; status: number; body?: { error?: { code: string; message: string } } }[];
  };
};

async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${bc.url}/v2.0/${bc.tenantId}/${bc.environment}/api/v2.0/${path}`, {
    method,
    body,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) as Answer['body'] : {} };
}
const lines = (): string => `companies(${bc.companyId})/journals(${bc.journalId})/journalLines`;
const line = { documentNumber: 'D1', accountNumber: '4010', postingDate: '2017-02-07', amount: 10.5, description: 'x' };
const insert = (body: Record<string, unknown>): Promise<Answer> => call('POST', lines(), JSON.stringify(body));
const batch = (bodies: Record<string, unknown>[], headers: Record<string, string> = {}): Promise<Answer> =>
  call(
    'POST',
    '$batch',
    JSON.stringify({
      requests: bodies.map((body, index) => ({
        id: `r${index}`,
        method: 'POST',
        url: lines(),
        headers: { 'Content-Type': 'application/json' },
        body,
      })),
    }),
    headers,
  );

describe('the simulated sign-in service', () => {
  it('hands out a token for an hour', async () => {
    expect(await signIn()).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3_599 } });
    clock.advance(3_601);
    expect(await insert(line)).toMatchObject({ status: 401, body: { error: { code: 'Authentication_InvalidCredentials' } } });
  });

  it.each([
    [{ client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    [{ client_secret: '' }, 401, 'invalid_client', 7000218],
    [{ client_id: 'nobody' }, 400, 'unauthorized_client', 700016],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    [{ grant_type: '' }, 400, 'invalid_request', 900144],
    [{ scope: 'mail' }, 400, 'invalid_scope', 70011],
  ])('refuses %j', async (change, status, error, code) => {
    expect(await signIn(change)).toMatchObject({
      status,
      body: { error, error_codes: [code], error_description: expect.stringMatching(`^AADSTS${code}: `) as string },
    });
  });

  it('knows its own tenant only', async () => {
    expect(await signIn({}, 'example.org')).toMatchObject({ status: 400, body: { error_codes: [90002] } });
  });
});

describe('the simulated journal refuses', () => {
  it.each([
    [
      'a property it does not have',
      { colour: 'red' },
      400,
      'BadRequest',
      "The property 'colour' does not exist on type 'Microsoft.NAV.journalLine'.",
    ],
    ['a text for an amount', { amount: '10.50' }, 400, 'BadRequest', "expected type 'Edm.Decimal'"],
    ['a number for a text', { description: 1 }, 400, 'BadRequest', "expected type 'Edm.String'"],
    ['a day that does not exist', { postingDate: '2017-02-30' }, 400, 'BadRequest', 'Unable to convert value to Date'],
    [
      'a number that is too long',
      { documentNumber: 'x'.repeat(21) },
      400,
      'Application_StringExceededLength',
      'The length of the string is 21, but it must be less than or equal to 20 characters.',
    ],
    [
      'an unknown account',
      { accountNumber: 'Z999' },
      400,
      'Internal_InvalidTableRelation',
      'The field Account No. of table Gen. Journal Line contains a value (Z999)',
    ],
    [
      'an unknown balancing account',
      { balancingAccountNumber: '1' },
      400,
      'Internal_InvalidTableRelation',
      'The field Bal. Account No. of',
    ],
    ['an unknown tax code', { taxCode: 'X' }, 400, 'Internal_InvalidTableRelation', 'VAT Prod. Posting Group'],
    ['an unknown kind of account', { accountType: 'Invalid' }, 400, 'Unknown', "'Invalid' is not an option."],
    [
      'an unknown dimension',
      { dimensionSetLines: [{ code: 'AREA', valueCode: '1' }] },
      404,
      'Internal_RecordNotFound',
      "The Dimension does not exist. Identification fields and values: Code='AREA'",
    ],
    [
      'an unknown dimension value',
      { dimensionSetLines: [{ code: 'DEPARTMENT', valueCode: '9' }] },
      404,
      'Internal_RecordNotFound',
      "Dimension Code='DEPARTMENT',Code='9'",
    ],
    [
      'a closed period',
      { postingDate: '2016-12-31' },
      400,
      'Application_FieldValidationException',
      'Posting Date is not within your range of allowed posting dates',
    ],
  ])('%s, and says so in its form', async (_, change, status, code, words) => {
    bc.setOpenPeriods({ from: '2017-01-01', to: '2017-12-31' });
    const answer = await insert({ ...line, ...change });
    expect(answer).toMatchObject({
      status,
      body: { error: { code, message: expect.stringMatching(/ {2}CorrelationId: {2}[0-9a-f-]{36}\.$/) as string } },
    });
    expect(answer.body.error?.message).toContain(words);
    expect(bc.ledger()).toHaveLength(0);
  });

  it('a body that is not JSON, an unknown segment, company or journal, and a method it does not offer', async () => {
    expect(await call('POST', lines(), '{')).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('Invalid Request Body') as string } },
    });
    expect(await call('GET', `companies(${bc.companyId})/nothings`)).toMatchObject({
      status: 404,
      body: { error: { code: 'BadRequest_ResourceNotFound' } },
    });
    expect(await call('GET', 'companies(x)/accounts')).toMatchObject({
      status: 404,
      body: { error: { code: 'Internal_CompanyNotFound' } },
    });
    expect(await call('POST', `companies(${bc.companyId})/journals(x)/journalLines`, '{}')).toMatchObject({
      status: 404,
      body: { error: { code: 'Internal_RecordNotFound' } },
    });
    expect(await call('DELETE', `companies(${bc.companyId})/accounts`)).toMatchObject({
      status: 405,
      body: { error: { code: 'BadRequest_MethodNotAllowed' } },
    });
  });

  it('calls beyond its limits, without saying for how long', async () => {
    await bc.stop();
    await start({ limits: { rate: { requests: 2, seconds: 300 } } });
    await insert(line);
    await insert(line);
    const answer = await insert(line);
    expect(answer).toMatchObject({ status: 429, body: { error: { code: 'Application_TooManyRequests' } } });
    clock.advance(301);
    expect((await insert(line)).status).toBe(201);
  });
});

describe('the simulated journal', () => {
  it('keeps amounts as they were written, and codes in capitals', async () => {
    await call('POST', lines(), '{"documentNumber":" d1 ","accountNumber":"4010","amount":-0.10}');
    expect(bc.ledger()).toMatchObject([{ key: 'D1', amount: '-0.10' }]);
  });

  it('takes the same document number twice, and the ledger shows it', async () => {
    await insert(line);
    await insert(line);
    expect(bc.duplicates()).toEqual([{ key: 'D1', count: 2 }]);
  });

  it('is asked by document number, before and after posting', async () => {
    await batch([line, { ...line, documentNumber: 'D2' }, { ...line, documentNumber: 'D3', amount: -3 }]);
    const filter = encodeURIComponent("documentNumber eq 'D1' or documentNumber eq 'D3'");
    const open = await call('GET', `${lines()}?$select=documentNumber&$filter=${filter}`);
    expect(open.body.value).toEqual([{ documentNumber: 'D1' }, { documentNumber: 'D3' }]);
    bc.post();
    expect((await call('GET', `${lines()}?$filter=${filter}`)).body.value).toEqual([]);
    expect((await call('GET', `companies(${bc.companyId})/generalLedgerEntries?$filter=${filter}`)).body.value).toMatchObject([
      { documentNumber: 'D1', debitAmount: 10.5, creditAmount: 0 },
      { documentNumber: 'D3', debitAmount: 0, creditAmount: 3 },
    ]);
    expect(bc.ledger()).toHaveLength(3);
  });

  it('refuses a filter with "or" over two fields', async () => {
    const answer = await call('GET', `${lines()}?$filter=${encodeURIComponent("documentNumber eq 'D1' or accountNumber eq '4010'")}`);
    expect(answer.body.error?.message).toContain("The 'OR' operator is not supported on distinct fields");
  });
});

describe('a simulated batch', () => {
  const bad = { ...line, accountNumber: 'Z999' };
  const statuses = (answer: Answer): number[] => answer.body.responses?.map(({ status }) => status) ?? [];

  it('stops at the first failure, unless asked to go on', async () => {
    expect(statuses(await batch([line, bad, line]))).toEqual([201, 400]);
    expect(statuses(await batch([line, bad, line], { prefer: 'odata.continue-on-error' }))).toEqual([201, 400, 201]);
    expect(bc.ledger()).toHaveLength(3);
  });

  it('takes a hundred operations and not one more', async () => {
    expect(statuses(await batch(Array.from({ length: 100 }, () => line)))).toHaveLength(100);
    expect(await batch(Array.from({ length: 101 }, () => line))).toMatchObject({
      status: 400,
      body: { error: { code: 'Unknown', message: expect.stringContaining('too many parts') as string } },
    });
    expect(bc.ledger()).toHaveLength(100);
  });

  it('answers with the caller’s ids, or none', async () => {
    const answer = await call(
      'POST',
      '$batch',
      JSON.stringify({
        requests: [{ method: 'POST', url: lines(), body: line }, { id: 'mine', method: 'POST', url: lines(), body: line }],
      }),
    );
    expect(answer.body.responses?.map(({ id }) => id)).toEqual([null, 'mine']);
  });
});

describe('the parts of the interface', () => {
  it('filters are read or refused, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom('a', 'eq', "'x'", 'or', 'and', '1', '(', "''")).map((parts) => parts.join(' ')),
        ),
        (text) => {
          try {
            expect(parseFilter(text).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(ODataError);
          }
        },
      ),
    );
  });

  it('a filter finds any text, quotes included', () => {
    fc.assert(fc.property(fc.string(), (value) => matches(parseFilter(`name eq '${value.replaceAll("'", "''")}'`), { name: value })));
  });

  it('numbers come back as they were written', () => {
    fc.assert(fc.property(fc.bigInt(), fc.nat(99), (whole, rest) => {
      const text = `{"a":${whole}.${String(rest).padStart(2, '0')},"b":["x",null,true]}`;
      return writeExact(parseExact(text)) === text;
    }));
  });
});
