import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { alreadyRunning, halfWritten, StackError, withSentence } from './errors.ts';
import { startOf } from './processes.ts';
import { discardLater, keep } from './watchdog.ts';

const Keys = z.object({
  databasePassword: z.string(),
  jwtSecret: z.string().min(32),
  publishableKey: z.string().startsWith('sb_publishable_'),
  secretKey: z.string().startsWith('sb_secret_'),
});

/** What keeps one stack apart from another: random per data directory, in a file only its owner reads. */
export type Keys = z.infer<typeof Keys>;

/** The folder a stack lives in. */
export type Directory = {
  path: string;
  postgres: string;
  logs: string;
  keys: Keys;
  /** True when an earlier start got as far as a database with the platform in it. */
  complete: boolean;
  markComplete(): Promise<void>;
  /** Gives the folder back; a temporary one is removed. */
  close(): Promise<void>;
};

/**
 * Opens the folder of a stack, makes it when missing, and keeps others out while this process lives.
 * @param path null for a temporary folder that is removed at the end, even after a crash; in SYNCWARD_TEMP where that is set.
 * @throws StackError when it can't be written, is in use, or holds half a database.
 */
export async function openDirectory(path: string | null): Promise<Directory> {
  const root = path === null ? await temporary() : resolve(path);
  return withSentence(root, async () => {
    await mkdir(join(root, 'logs'), { recursive: true, mode: 0o755 });
    await access(root, constants.W_OK);
    const stamp = join(root, 'complete');
    const postgres = join(root, 'postgres');
    const lock = await lockDirectory(root);
    const complete = existsSync(stamp);
    if (existsSync(postgres) !== complete) {
      await rm(lock, { force: true });
      throw new StackError(halfWritten(root));
    }
    return {
      path: root,
      postgres,
      logs: join(root, 'logs'),
      keys: await readKeys(join(root, 'keys.json')),
      complete,
      markComplete: () => writeFile(stamp, 'The database and its platform were made completely.\n'),
      async close() {
        await rm(lock, { force: true });
        if (path !== null) return;
        await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
        keep(root);
      },
    };
  });
}

/** Throws the sentence to show when a stack runs on this folder. */
export async function assertNotRunning(path: string): Promise<void> {
  const root = resolve(path);
  const owner = await ownerOfLock(join(root, 'running'));
  if (owner !== null) throw new StackError(alreadyRunning(root, owner));
}

/** Removes the data of a stopped stack. */
export async function resetDirectory(path: string): Promise<void> {
  const root = resolve(path);
  await assertNotRunning(root);
  await withSentence(root, () => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
}

async function temporary(): Promise<string> {
  const parent = process.env.SYNCWARD_TEMP ?? tmpdir();
  const path = await withSentence(parent, () => mkdtemp(join(parent, 'syncward-')));
  discardLater(path);
  return path;
}

async function lockDirectory(root: string): Promise<string> {
  const lock = join(root, 'running');
  await assertNotRunning(root);
  await rm(lock, { force: true });
  // wx: of two stacks that start at once, one makes the file and the other is told.
  await writeFile(lock, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { flag: 'wx' });
  return lock;
}

async function ownerOfLock(lock: string): Promise<number | null> {
  const [pid, start] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(/ (.*)/);
  const owner = Number(pid);
  return owner > 0 && start !== undefined && startOf(owner) === start ? owner : null;
}

async function readKeys(file: string): Promise<Keys> {
  if (!existsSync(file)) {
    const keys = newKeys();
    // Renamed into place, so that a crash can't leave half a file.
    await writeFile(`${file}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return keys;
  }
  try {
    return Keys.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new StackError(`${file} can't be read as keys: run "npm start -- --reset" to begin anew.`, { cause: error });
  }
}

function newKeys(): Keys {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
  return {
    databasePassword: random(24),
    jwtSecret: random(48),
    publishableKey: `sb_publishable_${random(24)}`,
    secretKey: `sb_secret_${random(24)}`,
  };
}
