import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';

const read = (system: string, body: unknown, status: number): Diagnosis =>
  diagnose(system, { status, headers: {}, body: JSON.stringify(body) });

describe('Business Central', () => {
  const say = (code: string, message: string, status = 400): Diagnosis => read('business-central', { error: { code, message } }, status);
  const guid = '0f6c0c6c-2ef8-49b6-8f26-c9893727c69f';

  test('the correlation id is not part of what it says', () => {
    expect(say('Application_DialogException', `You have no budget.  CorrelationId:  ${guid}.`).message).toBe('You have no budget.');
  });

  test.each<[string, string, string | null]>([
    [
      'a table relation',
      'The field Account No. of table Gen. Journal Line contains a value (ABL001) that cannot be found in the related table (Vendor).',
      'Account No.',
    ],
    [
      'a table relation in Norwegian',
      'Feltet Kontonr. i tabellen Kladdelinje inneholder en verdi (ABL001) som ikke finnes i den relaterte tabellen (Leverandør).',
      'Kontonr.',
    ],
    [
      'a missing value',
      'Customer Posting Group must have a value in Customer: No.=C00690. It cannot be zero or empty.',
      'Customer Posting Group',
    ],
    ['a missing value in Norwegian', 'Kundebokføringsgruppe må ha en verdi i Kunde: Nr.=C00690.', 'Kundebokføringsgruppe'],
    ['a value that must be another', "Balance must be equal to '0'  in G/L Account: No.=10100. Current value is '1,638.4'.", 'Balance'],
    ['a closed period', 'Posting Date is not within your range of allowed posting dates.', 'Posting Date'],
    ['a duplicate', "The Currency already exists. Identification fields and values: Code='EUR'", 'Code'],
    ['an empty parameter', "Field 'taxable' must not be blank or empty.", 'taxable'],
    ['a sign', 'The "amount" should be a negative number.', 'amount'],
    ['a filter', 'The filter "=\'SELLACRE24\'" is not valid for the No. field on the Item table. The length of the string is 22.', 'No.'],
    ['an unknown property', "The property 'colour' does not exist on type 'Microsoft.NAV.journalLine'.", 'colour'],
    ['a value that names no field', 'The value "Depreciation" cannot be evaluated into type Option.', null],
    [
      'an advice that names no field',
      'You may not enter numbers manually. If you want to enter numbers manually, please activate Manual Nos. in No. Series FA.',
      null,
    ],
    ['a length that names no field', 'The length of the string is 57, but it must be less than or equal to 50 characters. Value: A', null],
    ['an either-or', 'A customerNumber or a customerID must be provided.', null],
  ])('the field stands in the sentence: %s', (_name, message, field) => {
    expect(say('Application_X', message).field).toBe(field);
  });

  test.each<[string, number, Diagnosis['category'], boolean]>([
    ['Internal_EntityWithSameKeyExists', 400, 'conflict', false],
    ['Internal_InvalidTableRelation', 400, 'validation', false],
    ['Internal_RecordNotFound', 404, 'not_found', false],
    ['Internal_CompanyNotFound', 404, 'not_found', false],
    ['Internal_ServerError', 500, 'server', true],
    ['Internal_TenantUnavailable', 503, 'server', true],
    ['Application_FieldValidationException', 400, 'validation', false],
    ['Application_TooManyRequests', 429, 'rate_limit', true],
    ['Request_EntityChanged', 409, 'conflict', false],
    ['Request_EntityChanged', 412, 'conflict', false],
    ['Authentication_InvalidCredentials', 401, 'auth', false],
    ['BadRequest_MethodNotAllowed', 405, 'schema', false],
    ['BadRequest_RequiredParamNotProvided', 400, 'validation', false],
  ])('%s with %i is %s, retryable %s', (code, status, category, retryable) => {
    expect(say(code, 'Something about it.', status)).toMatchObject({ code, category, retryable });
  });

  test('in a batch each refused operation is named by its place, and the good ones are not', () => {
    const part = (status: number, message: string): object => ({
      id: null,
      status,
      body: { error: { code: 'Unknown', message: `${message}  CorrelationId:  ${guid}.` } },
    });
    const got = read(
      'business-central',
      {
        responses: [
          { id: null, status: 201, body: { displayName: 'A' } },
          part(400, 'Amount must be positive in Gen. Journal Line.'),
          part(429, 'Slow down.'),
        ],
      },
      200,
    );
    expect(got).toMatchObject({ message: 'Amount must be positive in Gen. Journal Line.', field: 'Amount', category: 'validation' });
    expect(got.records).toEqual([
      { index: 1, message: 'Amount must be positive in Gen. Journal Line.', code: 'Unknown', field: 'Amount' },
      { index: 2, message: 'Slow down.', code: 'Unknown', field: null },
    ]);
  });
});

describe('the sign-in before Business Central', () => {
  test('says what is wrong with the credential, without the ids of its support', () => {
    const got = read(
      'business-central',
      {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: 1f Correlation ID: 2e Timestamp: 2026-11-20 10:00:00Z',
        error_codes: [7000215],
      },
      401,
    );
    expect(got).toMatchObject({
      message: 'AADSTS7000215: Invalid client secret provided.',
      code: 'invalid_client',
      field: null,
      category: 'auth',
      retryable: false,
    });
  });
});

describe('Xledger', () => {
  const say = (...errors: object[]): Diagnosis => read('xledger', { errors, data: null }, 200);

  test.each<[string, Diagnosis['category'], boolean]>([
    ['BAD_REQUEST.INSUFFICIENT_CREDITS', 'rate_limit', true],
    ['BAD_REQUEST.BURST_RATE_LIMIT_REACHED', 'rate_limit', true],
    ['BAD_REQUEST.CONCURRENCY_LIMIT_REACHED', 'rate_limit', true],
  ])('%s is %s though the status is 200', (code, category, retryable) => {
    expect(say({ message: 'Too much', code })).toMatchObject({ message: 'Too much', code, category, retryable });
  });

  test('the code may stand in the extensions', () => {
    expect(say({ message: 'Invalid mutation payload', extensions: { code: 'INVALID_VALUE' } })).toMatchObject({
      code: 'INVALID_VALUE',
      category: 'validation',
    });
  });

  test('the code beside the message wins', () => {
    expect(say({ message: 'x', code: 'BAD_REQUEST.INSUFFICIENT_CREDITS', extensions: { code: 'UNHANDLED_ERROR' } }).code).toBe(
      'BAD_REQUEST.INSUFFICIENT_CREDITS',
    );
  });

  test('a query that took too long may be tried again', () => {
    expect(say({ message: 'Your query timed out.' })).toMatchObject({ category: 'timeout', retryable: true });
  });

  test('a wrong token is a matter of the credential', () => {
    expect(say({ message: 'Bad format for API Token. Expected header: "Authorization: token <your-token>"' })).toMatchObject({
      category: 'auth',
      code: null,
      field: null,
    });
  });

  test('a query that does not fit the schema', () => {
    expect(say({ message: 'Cannot query field "amout" on type "GLImportItem".' })).toMatchObject({ category: 'schema', field: 'amout' });
  });

  test.each<[string, object, number, string | null]>([
    ['a variable', { message: 'Variable "$inputs[3].node.amount" is invalid. Unable to convert "abc".' }, 3, 'amount'],
    [
      'a place',
      { message: 'Variable "$inputs" got invalid value "abc" at "inputs[12].node.invoiceDate"; Expected type Date.' },
      12,
      'invoiceDate',
    ],
    [
      'elements counted from one',
      { message: 'Argument "inputs" has invalid value.\nIn element #4: In field "node": In field "amount": Expected type "Decimal".' },
      3,
      'amount',
    ],
    ['the path', { message: 'Unknown account', path: ['addGLImportItems', 5, 'node', 'account'] }, 5, 'account'],
  ])('the refused record is found by %s', (_name, error, index, field) => {
    expect(say(error).records).toEqual([expect.objectContaining({ index, field })]);
  });

  test('a complaint about the whole request names no record', () => {
    expect(say({ message: 'Not enough credits', path: ['addGLImportItems'] }).records).toBeUndefined();
  });

  test('an answer without errors is left to the general reader', () => {
    expect(diagnose('xledger', { status: 503, headers: {}, body: '{"message":"Maintenance"}' })).toMatchObject({
      message: 'Maintenance',
      category: 'server',
    });
  });
});
