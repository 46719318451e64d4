import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPage, pageFolder } from '../../scripts/stack/page.ts';

/** What may travel, in bytes as a server sends them. */
const FIRST_LOAD = 140_000;
const STYLES = 12_000;
const ONE_PAGE = 25_000;

const files = new Map<string, string>();
let html = '';

beforeAll(async () => {
  // Only if no stack of these tests has built it yet.
  await buildPage(() => undefined);
  const assets = join(pageFolder, 'assets');
  for (const name of await readdir(assets)) files.set(name, await readFile(join(assets, name), 'utf8'));
  html = await readFile(join(pageFolder, 'index.html'), 'utf8');
}, 120_000);

const code = (name: string): string => files.get(name) ?? '';
const all = (ending: string): string[] => [...files.keys()].filter((name) => name.endsWith(ending));
const sent = (names: Iterable<string>): number => [...names].reduce((sum, name) => sum + gzipSync(code(name)).length, 0);

/** A file with everything it imports, in the order of a walk. */
function withImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, imported = ''] of code(name).matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) withImports(imported, seen);
  return seen;
}

const fetchedLater = (name: string): string[] => [...code(name).matchAll(/import\(`\.\/([^`]+\.js)`\)/g)].map(([, later = '']) => later);

/** All that comes before the overview is there, in Norwegian, which has the longer words. */
function firstLoad(): Set<string> {
  const scripts = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map(([, name = '']) => name);
  const initial = new Set(scripts.flatMap((name) => [...withImports(name)]));
  const words = [...initial].flatMap(fetchedLater).filter((name) => /^nb-.{8}\.js$/.test(name));
  expect(words).toHaveLength(1);
  return new Set([...initial, ...words.flatMap((name) => [...withImports(name)])]);
}

describe('what travels', () => {
  it(`before the overview is there is at most ${FIRST_LOAD / 1_000} kB of JavaScript`, () => {
    expect(sent(firstLoad())).toBeLessThanOrEqual(FIRST_LOAD);
  });

  it(`is at most ${STYLES / 1_000} kB of CSS, of all pages together`, () => {
    expect(sent(all('.css'))).toBeLessThanOrEqual(STYLES);
  });

  it(`for one more page is at most ${ONE_PAGE / 1_000} kB of JavaScript`, () => {
    const first = firstLoad();
    const later = new Set(all('.js').flatMap(fetchedLater).filter((name) => !first.has(name)));
    const sizes = [...later].map((name) => [name, sent([...withImports(name)].filter((one) => !first.has(one)))] as const);
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.filter(([, size]) => size > ONE_PAGE)).toEqual([]);
  });

  it('is nobody else\u2019s: no font, no address of a stranger', async () => {
    expect([...files.keys()].filter((name) => !/\.(js|css)$/.test(name))).toEqual([]);
    expect(all('.css').filter((name) => /@font-face|@import|url\((?!["']?data:)/.test(code(name)))).toEqual([]);
    expect(html).not.toMatch(/(?:src|href)="(?!\/)/);
    // What to do in a system links to its vendor's pages, which only a person follows.
    const systems = (await readdir(join(import.meta.dirname, '../../web/src/advice'))).map((name) => name.replace(/\.json$/, ''));
    const advice = new RegExp(`^(?:${systems.join('|')})-.{8}\\.js$`);
    const named = new Set(all('.js').filter((name) => !advice.test(name)).flatMap((name) => [...code(name).matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host = '']) => host)));
    // Names of namespaces (of pictures and workbooks), where libraries' messages to developers point, and the Auth client's address when it is given none.
    expect([...named].sort()).toEqual(['github.com', 'localhost', 'react.dev', 'schemas.openxmlformats.org', 'www.w3.org']);
  });

  it('has no code for passkeys, which the page\u2019s headers forbid', () => {
    expect(all('.js').filter((name) => /navigator\.credentials/.test(code(name)))).toEqual([]);
  });
});
