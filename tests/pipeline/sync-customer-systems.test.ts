import { afterEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../simulators/server.ts';
import { customerSystems } from '../support/customer-systems.ts';
import { syncPlayed } from '../support/played.ts';
import { createWorld } from '../support/world.ts';

let vendor: Simulator | undefined;
afterEach(() => vendor?.stop());

describe.each(Object.entries(customerSystems))('%s', (name, begin) => {
  it('lands each record once though an answer is lost, names the key of the refused one, and takes a later version', async () => {
    const world = await createWorld();
    const played = await begin(world.clock);
    ({ vendor } = played);
    const { connector } = played;
    const handIn = (id: number, payload: object): Promise<void> => world.handIn(1, { source_id: `S-${id}`, payload });
    for (let id = 0; id < 6; id++) await handIn(id, played.good);
    await handIn(6, played.bad);

    vendor.faults.next('lost_answer');
    expect(await syncPlayed(world, played)).toMatchObject({ selected: 7, uncertain: 7 });
    played.work();
    world.clock.forward(3_600);
    await syncPlayed(world, played);
    expect(await world.states()).toEqual({ exported: 6, failed: 1 });
    expect(vendor.duplicates()).toEqual([]);
    expect(vendor.ledger()).toHaveLength(6);
    expect(await world.sql`select error_field, payload_field from failed_records`).toEqual([
      {
        error_field: played.badField,
        payload_field: Object.keys(played.good).find((key) => played.good[key] !== played.bad[key]),
      },
    ]);

    await handIn(0, { ...played.good, description: 'B' });
    world.clock.forward(3_600);
    expect(await syncPlayed(world, played)).toMatchObject({ exported: 1, failed: 0, uncertain: 0 });
    expect(await world.states()).toEqual({ exported: 6, failed: 1 });
    expect(vendor.duplicates()).toEqual([]);
    expect(connector.system).toBe(name);
    const [record] = await world.sql`select external_id, exported_version from records where source_id = 'S-0'`;
    expect(record).toMatchObject({ external_id: vendor.ledger()[0]?.id, exported_version: 2 });
  });
});

it('a long queue for Salesforce goes as one job, whose verdict comes while the run waits', async () => {
  const world = await createWorld();
  const played = await customerSystems.salesforce(world.clock);
  ({ vendor } = played);
  await world.handIn(450, { payload: played.good });
  await world.handIn(1, { payload: played.bad });
  expect(await syncPlayed(world, played)).toMatchObject({ selected: 451, exported: 450, failed: 1, accepted: 0 });
  expect(vendor.requests()).toBeLessThan(20);
  expect(vendor.ledger()).toHaveLength(450);
  expect(vendor.duplicates()).toEqual([]);
});
