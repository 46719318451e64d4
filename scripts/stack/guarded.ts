import { spawn, type ChildProcess } from 'node:child_process';
import { guard, release } from './watchdog.ts';

export type GuardedOptions = {
  program: string;
  args: string[];
  cwd: string;
  /** All of its environment. */
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** What ends it when this process is gone, one after the other. */
  signals: NodeJS.Signals[];
  /** Each line it writes, to either stream. */
  onLine(line: string): void;
};

/**
 * Starts a process that can't outlive this one. It gets a session of its own, so that Ctrl-C in the terminal reaches
 * only the stack, which then stops its parts in order.
 */
export function spawnGuarded({ program, args, signals, onLine, ...options }: GuardedOptions): ChildProcess {
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid !== undefined) {
    guard(pid, signals);
    child.once('exit', () => release(pid));
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    });
    stream?.on('end', () => { if (rest) onLine(rest); });
  }
  return child;
}
