import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { spawnGuarded } from './stack/guarded.ts';
import { endChild } from './stack/processes.ts';
import { seconds } from './stack/progress.ts';

/** How a part of the whole went: how many checks held, and the names of those that did not. */
type Outcome = { passed: number; skipped: number; failed: string[] };
type Step = { name: string; needs: string; args: string[] };

const root = fileURLToPath(new URL('../', import.meta.url));
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const running = new Set<ChildProcess>();

// Each counts as one test.
const steps: Step[] = [
  { name: 'Type check', needs: 'tsconfig.json', args: [bin('tsc'), '--noEmit'] },
  { name: 'Type check of the page', needs: 'web/tsconfig.json', args: [bin('tsc'), '--noEmit', '-p', 'web'] },
  { name: 'Lint', needs: 'eslint.config.js', args: [bin('eslint'), '.'] },
  { name: 'Generated files are up to date', needs: 'scripts/generate.ts', args: [join(root, 'scripts', 'generate.ts'), '--check'] },
];

const Report = z.object({
  testResults: z.array(z.object({
    name: z.string(),
    status: z.string(),
    message: z.string().optional(),
    assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
  })),
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupted());
process.on('disconnect', () => void interrupted());
process.channel?.unref();

process.exitCode = await main(process.argv.slice(2));

async function main(files: string[]): Promise<number> {
  const outcomes: Outcome[] = [];
  // With a choice of test files only those run: npm test -- tests/stack
  const due = files.length === 0 ? steps.filter((step) => existsSync(join(root, step.needs))) : [];
  outcomes.push(...await Promise.all(due.map(check)));
  outcomes.push(await runVitest(files));
  return report(outcomes);
}

async function check({ name, args }: Step): Promise<Outcome> {
  const begun = performance.now();
  const lines: string[] = [];
  const code = await run(args, (line) => lines.push(line));
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds(performance.now() - begun)})`);
  if (code !== 0) console.log(lines.map((line) => `        ${line}`).join('\n'));
  return code === 0 ? { passed: 1, skipped: 0, failed: [] } : { passed: 0, skipped: 0, failed: [name] };
}

/** Runs the tests of all projects; vitest itself tells how each file goes and why a test fails. */
async function runVitest(files: string[]): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'syncward-report-'));
  const file = join(folder, 'report.json');
  try {
    const args = [bin('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...files];
    const code = await run(args, (line) => console.log(line));
    const outcome = existsSync(file) ? outcomeOf(Report.parse(JSON.parse(await readFile(file, 'utf8')))) : { passed: 0, skipped: 0, failed: [] };
    if (outcome.passed + outcome.failed.length === 0) outcome.failed.push('No test ran (see above)');
    if (code !== 0 && outcome.failed.length === 0) outcome.failed.push(`vitest ended with ${code}: an error outside of any test (see above)`);
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function outcomeOf({ testResults }: z.infer<typeof Report>): Outcome {
  const outcome: Outcome = { passed: 0, skipped: 0, failed: [] };
  for (const { name, status, assertionResults } of testResults) {
    const file = relative(root, name);
    for (const test of assertionResults) {
      if (test.status === 'passed') outcome.passed += 1;
      else if (test.status === 'failed') outcome.failed.push(`${file}: ${test.fullName}`);
      else outcome.skipped += 1;
    }
    // A file that can't be loaded, or whose hooks fail, has no failed test to show for it.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) outcome.failed.push(`${file}: the file itself`);
  }
  return outcome;
}

function report(all: Outcome[]): number {
  const failed = all.flatMap((outcome) => outcome.failed);
  const sum = (of: 'passed' | 'skipped'): number => all.reduce((total, outcome) => total + outcome[of], 0);
  if (failed.length > 0) console.log(`\nFailed:\n${failed.map((name) => `  ${name}`).join('\n')}`);
  if (sum('skipped') > 0) console.log(`\n${sum('skipped')} skipped`);
  console.log(`\n${sum('passed')} passed, ${failed.length} failed`);
  return failed.length > 0 ? 1 : 0;
}

function run(args: string[], onLine: (line: string) => void): Promise<number> {
  const child = spawnGuarded({
    program: process.execPath,
    args,
    cwd: root,
    env: {
      ...process.env,
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined }),
      PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
    },
    signals: ['SIGTERM', 'SIGKILL'],
    onLine,
  });
  running.add(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

async function interrupted(): Promise<void> {
  await Promise.all([...running].map((child) => endChild(child, ['SIGTERM', 'SIGKILL'], 3000)));
  process.exit(1);
}
