import { expect, test } from 'vitest';
import { applyPlatform } from '../../scripts/stack/platform.ts';
import { testDatabase } from '../support/stack.ts';

const secret = 'token-that-must-not-leak';

test('a secret is stored encrypted and read back through the view', async () => {
  const { sql } = await testDatabase();

  await sql`select vault.create_secret(${secret}, 'vendor token', 'for a test')`;

  const [stored] = await sql`select secret from vault.secrets where name = 'vendor token'`;
  expect(Buffer.from(String(stored?.secret), 'base64').toString('latin1')).not.toContain(secret);
  expect(String(stored?.secret)).not.toContain(secret);
  expect(await sql`select name, description, decrypted_secret from vault.decrypted_secrets where name = 'vendor token'`)
    .toEqual([{ name: 'vendor token', description: 'for a test', decrypted_secret: secret }]);
});

test('the same secret twice does not look the same', async () => {
  const { sql } = await testDatabase();

  await sql`select vault.create_secret(${secret}), vault.create_secret(${secret})`;

  const [count] = await sql`select count(distinct secret)::int as different from vault.secrets where name is null`;
  expect(count).toEqual({ different: 2 });
});

test('no page of the database holds the secret or the key', async () => {
  const { sql } = await testDatabase();
  await sql`select vault.create_secret(${secret}, 'a')`;
  await sql`checkpoint`;

  const [found] = await sql`
    with pages as (
      select encode(pg_read_binary_file(pg_relation_filepath(c.oid)), 'escape') as bytes
      from pg_class c
      where c.relkind in ('r', 'i', 't') and pg_relation_filepath(c.oid) is not null and pg_relation_size(c.oid) > 0
    )
    select
      count(*) filter (where strpos(bytes, ${secret}) > 0)::int as secret
      , count(*) filter (where strpos(bytes, btrim(pg_read_file('vault.key'), E'\n')) > 0)::int as key
    from pages`;

  expect(found).toEqual({ secret: 0, key: 0 });
});

test('a ciphertext copied to another row can not be read there', async () => {
  const { sql } = await testDatabase();
  await sql`select vault.create_secret('mine', 'mine'), vault.create_secret('yours', 'yours')`;

  await sql`update vault.secrets set secret = (select secret from vault.secrets where name = 'yours') where name = 'mine'`;

  await expect(sql`select decrypted_secret from vault.decrypted_secrets where name = 'mine'`).rejects.toThrow('Wrong key or corrupt data');
});

test('updating changes what is given and keeps the rest', async () => {
  const { sql } = await testDatabase();
  const [made] = await sql<{ id: string }[]>`select vault.create_secret('old', 'name', 'description') as id`;

  await sql`select vault.update_secret(${made?.id ?? null}, 'new')`;

  expect(await sql`select name, description, decrypted_secret from vault.decrypted_secrets where id = ${made?.id ?? null}`)
    .toEqual([{ name: 'name', description: 'description', decrypted_secret: 'new' }]);
});

test('no role of the API reads a secret, its key, or the server\'s files', async () => {
  const { sql, as, createUser } = await testDatabase();
  await sql`select vault.create_secret(${secret})`;
  const ida = await createUser('ida@example.org');

  for (const caller of ['anon', 'service_role', ida] as const) {
    for (const statement of [
      'select * from vault.decrypted_secrets', 'select * from vault.secrets', 'select vault._key(gen_random_uuid())',
      "select vault.create_secret('x')", "select pg_read_file('vault.key')",
    ]) await expect(as(caller, (own) => own.unsafe(statement))).rejects.toThrow('permission denied');
  }
});

test('applying the platform again keeps secrets readable and jobs in place', async () => {
  const { sql } = await testDatabase();
  await sql`select vault.create_secret(${secret}, 'kept'), cron.schedule('kept', '* * * * *', 'select 1')`;

  await applyPlatform(sql, ['roles', 'cron', 'net', 'vault', 'auth']);

  expect(await sql`select decrypted_secret from vault.decrypted_secrets where name = 'kept'`).toEqual([{ decrypted_secret: secret }]);
  expect(await sql`select schedule from cron.job where jobname = 'kept'`).toEqual([{ schedule: '* * * * *' }]);
});
