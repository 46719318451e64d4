import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { StackError } from './errors.ts';
import { spawnGuarded } from './guarded.ts';
import { claimPort } from './ports.ts';
import { endChild } from './processes.ts';

/** The Edge Functions, all in one Deno process. */
export type Functions = {
  /** Where they listen now, or null while they are down. */
  port(): number | null;
  /** Resolves when no background task is running. */
  idle(): Promise<void>;
  /** SIGKILL, as when a hosted worker is taken away; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts them, also again after `kill`; does nothing while they run. */
  start(): Promise<void>;
  /** Resolves, with the reason, when the process has ended by itself so often that it was given up. */
  crashed: Promise<string>;
  stop(): Promise<void>;
};

export type FunctionsOptions = {
  /** The folder of functions, one subfolder each. */
  folder: string;
  /** 0: any free port. */
  port: number;
  /** All of their environment, asked for at each start. */
  env(): Record<string, string>;
  /** Hosts they may call; null: any. */
  allowHosts: string[] | null;
  onLog(line: string): void;
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const host = fileURLToPath(new URL('./functions-host.ts', import.meta.url));

/** A process that ends by itself more often than this within ten minutes is not started again. */
const MOST_ENDS = 10;
const ENDS_WITHIN_MS = 600_000;

/** Prepares the functions; `start` starts them. One that takes the process with it takes the others' slices too: all is started anew. */
export function createFunctions(options: FunctionsOptions): Functions {
  let child: ChildProcess | null = null;
  let port: number | null = null;
  let ends: number[] = [];
  const crashed = Promise.withResolvers<string>();

  async function start(): Promise<void> {
    if (child) return;
    const started = launch(options, await claimPort(options.port, 'functions'));
    child = started.child;
    started.child.once('exit', (code, signal) => {
      if (child !== started.child) return;
      const ran = port !== null;
      child = port = null;
      if (ran) void startAgain(`The functions ended by themselves (${signal ?? `exit code ${code}`}).`);
    });
    port = await started.listening;
  }

  async function startAgain(reason: string): Promise<void> {
    const now = performance.now();
    ends = [...ends.filter((end) => now - end < ENDS_WITHIN_MS), now];
    if (ends.length > MOST_ENDS) return crashed.resolve(reason);
    options.onLog(`${reason} They are started again.`);
    await start().catch((error: unknown) => crashed.resolve(`${reason} ${error instanceof Error ? error.message : String(error)}`));
  }

  async function end(signals: NodeJS.Signals[]): Promise<void> {
    const current = child;
    child = port = null;
    if (current) await endChild(current, signals, 1500);
  }

  return {
    port: () => port,
    async idle() {
      if (port !== null) await fetch(`http://127.0.0.1:${port}/idle`);
    },
    kill: () => end(['SIGKILL']),
    start,
    crashed: crashed.promise,
    stop: () => end(['SIGTERM', 'SIGKILL']),
  };
}

function launch(options: FunctionsOptions, port: number): { child: ChildProcess; listening: Promise<number> } {
  const program = join(root, 'node_modules', 'deno', 'deno');
  if (!existsSync(program)) throw new StackError('Deno is missing in node_modules: run "npm install" again, with install scripts allowed.');
  const env = options.env();
  const listening = Promise.withResolvers<number>();
  const child = spawnGuarded({
    program,
    args: ['run', ...permissions(options), host, options.folder, String(port)],
    cwd: root,
    env: {
      ...env,
      NO_COLOR: '1',
      DENO_NO_UPDATE_CHECK: '1',
      DENO_DIR: join(root, 'node_modules', '.cache', 'deno'),
    },
    signals: ['SIGKILL'],
    onLine(line) {
      const found = /^listening (\d+)$/.exec(line)?.[1];
      if (found) listening.resolve(Number(found));
      else options.onLog(line);
    },
  });
  child.once('error', listening.reject);
  child.once('exit', () => listening.reject(new StackError('The functions did not start: see the log of the functions.')));
  return { child, listening: listening.promise };
}

function permissions({ folder, allowHosts }: FunctionsOptions): string[] {
  return [
    '--no-prompt', '--no-config', '--no-lock', '--no-remote', '--node-modules-dir=manual', '--unstable-no-legacy-abort',
    allowHosts ? `--allow-net=${allowHosts.join(',')}` : '--allow-net',
    // The kit too, for functions that live in another folder than the project's own.
    `--allow-read=${[folder, host, join(root, 'supabase', 'functions'), join(root, 'node_modules'), join(root, 'package.json')].join(',')}`,
    // All of the environment is what is given above; libraries ask for many more names to tell where they run.
    '--allow-env',
  ];
}
