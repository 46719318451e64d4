import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { connect } from './connect.ts';
import { messageOf } from './errors.ts';
import { nextDue } from './schedule.ts';

/** What one run of a job left in `cron.job_run_details`. */
export type JobRun = { status: 'succeeded' | 'failed'; message: string };

/** Drives `cron.job`. */
export type Clock = {
  /** Starts what is due at `at`; the jobs run on. Only one clock per database does anything. */
  beat(at: Date): Promise<void>;
  /** Resolves when no job is running. */
  settled(): Promise<void>;
  /** Runs one job now, after a run of it that may be going on. Throws if there is no such job. */
  tick(jobName: string): Promise<JobRun>;
  stop(): Promise<void>;
};

export type ClockOptions = { databaseUrl: string; onLog(line: string): void };

type Job = { jobid: string; jobname: string | null; schedule: string; command: string; username: string };

/** A clock that beats once a second. */
export function startClock(options: ClockOptions, now: () => Date): Clock {
  const clock = createClock(options);
  let timer: NodeJS.Timeout | null = null;
  const next = (): void => {
    timer = setTimeout(() => void clock.beat(now()).finally(() => { if (timer) next(); }), 1000 - (now().getTime() % 1000));
  };
  next();
  return {
    ...clock,
    async stop() {
      if (timer) clearTimeout(timer);
      timer = null;
      await clock.stop();
    },
  };
}

/** A clock that stands still until it is told the time. */
export function createClock({ databaseUrl, onLog }: ClockOptions): Clock {
  const sql = connect(databaseUrl, 2);
  const due = new Map<string, { schedule: string; at: Date | null }>();
  const running = new Map<string, Promise<unknown>>();
  const again = new Set<string>();
  let leader: Session | null = null;
  let stopped = false;

  function start(job: Job): void {
    // pg_cron too runs one instance of a job at a time and keeps at most one waiting.
    if (running.has(job.jobid)) return void again.add(job.jobid);
    const run = runJob(databaseUrl, job).catch((error: unknown) => onLog(`Job ${job.jobname ?? job.jobid}: ${messageOf(error)}`)).finally(() => {
      running.delete(job.jobid);
      if (again.delete(job.jobid) && !stopped) start(job);
    });
    running.set(job.jobid, run);
  }

  async function beat(at: Date): Promise<void> {
    try {
      leader = await lead(databaseUrl, leader);
      if (!leader) return;
      const jobs = await sql<Job[]>`select jobid, jobname, schedule, command, username from cron.job where active order by jobid`;
      for (const job of jobs) {
        const known = due.get(job.jobid);
        const changed = known?.schedule !== job.schedule;
        if (!changed && known?.at && known.at <= at) start(job);
        if (changed || (known?.at && known.at <= at)) due.set(job.jobid, { schedule: job.schedule, at: nextDue(job.schedule, at) });
      }
    } catch (error) {
      await leader?.end();
      leader = null;
      if (!stopped) onLog(`The clock skipped a beat: ${messageOf(error)}`);
    }
  }

  async function settled(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values());
  }

  return {
    beat,
    settled,
    async tick(jobName) {
      const [job] = await sql<Job[]>`select jobid, jobname, schedule, command, username from cron.job where jobname = ${jobName}`;
      if (!job) throw new Error(`There is no job named ${jobName} in cron.job`);
      return runJob(databaseUrl, job);
    },
    async stop() {
      stopped = true;
      await leader?.end();
      // A job that is nearly done may write down how it ended.
      await Promise.race([settled(), wait(2_000, undefined, { ref: false })]);
      await sql.end({ timeout: 1 });
    },
  };
}

/** A connection of its own. Once it is lost, whoever waits for it is told so: a query on it might wait for ever. */
type Session = { sql: Sql; ask<T>(query: PromiseLike<T>): Promise<T>; end(): Promise<void> };

function openSession(databaseUrl: string): Session {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const sql = connect(databaseUrl, 1, { prepare: false, fetch_types: false, onclose: () => lost.reject(new Error('The connection was lost.')) });
  return {
    sql,
    ask: (query) => Promise.race([query, lost.promise]),
    end: () => sql.end({ timeout: 1 }).catch(() => undefined),
  };
}

/** Holds the session lock that makes a second clock on the same database stand by, or tries to get it. */
async function lead(databaseUrl: string, current: Session | null): Promise<Session | null> {
  if (current) {
    await current.ask(current.sql`select 1`);
    return current;
  }
  const session = openSession(databaseUrl);
  try {
    const { sql, ask } = session;
    const [lock] = await ask(sql<{ held: boolean }[]>`select pg_try_advisory_lock(hashtext('syncward clock'), 0) as held`);
    if (lock?.held) {
      // What an earlier clock left unfinished did not survive it; pg_cron words it so after a restart.
      await ask(sql`
        update cron.job_run_details
        set status = 'failed', return_message = 'server restarted', end_time = now()
        where status in ('starting', 'running')
        and job_pid not in (select pid from pg_stat_activity)`);
      return session;
    }
  } catch (error) {
    await session.end();
    throw error;
  }
  await session.end();
  return null;
}

/** Runs a job in a session of its own, as pg_cron does. */
async function runJob(databaseUrl: string, job: Job): Promise<JobRun> {
  const session = openSession(databaseUrl);
  const { sql, ask } = session;
  try {
    await ask(sql`select pg_advisory_lock(hashtext('syncward job'), ${job.jobid}::int)`);
    const [details] = await ask(sql<{ runid: string }[]>`
      insert into cron.job_run_details (jobid, job_pid, database, username, command, status, start_time)
      values (${job.jobid}, pg_backend_pid(), current_database(), ${job.username}, ${job.command}, 'running', clock_timestamp())
      returning runid`);
    const run = await execute(session, job);
    await wipe(session);
    await ask(sql`
      update cron.job_run_details
      set status = ${run.status}, return_message = ${run.message}, end_time = clock_timestamp()
      where runid = ${details?.runid ?? null}`);
    return run;
  } finally {
    await session.end();
  }
}

/** Whatever the job left open (role, settings, locks) ends with it; a transaction too, in which the rest cannot be discarded. */
async function wipe({ sql, ask }: Session): Promise<void> {
  await ask(sql.unsafe('discard all')).catch(async () => {
    await ask(sql.unsafe('rollback'));
    await ask(sql.unsafe('discard all'));
  });
}

async function execute({ sql, ask }: Session, job: Job): Promise<JobRun> {
  try {
    await ask(sql`select set_config('role', ${job.username}, false)`);
    const result = await ask(sql.unsafe(job.command).simple());
    const last: { command?: string; count?: number | null } = (Array.isArray(result.at(-1)) ? result.at(-1) : result) as never;
    return { status: 'succeeded', message: [last.command, last.count].filter((part) => part !== undefined && part !== null).join(' ') };
  } catch (error) {
    return { status: 'failed', message: `ERROR: ${messageOf(error)}` };
  }
}
