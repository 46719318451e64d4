import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { ensureAuthSchema } from './api.ts';
import { closeAll, type Closers } from './closers.ts';
import { connect } from './connect.ts';
import { openDirectory, type Directory, type Keys } from './directory.ts';
import { migrate } from './migrate.ts';
import { applyPlatform } from './platform.ts';
import { startPostgres } from './postgres.ts';

/** A Postgres server whose database `postgres` looks like a hosted project's, migrations applied. */
export type Database = {
  directory: string;
  keys: Keys;
  url: string;
  port: number;
  /** A client of the superuser `postgres`. */
  sql: Sql;
  /** How many migrations this start applied. */
  migrated: number;
  crashed: Promise<string>;
  stop(): Promise<void>;
};

export type DatabaseOptions = {
  /** null: a temporary folder, removed at the end. */
  directory: string | null;
  port: number;
  durable: boolean;
  /** null: none. */
  migrations: string | null;
  onProgress(step: string): void;
  onLog(source: string, line: string): void;
};

/** Starts Postgres, the stand-ins, the schema `auth` and the migrations; on failure nothing is left running. */
export async function startDatabase(options: DatabaseOptions): Promise<Database> {
  const directory = await openDirectory(options.directory);
  const closers: Closers = [() => directory.close()];
  const stop = (): Promise<void> => closeAll(closers);
  try {
    const log = postgresLog(directory, options.onLog);
    closers.push(() => new Promise<void>((resolve) => log.stream.end(resolve)));
    options.onProgress('Starting Postgres');
    const server = await startPostgres({ directory, port: options.port, durable: options.durable, onLog: log.write });
    closers.push(() => server.stop());
    const url = server.url('postgres');
    const sql = connect(url, 5);
    closers.push(() => sql.end({ timeout: 2 }));
    await applyPlatform(sql, ['roles', 'cron', 'net', 'vault']);
    await ensureAuthSchema({ databaseUrl: url, keys: directory.keys, onLog: (line) => options.onLog('api', line) });
    await applyPlatform(sql, ['auth']);
    if (!directory.complete) await directory.markComplete();
    options.onProgress('Applying migrations');
    const migrated = options.migrations === null
      ? 0
      : await migrate(sql, url, options.migrations, (line) => options.onLog('migrations', line));
    return { directory: directory.path, keys: directory.keys, url, port: server.port, sql, migrated, crashed: server.crashed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}


function postgresLog(directory: Directory, onLog: DatabaseOptions['onLog']) {
  const stream = createWriteStream(join(directory.logs, 'postgres.log'), { flags: 'a' });
  // A full disk must not end the stack through its log.
  stream.on('error', () => undefined);
  return {
    stream,
    write(line: string): void {
      stream.write(`${line}\n`);
      onLog('postgres', line);
    },
  };
}
