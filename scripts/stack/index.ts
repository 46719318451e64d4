import type { Sql } from 'postgres';
import { startDatabase } from './database.ts';
import { migrationsFolder } from './migrate.ts';
import { startServices, type Part, type ServicePorts, type Services } from './services.ts';
import { createUser, type User } from './users.ts';

export { StackError } from './errors.ts';
export type { Part } from './services.ts';
export type { User } from './users.ts';

/** Ports to listen on; 0 is any free one. */
export type Ports = ServicePorts & { database: number };

export type StackOptions = {
  /** Where the data lives between starts; left out: a temporary folder, removed at the end. */
  directory?: string;
  /** Left out: free ones. */
  ports?: Partial<Ports>;
  /** What runs beside Postgres; left out: everything. */
  parts?: readonly Part[];
  /** Left out: the project's migrations; null: none. */
  migrations?: string | null;
  /** Left out: the project's Edge Functions. */
  functionsFolder?: string;
  /** What the functions find in their environment besides Supabase's own, such as RESEND_BASE_URL. */
  functionsEnv?: Record<string, string>;
  /** Hosts the functions may call; left out: this machine; null: any. */
  allowHosts?: string[] | null;
  /** False: data need not survive the machine losing power. Left out: true with a directory, false without. */
  durable?: boolean;
  /** Told what is being done, for steps a person may have to wait for. */
  onProgress?(step: string): void;
  /** Told every line the parts write. */
  onLog?(source: string, line: string): void;
};

/** A running stack. */
export type Stack = Services & {
  directory: string;
  databaseUrl: string;
  publishableKey: string;
  secretKey: string;
  /** A client of the superuser `postgres`. */
  sql: Sql;
  /** How many migrations this start applied. */
  migrated: number;
  /** Makes someone who can sign in at once. */
  createUser(email: string, password: string): Promise<User>;
  /** Resolves, with one sentence, when a part ends without being asked to; the others still run then. */
  crashed: Promise<string>;
};

export const everyPart: readonly Part[] = ['api', 'functions', 'doorbell', 'clock', 'page'];
export const thisMachine = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Starts Syncward on this machine alone: Postgres with stand-ins for what hosted Supabase adds, Auth and Data API, the
 * Edge Functions, the clock and the page. No process outlives the one that called this, however it ends.
 * @throws StackError with one sentence for what the caller can mend: ports, rights, disk, data.
 * @example
 * const stack = await startStack({ parts: ['api'] });
 * const user = await stack.createUser('ida@example.org', 'a long password');
 * await stack.stop();
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { ports = {}, parts = everyPart, onProgress = () => undefined, onLog = () => undefined } = options;
  const database = await startDatabase({
    directory: options.directory ?? null,
    port: ports.database ?? 0,
    durable: options.durable ?? options.directory !== undefined,
    migrations: options.migrations === undefined ? migrationsFolder : options.migrations,
    onProgress,
    onLog,
  });
  try {
    const services = await startServices({
      databaseUrl: database.url,
      sql: database.sql,
      keys: database.keys,
      parts,
      ports: { api: 0, functions: 0, page: 0, ...ports },
      functionsFolder: options.functionsFolder ?? null,
      functionsEnv: options.functionsEnv ?? {},
      allowHosts: options.allowHosts === undefined ? thisMachine : options.allowHosts,
      pageUrl: null,
      now: () => new Date(),
      onProgress,
      onLog,
    });
    return {
      ...services,
      directory: database.directory,
      databaseUrl: database.url,
      publishableKey: database.keys.publishableKey,
      secretKey: database.keys.secretKey,
      sql: database.sql,
      migrated: database.migrated,
      createUser: (email, password) => createUser(database.sql, email, password),
      crashed: Promise.race([database.crashed, services.functions.crashed]),
      async stop() {
        await services.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}
