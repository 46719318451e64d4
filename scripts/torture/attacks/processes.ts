import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';
import { growOlder, leases } from '../time.ts';

const nothing = (): Promise<void> => Promise.resolve();

/** SIGKILL to the process that holds all functions, whatever they are at. */
export async function killedFunctions(arena: Arena): Promise<Attack> {
  let killed = 0;
  return {
    async strike() {
      await arena.besieged.functions.kill();
      killed += 1;
      // None of those who hold a lease is alive any more: their two minutes may pass.
      const dead = await arena.patiently(leases);
      await arena.patiently((sql) => growOlder(sql, 150, dead));
      await arena.besieged.functions.start();
    },
    end: nothing,
    hits: () => ({ killed }),
  };
}

/** Postgres ends as with `pg_ctl stop -m immediate` and recovers from its log; everything else lives on. */
export async function crashedPostgres(arena: Arena): Promise<Attack> {
  let crashed = 0;
  return {
    async strike() {
      await arena.besieged.crashPostgres();
      crashed += 1;
      await arena.pass(150);
    },
    end: nothing,
    hits: () => ({ crashed }),
  };
}

/** The process that holds the stack is killed, some starts half way too. */
export async function crashedStack(arena: Arena): Promise<Attack> {
  let crashed = 0;
  return {
    async strike() {
      await arena.besieged.crashAll(arena.random() < 0.2 ? arena.random() * 1_000 : 0);
      crashed += 1;
      await arena.pass(150);
    },
    end: nothing,
    hits: () => ({ crashed }),
  };
}
