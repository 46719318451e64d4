import { startServices } from '../../scripts/stack/services.ts';
import { thisMachine } from '../../scripts/stack/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { createFakeSystem, createOther, createWorld, refusal } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { FORM } from './support-calls.ts';
import type { User } from '../../scripts/stack/users.ts';
import { fetched } from '../support/pulled.ts';

/** Two organizations on one database, every table filled by the pipeline, behind a real API. */
export type Served = { nord: World; syd: World; apiUrl: string };

/** Words that stand in the rows of one organization and nowhere else: an answer that holds one has leaked. */
export const MARKS = { nord: 'nordmark-7c1f', syd: 'sydmark-b20e' } as const;

export async function serveTwoOrganizations(): Promise<Served> {
  const nord = await createWorld();
  const syd = await createOther(nord);
  await fill(nord, MARKS.nord);
  await fill(syd, MARKS.syd);
  // Evaluated up to the present, or the first call that evaluates would change rows for no other reason than the time.
  await nord.sql`select private.tick_evaluate(now())`;
  await nord.sql`select private.tick_evaluate(now())`;
  const services = await startServices({
    databaseUrl: nord.url,
    sql: nord.sql,
    keys: nord.keys,
    parts: ['api'],
    ports: { api: 0, functions: 0, page: 0 },
    functionsFolder: null,
    functionsEnv: {},
    allowHosts: thisMachine,
    pageUrl: null,
    now: () => new Date(),
    onProgress: () => undefined,
    onLog: () => undefined,
  });
  atEnd(() => services.stop());
  if (!services.apiUrl) throw new Error('the API did not start');
  return { nord, syd, apiUrl: services.apiUrl };
}

/** The pipeline itself writes the rows, so that no attack fails merely for want of something to steal. */
async function fill(world: World, mark: string): Promise<void> {
  const { sql, org, integration, clock } = world;
  await sql`update organizations set name = ${mark} where id = ${org}`;
  await sql`update integrations set name = ${mark}, settings = ${sql.json({ note: mark })} where org_id = ${org}`;
  await sql`update members set name = name || ${mark} where org_id = ${org}`;
  await sql`select private.set_credential(${org}, ${integration}, ${sql.json({ token: 'a token of no interest' })}, null, ${clock.iso()})`;
  const system = createFakeSystem();
  system.answer = (record) =>
    record.payload['account'] === '9999' ? refusal(`Invalid account: 9999 (${mark})`) : { state: 'exported', externalId: `${mark}-${record.key.slice(0, 8)}` };
  for (let round = 0; round < 2; round += 1) {
    await world.handIn(3, { payload: { account: '9999', text: mark }, label: mark });
    await world.sync(system.connector);
    clock.forward(3600);
  }
  await fetched(world, mark);
  await world.as(world.arne, (db) => db`select dismiss_records(${org}, array[(select id from records where org_id = ${org} order by id offset 1 limit 1)], ${mark})`);
  await world.as(world.arne, (db) => db`select private.retry_failed(${org}, ${integration}, 'last_run', null, null, 'account', '9999', '4010', false, ${clock.iso()})`);
  const changed = [{ source_type: 'expense', source_id: 'E-1', payload: { account: '4010', text: mark }, label: mark }];
  await sql`select hand_in(${org}, ${integration}, ${sql.json(changed)})`;
  await sql`insert into maintenance_windows (org_id, starts_at, ends_at, reason) values (${org}, '2026-12-01', '2026-12-02', ${mark})`;
  await sql`
    insert into notification_settings (org_id, user_id, event, channel, enabled)
    select org_id, user_id, 'raised', 'email', false from members where org_id = ${org} and role <> 'viewer'`;
  await sql`
    insert into statements (org_id, integration_id, first_day, last_day, content, fingerprint, signed_name, signed_at, note)
    values (${org}, ${integration}, '2026-10-01', '2026-10-31', '{}', '0', ${mark}, '2026-11-01', ${mark})`;
  await sql`
    insert into grant_reports (org_id, scheme, version, first_day, last_day, template, fields, records, fingerprint, totals, csv, xlsx, csv_sha256, xlsx_sha256,
      reference, handed_in_on, handed_in_name, handed_in_at)
    values (${org}, 'peer-support', '2026-1', '2026-07-01', '2026-09-30', ${sql.json({ ...FORM, title: mark })}, '{}', '[]', '0', '{}', ${mark}, 'PK', '0', '0',
      ${mark}, '2026-10-02', ${mark}, '2026-10-02')`;
  await sql`
    insert into invitations (org_id, email, name, role, org_name, invited_by, invited_by_name, invited_at, expires_at)
    select ${org}, 'invited@example.org', ${mark}, 'viewer', ${mark}, user_id, ${mark}, '2026-11-01', '2026-11-08' from members where org_id = ${org} limit 1`;
}

/** Every row an organization has, as one text that differs when a single value of it does. */
export async function fingerprint(world: World): Promise<string> {
  const tables = await world.sql<{ name: string; column: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name, case c.relname when 'organizations' then 'id' else 'org_id' end as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1`;
  const parts = tables.map(({ name, column }) =>
    `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, e'\\n' order by t::text)), '') as rows from ${name} t where ${column} = '${world.org}'`);
  const rows = await world.sql.unsafe(`${parts.join(' union all ')} union all
    select 'vault.secrets', count(*) || ' ' || coalesce(md5(string_agg(t::text, e'\\n' order by t::text)), '') from vault.secrets t where name like 'integration:${world.integration}'`);
  return rows.map((row) => `${row['name']} ${row['rows']}`).join('\n');
}

export type Answer = { status: number; text: string; range: string | null; code: string | null };

/** What a caller sends about themselves: keys and tokens. */
export type Credentials = Record<string, string>;

export async function ask(served: Served, who: Credentials, path: string, init: { method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
  const response = await fetch(`${served.apiUrl}${path}`, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: { ...who, ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  const text = await response.text();
  return { status: response.status, text, range: response.headers.get('content-range'), code: codeIn(text) };
}

function codeIn(text: string): string | null {
  try {
    const body = JSON.parse(text) as { code?: unknown } | null;
    return typeof body?.code === 'string' ? body.code : null;
  } catch {
    return null;
  }
}

export async function signIn(served: Served, user: User): Promise<Credentials> {
  const apikey = served.nord.keys.publishableKey;
  const answer = await ask(served, { apikey }, '/auth/v1/token?grant_type=password', { body: { email: user.email, password: 'a long password' } });
  const { access_token: token } = JSON.parse(answer.text) as { access_token?: string };
  if (!token) throw new Error(`${user.email} could not sign in: ${answer.text}`);
  return { apikey, authorization: `Bearer ${token}` };
}
