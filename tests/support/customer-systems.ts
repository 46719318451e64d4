import { randomUUID } from 'node:crypto';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { connector as hubspot } from '../../supabase/functions/sync-hubspot/connector.ts';
import { salesforce } from '../../supabase/functions/sync-salesforce/connector.ts';
import { connector as servicenow } from '../../supabase/functions/sync-servicenow/connector.ts';
import { connector as zendesk } from '../../supabase/functions/sync-zendesk/connector.ts';
import type { Simulator } from '../simulators/server.ts';
import { setUps } from '../simulators/set-up.ts';
import { stamp } from '../simulators/servicenow-tables.ts';
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
    const reached = await setUps.servicenow({ clock });
    return {
      ...reached,
      connector: servicenow,
      good,
      bad: { ...good, description: '' },
      badField: 'Description',
      change: (count) => {
        for (let index = 0; index < count; index++) {
          reached.vendor.touch({ sys_id: randomUUID().replaceAll('-', ''), sys_updated_on: stamp(clock()), u_account: '4010' });
        }
      },
    };
  },
  async salesforce(clock) {
    const reached = await setUps.salesforce({ clock, ...known });
    return {
      ...reached,
      connector: salesforce(createTokenCache(clock)),
      good,
      bad: { ...good, account: 'Z999' },
      badField: 'Account__c',
      change: (count) => reached.vendor.touch(count, clock.iso().replace(/\.\d{3}Z$/, '.000+0000')),
    };
  },
  async hubspot(clock) {
    const reached = await setUps.hubspot({ clock, ...known });
    return {
      ...reached,
      connector: hubspot,
      good,
      bad: { ...good, account: 'Z999' },
      badField: 'account',
      change: (count) => reached.vendor.touch(count, clock.iso()),
    };
  },
  async zendesk(clock) {
    const reached = await setUps.zendesk({ clock });
    return {
      ...reached,
      connector: zendesk,
      good,
      bad: { ...good, description: '' },
      badField: 'Description',
      change: (count) => reached.vendor.touch('tickets', count),
    };
  },
};
