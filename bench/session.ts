import type { Sql } from 'postgres';
import { z } from 'zod';
import { connect } from '../scripts/stack/connect.ts';
import { createBudget } from '../supabase/functions/_kit/budget.ts';
import type { Connector, Outcome, OutgoingRecord } from '../supabase/functions/_kit/connector.ts';
import { createHttp } from '../supabase/functions/_kit/http.ts';
import { runSlice } from '../supabase/functions/_kit/slice.ts';
import { createStore } from '../supabase/functions/_kit/store.ts';

/** What a function does, over one Postgres connection of its own and without HTTP: the database's share of a push, and little else. */
export type Session = {
  sql: Sql;
  /** Works on a run until it is over. */
  work(org: string, run: number, connector: Connector): Promise<void>;
  stop(): Promise<void>;
};

/** @param at the time written down; left out: Postgres's own clock. */
export async function openSession(databaseUrl: string, at?: () => Date): Promise<Session> {
  const sql = connect(databaseUrl, 1);
  const db = await overPostgres(sql);
  return {
    sql,
    async work(org, run, connector) {
      for (;;) {
        const ended = await runSlice(connector, {
          store: createStore(db, { org, run }, at),
          http: (system, secrets) => createHttp({ system, secrets, local: true, clock: () => new Date() }),
          budget: createBudget({ now: () => performance.now(), cpu: () => 0 }),
          delay: () => Promise.resolve(),
          log: () => undefined,
        });
        if (ended !== 'more') return;
      }
    },
    stop: () => sql.end({ timeout: 2 }),
  };
}

/** A system in this process that answers at once. */
export function instantSystem(batchSize: number, answer: (record: OutgoingRecord) => Outcome): Connector {
  return {
    system: 'bench', title: 'Bench', docs: 'https://example.org', settings: z.looseObject({}), credential: z.looseObject({}),
    dedupe: 'lookup', batchSize, settlesWithinSeconds: 60, fields: { account: ['Account No.'] }, replaces: true,
    push: (_ctx, records) => Promise.resolve(records.map(answer)),
    find: (_ctx, records) => Promise.resolve(records.map(() => null)),
  };
}

type Database = Parameters<typeof createStore>[0];
type Named = { name: string; argument: string; type: string; set: boolean };

/** The Data API's `rpc` on one connection: one statement per call, each value of the type its function wants. */
async function overPostgres(sql: Sql): Promise<Database> {
  const known = await sql<Named[]>`
    select p.proname as name, a.name as argument, a.type::regtype::text as type, p.proretset as set
    from pg_proc p cross join lateral unnest(p.proargnames, p.proargtypes::oid[]) a (name, type)
    where p.pronamespace = 'public'::regnamespace and a.type is not null`;
  const call = async (name: string, input: Record<string, unknown>): Promise<unknown> => {
    const of = known.filter((one) => one.name === name);
    const typeOf = (key: string): string => of.find((one) => one.argument === key)?.type ?? 'text';
    const given = Object.entries(input);
    const values = given.map(([key, value]) => (typeOf(key) === 'jsonb' && value !== null ? sql.json(value as never) : value));
    const named = given.map(([key], index) => `${key} => $${index + 1}::${typeOf(key)}`).join(', ');
    try {
      const rows = await sql.unsafe<{ row: unknown }[]>(`select to_jsonb(t) as row from public.${name}(${named}) t`, values as never[], { prepare: true });
      const data = rows.map(({ row }) => row);
      return { data: of[0]?.set ? data : (data[0] ?? null), error: null };
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      return { data: null, error: { message, code } };
    }
  };
  const rpc = (name: string, input: Record<string, unknown>): unknown => {
    const answer = call(name, input);
    return Object.assign(answer, { abortSignal: () => answer });
  };
  return { rpc } as unknown as Database;
}
