import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { startStack, type Stack } from '../scripts/stack/index.ts';
import { startPage } from '../scripts/stack/page.ts';
import { openBrowser } from '../tests/support/browser.ts';
import { makeHistory } from './history.ts';
import { alternate, result, type Measure, type Result } from './measure.ts';

export type PageOptions = { integrations: number; failures: number; runs: number; minutes: number; onProgress(step: string): void };

/** What a telephone on a poor line is taken to be: 4 times slower than this machine, 1.6 Mbit/s, 150 ms away. */
const SLOWER = 4;
const LINE = { offline: false, latency: 150, downloadThroughput: (1.6 * 1_000_000) / 8, uploadThroughput: 750_000 / 8 };
const RUNS_OF_90_DAYS = 180;
/** The page looks this often while nothing runs. */
const POLLS_PER_MINUTE = 2;
const PASSWORD = 'a long password';

type Session = Exclude<BrowserContextOptions['storageState'], string>;
type Place = { browser: Browser; pageUrl: string; shellUrl: string; session: Session; deep: string };

/**
 * The page of an organization with many integrations, ninety days and a great many open failures, against the least that React can be, built
 * by the same configuration in the same run, on a slow machine and a poor line.
 */
export async function benchPage({ integrations, failures, runs, minutes, onProgress }: PageOptions): Promise<Result[]> {
  const stack = await startStack({ parts: ['api', 'page'] });
  const folder = await mkdtemp(join(tmpdir(), 'syncward-shell-'));
  const closers: (() => Promise<unknown>)[] = [() => stack.stop(), () => rm(folder, { recursive: true, force: true })];
  try {
    await makeHistory(stack.sql, { organizations: 1, integrations, attempts: 20_000, records: 20_000, runs: RUNS_OF_90_DAYS, failures }, onProgress);
    await stack.sql`
      insert into members (org_id, user_id, role, name, locale)
      select o.id, u.id, 'admin', 'Reader', 'nb' from organizations o, auth.users u where u.email = 'admin-0@example.org'`;
    await buildShell(folder);
    const shell = await startPage({ port: 0, folder, config: () => ({ apiUrl: stack.apiUrl ?? '', publishableKey: stack.publishableKey }) });
    const browser = await openBrowser();
    closers.unshift(() => browser.close(), () => shell.close());
    const place: Place = {
      browser, pageUrl: stack.pageUrl ?? '', shellUrl: shell.url, session: await signedIn(browser, stack), deep: `bench-${integrations}`,
    };
    return [
      await compare('first look, nothing cached', 'until the largest part is painted', runs, () => paint(place, '/o/org-1'), () => paintShell(place)),
      await compare(`first row of ${failures} failed records`, 'until it stands there, nothing cached', runs,
        () => firstRow(place, `/o/org-1/i/${place.deep}`), () => paintShell(place)),
      await compare(`worst of searching, filtering and opening among ${integrations}`, 'until the answer is painted', runs,
        () => interactions(place), () => shellInteraction(place)),
      await memory(place, minutes, onProgress),
    ];
  } finally {
    for (const close of closers) await close();
  }
}

async function compare(name: string, note: string, runs: number, own: () => Promise<number>, base: () => Promise<number>): Promise<Result> {
  const sample = (measure: () => Promise<number>): Measure => async () => ({ wallMs: await measure(), cpuMs: null });
  const about = { bench: `page: ${name}`, contender: 'the page', baseline: 'bare React shell', things: 1, note };
  return result(about, await alternate(runs, sample(own), sample(base)));
}

/** Built as the page is: same bundler, same browsers. */
async function buildShell(folder: string): Promise<void> {
  const { build } = await import('vite');
  const at = (path: string): string => new URL(path, import.meta.url).pathname;
  await build({ configFile: at('../web/vite.config.ts'), root: at('./shell/'), logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
}

async function signedIn(browser: Browser, { pageUrl }: Stack): Promise<Session> {
  const context = await browser.newContext({ locale: 'nb-NO' });
  const page = await context.newPage();
  await page.goto(`${pageUrl}/sign-in`);
  await page.getByLabel('E-post').fill('admin-0@example.org');
  await page.getByLabel('Passord').fill(PASSWORD);
  await page.getByRole('button', { name: 'Logg inn', exact: true }).click();
  await page.waitForURL(/\/o\//);
  const session = await context.storageState();
  await context.close();
  return session;
}

/** Does something on a page of its own, in a browser that has nothing of it, is slow and far away; and takes notes of what is painted when. */
async function onSlowPage<T>({ browser, session }: Place, work: (page: Page, devtools: CDPSession) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ locale: 'nb-NO', storageState: session, viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(180_000);
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', LINE);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.addInitScript(() => {
      const seen = { paint: 0, worst: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => list.getEntries().forEach(({ startTime }) => { seen.paint = startTime; }))
        .observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => { seen.worst = Math.max(seen.worst, duration); }))
        .observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
    });
    return await work(page, devtools);
  } finally {
    await context.close();
  }
}

/** Two frames: whatever was to be painted is, and the observers have heard of it. */
const seen = (page: Page): Promise<{ paint: number; worst: number }> => page.evaluate(async () => {
  await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))); });
  return (window as unknown as { seen: { paint: number; worst: number } }).seen;
});

const paint = (place: Place, path: string): Promise<number> => onSlowPage(place, async (page) => {
  await page.goto(`${place.pageUrl}${path}`);
  await page.locator('.grid > li').first().waitFor();
  return (await seen(page)).paint;
});

const paintShell = (place: Place): Promise<number> => onSlowPage(place, async (page) => {
  await page.goto(place.shellUrl);
  await page.getByRole('heading').waitFor();
  return (await seen(page)).paint;
});

const firstRow = (place: Place, path: string): Promise<number> => onSlowPage(place, async (page) => {
  await page.goto(`${place.pageUrl}${path}`, { waitUntil: 'commit' });
  const handle = await page.waitForFunction(() => document.querySelector('.record-name') && performance.now(), null, { polling: 'raf' });
  return Number(await handle.jsonValue());
});

/** As somebody looks for one among many, opens it, opens a record, chooses one and turns the page. */
const interactions = (place: Place): Promise<number> => onSlowPage(place, async (page) => {
  await page.goto(`${place.pageUrl}/o/org-1`);
  await page.locator('.grid > li').first().waitFor();
  await page.getByRole('searchbox').first().pressSequentially(place.deep.slice(0, 8), { delay: 50 });
  await page.getByRole('searchbox').first().fill('');
  await page.getByRole('link', { name: `Bench ${place.deep.slice(6)}`, exact: true }).click();
  await page.locator('.record-name button').first().click();
  await page.locator('[id^="detail-"]').first().waitFor();
  await page.locator('td input[type="checkbox"]').first().click();
  await page.getByRole('button', { name: 'Eldre' }).click();
  await page.getByText(/^Side 2/).first().waitFor();
  return (await seen(page)).worst;
});

const shellInteraction = (place: Place): Promise<number> => onSlowPage(place, async (page) => {
  await page.goto(place.shellUrl);
  for (let time = 0; time < 6; time += 1) await page.getByRole('button').click();
  // Below 16 ms nothing is told, and a frame is what it takes at least.
  return Math.max(16, (await seen(page)).worst);
});

/** What the page keeps after as many looks as it takes in so many minutes, made one after another: each reads and draws as the clock would have it. */
async function memory(place: Place, minutes: number, onProgress: (step: string) => void): Promise<Result> {
  const context = await place.browser.newContext({ locale: 'nb-NO', storageState: place.session });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const held = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1_000_000;
  };
  await page.goto(`${place.pageUrl}/o/org-1`);
  await page.locator('.grid > li').first().waitFor();
  const looks = minutes * POLLS_PER_MINUTE;
  let early = 0;
  let answered = 0;
  page.on('response', (response) => { answered += response.url().includes('/rest/v1/overview') ? 1 : 0; });
  const began = performance.now();
  for (let look = 1; look <= looks; look += 1) {
    const answer = page.waitForResponse(/\/rest\/v1\/overview/, { timeout: 180_000 });
    // What the page hears when its window comes to the front again; younger than two seconds it would let what it has stand.
    await page.waitForTimeout(2_100);
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await answer;
    if (look === Math.ceil(looks / 10)) early = await held();
  }
  const late = await held();
  const tookMs = performance.now() - began;
  await context.close();
  const kept = `${early.toFixed(1)} MB after a tenth of ${answered} looks, ${late.toFixed(1)} MB after all (${minutes} minutes' worth): ${(late - early).toFixed(1)} MB more`;
  onProgress(kept);
  const spread = { median: tookMs, low: tookMs, high: tookMs };
  return {
    bench: 'page: memory', contender: 'the page', baseline: 'itself', things: looks, runs: 1, wallMs: spread, baseWallMs: spread, cpuMs: null, baseCpuMs: null, note: kept,
  };
}
