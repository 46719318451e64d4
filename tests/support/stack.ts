import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { inject } from 'vitest';
import { connect } from '../../scripts/stack/connect.ts';
import type { Keys } from '../../scripts/stack/directory.ts';
import { startServices, type Part, type Services } from '../../scripts/stack/services.ts';
import { thisMachine } from '../../scripts/stack/index.ts';
import { createUser, type User } from '../../scripts/stack/users.ts';
import { atEnd } from './cleanup.ts';

/** Someone whose rights a statement runs with. */
export type Caller = User | 'anon' | 'service_role';

/** A database of its own, with platform and migrations, dropped at the end of the test or file that asked for it. */
export type TestDatabase = {
  url: string;
  name: string;
  keys: Keys;
  /** The superuser `postgres`. */
  sql: Sql;
  createUser(email: string, password?: string): Promise<User>;
  /** Runs `work` in one transaction with the rights the Data API gives the caller; commits when it resolves. */
  as<T>(caller: Caller, work: (sql: TransactionSql) => Promise<T>): Promise<T>;
};

/** Copies the prepared database (about 50 ms). Callable at the top of a file, in `beforeAll` or in a test. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('server');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // Copying files costs half of what writing every page to the log costs, and nothing here has to survive a crash.
  await asAdmin().unsafe(`create database ${name} template ${server.template} strategy file_copy`);
  const url = new URL(`/${name}`, server.url).href;
  const sql = connect(url, 10);
  atEnd(async () => {
    await sql.end({ timeout: 1 });
    await asAdmin().unsafe(`drop database ${name} with (force)`);
  });
  return {
    url,
    name,
    keys: server.keys,
    sql,
    createUser: (email, password = 'a long password') => createUser(sql, email, password),
    as: (caller, work) => sql.begin(async (transaction) => {
      await become(transaction, caller);
      return work(transaction);
    }) as Promise<Awaited<ReturnType<typeof work>>>,
  };
}

/** A test database with parts of the stack on it. */
export type TestStack = TestDatabase & Services & { publishableKey: string; secretKey: string; logs: string[] };

export type TestStackOptions = {
  /** Left out: `api`, `functions` and `doorbell`; the clock is told the time by the test. */
  parts?: readonly Part[];
  functionsFolder?: string;
  functionsEnv?: Record<string, string>;
};

/** Starts parts of the stack on a database of their own; stopped at the end of the test or file that asked for it. */
export async function testStack(options: TestStackOptions = {}): Promise<TestStack> {
  const database = await testDatabase();
  const logs: string[] = [];
  const services = await startServices({
    databaseUrl: database.url,
    sql: database.sql,
    keys: database.keys,
    parts: options.parts ?? ['api', 'functions', 'doorbell'],
    ports: { api: 0, functions: 0, page: 0 },
    functionsFolder: options.functionsFolder ?? null,
    functionsEnv: options.functionsEnv ?? {},
    allowHosts: thisMachine,
    pageUrl: 'http://127.0.0.1:54325',
    now: () => new Date(),
    onProgress: () => undefined,
    onLog: (source, line) => logs.push(`${source}: ${line}`),
  });
  atEnd(() => services.stop());
  return { ...database, ...services, publishableKey: database.keys.publishableKey, secretKey: database.keys.secretKey, logs };
}

async function become(sql: TransactionSql, caller: Caller): Promise<void> {
  const role = typeof caller === 'string' ? caller : 'authenticated';
  const claims = typeof caller === 'string' ? { role } : { role, sub: caller.id, email: caller.email };
  await sql`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
  await sql.unsafe(`set local role ${role}`);
}

let admin: Sql | null = null;

/** One connection for all the databases of a file, which closes by itself when it is not needed. */
function asAdmin(): Sql {
  return (admin ??= connect(new URL('/template1', inject('server').url).href, 1, { idle_timeout: 2 }));
}
