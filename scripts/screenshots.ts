import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { startDemoPage, type DemoPage } from '../tests/support/demo-page.ts';
import { everyPage, LOOKS, settled, SHOWN_AS, type Shown } from '../tests/support/every-page.ts';
import { seconds } from './stack/progress.ts';

const usage = `Takes a picture of every page of the demo: Norwegian and English, light and dark, 1280 and 320 px wide.

  npm run screenshots -- [folder]    default: .syncward/screenshots
    --only <name,name>               only these pages
    --readme                         the two pictures of README.md instead, into docs/images`;

const root = fileURLToPath(new URL('../', import.meta.url));
/** A page that is not there by then is a fault, and the whole ends soon after. */
const ONE_PAGE_MS = 20_000;
const ALL_MS = 15 * 60_000;
/** A picture longer than this is cut: nobody looks at the end of it. */
const TALLEST = 4_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, readme: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const begun = performance.now();
const say = (text: string): void => void process.stderr.write(`${text}\n`);

if (values.help) say(usage);
else await main();

async function main(): Promise<void> {
  const folder = values.readme ? join(root, 'docs', 'images') : resolve(positionals[0] ?? join(root, '.syncward', 'screenshots'));
  await mkdir(folder, { recursive: true });
  say('Starting the demo; half a minute on 2 cores');
  const demo = await startDemoPage();
  const late = setTimeout(() => {
    say(`Not done after ${seconds(ALL_MS)}.`);
    void demo.stop().finally(() => process.exit(1));
  }, ALL_MS);
  try {
    const faults = values.readme ? await takeReadme(demo, folder) : await takeAll(demo, folder);
    say(`${relative(process.cwd(), folder)} is written; ${seconds(performance.now() - begun)} in all`);
    for (const fault of faults) say(`not taken: ${fault}`);
    process.exitCode = faults.length > 0 ? 1 : 0;
  } finally {
    clearTimeout(late);
    await demo.stop();
  }
}

async function takeAll(demo: DemoPage, folder: string): Promise<string[]> {
  const only = values.only?.split(',');
  const faults: string[] = [];
  for (const [language, as] of Object.entries(SHOWN_AS)) {
    const all = Object.entries(await everyPage(demo.stack.sql, as)).filter(([name]) => only?.includes(name) ?? true);
    for (const { width, colorScheme } of LOOKS) {
      const pages = all.filter(([, shown]) => !shown.narrow || width < 640);
      const page = await demo.signIn(as.email, { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
      for (const [name, shown] of pages) {
        const file = `${name}-${language}-${width}-${colorScheme}.png`;
        await take(demo, page, shown, join(folder, file)).catch((error: unknown) => faults.push(`${file}: ${String(error).split('\n')[0]}`));
      }
      await page.context().close();
      say(`${language}, ${width} px, ${colorScheme}: ${pages.length} pages, ${seconds(performance.now() - begun)}`);
    }
  }
  return faults;
}

async function take(demo: DemoPage, page: Page, shown: Shown, path: string): Promise<void> {
  await open(demo, page, shown);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  // What is open lies over what the window shows.
  const whole = shown.press === undefined && height <= TALLEST;
  await page.screenshot(whole ? { path, fullPage: true } : { path });
}

async function open(demo: DemoPage, page: Page, shown: Shown): Promise<void> {
  page.setDefaultTimeout(ONE_PAGE_MS);
  await page.goto(`${demo.stack.pageUrl}${shown.path}`);
  await settled(page, shown);
}

/** The overview of one organization, and the cause of the other's trouble: what the window shows of them. */
async function takeReadme(demo: DemoPage, folder: string): Promise<string[]> {
  const pictures = [['overview', 'overview', 600], ['cause', 'cause', 900]] as const;
  const page = await demo.signIn(SHOWN_AS.en.email, { viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' });
  const pages = await everyPage(demo.stack.sql, SHOWN_AS.en);
  for (const [file, name, height] of pictures) {
    const shown = pages[name];
    if (!shown) throw new Error(`There is no page ${name}.`);
    await page.setViewportSize({ width: 1280, height });
    await open(demo, page, shown);
    await page.screenshot({ path: join(folder, `${file}.png`) });
  }
  return [];
}
