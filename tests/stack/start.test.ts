import { spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readArguments } from '../../scripts/stack/arguments.ts';
import { createProgress } from '../../scripts/stack/progress.ts';
import { atEnd } from '../support/cleanup.ts';
import { temporaryFolder } from './held-stack.ts';

const root = join(import.meta.dirname, '..', '..');

type Run = { code: number | null; output: string };

function run(program: string, args: string[], options: { env?: NodeJS.ProcessEnv; onOutput?(output: string, kill: (signal: NodeJS.Signals) => void): void } = {}): Promise<Run> {
  const child = spawn(program, args, { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      options.onOutput?.(output, (signal) => child.kill(signal));
    });
  }
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve({ code, output })));
}

test('left alone it uses the ports everybody knows from Supabase, and those after them', () => {
  expect(readArguments([], {}, '.syncward')).toEqual({
    reset: false, help: false, directory: '.syncward',
    ports: { api: 54321, database: 54322, functions: 54323, mailbox: 54324, page: 54325, simulators: 54330 },
  });
});

test('all ports move together, or are any free ones', () => {
  expect(readArguments([], { SYNCWARD_PORT_BASE: '60000' }, '').ports).toMatchObject({ api: 60000, page: 60004, simulators: 60009 });
  expect(readArguments(['--ports', 'free'], {}, '').ports).toMatchObject({ api: 0, page: 0, simulators: 0 });
});

test.each([
  [['--rest'], {}, "Unknown option '--rest'"],
  [['--ports', '80'], {}, '--ports takes the word free, not "80".'],
  [[], { SYNCWARD_PORT_BASE: 'x' }, 'SYNCWARD_PORT_BASE must be a number from 1024 to 65500, not "x".'],
])('what makes no sense is named: %j %j', (argv, env, sentence) => {
  expect(() => readArguments(argv, env, '')).toThrow(sentence);
});

test('npm start on a taken port says which in one sentence, at once and with exit code 1', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };

  const started = await run(process.execPath, [join(root, 'scripts', 'start.ts'), '--directory', await temporaryFolder()], { env: { SYNCWARD_PORT_BASE: String(port) } });

  expect(started).toEqual({
    code: 1,
    output: `Port ${port} (api) is taken by another program: stop that one, or use other ports with "npm start -- --ports free".\n`,
  });
});

test('progress tells only of what takes over a second', async () => {
  const lines: string[] = [];
  let now = 0;
  const progress = createProgress((line) => lines.push(line), () => now);

  progress.step('quick');
  progress.step('slow');
  await expect.poll(() => lines, { timeout: 3000 }).toEqual(['slow ...']);
  now = 12_300;
  progress.done();

  expect(lines).toEqual(['slow ...', 'slow: done in 12 s']);
});

/** A project that has nothing but the bootstrap, a script, and this Node in node_modules. */
async function tinyProject(script: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'scripts'));
  await mkdir(join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
  await cp(join(root, 'scripts', 'bootstrap.mjs'), join(folder, 'scripts', 'bootstrap.mjs'));
  await symlink(process.execPath, join(folder, 'node_modules', 'node', 'bin', 'node'));
  await writeFile(join(folder, 'package.json'), '{"name": "tiny", "version": "1.0.0", "type": "module"}');
  const lock = '{"name": "tiny", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}';
  await writeFile(join(folder, 'package-lock.json'), lock);
  await writeFile(join(folder, 'node_modules', '.package-lock.json'), lock);
  await writeFile(join(folder, 'scripts', 'tiny.ts'), script);
  return folder;
}

test('the bootstrap passes arguments on and the exit code back', async () => {
  const folder = await tinyProject('console.log(process.argv.slice(2).join()); process.exit(7);');

  expect(await run(process.execPath, [join(folder, 'scripts', 'bootstrap.mjs'), 'scripts/tiny.ts', '--one', 'two'])).toEqual({ code: 7, output: '--one,two\n' });
});

test.each(['SIGINT', 'SIGTERM'] as const)('the bootstrap waits until the script has cleaned up after %s', async (signal) => {
  const folder = await tinyProject(`
    process.on('${signal}', () => setImmediate(() => { console.log('cleaned up'); process.exit(0); }));
    setInterval(() => {}, 1000);
    console.log('running');`);

  const ended = await run(process.execPath, [join(folder, 'scripts', 'bootstrap.mjs'), 'scripts/tiny.ts'], {
    onOutput: (output, kill) => { if (output === 'running\n') kill(signal); },
  });

  expect(ended).toEqual({ code: 0, output: 'running\ncleaned up\n' });
});

test('a package that the lock file asks for and node_modules lacks is installed first, and a failure named', async () => {
  const folder = await tinyProject('console.log("must not run");');
  const dependencies = { absent: '1.0.0' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'tiny', version: '1.0.0', dependencies }));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({
    name: 'tiny', version: '1.0.0', lockfileVersion: 3,
    packages: { '': { name: 'tiny', version: '1.0.0', dependencies }, 'node_modules/absent': { version: '1.0.0', resolved: 'http://127.0.0.1:9/absent.tgz' } },
  }));

  const { code, output } = await run(process.execPath, [join(folder, 'scripts', 'bootstrap.mjs'), 'scripts/tiny.ts'], { env: { npm_config_fetch_retries: '0' } });

  expect(code).toBe(1);
  expect(output).toContain('package-lock.json has changed: installing again');
  expect(output).toContain('the package registry is out of reach, check the network and start again.');
  expect(output).not.toContain('must not run');
});
