import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../scripts/stack/processes.ts';
import { atEnd } from '../support/cleanup.ts';

/** A stack in a process of its own, so that the process can be killed. */
export type HeldStack = { pid: number; directory: string; databaseUrl: string; apiUrl: string; ended: Promise<number | null>; process: ChildProcess };

/** Starts a stack in another process; throws the sentence when it does not start. */
export async function holdStack(directory = '', port = 0): Promise<HeldStack> {
  const program = join(import.meta.dirname, 'programs', 'hold-stack.ts');
  const child = spawn(process.execPath, [program, directory, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { sentence: string } | Omit<HeldStack, 'pid' | 'ended' | 'process'>;
    if ('sentence' in said) throw new Error(said.sentence);
    return { ...said, pid: child.pid ?? 0, ended, process: child };
  }
  throw new Error('The stack ended without a word');
}

/** Every process `pid` started, directly or not. Linux says so in /proc. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (stat) parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const ancestor of found) for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  return found.slice(1);
}

/** Those of the processes that still run. */
export function alive(pids: number[]): number[] {
  return pids.filter(isAlive);
}

/** True where processes can be looked at the way these tests do. */
export const hasProc = existsSync('/proc/self/stat');

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncward-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
