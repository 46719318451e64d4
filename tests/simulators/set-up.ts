import { startDataverse } from './dataverse.ts';
import { startDynamics365Fo } from './dynamics-365-fo.ts';
import { startErpnext } from './erpnext.ts';
import { startHubSpot } from './hubspot.ts';
import { startSalesforce } from './salesforce.ts';
import type { Simulator, SimulatorOptions } from './server.ts';
import { startServiceNow } from './servicenow.ts';
import { startTripletex } from './tripletex.ts';
import { startZendesk } from './zendesk.ts';

/** A simulated system with what an integration with it is set to, for records that name an account, a description and perhaps a day and a document. */
export type SetUp<Vendor extends Simulator = Simulator> = {
  vendor: Vendor;
  settings: Record<string, unknown>;
  credential: Record<string, unknown>;
  /** What the system does by itself, between two questions. */
  work: () => void;
};

const nothing = (): void => undefined;

async function salesforce(options: SimulatorOptions) {
  const vendor = await startSalesforce(options);
  const map = { account: 'Account__c', description: 'Description__c', amount: 'Amount__c', currency: 'CurrencyIsoCode' };
  return {
    vendor, work: vendor.jobs.run,
    settings: { baseUrl: vendor.url, object: vendor.object, externalIdField: vendor.keyField, map },
    credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
  };
}

async function hubspot(options: SimulatorOptions) {
  const vendor = await startHubSpot(options);
  const map = { account: 'account', description: 'description', amount: 'amount', currency: 'currency' };
  return { vendor, work: nothing, settings: { baseUrl: vendor.url, object: 'contacts', map }, credential: { token: vendor.token() } };
}

async function servicenow(options: SimulatorOptions) {
  const vendor = await startServiceNow(options);
  const map = { account: 'u_account', description: 'u_description', amount: 'u_amount', currency: 'u_currency' };
  return {
    vendor, work: vendor.transform,
    settings: { baseUrl: vendor.url, stagingTable: vendor.stagingTable, pullTable: 'u_spending', map },
    credential: { username: vendor.username, password: vendor.password() },
  };
}

async function zendesk(options: SimulatorOptions) {
  const vendor = await startZendesk(options);
  const map = { account: 'subject', description: 'comment', amount: 'field:360001', currency: 'field:360002' };
  return {
    vendor, work: vendor.jobs.run,
    settings: { baseUrl: vendor.url, fetch: ['tickets'], map },
    credential: { email: vendor.email, token: vendor.token() },
  };
}

async function erpnext(options: SimulatorOptions) {
  const vendor = await startErpnext(options);
  return {
    vendor, work: nothing,
    settings: { company: 'Blindes Forbund', balancingAccount: '1920' },
    credential: { site: vendor.url, apiKey: vendor.apiKey, apiSecret: vendor.secret() },
  };
}

async function tripletex(options: SimulatorOptions) {
  const vendor = await startTripletex(options);
  return {
    vendor, work: nothing,
    settings: { baseUrl: `${vendor.url}/v2`, balancingAccount: '1920' },
    credential: { consumerToken: vendor.consumerToken, employeeToken: vendor.secret() },
  };
}

async function dataverse(options: SimulatorOptions) {
  const vendor = await startDataverse(options);
  const map = { account: 'hlf_account', postingDate: 'hlf_date', documentNumber: 'hlf_documentno', description: 'hlf_name', amount: 'hlf_amount', currency: 'none' };
  return {
    vendor, work: nothing,
    settings: { baseUrl: vendor.url, loginUrl: vendor.url, tenantId: vendor.tenantId, table: { set: 'hlf_expenses', key: 'hlf_key', map } },
    credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
  };
}

async function dynamics365Fo(options: SimulatorOptions) {
  const vendor = await startDynamics365Fo(options);
  const map = { account: 'AccountDisplayValue', postingDate: 'TransDate', documentNumber: 'Invoice', description: 'Text', amount: 'DebitAmount', currency: 'CurrencyCode' };
  return {
    vendor, work: nothing,
    settings: {
      baseUrl: vendor.url, loginUrl: vendor.url, tenantId: vendor.tenantId, company: 'usmf', entity: 'LedgerJournalLines', key: 'Document', map, dates: ['TransDate'],
      values: { JournalBatchNumber: '00042' },
    },
    credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
  };
}

export const setUps = { salesforce, hubspot, servicenow, zendesk, erpnext, tripletex, dataverse, 'dynamics-365-fo': dynamics365Fo } satisfies
  Record<string, (options: SimulatorOptions) => Promise<SetUp>>;
