import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { z } from 'zod';
import { adviceFiles } from './advice-files.ts';
import { connectorTable } from './connector-table.ts';
import { databaseTypes } from './database-types.ts';
import { configWithFunctions, denoConfig, functionNames } from './function-settings.ts';
import { dumpSchema } from './schema-dump.ts';

/** A file that follows from others: where it is, in the project, and what has to be in it. */
export type GeneratedFile = { path: string; content: string };

const packageShape = z.object({ dependencies: z.record(z.string(), z.string()) });

/** Everything that `npm run generate` writes. The database must be one the migrations have been applied to. */
export async function generatedFiles(root: string, database: { sql: Sql; url: string }): Promise<GeneratedFile[]> {
  return [
    ...await functionFiles(root),
    { path: 'supabase/functions/_kit/database.types.ts', content: await databaseTypes(database.url) },
    { path: 'tests/schema/expected.sql', content: await dumpSchema(database.sql) },
  ];
}

/** The part that follows from the folders and package.json alone. */
export async function functionFiles(root: string): Promise<GeneratedFile[]> {
  const folder = join(root, 'supabase/functions');
  const names = await functionNames(folder);
  const { dependencies } = packageShape.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const config = await readFile(join(root, 'supabase/config.toml'), 'utf8');
  const files = names.map(async (name) => ({
    path: `supabase/functions/${name}/deno.json`,
    content: await denoConfig(join(folder, name, 'index.ts'), dependencies),
  }));
  const connectors = 'docs/connectors.md';
  return [
    { path: 'supabase/config.toml', content: configWithFunctions(config, names) },
    { path: connectors, content: await connectorTable(await readFile(join(root, connectors), 'utf8'), folder, names) },
    ...await Promise.all(files),
    ...await adviceFiles(folder, names),
  ];
}

/** A file that is not as it should be, and the first line that differs. */
export type Difference = { path: string; line: number; expected: string; found: string };

/** Compares what should be there with what is. */
export async function outdated(root: string, files: GeneratedFile[]): Promise<Difference[]> {
  const differences = await Promise.all(files.map(async ({ path, content }) => {
    const found = await readFile(join(root, path), 'utf8').catch(() => '');
    if (found === content) return [];
    const [is, should] = [found.split('\n'), content.split('\n')];
    const at = should.findIndex((text, i) => is[i] !== text);
    const i = at === -1 ? should.length : at;
    return [{ path, line: i + 1, expected: should[i] ?? '(end of file)', found: is[i] ?? '(end of file)' }];
  }));
  return differences.flat();
}
