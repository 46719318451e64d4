import { execFileSync, type ChildProcess } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** True if a process with this number runs, whoever owns it; one that has ended but was not yet collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !['Z', 'X'].includes(procStat(pid)[0] ?? '');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Tells two processes with the same number apart: when it started, or null if it is gone. Linux counts clock ticks
 * since boot; elsewhere ps says it.
 */
export function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') return procStat(pid)[19] ?? null;
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** What Linux tells of a process from its state on (proc_pid_stat(5), field 3 and those after it). */
function procStat(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** True if `pid` is a Postgres server working in `directory`. */
export function isPostgresOn(pid: number, directory: string): boolean {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === directory;
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(directory);
  } catch {
    return false;
  }
}

/** Ends a child with each signal in turn, waiting `patienceMs` before the next; resolves when it is gone. */
export async function endChild(child: ChildProcess, signals: NodeJS.Signals[], patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timers = signals.map((signal, turn) => setTimeout(() => child.kill(signal), turn * patienceMs));
  await gone;
  timers.forEach(clearTimeout);
}

/** Ends a process this one did not start; resolves when it is gone or the signals are used up. */
export async function endProcess(pid: number, signals: NodeJS.Signals[], patienceMs: number): Promise<boolean> {
  for (const signal of signals) {
    if (!isAlive(pid)) return true;
    try {
      process.kill(pid, signal);
    } catch {
      // Gone in the meantime, or not ours to end: the question below tells which.
    }
    for (let waited = 0; waited < patienceMs && isAlive(pid); waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return !isAlive(pid);
}
