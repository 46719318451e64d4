import { expect, test } from 'vitest';
import { testDatabase } from '../support/stack.ts';

test('a test gets a database of its own with roles, platform and the schema auth', async () => {
  const { sql } = await testDatabase();

  const [found] = await sql`
    select
      to_regclass('auth.users') is not null as auth
      , to_regclass('cron.job') is not null as cron
      , to_regclass('net.http_request_queue') is not null as net
      , to_regclass('vault.decrypted_secrets') is not null as vault
      , (select rolbypassrls from pg_roles where rolname = 'service_role') as service`;

  expect(found).toEqual({ auth: true, cron: true, net: true, vault: true, service: true });
});

test('what one test writes, another never sees', async () => {
  const [one, other] = await Promise.all([testDatabase(), testDatabase()]);

  await one.createUser('ida@example.org');

  expect(await one.sql`select email from auth.users`).toHaveLength(1);
  expect(await other.sql`select email from auth.users`).toHaveLength(0);
});

test('statements run with the rights of the caller', async () => {
  const { createUser, as } = await testDatabase();
  const ida = await createUser('ida@example.org');

  const [me] = await as(ida, (sql) => sql`select auth.uid() as id, current_user::text as role`);

  expect(me).toEqual({ id: ida.id, role: 'authenticated' });
});

test('nobody but the owner reads the tables of auth, cron, net and vault', async () => {
  const { sql } = await testDatabase();

  const readable = await sql`
    select n.nspname || '.' || c.relname as name, r.rolname as role
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join pg_roles r
    where n.nspname in ('auth', 'cron', 'net', 'vault')
    and c.relkind in ('r', 'v', 'S')
    and r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
    and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
    and has_schema_privilege(r.oid, n.oid, 'usage')`;

  expect(readable).toEqual([]);
});
