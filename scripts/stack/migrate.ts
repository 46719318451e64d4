import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { StackError } from './errors.ts';
import { spawnGuarded } from './guarded.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the project's migrations are. */
export const migrationsFolder = join(root, 'supabase', 'migrations');

/**
 * Brings a database up to date with `supabase db push`, the same command that updates a hosted project. Asks the
 * database first: the command takes most of a second even with nothing to do.
 * @throws StackError when a migration fails, or when one that was applied has been edited since.
 */
export async function migrate(sql: Sql, databaseUrl: string, folder: string, onLog: (line: string) => void): Promise<number> {
  const files = await readMigrations(folder);
  const applied = await appliedMigrations(sql);
  const edited = files.find((file) => applied.has(file.version) && ![null, file.hash].includes(applied.get(file.version) ?? null));
  if (edited) {
    throw new StackError(`${edited.name} has been edited since it was applied to this data: run "npm start -- --reset" to begin anew.`);
  }
  const due = files.filter((file) => !applied.has(file.version));
  if (due.length === 0) return 0;
  await push(databaseUrl, folder, onLog);
  for (const file of due) {
    await sql`insert into syncward_stack.migrations (version, hash) values (${file.version}, ${file.hash}) on conflict do nothing`;
  }
  return due.length;
}

/** Changes whenever a migration does. */
export async function migrationsHash(folder: string): Promise<string> {
  const files = await readMigrations(folder);
  return hashOf(files.map((file) => `${file.name} ${file.hash}`).join('\n'));
}

type Migration = { name: string; version: string; hash: string };

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => /^\d+_.+\.sql$/.test(name)).sort() : [];
  return Promise.all(names.map(async (name) => ({
    name,
    version: name.split('_')[0] ?? name,
    hash: hashOf(await readFile(join(folder, name), 'utf8')),
  })));
}

/** Version to hash; null for one that was applied by other means. */
async function appliedMigrations(sql: Sql): Promise<Map<string, string | null>> {
  await sql.unsafe(`
    create schema if not exists syncward_stack;
    revoke all on schema syncward_stack from public;
    create table if not exists syncward_stack.migrations (version text primary key, hash text not null);
  `).simple();
  const [history] = await sql<{ exists: boolean }[]>`
    select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
  if (!history?.exists) return new Map();
  const rows = await sql<{ version: string; hash: string | null }[]>`
    select version, hash
    from supabase_migrations.schema_migrations
    left join syncward_stack.migrations using (version)`;
  return new Map(rows.map((row) => [row.version, row.hash]));
}

async function push(databaseUrl: string, folder: string, onLog: (line: string) => void): Promise<void> {
  const workdir = await mkdtemp(join(tmpdir(), 'syncward-push-'));
  try {
    await mkdir(join(workdir, 'supabase'), { recursive: true });
    await cp(folder, join(workdir, 'supabase', 'migrations'), { recursive: true });
    const config = join(folder, '..', 'config.toml');
    await writeFile(join(workdir, 'supabase', 'config.toml'), existsSync(config) ? await readFile(config) : 'project_id = "syncward"\n');
    // The command reads every file that its settings name.
    const templates = join(folder, '..', 'templates');
    if (existsSync(templates)) await cp(templates, join(workdir, 'supabase', 'templates'), { recursive: true });
    const target = new URL(databaseUrl);
    // Not on the command line, where every user of the machine could read it.
    const password = decodeURIComponent(target.password);
    target.password = '';
    const { code, output } = await runCli(['db', 'push', `--remote=${target.href}`, '--workdir', workdir, '--skip-vault', '--yes'], workdir, password);
    output.split('\n').filter((line) => line.trim()).forEach(onLog);
    if (code !== 0) throw new StackError(`A migration failed: ${whatFailed(output)}`);
  } finally {
    await rm(workdir, { recursive: true, force: true });
  }
}

async function runCli(args: string[], home: string, password: string): Promise<{ code: number | null; output: string }> {
  const lines: string[] = [];
  const child = spawnGuarded({
    program: process.execPath,
    args: [join(root, 'node_modules', '.bin', 'supabase'), ...args],
    cwd: home,
    // A home of its own: the command must neither read nor write what the user keeps for other projects.
    env: {
      PATH: process.env.PATH, HOME: home, PGPASSWORD: password, PGSSLMODE: 'disable', NO_COLOR: '1', CI: 'true', DO_NOT_TRACK: '1',
      SUPABASE_TELEMETRY_DISABLED: '1', SUPABASE_NO_UPDATE_NOTIFIER: '1', SUPABASE_NO_KEYRING: '1',
    },
    signals: ['SIGTERM', 'SIGKILL'],
    onLine: (line) => lines.push(line),
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, output: lines.join('\n') };
}

function whatFailed(output: string): string {
  const file = [...output.matchAll(/Applying migration (\S+?)\.\.\./g)].at(-1)?.[1];
  const error = /ERROR:[\s\S]*?(?=\nTry rerunning|$)/.exec(output)?.[0] ?? output.trim();
  return file ? `${file}: ${error}` : error;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
