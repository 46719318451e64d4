import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseAccount, type Account } from './account.ts';
import { binaries } from './binaries.ts';
import type { Directory } from './directory.ts';
import { diskFull, noPermission, otherVersion, portTaken, StackError, withSentence } from './errors.ts';
import { spawnGuarded } from './guarded.ts';
import { claimPort } from './ports.ts';
import { endChild, endProcess, isAlive, isPostgresOn } from './processes.ts';

/** A running Postgres server. */
export type Postgres = {
  port: number;
  /** Address of one of its databases as the superuser `postgres`. */
  url(database: string): string;
  /** Resolves, with the reason, when the server ends without being asked to. */
  crashed: Promise<string>;
  stop(): Promise<void>;
};

export type PostgresOptions = {
  directory: Directory;
  /** 0: any free port. */
  port: number;
  /** False: no fsync. For data that need not survive the machine losing power. */
  durable: boolean;
  onLog(line: string): void;
};

const major = '17';
// Fast shutdown, then immediate shutdown, then the kernel's (postgres(1), "Notes").
const stopSignals: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGKILL'];

/**
 * Starts Postgres on the data of `directory`, made first when there is none.
 * @throws StackError with one sentence for a taken port, a full disk, missing rights or data of another version.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { directory } = options;
  const programs = await binaries();
  return withSentence(directory.path, async () => {
    const account = chooseAccount(directory.postgres, [programs.postgres, programs.initdb, directory.path]);
    if (!directory.complete) await initialize(directory, programs.initdb, account, options);
    await checkData(directory.postgres);
    await writeSettings(directory.postgres, account, options.durable);
    const port = await claimPort(options.port, 'database');
    return launch(programs.postgres, account, port, options);
  });
}

async function initialize(directory: Directory, initdb: string, account: Account, options: PostgresOptions): Promise<void> {
  await mkdir(directory.postgres, { mode: 0o700 });
  await own(directory.postgres, account);
  const passwordFile = join(directory.path, 'password');
  await writeFile(passwordFile, directory.keys.databasePassword, { mode: 0o600 });
  await own(passwordFile, account);
  try {
    const args = [
      `--pgdata=${directory.postgres}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256',
      '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ];
    const output = tail();
    const child = run(account.command(initdb, args), (line) => { output.add(line); options.onLog(line); });
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new StackError(explain(output.text(), directory, options.port));
  } finally {
    await rm(passwordFile, { force: true });
  }
  await appendFile(join(directory.postgres, 'postgresql.conf'), "include_if_exists = 'syncward.conf'\n");
  await writeFile(join(directory.postgres, 'vault.key'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  await own(join(directory.postgres, 'vault.key'), account);
}

async function checkData(data: string): Promise<void> {
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => 'an unknown version')).trim();
  if (version !== major) throw new StackError(otherVersion(data, version, major));
  const file = join(data, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  // The lock on the directory says that no stack lives on it: a server still there was left behind by a crash.
  if (isAlive(pid) && isPostgresOn(pid, data) && !(await endProcess(pid, stopSignals, 3000))) {
    throw new StackError(`An earlier Postgres (process ${pid}) still runs on ${data} and can't be stopped: end it and start again.`);
  }
  await rm(file, { force: true });
}

async function writeSettings(data: string, account: Account, durable: boolean): Promise<void> {
  const flag = durable ? 'on' : 'off';
  const settings = {
    listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', shared_buffers: '128MB',
    timezone: 'UTC', log_timezone: 'UTC', log_line_prefix: '%m [%p] ', log_checkpoints: 'off', lc_messages: 'C',
    wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '512MB', jit: 'off',
    fsync: flag, synchronous_commit: flag, full_page_writes: flag,
  };
  const file = join(data, 'syncward.conf');
  await writeFile(file, Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`).join(''), { mode: 0o600 });
  await chmod(file, 0o600);
  await own(file, account);
}

async function launch(program: string, account: Account, port: number, options: PostgresOptions): Promise<Postgres> {
  const { directory } = options;
  const output = tail();
  const ready = Promise.withResolvers<void>();
  const child = run(account.command(program, ['-D', directory.postgres, '-p', String(port)]), (line) => {
    output.add(line);
    options.onLog(line);
    if (line.includes('ready to accept connections')) ready.resolve();
  });
  let stopping = false;
  const crashed = new Promise<string>((resolve) => child.once('close', (_code, signal) => {
    const reason = signal ? `Postgres was ended by ${signal}.` : explain(output.text(), directory, port);
    ready.reject(new StackError(reason));
    if (!stopping) resolve(reason);
  }));
  child.once('error', (error) => ready.reject(error));
  await ready.promise;
  const password = encodeURIComponent(directory.keys.databasePassword);
  return {
    port,
    url: (database) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`,
    crashed,
    async stop() {
      stopping = true;
      await endChild(child, stopSignals, 4000);
    },
  };
}

function run(command: ReturnType<Account['command']>, onLine: (line: string) => void): ChildProcess {
  return spawnGuarded({ ...command, cwd: '/', env: { LC_ALL: 'C', PATH: process.env.PATH }, signals: stopSignals, onLine });
}

function explain(output: string, directory: Directory, port: number): string {
  if (/No space left on device|Disk quota exceeded/i.test(output)) return diskFull(directory.path);
  if (/could not bind|Address already in use/i.test(output)) return portTaken(port, 'database');
  if (/Permission denied|wrong ownership|Read-only file system/i.test(output)) return noPermission(directory.path);
  const last = output.split('\n').filter((line) => /FATAL|PANIC|error:/i.test(line)).at(-1) ?? output.split('\n').at(-1) ?? '';
  return `Postgres ended by itself (${last.trim() || 'no message'}): see ${join(directory.logs, 'postgres.log')}.`;
}

async function own(path: string, account: Account): Promise<void> {
  if (account.owner && existsSync(path)) await chown(path, account.owner.uid, account.owner.gid);
}

function tail(): { add(line: string): void; text(): string } {
  const lines: string[] = [];
  return {
    add: (line) => { if (lines.push(line) > 40) lines.shift(); },
    text: () => lines.join('\n'),
  };
}
