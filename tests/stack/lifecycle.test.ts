import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../scripts/stack/connect.ts';
import { startDatabase, type Database, type DatabaseOptions } from '../../scripts/stack/database.ts';
import { atEnd } from '../support/cleanup.ts';
import { alive, descendants, hasProc, holdStack, temporaryFolder } from './held-stack.ts';

async function start(options: Partial<DatabaseOptions>): Promise<Database> {
  const database = await startDatabase({
    directory: null, port: 0, durable: false, migrations: null, onProgress: () => undefined, onLog: () => undefined, ...options,
  });
  atEnd(() => database.stop());
  return database;
}

test('data, keys and secrets survive a restart', async () => {
  const directory = join(await temporaryFolder(), 'data');
  const first = await start({ directory });
  await first.sql`create table kept as select 'still here' as what`;
  await first.sql`select vault.create_secret('still secret', 'kept')`;
  await first.stop();

  const second = await start({ directory });

  expect(await second.sql`select what, decrypted_secret from kept, vault.decrypted_secrets`).toEqual([{ what: 'still here', decrypted_secret: 'still secret' }]);
  expect(second.keys).toEqual(first.keys);
});

test('keys are random for each folder and only its owner may read them', async () => {
  const [one, other] = [await start({ directory: await temporaryFolder() }), await start({})];

  expect(one.keys.secretKey).not.toBe(other.keys.secretKey);
  expect(one.keys.jwtSecret).not.toBe(other.keys.jwtSecret);
  for (const file of ['keys.json', 'postgres/vault.key', 'postgres/syncward.conf']) {
    const { mode } = await stat(join(one.directory, file));
    expect((mode & 0o777).toString(8), file).toBe('600');
  }
});

test('two stacks run side by side without knowing of each other', async () => {
  const [one, other] = await Promise.all([holdStack(), holdStack()]);

  const sql = connect(one.databaseUrl, 1);
  await sql`create table only_here (id int)`;
  await sql.end();
  const elsewhere = connect(other.databaseUrl, 1);
  expect(await elsewhere`select to_regclass('only_here') as found`).toEqual([{ found: null }]);
  await elsewhere.end();
  expect(one.apiUrl).not.toBe(other.apiUrl);
});

test.skipIf(!hasProc)('stopping leaves no process and no temporary folder', async () => {
  const stack = await holdStack();
  const started = await descendants(stack.pid);
  expect(started.length).toBeGreaterThan(3);

  stack.process.kill('SIGTERM');

  expect(await stack.ended).toBe(0);
  await expect.poll(() => alive(started)).toEqual([]);
  expect(existsSync(stack.directory)).toBe(false);
});

test.skipIf(!hasProc)('kill -9 of the stack ends everything within two seconds, and its temporary folder', async () => {
  const stack = await holdStack();
  const started = await descendants(stack.pid);
  expect(started.length).toBeGreaterThan(3);

  process.kill(stack.pid, 'SIGKILL');

  await expect.poll(() => alive(started), { timeout: 2000 }).toEqual([]);
  await expect.poll(() => existsSync(stack.directory)).toBe(false);
});

test('after a kill -9 the next start finds all that was committed', async () => {
  const directory = join(await temporaryFolder(), 'data');
  const stack = await holdStack(directory);
  const sql = connect(stack.databaseUrl, 1);
  await sql`create table kept as select 1 as id`;
  await sql.end();
  process.kill(stack.pid, 'SIGKILL');
  await stack.ended;

  const again = await start({ directory });

  expect(await again.sql`select id from kept`).toEqual([{ id: 1 }]);
});

test('a server left behind by a crash is stopped by the next start', async () => {
  const directory = await temporaryFolder();
  const lost = await start({ directory });
  // As if the stack had gone without its watchdog: the server runs, and nobody holds the folder.
  await rm(join(directory, 'running'));

  const again = await start({ directory });

  expect(await lost.crashed).not.toBe('');
  expect(await again.sql`select 1 as id`).toEqual([{ id: 1 }]);
});

test('a second start on the same folder is told who runs there', async () => {
  const directory = await temporaryFolder();
  await start({ directory });

  await expect(start({ directory })).rejects.toThrow(`Syncward is already running on ${directory} (process ${process.pid}): stop that one first.`);
});

test('a taken port is named with what to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };

  await expect(start({ port })).rejects.toThrow(`Port ${port} (database) is taken by another program: stop that one, or use other ports with "npm start -- --ports free".`);
});

test('a first start that was interrupted is named, and a new one does not hang on it', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, 'postgres', 'base'), { recursive: true });
  const sentence = `The data in ${directory} is incomplete, because its first start was interrupted: run "npm start -- --reset" to begin anew.`;

  await expect(start({ directory })).rejects.toThrow(sentence);
  await expect(start({ directory })).rejects.toThrow(sentence);
});

test('data of another Postgres is named with both versions', async () => {
  const directory = await temporaryFolder();
  await (await start({ directory })).stop();
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '16\n');

  await expect(start({ directory })).rejects.toThrow('was written by Postgres 16 and this is Postgres 17');
});

test('keys that can not be read are named', async () => {
  const directory = await temporaryFolder();
  await writeFile(join(directory, 'keys.json'), '{"databasePassword": ');

  await expect(start({ directory })).rejects.toThrow(`${join(directory, 'keys.json')} can't be read as keys`);
});

test('a folder that is a file is named', async () => {
  const file = join(await temporaryFolder(), 'data');
  await writeFile(file, '');

  await expect(start({ directory: file })).rejects.toThrow(`${file} is not a directory: move that file away and start again.`);
});

test('a folder of someone else is named with what to do', async () => {
  const parent = await temporaryFolder();
  await chmod(parent, 0o555);
  const directory = join(parent, 'data');

  await asOrdinaryUser(async () => {
    await expect(start({ directory })).rejects.toThrow(
      `Missing permission to write ${directory}: make it yours (chown or chmod) or start as the user who owns it.`,
    );
  });
});

test('a migration edited after it was applied is named', async () => {
  const [directory, migrations] = [await temporaryFolder(), join(await temporaryFolder(), 'migrations')];
  await mkdir(migrations);
  await writeFile(join(migrations, '20260101000000_first.sql'), 'create table first (id int);');
  const first = await start({ directory, migrations });
  expect(first.migrated).toBe(1);
  await first.stop();
  const second = await start({ directory, migrations });
  expect(second.migrated).toBe(0);
  await second.stop();

  await writeFile(join(migrations, '20260101000000_first.sql'), 'create table first (id bigint);');

  await expect(start({ directory, migrations })).rejects.toThrow('20260101000000_first.sql has been edited since it was applied to this data');
});

test('a migration that fails is named with the words of Postgres, and nothing keeps running', async () => {
  const [directory, migrations] = [await temporaryFolder(), join(await temporaryFolder(), 'migrations')];
  await mkdir(migrations);
  await writeFile(join(migrations, '20260101000000_wrong.sql'), 'create table wrong (id nothing);');

  await expect(start({ directory, migrations })).rejects.toThrow(/A migration failed: 20260101000000_wrong\.sql: ERROR: type "nothing" does not exist/);

  expect(existsSync(join(directory, 'running'))).toBe(false);
  expect(await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8').catch(() => 'gone')).toBe('gone');
});

/** Root may write everywhere; for the time of `work` this process may not. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
