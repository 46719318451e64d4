import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runScenarios } from './support/http-scenarios.ts';

const root = join(import.meta.dirname, '../..');

test('a request fares the same in Deno, where it runs, as in Node, where it is tested', async () => {
  const deno = join(root, 'node_modules/.bin/deno');
  const script = join(import.meta.dirname, 'support/http-scenarios-run.ts');
  const { stdout } = await promisify(execFile)(deno, ['run', '-A', '--node-modules-dir=manual', script], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const inNode = await runScenarios();
  expect(JSON.parse(stdout)).toEqual(inNode);
  expect(inNode).toMatchObject({
    'a good answer': '200 {"ok":true}',
    'a packed answer': '200 {"ok":true}',
    'a bomb': 'unknown 200 ANSWER_TOO_LARGE',
    'a refusal': 'refused 422 null',
    'a hang': 'unknown null TIMEOUT',
    'half a body': 'unknown 200 ANSWER_CUT',
    'a reset before the answer': 'unknown null CONNECTION_LOST',
    'endless headers': 'unknown null ANSWER_UNREADABLE',
    'not HTTP': 'unknown null ANSWER_UNREADABLE',
    'an untrusted certificate': 'no null TLS_FAILED',
    'a name that resolves to a private address': 'no null ADDRESS_NOT_ALLOWED',
    'a name that resolves to this machine': 'no null ADDRESS_NOT_ALLOWED',
  });
});
