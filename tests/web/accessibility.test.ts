import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';

let demo: DemoPage;
let paths: Record<string, string>;

beforeAll(async () => {
  demo = await startDemoPage();
  const [known] = await demo.stack.sql<{ record: string; cause: string; run: string }[]>`
    select r.id as record, r.cause_id as cause, r.run_id as run from records r join integrations i on i.id = r.integration_id
    where i.slug = 'claims' and r.state = 'failed' order by r.id limit 1`;
  if (!known) throw new Error('nothing failed');
  const integration = '/o/harbour/i/claims';
  paths = {
    'the overview': '/o/harbour', 'an integration': integration, 'a cause': `${integration}/causes/${known.cause}`, 'a record': `${integration}/records/${known.record}`,
    'a run': `${integration}/runs/${known.run}`, 'a watched system and its history': '/o/harbour/i/texts?days=30&each=0', 'the notifications': '/o/harbour/notifications', 'nothing': '/o/harbour/nothing-here',
  };
});
afterAll(() => demo?.stop());

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, and whether anything sticks out, which axe does not look for. */
async function faults(page: Page): Promise<string[]> {
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (rules) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    // Without being asked for, the size of targets is not looked at.
    const { violations } = await inPage.run({ runOnly: rules, rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] } as never);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }, RULES);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return overflow > 0 ? [...found, `${overflow} px too wide`] : found;
}

/** Everything that opens on the integration's page, by the button that opens it. */
const OPENED: Record<string, { path: string; button: RegExp }> = {
  'the dialog of Retry': { path: 'an integration', button: /^Retry failed records/ },
  'the details of a record': { path: 'an integration', button: /^Show details of/ },
  'the menu of the account': { path: 'the overview', button: /account|konto|adam/i },
};

const LOOKS = [1280, 320].flatMap((width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })));

describe.each(LOOKS)('$width px wide, $colorScheme', ({ width, colorScheme }) => {
  const look = { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' as const };

  test('the way in has no fault', async () => {
    const context = await demo.browser.newContext({ locale: 'en-GB', ...look });
    const page = await context.newPage();
    await page.goto(`${demo.stack.pageUrl}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test('no page of a member has a fault, and none is wider than the window', { timeout: 120_000 }, async () => {
    const page = await demo.signIn('adam@harbour.example.org', look);
    const found: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(`${demo.stack.pageUrl}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      const wrong = await faults(page);
      if (wrong.length > 0) found[name] = wrong;
    }
    expect(found).toEqual({});
    await page.context().close();
  });

  test.each(Object.entries(OPENED))('%s has no fault while it is open', async (_, { path, button }) => {
    const page = await demo.signIn('adam@harbour.example.org', look);
    await page.goto(`${demo.stack.pageUrl}${paths[path]}`);
    await page.getByRole('button', { name: button }).first().click();
    expect(await faults(page)).toEqual([]);
    await page.context().close();
  });
});
