import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';

let demo: DemoPage;
/** The last week that is over, in which all of the demo's claims are put. */
const WEEK = { from: '2026-11-02', to: '2026-11-08' };

beforeAll(async () => {
  demo = await startDemoPage();
  await demo.stack.sql`update records r set occurred_on = '2026-11-04' from integrations i where i.id = r.integration_id and i.slug = 'claims'`;
});
afterAll(() => demo?.stop());

async function open(email: string, width = 1280): Promise<Page> {
  const page = await demo.signIn(email, { viewport: { width, height: 900 } });
  await page.goto(`${demo.stack.pageUrl}/o/harbour/report?from=${WEEK.from}&to=${WEEK.to}`);
  await page.getByRole('heading', { name: 'Is everything there?' }).waitFor();
  await page.getByText('Statement for Expense claims to Business Central').waitFor();
  return page;
}

const account = (page: Page) => page.getByRole('article', { name: 'Expense claims to Business Central' });

test('a period is accounted for, signed by name, and open again when a record changes', async () => {
  const page = await open('adam@harbour.example.org');
  await account(page).getByText('23 records are not across.').waitFor();
  const [failed] = await account(page).getByRole('row', { name: /^Failed/ }).allInnerTexts();
  expect(failed).toMatch(/23.*GBP/s);
  await account(page).getByRole('button', { name: 'Sign …' }).click();
  await page.getByRole('dialog').getByLabel('Note (optional)').fill('Seen with the auditor.');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await account(page).getByText(/^Signed by Adam .*“Seen with the auditor.”/).waitFor();
  expect(await account(page).getByRole('button', { name: 'Sign …' }).count()).toBe(0);
  await demo.stack.sql`update records set amount = amount + 1 where id = (select min(r.id) from records r join integrations i on i.id = r.integration_id where i.slug = 'claims')`;
  await page.reload();
  await account(page).getByText('Something has changed since. The period is open again.').waitFor();
  await account(page).getByRole('button', { name: 'Sign …' }).waitFor();
  await page.context().close();
});

test('figures that change while they are looked at are not signed', async () => {
  const page = await open('olive@harbour.example.org');
  await demo.stack.sql`update records set amount = amount + 1 where id = (select min(r.id) from records r join integrations i on i.id = r.integration_id where i.slug = 'claims')`;
  await account(page).getByRole('button', { name: 'Sign …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await page.getByText('The records of this period have changed since you looked.').first().waitFor();
  await page.context().close();
});

test('a viewer reads the report and hears why signing is off', async () => {
  const page = await open('vic@harbour.example.org');
  expect(await account(page).getByRole('button', { name: 'Sign …' }).getAttribute('aria-disabled')).toBe('true');
  await page.context().close();
});

test('a period is chosen by name, and Back leads to the one before', async () => {
  const page = await open('adam@harbour.example.org');
  await page.getByRole('link', { name: 'Last month' }).click();
  await page.waitForURL(/from=\d{4}-\d\d-01/);
  await page.goBack();
  await page.waitForURL(new RegExp(`from=${WEEK.from}`));
  await page.context().close();
});

test.each([1280, 320])('at %d px nothing is wider than the window, and axe finds nothing', async (width) => {
  const page = await open('adam@harbour.example.org', width);
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run()).violations.map(({ id }) => id));
  expect(found).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await page.context().close();
});
