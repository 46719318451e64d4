import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startDatabase } from '../../scripts/stack/database.ts';
import { systemSentence } from '../../scripts/stack/errors.ts';
import { atEnd } from '../support/cleanup.ts';
import { temporaryFolder } from './held-stack.ts';

test('a full disk is named with what to do', () => {
  expect(systemSentence(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), '/data')).toBe(
    'The disk that holds /data is full: free some space (Syncward needs about 300 MB) and start again.',
  );
});

test('a disk too small for the database is named, and nothing keeps running', async ({ skip }) => {
  const folder = await temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=755', 'tmpfs', folder]);
  if (mounted.status !== 0) skip('only root can mount a small disk');
  atEnd(() => Promise.resolve(void spawnSync('umount', ['-l', folder])));

  await expect(startDatabase({
    directory: folder, port: 0, durable: false, migrations: null, onProgress: () => undefined, onLog: () => undefined,
  })).rejects.toThrow(`The disk that holds ${folder} is full`);

  expect(spawnSync('pgrep', ['-f', folder]).stdout.toString()).toBe('');
});
