import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';

/** One of the stand-ins for what hosted Supabase has and npm has not. */
export type PlatformPart = 'roles' | 'cron' | 'net' | 'vault' | 'auth';

/** The SQL of one stand-in; it may be applied again and again. */
export async function platformSql(part: PlatformPart): Promise<string> {
  return readFile(new URL(`./platform/${part}.sql`, import.meta.url), 'utf8');
}

/** Puts stand-ins into a database as its superuser, all that are asked for or none. `auth` needs the schema's tables. */
export async function applyPlatform(sql: Sql, chosen: readonly PlatformPart[]): Promise<void> {
  const texts = await Promise.all(chosen.map(platformSql));
  await sql.begin(async (transaction) => {
    await transaction`set local client_min_messages = warning`;
    for (const text of texts) await transaction.unsafe(text).simple();
  });
}
