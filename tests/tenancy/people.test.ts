import { beforeAll, describe, expect, test } from 'vitest';
import { createFakeSystem, createOther, createWorld, refusal } from '../support/world.ts';
import type { World } from '../support/world.ts';
import type { Caller } from '../support/stack.ts';
import { fetched } from '../support/pulled.ts';
import { allowed, functions, people, relations, sights } from './expected.ts';
import type { Sight } from './expected.ts';
import { FORM } from './support-calls.ts';

type Person = (typeof people)[number];

let nord: World;
let syd: World;
let callers: Record<Person, Caller>;

/** Fills every table for both organizations by running the pipeline, so that no check below passes on an empty table. */
beforeAll(async () => {
  nord = await createWorld();
  syd = await createOther(nord);
  for (const world of [nord, syd]) {
    const system = createFakeSystem();
    system.answer = (record) => (record.payload['account'] === '9999' ? refusal('Invalid account: 9999') : { state: 'exported' });
    for (let round = 0; round < 2; round += 1) {
      await world.handIn(3, { payload: { account: '9999' } });
      await world.sync(system.connector);
      world.clock.forward(3600);
    }
    await fetched(world, 'of no interest');
    await world.as(world.arne, (db) => db`select private.retry_failed(${world.org}, ${world.integration}, 'last_run', null, null, 'account', '9999', '4010', false, ${world.clock.iso()})`);
    await world.as(world.arne, (db) => db`select dismiss_records(${world.org}, array[(select max(id) from records where org_id = ${world.org} and id <= (select min(id) + 1 from records where org_id = ${world.org}))], 'because')`);
    await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, '2026-12-01', '2026-12-02')`;
    await world.sql`
      insert into invitations (org_id, email, name, role, org_name, invited_by, invited_by_name, invited_at, expires_at)
      select ${world.org}, ${world === nord ? 'ida@example.org' : 'stranger@example.org'}, 'Ida', 'viewer', 'There', user_id, name, '2026-11-01', '2026-11-08'
      from members where org_id = ${world.org} and role <> 'viewer' limit 1`;
    await world.sql`
      insert into notification_settings (org_id, user_id, event, channel, enabled)
      select org_id, user_id, 'raised', 'email', false from members where org_id = ${world.org} and role <> 'viewer'`;
    await world.sql`
      insert into statements (org_id, integration_id, first_day, last_day, content, fingerprint, signed_name, signed_at)
      values (${world.org}, ${world.integration}, '2026-10-01', '2026-10-31', '{}', '0', 'Olga', '2026-11-01')`;
    await world.sql`
      insert into grant_reports (org_id, scheme, version, first_day, last_day, template, fields, records, fingerprint, totals, csv, xlsx, csv_sha256, xlsx_sha256,
        handed_in_on, handed_in_name, handed_in_at)
      values (${world.org}, 'peer-support', '2026-1', '2026-07-01', '2026-09-30', ${world.sql.json(FORM)}, '{}', '[]', '0', '{}', 'x', 'PK', '0', '0', '2026-10-02', 'Olga', '2026-10-02')`;
    const changed = [{ source_type: 'expense', source_id: 'E-1', payload: { account: '4010' } }];
    await world.sql`select hand_in(${world.org}, ${world.integration}, ${world.sql.json(changed)})`;
  }
  await nord.sql`select private.beat('evaluate', now())`;
  callers = {
    owner: nord.olga, admin: nord.arne, viewer: nord.vera, 'other admin': nord.stine, 'signed out': 'anon', 'the app': 'service_role',
    stranger: await nord.createUser('stranger@example.org'),
  };
});

const orgColumn = (name: string): string => (/\.(my_)?organizations$/.test(name) ? 'id' : 'org_id');
const isView = (name: string): boolean => relations[name]?.service_role === undefined;

/** Rows by organization, or the code of the refusal. */
function look(name: string, who: Caller): Promise<Record<string, number> | string> {
  return nord.as(who, async (db) => {
    const column = name.startsWith('private.') ? 'null' : orgColumn(name);
    const rows = await db.unsafe<{ org: string; count: number }[]>(`select ${column}::text as org, count(*)::int as count from ${name} group by 1`);
    return Object.fromEntries(rows.map(({ org, count }) => [org, count]));
  }).catch((error: { code: string }) => error.code);
}

/** All there are of each organization, the view seen through the eyes of one who may. */
async function whole(name: string): Promise<{ ours: number; theirs: number }> {
  if (isView(name)) {
    const [ours, theirs] = await Promise.all([look(name, nord.olga), look(name, nord.stine)]) as Record<string, number>[];
    return { ours: ours?.[nord.org] ?? 0, theirs: theirs?.[syd.org] ?? 0 };
  }
  const rows = await nord.sql.unsafe(`select ${orgColumn(name)}::text as org, count(*)::int as count from ${name} group by 1`);
  const count = (org: string): number => Number(rows.find((row) => row['org'] === org)?.['count'] ?? 0);
  return { ours: count(nord.org), theirs: count(syd.org) };
}

function expectSight(sight: Sight, seen: Record<string, number> | string, all: { ours: number; theirs: number }, what: string): void {
  if (sight === 'no') return void expect(seen, what).toBe('42501');
  if (sight === 'nothing') return void expect(seen, what).toEqual({});
  if (sight === 'mine') {
    const [org, ...others] = Object.keys(seen);
    expect(others, `${what} sees two organizations`).toEqual([]);
    return void expect([nord.org, syd.org], what).toContain(org);
  }
  const expected = { ...(sight !== 'theirs' && { [nord.org]: all.ours }), ...(sight !== 'ours' && { [syd.org]: all.theirs }) };
  expect(seen, what).toEqual(expected);
}

describe.each(Object.keys(sights))('%s', (name) => {
  test('holds rows of both organizations, or what follows would prove nothing', async () => {
    if (name.startsWith('private.')) return;
    const all = await whole(name);
    expect(all.ours).toBeGreaterThan(0);
    expect(all.theirs).toBeGreaterThan(0);
  });

  test('shows each of them exactly what is stated', async () => {
    const all = name.startsWith('private.') ? { ours: 0, theirs: 0 } : await whole(name);
    for (const [index, person] of people.entries()) {
      const seen = await look(name, callers[person]);
      expectSight(sights[name]?.[index] ?? 'no', seen, all, `${name} as ${person}`);
      if (sights[name]?.[index] === 'mine') expect(Object.keys(seen), person).toEqual([person === 'other admin' ? syd.org : nord.org]);
    }
  });

  test('is written by nobody who may not', async () => {
    const [first] = await nord.sql<{ column: string }[]>`select attname as column from pg_attribute where attrelid = ${name}::regclass and attnum = 1`;
    const column = name.startsWith('private.') ? first?.column : orgColumn(name);
    const mayInsert = relations[name]?.service_role?.includes('insert') ?? false;
    const statements = [
      `insert into ${name} (${column}) select ${column} from ${name} limit 1`, `insert into ${name} default values`, `update ${name} set ${column} = ${column}`,
      `delete from ${name}`, `truncate ${name}`, `lock table ${name} in exclusive mode`, `create index on ${name} (${column})`,
      `merge into ${name} using (select 1) one on false when not matched then do nothing when matched then delete`,
    ];
    for (const person of people) {
      for (const statement of mayInsert && person === 'the app' ? statements.slice(2) : statements) {
        const code = await nord.as(callers[person], (db) => db.unsafe(statement)).then(() => 'done', (error: { code: string }) => error.code);
        // A view over several tables cannot be written, emptied or indexed at all, which Postgres says with codes of its own.
        expect(code, `${statement} as ${person}`).toMatch(isView(name) ? /^(42501|55000|428C9|42809)$/ : /^42501$/);
      }
    }
  });
});

test('no partition and no sequence answers anybody', async () => {
  const rows = await nord.sql<{ name: string; kind: string }[]>`
    select c.oid::regclass::text as name, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and (c.relkind = 'S' or c.relispartition and c.relkind = 'r')`;
  expect(rows.filter(({ kind }) => kind === 'S').length).toBeGreaterThan(5);
  expect(rows.filter(({ kind }) => kind === 'r').length).toBeGreaterThan(4);
  for (const { name, kind } of rows) {
    const statements = kind === 'S'
      ? [`select nextval('${name}')`, `select setval('${name}', 1)`, `select last_value from ${name}`]
      : [`select * from ${name}`, `delete from ${name}`, `update ${name} set org_id = org_id`, `alter table attempts detach partition ${name}`, `drop table ${name}`];
    for (const person of people) {
      for (const statement of statements) {
        const code = await nord.as(callers[person], (db) => db.unsafe(statement)).then(() => 'done', (error: { code: string }) => error.code);
        expect(code, `${statement} as ${person}`).toBe('42501');
      }
    }
  }
});

describe('functions', () => {
  const memberFunctions = Object.keys(functions).filter((name) => name.startsWith('public.') && functions[name] === 'authenticated');
  const incident = `(select min(id) from incidents where state <> 'resolved')`;
  const rest: Record<string, string> = {
    check_now: ', $integration', accept_shape: `, $integration, 'issues'`, clear_cursor: `, $integration, 'issues', 'because'`, open_webhook: ', $integration',
    set_credential: `, $integration, '{"token": "x"}'`, set_enabled: ', $integration, false', sync_now: ', $integration', retry_failed: ', $integration',
    dismiss_records: `, '{1}', 'because'`, decide_uncertain: `, 1, true, 'because'`, mark_read: '',
    period_report: `, '2026-01-01', '2026-01-31'`, completeness: `, '2026-01-01', '2026-01-31'`, excluded_records: `, $integration, '2026-01-01', '2026-01-31'`,
    sign_statement: `, $integration, '1999-01-01', '1999-01-31', '0'`,
    grant_records: `, '${JSON.stringify(FORM)}', '1999-01-01', '1999-01-31'`, list_grant_reports: '', changed_grant_records: ', $report', kept_grant_report: ', $report',
    hand_in_grant_report: `, '${JSON.stringify(FORM)}', '1999-01-01', '1999-01-31', null, '{}', '0', 'x', 'UEsDBA==', '1999-02-01'`,
    unlock_grant_report: `, $report, 'because'`,
    preview_schedule: ', $integration, 60', update_integration: `, $integration, now(), '{}'`, add_maintenance: `, 'because', minutes => 5`,
    preview_maintenance: `, to_char(now() + interval '2 days', 'YYYY-MM-DD"T"HH24:MI')`,
    chart_runs: ', $integration', list_history: ', $integration',
    end_maintenance: ', (select min(id) from maintenance_windows)', list_members: '', invite_member: `, 'somebody@example.org', 'Somebody', 'viewer'`,
    withdraw_invitation: `, $invitation`, accept_invitation: '',
    set_role: `, (select user_id from members where role = 'viewer'), 'viewer', 'admin'`, remove_member: `, (select user_id from members where role = 'viewer'), 'viewer'`,
    acknowledge_incident: `, ${incident}`, assign_incident: `, ${incident}`, snooze_incident: `, ${incident}, 60, 'because'`,
    set_notification: `, 'raised', 'email', true`, send_test: `, 'in_app'`,
    edit_record: `, $record, 1, '{"account": "4010"}'`, preview_retry: ', $integration', approve_retry: ', $retry', decline_retry: `, $retry, 'because'`,
    stop_retry: ', $retry', set_approve_changes: `, false, 'because'`, dismiss_matching: `, $integration, 'because'`, restore_records: `, '{1}'`,
  };

  /** Arguments with the ids there are: of the world's own integration, of the newest retry and a failed record of each organization. */
  const written = (args: string, { org, integration }: World): string => args.replace('$integration', `'${integration}'`)
    .replace('$retry', `(select max(id) from retries where org_id = '${org}')`).replace('$record', `(select max(id) from records where org_id = '${org}')`)
    .replace('$report', `(select max(id) from grant_reports where org_id = '${org}')`)
    .replace('$invitation', `(select max(id) from invitations where org_id = '${org}')`);

  /** The code of the refusal, or `through`; nothing of it stays. */
  async function tryAs(who: Caller, name: string, world: World): Promise<string> {
    const bare = name.replace('public.', '');
    const call = `select ${name}('${world.org}'${written(rest[bare] ?? '', world)})`;
    const undo = new Error('undo');
    return nord.as(who, async (db) => {
      await db.unsafe(call);
      throw undo;
    }).catch((error: { code?: string }) => (error === undo ? 'through' : error.code ?? ''));
  }

  test('every function for members says whom it lets through', () => {
    expect(Object.keys(allowed).sort()).toEqual(memberFunctions.toSorted());
    expect(Object.keys(rest).map((name) => `public.${name}`).sort()).toEqual(memberFunctions.toSorted());
  });

  test.each(Object.keys(allowed))('%s lets through exactly those stated, each in their own organization only', async (name) => {
    for (const person of ['owner', 'admin', 'viewer'] as const) {
      const code = await tryAs(callers[person], name, nord);
      // SW409: it was let through, and what it asks for does not fit the state of things.
      expect(code, person).toMatch(allowed[name]?.includes(person) ? /^(through|SW409)$/ : /^SW403$/);
      expect(await tryAs(callers[person], name, syd), `${person} elsewhere`).toBe('SW404');
    }
    expect(await tryAs(callers['other admin'], name, nord)).toBe('SW404');
    expect(await tryAs(callers.stranger, name, nord)).toBe('SW404');
    expect(await tryAs(callers['signed out'], name, nord)).toBe('42501');
    expect(await tryAs(callers['the app'], name, nord)).toBe('42501');
  });

  test.each(Object.keys(allowed))('%s tells a stranger of an organization that exists what it tells of one that does not', async (name) => {
    const nowhere = { ...nord, org: '00000000-0000-4000-8000-000000000000', integration: '00000000-0000-4000-8000-000000000001' };
    const say = (world: World): Promise<unknown> => nord.as(callers.stranger, (db) => {
      const bare = name.replace('public.', '');
      return db.unsafe(`select ${name}('${world.org}'${written(rest[bare] ?? '', world)})`);
    }).catch(({ code, message, hint, detail }: { code: string; message: string; hint: string; detail: string }) => ({ code, message, hint, detail }));
    expect(await say(nord)).toEqual(await say(nowhere));
  });

  test('every function of the catalog can be executed by exactly those stated, tried as each of them', async () => {
    const roles: Record<string, string> = { 'signed out': 'anon', 'the app': 'service_role', owner: 'authenticated' };
    const rows = await nord.sql<{ id: string; name: string }[]>`
      select p.oid::text as id, n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'private')`;
    expect(rows.length).toBeGreaterThan(60);
    for (const [person, role] of Object.entries(roles)) {
      const open = await nord.as(callers[person as Person], (db) => db<{ id: string }[]>`
        select o.id::text as id from unnest(${rows.map(({ id }) => id)}::oid[]) o (id) where has_function_privilege(o.id, 'execute')`);
      const names = new Set(rows.filter(({ id }) => open.some((one) => one.id === id)).map(({ name }) => name));
      expect([...names].sort(), person).toEqual(Object.keys(functions).filter((name) => functions[name]?.split(' ').includes(role)).toSorted());
    }
  });
});
