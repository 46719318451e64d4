import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';

function read(body: unknown, status = 400, headers: Record<string, string> = {}): Diagnosis {
  return diagnose('other', { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

describe('the shapes many systems share', () => {
  const cases: [string, unknown, number, Partial<Diagnosis>][] = [
    [
      'a plain message',
      { message: 'Nope', code: 'E_1' },
      400,
      { message: 'Nope', code: 'E_1', field: null, category: 'validation', retryable: false },
    ],
    ['OData', { error: { code: 'X', message: 'No such row' } }, 404, { message: 'No such row', code: 'X', category: 'not_found' }],
    ['OData of old', { error: { code: 'X', message: { lang: 'en', value: 'No such row' } } }, 404, { message: 'No such row', code: 'X' }],
    [
      'problem+json',
      { type: 'about:blank', title: 'Out of credit', status: 403, detail: 'Balance is 30' },
      403,
      { message: 'Balance is 30', code: null, category: 'permission' },
    ],
    [
      'problem+json with parameters',
      { title: 'Invalid', 'invalid-params': [{ name: 'age', reason: 'must be positive' }] },
      400,
      { message: 'must be positive', field: 'age' },
    ],
    [
      'a JSON pointer',
      { title: 'Bad', errors: [{ detail: 'too young', pointer: '#/person/age' }] },
      422,
      { message: 'too young', field: 'person.age' },
    ],
    [
      'JSON:API',
      { errors: [{ code: 'P5', detail: 'must be set', source: { pointer: '/data/attributes/companyId' } }] },
      400,
      { message: 'must be set', code: 'P5', field: 'companyId' },
    ],
    [
      'field to sentences',
      { title: 'One or more validation errors occurred.', errors: { 'amount': ['Must be positive.'], '$.date': ['Bad date.'] } },
      400,
      { message: 'Must be positive.', field: 'amount' },
    ],
    [
      'a field called description',
      { errors: { summary: 'Cannot be set.', description: 'Cannot be set.' } },
      400,
      { message: 'Cannot be set.', field: 'summary' },
    ],
    [
      'a location in the body',
      { detail: [{ loc: ['body', 'items', 0, 'price'], msg: 'value is not a valid float', type: 'type_error.float' }] },
      422,
      { message: 'value is not a valid float', field: 'items.0.price', code: 'type_error.float' },
    ],
    [
      'violations deep inside',
      {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'Bad Request',
          details: [{ fieldViolations: [{ field: 'user.name', description: 'Name too long' }] }],
        },
      },
      400,
      { message: 'Name too long', code: 'INVALID_ARGUMENT', field: 'user.name' },
    ],
    [
      'an inner error behind a phrase',
      { error: { code: '', message: 'An error has occurred.', innererror: { message: 'Account 5 is closed', type: 'System.Exception' } } },
      400,
      { message: 'Account 5 is closed', code: null },
    ],
    [
      'an inner error behind a sentence',
      { error: { code: 'A1', message: 'Account 5 is closed', innererror: { message: 'at Foo.Bar()' } } },
      400,
      { message: 'Account 5 is closed', code: 'A1' },
    ],
    [
      'OAuth',
      { error: 'invalid_client', error_description: 'The secret is wrong' },
      400,
      { message: 'The secret is wrong', code: 'invalid_client', category: 'auth' },
    ],
    [
      'a code that is all there is',
      { ok: false, error: 'channel_not_found' },
      200,
      { message: 'channel_not_found', code: 'channel_not_found', category: 'not_found' },
    ],
    ['a list of sentences', { errors: ['Name is required', 'Age is required'] }, 422, { message: 'Name is required', field: 'Name' }],
    [
      'JSON at the end of a sentence',
      { message: 'Values were not valid: [{"message":"No such property","error":"UNKNOWN_FIELD","name":"colour"}]' },
      400,
      { message: 'No such property', code: 'UNKNOWN_FIELD', field: 'colour', category: 'schema' },
    ],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ message: 'Twice packed' })), 400, { message: 'Twice packed' }],
    [
      'GraphQL',
      { errors: [{ message: 'Not allowed', extensions: { code: 'FORBIDDEN' } }], data: null },
      200,
      { message: 'Not allowed', code: 'FORBIDDEN', category: 'permission' },
    ],
    [
      'warnings are not errors',
      { ok: false, error: 'not_in_channel', response_metadata: { warnings: ['missing_charset'] } },
      200,
      { message: 'not_in_channel' },
    ],
    [
      'a failure behind a good answer',
      '{"result":[{"id":1}]}{"error":{"message":"maximum execution time exceeded"}}',
      200,
      { message: 'maximum execution time exceeded' },
    ],
  ];
  test.each(cases)('%s', (_name, body, status, expected) => {
    expect(read(body, status)).toMatchObject(expected);
  });

  test("a SOAP fault is read like JSON, and a client's fault is not the server's though it comes with 500", () => {
    const fault =
      '<?xml version="1.0"?><e:Envelope xmlns:e="x"><e:Body><e:Fault><faultcode>e:Client.validationError</faultcode><faultstring>Failed</faultstring>' +
      '<detail><v:Problem xmlns:v="y"><v:Message>Worker &quot;7&quot; is gone</v:Message></v:Problem></detail></e:Fault></e:Body></e:Envelope>';
    expect(read(fault, 500)).toMatchObject({
      message: 'Worker "7" is gone',
      code: 'e:Client.validationError',
      category: 'validation',
      retryable: false,
    });
  });

  test('a SOAP 1.2 fault of the server is worth another try', () => {
    const fault =
      '<Envelope><Body><Fault><Code><Value>env:Receiver</Value></Code><Reason><Text xml:lang="en">Overloaded</Text></Reason></Fault></Body></Envelope>';
    expect(read(fault, 500)).toMatchObject({ message: 'Overloaded', category: 'server', retryable: true });
  });

  test('a code in the header counts when the body has none', () => {
    expect(
      read({ message: 'Maximum sending rate exceeded.' }, 400, { 'X-Amzn-ErrorType': 'TooManyRequestsException:http://x/' }),
    ).toMatchObject({ code: 'TooManyRequestsException', category: 'rate_limit', retryable: true });
  });

  test('plain text is the message, without the name of the status before it', () => {
    expect(read('Bad Request: Text is needed', 400)).toMatchObject({ message: 'Text is needed', code: null });
  });
});

describe('the parts of a batch', () => {
  test('a list with a verdict for each: only the refused ones, under their places', () => {
    const body = [
      { success: true, id: '1' },
      { success: false, errors: [{ statusCode: 'BAD', message: 'Wrong', fields: ['A'] }] },
    ];
    expect(read(body, 200).records).toEqual([{ index: 1, message: 'Wrong', code: 'BAD', field: 'A' }]);
  });

  test('the one that is to blame speaks for all that went down with it', () => {
    const item = (statusCode: string, message: string): object => ({ success: false, errors: [{ statusCode, message, fields: [] }] });
    const got = read([item('ALL_OR_NONE_OPERATION_ROLLED_BACK', 'Rolled back'), item('MALFORMED_ID', 'Bad id')], 200);
    expect(got).toMatchObject({ message: 'Bad id', code: 'MALFORMED_ID' });
    expect(got.records).toHaveLength(2);
  });

  test("the caller's own number is kept where it is repeated", () => {
    expect(read({ errors: [{ failedElementNumber: 7, elementErrors: { errors: { project: 'Gone' } } }] }).records).toEqual([
      { index: 7, message: 'Gone', code: null, field: 'project' },
    ]);
  });

  test('a partial success that names its records by something else says so', () => {
    expect(read({ results: [{ id: 1 }], errors: [{ message: 'Wrong', context: { traceId: ['9'] } }] }, 207).records).toEqual([
      { index: null, message: 'Wrong', code: null, field: null },
    ]);
  });

  test('a list of verdicts under any name', () => {
    expect(
      read(
        {
          EntryResults: [
            { Status: 'SUCCESS', MessageId: '1' },
            { Status: 'MESSAGE_REJECTED', Error: 'Address is not verified' },
          ],
        },
        200,
      ).records,
    ).toEqual([{ index: 1, message: 'Address is not verified', code: 'MESSAGE_REJECTED', field: null }]);
  });

  test('what the good ones say is not read as a complaint', () => {
    expect(
      read(
        {
          result: [
            { status: 'inserted', status_message: 'Row was added' },
            { status: 'error', error_message: 'No such unit' },
          ],
        },
        201,
      ),
    ).toMatchObject({ message: 'No such unit', records: [{ index: 1, message: 'No such unit' }] });
  });

  test('a multipart answer', () => {
    const body = [
      '--b',
      'Content-ID: 4',
      '',
      'HTTP/1.1 204 No Content',
      '',
      '--b',
      'Content-ID: 5',
      '',
      'HTTP/1.1 404 Not Found',
      '',
      '{"error":{"code":"0x1","message":"No such row"}}',
      '--b--',
    ].join('\r\n');
    expect(read(body, 200)).toMatchObject({ category: 'not_found', records: [{ index: 5, message: 'No such row', code: '0x1' }] });
  });

  test('a table of rejected rows', () => {
    expect(
      read('"id","sf__Error"\n"","UNABLE_TO_LOCK_ROW"\n"","REQUIRED_FIELD_MISSING:Say a ""name"""', 200, { 'content-type': 'text/csv' })
        .records,
    ).toEqual([
      { index: 0, message: 'UNABLE_TO_LOCK_ROW', code: 'UNABLE_TO_LOCK_ROW', field: null },
      { index: 1, message: 'REQUIRED_FIELD_MISSING:Say a "name"', code: 'REQUIRED_FIELD_MISSING', field: null },
    ]);
  });
});

describe('what people see', () => {
  test('formatting is stripped, what only looks like it is not', () => {
    expect(read({ message: 'Item <b>RICE5</b> is&nbsp;disabled<br/>Use <your-token>' }).message).toBe(
      'Item RICE5 is disabled Use <your-token>',
    );
  });

  test('a stack trace stays with the developers', () => {
    expect(read({ message: 'Bad state\n   at Foo.Bar(Baz.cs:12)\n   at Main()' }).message).toBe('Bad state');
  });

  test('control characters and text that turns a line around are gone', () => {
    expect(read({ message: 'a\u0000b\u202ec\u200bd\tе' }).message).toBe('abcd е');
  });

  test('no message is longer than 2 000 characters', () => {
    expect(read({ message: 'é'.repeat(10_000) }).message).toHaveLength(2_000);
  });

  test('a sentence is no code', () => {
    expect(
      read({ validationIssues: [{ severity: 1, field: 'a', code: 'Det er for lite', description: 'Det er for lite' }] }, 409),
    ).toMatchObject({ code: null, field: 'a', category: 'validation' });
  });
});
