import type { Sql } from 'postgres';
import { errorResponse, isPostgresError } from '../../../scripts/stack/postgrest-errors.ts';
import type { Case } from './fuzz-doors.ts';
import { resolve } from './fuzz-values.ts';
import type { Ids } from './fuzz-world.ts';
import { toJson } from './json.ts';

export type Answer = { status: number; type: string; text: string };

/** What of our insides must not be in an answer: places in code, places on a disk, the text of a statement, rows of ours. */
const INSIDES = /\bat .{1,80}:\d+:\d+\)?$|node_modules|file:\/\/|\.tsx?:\d+|\/(?:work|home|root|tmp|usr|var)\/|PL\/pgSQL|SQL (?:function|statement)|\bprivate\.|credential_secret_id|\b(?:insert into|select .{1,200} from|update .{1,60} set) /im;

/** Everything that is wrong with an answer; nothing, for most. */
export async function wrongWith(sql: Sql, one: Case, answer: Answer, ids: Ids): Promise<string[]> {
  const { status, text } = answer;
  // Whoever sends more than is on the way at a time to a door that is shut may find it shut before they have finished.
  const isCutOff = /ECONNRESET|EPIPE/.test(text) && toJson(resolve(one.body, ids)).length > 65_536;
  if (status === 0) return isCutOff ? [] : [`was not answered: ${text}`];
  const wrong: string[] = [];
  // Whoever may write a row may see it again; a person must not see one that holds more than they may read.
  if (one.caller !== 'service' && text.includes('Failing row contains')) wrong.push('showed a row');
  if (status >= 500) wrong.push(`answered ${status}${await verdictOfPostgres(sql, one, ids)}`);
  // The embedded Data API gave up by itself: what Postgres says of the same call must be a refusal of its own, or nothing against it.
  const verdict = text.includes('"PGRST102"') ? await verdictOfPostgres(sql, one, ids) : '';
  if (/answers with 5/.test(verdict)) wrong.push(`makes Postgres stumble${verdict}`);
  if (status >= 400 && INSIDES.test(withoutEcho(text, one))) wrong.push(`told of our insides: ${INSIDES.exec(text)?.[0].slice(0, 60)}`);
  const isOurs = status !== 431 && !one.path.startsWith('/auth/');
  if (status >= 400 && status < 500 && isOurs && one.method !== 'HEAD' && !isSentence(text)) wrong.push(`refused with ${status} and no sentence`);
  return wrong;
}

/** What the caller said themselves may come back. */
function withoutEcho(text: string, one: Case): string {
  return text.replaceAll(decodeURIComponent(one.path.split('?')[0]?.replace(/%(?![0-9a-f]{2})/gi, '%25').replace(/%[89a-f][0-9a-f]|%00/gi, '') ?? '') || ' ', '');
}

function isSentence(text: string): boolean {
  try {
    const { message, msg, error } = JSON.parse(text) as { message?: unknown; msg?: unknown; error?: unknown };
    return [message, msg, error].some((part) => typeof part === 'string' && part.length > 2);
  } catch {
    return false;
  }
}

/** The embedded Data API is not PostgREST: what Postgres itself says of the same call decides whose fault an answer is. */
async function verdictOfPostgres(sql: Sql, one: Case, ids: Ids): Promise<string> {
  if (!one.args) return '';
  const name = one.place.replace('rpc ', '');
  const args = Object.entries(resolve(one.args, ids) as Record<string, unknown>);
  try {
    await sql.begin(async (db) => {
      await db`select set_config('request.jwt.claims', '{"role":"service_role"}', true)`;
      const named = args.map(([key, value]) => `"${key.replaceAll('"', '""')}" => ${literal(value)}`).join(', ');
      await db.unsafe(`select * from public.${name}(${named})`);
      throw new Error('rolled back on purpose');
    });
  } catch (error) {
    if (!isPostgresError(error)) return ' (Postgres takes it)';
    return ` (Postgres: ${error.code}, which PostgREST answers with ${errorResponse(error).status})`;
  }
  return '';
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const text = typeof value === 'string' ? value : toJson(value);
  return `'${text.replaceAll('\0', '').toWellFormed().replaceAll("'", "''")}'`;
}
