import { readFile } from 'node:fs/promises';
import axe from 'axe-core';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';
import { presetSpan } from '../../web/src/features/grant-report/grant-period.ts';
import { cells, expectWellFormed, unzip } from './support/unzip.ts';

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

const faults = async (page: Page): Promise<unknown[]> => {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`));
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return overflow > 0 ? [...found, overflow] : found;
};

test.each([1280, 320])('at %d px nothing is wider than the window, and axe finds nothing', async (width) => {
  const page = await open('adam@harbour.example.org', width);
  expect(await faults(page)).toEqual([]);
  await page.context().close();
});

/** The quarter in which three activities of the demo are not as the form wants them. */
const QUARTER = presetSpan('lastQuarter', new Date().toISOString().slice(0, 10));

async function openGrant(email: string, { width = 1280, colorScheme = 'light', locale = 'nb' }: { width?: number; colorScheme?: 'light' | 'dark'; locale?: 'nb' | 'en' } = {}): Promise<Page> {
  const page = await demo.signIn(email, { viewport: { width, height: 900 }, colorScheme });
  await page.evaluate((chosen) => localStorage.setItem('syncward-locale', chosen), locale);
  await page.goto(`${demo.stack.pageUrl}/o/nordlys/grant-report?from=${QUARTER.from}&to=${QUARTER.to}`);
  await page.getByRole('heading', { name: locale === 'nb' ? 'Leverte rapporter' : 'Reports handed in' }).waitFor();
  return page;
}

/** What a button gives to download: its name, and its bytes. */
async function downloaded(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button, exact: true }).click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** The app hands the three activities in again, as they should be. */
const correct = () => demo.stack.sql`
  update records r set payload = payload || jsonb_build_object('participants', '7', 'municipality', '0301', 'activity', 'kurs')
  where source_type = 'activity' and (payload ->> 'participants' = '' or payload ->> 'municipality' = '301' or payload ->> 'activity' = 'fest')`;

test('a grant report is built, checked, downloaded, handed in, kept, and unlocked with a reason', { timeout: 120_000 }, async () => {
  const page = await openGrant('arne@nordlys.example.org');
  await page.getByText('8 ting må rettes først.').waitFor();
  const issue = page.getByRole('row').filter({ hasText: '/rows/7/municipality' });
  expect(await issue.innerText()).toContain('«Kommunenummer» er «301»; det skal være fire sifre.');
  expect(await issue.getByRole('link').getAttribute('href')).toMatch(/^\/o\/nordlys\/i\/expenses\/records\/\d+$/);
  const off = page.getByRole('button', { name: 'Last ned CSV' });
  expect([await off.getAttribute('aria-disabled'), await off.getAttribute('title')]).toEqual(['true', 'Rett det som står i sjekken først.']);

  await correct();
  await page.reload();
  await page.getByRole('button', { name: 'Gå til feltet' }).first().click();
  await page.keyboard.type('712345678');
  await page.getByText('det skal være ni sifre som begynner med 8 eller 9').first().waitFor();
  await page.getByLabel('Organisasjonsnummer').fill('912345678');
  await page.getByLabel('Tilskuddsnummer').fill('T-2026-17');
  await page.getByLabel('Kontaktperson').fill('Kari Example');
  await page.getByLabel('Oppsummering').fill('Vi har holdt samtaler og grupper i hele perioden, og flere enn før kom.');
  await page.getByLabel('Brukt av tilskuddet').fill('1,00');
  await page.getByText('«Brukt av tilskuddet» er 1.00; radene summerer til').first().waitFor();
  await page.getByRole('button', { name: /^Bruk summen av radene/ }).click();
  await page.getByText('Ingenting står i veien. Rapporten kan leveres.').waitFor();
  // What was typed outlives a reload of the tab.
  await page.reload();
  await page.getByText('Ingenting står i veien. Rapporten kan leveres.').waitFor();

  const [csv, xlsx] = [await downloaded(page, 'Last ned CSV'), await downloaded(page, 'Last ned XLSX')];
  expect([csv.name, xlsx.name]).toEqual(['csv', 'xlsx'].map((kind) => `bufdir-likepersonarbeid-${QUARTER.from}-${QUARTER.to}.${kind}`));
  const rows: string[][] = parse(csv.bytes, { bom: true, delimiter: ';', record_delimiter: '\r\n' });
  expect([rows.length, rows[1]?.[0]]).toEqual([10, 'A-0025']);
  const parts = unzip(xlsx.bytes);
  for (const xml of parts.values()) expectWellFormed(xml);
  const sheet = cells(parts.get('xl/worksheets/sheet2.xml') ?? '');
  expect(rows.slice(1).map((row) => row[7]?.replace(',', '.'))).toEqual(rows.slice(1).map((_, index) => sheet[`H${index + 2}`]));

  await page.getByRole('button', { name: 'Marker som levert …' }).click();
  await page.getByRole('dialog').getByLabel('Levert dag').fill(QUARTER.to);
  await page.getByRole('dialog').getByRole('button', { name: 'Marker som levert' }).click();
  await page.getByText('Gi en dag etter perioden, og ikke en som ligger fram i tid.').waitFor();
  await page.getByRole('dialog').getByLabel('Levert dag').fill(new Date().toISOString().slice(0, 10));
  await page.getByRole('dialog').getByLabel(/referanse/).fill('AR 2026/17');
  await page.getByRole('dialog').getByRole('button', { name: 'Marker som levert' }).dblclick();
  await page.getByText('Postene er som da den ble levert.').waitFor();
  expect((await downloaded(page, 'Last ned CSV')).bytes.equals(csv.bytes)).toBe(true);
  expect((await downloaded(page, 'Last ned XLSX')).bytes.equals(xlsx.bytes)).toBe(true);
  await page.getByText('Opplysninger').click();
  await page.getByText('Filene er nøyaktig det de lagrede postene gir.').waitFor();
  expect(await page.getByRole('table', { name: 'Hva som er levert, av hvem og når' }).getByRole('row').filter({ hasText: 'AR 2026/17' }).innerText())
    .toMatch(/bufdir-likepersonarbeid 2026-1.*Arne Admin.*NOK.*Låst/s);

  await demo.stack.sql`update records set amount = amount + 1 where source_id = 'A-0025'`;
  await page.reload();
  await page.getByText('1 post er en annen enn da rapporten ble levert.').waitFor();
  await page.getByRole('table', { name: 'Poster som er endret siden levering' }).getByText(/^Kostnad: \d+\.\d\d → \d+\.\d\d$/).waitFor();
  expect(await faults(page)).toEqual([]);
  await page.context().close();
});

test('a grant report that was handed in is looked at by a viewer and unlocked by who may', async () => {
  const viewer = await openGrant('vera@nordlys.example.org', { width: 320, colorScheme: 'dark', locale: 'en' });
  const unlock = viewer.getByRole('button', { name: 'Unlock …' });
  await unlock.waitFor();
  expect(await unlock.getAttribute('aria-disabled')).toBe('true');
  expect(await faults(viewer)).toEqual([]);
  await viewer.context().close();

  const page = await openGrant('olga@nordlys.example.org', { width: 320, locale: 'en' });
  await page.getByRole('button', { name: 'Unlock …' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('The cost of an activity was wrong');
  await page.getByRole('dialog').getByRole('button', { name: 'Unlock', exact: true }).click();
  // Who reports on what grant is as it was; what is of the period is to be written anew.
  await page.getByText('2 things must be put right first.').waitFor();
  await page.getByText(/^Unlocked by Olga Owner .*: The cost of an activity was wrong$/).waitFor();
  expect(await faults(page)).toEqual([]);
  await page.goto(`${demo.stack.pageUrl}/o/nordlys/audit?action=grant_report.*`);
  await page.getByText('unlocked a grant report').first().waitFor();
  await page.context().close();
});
