import type { TestProject } from 'vitest/node';
import { connect } from '../../scripts/stack/connect.ts';
import { startDatabase } from '../../scripts/stack/database.ts';
import { migrationsFolder } from '../../scripts/stack/migrate.ts';
import type { Keys } from '../../scripts/stack/directory.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the database every test database is a copy of, with `template` as its name. */
    server: { url: string; template: string; keys: Keys };
  }
}

/** Boots one Postgres for the whole run and prepares the database that `testDatabase()` copies. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const database = await startDatabase({
    directory: null,
    port: 0,
    durable: false,
    migrations: migrationsFolder,
    onProgress: () => undefined,
    onLog: () => undefined,
  });
  // A database can only be copied while nobody is connected to it: the prepared one gets a name nobody uses.
  const template = 'syncward_template';
  await database.sql.end();
  const admin = connect(new URL('/template1', database.url).href, 1);
  await admin.unsafe(`alter database postgres rename to ${template}`);
  await admin.unsafe(`alter database ${template} is_template true`);
  await admin.unsafe('create database postgres template template0');
  await admin.end();
  project.provide('server', { url: database.url, template, keys: database.keys });
  return () => database.stop();
}
