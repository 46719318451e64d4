import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from '../../../tests/simulators/faults.ts';
import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';
import { growOlder } from '../time.ts';

/** Everything that can happen to a request, and how often it does. */
const RATES: Partial<Record<Fault, number>> = {
  lost_answer: 0.08, half_body: 0.06, gateway_timeout: 0.04, slow: 0.01, error_before: 0.03, too_many: 0.02, unavailable: 0.03,
  gateway_html: 0.03, reset: 0.05, expired_token: 0.005,
};
const MAIL_RATES: Partial<Record<Fault, number>> = { lost_answer: 0.15, half_body: 0.1, gateway_timeout: 0.1, error_before: 0.1, reset: 0.1, unavailable: 0.05 };
/** A request of the bare connectors gives up after a second and a half, one of the real ones after half a minute. */
const HANGING = { hang: 0.02 };

/** All vendors and the mail service answer badly all the time. */
export async function badAnswers(arena: Arena): Promise<Attack> {
  const seed = Math.floor(arena.random() * 1_000_000);
  for (const { vendor, system } of arena.fronts) {
    vendor.faults.rate({ ...RATES, ...(['upsert', 'key', 'none'].includes(system) ? HANGING : {}) }, seed);
  }
  arena.mailbox.faults.rate(MAIL_RATES, seed);
  return {
    strike: () => arena.pass(150),
    async end() {
      for (const { vendor } of arena.fronts) vendor.faults.clear();
      arena.mailbox.faults.clear();
    },
    hits() {
      const hits: Record<string, number> = {};
      for (const faults of [...arena.fronts.map(({ vendor }) => vendor.faults), arena.mailbox.faults]) {
        for (const [fault, count] of Object.entries(faults.happened())) hits[fault] = (hits[fault] ?? 0) + count;
      }
      return hits;
    },
  };
}

/** The answer takes so long that the lease runs out, another slice takes the run, and then the first comes back with its answer. */
export async function lateSlices(arena: Arena): Promise<Attack> {
  let held = 0;
  const lostBefore = arena.besieged.said('lease_lost');
  return {
    async strike() {
      const slow = (): number[] => arena.fronts.map(({ vendor }) => vendor.faults.happened().slow ?? 0);
      const before = slow();
      for (const { vendor } of arena.fronts) vendor.faults.next('slow');
      const isHeld = (index: number): boolean => (slow()[index] ?? 0) > (before[index] ?? 0);
      const until = performance.now() + 3_000;
      while (!arena.fronts.every((_, index) => isHeld(index)) && performance.now() < until) await wait(5);
      // Only those whose slice now waits for its answer: any other might be about to send.
      const waiting = arena.fronts.filter((_, index) => isHeld(index)).map(({ org }) => org);
      held += waiting.length;
      const rows = await arena.sql<{ token: string }[]>`select slice_token as token from runs where org_id = any (${waiting}) and slice_token is not null`;
      await arena.patiently((sql) => growOlder(sql, 150, rows.map(({ token }) => token)));
      // Long enough for the next slice to take over, ask, and be at work when the first one is back.
      await wait(600);
      await arena.patiently((sql) => growOlder(sql, 610, []));
      await wait(2_200);
      for (const { vendor } of arena.fronts) vendor.faults.clear();
      await arena.pass(150);
    },
    end: () => Promise.resolve(),
    hits: () => ({ held, 'came back too late': arena.besieged.said('lease_lost') - lostBefore }),
  };
}
