import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startPage } from '../../scripts/stack/page.ts';
import { cachingOf, pageHeaders } from '../../scripts/stack/page-headers.ts';
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
  for (const path of ['/', '/o/nord', '/config.json', '/assets/index-abc123.js', '/assets/index-gone.js', '/%ff']) {
    const { headers } = await fetch(url + path);
    for (const [name, value] of Object.entries(pageHeaders('http://127.0.0.1:54321'))) expect(headers.get(name), `${name} of ${path}`).toBe(value);
  }
  expect(pageHeaders('http://127.0.0.1:54321')['content-security-policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' http://127.0.0.1:54321; object-src 'none'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  );
});

test('other hosts are told to say the same', async () => {
  const guide = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const listed = Object.entries(pageHeaders('https://<ref>.supabase.co')).map(([name, value]) => `   ${name}: ${value}\n`).join('');

  expect(guide).toContain(`\`\`\`\n${listed}   strict-transport-security: max-age=31536000\n   \`\`\``);
  expect(guide).toContain(`\`cache-control: ${cachingOf('/assets/index-abc123.js', true)}\` below \`/assets/\`, \`${cachingOf('/', true)}\` elsewhere`);
  expect(guide).toContain(`\`/config.json\`, served with \`cache-control: ${cachingOf('/config.json', true)}\``);
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
