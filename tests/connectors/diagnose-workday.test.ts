import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';

const fault = (code: string, text: string, detail = ''): string =>
  `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault xmlns:wd="urn:com.workday/bsvc">
<faultcode>SOAP-ENV:${code}</faultcode><faultstring>${text}</faultstring>${detail === '' ? '' : `<detail><wd:Validation_Fault>${detail}</wd:Validation_Fault></detail>`}
</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`;
const error = (message: string, path: string): string =>
  `<wd:Validation_Error><wd:Message>${message}</wd:Message><wd:Detail_Message>Parm of ${message}</wd:Detail_Message><wd:Xpath>${path}</wd:Xpath></wd:Validation_Error>`;
const read = (body: string): ReturnType<typeof diagnose> => diagnose('workday', { status: 500, headers: { 'content-type': 'text/xml' }, body });
const IMPORT = '/ns1:Import_Payroll_Input_Request[1]/ns1:Payroll_Input_Data';

describe('a fault of Workday', () => {
  test.each([
    [`${IMPORT}[3]/ns1:Earning_Reference[1]`, 'Earning_Reference'],
    [`${IMPORT}[1]/ns1:Worktag_Data[1]/ns1:Cost_Center_Reference[1]/ns1:ID[1]`, 'Cost_Center_Reference'],
    ['/bsvc:Get_Workers_Request[1]/bsvc:Response_Filter[1]/bsvc:Count[1]', 'Count'],
    ['/wd:Submit_Supplier_Invoice_Request/Supplier_Invoice_Data/wd:Currency_Reference', 'Currency_Reference'],
    ['/ns1:Import_Payroll_Input_Request[1]', null],
    ['', null],
  ])('blames the element of %s', (path, field) => {
    expect(read(fault('Client.validationError', 'Validation error occurred.', error('Nope.', path)))).toMatchObject({
      message: 'Nope.', code: 'SOAP-ENV:Client.validationError', field, category: 'validation', retryable: false });
  });

  test('tells of every line that is wrong, each under its place', () => {
    const both = error('A.', `${IMPORT}[2]/ns1:Amount[1]`) + error('B.', `${IMPORT}[7]/ns1:Hours[1]`);
    expect(read(fault('Client.validationError', 'Two.', both)).records).toMatchObject([{ index: 1, field: 'Amount', message: 'A.' }, { index: 6, field: 'Hours' }]);
    expect(read(fault('Client.validationError', 'x', error('A.', '/ns1:Get_Workers_Request[1]/ns1:Worker_Data[2]')))).not.toHaveProperty('records');
  });

  test.each<[string, string, string, string, boolean]>([
    ['a wrong password', 'Client.authenticationError', 'invalid username or password', 'auth', false],
    ['no right to the task', 'Client', 'Processing error occurred. The task submitted is not authorized.', 'permission', false],
    ['a version that is none', 'Client.validationError', 'The web service or version is invalid for the requested operation', 'schema', false],
    ['a fault of its own', 'Server', 'A server error has occurred.', 'server', true],
  ])('says %s for what it is', (_, code, text, category, retryable) => {
    expect(read(fault(code, text))).toMatchObject({ message: text, field: null, category, retryable });
  });

  test('without a path is known by the type of the id it refuses', () => {
    const said = '<wd:Detail_Message>Invalid ID value.  \'X\' is not a valid ID value for type = \'Location_ID\'</wd:Detail_Message>';
    expect(read(fault('Client.validationError', 'Validation error occurred.', said))).toMatchObject({ field: 'Location_ID', category: 'validation' });
  });
});
