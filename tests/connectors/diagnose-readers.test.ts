import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Category, Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';

type Answer = { status: number; body: unknown; headers?: Record<string, string> };
type Expected = { message?: string; code?: string | null; field?: string | null; category: Category; retryable: boolean };

const read = (system: string, { status, body, headers }: Answer): Diagnosis =>
  diagnose(system, { status, headers: headers ?? {}, body: typeof body === 'string' ? body : JSON.stringify(body) });

const infolog = (message: string, status = 400): Answer => (
  { status, body: { error: { code: '', message: 'An error has occurred.', innererror: { message, type: 'X', stacktrace: 'at A.B()' } } } });
const frappe = (kind: string, ...messages: string[]): Answer => ({
  status: 417,
  body: { exc_type: kind, exc: '["Traceback …"]', _server_messages: JSON.stringify(messages.map((message) => JSON.stringify({ message, raise_exception: 1 }))) },
});
const tripletex = (code: number, message: string, field: string | null = null): Answer => ({
  status: 422, body: { status: 422, code, message: 'Validering feilet.', validationMessages: [{ field, message, path: null, rootId: null }] },
});
const denied = (code: string, message: string, fields: string[] = []): Answer => ({ status: 400, body: [{ errorCode: code, message, fields }] });

const told: Record<string, [what: string, answer: Answer, expected: Expected][]> = {
  'dynamics-365-fo': [
    [
      'a refused value, with status 500 too', infolog("Write failed for table row of type 'LinesEntity'. Infolog: Error: Field 'Customer group' must be filled in.", 500),
      { message: "Field 'Customer group' must be filled in.", field: 'Customer group', category: 'validation', retryable: false },
    ],
    [
      'the field that the framework names behind the reason',
      infolog("Write failed for table row of type 'LinesEntity'. Infolog: Warning: No such term.; Warning: validateField failed on field 'CustTable.PaymTerm'."),
      { message: 'No such term.', field: 'CustTable.PaymTerm', category: 'validation', retryable: false },
    ],
    [
      'a duplicate', infolog("Write failed for table row of type 'LinesEntity'. Infolog: Error: Cannot create a record in Items. The record already exists.."),
      { message: 'Cannot create a record in Items. The record already exists.', category: 'conflict', retryable: false },
    ],
    ['a crash of its own', infolog('Object reference not set to an instance of an object.', 500), { category: 'server', retryable: true }],
  ],
  'dataverse': [
    [
      'what stands behind its own wrapper',
      { status: 400, body: { error: { code: '0x80048d19', message: "Error identified in Payload provided by the user ----> InnerException : Some.Kind.ODataException: An undeclared property 'colour' was found." } } },
      { message: "An undeclared property 'colour' was found.", code: '0x80048d19', field: 'colour', category: 'schema', retryable: false },
    ],
    ['a missing privilege', { status: 403, body: { error: { code: '0x80040220', message: 'Principal user lacks prvCreateAccount.' } } }, { category: 'permission', retryable: false }],
    ['a row that is not there', { status: 404, body: { error: { code: '0x80040217', message: 'account With Id = 1 Does Not Exist' } } }, { category: 'not_found', retryable: false }],
    ['its own tempo', { status: 429, body: { error: { code: '0x80072322', message: 'Number of requests exceeded the limit of 6000.' } } }, { category: 'rate_limit', retryable: true }],
  ],
  'erpnext': [
    ['a missing value by its name', frappe('MandatoryError', '[Expense Claim, new]: cost_center, company'), { field: 'cost_center', category: 'validation', retryable: false }],
    ['a missing value by its label', frappe('MandatoryError', 'Error: Value missing for Expense Claim: Cost Center'), { field: 'Cost Center', category: 'validation', retryable: false }],
    ['a link that leads nowhere, in bold', frappe('LinkValidationError', 'Could not find <b>Cost Center</b>: 4010'), { message: 'Could not find Cost Center: 4010', field: 'Cost Center', category: 'validation', retryable: false }],
    ['a change by somebody else', frappe('TimestampMismatchError', 'Document has been modified after you have opened it.'), { category: 'conflict', retryable: false }],
    ['the exception, where it says nothing else', { status: 403, body: { exc_type: 'PermissionError', exception: 'frappe.exceptions.PermissionError: No permission for Item' } }, { message: 'No permission for Item', code: 'PermissionError', category: 'permission', retryable: false }],
  ],
  'zoominfo': [
    [
      'credits that are used up, which no waiting brings back',
      { status: 400, body: { title: 'Bad Request', errors: [{ id: 'e1', code: 'PFAPI0011', detail: 'Credit Limit Reached', status: '400' }] } },
      { message: 'Credit Limit Reached', code: 'PFAPI0011', category: 'permission', retryable: false },
    ],
    ['its own tempo', { status: 429, body: { error: { code: 'ZI0004', message: 'You have exceeded the rate limit.', status: 429 } } }, { category: 'rate_limit', retryable: true }],
  ],
  'servicenow': [
    ['the detail behind "Operation Failed"', { status: 403, body: { error: { message: 'Operation Failed', detail: 'Data Policy Exception: Short description is mandatory\n' }, status: 'failure' } }, { field: 'Short description', category: 'validation', retryable: false }],
    ['an access rule', { status: 403, body: { error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' }, status: 'failure' } }, { category: 'permission', retryable: false }],
    ['a record that is not there', { status: 404, body: { error: { message: 'No Record found', detail: 'Record doesn\'t exist or ACL restricts the record retrieval' }, status: 'failure' } }, { message: 'No Record found', category: 'not_found', retryable: false }],
    ['time that ran out', { status: 500, body: { error: { message: 'Transaction cancelled: maximum execution time exceeded', detail: '' }, status: 'failure' } }, { category: 'timeout', retryable: true }],
  ],
  'tripletex': [
    ['a missing value', tripletex(18000, 'Feltet må fylles ut.', 'department.id'), { message: 'Feltet må fylles ut.', code: '18000', field: 'department.id', category: 'validation', retryable: false }],
    ['a field that does not exist', tripletex(16000, 'Feltet eksisterer ikke i objektet.', 'colour'), { field: 'colour', category: 'schema', retryable: false }],
    ['a number that is taken', tripletex(18000, 'Nummeret er i bruk.', 'number'), { category: 'conflict', retryable: false }],
    ['an older version', { status: 409, body: { status: 409, code: 8000, message: 'RevisionException', validationMessages: null } }, { code: '8000', category: 'conflict', retryable: false }],
  ],
  'zendesk': [
    ['a title for a code', { status: 403, body: { error: { title: 'Forbidden', message: 'You do not have access to this page.' } } }, { code: 'Forbidden', message: 'You do not have access to this page.', category: 'permission', retryable: false }],
    ['a value that is taken', { status: 422, body: { error: 'RecordInvalid', description: 'Record validation errors', details: { email: [{ description: 'Email: olga@example.org is taken', error: 'DuplicateValue' }] } } }, { code: 'DuplicateValue', field: 'email', category: 'conflict', retryable: false }],
    ['two writers at once', { status: 409, body: { error: 'DatabaseConflict', description: 'Database collision' } }, { category: 'conflict', retryable: true }],
    ['too many jobs', { status: 429, body: { error: 'TooManyJobs', description: 'Too many jobs queued' } }, { category: 'rate_limit', retryable: true }],
  ],
  'pushover': [
    ['the parameter, not the sentence', { status: 400, body: { title: 'is too long', errors: ['title is too long'], status: 0, request: 'r' } }, { message: 'title is too long', code: null, field: 'title', category: 'validation', retryable: false }],
  ],
  'microsoft-teams': [
    ['a throttle that came with 200', { status: 200, body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId a' }, { code: '429', category: 'rate_limit', retryable: true }],
    ['a workflow that is switched off', { status: 400, body: { error: { code: 'WorkflowTriggerIsNotEnabled', message: 'The trigger is not enabled.' } } }, { category: 'conflict', retryable: false }],
    ['a card it cannot read', { status: 400, body: { error: { code: 'TriggerInputSchemaMismatch', message: 'The input body does not match.' } } }, { category: 'schema', retryable: false }],
  ],
  'ses': [
    ['the code in the header', { status: 400, headers: { 'x-amzn-errortype': 'SendingPausedException:http://example.org/' }, body: { message: 'Sending is paused for this account.' } }, { code: 'SendingPausedException', category: 'permission', retryable: false }],
    ['a quota that came as 400', { status: 400, headers: { 'x-amzn-errortype': 'LimitExceededException' }, body: { message: 'Too much.' } }, { category: 'rate_limit', retryable: true }],
    ['a signature', { status: 403, headers: { 'x-amzn-errortype': 'InvalidClientTokenId' }, body: { message: 'The security token included in the request is invalid.' } }, { category: 'auth', retryable: false }],
    ['one entry of many', { status: 200, body: { BulkEmailEntryResults: [{ Status: 'SUCCESS', MessageId: '1' }, { Status: 'TEMPLATE_NOT_FOUND', Error: 'No such template' }] } }, { code: 'TEMPLATE_NOT_FOUND', message: 'No such template', category: 'not_found', retryable: false }],
  ],
  'slack': [
    ['the bare code of a webhook', { status: 404, body: 'no_service' }, { code: 'no_service', message: 'no_service', category: 'not_found', retryable: false }],
    ['a token that was withdrawn', { status: 200, body: { ok: false, error: 'token_revoked' } }, { category: 'auth', retryable: false }],
    ['its own tempo', { status: 200, body: { ok: false, error: 'ratelimited' } }, { category: 'rate_limit', retryable: true }],
    ['a fault of its own', { status: 200, body: { ok: false, error: 'fatal_error' } }, { category: 'server', retryable: true }],
  ],
  'hubspot': [
    ['scopes that are missing', { status: 403, body: { status: 'error', message: 'This app lacks the scopes for this call.', category: 'MISSING_SCOPES', errors: [{ message: 'One or more of the following scopes are required.', context: { requiredGranularScopes: ['crm.x'] } }] } }, { message: 'This app lacks the scopes for this call.', code: 'MISSING_SCOPES', category: 'permission', retryable: false }],
    ['the property it names beside the sentence', { status: 400, body: { status: 'error', message: 'Invalid input', category: 'VALIDATION_ERROR', errors: [{ message: 'No such option', code: 'INVALID_OPTION', context: { propertyName: ['stage'] } }] } }, { message: 'No such option', code: 'INVALID_OPTION', field: 'stage', category: 'validation', retryable: false }],
    ['no field where it names another thing', { status: 400, body: { status: 'error', message: 'Campaign name is required' } }, { field: null, category: 'validation', retryable: false }],
  ],
  'salesforce': [
    ['a missing value', denied('REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]', ['LastName']), { field: 'LastName', category: 'validation', retryable: false }],
    ['one cell of a bulk result', { status: 200, headers: { 'content-type': 'text/csv' }, body: '"sf__Id","sf__Error","Key__c"\n"","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","1"\n' }, { message: 'Required fields are missing: [LastName]', code: 'REQUIRED_FIELD_MISSING', field: 'LastName', category: 'validation', retryable: false }],
    ['a query it does not understand', denied('INVALID_FIELD', "\nselect Colour from X\n ^\nERROR at Row:1:Column:8\nNo such column 'Colour' on entity 'X'."), { message: "No such column 'Colour' on entity 'X'.", field: 'Colour', category: 'schema', retryable: false }],
    ['a full store, which no waiting empties', denied('STORAGE_LIMIT_EXCEEDED', 'storage limit exceeded'), { category: 'validation', retryable: false }],
    ['a right that is missing', denied('INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY', 'insufficient access rights on cross-reference id'), { category: 'permission', retryable: false }],
    ['a row somebody holds', denied('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record'), { category: 'conflict', retryable: true }],
  ],
  'twilio': [
    ['the parameter in quotes', { status: 400, body: { code: 21604, message: "A 'To' phone number is required.", status: 400 } }, { code: '21604', field: 'To', category: 'validation', retryable: false }],
    ['a country that is closed', { status: 400, body: { code: 21408, message: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number", status: 400 } }, { field: 'To', category: 'permission', retryable: false }],
    ['a queue that is full', { status: 400, body: { code: 21611, message: "This 'From' number has exceeded the maximum number of queued messages", status: 400 } }, { category: 'rate_limit', retryable: true }],
  ],
  'zoom': [
    ['a scope', { status: 400, body: { code: 4711, message: 'Invalid access token, does not contain scopes:[meeting:write].' } }, { code: '4711', category: 'permission', retryable: false }],
    ['a meeting that is gone', { status: 404, body: { code: 3001, message: 'Meeting does not exist: 1.' } }, { category: 'not_found', retryable: false }],
    ['the fault under "Validation Failed."', { status: 400, body: { code: 300, message: 'Validation Failed.', errors: [{ field: 'topic', message: 'Too long.' }] } }, { message: 'Too long.', code: '300', field: 'topic', category: 'validation', retryable: false }],
  ],
  'pagerduty': [
    ['its tempo, in words', { status: 429, body: { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly.' } }, { code: 'throttle exceeded', category: 'rate_limit', retryable: true }],
    ['an event it refuses', { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors: ["'payload.severity' is invalid"] } }, { message: "'payload.severity' is invalid", code: 'invalid event', field: 'payload.severity', category: 'validation', retryable: false }],
  ],
  'resend': [
    ['a key that may only send', { status: 401, body: { statusCode: 401, name: 'restricted_api_key', message: 'This API key may only send emails' } }, { category: 'permission', retryable: false }],
    ['the same key at the same time', { status: 409, body: { statusCode: 409, name: 'concurrent_idempotent_requests', message: 'Another request is under way' } }, { category: 'conflict', retryable: true }],
  ],
};

describe.each(Object.entries(told))('%s', (system, cases) => {
  test.each(cases)('says %s', (_what, answer, expected) => {
    expect(read(system, answer)).toMatchObject(expected);
  });
});
