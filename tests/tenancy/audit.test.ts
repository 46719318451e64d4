import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { World } from '../support/world.ts';
import type { User } from '../../scripts/stack/users.ts';
import { allowed, functions } from './expected.ts';
import { acts, configuration, pipeline } from './expected-audit.ts';
import { FORM, grantReport } from './support-calls.ts';

type Row = { actor_id: string | null; actor: string; action: string; subject: string | null; integration_id: string | null; before: unknown; after: unknown; reason: string | null };

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

/** What the work leaves in the audit log. */
async function told(work: () => Promise<unknown>): Promise<Row[]> {
  const [last] = await world.sql<{ id: string }[]>`select coalesce(max(id), 0) as id from audit_log`;
  await work();
  const rows = await world.sql<Row[]>`
    select actor_id, actor, action, subject, integration_id, before, after, reason from audit_log where id > ${last?.id ?? 0} order by id`;
  return [...rows];
}

const call = (who: User, name: string, args: Record<string, unknown>): Promise<unknown> =>
  world.as(who, (db) => {
    const named = Object.keys(args).map((key, index) => `${key} => $${index + 1}`).join(', ');
    return db.unsafe(`select public.${name}(${named})`, Object.values(args) as never[]);
  });

/** One refused record and one that may have landed. */
async function withRecords(): Promise<{ failed: string; uncertain: string }> {
  const system = createFakeSystem();
  system.answer = () => refusal('Invalid account: 9999');
  await world.handIn(2, { payload: { account: '9999' } });
  await world.sync(system.connector);
  const [first, second] = await world.sql<{ id: string }[]>`select id from records order by id`;
  await world.sql`update records set state = 'uncertain', next_attempt_at = now() - interval '1 hour' where id = ${second?.id ?? 0}`;
  return { failed: first?.id ?? '', uncertain: second?.id ?? '' };
}

type Planned = { incident: string; window: string; seen: string; report: string; ida: User };
/** The fingerprint of no records: SHA-256 of `[]`. */
const NO_RECORDS = createHash('sha256').update('[]').digest('hex');
type Ids = Planned & { failed: string; uncertain: string; retry: string; invitation: string; ida: User };

/** An incident, planned work, a grant report that was handed in, and somebody who could join. */
async function withPlans(): Promise<Planned> {
  const ida = await world.createUser('ida@example.org');
  const [made] = await world.sql<Omit<Planned, 'ida'>[]>`
    with planned as (
      insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, now() + interval '1 day', now() + interval '2 days') returning id
    ), raised as (
      insert into incidents (org_id, integration_id, alarm, urgency, opened_at) values (${world.org}, ${world.integration}, 'stuck_run', 'high', now()) returning id
    ), seen as (
      -- Whole seconds, which every driver carries.
      update integrations set updated_at = date_trunc('second', updated_at) where id = ${world.integration} returning updated_at
    ), handed_in as (
      insert into grant_reports (org_id, scheme, version, first_day, last_day, template, fields, records, fingerprint, totals, csv, xlsx, csv_sha256, xlsx_sha256,
        handed_in_on, handed_in_name, handed_in_at)
      values (${world.org}, 'peer-support', '2026-1', '2026-01-01', '2026-06-30', ${world.sql.json(FORM)}, '{}', '[]', '0', '{}', 'x', 'PK', '0', '0',
        '2026-07-05', 'Olga', now()) returning id
    )
    select p.id::text as window, r.id::text as incident, h.id::text as report, to_char(s.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as seen
    from planned p, raised r, handed_in h, seen s`;
  if (!made) throw new Error('nothing was made');
  return { ...made, ida };
}

/** What must have happened before the function is called: somebody has asked for a retry, or dismissed the record. */
async function prepare(bare: string): Promise<Ids> {
  const ids = { ...(await withRecords()), ...(await withPlans()) };
  if (/approve|decline/.test(bare)) await world.sql`update organizations set approve_changes = true where id = ${world.org}`;
  if (/approve_retry|decline|stop/.test(bare)) {
    const corrected = bare === 'stop_retry' ? {} : { field: 'account', to_value: '4010' };
    await call(world.olga, 'retry_failed', { org: world.org, integration: world.integration, ...corrected });
  }
  if (bare === 'restore_records') await call(world.olga, 'dismiss_records', { org: world.org, records: `{${ids.failed}}`, reason: 'by mistake' });
  if (/shape|cursor/.test(bare)) {
    await world.sql`
      insert into streams (org_id, integration_id, stream, cursor, rows, drift)
      values (${world.org}, ${world.integration}, 'issues', 'c-7', 12, '{"extra": {"kind": "new", "is": ["text"]}}')`;
  }
  if (/(withdraw|accept)_invitation/.test(bare)) await call(world.olga, 'invite_member', { org: world.org, email: 'ida@example.org', name: 'Ida', role: 'viewer' });
  const [retry] = await world.sql<{ id: string }[]>`select id from retries`;
  const [invitation] = await world.sql<{ id: string }[]>`select id from invitations`;
  return { ...ids, retry: retry?.id ?? '0', invitation: invitation?.id ?? '0' };
}

describe('what a member does', () => {
  test('every function a member may call is in the list of acts', () => {
    const callable = Object.keys(functions).filter((name) => name.startsWith('public.') && functions[name] === 'authenticated');

    expect(Object.keys(acts).sort()).toEqual(callable.toSorted());
  });

  const arguments_: Record<string, (ids: Ids) => Record<string, unknown>> = {
    set_credential: () => ({ integration: world.integration, credential: { token: 'a token of no interest' }, expires_at: '2027-01-01T00:00:00Z' }),
    set_enabled: () => ({ integration: world.integration, enabled: false, reason: 'the ledger is closed' }),
    sync_now: () => ({ integration: world.integration }),
    retry_failed: () => ({ integration: world.integration, field: 'account', to_value: '4010' }),
    dismiss_records: ({ failed }) => ({ records: `{${failed}}`, reason: 'booked by hand' }),
    decide_uncertain: ({ uncertain }) => ({ record: uncertain, landed: true, reason: 'found as voucher 812' }),
    mark_read: () => ({}),
    check_now: () => ({ integration: world.integration }),
    accept_shape: () => ({ integration: world.integration, stream: 'issues' }),
    clear_cursor: () => ({ integration: world.integration, stream: 'issues', reason: 'they restored a backup' }),
    open_webhook: () => ({ integration: world.integration }),
    period_report: () => ({ first_day: '1999-01-01', last_day: '1999-01-31' }),
    completeness: () => ({ first_day: '1999-01-01', last_day: '1999-01-31' }),
    excluded_records: () => ({ integration: world.integration, first_day: '1999-01-01', last_day: '1999-01-31' }),
    sign_statement: () => ({ integration: world.integration, first_day: '1999-01-01', last_day: '1999-01-31', fingerprint: '0', note: 'nothing in it' }),
    grant_records: () => ({ template: FORM, first_day: '1999-01-01', last_day: '1999-01-31' }),
    hand_in_grant_report: () => ({ ...grantReport, fingerprint: NO_RECORDS, reference: 'AR-17' }),
    unlock_grant_report: ({ report }) => ({ report, reason: 'an activity was missing' }),
    list_grant_reports: () => ({}),
    changed_grant_records: ({ report }) => ({ report }),
    kept_grant_report: ({ report }) => ({ report }),
    chart_runs: () => ({ integration: world.integration }),
    list_history: () => ({ integration: world.integration }),
    preview_schedule: () => ({ integration: world.integration, every_minutes: 15 }),
    update_integration: ({ seen }) => ({ integration: world.integration, expected: seen, changes: { every_minutes: 15 } }),
    preview_maintenance: () => ({ ends: new Date(Date.now() + 172_800_000).toISOString().slice(0, 16) }),
    add_maintenance: () => ({ reason: 'new version', minutes: 30, integration: world.integration }),
    end_maintenance: ({ window }) => ({ maintenance_window: window }),
    list_members: () => ({}),
    invite_member: () => ({ email: 'ida@example.org', name: 'Ida', role: 'viewer' }),
    withdraw_invitation: ({ invitation }) => ({ invitation }),
    accept_invitation: () => ({}),
    set_role: () => ({ member: world.vera.id, was: 'viewer', becomes: 'admin' }),
    remove_member: () => ({ member: world.vera.id, was: 'viewer' }),
    acknowledge_incident: ({ incident }) => ({ incident, reason: 'on it' }),
    assign_incident: ({ incident }) => ({ incident, member: world.olga.id }),
    snooze_incident: ({ incident }) => ({ incident, minutes: 60, reason: 'they know' }),
    set_notification: () => ({ event: 'raised', channel: 'email', enabled: false }),
    send_test: () => ({ channel: 'email' }),
    edit_record: ({ failed }) => ({ record: failed, version: 1, changes: { account: '4010' } }),
    preview_retry: () => ({ integration: world.integration }),
    approve_retry: ({ retry }) => ({ retry }),
    decline_retry: ({ retry }) => ({ retry, reason: 'not this account' }),
    stop_retry: ({ retry }) => ({ retry }),
    set_approve_changes: () => ({ required: false, reason: 'looked at elsewhere' }),
    dismiss_matching: () => ({ integration: world.integration, reason: 'booked by hand' }),
    restore_records: ({ failed }) => ({ records: `{${failed}}` }),
  };
  const facts: Record<string, (ids: Ids) => Partial<Row>[]> = {
    set_credential: () => [{ before: { set_at: null, expires_at: null }, after: { set_at: expect.any(String) as string, expires_at: '2027-01-01T00:00:00+00:00' } }],
    set_enabled: () => [{ before: { enabled: true }, after: { enabled: false }, reason: 'the ledger is closed' }],
    sync_now: () => [{ subject: expect.stringMatching(/^run \d+$/) as string }],
    retry_failed: () => [{
      subject: expect.stringMatching(/^retry \d+$/) as string, after: { scope: 'open', records: 1, canary: false, corrections: [{ field: 'account', to: '4010' }] },
    }],
    dismiss_records: ({ failed }) => [{ subject: `record ${failed}`, before: { state: 'failed' }, after: { state: 'dismissed' }, reason: 'booked by hand' }],
    decide_uncertain: ({ uncertain }) => [{ subject: `record ${uncertain}`, before: { state: 'uncertain' }, after: { state: 'exported' }, reason: 'found as voucher 812' }],
    mark_read: () => [],
    check_now: () => [{ subject: expect.stringMatching(/^run \d+$/) as string }],
    accept_shape: () => [{ subject: 'stream issues', after: expect.objectContaining({ fields: 1 }) as object }],
    clear_cursor: () => [{ subject: 'stream issues', before: { cursor: 'c-7', cursor_at: null, rows: 12 }, after: { cursor: null }, reason: 'they restored a backup' }],
    open_webhook: () => [{ before: null, after: null }],
    sign_statement: () => [{ subject: expect.stringMatching(/^statement \d+$/) as string, reason: 'nothing in it' }],
    hand_in_grant_report: () => [{
      subject: expect.stringMatching(/^grant report \d+$/) as string, integration_id: null, after: expect.objectContaining({ scheme: 'peer-support', reference: 'AR-17' }) as object,
    }],
    unlock_grant_report: ({ report }) => [{ subject: `grant report ${report}`, integration_id: null, reason: 'an activity was missing' }],
    update_integration: () => [{ before: { every_minutes: 60 }, after: { every_minutes: 15 } }],
    add_maintenance: () => [{ before: null, after: expect.objectContaining({ reason: 'new version' }) as object }],
    end_maintenance: ({ window }) => [{ subject: `maintenance window ${window}`, integration_id: null, after: null }],
    invite_member: () => [{ integration_id: null, subject: expect.stringMatching(/^invitation \d+$/) as string, after: expect.objectContaining({ name: 'Ida', role: 'viewer' }) as object }],
    withdraw_invitation: ({ invitation }) => [{ integration_id: null, subject: `invitation ${invitation}`, before: { name: 'Ida', role: 'viewer' } }],
    accept_invitation: () => [
      { integration_id: null, actor: 'Ida', actor_id: expect.any(String) as string, after: expect.objectContaining({ name: 'Ida', role: 'viewer' }) as object },
      { integration_id: null, actor: 'Ida', actor_id: expect.any(String) as string, after: { role: 'viewer', invited_by: 'Olga' } },
    ],
    set_role: () => [{ subject: `member ${world.vera.id}`, integration_id: null, before: { role: 'viewer' }, after: { role: 'admin' } }],
    remove_member: () => [{ subject: `member ${world.vera.id}`, integration_id: null, before: expect.objectContaining({ name: 'Vera' }) as object, after: null }],
    acknowledge_incident: ({ incident }) => [{ subject: `incident ${incident}`, before: { acknowledged_at: null }, reason: 'on it' }],
    assign_incident: ({ incident }) => [{ subject: `incident ${incident}`, before: { assigned_to: null }, after: { assigned_to: 'Olga' } }],
    snooze_incident: ({ incident }) => [{ subject: `incident ${incident}`, before: { snoozed_until: null }, reason: 'they know' }],
    set_notification: () => [{ integration_id: null, after: expect.objectContaining({ event: 'raised', channel: 'email', enabled: false }) as object }],
    send_test: () => [{ integration_id: null, after: { channel: 'email' } }],
    edit_record: () => [{ subject: expect.stringMatching(/^retry \d+$/) as string, after: { scope: 'records', records: 1, canary: false, edited: true } }],
    approve_retry: ({ retry }) => [{ subject: `retry ${retry}`, after: { records: 1 } }],
    decline_retry: ({ retry }) => [{ subject: `retry ${retry}`, after: { records: 1 }, reason: 'not this account' }],
    stop_retry: ({ retry }) => [{ subject: `retry ${retry}`, before: { state: 'running' }, after: { not_sent: 1 } }],
    set_approve_changes: () => [{
      actor_id: world.olga.id, actor: 'Olga', integration_id: null, before: { approve_changes: true }, after: { approve_changes: false }, reason: 'looked at elsewhere',
    }],
    dismiss_matching: ({ failed }) => [{ subject: `record ${failed}`, before: { state: 'failed' }, after: { state: 'dismissed' }, reason: 'booked by hand' }],
    restore_records: ({ failed }) => [{ subject: `record ${failed}`, before: { state: 'dismissed' }, after: { state: 'failed' } }],
  };

  test.each(Object.keys(acts))('%s says who did what, before and after, once; refused, it leaves nothing', async (name) => {
    const bare = name.replace('public.', '');
    const ids = await prepare(bare);
    const args = { org: world.org, ...arguments_[bare]?.(ids) };
    // Whoever is a member has no invitation to accept: tests/pipeline/join-invite.test.ts.
    if (acts[name]?.length && bare !== 'accept_invitation') {
      const none = await told(async () => {
        await expect(call(world.vera, bare, args)).rejects.toMatchObject({ code: 'SW403' });
        await expect(call(world.stine, bare, args)).rejects.toMatchObject({ code: 'SW404' });
      });
      expect(none).toEqual([]);
    }
    const who = bare === 'accept_invitation' ? ids.ida : allowed[name]?.includes('admin') ? world.arne : world.olga;
    const rows = await told(() => call(who, bare, args));

    expect(rows.map(({ action }) => action)).toEqual(acts[name]);
    for (const [index, fact] of (facts[bare]?.(ids) ?? []).entries()) {
      expect(rows[index]).toMatchObject({ actor_id: world.arne.id, actor: 'Arne', integration_id: world.integration, ...fact });
    }
  });

  test('a correction is told of each record in the name of whoever asked for it, when it is made', async () => {
    const { failed } = await withRecords();
    await call(world.arne, 'retry_failed', { org: world.org, integration: world.integration, field: 'account', to_value: '4010' });
    world.clock.set(new Date(Date.now() + 1000).toISOString());
    const rows = await told(() => world.sync(createFakeSystem().connector));

    expect(rows).toEqual([expect.objectContaining({
      action: 'record.corrected', actor: 'Arne', actor_id: world.arne.id, subject: `record ${failed}`, before: { account: '9999' }, after: { account: '4010' },
    })]);
  });

  test('a second click is no second act', async () => {
    await withRecords();
    const args = { org: world.org, integration: world.integration };
    const rows = await told(async () => {
      for (let click = 0; click < 3; click += 1) await call(world.arne, 'retry_failed', args);
      for (let click = 0; click < 3; click += 1) await call(world.arne, 'sync_now', args);
    });

    expect(rows.map(({ action }) => action)).toEqual(['retry.requested']);
    expect(await world.sql`select count(*)::int as n from runs where status in ('scheduled', 'running')`).toEqual([{ n: 1 }]);
  });

  test('the credential itself is in no row', async () => {
    const rows = await told(() => call(world.arne, 'set_credential', { org: world.org, integration: world.integration, credential: { token: 'hush-hush-hush' } }));

    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('hush');
  });

  test('somebody signed in who has no name is told by their id', async () => {
    await world.sql`update members set name = '' where user_id = ${world.arne.id}`;
    const [row] = await told(() => call(world.arne, 'sync_now', { org: world.org, integration: world.integration }));

    expect(row).toMatchObject({ actor: world.arne.id, actor_id: world.arne.id });
  });
});

describe('what is changed by SQL', () => {
  test('every table of the catalog is either configuration or written by the pipeline alone', async () => {
    const tables = await world.sql<{ name: string }[]>`
      select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and c.relname !~ '^attempts_\\d{4}_\\d{2}$' order by 1`;

    expect([...Object.keys(configuration), ...pipeline].sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  const changes: [table: string, add: string, change: string, before: object, after: object][] = [
    ['public.organizations', "(slug, name) values ('ost', 'Øst')", "currency = 'SEK', cutoff_day = 5", { currency: 'NOK', cutoff_day: null }, { currency: 'SEK', cutoff_day: 5 }],
    ['public.members', "(org_id, user_id, role, name) select $org, id, 'viewer', 'Ida' from made", "role = 'owner'", { role: 'viewer' }, { role: 'owner' }],
    [
      'public.integrations', "(org_id, system, slug, name) values ($org, 'fake', 'second', 'Second')",
      "every_minutes = 15, settings = '{\"a\": 1}', thresholds = '{\"queue_depth\": 9}'",
      { every_minutes: 60, settings: {}, thresholds: {} }, { every_minutes: 15, settings: { a: 1 }, thresholds: { queue_depth: 9 } },
    ],
    [
      'public.maintenance_windows', "(org_id, starts_at, ends_at, reason) values ($org, '2026-12-01T00:00Z', '2026-12-02T00:00Z', 'upgrade')",
      "ends_at = '2026-12-03T00:00Z'", { ends_at: '2026-12-02T00:00:00+00:00' }, { ends_at: '2026-12-03T00:00:00+00:00' },
    ],
    [
      'public.notification_settings', "(org_id, user_id, event, channel, enabled) select org_id, user_id, 'reminded', 'email', false from members where name = 'Olga'",
      'enabled = true', { enabled: false }, { enabled: true },
    ],
  ];

  test('every configuration table is tried below', () => {
    expect(changes.map(([table]) => table)).toEqual(Object.keys(configuration));
  });

  test.each(changes)('a row of %s added, changed and removed is told with what differs, and by which role', async (table, add, change, before, after) => {
    const { sql } = world;
    const made = await world.createUser('ida@example.org');
    const kind = configuration[table] ?? '';
    const statement = `insert into ${table} ${add.replace('$org', `'${world.org}'`).replace('from made', `from (select '${made.id}'::uuid as id) made`)}`;
    const added = await told(() => sql.unsafe(statement));
    const newest = table === 'public.members' ? `user_id = '${made.id}'` : table === 'public.organizations' ? "slug = 'ost'" : table === 'public.integrations' ? "slug = 'second'" : table === 'public.notification_settings' ? "event = 'reminded'" : "reason = 'upgrade'";
    const changed = await told(() => sql.unsafe(`update ${table} set ${change} where ${newest}`));
    const same = await told(() => sql.unsafe(`update ${table} set ${change} where ${newest}`));
    const removed = await told(() => sql.unsafe(`delete from ${table} where ${newest}`));

    expect(added).toEqual([expect.objectContaining({ action: `${kind}.added`, actor: 'postgres', actor_id: null, before: null, after: expect.any(Object) as object })]);
    expect(changed).toEqual([expect.objectContaining({ action: `${kind}.changed`, actor: 'postgres', before, after })]);
    expect(same).toEqual([]);
    expect(removed).toEqual([expect.objectContaining({ action: `${kind}.removed`, after: null, before: expect.objectContaining(after) as object })]);
  });

  test('a change of who may do what names the member', async () => {
    const [row] = await told(() => world.sql`update members set role = 'owner' where user_id = ${world.vera.id}`);

    expect(row).toMatchObject({ action: 'member.changed', subject: `member ${world.vera.id}`, before: { role: 'viewer' }, after: { role: 'owner' } });
  });

  test('a member whose account is deleted is told as removed', async () => {
    const rows = await told(() => world.sql`delete from auth.users where id = ${world.vera.id}`);

    expect(rows.map(({ action, subject }) => [action, subject])).toEqual([['member.removed', `member ${world.vera.id}`]]);
  });

  test('what the app adds with the secret key is told as the role service_role', async () => {
    const rows = await told(() => world.as('service_role', (db) => db`insert into organizations (slug, name) values ('vest', 'Vest')`));

    expect(rows).toEqual([expect.objectContaining({ action: 'organization.added', actor: 'service_role' })]);
  });

  test('switching an integration off by SQL is told like switching it off on the page', async () => {
    const rows = await told(() => world.sql`update integrations set enabled = false where id = ${world.integration}`);

    expect(rows).toEqual([expect.objectContaining({ action: 'integration.switched_off', before: { enabled: true }, after: { enabled: false }, reason: null })]);
  });

  test('a reason given for one act does not cling to the next', async () => {
    const rows = await told(() => world.as(world.arne, async (db) => {
      await db`select set_enabled(${world.org}, ${world.integration}, false, 'because')`;
      await db`select set_enabled(${world.org}, ${world.integration}, true)`;
    }));

    expect(rows.map(({ action, reason }) => [action, reason])).toEqual([['integration.switched_off', 'because'], ['integration.switched_on', null]]);
  });

  test('the pipeline at its work tells nothing of itself as configuration', async () => {
    const rows = await told(async () => {
      await world.handIn(2);
      await world.sync(createFakeSystem().connector);
      await world.sql`select private.tick_evaluate(${world.clock.iso()})`;
    });

    expect(rows).toEqual([]);
  });
});

describe('the audit log', () => {
  const attacks = [
    "update audit_log set actor = 'nobody'", 'delete from audit_log', 'truncate audit_log', 'truncate audit_log cascade',
    "insert into audit_log (org_id, at, actor, action) select id, now(), 'Olga', 'made.up' from organizations",
    'alter table audit_log disable trigger all', 'alter table audit_log disable trigger audit_log_is_append_only', 'drop trigger audit_log_is_append_only on audit_log',
    'drop table audit_log', 'alter table audit_log rename to gone', 'alter table audit_log disable row level security',
    'create rule silence as on insert to audit_log do instead nothing', 'create policy mine on audit_log for all using (true)',
    'create trigger mine before insert on audit_log for each row execute function private.refuse_change()',
    'set local session_replication_role = replica', 'drop function private.refuse_change() cascade',
    "select private.audit(gen_random_uuid(), 'made.up', now())", 'select setval(pg_get_serial_sequence(\'audit_log\', \'id\'), 1)',
    'merge into audit_log a using (select 1) x on true when matched then delete',
    "select lo_import('/etc/hostname')", 'reassign owned by postgres to authenticated', 'set local role postgres',
  ];

  test.each(['anon', 'authenticated', 'service_role', 'authenticator'])('the role %s adds, changes, removes and silences nothing', async (role) => {
    await withRecords();
    await call(world.arne, 'sync_now', { org: world.org, integration: world.integration });
    const state = (): Promise<unknown> => world.sql`
      select md5(string_agg(a::text, ',' order by id)) as rows, (select relacl::text from pg_class where oid = 'audit_log'::regclass) as rights from audit_log a`;
    const attempt = (statement: string): Promise<unknown> => world.sql.begin(async (db) => {
      await db`select set_config('request.jwt.claims', ${JSON.stringify({ role, sub: world.olga.id })}, true)`;
      // As the session's own user: what a superuser may do after `set role` is not what the role may do.
      await db.unsafe(`set local session authorization ${role}`);
      await db.unsafe(statement);
    });
    const before = await state();
    for (const attack of attacks) {
      await expect(attempt(attack).then(() => 'done', (error: { code: string }) => error.code), attack).resolves.toMatch(/^(42501|42704)$/);
    }
    // Postgres only warns those who may read and may not grant.
    await attempt('grant all on audit_log to public').catch(() => undefined);
    expect(await state()).toEqual(before);
  });

  test.each([
    "update audit_log set actor = 'nobody'", 'delete from audit_log', 'truncate audit_log', 'truncate organizations, audit_log cascade',
    'merge into audit_log a using (select 1) x on true when matched then delete',
  ])('the owner of the database hears no too, as a replica as well: %s', async (statement) => {
    await world.sql`update organizations set currency = 'SEK' where id = ${world.org}`;
    for (const role of ['origin', 'replica', 'local']) {
      const outcome = world.sql.begin(async (db) => {
        await db.unsafe(`set local session_replication_role = ${role}`);
        await db.unsafe(statement);
      });
      await expect(outcome, role).rejects.toMatchObject({ code: 'SW403' });
    }
  });

  test('outlives what it tells of, and retention leaves it alone', async () => {
    const [ost] = await world.sql<{ id: string }[]>`insert into organizations (slug, name) values ('ost', 'Øst') returning id`;
    await world.sql`delete from organizations where id = ${ost?.id ?? ''}`;
    await world.sql`select private.tick_retention('2050-01-01')`;

    expect(await world.sql`select action from audit_log where org_id = ${ost?.id ?? ''} order by id`).toEqual([{ action: 'organization.added' }, { action: 'organization.removed' }]);
  });
});
