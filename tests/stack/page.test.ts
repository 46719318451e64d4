import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startPage } from '../../scripts/stack/page.ts';
import { atEnd } from '../support/cleanup.ts';

let url: string;

beforeAll(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'syncward-page-'));
  const folder = join(parent, 'dist');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Syncward</title>');
  await writeFile(join(folder, 'assets', 'index-abc123.js'), 'export {};');
  await writeFile(join(parent, 'secret.txt'), 'not for the web');
  const config = { apiUrl: 'http://127.0.0.1:54321', publishableKey: 'sb_publishable_x' };
  const page = await startPage({ port: 0, folder, config: () => config });
  atEnd(() => page.close());
  atEnd(() => rm(parent, { recursive: true }));
  ({ url } = page);
});

test('every address that is no file is the page itself, never kept by the browser', async () => {
  for (const path of ['/', '/org/1/integrations', '/index.html']) {
    const response = await fetch(url + path);
    expect(await response.text()).toContain('<title>Syncward</title>');
    expect(response.headers.get('cache-control')).toBe('no-cache');
  }
});

test('files with their content in the name are kept for good, missing ones are missing', async () => {
  const found = await fetch(`${url}/assets/index-abc123.js`);

  expect(found.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(found.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await fetch(`${url}/assets/index-gone.js`)).status).toBe(404);
});

test('the page learns where the API is', async () => {
  expect(await (await fetch(`${url}/config.json`)).json()).toEqual({ apiUrl: 'http://127.0.0.1:54321', publishableKey: 'sb_publishable_x' });
});

test('the browser is told to run and load nothing of others', async () => {
  const { headers } = await fetch(url);

  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' http://127.0.0.1:54321; "
    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('same-origin');
});

test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/%00', '/%ff'])('the address %s leads nowhere else', async (path) => {
  const body = await new Promise<string>((resolve, reject) => {
    request(`${url}/`, { path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => resolve(text));
    }).on('error', reject).end();
  });

  expect(body).not.toContain('not for the web');
});

test('nothing can be written to it', async () => {
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
});
