// Runs a script of this project on the Node it brings along: `node scripts/bootstrap.mjs scripts/start.ts [arguments]`.
// Plain JavaScript without dependencies, because it also installs them.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.installed-from');
const node = join(modules, 'node', 'bin', 'node');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Syncward needs Node 20.19 or newer to start, and this is ${process.versions.node}: install a newer one from https://nodejs.org.`);
}
const [script, ...args] = process.argv.slice(2);
if (!script) fail('Say which script to run: node scripts/bootstrap.mjs scripts/start.ts');

if (!isInstalled()) await install();
if (!existsSync(node)) fail('Node 24 is missing in node_modules: run "npm install" with install scripts allowed, then start again.');
run();

function run() {
  // The channel tells the script when this process is gone, even by kill -9.
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child.channel?.unref();
  // Ctrl-C reaches the child by itself too; this process must only not die before it has cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${script} can't be started: ${error.message}.`));
  child.on('exit', (code, signal) => {
    if (code !== null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal ?? 'SIGTERM');
  });
}

async function install() {
  const begun = Date.now();
  console.log(existsSync(modules) ? 'package-lock.json has changed: installing again' : 'First start: installing what is needed (a minute or two)');
  const progress = setInterval(() => console.log(`  still installing, ${seconds(begun)}`), 15_000);
  const output = [];
  // Not `npm ci`: that refuses a lock file made where a registry lacks the packages of other platforms. This keeps to the
  // versions in the lock file too, and leaves it as it is.
  const child = spawn(npm(), ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Some packages want the newer Node they will run on, not the one that installs them.
    env: { ...process.env, npm_config_engine_strict: 'false', npm_config_update_notifier: 'false' },
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => output.push(text));
  const stop = () => child.kill();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const code = await new Promise((resolve) => child.on('error', resolve).on('close', resolve));
  process.off('SIGINT', stop).off('SIGTERM', stop);
  clearInterval(progress);
  if (code !== 0) {
    process.stderr.write(output.join(''));
    fail(`The installation failed ${child.killed ? 'because it was interrupted' : '(npm says why above)'}: ${whatToDo(output.join(''))}`);
  }
  writeFileSync(stamp, lockHash());
  console.log(`Installed in ${seconds(begun)}`);
}

function whatToDo(output) {
  if (/ENOSPC/.test(output)) return 'the disk is full, free about 1 GB and start again.';
  if (/EACCES|EPERM/.test(output)) return `make ${root} yours (chown) or start as the user who owns it.`;
  if (/ENOTFOUND|ETIMEDOUT|ECONNRE|EAI_AGAIN/.test(output)) return 'the package registry is out of reach, check the network and start again.';
  return 'run "npm install" by hand to see more, then start again.';
}

function isInstalled() {
  if (!existsSync(node)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()) return true;
  // Installed by hand: npm's own list must hold what the lock file asks for.
  if (!agreesWithLock()) return false;
  writeFileSync(stamp, lockHash());
  return true;
}

function agreesWithLock() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const found = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages;
    const missing = ([name, entry]) => name !== '' && !entry.optional && found[name]?.version !== entry.version;
    return !Object.entries(wanted).some(missing);
  } catch {
    return false;
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function seconds(begun) {
  return `${Math.round((Date.now() - begun) / 1000)} s`;
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
