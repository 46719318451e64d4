import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClientAsync, listen, WSSecurity } from 'soap';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { connector } from '../../supabase/functions/sync-workday/connector.ts';
import { settings } from '../../supabase/functions/sync-workday/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import { wsdlOf } from '../simulators/workday-schema.ts';
import { startWorkday } from '../simulators/workday.ts';
import type { WorkdaySimulator } from '../simulators/workday.ts';

/**
 * A second opinion: a SOAP stack that is not ours reads what the connector writes by a service description, and reads the simulated
 * Workday as the connector does.
 */
const VERSION = 'v40.0';
const map = { account: 'Earning_Reference:Earning_Code', worker: 'Worker_Reference:Employee_ID', costCenter: 'Worktag_Data/Cost_Center_Reference:Cost_Center_Reference_ID',
  description: 'Comment', documentNumber: 'none', postingDate: 'Start_Date', amount: 'Amount', currency: 'Currency_Reference:Currency_ID' };
const COMMENT = 'Bråthen & Sønner <"5\' 3">\r\n ]]>';
const reference = (type: string, id: string): object => ({ ID: [{ attributes: { 'wd:type': type }, $value: id }] });

let server: HttpServer;
let simulator: WorkdaySimulator;
const clock = testClock();
const heard: { name: string; request: unknown }[] = [];
const securities: unknown[] = [];

/** Answers by the library: the request is kept as it understood it. */
const answering = (name: string, answer: object | (() => object)) => (request: unknown): unknown => {
  heard.push({ name, request });
  return typeof answer === 'function' ? (answer as () => object)() : answer;
};

const PROCESS = reference('Background_Process_Instance_ID', 'PROCESS-1');
const OPERATIONS = {
  Payroll: {
    Import_Payroll_Input: answering('Import_Payroll_Input', { Import_Process_Reference: PROCESS }),
    Get_Submit_Payroll_Inputs: answering('Get_Submit_Payroll_Inputs', { Response_Results: { Total_Results: 0 } }),
  },
  Integrations: {
    Get_Import_Processes: answering('Get_Import_Processes', { Response_Data: { Import_Process: [{ Import_Process_Data: {
      Process_Completed_DateTime: '2017-03-01T08:00:00.000Z', Status_Reference: reference('Background_Process_Instance_Status_ID', 'CompletedWithErrors'), Has_Messages: true,
    } }] } }),
    Get_Import_Process_Messages: answering('Get_Import_Process_Messages', { Response_Data: { Import_Process_Message: [{ Import_Process_Message_Data: {
      Severity: 'ERROR', Message_Summary: `Invalid ID value.  '<Z&9>' is not a valid ID value for type = 'Earning_Code'`, Line_Number: 2,
    } }] } }),
  },
  Human_Resources: {
    Get_Workers: answering('Get_Workers', { Response_Results: { Total_Pages: 1 }, Response_Data: { Worker: [
      { Worker_Reference: reference('Employee_ID', '21001'), Worker_Data: { Worker_ID: '21001', User_ID: 'å&<lie>' } }] } }),
    Get_Server_Timestamp: answering('Get_Server_Timestamp', { Server_Timestamp_Data: '2017-03-01T08:00:00.000Z' }),
  },
};

beforeAll(async () => {
  simulator = await startWorkday({ clock, accounts: ['4010'], judges: 'at once' });
  server = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  for (const [service, operations] of Object.entries(OPERATIONS)) {
    const listening = listen(server, `/ccx/service/acme/${service}/${VERSION}`, { [`${service}Service`]: { [service]: operations } }, wsdlOf(service, VERSION, 'http://127.0.0.1'));
    listening.authenticate = (security) => securities.push(security) > 0;
  }
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  await simulator.stop();
});

function context(url: string): Parameters<typeof connector.push>[0] {
  return {
    settings: settings.parse({ baseUrl: url, tenant: 'acme', map }), credential: { username: 'isu_syncward', password: simulator.password() },
    http: localHttp('workday', clock, [simulator.password()], 5_000),
  };
}
const records = (): OutgoingRecord[] => spending(2, { amount: '1234.50' })
  .map((record) => withPayload(record, { worker: '21001', costCenter: 'CC-1', description: COMMENT }));

it('another SOAP stack reads the connector’s import, and lets it in by its WS-Security header', async () => {
  const ctx = context(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const outcomes = await connector.push(ctx, records());
  expect(outcomes).toMatchObject([{ state: 'accepted', externalId: 'PROCESS-1#1' }, { state: 'accepted', externalId: 'PROCESS-1#2' }]);
  const said = (type: string, id: string): unknown => ({ ID: [{ attributes: { 'wd:type': type }, $value: id }] });
  expect(heard.at(-1)).toMatchObject({ name: 'Import_Payroll_Input', request: {
    attributes: { 'wd:version': VERSION }, Default_Batch_ID: 'SYNCWARD',
    Payroll_Input_Data: [{
      Start_Date: new Date('2017-02-07'), Worker_Reference: said('Employee_ID', '21001'), Earning_Reference: said('Earning_Code', '4010'), Amount: 1234.5,
      Worktag_Data: { Cost_Center_Reference: said('Cost_Center_Reference_ID', 'CC-1') }, Comment: COMMENT, Currency_Reference: said('Currency_ID', 'NOK'),
    }, { Worker_Reference: said('Employee_ID', '21001') }],
  } });
  expect(securities.at(-1)).toMatchObject({ UsernameToken: {
    Username: 'isu_syncward@acme', Password: { $value: simulator.password(), attributes: { Type: expect.stringMatching(/#PasswordText$/) } },
  } });
  const asked = records().map((record, index) => ({ ...record, externalId: `PROCESS-1#${index + 1}` }));
  expect(await connector.confirm(ctx, asked)).toMatchObject([
    { state: 'exported' }, { state: 'refused', diagnosis: { message: /'<Z&9>' is not a valid ID/, field: 'Earning_Code' } }]);
});

it('another SOAP stack’s workers are read, and its check', async () => {
  const ctx = context(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const at = new Date('2017-03-01T08:00:00Z');
  expect(await connector.check(ctx)).toEqual({ as: null, warnings: [] });
  const cursor = JSON.stringify({ kind: 'updated', from: '2017-02-28T08:00:00.000Z', through: null, page: 1 });
  const page = await connector.pull(ctx, { stream: 'workers', cursor, isFirst: true, at });
  expect(page.records).toMatchObject([{ id: '21001', payload: { Worker_Reference: { Employee_ID: '21001' }, User_ID: 'å&<lie>' } }]);
  expect(heard.at(-1)?.request).toMatchObject({
    Request_Criteria: { Transaction_Log_Criteria_Data: [{ Transaction_Date_Range_Data: { Updated_From: new Date('2017-02-28T08:00:00Z'), Updated_Through: at } }] },
    Response_Filter: { Page: 1, Count: 100 }, Response_Group: { Include_Reference: true, Include_Personal_Information: true },
  });
});

it('another client hears the same fault from the simulated Workday as the connector', async () => {
  const url = `${simulator.url}/ccx/service/acme/Payroll/${VERSION}`;
  const client = await createClientAsync(`${url}?wsdl`, {}, url);
  const send = (password: string): Promise<unknown> => {
    client.setSecurity(new WSSecurity('isu_syncward@acme', password, { hasTimeStamp: true }));
    const request = client.Import_Payroll_InputAsync as (request: object) => Promise<unknown>;
    return request({ attributes: { 'wd:version': VERSION }, Default_Batch_ID: 'B', Payroll_Input_Data: [
      { Payroll_Input_ID: 'A', Start_Date: '2017-02-07', Worker_Reference: reference('Employee_ID', '21001'), Earning_Reference: reference('Earning_Code', 'Z999'), Amount: '1.00' },
    ] }).then(() => ({ faultcode: 'none' }), (error: { root?: { Envelope: { Body: { Fault: unknown } } } }) => error.root?.Envelope.Body.Fault ?? error);
  };
  const fault = await send(simulator.password());
  const { diagnosis } = await failureOf(connector.push(context(simulator.url), records().map((record) => withPayload(record, { account: 'Z999' })).slice(0, 1)));
  expect(fault).toMatchObject({ faultcode: diagnosis.code, detail: { Validation_Fault: { Validation_Error: {
    Message: "Invalid ID value.  'Z999' is not a valid ID value for type = 'Earning_Code'", Xpath: '/ns1:Import_Payroll_Input_Request[1]/ns1:Payroll_Input_Data[1]/ns1:Earning_Reference[1]' } } } });
  expect(diagnosis).toMatchObject({ message: "Invalid ID value. 'Z999' is not a valid ID value for type = 'Earning_Code'", field: 'Earning_Reference' });
  const unknown = { faultcode: 'SOAP-ENV:Client.authenticationError' };
  expect(await send('wrong-password')).toMatchObject(unknown);
  clock.advance(30 * 365 * 86_400);
  expect(await send(simulator.password())).toMatchObject(unknown);
});
