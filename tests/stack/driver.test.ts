import { expect, test } from 'vitest';
import { connect } from '../../scripts/stack/connect.ts';
import { testDatabase } from '../support/stack.ts';

const database = await testDatabase();

/** A client of its own, and a way to end its connections from the other side. */
function client() {
  const sql = connect(database.url, 1, { connection: { application_name: 'ended' } });
  const endAll = (): Promise<unknown> => database.sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'ended' and datname = current_database()`;
  return { sql, endAll };
}

test('a reserved connection that is lost refuses every query, and giving it back spoils nothing', async () => {
  const { sql, endAll } = client();
  const reserved = await sql.reserve();
  await endAll();
  await reserved`select 1`.catch(() => undefined);
  await expect(reserved`select 2`).rejects.toThrow();
  await expect(reserved`select 3`).rejects.toThrow();
  reserved.release();
  expect(await sql`select 4 as four`).toEqual([{ four: 4 }]);
  await sql.end();
});

test('those who were refused a connection of their own leave none behind that nobody can have', async () => {
  const { sql } = client();
  // Only from another database can one be closed.
  const outside = connect(new URL('/template1', database.url).href, 1);
  await outside.unsafe(`alter database ${database.name} allow_connections false`);
  const refused = await Promise.allSettled(Array.from({ length: 5 }, () => sql.reserve()));
  await outside.unsafe(`alter database ${database.name} allow_connections true`);
  await outside.end();

  expect(refused.map(({ status }) => status)).toContain('rejected');
  for (const one of refused) if (one.status === 'fulfilled') one.value.release();
  const reserved = await sql.reserve();
  expect(await reserved`select 7 as seven`).toEqual([{ seven: 7 }]);
  reserved.release();
  await sql.end();
});
