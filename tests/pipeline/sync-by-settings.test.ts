import { afterEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { halopsa } from '../../supabase/functions/sync-halopsa/connector.ts';
import { connector as jira } from '../../supabase/functions/sync-jira/connector.ts';
import { rest } from '../../supabase/functions/sync-rest/connector.ts';
import { example, single } from '../connectors/support/work-orders.ts';
import { startHalo } from '../simulators/halopsa.ts';
import { startJira } from '../simulators/jira.ts';
import { startRest } from '../simulators/rest.ts';
import type { Simulator } from '../simulators/server.ts';
import { syncPlayed } from '../support/played.ts';
import type { Played } from '../support/played.ts';
import { createWorld } from '../support/world.ts';
import type { Clock } from '../support/world.ts';

type Pushed = Played & { vendor: Simulator; good: object; bad: object; badKey: string };

const orders = { good: { title: 'New door', account: '4010' }, bad: { title: 'New door', account: '9999' }, badKey: 'account' };

async function workOrders(clock: Clock, own: object): Promise<Pushed> {
  const vendor = await startRest({ clock, accounts: ['4010'] });
  const credential = { hosts: ['127.0.0.1'], apiKey: vendor.secret() };
  return { vendor, connector: rest(createTokenCache(clock)), settings: { ...example, baseUrl: vendor.url, ...own }, credential, ...orders };
}

const systems: Record<string, (clock: Clock) => Promise<Pushed>> = {
  'rest, looked up after a batch': (clock) => workOrders(clock, {}),
  'rest, written under our id': (clock) =>
    workOrders(clock, single({ by: 'upsert' }, { method: 'PUT', path: '/work-orders/{sourceType}/{sourceId}' })),
  'rest, by an idempotency key': (clock) => workOrders(clock, single({ by: 'key' })),
  async jira(clock) {
    const vendor = await startJira({ clock });
    return {
      vendor,
      connector: jira,
      settings: { baseUrl: vendor.url, project: 'OPS' },
      credential: { email: vendor.email, token: vendor.token() },
      good: { title: 'Payroll has not arrived', severity: 'high' },
      bad: { title: 'Payroll has not arrived', severity: 'Blocker' },
      badKey: 'severity',
    };
  },
  async halopsa(clock) {
    const vendor = await startHalo({ clock });
    const map = { amount: 'oppvalue', currency: 'none' };
    return {
      vendor,
      connector: halopsa(createTokenCache(clock)),
      settings: { baseUrl: vendor.url, map },
      credential: { clientId: vendor.clientId, clientSecret: vendor.secret() },
      good: { title: 'Payroll has not arrived', client: '1' },
      bad: { title: 'Payroll has not arrived', client: '99' },
      badKey: '',
    };
  },
};

let vendor: Simulator | undefined;
afterEach(() => vendor?.stop());

describe.each(Object.entries(systems))('%s', (_, begin) => {
  it('lands each record once though an answer is lost, and names the key of the one that is refused', async () => {
    const world = await createWorld();
    const played = await begin(world.clock);
    ({ vendor } = played);
    const handIn = (id: number, payload: object): Promise<void> => world.handIn(1, { source_id: `S-${id}`, payload });
    for (let id = 0; id < 6; id++) await handIn(id, played.good);
    await handIn(6, played.bad);

    vendor.faults.next('lost_answer');
    const first = await syncPlayed(world, played);
    expect(first.uncertain).toBeGreaterThan(0);
    world.clock.forward(3_600);
    await syncPlayed(world, played);
    expect(await world.states()).toEqual({ exported: 6, failed: 1 });
    expect(vendor.duplicates()).toEqual([]);
    expect(vendor.ledger()).toHaveLength(6);
    expect(await world.sql`select coalesce(payload_field, '') as key from failed_records`).toEqual([{ key: played.badKey }]);

    await handIn(6, played.good);
    world.clock.forward(3_600);
    await syncPlayed(world, played);
    expect(await world.states()).toEqual({ exported: 7 });
    expect(vendor.duplicates()).toEqual([]);
  });
});
