import { afterEach, expect, it } from 'vitest';
import type { Simulator } from '../simulators/server.ts';
import { customerSystems } from '../support/customer-systems.ts';
import { syncPlayed } from '../support/played.ts';
import { pulling } from '../support/pulled.ts';
import { createWorld } from '../support/world.ts';

let vendor: Simulator | undefined;
afterEach(() => vendor?.stop());

it.each(Object.entries(customerSystems))(
  '%s: everything is fetched once, though it all changed in one second and an answer is lost',
  async (_, begin) => {
    const world = await createWorld();
    await pulling(world);
    const played = await begin(world.clock);
    ({ vendor } = played);
    const fetched = async (): Promise<unknown> =>
      (await world.sql`select count(*)::int, count(distinct source_id)::int as things from pulled_records`)[0];

    played.change(1_201);
    vendor.faults.next('slow');
    vendor.faults.next('lost_answer');
    await syncPlayed(world, played);
    world.clock.forward(3_600);
    await syncPlayed(world, played);
    expect(await fetched()).toEqual({ count: 1_201, things: 1_201 });

    world.clock.forward(3_600);
    expect(await syncPlayed(world, played)).toMatchObject({ exported: 0 });
    played.change(3);
    world.clock.forward(3_600);
    expect(await syncPlayed(world, played)).toMatchObject({ exported: 3 });
    expect(await fetched()).toEqual({ count: 1_204, things: 1_204 });
  },
);
