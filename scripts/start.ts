import { createWriteStream, type WriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments, usage, type StartArguments } from './stack/arguments.ts';
import { closeAll, type Closers } from './stack/closers.ts';
import { assertNotRunning, resetDirectory } from './stack/directory.ts';
import { StackError } from './stack/errors.ts';
import { startStack, type Stack } from './stack/index.ts';
import { claimPort } from './stack/ports.ts';
import { createProgress, seconds } from './stack/progress.ts';
import { startSurroundings, type Surroundings, type Welcome } from './stack/surroundings.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const begun = performance.now();
const closers: Closers = [];
const progress = createProgress(say, () => performance.now());
let crashed: Promise<string> = new Promise(() => undefined);
let ending: Promise<never> | null = null;

// Before anything is started: whatever happens from here on, what was started is stopped.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupted());
process.on('disconnect', () => void end(1, null));
process.channel?.unref();
process.on('uncaughtException', (error) => void fault(error));
process.on('unhandledRejection', (error) => void fault(error));

await main().catch(fault);

async function main(): Promise<void> {
  const asked = readArguments(process.argv.slice(2), process.env, join(root, '.syncward'));
  if (asked.help) return say(usage);
  if (asked.reset) await resetDirectory(asked.directory);
  await assertNotRunning(asked.directory);
  await claimPorts(asked);
  const log = openLogs(join(asked.directory, 'logs'));
  const surroundings = await startSurroundings({ ports: asked.ports, directory: asked.directory, onProgress: progress.step });
  closers.push(() => surroundings.stop());
  const stack = await startStack({
    directory: asked.directory,
    ports: asked.ports,
    functionsEnv: surroundings.functionsEnv,
    allowHosts: null,
    onProgress: progress.step,
    onLog: log,
  });
  closers.push(() => stack.stop());
  await tellCommands(asked.directory, stack);
  ({ crashed } = stack);
  void crashed.then((reason) => end(1, reason));
  const welcome = await surroundings.seed(stack, progress.step);
  progress.done();
  if (!ending) greet(asked, stack, surroundings, welcome);
}

/** Lets other commands (`npm run import`) find this stack while it runs; only its owner can read the key. */
async function tellCommands(directory: string, { apiUrl, secretKey }: Stack): Promise<void> {
  const file = join(directory, 'stack.json');
  await writeFile(file, JSON.stringify({ apiUrl, secretKey }), { mode: 0o600 });
  closers.push(() => rm(file, { force: true }));
}

/** All at once and first, so that the sentence comes before a minute of work. */
async function claimPorts({ ports }: StartArguments): Promise<void> {
  for (const [purpose, port] of Object.entries(ports)) await claimPort(port, purpose);
}

function greet(asked: StartArguments, stack: Stack, surroundings: Surroundings, welcome: Welcome): void {
  const lines = [
    `Ready in ${seconds(performance.now() - begun)}: ${stack.pageUrl}`,
    '',
    ...surroundings.addresses.map(({ name, url }) => row(name, url)),
    row('API', `${stack.apiUrl}  (publishable key ${stack.publishableKey})`),
    row('Database', `postgresql://postgres@127.0.0.1:${new URL(stack.databaseUrl).port}/postgres`),
    row('Keys, logs', relative(process.cwd(), asked.directory) || asked.directory),
  ];
  if (welcome.signIns.length > 0) lines.push('', 'Sign in as');
  for (const { email, password, who } of welcome.signIns) lines.push(`  ${email.padEnd(30)} ${password.padEnd(20)} ${who}`);
  if (welcome.first.length > 0) lines.push('', ...welcome.first);
  say([...lines, '', 'Ctrl-C stops everything; the data stays.'].join('\n'));
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(20)} ${value}`;
}

let firstInterrupt: number | null = null;

/** One Ctrl-C arrives up to three times: from the terminal, from npm and from bootstrap. A later one means hurry. */
function interrupted(): void {
  firstInterrupt ??= performance.now();
  if (performance.now() - firstInterrupt > 2000) process.exit(1);
  void end(0, null);
}

function end(code: number, sentence: string | null): Promise<never> {
  ending ??= (async () => {
    progress.done();
    if (sentence) process.stderr.write(`${sentence}\n`);
    await closeAll(closers);
    process.exit(code);
  })();
  return ending;
}

/** A part that dies makes others fail before its own end is known: its sentence is the one to show. */
async function fault(error: unknown): Promise<void> {
  await end(1, await Promise.race([crashed, wait(500, explain(error))]));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function explain(error: unknown): string {
  if (error instanceof StackError) return error.message;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function openLogs(folder: string): (source: string, line: string) => void {
  const files = new Map<string, WriteStream>();
  return function log(source, line) {
    // Postgres has a log of its own.
    if (source === 'postgres') return;
    let file = files.get(source);
    if (!file) {
      file = createWriteStream(join(folder, `${source}.log`), { flags: 'a' }).on('error', () => undefined);
      files.set(source, file);
    }
    file.write(`${new Date().toISOString()} ${line}\n`);
  };
}
