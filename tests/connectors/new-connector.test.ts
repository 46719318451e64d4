import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeConnector } from '../../scripts/new-connector/folder.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'syncward-new-connector-'));
  const support = ['samples', 'contract-scenarios', 'contract-run', 'vendor'].map((name) => `tests/connectors/support/${name}.ts`);
  for (const path of ['supabase/functions/_kit', ...support, 'tests/connectors/contract.test.ts', 'tsconfig.json', 'package.json']) {
    await cp(join(root, path), join(copy, path), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

test('a connector that was just made compiles and keeps the contract', { timeout: 240_000 }, async () => {
  const files = await makeConnector(join(copy, 'supabase/functions'), 'example-ledger');
  expect(files.map((file) => file.slice(copy.length))).toEqual(['index.ts', 'settings.ts', 'connector.ts', 'advice.ts'].map((name) => `/supabase/functions/sync-example-ledger/${name}`));
  const node = (bin: string, ...args: string[]): Promise<{ stdout: string }> =>
    run(process.execPath, [join(root, 'node_modules', bin), ...args], { cwd: copy, env: { ...process.env, NO_COLOR: '1' }, timeout: 200_000 })
      .catch((error: { stdout: string; stderr: string }) => { throw new Error(`${error.stdout}\n${error.stderr}`); });
  await node('typescript/bin/tsc', '--noEmit');
  const { stdout } = await node('vitest/vitest.mjs', 'run', '--root', copy, 'tests/connectors/contract.test.ts');
  expect(stdout).toMatch(/Tests {2}\d+ passed \(\d+\)/);
});

test.each(['', 'Example Ledger', '../escape', 'UPPER'])('"%s" is no name for one', async (name) => {
  await expect(makeConnector(join(copy, 'supabase/functions'), name)).rejects.toThrow(/small letters/);
});

test('one that is there is left alone', async () => {
  await makeConnector(join(copy, 'supabase/functions'), 'twice');
  await expect(makeConnector(join(copy, 'supabase/functions'), 'twice')).rejects.toThrow(/is there already/);
});
