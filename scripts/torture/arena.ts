import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { seededRandom } from '../../tests/simulators/faults.ts';
import { startMailbox, type Mailbox } from '../../tests/simulators/resend.ts';
import { connect } from '../stack/connect.ts';
import { balance, type Stage, type Violation } from './balance.ts';
import { readBooks } from './books.ts';
import { decide, handIn, mend, openFronts, SYSTEMS, type Front, type System } from './fronts.ts';
import { besiegeParts, besiegeWhole, type Besieged } from './parts.ts';
import { growOlder, leases } from './time.ts';

/** Where a scenario takes place: the stack, the outside world, and the random numbers that choose the moments. */
export type Arena = {
  besieged: Besieged;
  sql: Sql;
  mailbox: Mailbox;
  fronts: Front[];
  random: () => number;
  /** Repeats what fails because the database was shot at, until it succeeds. */
  patiently<T>(act: (sql: Sql) => Promise<T>): Promise<T>;
  /** Waits for a moment that chance chooses: after so many requests at the vendors, or after so long. */
  moment(): Promise<void>;
  /** Lets time pass as soon as no slice is at work, so that no live one loses its lease. */
  pass(seconds: number): Promise<void>;
  handIn(each: number): Promise<void>;
  /** Everybody does their duty until nothing is on its way any more, or until that should long have been so. */
  rest(): Promise<void>;
  mend(): Promise<void>;
  check(stage: Stage): Promise<Violation[]>;
  /** Opens new fronts, so that the next scenario begins with empty books. */
  renew(name: string, seed: number, systems?: readonly System[]): Promise<void>;
  stop(): Promise<void>;
};

export type ArenaOptions = { stands: 'in parts' | 'whole'; onLog(source: string, line: string): void };

const MINUTE_MS = 250;
/** Whatever is not at rest after so long is found not to be. */
const REST_MS = 240_000;
/** Longer than Postgres is ever away. */
const PATIENCE_MS = 60_000;

/** Starts a stack with everything that stands around it. */
export async function openArena({ stands, onLog }: ArenaOptions): Promise<Arena> {
  const mailbox = await startMailbox({ clock: () => new Date(), apiKey: 're_local', requestsPerSecond: 10_000, slowMs: 1_000 });
  const besiege = stands === 'whole' ? besiegeWhole : besiegeParts;
  const besieged = await besiege({ mailboxUrl: mailbox.url, minuteMs: MINUTE_MS, onLog }).catch(async (error: unknown) => {
    await mailbox.stop();
    throw error;
  });
  await besieged.clocks.start(1);
  const sql = connect(besieged.databaseUrl, 6, { connect_timeout: 5 });

  async function patiently<T>(act: (sql: Sql) => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await act(sql);
      } catch (error) {
        if (performance.now() > until || !passes(error)) throw error;
        await wait(15);
      }
    }
  }

  const requests = (): number => arena.fronts.reduce((sum, front) => sum + front.vendor.requests(), 0);

  const arena: Arena = {
    besieged, sql, mailbox, fronts: [], random: seededRandom(1), patiently,
    async moment() {
      const [kind, length] = [arena.random(), arena.random()];
      if (kind < 0.4) return wait(length * 400);
      const goal = requests() + 1 + Math.floor(length * 10);
      const patience = performance.now() + 700;
      while (requests() < goal && performance.now() < patience) await wait(1);
      await wait(arena.random() * 20);
    },
    async pass(seconds) {
      const held = await patiently(leases);
      if (await besieged.idle(700)) return patiently((client) => growOlder(client, seconds, held));
      await patiently((client) => growOlder(client, seconds, []));
    },
    async handIn(each) {
      await Promise.all(arena.fronts.map(async (front) => {
        front.handed.push(...await patiently((client) => handIn(client, front, each)));
      }));
    },
    async rest() {
      const until = performance.now() + REST_MS;
      while (performance.now() < until) {
        for (const front of arena.fronts) if (front.system === 'none') await patiently((client) => decide(client, front));
        const held = await patiently(leases);
        const isIdle = await besieged.idle(5_000);
        if (await patiently((client) => isQuiet(client, arena.fronts))) return;
        await patiently((client) => growOlder(client, 200, isIdle ? held : []));
        await wait(100);
      }
    },
    async mend() {
      for (const front of arena.fronts) await patiently((client) => mend(client, front));
    },
    async check(stage) {
      const violations: Violation[] = [];
      for (const front of arena.fronts) {
        let books = await patiently((client) => readBooks(client, front, mailbox));
        // The clock goes on: a run it began a moment ago finds nothing and is over in another.
        for (let looks = 0; stage !== 'under way' && books.light.busy && looks < 100; looks += 1) {
          await wait(50);
          books = await patiently((client) => readBooks(client, front, mailbox));
        }
        violations.push(...balance(books, stage));
      }
      return violations;
    },
    async renew(name, seed, systems = SYSTEMS) {
      await close(arena.fronts);
      arena.random = seededRandom(seed);
      arena.fronts = await patiently((client) => openFronts(client, name, systems));
    },
    async stop() {
      await sql.end({ timeout: 1 });
      await besieged.stop();
      await close(arena.fronts);
      await mailbox.stop();
    },
  };

  async function close(fronts: Front[]): Promise<void> {
    for (const front of fronts) {
      await sql`update integrations set enabled = false where org_id = ${front.org}`.catch(() => undefined);
      front.rest();
      await front.vendor.stop();
    }
  }
  return arena;
}

/** After these the same call is made again: no connection, a crash, a cancelled or deadlocked statement, a full disk, a table in use. */
function passes(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:CONNECT|ECONN|EPIPE|CONNECTION_|57|08|40001|40P01|53|55P03)/.test(code);
}

async function isQuiet(sql: Sql, fronts: Front[]): Promise<boolean> {
  const orgs = fronts.map((front) => front.org);
  const [row] = await sql<{ quiet: boolean }[]>`
    select not exists (select from records where org_id = any (${orgs}) and state in ('queued', 'sending', 'accepted', 'retrying', 'uncertain'))
      and not exists (select from runs where org_id = any (${orgs}) and finished_at is null)
      and not exists (select from deliveries where org_id = any (${orgs}) and state in ('pending', 'sending')) as quiet`;
  return row?.quiet ?? false;
}
