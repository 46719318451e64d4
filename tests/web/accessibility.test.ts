import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';
import { everyPage, LOOKS, settled, SHOWN_AS } from '../support/every-page.ts';
import type { Shown } from '../support/every-page.ts';

let demo: DemoPage;
let pages: Record<string, Shown>;
let session: Exclude<BrowserContextOptions['storageState'], string>;

beforeAll(async () => {
  demo = await startDemoPage();
  pages = await everyPage(demo.stack.sql, SHOWN_AS.en);
  const page = await demo.signIn(SHOWN_AS.en.email);
  session = await page.context().storageState();
  await page.context().close();
});
afterAll(() => demo?.stop());

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, and whether anything sticks out, which axe does not look for. */
async function faults(page: Page): Promise<string[]> {
  const found = await page.evaluate(async (rules) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    // Without being asked for, the size of targets is not looked at.
    const { violations } = await inPage.run({ runOnly: rules, rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] } as never);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }, RULES);
  return [...found, ...await overflow(page)];
}

/** Quiet buttons stand with their words, not their edges, in line with the rest. */
const SLACK = 4;

/** How far the window, or what a card holds, is too small for what is in it. */
const overflow = (page: Page): Promise<string[]> => page.evaluate((slack) => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const cards = [...document.querySelectorAll('main > *, main .card > *')].filter((part) => part.scrollWidth > part.clientWidth + slack
    && /inline|contents/.test(getComputedStyle(part).display) === false && getComputedStyle(part).overflowX === 'visible');
  return [...(wide > 0 ? [`${wide} px too wide`] : []), ...cards.map((part) => `cut: ${part.outerHTML.slice(0, 120)}`)];
}, SLACK);

const NARROW = { width: 320, height: 800 };

async function overflowAtEveryWidth(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of [1920, 1280, 1024, 768, 390, 320]) {
    await page.setViewportSize({ ...NARROW, width });
    found.push(...(await overflow(page)).map((fault) => `${width}: ${fault}`));
  }
  return found;
}

/** Presses Tab until what has this name has the focus; everything on the way is to be seen where it is. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const part = document.activeElement;
      const box = part?.getBoundingClientRect();
      const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return { text: part?.textContent ?? '', html: part?.outerHTML.slice(0, 120) ?? '', isSeen: Boolean(part && top && (part.contains(top) || top.contains(part))) };
    });
    expect(at).toMatchObject({ isSeen: true });
    if (at.text === name) return;
  }
  throw new Error(`${name} is out of reach of Tab.`);
}

/** From page to page as a link goes, without loading all anew. */
async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate(async (to) => {
    history.pushState(null, '', to);
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  }, path);
}

async function walk(page: Page, through: Record<string, Shown>, look: (page: Page) => Promise<string[]>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [name, shown] of Object.entries(through)) {
    await goTo(page, shown.path);
    await settled(page, shown);
    const wrong = await look(page);
    if (wrong.length > 0) found[name] = wrong;
    // What is open would lie over the next page's buttons.
    if (shown.press) await page.keyboard.press('Escape');
  }
  return found;
}

describe.each(LOOKS)('$width px wide, $colorScheme', ({ width, colorScheme }) => {
  const look = { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' as const };

  test('no page and nothing that opens on one has a fault, and none is wider than the window', { timeout: 180_000 }, async () => {
    const context = await demo.browser.newContext({ locale: 'en-GB', ...look });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`${demo.stack.pageUrl}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    // Not as a script of the page, which its policy would refuse.
    await page.evaluate(axe.source);
    expect(await faults(page)).toEqual([]);
    await context.close();

    const member = await demo.browser.newContext({ locale: 'en-GB', storageState: session, ...look });
    const inside = await member.newPage();
    inside.setDefaultTimeout(15_000);
    await inside.goto(`${demo.stack.pageUrl}/o/harbour`);
    await settled(inside, { path: '/' });
    await inside.evaluate(axe.source);
    const here = Object.fromEntries(Object.entries(pages).filter(([, { narrow }]) => !narrow || width < 640));
    expect(await walk(inside, here, faults)).toEqual({});
    await member.close();
  });
});

test('in Norwegian, with its longer words, nothing sticks out at any width, nor with the widest spacing of text', { timeout: 180_000 }, async () => {
  const page = await demo.signIn(SHOWN_AS.nb.email, { viewport: NARROW, reducedMotion: 'reduce' });
  await settled(page, { path: '/' });
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('nb');
  expect(await page.evaluate(() => document.querySelector('header')?.offsetHeight)).toBeLessThanOrEqual(64);
  const all = await everyPage(demo.stack.sql, SHOWN_AS.nb);
  expect(await walk(page, all, overflowAtEveryWidth)).toEqual({});
  // What people who need it set, by a style sheet the page's policy has no say over.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }');
    document.adoptedStyleSheets.push(sheet);
  });
  expect(await walk(page, all, overflow)).toEqual({});
  await page.context().close();
});

test('by keyboard alone: to the red integration, into the dialog of Retry, and back to where one was', { timeout: 120_000 }, async () => {
  const page = await demo.signIn(SHOWN_AS.en.email);
  await settled(page, { path: '/' });
  await tabTo(page, 'Expense claims to Business Central');
  await page.keyboard.press('Enter');
  const title = page.getByRole('heading', { level: 1, name: 'Expense claims to Business Central' });
  await title.waitFor();
  expect(await title.evaluate((heading) => heading === document.activeElement)).toBe(true);
  await settled(page, { path: '/' });
  await tabTo(page, 'Retry failed records');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  expect(await dialog.evaluate((open) => open.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Retry failed records');
  await page.context().close();
});

test('the tab says how many are red; the appearance and a pause are the reader\u2019s: kept; with more contrast, and in forced colours', { timeout: 120_000 }, async () => {
  const page = await demo.signIn(SHOWN_AS.en.email, { colorScheme: 'light' });
  await settled(page, { path: '/' });
  expect(await page.title()).toBe('(1) Overview \u2013 Harbour Peer Support \u2013 Syncward');
  expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/icon-error.svg');
  const colour = (selector: string, property: 'color' | 'fill') =>
    page.locator(selector).first().evaluate((part, name) => getComputedStyle(part)[name], property);
  expect(await colour('.card .muted', 'color')).not.toBe(await colour('body', 'color'));
  await page.emulateMedia({ contrast: 'more' });
  expect(await colour('.card .muted', 'color')).toBe(await colour('body', 'color'));
  await page.emulateMedia({ contrast: null, forcedColors: 'active' });
  expect(await colour('.tick-error', 'fill')).not.toBe(await colour('.tick-ok', 'fill'));
  await page.emulateMedia({ forcedColors: null });
  const light = await colour('body', 'color');
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByLabel('Appearance').selectOption('dark');
  await page.reload();
  await settled(page, { path: '/' });
  expect(await colour('body', 'color')).not.toBe(light);
  expect(await page.getByRole('button', { pressed: true }).textContent()).toBe('Resume updates');
  await page.context().close();
});

test('on paper there are no buttons, what was folded is open, and the foot says from where and when', { timeout: 120_000 }, async () => {
  const context = await demo.browser.newContext({ locale: 'en-GB', storageState: session });
  const page = await context.newPage();
  await page.goto(`${demo.stack.pageUrl}${pages['cause']?.path ?? ''}`);
  await settled(page, { path: '/' });
  const printing = (name: 'beforeprint' | 'afterprint') => page.evaluate((event) => void dispatchEvent(new Event(event)), name);
  await page.emulateMedia({ media: 'print' });
  await printing('beforeprint');
  const foot = page.locator('.printed');
  expect(await foot.textContent()).toMatch(/^Printed .*\d{4}, \d\d:\d\d.* from http:\/\/127\.0\.0\.1:\d+\/o\/harbour\//);
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await page.locator('main details:not([open])').count()).toBe(0);
  await printing('afterprint');
  expect(await foot.count()).toBe(0);
  await context.close();
});

test('who begins sees three first steps, can put them away, and gets them back', { timeout: 120_000 }, async () => {
  await demo.stack.sql`
    with o as (insert into organizations (slug, name) values ('new', 'New') returning id),
      m as (insert into members (org_id, user_id, role, name, locale)
        select o.id, u.id, 'owner', 'Olive', 'en' from o, auth.users u where u.email = ${SHOWN_AS.en.email})
    insert into integrations (org_id, system, slug, name) select id, 'xledger', 'claims', 'Claims' from o`;
  const context = await demo.browser.newContext({ locale: 'en-GB', storageState: session, viewport: NARROW });
  const page = await context.newPage();
  await page.goto(`${demo.stack.pageUrl}/o/new`);
  const steps = page.getByRole('region', { name: 'Getting started' });
  await steps.getByRole('link', { name: 'Open the configuration' }).waitFor();
  expect(await steps.getByText('(to do)').count()).toBe(3);
  await page.evaluate(axe.source);
  expect(await faults(page)).toEqual([]);
  await steps.getByRole('button', { name: 'Hide' }).click();
  await page.reload();
  await page.getByRole('heading', { name: 'Claims' }).waitFor();
  expect(await steps.count()).toBe(0);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Show \u201cGetting started\u201d' }).click();
  await steps.waitFor();
  await context.close();
});
