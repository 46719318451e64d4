import ts from 'typescript';
import { runSupabase } from './supabase-cli.ts';

const HEADING = '// The tables, views and functions the Data API offers. Written by `npm run generate` from the migrations; '
  + 'do not edit.\n\n';

/**
 * The types of the schema `public`, as the Supabase CLI reads them from a database, evenly laid out.
 * @throws Error with the CLI's own words when it fails.
 */
export async function databaseTypes(databaseUrl: string): Promise<string> {
  const { code, stdout, stderr } = await runSupabase(['gen', 'types', `--remote=${databaseUrl}`, '--schema', 'public']);
  // Notices about the connection come before the types, on the same stream.
  const start = stdout.search(/^export type /m);
  if (code !== 0 || start === -1) throw new Error(`supabase gen types failed: ${stderr.trim() || stdout.trim()}`);
  return HEADING + layOut(stdout.slice(start));
}

/** The CLI prints one line per table and leaves the layout to a formatter; the compiler's own printer is at hand. */
function layOut(source: string): string {
  const file = ts.createSourceFile('database.types.ts', source, ts.ScriptTarget.Latest);
  const printed = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed }).printFile(file);
  return printed
    .replaceAll('"', "'")
    .replace(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2));
}
