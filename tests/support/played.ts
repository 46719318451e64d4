import { createBudget } from '../../supabase/functions/_kit/budget.ts';
import type { AnyConnector } from '../../supabase/functions/_kit/connector.ts';
import { createHttp } from '../../supabase/functions/_kit/http.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import type { World } from './world.ts';

/** A connector with what an integration with its simulated system is set to. */
export type Played = {
  connector: AnyConnector;
  settings: object;
  credential: object;
  /** What the system does by itself while a slice waits. */
  work?: () => void;
};

/** Runs what is due to its end, as the Edge Function does, with these settings and this credential. */
export async function syncPlayed(world: World, { connector, settings, credential, work }: Played): Promise<Record<string, unknown>> {
  const id = await world.schedule();
  if (id === null) throw new Error('nothing is due');
  const store = world.store(id);
  for (let slices = 0, answer = 'more'; slices < 20 && answer !== 'idle'; slices++) {
    answer = await runSlice(connector, {
      store: {
        ...store,
        async beginSlice(told) {
          const slice = await store.beginSlice(told);
          return slice && { ...slice, settings, credential } as typeof slice;
        },
      },
      http: (system, secrets) => createHttp({ system, secrets, local: true, clock: world.clock }),
      budget: createBudget({ now: () => world.clock().getTime(), wallMs: 100_000, cpuMs: 60_000 }),
      delay: async (ms) => {
        work?.();
        world.clock.forward(ms / 1_000);
      },
      clock: world.clock,
      log: () => undefined,
    });
  }
  const [run] = await world.sql<Record<string, unknown>[]>`select * from runs where org_id = ${world.org} and id = ${id}`;
  return run ?? {};
}
