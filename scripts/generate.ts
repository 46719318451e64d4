import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { generatedFiles, outdated } from './generate/generated-files.ts';
import { startDatabase } from './stack/database.ts';
import { migrationsFolder } from './stack/migrate.ts';

const root = resolve(import.meta.dirname, '..');

/**
 * Writes the files that follow from others (config.toml's functions, their deno.json, what to do by system, the database
 * types, the schema dump), from a database made for the purpose; with `--check` only says which are out of date and ends with 1.
 */
async function generate(check: boolean): Promise<number> {
  const database = await startDatabase({
    directory: null,
    port: 0,
    durable: false,
    migrations: migrationsFolder,
    onProgress: (step) => process.stderr.write(`${step}\n`),
    onLog: () => undefined,
  });
  try {
    const files = await generatedFiles(root, database);
    const changed = await outdated(root, files);
    if (check) {
      for (const { path, line, expected, found } of changed) {
        process.stderr.write(`${path} is out of date from line ${line}\n  should be: ${expected}\n  is:        ${found}\n`);
      }
      if (changed.length > 0) process.stderr.write('To bring them up to date: npm run generate\n');
      return changed.length > 0 ? 1 : 0;
    }
    for (const { path, content } of files.filter((file) => changed.some(({ path }) => path === file.path))) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
      process.stdout.write(`${path} written\n`);
    }
    return 0;
  } finally {
    await database.stop();
  }
}

process.exitCode = await generate(process.argv.includes('--check'));
