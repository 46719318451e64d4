import { beforeAll, describe, expect, test } from 'vitest';
import { buildPage, pageFolder, startPage } from '../../scripts/stack/page.ts';
import { relations } from './expected.ts';
import { runMarked } from './support-marked-run.ts';
import type { MarkedRun } from './support-marked-run.ts';
import { found, foundInDatabase, foundInFolder } from './support-needles.ts';

let run: MarkedRun;

beforeAll(async () => {
  run = await runMarked();
}, 240_000);

describe('after a run with credentials that can be recognized', () => {
  test('the systems were sent the credentials, and all that can happen did happen', async () => {
    const { sql } = run.stack;
    const sent = run.needles.filter((needle) => run.heard.some((text) => found([needle], '', text).length > 0)).map(({ name }) => name);
    const [count] = await sql`select count(*)::int as mails from deliveries where state = 'sent'`;

    expect(sent).toEqual(expect.arrayContaining(['xledger', 'xledgerNew', 'central', 'centralNew', 'access token 1']));
    expect(run.statuses.map(({ status }) => status)).toEqual(expect.arrayContaining(['succeeded', 'failed']));
    expect(run.statuses.map(({ error_code }) => error_code)).toEqual(expect.arrayContaining(['credential_missing', 'settings_invalid']));
    expect(await sql`select from runs where error_category = 'auth' and error_code <> 'credential_missing' limit 1`).toHaveLength(1);
    expect(await sql`select from runs where trigger = 'retry' and exported > 0 limit 1`).toHaveLength(1);
    expect(await sql`select from attempts where outcome = 'failed' and field is not null limit 1`).toHaveLength(1);
    expect(count?.['mails']).toBeGreaterThan(0);
    expect(run.mailbox.messages().length).toBeGreaterThan(0);
  });

  test('no table of any schema holds one', async () => {
    expect(await foundInDatabase(run.stack.sql, run.needles)).toEqual([]);
  });

  test('no statement that a session of the database still shows holds one', async () => {
    const rows = await run.stack.sql<{ query: string }[]>`select query from pg_stat_activity where pid <> pg_backend_pid() and query not like '%strpos(t::text%'`;

    expect(rows.flatMap(({ query }) => found(run.needles, 'pg_stat_activity', query))).toEqual([]);
  });

  test('no log holds one', () => {
    expect(run.stack.logs.flatMap((line) => found(run.needles, 'the log', line))).toEqual([]);
  });

  test('no e-mail holds one', () => {
    expect(run.mailbox.messages().flatMap((mail) => found(run.needles, 'a mail', JSON.stringify(mail)))).toEqual([]);
  });

  test('no answer to a member held one, those to setting and refusing credentials included', () => {
    expect(run.conversation.answers.some((answer) => answer.includes('SW422'))).toBe(true);
    expect(run.conversation.answers.flatMap((answer) => found(run.needles, 'an answer', answer))).toEqual([]);
  });

  test.each(Object.entries(relations).filter(([, rights]) => rights.authenticated).map(([name]) => name))('an owner finds none in %s', async (name) => {
    const [columns] = await run.stack.sql<{ list: string }[]>`
      select string_agg(quote_ident(attname), ',') as list from pg_attribute
      where attrelid = ${name}::regclass and attnum > 0 and has_column_privilege('authenticated', attrelid, attnum, 'select')`;
    const answer = await run.conversation.ask(`/rest/v1/${name.replace('public.', '')}?select=${columns?.list}`);

    expect(answer).toMatch(/^200 /);
    expect(found(run.needles, name, answer)).toEqual([]);
  });

  test('the answers of the functions to whoever calls them hold none', async () => {
    const { functionsUrl, publishableKey, secretKey } = run.stack;
    for (const name of ['sync-xledger', 'sync-business-central', 'deliver', 'nothing']) {
      for (const key of [null, publishableKey, 'sb_secret_wrong', secretKey]) {
        for (const body of ['', '{', '{"org": 1}', JSON.stringify({ org: '00000000-0000-4000-8000-000000000000', run: 1 })]) {
          const response = await fetch(`${functionsUrl}/${name}`, { method: 'POST', body, headers: key ? { apikey: key } : {} });
          const text = `${JSON.stringify(Object.fromEntries(response.headers))} ${await response.text()}`;
          expect(found(run.needles, name, text)).toEqual([]);
          if (key !== secretKey) expect(response.status).toBeGreaterThanOrEqual(400);
        }
      }
    }
    await run.stack.settled();
  });

  test('the doorbell leaves no key behind: nothing waits, and no kept answer holds it', async () => {
    const { sql } = run.stack;
    const [left] = await sql`select (select count(*)::int from net.http_request_queue) as waiting, (select count(*)::int from net._http_response) as answered`;
    const rows = await sql<{ row: string }[]>`select t::text as row from net._http_response t where t::text like '%sb\\_secret\\_%' or t::text ilike '%apikey%'`;

    expect(left?.['waiting']).toBe(0);
    expect(left?.['answered']).toBeGreaterThan(0);
    expect([...rows]).toEqual([]);
  });

  test('the built page holds none, and no secret key of any project', async () => {
    await buildPage(() => undefined);

    expect(await foundInFolder(pageFolder, run.needles)).toEqual([]);
    expect(await foundInFolder(pageFolder, [{ name: 'a secret key', spellings: ['"sb_secret_', '\'sb_secret_', 'service_role'] }])).toEqual([]);
    // What is looked for would be found: the page is there, and names where it keeps the session.
    expect(await foundInFolder(pageFolder, [{ name: 'the page', spellings: ['syncward-session'] }])).not.toEqual([]);
  });

  test('no answer of the page\'s host holds one, the address of its settings included', async () => {
    const { apiUrl, publishableKey, secretKey, jwtSecret } = { ...run.stack, ...run.stack.keys };
    const served = await startPage({ port: 0, folder: pageFolder, config: () => ({ apiUrl: apiUrl ?? '', publishableKey }) });
    const answers = await Promise.all(['/', '/config.json', '/o/nord', '/gone.json', '/assets/gone.js', '/../keys.json', '/.env', '/keys.json', '/%2e%2e/%2e%2e/.syncward/keys.json'].map(async (path) => {
      const response = await fetch(served.url + path);
      return `${path} ${JSON.stringify(Object.fromEntries(response.headers))} ${await response.text()}`;
    }));
    await served.close();

    expect(answers.flatMap((answer) => found(run.needles, 'the page', answer))).toEqual([]);
    expect(answers.join()).toContain(publishableKey);
    for (const secret of [secretKey, jwtSecret]) expect(answers.join()).not.toContain(secret);
  });
});

describe('a credential once set', () => {
  test('is not answered by the function that sets it', async () => {
    const [row] = await run.stack.sql<{ org: string; id: string }[]>`select org_id as org, id from integrations where system = 'xledger'`;
    const answer = await run.conversation.ask('/rest/v1/rpc/set_credential', { org: row?.org, integration: row?.id, credential: { token: 'nothing of this comes back' } });

    expect(answer).toMatch(/^(204 |200 (null)?$)/);
  });

  test('lies in Vault, where no role a browser can hold reads, calls or even looks', async () => {
    const { sql } = run.stack;
    const open = await sql`
      select r.role, o.name from (values ('anon'), ('authenticated')) r (role)
      cross join lateral (
        select 'schema vault' as name where has_schema_privilege(r.role, 'vault', 'usage') or has_schema_privilege(r.role, 'vault', 'create')
        union all select c.oid::regclass::text from pg_class c where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')
          and has_table_privilege(r.role, c.oid, 'select, insert, update, delete, truncate, references, trigger')
        union all select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
          where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'v') and has_column_privilege(r.role, c.oid, a.attnum, 'select')
        union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'vault'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')
      ) o`;

    expect([...open]).toEqual([]);
  });

  test('cannot be read by a statement of a member or of somebody signed out', async () => {
    const { stack } = run;
    const [olga] = await stack.sql<{ id: string; email: string }[]>`select id, email from auth.users where email = 'olga@example.org'`;
    if (!olga) throw new Error('the owner is missing');
    for (const statement of [
      'select * from vault.secrets', 'select * from vault.decrypted_secrets', 'select decrypted_secret from vault.decrypted_secrets limit 1',
      'select vault.create_secret(\'x\')', 'select vault.update_secret(gen_random_uuid(), \'x\')', 'select vault._key(gen_random_uuid())',
      'select private.credential_of(gen_random_uuid())', 'select private.platform_secret(\'syncward_secret_key\')', 'select private.ring_function(\'deliver\', \'{}\')',
      'select * from net.http_request_queue', 'select * from cron.job', 'select credential_secret_id from integrations', 'select pg_read_file(\'vault.key\')',
      'select public.begin_slice(gen_random_uuid(), 1, \'key\', 1)', 'select * from auth.users',
    ]) {
      for (const who of [olga, 'anon'] as const) {
        await expect(stack.as(who, (sql) => sql.unsafe(statement)), statement).rejects.toMatchObject({ code: '42501' });
      }
    }
  });

  test('is read by no function that a browser can call', async () => {
    const rows = await run.stack.sql`
      select p.oid::regprocedure::text as name from pg_proc p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prosrc ~ 'decrypted_secret|credential_of|platform_secret'
        and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))`;

    expect([...rows]).toEqual([]);
  });
});
