import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '../../stack/connect.ts';
import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';

/** The statements whose end half way would hurt most. */
const WORST = ['begin_slice', 'claim_records', 'settle_records', 'end_slice', 'tick_schedule', 'tick_reap', 'tick_evaluate', 'evaluate_health', 'claim_deliveries', 'settle_deliveries'];

/** Statements are ended with 57014 while they run, as `statement_timeout` and a person at the console do. */
export async function cancelledStatements(arena: Arena): Promise<Attack> {
  const sniper = connect(arena.besieged.databaseUrl, 1);
  const hits: Record<string, number> = {};
  return {
    async strike() {
      const until = performance.now() + 300;
      while (performance.now() < until) {
        const shot = await sniper<{ what: string }[]>`
          select substring(query from ${WORST.join('|')}) as what from pg_stat_activity
          where state = 'active' and pid <> pg_backend_pid() and query ~ ${WORST.join('|')} and pg_cancel_backend(pid)`;
        for (const { what } of shot) hits[what] = (hits[what] ?? 0) + 1;
        await wait(arena.random() * 12);
      }
      await arena.pass(150);
    },
    end: () => sniper.end({ timeout: 1 }),
    hits: () => hits,
  };
}
