import { readFile } from 'node:fs/promises';
import { createClient } from '@supabase/supabase-js';
import { parse } from 'csv-parse/sync';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack } from '../../scripts/stack/index.ts';
import type { Stack } from '../../scripts/stack/index.ts';
import { printable } from '../../web/src/lib/printable.ts';
import { HOSTILE_TEXTS } from '../security/support/hostile-text.ts';
import { openBrowser } from '../support/browser.ts';

const PASSWORD = 'a long password';
const names = Object.keys(HOSTILE_TEXTS);
const textOf = (name: string): string => HOSTILE_TEXTS[name] ?? '';
const LARGE = 'a megabyte';
const DEEP = 'a thousand levels';

let stack: Stack;
let browser: Browser;
let org: string;
let integration: string;

beforeAll(async () => {
  stack = await startStack({ parts: ['api', 'page'] });
  browser = await openBrowser();
  const { sql } = stack;
  const olga = await stack.createUser('olga@example.org', PASSWORD);
  [{ org, integration } = { org: '', integration: '' }] = await sql<{ org: string; integration: string }[]>`
    with o as (insert into organizations (slug, name) values ('nord', ${textOf('a script')}) returning id),
    m as (insert into members (org_id, user_id, role, name, locale) select id, ${olga.id}, 'owner', ${textOf('an image with a handler')}, 'en' from o)
    insert into integrations (org_id, system, slug, name) select id, 'fake', 'fake', ${textOf('an end of an attribute')} from o returning org_id as org, id as integration`;
  await handIn();
  await refuse();
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** By both doors an app has: the function and the table. */
async function handIn(): Promise<void> {
  const app = createClient(stack.apiUrl ?? '', stack.secretKey, { auth: { persistSession: false } });
  const record = (name: string, index: number) => ({
    source_type: 'expense', source_id: `${index} ${textOf(name)}`.slice(0, 500), label: textOf(name).slice(0, 500) || 'nothing', amount: `-${index}.5`, currency: 'NOK',
    // By definition: as a literal, the key would be the prototype.
    payload: JSON.parse(`{"text": ${JSON.stringify(textOf(name))}, "__proto__": {"admin": true}, ${JSON.stringify(`key ${textOf(name)}`)}: [null, 1]}`) as object,
  });
  const half = names.length / 2;
  const { data, error } = await app.rpc('hand_in', { org, integration, records: names.filter((_, index) => index < half).map(record) });
  expect(error).toBeNull();
  expect(data).toMatchObject({ refused: [] });
  const direct = await app.from('records').insert([
    ...names.map((name, index) => ({ ...record(name, index), org_id: org, integration_id: integration })).filter((_, index) => index >= half),
    { org_id: org, integration_id: integration, source_type: 'expense', source_id: LARGE, payload: { text: '<script>window.attacked = true</script>'.repeat(25_000) } },
  ]);
  expect(direct.error).toBeNull();
  // Deeper than the embedded Data API can read; hosted, it goes in.
  await stack.sql`insert into records (org_id, integration_id, source_type, source_id, payload) values (${org}, ${integration}, 'expense', ${DEEP}, ${`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`}::text::jsonb)`;
}

/** A system that says the same back, in every place where its words are kept, without anything of the kit's that would clean them. */
async function refuse(): Promise<void> {
  const { sql } = stack;
  await sql`
    insert into causes (org_id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
    select org_id, integration_id, left(label, 200), left(label, 200), left(label, 400), left(label, 200), coalesce(label, ''), 'validation', now(), now() from records
    where label is not null on conflict do nothing`;
  await sql`insert into runs (org_id, integration_id, status, trigger, due_at, created_at, started_at, finished_at, selected, failed, error_message, error_code, error_field, error_category)
    select ${org}, ${integration}, 'failed', 'schedule', now(), now(), now(), now(), count(*), count(*), ${textOf('a script')}, ${textOf('text turned around')}, ${textOf('an image with a handler')}, 'validation' from records`;
  await sql`
    update records r set state = 'failed', run_id = (select max(id) from runs), failed_at = now(), attempts = 1, error_message = coalesce(r.label, 'x'), error_code = r.label, error_field = r.label,
      error_value = r.label, error_category = 'validation', error_status = 400, cause_id = (select c.id from causes c where c.sample = r.label limit 1)`;
  await sql`
    insert into attempts (org_id, integration_id, record_id, version, run_id, at, outcome, status, code, field, message, category, request_id, response)
    select org_id, integration_id, id, 1, run_id, now(), 'failed', 400, label, label, label, 'validation', label, payload ->> 'text' from records`;
  await sql`update integration_status set last_run_id = (select max(id) from runs), consecutive_failures = 2, dirty = true`;
  await sql`select private.evaluate_health(now(), null)`;
  await sql`select private.alert(now())`;
}

type Watched = { page: Page; faults: string[]; asked: string[] };

/** A page whose every fault, refusal of the content policy and request to elsewhere is noted. */
async function signIn(path: string): Promise<Watched> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  const [faults, asked]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => { if (/Content Security Policy|Refused to/i.test(message.text())) faults.push(message.text()); });
  page.on('dialog', (dialog) => { faults.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => { if (![stack.pageUrl, stack.apiUrl].some((own) => request.url().startsWith(own ?? ''))) asked.push(request.url()); });
  page.setDefaultTimeout(20_000);
  await page.goto(`${stack.pageUrl}/sign-in`);
  await page.getByLabel(/e-mail/i).fill('olga@example.org');
  await page.getByLabel(/password/i).fill(PASSWORD);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(/\/o\//);
  await page.goto(`${stack.pageUrl}${path}`);
  return { page, faults, asked };
}

/** Nothing of what was written has become anything but text. */
async function expectOnlyText({ page, faults, asked }: Watched): Promise<void> {
  expect(await page.evaluate('window.attacked')).toBeUndefined();
  expect(await page.evaluate('({}).admin')).toBeUndefined();
  expect(await page.locator('img[src="x"], svg[onload], [onerror], main script, body > script:not([src])').count()).toBe(0);
  expect(await page.locator('a[href^="javascript:"], a[href^="data:"]').count()).toBe(0);
  expect(faults).toEqual([]);
  expect(asked.filter((url) => !url.startsWith('blob:') && !url.startsWith('data:'))).toEqual([]);
}

/** What a reader sees, without what stands in for characters that cannot be seen. */
const seen = async (page: Page): Promise<string> => (await page.locator('body').innerText()).replace(/\s+/g, ' ');
const shown = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();

test('the overview, the integration and its failed records show hostile names and messages as text', async () => {
  const watched = await signIn('/o/nord');
  const { page } = watched;
  await page.getByText(textOf('a script')).first().waitFor();
  await expectOnlyText(watched);
  await page.goto(`${stack.pageUrl}/o/nord/i/fake`);
  await page.getByRole('button', { name: /^Show details of/ }).first().waitFor();
  for (const button of await page.getByRole('button', { name: /^Show details of/ }).all()) await button.click();
  const text = await seen(page);
  for (const name of names.filter((one) => !['nothing', 'spaces', 'accents without end', 'a return'].includes(one))) expect(text, name).toContain(shown(textOf(name)).slice(0, 40));
  expect(text).not.toMatch(/[\u202e\u2066\u200b]/);
  await expectOnlyText(watched);
  await page.goto(`${stack.pageUrl}/o/nord/notifications`);
  await page.getByRole('heading', { name: 'Notifications' }).waitFor();
  await expectOnlyText(watched);
  await page.context().close();
});

test('the page of each record shows what was sent and what the system said as text', { timeout: 180_000 }, async () => {
  const rows = await stack.sql<{ id: number; source_id: string }[]>`select id::int, source_id from records order by id`;
  const watched = await signIn('/o/nord');
  const { page } = watched;
  for (const { id, source_id: source } of rows) {
    await page.goto(`${stack.pageUrl}/o/nord/i/fake/records/${id}`);
    const payload = page.locator('pre.payload');
    await payload.waitFor();
    const name = names[Number(source.split(' ')[0])];
    if (name !== undefined && source !== LARGE && source !== DEEP) {
      const expected = printable(JSON.stringify(textOf(name))).slice(0, 200);
      expect((await payload.textContent()) ?? '', name).toContain(expected);
    } else {
      await page.getByText('too large to be shown in full').waitFor();
    }
    await expectOnlyText(watched);
  }
  await page.context().close();
});

test('"Download as CSV" gives every failed record of the selection, hostile texts as texts and amounts as numbers', async () => {
  const watched = await signIn('/o/nord/i/fake?state=failed');
  const { page } = watched;
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()]);
  expect(download.suggestedFilename()).toMatch(/^fake-\d{4}-\d\d-\d\d\.csv$/);
  const bytes = await readFile(await download.path());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const lines = parse<Record<string, string>>(bytes, { bom: true, columns: true });
  const records = await stack.sql<{ source_id: string; label: string | null; amount: string | null }[]>`select source_id, label, amount::text from records order by failed_at desc, id desc`;
  expect(lines).toHaveLength(records.length);
  for (const [index, { source_id: source, label, amount }] of records.entries()) {
    const line = lines[index] ?? {};
    expect(line['Your id']?.replace(/^'/, '')).toBe(printable(source).replace(/^'/, ''));
    expect(line['Record']?.replace(/^'/, '')).toBe(printable(label ?? source).replace(/^'/, ''));
    expect(line['Amount']).toBe(amount ?? '');
    for (const [column, value] of Object.entries(line)) if (column !== 'Amount') expect(value, column).not.toMatch(/^\s*[=+\-@\uff1d]|^[\t\r]/);
  }
  await page.getByText(`${records.length} records downloaded.`).waitFor();
  await expectOnlyText(watched);
  await page.context().close();
});
