import type { Sql, TransactionSql } from 'postgres';
import { connect } from '../../scripts/stack/connect.ts';
import type { User } from '../../scripts/stack/users.ts';
import { atEnd } from './cleanup.ts';
import type { World } from './world.ts';

/** Whose rights a session uses; `postgres` is the clock. */
export type Actor = User | 'service_role' | 'postgres';

/** One transaction of one session: what somebody calls. */
export type Act = { who: Actor; call: (sql: TransactionSql) => PromiseLike<unknown> };

/** What became of it: how many of its writes were let go one by one, and the error it ended with. */
export type Ending = { writes: number; code: string | null; message: string };

/**
 * Real sessions of one database whose transactions are truly open at once. Each stops before every statement that writes to a
 * table, until it is told to go on; so any order of the writes of several transactions can be played, and played again.
 */
export type Sessions = {
  /** `order` says, at each turn, whose turn it is among those that wait at a gate. */
  play(acts: readonly Act[], order: readonly number[]): Promise<Ending[]>;
};

type Place = { at: 'gate'; step: number } | { at: 'lock' } | { at: 'work' };

const MOST_STEPS = 200;
/** Whoever waits for a lock this long looks for a circle; a second in production. */
const DEADLOCK_TIMEOUT = '30ms';

export async function openSessions(world: World, most: number): Promise<Sessions> {
  await world.sql.unsafe(gates);
  const open = (): Sql => connect(world.url, 1);
  const warden = open();
  const sessions = Array.from({ length: most }, open);
  atEnd(async () => {
    await Promise.all([warden, ...sessions].map((sql) => sql.end({ timeout: 1 })));
  });
  const pids = await Promise.all(sessions.map(async (sql) => {
    await sql.unsafe(`set deadlock_timeout = '${DEADLOCK_TIMEOUT}'`);
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    return row?.pid ?? 0;
  }));
  return {
    async play(acts, order) {
      await warden`select pg_advisory_lock(s, k) from generate_series(1, ${acts.length}::int) s, generate_series(1, ${MOST_STEPS}::int) k`;
      const endings: (Ending | null)[] = acts.map(() => null);
      const writes = acts.map(() => 0);
      const running = acts.map(async (act, index) => {
        const sql = sessions[index] as Sql;
        endings[index] = await sql.begin(async (transaction) => {
          await become(transaction, act.who, index + 1);
          await act.call(transaction);
        }).then(() => ({ writes: 0, code: null, message: '' }), (error: { code?: string; message: string }) => ({ writes: 0, code: error.code ?? 'none', message: error.message }));
      });
      const waiting = (): number[] => acts.flatMap((_act, index) => (endings[index] === null ? [index] : []));
      try {
        for (let turn = 0; waiting().length > 0; turn += 1) {
          const gates = await settle(warden, pids, waiting);
          // Nobody at a gate: they wait for each other, and Postgres is about to end one of them.
          const chosen = gates[(order[turn] ?? turn) % Math.max(1, gates.length)];
          if (!chosen) continue;
          writes[chosen.index] = chosen.step;
          await warden`select pg_advisory_unlock(${chosen.index + 1}, ${chosen.step})`;
          await leaves(warden, pids[chosen.index] ?? 0, chosen.step, () => endings[chosen.index] !== null);
        }
      } finally {
        await warden`select pg_advisory_unlock_all()`;
        await Promise.all(running);
      }
      return endings.map((ending, index) => ({ ...(ending as Ending), writes: writes[index] ?? 0 }));
    },
  };
}

/** Looks until each session that is not done stands at its gate or waits for another; answers those at a gate. */
async function settle(warden: Sql, pids: number[], waiting: () => number[]): Promise<{ index: number; step: number }[]> {
  for (let looks = 0; looks < 5_000; looks += 1) {
    const before = waiting();
    const places = await where(warden, before.map((index) => pids[index] ?? 0));
    const isSettled = before.every((index) => waiting().includes(index) && places.get(pids[index] ?? 0)?.at !== 'work');
    const gates = before.flatMap((index) => {
      const place = places.get(pids[index] ?? 0);
      return place?.at === 'gate' ? [{ index, step: place.step }] : [];
    });
    // Those in a circle are not settled: one of them will be ended in a moment.
    if (isSettled && (gates.length > 0 || before.length === 0)) return gates;
    if (waiting().length === 0) return [];
  }
  throw new Error('The sessions do not come to rest.');
}

/** A session that was let go may be seen at the same gate for a moment still. */
async function leaves(warden: Sql, pid: number, step: number, isDone: () => boolean): Promise<void> {
  for (let looks = 0; looks < 5_000 && !isDone(); looks += 1) {
    const place = (await where(warden, [pid])).get(pid);
    if (!(place?.at === 'gate' && place.step === step)) return;
  }
}

async function where(warden: Sql, pids: number[]): Promise<Map<number, Place>> {
  const rows = await warden<{ pid: number; step: number | null }[]>`
    select l.pid, case when l.locktype = 'advisory' and l.objsubid = 2 then l.objid::int end as step
    from pg_locks l where not l.granted and l.pid = any (${pids})`;
  const found = new Map(rows.map(({ pid, step }): [number, Place] => [pid, step === null ? { at: 'lock' } : { at: 'gate', step }]));
  return new Map(pids.map((pid) => [pid, found.get(pid) ?? { at: 'work' }]));
}

async function become(sql: TransactionSql, who: Actor, session: number): Promise<void> {
  const role = typeof who === 'string' ? who : 'authenticated';
  const claims = typeof who === 'string' ? { role } : { role, sub: who.id, email: who.email };
  await sql`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true), set_config('gate.session', ${String(session)}, true), set_config('gate.step', '0', true)`;
  await sql.unsafe(`set local role ${role}`);
}

/** A trigger before every writing statement: a session with a number waits for the lock of its next step. */
const gates = `
  create schema gate;
  grant usage on schema gate to public;
  create function gate.wait() returns trigger language plpgsql as $$
  declare
    session constant text := current_setting('gate.session', true);
    step integer;
  begin
    if coalesce(session, '') = '' then
      return null;
    end if;
    step := current_setting('gate.step')::integer + 1;
    perform set_config('gate.step', step::text, true);
    perform pg_advisory_xact_lock_shared(session::integer, step);
    return null;
  end $$;
  do $$
  declare
    name text;
  begin
    for name in
      select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
    loop
      execute format('create trigger a_gate before insert or update or delete on %s for each statement execute function gate.wait()', name);
    end loop;
  end $$;`;
