import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** What the watchdog is told, one JSON object per line. */
export type Order =
  | { guard: number; signals: NodeJS.Signals[] }
  | { release: number }
  | { discard: string }
  | { keep: string };

const guarded = new Map<number, NodeJS.Signals[]>();
const discarded = new Set<string>();
let watchdog: ChildProcess | null = null;

/**
 * Ends `pid` when this process is gone, however it went (`kill -9` included): a small process of its own session holds
 * the other end of a pipe and sends `signals` one after the other until the guarded process has ended.
 */
export function guard(pid: number, signals: NodeJS.Signals[]): void {
  guarded.set(pid, signals);
  tell({ guard: pid, signals });
}

/** The process has ended; its number may soon belong to someone else. */
export function release(pid: number): void {
  if (guarded.delete(pid)) tell({ release: pid });
}

/** Removes a temporary directory when this process is gone, after the guarded processes have ended. */
export function discardLater(path: string): void {
  discarded.add(path);
  tell({ discard: path });
}

/** The temporary directory has been removed already. */
export function keep(path: string): void {
  if (discarded.delete(path)) tell({ keep: path });
}

function tell(order: Order): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${JSON.stringify(order)}\n`);
}

function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  child.unref();
  // A pipe of a child process is a socket; it must not keep a finished script alive.
  if (child.stdin instanceof Socket) child.stdin.unref();
  child.stdin?.on('error', () => undefined);
  child.once('exit', () => {
    if (watchdog === child) watchdog = null;
    for (const [pid, signals] of guarded) tell({ guard: pid, signals });
    for (const path of discarded) tell({ discard: path });
  });
  return child;
}
