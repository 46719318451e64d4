import type { Sql } from 'postgres';
import { createBudget } from '../../supabase/functions/_kit/budget.ts';
import type { AnyConnector, Connector, Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';
import { createHttp } from '../../supabase/functions/_kit/http.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import { createStore } from '../../supabase/functions/_kit/store.ts';
import type { Store } from '../../supabase/functions/_kit/store.ts';
import { z } from 'zod';
import { testDatabase, type TestDatabase } from './stack.ts';
import type { User } from '../../scripts/stack/users.ts';

/** A clock that stands still until it is told to move. */
export type Clock = { (): Date; iso(): string; forward(seconds: number): void; set(iso: string): void };

export function createClock(start = '2026-11-10T08:00:00.000Z'): Clock {
  let now = Date.parse(start);
  const clock = (): Date => new Date(now);
  return Object.assign(clock, {
    iso: () => clock().toISOString(),
    forward: (seconds: number) => void (now += seconds * 1000),
    set: (iso: string) => void (now = Date.parse(iso)),
  });
}

/** The cast of every test: Olga owns, Arne administers, Vera views, Stine belongs to the other organization. */
export type World = TestDatabase & {
  clock: Clock;
  org: string;
  otherOrg: string;
  integration: string;
  olga: User;
  arne: User;
  vera: User;
  stine: User;
  handIn(count: number, overrides?: Record<string, unknown>): Promise<void>;
  store(run: number): Store;
  /** Starts what is due and answers the active run's id, or null. */
  schedule(): Promise<number | null>;
  /** Schedules, and runs the slices of the active run until it is over. Answers the run's row. */
  sync(connector: AnyConnector): Promise<Run>;
  states(): Promise<Record<string, number>>;
  health(): Promise<{ health: string; rules: string[] }>;
};

export type Run = Record<string, number | string | null> & { id: number; status: string };

export async function createWorld(options: { everyMinutes?: number; thresholds?: Record<string, number>; start?: string } = {}): Promise<World> {
  const db = await testDatabase();
  const clock = createClock(options.start);
  // One by one, on one connection: each further one would learn the schema and compile the functions for itself.
  const [olga, arne, vera, stine] = [
    await db.createUser('olga@example.org'), await db.createUser('arne@example.org'), await db.createUser('vera@example.org'), await db.createUser('stine@example.org'),
  ];
  const { sql } = db;
  const at = clock.iso();
  const [own, other] = await sql<{ id: string }[]>`
    insert into organizations (slug, name, time_zone, currency, approve_changes) values ('nord', 'Nord', 'Europe/Oslo', 'NOK', false), ('syd', 'Syd', 'Europe/London', 'GBP', false)
    returning id`;
  if (!own || !other) throw new Error('the organizations were not made');
  await sql`
    insert into members (org_id, user_id, role, name, locale) values
      (${own.id}, ${olga.id}, 'owner', 'Olga', 'nb'), (${own.id}, ${arne.id}, 'admin', 'Arne', 'en'),
      (${own.id}, ${vera.id}, 'viewer', 'Vera', 'nb'), (${other.id}, ${stine.id}, 'admin', 'Stine', 'en')`;
  const [integration] = await sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, every_minutes, next_due_at, created_at, thresholds)
    values (${own.id}, 'fake', 'fake', 'Fake ledger', ${options.everyMinutes ?? 60}, ${at}, ${at}, ${sql.json(options.thresholds ?? {})})
    returning id`;
  if (!integration) throw new Error('the integration was not made');
  return assemble(db, clock, { org: own.id, otherOrg: other.id, integration: integration.id, olga, arne, vera, stine });
}

/** The same world seen from the other organization, with an integration of its own. */
export async function createOther(world: World): Promise<World> {
  const at = world.clock.iso();
  const [integration] = await world.sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, next_due_at, created_at) values (${world.otherOrg}, 'fake', 'fake', 'Fake ledger', ${at}, ${at}) returning id`;
  if (!integration) throw new Error('the integration was not made');
  return assemble(world, world.clock, { ...world, org: world.otherOrg, otherOrg: world.org, integration: integration.id, arne: world.stine });
}

function assemble(db: TestDatabase, clock: Clock, cast: Pick<World, 'org' | 'otherOrg' | 'integration' | 'olga' | 'arne' | 'vera' | 'stine'>): World {
  const { sql } = db;
  const { org, integration } = cast;
  let handed = 0;
  const active = async (): Promise<number | null> => {
    const [run] = await sql<{ id: number }[]>`select id::int from runs where org_id = ${org} and integration_id = ${integration} and status in ('scheduled', 'running')`;
    return run?.id ?? null;
  };
  const world: World = {
    url: db.url,
    name: db.name,
    keys: db.keys,
    sql,
    createUser: db.createUser,
    as: db.as,
    ...cast,
    clock,
    async handIn(count, overrides = {}) {
      const records = Array.from({ length: count }, () => {
        handed += 1;
        return { source_type: 'expense', source_id: `E-${handed}`, payload: { account: '4010', text: `Expense ${handed}` }, amount: '100.50', currency: 'NOK', ...overrides };
      });
      await sql`select hand_in(${org}, ${integration}, ${sql.json(records)}, ${clock.iso()})`;
    },
    store: (run) => createStore(overPostgres(sql), { org, run }, clock),
    async schedule() {
      await sql`select private.schedule_runs(${clock.iso()})`;
      return active();
    },
    async sync(connector) {
      const id = await world.schedule();
      if (id === null) throw new Error('nothing is due');
      for (let slices = 0; slices < 50 && (await active()) === id; slices += 1) await slice(world, connector, id);
      const [run] = await sql<Run[]>`select * from runs where org_id = ${org} and id = ${id}`;
      if (!run) throw new Error('the run is gone');
      return { ...run, id: Number(run.id) };
    },
    async states() {
      const rows = await sql<{ state: string; count: number }[]>`select state, count(*)::int from records where org_id = ${org} group by state order by state`;
      return Object.fromEntries(rows.map((row) => [row.state, row.count]));
    },
    async health() {
      const [row] = await sql<{ health: string; rules: string[] }[]>`
        select s.health, array(select f.rule from findings f where f.org_id = s.org_id and f.integration_id = s.integration_id
          and f.closed_at is null order by f.rule) as rules
        from integration_status s where s.org_id = ${org} and s.integration_id = ${integration}`;
      if (!row) throw new Error('no status');
      return row;
    },
  };
  return world;
}

/** One slice in this process: what the Edge Function does behind its 202. Waiting moves the clock instead. */
export async function slice(world: World, connector: AnyConnector, run: number): Promise<Awaited<ReturnType<typeof runSlice>>> {
  return runSlice(connector, {
    store: world.store(run),
    http: (system, secrets) => createHttp({ system, secrets, local: true, clock: world.clock }),
    budget: createBudget({ now: () => world.clock().getTime(), wallMs: 100_000, cpuMs: 60_000 }),
    delay: (ms) => {
      world.clock.forward(ms / 1000);
      return Promise.resolve();
    },
    clock: world.clock,
    log: () => undefined,
  });
}

/** The Data API's `rpc` over a direct connection with the service role's rights: for tests that need no HTTP. */
function overPostgres(sql: Sql): Parameters<typeof createStore>[0] {
  const rpc = async (name: string, input: Record<string, unknown>): Promise<unknown> => {
    const names = Object.keys(input);
    const values = Object.values(input).map((value) => (value !== null && typeof value === 'object' && !isTexts(value) ? sql.json(value as never) : value));
    try {
      const rows = await sql.begin(async (transaction) => {
        await transaction.unsafe('set local role service_role');
        const named = names.map((key, index) => `${key} => $${index + 1}${casts[key] ?? ''}`).join(', ');
        return transaction.unsafe(`select to_jsonb(t) as row from public.${name}(${named}) t`, values as never[]);
      });
      const data = rows.map((row) => (row as unknown as { row: unknown }).row);
      return { data: ['claim_records', 'settle_and_claim'].includes(name) ? data : (data[0] ?? null), error: null };
    } catch (error) {
      const { message, code } = error as { message: string; code: string };
      return { data: null, error: { message, code } };
    }
  };
  const call = (name: string, input: Record<string, unknown>): unknown => {
    const answer = rpc(name, input);
    return Object.assign(answer, { abortSignal: () => answer });
  };
  return { rpc: call } as unknown as Parameters<typeof createStore>[0];
}

/** Only `states` is a list of texts; the other lists are JSON. */
const isTexts = (value: object): boolean => Array.isArray(value) && typeof value[0] === 'string';

const casts: Record<string, string> = { states: '::text[]', org: '::uuid', run: '::bigint', token: '::uuid', outcomes: '::jsonb', at: '::timestamptz',
  names: '::text[]', records: '::jsonb', shape: '::jsonb', measured: '::jsonb', result: '::jsonb', was: '::jsonb', becomes: '::jsonb' };

/** A system in this process: answers as it is told, remembers what it took, and can be asked what it holds. */
export type FakeSystem = {
  connector: Connector;
  /** Keys in the order they were taken; a key twice is a record booked twice. */
  ledger: string[];
  /** Decides each record; default: taken. */
  answer: (record: OutgoingRecord) => Outcome;
  /** Runs before a batch is taken; may throw. */
  before: (records: OutgoingRecord[]) => void;
  /** Runs after a batch was taken and before its answer is given; may throw: the answer is lost. */
  after: (records: OutgoingRecord[]) => void;
  requests: number;
};

export function createFakeSystem(overrides: Partial<Connector> = {}): FakeSystem {
  const held = new Map<string, Outcome>();
  const system: FakeSystem = {
    ledger: [],
    requests: 0,
    answer: (record) => ({ state: 'exported', externalId: `X-${record.key.slice(0, 8)}` }),
    before: () => undefined,
    after: () => undefined,
    connector: {
      system: 'fake',
      title: 'Fake ledger',
      docs: 'https://example.org',
      settings: z.looseObject({}),
      credential: z.looseObject({}),
      dedupe: 'lookup',
      batchSize: 10,
      settlesWithinSeconds: 60,
      fields: { account: ['Account No.'] },
      replaces: false,
      push: (_ctx, records) => {
        system.requests += 1;
        system.before(records);
        const outcomes = records.map((record) => {
          const outcome = system.answer(record);
          if (outcome.state !== 'refused') {
            const again = overrides.dedupe === 'key' || overrides.dedupe === 'upsert' ? held.has(record.key) : false;
            if (!again) system.ledger.push(record.key);
            held.set(record.key, outcome);
          }
          return outcome;
        });
        system.after(records);
        return Promise.resolve(outcomes);
      },
      find: (_ctx, records) => Promise.resolve(records.map((record) => held.get(record.key) ?? null)),
      ...overrides,
    },
  };
  return system;
}

export function refusal(message: string, overrides: Partial<Diagnosis> = {}): Extract<Outcome, { state: 'refused' }> {
  return { state: 'refused', status: 400, diagnosis: { message, code: 'invalid', field: 'account', category: 'validation', retryable: false, ...overrides } };
}
