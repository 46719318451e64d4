import { randomUUID } from 'node:crypto';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { connector as hubspot } from '../../supabase/functions/sync-hubspot/connector.ts';
import { salesforce } from '../../supabase/functions/sync-salesforce/connector.ts';
import { connector as servicenow } from '../../supabase/functions/sync-servicenow/connector.ts';
import { connector as zendesk } from '../../supabase/functions/sync-zendesk/connector.ts';
import { startHubSpot } from '../simulators/hubspot.ts';
import { startSalesforce } from '../simulators/salesforce.ts';
import type { Simulator } from '../simulators/server.ts';
import { stamp } from '../simulators/servicenow-tables.ts';
import { startServiceNow } from '../simulators/servicenow.ts';
import { startZendesk } from '../simulators/zendesk.ts';
import type { Played } from './played.ts';
import type { Clock } from './world.ts';

/** A simulated system of those that customers and their cases are kept in. */
export type CustomerSystem = Required<Played> & {
  vendor: Simulator;
  good: Record<string, string>;
  bad: Record<string, string>;
  /** How the system calls what is wrong with the bad one. */
  badField: string;
  /** Things that change over there, at this moment, for an integration that fetches. */
  change: (count: number) => void;
};

const known = { accounts: ['4010'] };
const good = { account: '4010', description: 'A' };

export const customerSystems: Record<'servicenow' | 'salesforce' | 'hubspot' | 'zendesk', (clock: Clock) => Promise<CustomerSystem>> = {
  async servicenow(clock) {
    const vendor = await startServiceNow({ clock });
    const map = { account: 'u_account', description: 'u_description', amount: 'u_amount', currency: 'u_currency' };
    return {
      vendor,
      connector: servicenow,
      settings: { baseUrl: vendor.url, stagingTable: vendor.stagingTable, pullTable: 'u_spending', map },
      credential: { username: vendor.username, password: vendor.password() },
      work: vendor.transform,
      good,
      bad: { ...good, description: '' },
      badField: 'Description',
      change: (count) => {
        for (let index = 0; index < count; index++) {
          vendor.touch({ sys_id: randomUUID().replaceAll('-', ''), sys_updated_on: stamp(clock()), u_account: '4010' });
        }
      },
    };
  },
  async salesforce(clock) {
    const vendor = await startSalesforce({ clock, ...known });
    const map = { account: 'Account__c', description: 'Description__c', amount: 'Amount__c', currency: 'CurrencyIsoCode' };
    return {
      vendor,
      connector: salesforce(createTokenCache(clock)),
      settings: { baseUrl: vendor.url, object: vendor.object, externalIdField: vendor.keyField, map },
      credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
      work: vendor.jobs.run,
      good,
      bad: { ...good, account: 'Z999' },
      badField: 'Account__c',
      change: (count) => vendor.touch(count, clock.iso().replace(/\.\d{3}Z$/, '.000+0000')),
    };
  },
  async hubspot(clock) {
    const vendor = await startHubSpot({ clock, ...known });
    const map = { account: 'account', description: 'description', amount: 'amount', currency: 'currency' };
    return {
      vendor,
      connector: hubspot,
      settings: { baseUrl: vendor.url, object: 'contacts', map },
      credential: { token: vendor.token() },
      work: () => undefined,
      good,
      bad: { ...good, account: 'Z999' },
      badField: 'account',
      change: (count) => vendor.touch(count, clock.iso()),
    };
  },
  async zendesk(clock) {
    const vendor = await startZendesk({ clock });
    const map = { account: 'subject', description: 'comment', amount: 'field:360001', currency: 'field:360002' };
    return {
      vendor,
      connector: zendesk,
      settings: { baseUrl: vendor.url, fetch: ['tickets'], map },
      credential: { email: vendor.email, token: vendor.token() },
      work: vendor.jobs.run,
      good,
      bad: { ...good, description: '' },
      badField: 'Description',
      change: (count) => vendor.touch('tickets', count),
    };
  },
};
