import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { functionNames } from '../../scripts/generate/function-settings.ts';

const root = resolve(import.meta.dirname, '../..');
const functionsFolder = join(root, 'supabase/functions');
const names = await functionNames(functionsFolder);

/** Every file of the project: those git has, and new ones it would take. */
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const isText = (path: string): boolean => !/\.(?:png|jpe?g|gif|ico|woff2?|pdf|zip)$/.test(path);

/** Where a pattern stands in the project's files, apart from this one, which has to spell the patterns. */
function places(pattern: RegExp, among: (path: string) => boolean = isText): string[] {
  return files.filter((path) => among(path) && path !== 'tests/schema/house-rules.test.ts').flatMap((path) => text(path).split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])));
}

describe('the project speaks only of itself', () => {
  it('no file names a place on the machine it was written on', () => {
    expect(places(/(?<![\w.$}~-])\/(?:work|root|home\/\w+|Users\/\w+)\//)).toEqual([]);
  });

  it('no file names a package registry, so that every machine uses its own', () => {
    expect(places(/registry[.]npm[j]s|npm[.]pkg[.]git[h]ub|"resolved": "http|deno[.]lan[d]\/x|es[m][.]sh|js[r][.]io/)).toEqual([]);
  });

  it.each([
    ['of a project', /sb_secret_[A-Za-z0-9_-]{22,}/],
    ['of the mail service', /\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}/],
    ['that is private', /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n)?[A-Za-z0-9+/]{40}/],
    ['that is a signed token', /\beyJ[\w-]{30,}\.eyJ[\w-]{30,}\.[\w-]{20,}/],
  ])('no file holds a key %s', (_, key) => {
    expect(places(key)).toEqual([]);
  });

  it('sample people live at example.org', () => {
    const elsewhere = /[\w.+-]+@(?!(?:[\w-]+\.)*example\.(?:org|com)\b)[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|no|io|dev|eu)\b/i;
    expect(places(elsewhere, (path) => isText(path) && path !== 'package-lock.json')).toEqual([]);
  });

  it('nothing is left for later and no rule is switched off', () => {
    const isCode = (path: string): boolean => /\.(?:ts|tsx|js|mjs|sql|css|html)$/.test(path);
    const later = /\b(?:TODO|FIXME)\b|eslint-disable|@ts-(?:ignore|nocheck|expect-error)|\b(?:it|test|describe)\.only\b/;
    expect(places(later, isCode)).toEqual([]);
  });
});

describe('the migrations read in the order of the pipeline', () => {
  const verbs = [
    'foundation', 'organizations', 'integrations', 'records',
    'schedule', 'claim', 'settle', 'evaluate', 'alert', 'deliver', 'retry', 'manage', 'plan', 'join', 'attend', 'show', 'report', 'pull', 'cron',
  ];
  const folder = 'supabase/migrations/';
  const migrations = files.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length)).sort();
  const nameOf = (file: string): string => file.replace(/^\d{14}_|\.sql$/g, '');

  it('each is named by a time and a verb, or a verb and what it changes later', () => {
    const known = new RegExp(`^\\d{14}_(?:${verbs.join('|')})(?:_[a-z0-9_]+)?\\.sql$`);
    expect(migrations.filter((file) => !known.test(file))).toEqual([]);
    expect(new Set(migrations.map((file) => file.slice(0, 14))).size).toBe(migrations.length);
  });

  it('every verb has its file, in this order', () => {
    expect(migrations.map(nameOf).filter((name) => verbs.includes(name))).toEqual(verbs);
  });

  it('every job of the clock is in the last one', () => {
    const elsewhere = migrations.filter((file) => !/^\d{14}_cron/.test(file) && text(folder + file).includes('cron.schedule('));
    expect(elsewhere).toEqual([]);
  });
});

type Module = { default: { fetch: (request: Request) => Promise<Response> } };

describe.each(names)('the function %s', (name) => {
  beforeEach(() => {
    vi.stubEnv('SUPABASE_URL', 'http://127.0.0.1:1');
    vi.stubEnv('SUPABASE_PUBLISHABLE_KEYS', JSON.stringify({ default: 'sb_publishable_known' }));
    vi.stubEnv('SUPABASE_SECRET_KEYS', JSON.stringify({ default: 'sb_secret_known' }));
  });
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['no key', {}],
    ['a wrong key', { apikey: 'sb_secret_wrong' }],
    ['the publishable key', { apikey: 'sb_publishable_known' }],
    ['the secret key as a token', { authorization: 'Bearer sb_secret_known' }],
  ])('refuses a call with %s', async (_, headers) => {
    const module = await import(pathToFileURL(join(functionsFolder, name, 'index.ts')).href) as Module;
    const call = new Request(`http://127.0.0.1/functions/v1/${name}`, { method: 'POST', headers, body: '{}' });
    const response = await module.default.fetch(call);
    expect(response.status).toBe(401);
  });
});

describe('a connector', () => {
  it('is a folder that has what the others have', async () => {
    const incomplete = [];
    for (const name of names.filter((one) => one.startsWith('sync-'))) {
      const inside = await readdir(join(functionsFolder, name));
      if (!inside.includes('index.ts') || !inside.includes('deno.json')) incomplete.push(name);
    }
    expect(incomplete).toEqual([]);
  });
});

describe('the documentation', () => {
  const documents = files.filter((path) => path.endsWith('.md'));
  const slug = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-');
  const anchors = (path: string): string[] => text(path).split('\n').flatMap((line) => /^#+\s+(.*)$/.exec(line)?.[1] ?? []).map(slug);

  it.each(documents)('%s links only to what is there', (path) => {
    const prose = text(path).replace(/^```[\s\S]*?^```/gm, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links.filter((target) => !/^[a-z]+:/.test(target)).filter((target) => {
      const [file = '', anchor] = target.split('#');
      const there = file === '' ? path : join(dirname(path), file);
      return !existsSync(join(root, there)) || (anchor !== undefined && there.endsWith('.md') && !anchors(there).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('begins with how to start and how to test', () => {
    expect(text('README.md')).toContain('npm start');
    expect(text('README.md')).toContain('npm test');
  });
});
