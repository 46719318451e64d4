import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Advice, Case, Said } from '../../supabase/functions/_kit/advice.ts';
import type { AnyConnector } from '../../supabase/functions/_kit/connector.ts';
import { pushingFor, rateFor, streamsFor } from '../../supabase/functions/_kit/facts.ts';
import { comparable, connectors, functionsFolder, runContract, secretsOf } from './support/contract-scenarios.ts';
import type { Fault, Outcome, Outcomes } from './support/contract-scenarios.ts';
import { sampleOf } from './support/samples.ts';

/** Another folder of connectors can be held to the same: `CONNECTORS=<folder>`. */
const folder = process.env['CONNECTORS'] ?? functionsFolder;
const root = join(import.meta.dirname, '../..');
const all = await connectors(folder);
const KINDS = ['api-key', 'basic', 'oauth-client', 'jwt-bearer', 'oauth-refresh', 'ws-security', 'sigv4', 'none'];

/** What two pages of one vendor have in common. */
const domainOf = (url: string): string => new URL(url).hostname.split('.').slice(-2).join('.');

let outcomes: Outcomes;

beforeAll(async () => {
  outcomes = await runContract(folder);
}, 240_000);

test('there are connectors to be held to it', () => {
  expect(all.length).toBeGreaterThan(0);
});

describe.each(all.map(({ folder: own, connector }) => [connector.system, own, connector] as const))('%s', (system, own, connector: AnyConnector) => {
  const sample = sampleOf(own, connector, 'http://127.0.0.1:9');
  const settings = connector.settings.parse(sample.settings);

  test('is the folder of its name, with a title, the vendor\'s page and a kind of credential', () => {
    expect(own.endsWith(`sync-${system}`)).toBe(true);
    expect(system).toMatch(/^[a-z][a-z0-9-]{0,62}$/);
    expect(connector.title.trim()).not.toBe('');
    expect(URL.parse(connector.docs)?.protocol).toBe('https:');
    expect(KINDS).toContain(connector.credentialKind);
  });

  test('can look without moving anything, and has something to do besides', () => {
    expect(connector.check).toBeTypeOf('function');
    expect([connector.push, connector.pull, connector.signals, connector.webhook].filter(Boolean)).not.toEqual([]);
  });

  test('pushes wholly or not at all, within limits that can be kept', () => {
    const pushing = pushingFor(connector, settings);
    if (!pushing) return;
    expect(['upsert', 'key', 'lookup', 'none']).toContain(pushing.dedupe);
    expect(pushing.dedupe !== 'lookup' || pushing.find !== undefined).toBe(true);
    expect(Number.isInteger(pushing.batchSize) && pushing.batchSize >= 1 && pushing.batchSize <= 10_000, `batchSize ${pushing.batchSize}`).toBe(true);
    expect(pushing.concurrency ?? 1).toBeGreaterThanOrEqual(1);
    expect(pushing.concurrency ?? 1).toBeLessThanOrEqual(50);
    expect(pushing.settlesWithinSeconds).toBeGreaterThanOrEqual(0);
    expect(pushing.settlesWithinSeconds).toBeLessThanOrEqual(86_400);
    expect(Object.values(pushing.fields).flat().every((name) => typeof name === 'string')).toBe(true);
  });

  test('has streams with names of their own and the vendor\'s page where it can fetch, and a rate that can be kept', () => {
    const streams = streamsFor(connector, settings);
    // Which of them there are may follow from the settings.
    expect(connector.pull === undefined).toBe(connector.streams === undefined);
    expect(new Set(streams.map(({ name }) => name)).size).toBe(streams.length);
    for (const { name, title, docs } of streams) {
      expect(name).toMatch(/^\S.{0,99}$/);
      expect(title).not.toBe('');
      expect(URL.parse(docs)?.protocol).toBe('https:');
    }
    const rate = rateFor(connector, settings);
    if (rate) expect(rate.requests > 0 && rate.perSeconds > 0 && (rate.concurrent ?? 1) > 0).toBe(true);
  });

  test('has only fixtures that can be read', () => {
    const fixtures = join(own, 'fixtures');
    const files = existsSync(fixtures) ? readdirSync(fixtures).filter((name) => name.endsWith('.json')) : [];
    for (const file of files) expect(() => JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as unknown, file).not.toThrow();
  });

  test('says in both languages what to do about each kind of refusal, and where the vendor says how', async () => {
    const path = join(own, 'advice.ts');
    expect(existsSync(path), 'advice.ts is missing: docs/adding-a-connector.md says what goes into it').toBe(true);
    const { advice } = await import(pathToFileURL(path).href) as { advice: Advice };
    const { cases = [], ...categories } = advice;
    const needed = ['auth', 'permission', 'rate_limit', 'validation', 'server', ...(connector.push ? ['conflict'] : [])];
    expect(needed.filter((category) => !Object.hasOwn(categories, category))).toEqual([]);
    for (const { nb, en, link } of [...Object.values(categories), ...cases] satisfies Said[]) {
      for (const words of [nb, en]) expect(words).toMatch(/^\p{Lu}\P{C}{20,250}\.$/u);
      expect(nb).not.toBe(en);
      if (link !== undefined) expect([link, URL.parse(link)?.protocol, domainOf(link)]).toEqual([link, 'https:', domainOf(connector.docs)]);
    }
    expect(advice.auth.link).toBeDefined();
    for (const { codes = [], fields = [] } of cases satisfies readonly Case[]) expect(codes.length + fields.length).toBeGreaterThan(0);
  });

  test('refuses a credential that lacks a part, so that the page can say which', () => {
    if (connector.credentialKind !== 'none') expect(connector.credential.safeParse({}).success).toBe(false);
  });

  const told = (): [operation: string, fault: Fault, outcome: Outcome][] => Object.entries(outcomes[system] ?? {}).flatMap(([operation, faults]) =>
    Object.entries(faults).map(([fault, outcome]): [string, Fault, Outcome] => [operation, fault as Fault, outcome]));

  test('asks the address in its settings when it looks', () => {
    expect(told().filter(([operation, , { asked }]) => operation === 'check' && asked).length).toBeGreaterThan(5);
  });

  test.each<[Fault, string[]]>([
    ['refused', ['auth']], ['throttled', ['rate_limit']], ['broken', ['server']], ['a page', ['server', 'schema']], ['half', ['server']],
    ['silence', ['timeout']], ['too much', ['server', 'schema']],
  ])('%s is told as what it is, whatever was asked', (fault, categories) => {
    for (const [operation, , { said, category }] of told().filter(([, one, { asked }]) => one === fault && asked)) {
      expect([operation, said, categories.includes(category ?? '') ? categories : category]).toEqual([operation, 'failure', categories]);
    }
  });

  test('waits as long as the system asks for', () => {
    for (const [operation, , { wait }] of told().filter(([, fault, { asked }]) => fault === 'throttled' && asked)) expect([operation, wait]).toEqual([operation, 7]);
  });

  test('never takes silence, half an answer or none for a record that landed, nor for one that was refused', () => {
    for (const [operation, fault, { said, delivered }] of told().filter(([operation, fault]) => operation === 'push' && fault !== 'refused' && fault !== 'throttled')) {
      expect([operation, fault, said]).not.toEqual([operation, fault, 'exported']);
      expect([operation, fault, delivered]).not.toEqual([operation, fault, 'refused']);
    }
  });

  test('fails in no way of its own', () => {
    expect(told().filter(([, , { said }]) => said.startsWith('fault')).map(([operation, fault, { said }]) => [operation, fault, said])).toEqual([]);
  });

  test('writes its credential down nowhere', () => {
    const secrets = secretsOf(sample);
    expect(connector.credentialKind === 'none' || secrets.length > 0).toBe(true);
    for (const [operation, fault, { written }] of told()) for (const secret of secrets) expect(written.includes(secret), `${operation}, ${fault}`).toBe(false);
  });
});

test('everything comes out the same in Deno, where it runs, as in Node, where it is tested', { timeout: 240_000 }, async () => {
  const script = join(import.meta.dirname, 'support/contract-run.ts');
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/deno'), ['run', '-A', '--node-modules-dir=manual', script, folder], {
    cwd: root, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 50_000_000,
  });
  expect(JSON.parse(stdout)).toEqual(comparable(outcomes));
});
