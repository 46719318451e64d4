import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Sql } from 'postgres';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { chooseAccount } from '../../scripts/stack/account.ts';
import { ensureAuthSchema } from '../../scripts/stack/api.ts';
import { connect } from '../../scripts/stack/connect.ts';
import { spawnGuarded } from '../../scripts/stack/guarded.ts';
import { migrationsFolder } from '../../scripts/stack/migrate.ts';
import { applyPlatform } from '../../scripts/stack/platform.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { endChild } from '../../scripts/stack/processes.ts';
import { discardLater, keep } from '../../scripts/stack/watchdog.ts';
import { atEnd } from '../support/cleanup.ts';
import { testStack } from '../support/stack.ts';

const jobs = [
  { jobname: 'syncward-deliver', schedule: '* * * * *', command: 'select private.tick_deliver()' },
  { jobname: 'syncward-evaluate', schedule: '* * * * *', command: 'select private.tick_evaluate()' },
  { jobname: 'syncward-reap', schedule: '* * * * *', command: 'select private.tick_reap()' },
  { jobname: 'syncward-retention', schedule: '17 * * * *', command: 'select private.tick_retention()' },
  { jobname: 'syncward-schedule', schedule: '* * * * *', command: 'select private.tick_schedule()' },
];
const beats = ['deliver', 'evaluate', 'reap', 'retention', 'schedule'];

test('the embedded clock runs all five jobs, and each leaves its heartbeat', async () => {
  const stack = await testStack({ parts: [] });
  expect(await stack.sql`select jobname, schedule, command from cron.job order by jobname`).toEqual(jobs);
  for (const { jobname } of jobs) expect(await stack.clock.tick(jobname), jobname).toMatchObject({ status: 'succeeded' });
  expect(await heartbeats(stack.sql)).toEqual(beats);
});

const programs = '/usr/lib/postgresql/15/bin';
const missing = [`${programs}/postgres`, '/usr/share/postgresql/15/extension/pg_cron.control'].filter((path) => !existsSync(path));

const reason = missing.length > 0 ? ` (skipped: no ${missing.join(', no ')})` : '';

// Debian's pg_cron (1.4) knows whole minutes only, so the jobs are awaited for up to one and a bit.
describe.skipIf(missing.length > 0)(`on the real pg_cron of Debian${reason}`, () => {
  let sql: Sql;
  beforeAll(async () => {
    const server = await startServerWithCron();
    ({ sql } = server);
    await applyPlatform(sql, ['roles', 'net', 'vault']);
    await ensureAuthSchema({ databaseUrl: server.url, keys: inject('server').keys, onLog: () => undefined });
    await applyPlatform(sql, ['auth']);
  });

  test('every migration applies, and the five jobs run by themselves and succeed', { timeout: 100_000 }, async () => {
    const names = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort();
    const migrations = await Promise.all(names.map((name) => readFile(join(migrationsFolder, name), 'utf8')));
    for (const migration of migrations.slice(0, -1)) await sql.unsafe(migration).simple();
    const ended = await endings(sql);
    expect(await heartbeats(sql)).toEqual([]);
    await sql.begin(async (transaction) => {
      await transaction.unsafe(migrations.at(-1) ?? '').simple();
      expect(await transaction`select jobname, schedule, command from cron.job where active order by jobname`).toEqual(jobs);
      // The hourly job is not waited for until its minute.
      await transaction`select cron.alter_job(jobid, schedule => '* * * * *') from cron.job where jobname = 'syncward-retention'`;
    });
    expect(await sql`select extname from pg_extension where extname = 'pg_cron'`).toHaveLength(1);
    expect(await ended.first(jobs.length)).toEqual(jobs.map(({ jobname }) => `${jobname} succeeded`));
    await vi.waitFor(async () => expect(await heartbeats(sql)).toEqual(beats), { timeout: 10_000 });
  });
});

async function heartbeats(sql: Sql): Promise<string[]> {
  const rows = await sql<{ job: string }[]>`select job from private.heartbeats where beat_at > now() - interval '2 minutes' order by job`;
  return rows.map((row) => row.job);
}

/** Tells of each job that ended, as pg_cron writes it down. */
async function endings(sql: Sql): Promise<{ first(count: number): Promise<string[]> }> {
  const ended = new Set<string>();
  let heard = (): void => undefined;
  await sql.unsafe(`
    create function public.tell_ending() returns trigger language plpgsql as $$
    begin
      perform pg_notify('job_ended', (select j.jobname from cron.job j where j.jobid = new.jobid) || ' ' || new.status);
      return null;
    end $$;
    create trigger tell_ending after update on cron.job_run_details
      for each row when (new.status in ('succeeded', 'failed')) execute function public.tell_ending();
  `).simple();
  await sql.listen('job_ended', (what) => {
    ended.add(what);
    heard();
  });
  return {
    async first(count) {
      while (ended.size < count) await new Promise<void>((resolve) => { heard = resolve; });
      return [...ended].sort();
    },
  };
}

/** A private Postgres 15 with pg_cron in a temporary folder, gone at the end of the file. */
async function startServerWithCron(): Promise<{ sql: Sql; url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'syncward-cron-'));
  discardLater(folder);
  const data = join(folder, 'data');
  const account = chooseAccount(data, [`${programs}/postgres`]);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, inject('server').keys.databasePassword, { mode: 0o600 });
  for (const path of account.owner ? [folder, passwordFile] : []) await chown(path, account.owner?.uid ?? 0, account.owner?.gid ?? 0);
  const initdb = account.command(`${programs}/initdb`, [
    `--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256',
    '--encoding=UTF8', '--locale=C', '--no-sync',
  ]);
  const { program, args, uid, gid } = initdb;
  await promisify(execFile)(program, args, { cwd: '/', uid, gid, env: { LC_ALL: 'C', PATH: process.env['PATH'] } });
  // With background workers pg_cron opens no connection of its own, so no password has to be kept for it.
  await appendFile(join(data, 'postgresql.conf'), [
    "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", 'fsync = off', "timezone = 'UTC'", 'max_worker_processes = 20',
    "shared_preload_libraries = 'pg_cron'", "cron.database_name = 'postgres'", 'cron.use_background_workers = on', '',
  ].join('\n'));
  const port = await freePort();
  const server = await launch(account.command(`${programs}/postgres`, ['-D', data, '-p', String(port)]));
  const url = `postgresql://postgres:${encodeURIComponent(inject('server').keys.databasePassword)}@127.0.0.1:${port}/postgres`;
  const sql = connect(url, 3);
  atEnd(async () => {
    await sql.end({ timeout: 1 });
    await endChild(server, ['SIGINT', 'SIGQUIT', 'SIGKILL'], 3_000);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    keep(folder);
  });
  return { sql, url };
}

async function launch(command: ReturnType<ReturnType<typeof chooseAccount>['command']>): Promise<ChildProcess> {
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const child = spawnGuarded({
    ...command, cwd: '/', env: { LC_ALL: 'C', PATH: process.env['PATH'] }, signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
    onLine(line) {
      lines.push(line);
      if (line.includes('ready to accept connections')) ready.resolve();
    },
  });
  child.once('exit', () => ready.reject(new Error(`Postgres 15 did not start:\n${lines.slice(-10).join('\n')}`)));
  await ready.promise;
  return child;
}
