import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { spawnGuarded } from '../stack/guarded.ts';
import { freePort } from '../stack/ports.ts';
import { endChild } from '../stack/processes.ts';
import type { BesiegedOptions } from './parts.ts';

const program = fileURLToPath(new URL('./programs/stack.ts', import.meta.url));

export type Whole = {
  databaseUrl: string;
  directory: string;
  /** Kills it and starts it again on the same data; `afterMs`: the new start is killed once more after so long. */
  crash(afterMs: number): Promise<void>;
  idle(patienceMs: number): Promise<boolean>;
  stop(): Promise<void>;
};

type Held = { child: ChildProcess; up: Promise<string>; heard(word: string, patienceMs: number): Promise<boolean> };

/** A stack in another process, on data that outlives it. */
export async function temporaryStack({ mailboxUrl, minuteMs, onLog }: BesiegedOptions): Promise<Whole> {
  const folder = await mkdtemp(join(tmpdir(), 'syncward-torture-'));
  const directory = join(folder, 'data');
  const given = JSON.stringify({ directory, database: await freePort(), api: await freePort(), mailboxUrl, minuteMs });
  let held = hold(given, (line) => onLog('stack', line));
  const databaseUrl = (JSON.parse(await held.up) as { databaseUrl: string }).databaseUrl;
  return {
    databaseUrl,
    directory,
    async crash(afterMs) {
      await endChild(held.child, ['SIGKILL'], 2_000);
      if (afterMs > 0) {
        const short = hold(given, () => undefined);
        await Promise.race([short.up.catch(() => undefined), wait(afterMs)]);
        await endChild(short.child, ['SIGKILL'], 2_000);
      }
      held = hold(given, (line) => onLog('stack', line));
      await held.up;
    },
    async idle(patienceMs) {
      const heard = held.heard('"idle"', patienceMs);
      held.child.kill('SIGUSR2');
      return heard;
    },
    async stop() {
      await endChild(held.child, ['SIGTERM', 'SIGKILL'], 8_000);
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

function hold(given: string, onLog: (line: string) => void): Held {
  const up = Promise.withResolvers<string>();
  const listeners = new Set<(line: string) => void>();
  const last: string[] = [];
  const child = spawnGuarded({
    program: process.execPath, args: [program, given], cwd: '/', env: { PATH: process.env['PATH'] }, signals: ['SIGTERM', 'SIGKILL'],
    onLine(line) {
      if (line.startsWith('{"databaseUrl"')) return up.resolve(line);
      for (const listen of listeners) listen(line);
      if (last.push(line) > 20) last.shift();
      onLog(line);
    },
  });
  child.once('error', up.reject);
  child.once('exit', () => up.reject(new Error(`The stack did not start:\n${last.join('\n')}`)));
  // Killed before it was up, it is nobody's disappointment.
  up.promise.catch(() => undefined);
  return {
    child, up: up.promise,
    heard: (word, patienceMs) => new Promise((resolve) => {
      const done = (found: boolean): void => {
        listeners.delete(listen);
        clearTimeout(timer);
        resolve(found);
      };
      const listen = (line: string): void => { if (line === word) done(true); };
      const timer = setTimeout(() => done(false), patienceMs);
      listeners.add(listen);
    }),
  };
}
