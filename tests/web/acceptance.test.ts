import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vendors } from '../../scripts/demo/vendors.ts';
import type { Stack } from '../../scripts/stack/index.ts';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';

let demo: DemoPage;
let stack: Stack;
let vendors: Vendors;

beforeAll(async () => {
  demo = await startDemoPage();
  ({ stack, vendors } = demo);
});
afterAll(() => demo?.stop());

async function signIn(email: string, path: string): Promise<Page> {
  const page = await demo.signIn(email);
  await page.goto(`${stack.pageUrl}${path}`);
  return page;
}

const card = (page: Page, name: string) => page.getByRole('article').or(page.getByRole('listitem')).filter({ has: page.getByRole('link', { name }) }).first();

test('criterion 1: every integration shows green, yellow or red by how its last sync went', async () => {
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys');
  await card(page, 'Kjøregodtgjørelse til Xledger').getByText('OK', { exact: true }).waitFor();
  await card(page, 'Utlegg til Xledger').getByText('Advarsel', { exact: true }).waitFor();
  const other = await signIn('adam@harbour.example.org', '/o/harbour');
  await card(other, 'Expense claims to Business Central').getByText('Error', { exact: true }).waitFor();
  await page.context().close();
  await other.context().close();
});

test('criterion 1: and red when there has been no successful sync for 48 hours', async () => {
  const { sql } = stack;
  await sql`update integration_status s set last_success_at = now() - interval '49 hours', dirty = true from integrations i where i.id = s.integration_id and i.slug = 'mileage'`;
  await stack.clock.tick('syncward-evaluate');
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys');
  await card(page, 'Kjøregodtgjørelse til Xledger').getByText('Feil', { exact: true }).waitFor();
  await sql`update integration_status s set last_success_at = now(), dirty = true from integrations i where i.id = s.integration_id and i.slug = 'mileage'`;
  await stack.clock.tick('syncward-evaluate');
  await page.context().close();
});

test('criterion 2: opening a red integration shows the system\'s message, when it failed and the records that failed', async () => {
  const page = await signIn('adam@harbour.example.org', '/o/harbour');
  await page.getByRole('link', { name: 'Expense claims to Business Central' }).click();
  await page.getByText(/Posting Date is not within your range of allowed posting dates/).first().waitFor();
  await page.getByText('Time of failure').first().waitFor();
  expect(await page.locator('time[datetime]').count()).toBeGreaterThan(0);
  const records = page.getByRole('button', { name: /^Show details of/ });
  await records.nth(22).waitFor();
  expect(await records.count()).toBe(23);
  await page.context().close();
});

test('criterion 3: an expanded record shows the system\'s validation message and the field at fault', async () => {
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/expenses');
  await page.getByRole('button', { name: /^Vis detaljer om/ }).first().click();
  const detail = page.locator('[id^="detail-"]').first();
  await detail.getByText(/Invalid account code: 779[05]/).waitFor();
  await detail.getByText('account', { exact: true }).first().waitFor();
  await detail.getByRole('link').first().click();
  await page.waitForURL(/\/records\/\d+$/);
  await page.locator('mark').filter({ hasText: /779[05]/ }).first().waitFor();
  await page.context().close();
});

test('criterion 5: a week of syncs is listed with counts and duration', async () => {
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/mileage?show=runs&days=30');
  const table = page.getByRole('table', { name: 'Hva som har skjedd, nyeste først' });
  await table.getByRole('row').nth(1).waitFor();
  const rows = await table.getByRole('row').allInnerTexts();
  expect(rows.length - 1).toBeGreaterThanOrEqual(28);
  expect(rows[1]).toMatch(/\d+(,\d+)? sek/);
  const [history] = await stack.sql<{ runs: number; days: number }[]>`
    select count(*)::int as runs, extract(day from max(r.started_at) - min(r.started_at))::int as days from runs r join integrations i on i.id = r.integration_id where i.slug = 'mileage'`;
  expect(history?.runs).toBeGreaterThanOrEqual(28);
  expect(history?.days).toBeGreaterThanOrEqual(6);
  await page.context().close();
});

test('criterion 5: a range chosen on the chart filters the list, stands in the address, and goes with one click or with Back', async () => {
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/mileage?show=runs');
  const rows = page.getByRole('table', { name: 'Hva som har skjedd, nyeste først' }).locator('tbody tr');
  const counted = async (wanted: (n: number) => boolean): Promise<number> => {
    await expect.poll(async () => wanted(await rows.count()), { timeout: 10_000 }).toBe(true);
    return rows.count();
  };
  const all = await counted((n) => n >= 24);
  const chart = page.getByRole('slider');
  await chart.focus();
  for (const key of ['Home', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Enter']) await page.keyboard.press(key);
  await page.waitForURL(/from=.*to=/);
  const chosen = await counted((n) => n > 0 && n < all);
  expect(chosen).toBeLessThanOrEqual(4);
  await page.getByRole('link', { name: /^Vis hele perioden igjen/ }).click();
  await counted((n) => n === all);
  await page.goBack();
  await counted((n) => n === chosen);
  await page.goBack();
  await counted((n) => n === all);
  const [first, last] = [page.getByLabel('Fra og med'), page.getByLabel('Til og med')];
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await first.fill(day);
  await last.fill(day);
  await page.getByRole('button', { name: 'Vis tidsrommet' }).click();
  await page.waitForURL(new RegExp(`from=${day}&to=${day}`));
  await counted((n) => n === 4);
  const box = await chart.boundingBox();
  if (!box) throw new Error('there is no chart');
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 });
  await page.mouse.up();
  await counted((n) => n > 4 && n < all);
  await rows.first().getByRole('link').click();
  await page.waitForURL(/\/runs\/\d+$/);
  await page.context().close();
});

test('criterion 6: after two failures in a row every owner and admin is told in the page and by e-mail, with the error', async () => {
  const page = await signIn('adam@harbour.example.org', '/o/harbour/notifications');
  await page.getByText(/Expense claims to Business Central/).first().waitFor();
  const mails = vendors.mailbox.messages().filter((mail) => /2 times/.test(mail.subject));
  expect(mails.map((mail) => mail.to).flat().sort()).toEqual(['adam@harbour.example.org', 'olive@harbour.example.org']);
  for (const mail of mails) {
    expect(mail.text).toContain('Posting Date is not within your range of allowed posting dates');
    expect(mail.text).toContain(`${stack.pageUrl}/o/harbour/i/claims`);
  }
  await page.context().close();
});

test('criterion 6: a viewer is told nothing, and the third failure tells nobody again', async () => {
  const before = vendors.mailbox.messages().length;
  expect(vendors.mailbox.messages().flatMap((mail) => mail.to)).not.toContain('vic@harbour.example.org');
  await stack.sql`
    insert into records (org_id, integration_id, source_type, source_id, payload, amount, currency, occurred_on)
    select org_id, id, 'expense-claim', 'third-failure', ${stack.sql.json({ account: '6800', postingDate: new Date().toISOString().slice(0, 10), description: 'Third', documentNumber: 'T-1' })}, 10, 'GBP', current_date
    from integrations where slug = 'claims'`;
  await stack.sql`update integrations set next_due_at = now() where slug = 'claims'`;
  await stack.clock.tick('syncward-schedule');
  await stack.settled();
  const [status] = await stack.sql`select consecutive_failures from integration_status s join integrations i on i.id = s.integration_id where i.slug = 'claims'`;
  expect(status?.['consecutive_failures']).toBe(3);
  expect(vendors.mailbox.messages()).toHaveLength(before);
});

test('criterion 4: once the cause is put right, Retry sends only what failed, and what is across is not sent again', async () => {
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/expenses');
  const before = vendors.xledger.ledger().length;
  vendors.xledger.addAccounts('7790', '7795');
  await page.getByRole('button', { name: 'Prøv feilede poster på nytt' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^Prøv/ }).click();
  await page.getByText('Alt som skulle over, er kommet over.').first().waitFor();
  expect(vendors.xledger.ledger()).toHaveLength(before + 5);
  expect(vendors.xledger.duplicates()).toEqual([]);
  const [run] = await stack.sql`select trigger, selected, exported from runs where trigger = 'retry'`;
  expect(run).toEqual({ trigger: 'retry', selected: 5, exported: 5 });
  await page.goto(`${stack.pageUrl}/o/nordlys`);
  await card(page, 'Utlegg til Xledger').getByText('OK', { exact: true }).waitFor();
  await page.context().close();
});

test('a refused credential is replaced on the page, and the next run gets through', async () => {
  const { sql } = stack;
  const fresh = vendors.xledger.rotate();
  const sync = async (): Promise<void> => {
    await sql`select hand_in(org_id, id, ${sql.json([{ source_type: 'expense-claim', source_id: `rotated-${Date.now()}`, payload: { account: '6800', postingDate: new Date().toISOString().slice(0, 10), description: 'Rotated' }, amount: '10', currency: 'NOK' }])}) from integrations where slug = 'mileage'`;
    await sql`update integrations set next_due_at = now() where slug = 'mileage'`;
    await stack.clock.tick('syncward-schedule');
    await stack.settled();
  };
  await sync();
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/mileage');
  await page.getByText('Systemet godtar ikke', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Ny nøkkel …' }).click();
  await page.getByRole('dialog').getByLabel('token').fill(fresh);
  await page.getByRole('dialog').getByRole('button', { name: 'Lagre nøkkelen' }).click();
  await page.getByText('Nøkkelen er lagret').first().waitFor();
  await sync();
  const [last] = await sql`select r.status, s.health from integration_status s join runs r on r.id = s.last_run_id join integrations i on i.id = s.integration_id where i.slug = 'mileage'`;
  expect(last?.['status']).toBe('succeeded');
  expect(last?.['health']).not.toBe('red');
  const [kept] = await sql`select credential_keys from integrations where slug = 'mileage'`;
  expect(kept).toEqual({ credential_keys: ['token'] });
  await page.context().close();
});

test('news about fetched fields is accepted on the page, a viewer sees why not, and a check leaves its answer there', async () => {
  const viewer = await signIn('vera@nordlys.example.org', '/o/nordlys/i/meetings');
  const shut = viewer.getByRole('button', { name: 'Godta 1 felt i Møter' });
  await shut.waitFor();
  expect(await shut.getAttribute('aria-disabled')).toBe('true');
  await viewer.context().close();
  const page = await signIn('arne@nordlys.example.org', '/o/nordlys/i/meetings');
  await page.getByRole('button', { name: 'Godta 1 felt i Møter' }).dblclick();
  await page.getByText('1 felt er godtatt.').first().waitFor();
  await page.getByText('Feltene er som før.').nth(1).waitFor();
  const [before] = await stack.sql`select checked_at from integration_status s join integrations i on i.id = s.integration_id where i.slug = 'meetings'`;
  await page.getByRole('button', { name: 'Kontroller nå' }).click();
  await page.getByText('Kontrollen er bestilt', { exact: false }).first().waitFor();
  await stack.settled();
  const [after] = await stack.sql`select checked_at, check_error from integration_status s join integrations i on i.id = s.integration_id where i.slug = 'meetings'`;
  expect(after?.['check_error']).toBeNull();
  expect(after?.['checked_at']).not.toEqual(before?.['checked_at']);
  await page.getByText('Host (meetings@nordlys.example.org)').waitFor();
  await page.context().close();
});

test('criterion 4: a viewer sees the button and why it is off', async () => {
  const page = await signIn('vic@harbour.example.org', '/o/harbour/i/claims');
  const button = page.getByRole('button', { name: 'Retry failed records' });
  await button.waitFor();
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  await page.context().close();
});
