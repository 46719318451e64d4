import { connect } from '../../stack/connect.ts';
import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';
import { growOlder } from '../time.ts';

// And a second: a slot of the schedule must not fall on another one while the rows change one by one.
const HOUR = 3_601;

/** The clock is killed in the middle of whatever its jobs do; one or two take its place, and of two one stands by. */
export async function deadClocks(arena: Arena): Promise<Attack> {
  let killed = 0;
  return {
    async strike() {
      await arena.besieged.clocks.kill();
      killed += 1;
      await arena.besieged.clocks.start(arena.random() < 0.5 ? 1 : 2);
      await arena.pass(150);
    },
    async end() {
      await arena.besieged.clocks.kill();
      await arena.besieged.clocks.start(1);
    },
    hits: () => ({ killed }),
  };
}

const TICKS = ['tick_schedule', 'tick_reap', 'tick_evaluate', 'tick_deliver'];

/** What two servers that both believe to be the first would do: every job several times at the same moment. */
export async function manyClocks(arena: Arena): Promise<Attack> {
  const sessions = [1, 2, 3].map(() => connect(arena.besieged.databaseUrl, 1));
  let ticked = 0;
  return {
    async strike() {
      await Promise.all(sessions.map(async (session, turn) => {
        for (let tick = 0; tick < TICKS.length * 3; tick += 1) {
          await session.unsafe(`select private.${TICKS[(tick + turn) % TICKS.length]}()`);
          ticked += 1;
        }
      }));
      await arena.pass(150);
    },
    async end() {
      await Promise.all(sessions.map((session) => session.end({ timeout: 1 })));
    },
    hits: () => ({ ticked }),
  };
}

/** Every moment in the rows is an hour older or younger from one statement to the next, while slices are at work. */
export async function clockJumps(arena: Arena): Promise<Attack> {
  const hits = { forward: 0, back: 0 };
  let ahead = 0;
  return {
    async strike() {
      const forward = ahead <= 0 || (ahead < 2 && arena.random() < 0.5);
      await arena.patiently((sql) => growOlder(sql, forward ? HOUR : -HOUR, 'all'));
      ahead += forward ? 1 : -1;
      hits[forward ? 'forward' : 'back'] += 1;
      await arena.moment();
      await arena.pass(150);
    },
    async end() {
      if (ahead > 0) await arena.patiently((sql) => growOlder(sql, -HOUR * ahead, 'all'));
    },
    hits: () => hits,
  };
}
