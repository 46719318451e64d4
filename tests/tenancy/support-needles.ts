import { Buffer } from 'node:buffer';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from 'postgres';

/** A secret, and every spelling in which a part of it that is worth something could turn up. */
export type Needle = { name: string; spellings: string[] };

/** The beginning alone is found too: whatever cuts a text must not cut it before the secret is taken out of it. */
export function needleOf(name: string, secret: string): Needle {
  const half = Math.floor(secret.length / 2);
  const bytes = Buffer.from(secret);
  const cores = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').slice(4, -4).replace(/=+$/, ''));
  return { name, spellings: [secret.slice(0, 16), secret.slice(half), bytes.toString('hex').slice(0, secret.length), ...cores] };
}

/** Names of the needles found in a text, with what stands around each: for the message of the test that fails. */
export function found(needles: readonly Needle[], where: string, text: string): string[] {
  return needles.flatMap(({ name, spellings }) => {
    const at = spellings.map((spelling) => text.indexOf(spelling)).find((place) => place >= 0);
    return at === undefined ? [] : [`${name} in ${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`];
  });
}

/** Looks through every row of every table of every schema, the catalog's and the unlogged ones too. */
export async function foundInDatabase(sql: Sql, needles: readonly Needle[]): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname not like 'pg_temp%' order by 1`;
  const everywhere: string[] = [];
  for (const { name } of tables) {
    const tests = needles.flatMap(({ spellings }) => spellings).map((spelling) => `strpos(t::text, '${spelling}') > 0`);
    const rows = await sql.unsafe<{ row: string }[]>(`select t::text as row from ${name} t where ${tests.join(' or ')} limit 20`);
    everywhere.push(...rows.flatMap(({ row }) => found(needles, name, row)));
  }
  return everywhere;
}

/** Looks through every file under a folder; null where there is no such folder. */
export async function foundInFolder(folder: string, needles: readonly Needle[]): Promise<string[] | null> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (!files) return null;
  const parts = files.filter((file) => file.isFile()).map(async (file) => {
    const path = join(file.parentPath, file.name);
    return found(needles, path, await readFile(path, 'latin1'));
  });
  return (await Promise.all(parts)).flat();
}
