import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { createClock, type Clock } from '../../scripts/stack/clock.ts';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/stack.ts';

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`);

async function clockOn(url: string): Promise<Clock> {
  const clock = createClock({ databaseUrl: url, onLog: () => undefined });
  atEnd(() => clock.stop());
  return clock;
}

/** A database whose only job notes each of its runs. */
async function withJob(schedule: string, command = 'insert into public.notes default values'): Promise<{ sql: Sql; url: string }> {
  const { sql, url } = await testDatabase();
  await sql`delete from cron.job`;
  await sql`create table public.notes (id bigint generated always as identity, ran_as text default current_user)`;
  await sql`select cron.schedule('note', ${schedule}, ${command})`;
  return { sql, url };
}

test('a job runs at each minute it is due, as the role that scheduled it', async () => {
  const { sql, url } = await withJob('*/5 * * * *');
  const clock = await clockOn(url);

  for (const time of ['10:04:59', '10:05:00', '10:05:01', '10:09:59', '10:10:02']) await clock.beat(at(time));
  await clock.settled();

  expect(await sql`select ran_as from public.notes`).toEqual([{ ran_as: 'postgres' }, { ran_as: 'postgres' }]);
  expect(await sql`select status, return_message, command from cron.job_run_details`).toEqual([
    { status: 'succeeded', return_message: 'INSERT 1', command: 'insert into public.notes default values' },
    { status: 'succeeded', return_message: 'INSERT 1', command: 'insert into public.notes default values' },
  ]);
});

test('a job in seconds runs that often', async () => {
  const { sql, url } = await withJob('10 seconds');
  const clock = await clockOn(url);

  for (const time of ['10:00:00', '10:00:09', '10:00:10', '10:00:19', '10:00:20']) await clock.beat(at(time));
  await clock.settled();

  expect(await sql`select from public.notes`).toHaveLength(2);
});

test('a second clock on the same database starts nothing, and takes over when the first stops', async () => {
  const { sql, url } = await withJob('* * * * *');
  const [first, second] = [await clockOn(url), await clockOn(url)];

  for (const time of ['10:00:30', '10:01:00']) for (const clock of [first, second]) await clock.beat(at(time));
  await Promise.all([first.settled(), second.settled()]);
  expect(await sql`select from public.notes`).toHaveLength(1);

  await first.stop();
  for (const time of ['10:02:30', '10:03:00']) await second.beat(at(time));
  await second.settled();
  expect(await sql`select from public.notes`).toHaveLength(2);
});

test('a job still running when it is due again runs once more afterwards, never beside itself', async () => {
  const { sql, url } = await withJob('* * * * *', 'insert into public.notes default values; select pg_advisory_lock(7)');
  const clock = await clockOn(url);
  const blocker = await sql.reserve();
  await blocker`select pg_advisory_lock(7)`;

  for (const time of ['10:00:30', '10:01:00', '10:02:00', '10:03:00']) await clock.beat(at(time));
  await expect.poll(() => sql`select from cron.job_run_details where status = 'running'`).toHaveLength(1);

  await blocker`select pg_advisory_unlock(7)`;
  blocker.release();
  await clock.settled();
  expect(await sql`select status from cron.job_run_details`).toEqual([{ status: 'succeeded' }, { status: 'succeeded' }]);
});

test('a job that fails says why and leaves the next ones alone', async () => {
  const { sql, url } = await withJob('* * * * *', 'begin; set role anon; select 1 / 0');
  const clock = await clockOn(url);

  expect(await clock.tick('note')).toEqual({ status: 'failed', message: 'ERROR: division by zero' });
  await sql`select cron.schedule('note', '* * * * *', 'insert into public.notes default values')`;
  expect(await clock.tick('note')).toEqual({ status: 'succeeded', message: 'INSERT 1' });

  expect(await sql`select ran_as from public.notes`).toEqual([{ ran_as: 'postgres' }]);
});

test('a transaction that a job leaves open ends with the job', async () => {
  const { sql, url } = await withJob('* * * * *', 'begin; insert into public.notes default values');
  const clock = await clockOn(url);

  await clock.tick('note');
  await sql`select cron.schedule('note', '* * * * *', 'insert into public.notes default values')`;
  await clock.tick('note');

  expect(await sql`select id::int from public.notes`).toEqual([{ id: 2 }]);
});

test('a clock that stops lets the job at work end, and writes down how it did', async () => {
  const { sql, url } = await withJob('* * * * *');
  const clock = createClock({ databaseUrl: url, onLog: (line) => expect.fail(line) });
  await clock.beat(at('10:00:00'));
  const stopping = await sql.begin(async (transaction) => {
    await transaction`lock table public.notes in exclusive mode`;
    await clock.beat(at('10:01:00'));
    while ((await sql`select from cron.job_run_details where status = 'running'`).length === 0);
    return { stopped: clock.stop() };
  });
  await stopping.stopped;

  expect(await sql`select status from cron.job_run_details`).toEqual([{ status: 'succeeded' }]);
});

test('scheduling again under the same name changes the job, and unscheduling removes it', async () => {
  const { sql } = await withJob('* * * * *');

  await sql`select cron.schedule('note', '5 * * * *', 'select 2')`;
  expect(await sql`select schedule, command, active from cron.job`).toEqual([{ schedule: '5 * * * *', command: 'select 2', active: true }]);

  await sql`select cron.unschedule('note')`;
  expect(await sql`select from cron.job`).toHaveLength(0);
  await expect(sql`select cron.unschedule('note')`).rejects.toThrow("could not find valid entry for job 'note'");
});

test('a run that its clock did not survive is marked by the next clock', async () => {
  const { sql, url } = await withJob('* * * * *');
  await sql`insert into cron.job_run_details (jobid, job_pid, status, start_time) values (1, 0, 'running', now())`;

  await (await clockOn(url)).beat(at('10:00:00'));

  expect(await sql`select status, return_message from cron.job_run_details`).toEqual([{ status: 'failed', return_message: 'server restarted' }]);
});

test('ticking a job that does not exist says so', async () => {
  const { url } = await testDatabase();

  await expect((await clockOn(url)).tick('nothing')).rejects.toThrow('There is no job named nothing in cron.job');
});
