import type { Sql } from 'postgres';
import { startStack } from '../../../scripts/stack/index.ts';
import type { Stack, User } from '../../../scripts/stack/index.ts';

/** Ids that exist at this moment: a call that names them gets past the door. */
export type Ids = Record<'org' | 'otherOrg' | 'integration' | 'otherIntegration' | 'run' | 'token' | 'cause' | 'failed' | 'sending'
  | 'uncertain' | 'dead' | 'notification' | 'delivery' | 'deliveryToken', string>;

/** Who calls, and what they send to say so. */
export type Callers = Record<string, Record<string, string>>;

/** A whole stack with two organizations in the middle of their work, made afresh as often as the fuzzer has used it up. */
export type FuzzWorld = {
  stack: Stack;
  callers: Callers;
  users: Record<string, User>;
  /** Puts everything back to where every function has something to do. */
  renew(): Promise<Ids>;
  /** How many rows have been written and committed since the beginning, and where the last were. */
  written(): Promise<number>;
  lastWritten(after: number): Promise<string[]>;
  stop(): Promise<void>;
};

const PASSWORD = 'a long password';

/**
 * Counts every row that is written and committed, whoever writes it. What is rolled back leaves no count, so a refused call that leaves
 * one has written a part.
 */
const COUNTER = `
  create schema fuzz;
  create table fuzz.writes (n bigint generated always as identity primary key, relation text not null, op text not null);
  create function fuzz.count() returns trigger language plpgsql security definer as $$
  begin
    insert into fuzz.writes (relation, op) values (tg_table_schema || '.' || tg_table_name, tg_op);
    return null;
  end $$;
  do $$
  declare relation regclass;
  begin
    for relation in
      select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p' and n.nspname in ('public', 'private', 'vault', 'net', 'cron')
    loop
      execute format('create trigger zz_fuzz after insert or update or delete on %s for each row execute function fuzz.count()', relation);
    end loop;
  end $$;`;

export async function startFuzzWorld(): Promise<FuzzWorld> {
  const stack = await startStack({ parts: ['api', 'functions'] });
  const { sql } = stack;
  const people = ['olga', 'arne', 'vera', 'stine', 'passer-by'];
  const made = await Promise.all(people.map((name) => stack.createUser(`${name}@example.org`, PASSWORD)));
  const users = Object.fromEntries(people.map((name, index) => [name, made[index] as User]));
  const fixed = await found(sql, users);
  await sql.unsafe(COUNTER);
  const apikey = stack.publishableKey;
  const sessions = await signInAll(stack, people);
  const token = (name: string): Record<string, string> => ({ apikey, get authorization() { return `Bearer ${sessions.get(name) ?? ''}`; } });
  let signedInAt = performance.now();
  return {
    stack,
    users,
    callers: {
      anon: { apikey },
      nobody: {},
      owner: token('olga'),
      admin: token('arne'),
      viewer: token('vera'),
      neighbour: token('stine'),
      stranger: token('passer-by'),
      service: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` },
    },
    async renew() {
      if (performance.now() - signedInAt > SESSION_MS) {
        for (const [name, session] of await signInAll(stack, people)) sessions.set(name, session);
        signedInAt = performance.now();
      }
      return renew(sql, fixed);
    },
    async written() {
      const [row] = await sql<{ n: number }[]>`select coalesce(max(n), 0)::int as n from fuzz.writes`;
      return row?.n ?? 0;
    },
    async lastWritten(after) {
      const rows = await sql<{ what: string }[]>`select distinct op || ' ' || relation as what from fuzz.writes where n > ${after}`;
      return rows.map(({ what }) => what);
    },
    stop: () => stack.stop(),
  };
}

/** Half of what a token is good for. */
const SESSION_MS = 30 * 60_000;

async function signInAll(stack: Stack, people: readonly string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(people.map(async (name) => [name, await signIn(stack, `${name}@example.org`)] as const)));
}

async function signIn(stack: Stack, email: string): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, {
    method: 'POST', headers: { 'apikey': stack.publishableKey, 'content-type': 'application/json' }, body: JSON.stringify({ email, password: PASSWORD }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (!token) throw new Error(`${email} could not sign in`);
  return token;
}

type Fixed = Pick<Ids, 'org' | 'otherOrg' | 'integration' | 'otherIntegration'>;

async function found(sql: Sql, users: Record<string, User>): Promise<Fixed> {
  const id = (name: string): string => users[name]?.id ?? '';
  const [row] = await sql<Fixed[]>`
    with own as (insert into organizations (slug, name) values ('nord', 'Nord') returning id),
    other as (insert into organizations (slug, name) values ('syd', 'Syd') returning id),
    people as (
      insert into members (org_id, user_id, role, name)
      select own.id, m.user_id::uuid, m.role, m.role from own,
        (values (${id('olga')}, 'owner'), (${id('arne')}, 'admin'), (${id('vera')}, 'viewer')) m (user_id, role)
      union all select other.id, ${id('stine')}::uuid, 'admin', 'admin' from other),
    ours as (insert into integrations (org_id, system, slug, name) select id, 'fuzzed', 'fuzzed', 'Fuzzed' from own returning id),
    theirs as (insert into integrations (org_id, system, slug, name) select id, 'fuzzed', 'fuzzed', 'Fuzzed' from other returning id)
    select own.id as org, other.id as "otherOrg", ours.id as integration, theirs.id as "otherIntegration" from own, other, ours, theirs`;
  if (!row) throw new Error('the organizations were not made');
  return row;
}

/** Records of every state, one run at work, a cause, a notification and a delivery under way. */
async function renew(sql: Sql, fixed: Fixed): Promise<Ids> {
  const { org, integration } = fixed;
  const stamp = `${Date.now()}-${Math.trunc(performance.now())}`;
  const records = [...Array(20).keys()].map((n) => ({ source_type: 'expense', source_id: `${stamp}-${n}`, payload: { account: 9999, text: 'x' }, amount: '1.50', currency: 'NOK' }));
  return sql.begin(async (db) => {
    await db`update records set state = 'dismissed', retry_id = null where org_id = ${org} and state <> 'dismissed'`;
    await db`update integrations set enabled = true where id = ${integration}`;
    await db`update integration_status set circuit_open_until = null, asks_again_at = null where integration_id = ${integration}`;
    await db`update retries set state = 'done' where org_id = ${org}`;
    await db`update runs set selected = exported + accepted + failed + retrying + skipped + uncertain, status = 'failed', slice_token = null, lease_expires_at = null
      where org_id = ${org} and status in ('scheduled', 'running')`;
    await db`select hand_in(${org}, ${integration}, ${db.json(records)})`;
    const [run] = await db<{ id: string }[]>`
      insert into runs (org_id, integration_id, trigger, due_at, created_at) values (${org}, ${integration}, 'manual', now(), now()) returning id::text`;
    const begun = await db<{ slice: { token: string } }[]>`select begin_slice(${org}, ${run?.id ?? ''}::bigint, 'lookup', 1) as slice`;
    const token = begun[0]?.slice.token ?? '';
    // Put there and not claimed and settled: what the pipeline's functions ask for is theirs to change.
    const [cause] = await db<{ id: string }[]>`
      insert into causes as c (org_id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
      values (${org}, ${integration}, 'invalid', 'account', 'Invalid account: {}', 'account', 'Invalid account: 9999', 'validation', now(), now())
      on conflict (org_id, integration_id, code, field, template) do update set last_seen_at = now() returning c.id::text`;
    const states = ['failed', 'failed', 'failed', 'uncertain', 'accepted', 'failed', 'exported', 'dead', ...Array<string>(7).fill('sending')];
    const claimed = await db<{ id: string }[]>`
      update records r set state = s.state, run_id = ${run?.id ?? ''}::bigint, claimed_from = 'queued', attempts = 1, next_attempt_at = now() - interval '1 minute',
        failed_at = now(), cause_id = case when s.state in ('failed', 'dead') then ${cause?.id ?? ''}::bigint end, error_message = 'Invalid account: 9999',
        error_field = 'account', error_code = 'invalid', error_category = 'validation', error_status = 400
      from (select q.id, (${states}::text[])[row_number() over (order by q.id)] as state from records q
        where q.org_id = ${org} and q.integration_id = ${integration} and q.state = 'queued') s
      where r.org_id = ${org} and r.id = s.id and s.state is not null returning r.id::text`;
    claimed.sort((a, b) => Number(a.id) - Number(b.id));
    await db`update runs set selected = 15, failed = 5, uncertain = 1, accepted = 1, exported = 1 where org_id = ${org} and id = ${run?.id ?? ''}::bigint`;
    await db`select private.evaluate_health(now(), null)`;
    await db`select private.alert(now())`;
    await db`update deliveries set state = 'refused' where state in ('pending', 'sending')`;
    const [delivery] = await db<{ id: string; token: string }[]>`
      update deliveries set state = 'sending', frozen = null, token = gen_random_uuid(), next_attempt_at = now() + interval '1 day' where id = (select id from deliveries where org_id = ${org} limit 1)
      returning id::text, token::text`;
    const [row] = await db<{ notification: string }[]>`select coalesce(max(id), 0)::text as notification from notifications where org_id = ${org}`;
    const at = (index: number): string => claimed[index]?.id ?? '0';
    return {
      ...fixed, run: run?.id ?? '0', token, cause: cause?.id ?? '0', failed: at(0), uncertain: at(3), sending: at(9), dead: at(7),
      notification: row?.notification ?? '0', delivery: delivery?.id ?? fixed.org, deliveryToken: delivery?.token ?? fixed.org,
    };
  });
}
