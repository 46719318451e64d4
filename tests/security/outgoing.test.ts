import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { client, failed } from '../connectors/support/client.ts';
import { startVendor } from '../connectors/support/vendor.ts';
import { credential as businessCentralCredential, settings as businessCentral } from '../../supabase/functions/sync-business-central/settings.ts';
import { settings as xledger } from '../../supabase/functions/sync-xledger/settings.ts';
import { createBombs, startMinefield } from './support/bombs.ts';
import { HOSTILE_ADDRESSES } from './support/hostile-addresses.ts';

const root = join(import.meta.dirname, '../..');
const RUNTIMES = { Node: [process.execPath], Deno: [join(root, 'node_modules/.bin/deno'), 'run', '-A', '--node-modules-dir=manual'] } as const;

/** Runs a script of this folder in a process of its own and reads the JSON it prints. */
async function inRuntime<T>([program, ...options]: readonly [string, ...string[]], script: string, argument = ''): Promise<T> {
  const { stdout } = await promisify(execFile)(program, [...options, join(import.meta.dirname, 'support', script), argument], {
    cwd: root, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 10_000_000,
  });
  return JSON.parse(stdout) as T;
}

describe.each(Object.entries(RUNTIMES))('in %s', (_, runtime) => {
  let outcomes: string[][];
  beforeAll(async () => {
    outcomes = await inRuntime<string[][]>(runtime, 'outgoing-run.ts');
  }, 60_000);

  test.each(HOSTILE_ADDRESSES.map((one, index) => [one.url.slice(0, 60), one.why, index] as const))('%j is not called: %s', (_url, _why, index) => {
    const [get, post, redirectedGet, redirectedPost, connections, requests] = outcomes[index] ?? [];
    expect([get, post, connections]).toEqual(['no ADDRESS_NOT_ALLOWED', 'no ADDRESS_NOT_ALLOWED', '0 connections']);
    // What stands in a redirect may be no address at all, or one of the system's own; it is never followed anywhere else.
    expect(redirectedGet).toMatch(/^(?:refused|unknown) (?:REDIRECT_NOT_FOLLOWED|ANSWER_UNREADABLE|null)$/);
    expect(redirectedPost).toMatch(/^(?:refused|unknown) (?:REDIRECT_NOT_FOLLOWED|ANSWER_UNREADABLE|null)$/);
    expect(requests).toMatch(/^[25] requests$/);
  });

  test('no address of the table was passed over', () => {
    expect(outcomes).toHaveLength(HOSTILE_ADDRESSES.length);
  });
});

describe('a name that changes its answer', () => {
  test('is asked for once per connection, and the connection is made to what was checked', async () => {
    const vendor = await startVendor((_, response) => response.end('{}'));
    const asked: string[] = [];
    const http = client({ lookup: (host, _options, callback) => {
      asked.push(host);
      callback(null, [{ address: asked.length === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    } });
    const url = `http://vendor.localhost:${new URL(vendor.url).port}/`;
    expect(await http.send({ url, body: {} })).toMatchObject({ status: 200 });
    expect(asked).toEqual(['vendor.localhost']);
    expect(await failed(http, { url, body: {} })).toMatchObject({ delivered: 'no', diagnosis: { code: 'ADDRESS_NOT_ALLOWED' } });
    expect(vendor.requests).toHaveLength(1);
    await vendor.stop();
  });

  test('cannot change it between two tries of one connection', async () => {
    let asked = 0;
    const http = client({ local: false, lookup: (_host, _options, callback) => {
      asked += 1;
      callback(null, [{ address: '10.0.0.1', family: 4 }, { address: '93.184.216.34', family: 4 }]);
    } });
    await failed(http, { url: 'https://vendor.example.org/' });
    expect(asked).toBe(1);
  });
});

describe('an answer made to exhaust us', () => {
  const bombs = createBombs();
  /** Of the whole process, its runtime included, all of them one after the other; unbounded they would take gigabytes. */
  const MOST_MB = 400;
  const MOST_CPU_MS = 1_500;

  test.each(Object.entries(RUNTIMES))('is cut in %s, and memory and processor stay within bounds', { timeout: 90_000 }, async (_, runtime) => {
    const field = await startMinefield(bombs);
    const urls = Object.fromEntries(Object.keys(bombs).map((name) => [name, field.url(name)]));
    type Result = { outcome: string; cpuMs: number; peakMb: number };
    const results = await inRuntime<Record<string, Result>>(runtime, 'bombs-run.ts', JSON.stringify(urls)).finally(() => field.stop());
    expect(Object.keys(results)).toEqual(Object.keys(bombs));
    for (const [name, { outcome, cpuMs, peakMb }] of Object.entries(results)) {
      // One layer of packing is undone, as it was told; what is inside is no JSON and no bomb.
      expect(outcome, name).toMatch(name === 'gzip in gzip, told of once' ? /^200 \d{6}$/ : /^unknown (?:200|-) (?:ANSWER_(?:TOO_LARGE|UNREADABLE|CUT)|TIMEOUT)$/);
      expect(cpuMs, `${name}: ms of processor time`).toBeLessThan(MOST_CPU_MS);
      expect(peakMb, `${name}: MB of memory`).toBeLessThan(MOST_MB);
    }
  });
});

describe('an address in the settings', () => {
  const ids = { tenantId: 't', companyId: '0c9e2a52-6d0f-4b54-9d53-6a4a6f1f7c11', journalId: '0c9e2a52-6d0f-4b54-9d53-6a4a6f1f7c11' };
  const SETTINGS = {
    'Xledger’s address': (url: string) => xledger.safeParse({ baseUrl: url }),
    'Business Central’s address': (url: string) => businessCentral.safeParse({ ...ids, baseUrl: url }),
    'the address Business Central’s token comes from': (url: string) => businessCentral.safeParse({ ...ids, loginUrl: url }),
  };
  const OWN = { 'Xledger’s address': 'xledger.net', 'Business Central’s address': 'businesscentral.dynamics.com', 'the address Business Central’s token comes from': 'login.microsoftonline.com' };

  describe.each(Object.keys(SETTINGS) as (keyof typeof SETTINGS)[])('%s', (name) => {
    const take = (url: string): boolean => SETTINGS[name](url).success;
    const own = OWN[name];

    test.each([`https://${own}`, `https://${own}/`, `https://a.${own}/path`, `https://${own.toUpperCase()}/`, 'http://127.0.0.1:54330', 'http://[::1]:1/', 'http://localhost:8080'])('may be %s', (url) => {
      expect(take(url)).toBe(true);
    });

    test.each([
      'https://vendor.example.org', `https://${own}.example.org`, `https://not${own}`, `https://${own}@vendor.example.org/`, `https://user:pass@${own}/`, `http://${own}/`, `https://${own}:8443/`,
      `https://${own}/?x=`, `https://${own}/#`, `https://${own}\\.example.org`, `https://vendor.example.org/${own}`, `ftp://${own}/`, `https://${own.replace('.', '。')}.example.org`, 'http://localhost.example.org', 'http://a@127.0.0.1/',
      ...HOSTILE_ADDRESSES.map(({ url }) => url).filter((url) => !/^https?:\/\/(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?\/$/i.test(url)),
    ])('may not be %j: the credential would go there', (url) => {
      expect(take(url)).toBe(false);
    });
  });

  test('a credential holds no address', () => {
    expect(Object.keys(businessCentralCredential.shape)).toEqual(['clientId', 'clientSecret']);
  });
});
