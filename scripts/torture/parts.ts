import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDatabase } from '../stack/database.ts';
import { spawnGuarded } from '../stack/guarded.ts';
import { thisMachine } from '../stack/index.ts';
import { migrationsFolder } from '../stack/migrate.ts';
import { startPostgres } from '../stack/postgres.ts';
import { endChild, isAlive } from '../stack/processes.ts';
import { startServices } from '../stack/services.ts';
import { temporaryStack } from './whole.ts';

/** A stack that can be ended as cruelly as the world does it, in parts or as a whole. Whatever was ended is started again by the same call. */
export type Besieged = {
  databaseUrl: string;
  /** The folder of its data. */
  directory: string;
  functions: { kill(): Promise<void>; start(): Promise<void> };
  /** Ended with SIGQUIT, which is what `-m immediate` sends: nothing is written out; then started on the same data. */
  crashPostgres(): Promise<void>;
  clocks: { kill(): Promise<void>; start(count: number): Promise<void> };
  /** SIGKILL to the process that holds everything, then the same start as before. */
  crashAll(afterMs: number): Promise<void>;
  /** True once no slice and no other background task is at work; false if that takes longer. */
  idle(patienceMs: number): Promise<boolean>;
  /** How often a word such as `lease_lost`, or the end of the disk, stood in the logs. */
  said(word: string): number;
  stop(): Promise<void>;
};

export type BesiegedOptions = {
  mailboxUrl: string;
  /** How long a minute of the clock takes. */
  minuteMs: number;
  onLog(source: string, line: string): void;
};

export const functionsFolder = fileURLToPath(new URL('../../tests/torture/functions', import.meta.url));
/** What the functions find beside Supabase's own. */
export const environment = (mailboxUrl: string): Record<string, string> => ({ RESEND_BASE_URL: mailboxUrl, PAGE_URL: 'http://127.0.0.1:54325' });

const clockProgram = fileURLToPath(new URL('./programs/clock.ts', import.meta.url));

const cannot = (what: string) => async (): Promise<void> => { throw new Error(`This stack cannot be attacked by ${what}.`); };

/** A stack in parts: Postgres, the functions and each clock are processes of their own, the Data API and the doorbell live here. */
export async function besiegeParts(options: BesiegedOptions): Promise<Besieged> {
  const { minuteMs } = options;
  const said = new Map<string, number>();
  const onLog = (source: string, line: string): void => {
    for (const word of line.match(/No space left on device|[a-z]+_[a-z_]+/g) ?? []) said.set(word, (said.get(word) ?? 0) + 1);
    options.onLog(source, line);
  };
  const database = await startDatabase({ directory: null, port: 0, durable: true, migrations: migrationsFolder, onProgress: () => undefined, onLog });
  const services = await startServices({
    databaseUrl: database.url, sql: database.sql, keys: database.keys, parts: ['api', 'functions', 'doorbell'],
    ports: { api: 0, functions: 0, page: 0 }, functionsFolder, functionsEnv: environment(options.mailboxUrl), allowHosts: thisMachine,
    pageUrl: null, now: () => new Date(), onProgress: () => undefined, onLog,
  });
  let again: Awaited<ReturnType<typeof startPostgres>> | null = null;
  const clocks: ChildProcess[] = [];
  const endClocks = async (signals: NodeJS.Signals[]): Promise<void> => {
    await Promise.all(clocks.splice(0).map((clock) => endChild(clock, signals, 2_000)));
  };

  return {
    databaseUrl: database.url,
    directory: database.directory,
    functions: { kill: () => services.functions.kill(), start: () => services.functions.start() },
    async crashPostgres() {
      await quit(database.directory);
      const path = database.directory;
      const folder = { path, postgres: join(path, 'postgres'), logs: join(path, 'logs'), keys: database.keys, complete: true };
      again = await startPostgres({
        directory: { ...folder, markComplete: () => Promise.resolve(), close: () => Promise.resolve() },
        port: database.port, durable: true, onLog: (line) => onLog('postgres', line),
      });
    },
    clocks: {
      kill: () => endClocks(['SIGKILL']),
      async start(count) {
        for (let number = 0; number < count; number += 1) clocks.push(await startClock(database.url, minuteMs, (line) => onLog('clock', line)));
      },
    },
    crashAll: cannot('ending all of it'),
    idle: (patienceMs) => Promise.race([services.functions.idle().then(() => true, () => false), wait(patienceMs, false, { ref: false })]),
    said: (word) => said.get(word) ?? 0,
    async stop() {
      await endClocks(['SIGTERM', 'SIGKILL']);
      await services.stop();
      await again?.stop();
      await database.stop();
    },
  };
}

/** The whole stack in one other process, which is killed: all that hangs on it goes down with it. */
export async function besiegeWhole(options: BesiegedOptions): Promise<Besieged> {
  const whole = await temporaryStack(options);
  return {
    databaseUrl: whole.databaseUrl, directory: whole.directory,
    functions: { kill: cannot('killing the functions'), start: () => Promise.resolve() },
    crashPostgres: cannot('ending Postgres'),
    clocks: { kill: cannot('killing the clock'), start: () => Promise.resolve() },
    crashAll: whole.crash, idle: whole.idle, said: () => 0, stop: whole.stop,
  };
}

async function quit(directory: string): Promise<void> {
  const pid = Number((await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGQUIT');
  while (isAlive(pid)) await wait(5);
}

async function startClock(databaseUrl: string, minuteMs: number, onLog: (line: string) => void): Promise<ChildProcess> {
  const beating = Promise.withResolvers<void>();
  const child = spawnGuarded({
    program: process.execPath, args: [clockProgram, databaseUrl, String(minuteMs)], cwd: '/', env: {}, signals: ['SIGKILL'],
    onLine: (line) => (line === 'beating' ? beating.resolve() : onLog(line)),
  });
  child.once('exit', () => beating.reject(new Error('The clock did not start.')));
  child.once('error', beating.reject);
  await beating.promise;
  return child;
}
