import { beforeAll, describe, expect, test } from 'vitest';
import { relations } from './expected.ts';
import { foreignCalls, victimRows } from './support-calls.ts';
import { ask, MARKS, serveTwoOrganizations, signIn } from './support-served.ts';
import type { Answer, Credentials, Served } from './support-served.ts';

const readable = Object.entries(relations).filter(([, rights]) => rights.authenticated).map(([name]) => name.replace('public.', ''));
const orgColumn = (name: string): string => (/^(my_)?organizations$/.test(name) ? 'id' : 'org_id');
const nowhere = '00000000-0000-4000-8000-00000000000';

let served: Served;
let stine: Credentials;
let app: Credentials;
let columns: Map<string, string>;

beforeAll(async () => {
  served = await serveTwoOrganizations();
  stine = await signIn(served, served.nord.stine);
  app = { apikey: served.nord.keys.secretKey };
  const rows = await served.nord.sql<{ name: string; list: string }[]>`
    select c.relname as name, string_agg(quote_ident(a.attname), ',' order by a.attnum) as list
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and has_column_privilege('authenticated', c.oid, a.attnum, 'select') group by 1`;
  columns = new Map(rows.map(({ name, list }) => [name, list]));
});

function expectNothingOfNord(answer: Answer, what: string): void {
  for (const part of [MARKS.nord, served.nord.integration, served.nord.org]) expect(answer.text, what).not.toContain(part);
}

describe.each(readable)('%s', (name) => {
  test('gives nothing of another organization in any format or manner of asking', async () => {
    const path = `/rest/v1/${name}?select=${columns.get(name)}`;
    const formats = [
      'text/csv', 'application/geo+json', 'application/vnd.pgrst.object+json', 'application/vnd.pgrst.array+json;nulls=stripped', 'application/octet-stream',
      'application/vnd.pgrst.plan+json; for="application/json"; options=analyze|verbose|buffers', 'application/vnd.pgrst.plan+text', 'application/openapi+json', 'text/xml', '*/*',
    ];
    const manners = [
      'count=planned', 'count=estimated', 'handling=strict,count=exact', 'tx=rollback,return=representation', 'missing=default', 'params=single-object', 'timezone=Asia/Tokyo',
    ];
    await Promise.all([
      ...formats.map((accept) => ({ accept })), ...manners.map((prefer) => ({ prefer })), { range: '0-0', 'range-unit': 'items' }, { range: '5-1', 'range-unit': 'bytes' },
    ].map(async (headers) => expectNothingOfNord(await ask(served, stine, path, { headers }), JSON.stringify(headers))));
  });

  test('adds nothing of another organization to a sum, a count or a maximum', async () => {
    const column = orgColumn(name);
    for (const select of ['count()', `${column}.count()`, `${column},count()`, `${column}.max()`, `total:${column}.count()`]) {
      const answer = await ask(served, stine, `/rest/v1/${name}?select=${select}&${column}=eq.${served.nord.org}`);
      const what = `${select}: ${answer.status} ${answer.text}`;
      if (answer.status < 300) expect(answer.text.replaceAll(/"(count|total)":0/g, ''), what).not.toMatch(/"(count|total)":\d/);
      else expect(answer.text, what).not.toContain(MARKS.nord);
    }
  });

  test('answers about a row of another organization what it answers about none', async () => {
    const column = orgColumn(name);
    for (const headers of [{}, { accept: 'application/vnd.pgrst.object+json' }, { prefer: 'count=exact' }] as Record<string, string>[]) {
      const foreign = await ask(served, stine, `/rest/v1/${name}?select=${column}&${column}=eq.${served.nord.org}`, { headers });
      const none = await ask(served, stine, `/rest/v1/${name}?select=${column}&${column}=eq.${nowhere}0`, { headers });
      expect(foreign).toEqual(none);
    }
  });
});

describe('a count', () => {
  test.each(['count=planned', 'count=estimated', 'COUNT=Planned', 'return=minimal, count = estimated', 'count="planned"'])('by the planner (%s) is not answered, which knows nothing of row-level security', async (prefer) => {
    for (const who of [stine, app]) {
      const answer = await ask(served, who, `/rest/v1/records?select=id&org_id=eq.${served.nord.org}`, { headers: { prefer } });
      expect([answer.status, answer.code, answer.range]).toEqual([400, 'SW422', null]);
    }
  });

  test('is refused by the database, too, which is asked before every request where PostgREST runs', async () => {
    const [setting] = await served.nord.sql`select setconfig from pg_db_role_setting where setrole = 'authenticator'::regrole and setdatabase = 0`;
    expect(setting?.['setconfig']).toContain('pgrst.db_pre_request=private.check_request');
    const check = (headers: string): Promise<unknown> => served.nord.as(served.nord.stine, async (db) => {
      await db`select set_config('request.headers', ${headers}, true)`;
      await db`select private.check_request()`;
    });
    for (const prefer of ['count=planned', 'return=minimal,count=estimated']) await expect(check(JSON.stringify({ prefer }))).rejects.toMatchObject({ code: 'SW422' });
    for (const headers of ['{}', '{"prefer":"count=exact,return=representation"}', '{"x-note":"count=planned"}']) await check(headers);
    await served.nord.as(served.nord.stine, (db) => db`select private.check_request()`);
  });
});

test('a function answers about ids of another organization what it answers about ids that do not exist', async () => {
  const rows = await victimRows(served.nord);
  const calls = foreignCalls(served.nord, rows);
  const imagined = foreignCalls({ ...served.nord, org: `${nowhere}1`, integration: `${nowhere}2` }, rows);
  for (const [index, { name, args }] of calls.entries()) {
    const foreign = await ask(served, stine, `/rest/v1/rpc/${name}`, { body: args });
    const none = await ask(served, stine, `/rest/v1/rpc/${name}`, { body: imagined[index]?.args });
    expect(foreign, name).toEqual(none);
  }
});

test('what the API tells of itself names nothing that is hidden', async () => {
  for (const who of [stine, { apikey: served.nord.keys.publishableKey }]) {
    for (const headers of [{}, { accept: 'application/openapi+json' }, { 'accept-profile': 'private' }] as Record<string, string>[]) {
      const answer = await ask(served, who, '/rest/v1/', { headers });
      expect(answer.text).not.toMatch(/credential_secret_id|heartbeats|decrypted_secret|begin_slice|settle_records/);
    }
  }
});

describe('with the secret key, which may hand in for every organization', () => {
  const record = (org: string, integration: string): object => ({ org_id: org, integration_id: integration, source_type: 'expense', source_id: 'E-straddling', payload: { account: '1' } });

  test.each([[false], [true]])('a record of one cannot hang on the integration of another (many at once: %s)', async (many) => {
    const { nord, syd } = served;
    const bad = record(nord.org, syd.integration);
    const answer = await ask(served, app, '/rest/v1/records', { body: many ? [record(nord.org, nord.integration), bad] : bad });
    expect([answer.status, answer.code]).toEqual([409, '23503']);
    expect(await nord.sql`select from records where source_id = 'E-straddling'`).toHaveLength(0);
  });

  test.each(['merge-duplicates', 'ignore-duplicates'])('an upsert (%s) onto rows that are there changes none', async (resolution) => {
    const { nord, syd } = served;
    const before = await nord.sql`select md5(string_agg(r::text, ',' order by r.id)) as rows from records r`;
    const [row] = await nord.sql<{ source_id: string; id: string }[]>`select id, source_id from records where org_id = ${nord.org} limit 1`;
    const members = await nord.sql`select * from members order by user_id`;
    const headers = { prefer: `resolution=${resolution},return=representation` };
    for (const [path, body] of [
      ['records?on_conflict=org_id,id', { ...record(syd.org, syd.integration), id: row?.id }],
      ['records?on_conflict=org_id,integration_id,source_type,source_id', { ...record(nord.org, syd.integration), source_id: row?.source_id }],
      ['records?on_conflict=org_id,id', { id: row?.id, org_id: nord.org, state: 'exported' }],
      ['integrations?on_conflict=id', { id: nord.integration, org_id: syd.org, system: 'fake', slug: 'taken', name: 'Taken' }],
    ] as const) {
      const answer = await ask(served, app, `/rest/v1/${path}`, { body, headers });
      expect(answer.status, `${path}: ${answer.text}`).toBeGreaterThanOrEqual(400);
    }
    await ask(served, app, '/rest/v1/members?on_conflict=org_id,user_id', { body: { org_id: nord.org, user_id: nord.vera.id, role: 'owner' }, headers });
    await ask(served, app, '/rest/v1/organizations?on_conflict=id', { body: { id: nord.org, slug: 'nord', name: 'Taken' }, headers });
    expect(await nord.sql`select md5(string_agg(r::text, ',' order by r.id)) as rows from records r`).toEqual([...before]);
    expect(await nord.sql`select * from members order by user_id`).toEqual([...members]);
    expect(await nord.sql`select from organizations where name = 'Taken'`).toHaveLength(0);
    expect(await nord.sql`select from integrations where name = 'Taken'`).toHaveLength(0);
  });

  test('hand_in refuses the integration of another organization', async () => {
    const { nord, syd } = served;
    const answer = await ask(served, app, '/rest/v1/rpc/hand_in', { body: { org: syd.org, integration: nord.integration, records: [record(nord.org, nord.integration)] } });
    expect(answer.code).toBe('SW404');
  });

  test('nothing it reads is the credential, and nothing it may write is a state', async () => {
    const { nord } = served;
    for (const path of ['integrations?select=*', 'integrations?select=credential_secret_id', 'integrations?select=org_id&credential_secret_id=not.is.null', 'integrations?select=org_id&order=credential_secret_id']) {
      expect((await ask(served, app, `/rest/v1/${path}`)).code, path).toBe('42501');
    }
    for (const [method, path, body] of [
      ['PATCH', `records?org_id=eq.${nord.org}`, { state: 'exported' }], ['PATCH', `members?org_id=eq.${nord.org}`, { role: 'owner' }], ['DELETE', `audit_log?org_id=eq.${nord.org}`],
      ['PATCH', `audit_log?org_id=eq.${nord.org}`, { actor: 'nobody' }], ['POST', 'audit_log', { org_id: nord.org, at: '2026-01-01', actor: 'x', action: 'x' }],
    ] as const) expect((await ask(served, app, `/rest/v1/${path}`, { method, body })).code, `${method} ${path}`).toBe('42501');
  });
});

test('somebody taken out of an organization sees nothing of it at their next request, with the token they have', async () => {
  const { nord } = served;
  const ida = await nord.createUser('ida@example.org');
  await nord.sql`insert into members (org_id, user_id, role, name) values (${nord.org}, ${ida.id}, 'admin', 'Ida')`;
  const session = await signIn(served, ida);
  expect((await ask(served, session, '/rest/v1/records?select=org_id')).text).toContain(nord.org);
  await nord.sql`update members set role = 'viewer' where user_id = ${ida.id}`;
  expect((await ask(served, session, '/rest/v1/rpc/sync_now', { body: { org: nord.org, integration: nord.integration } })).code).toBe('SW403');
  await nord.sql`delete from members where user_id = ${ida.id}`;
  expect((await ask(served, session, '/rest/v1/records?select=org_id')).text).toBe('[]');
  await nord.sql`delete from auth.users where id = ${ida.id}`;
  expect((await ask(served, session, '/rest/v1/records?select=org_id')).text).toMatch(/^\[\]$|"code"/);
});
