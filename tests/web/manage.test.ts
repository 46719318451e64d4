import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoPage } from '../support/demo-page.ts';
import type { DemoPage } from '../support/demo-page.ts';
import { joinInvited, sessionTests } from './support-session.ts';

let demo: DemoPage;

beforeAll(async () => {
  demo = await startDemoPage();
});
afterAll(() => demo?.stop());

/** A member's own context, on a page of the organization. */
async function open(email: string, path: string, options = {}): Promise<Page> {
  const page = await demo.signIn(email, options);
  await page.goto(`${demo.stack.pageUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

const configuration = '/o/harbour/i/claims/configuration';
const said = (page: Page, text: string | RegExp): Promise<void> => page.getByRole('region', { name: /Messages|Meldinger/ }).getByText(text).first().waitFor();

test('a schedule says when it runs before it is saved, and the trail says what it was', async () => {
  const page = await open('adam@harbour.example.org', configuration);
  await page.getByText('Runs every 6 hours.').waitFor();
  const next = page.getByRole('region', { name: 'The next five runs' });
  expect(await next.getByRole('listitem').count()).toBe(5);
  await page.getByLabel('Run every').fill('1');
  await page.getByLabel('Unit').selectOption('days');
  await next.getByText('As the schedule will be once you save.').waitFor();
  await page.getByText('Runs every day.').waitFor();
  const times = await next.getByRole('listitem').allInnerTexts();
  expect(new Set(times.map((time) => time.split(',').at(-1))).size).toBe(1);
  await page.getByRole('button', { name: 'Save the changes' }).dblclick();
  await said(page, 'The configuration is saved.');
  await page.getByText('Everything is saved.').waitFor();
  expect(await next.getByRole('listitem').allInnerTexts()).toEqual(times);

  await page.goto(`${demo.stack.pageUrl}/o/harbour/audit?action=integration.*`);
  const entry = page.getByRole('listitem').filter({ hasText: 'Adam Admin changed the configuration' });
  await entry.getByText('Minutes between runs').waitFor();
  expect(await entry.count()).toBe(1);
  expect(await entry.locator('del').innerText()).toBe('360');
  expect(await entry.locator('ins').innerText()).toBe('1,440');
  await page.context().close();
});

test('a calendar is chosen in words, checked at its fields, previewed by the database, and told in the trail and on the card', async () => {
  const page = await open('arne@nordlys.example.org', '/o/nordlys/i/mileage/configuration');
  const next = page.getByRole('region', { name: 'De fem neste kjøringene' });
  await page.getByLabel('Når den kjører').selectOption('hourly');
  await page.getByLabel('Minutter over hel time').fill('15');
  await page.getByText('Kjører hver time, 15 min over.').waitFor();
  await page.getByLabel('Når den kjører').selectOption('weekdays');
  await page.getByLabel('Klokkeslett').fill('06:30');
  await page.getByText('Kjører mandag–fredag kl. 06:30.').waitFor();
  for (const day of ['mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag']) await page.getByLabel(day, { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Lagre endringene' }).click();
  await page.getByText('Velg minst én ukedag.').waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('checkbox');
  await page.getByLabel('søndag', { exact: true }).check();
  await page.getByText('Kjører søndag kl. 06:30.').waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('.next-runs li')].filter(({ textContent }) => /^søndag/.test(textContent ?? '')).length === 5);
  const times = await next.getByRole('listitem').allInnerTexts();
  expect(times.map((time) => /06:30/.test(time))).toEqual([true, true, true, true, true]);
  await page.keyboard.press('Control+s');
  await page.getByText('Alt er lagret.').waitFor();
  expect(await next.getByRole('listitem').allInnerTexts()).toEqual(times);
  expect(await demo.stack.sql`select every_minutes, calendar from integrations where slug = 'mileage'`).toEqual([
    { every_minutes: null, calendar: { time: '06:30', weekdays: [7] } }]);
  await page.goto(`${demo.stack.pageUrl}/o/nordlys/audit?action=integration.*`);
  await page.getByRole('listitem').filter({ hasText: 'endret oppsettet' }).locator('ins').getByText('søndag kl. 06:30').waitFor();
  await page.goto(`${demo.stack.pageUrl}/o/nordlys`);
  await page.getByText(/, søndag kl\. 06:30/).waitFor();
  await demo.stack.sql`update integrations set every_minutes = 60, calendar = null where slug = 'mileage'`;
  await page.context().close();
});

test('what somebody else saved meanwhile is found, shown, and neither lost nor overwritten unseen', async () => {
  const { sql } = demo.stack;
  const page = await open('adam@harbour.example.org', configuration);
  await page.getByLabel(/^Long queue/).fill('55');
  const colleague = await open('olive@harbour.example.org', configuration);
  await colleague.getByLabel(/^Stuck after/).fill('90');
  await colleague.getByRole('button', { name: 'Save the changes' }).click();
  await said(colleague, 'The configuration is saved.');
  await page.getByRole('button', { name: 'Save the changes' }).click();
  await page.getByRole('alert').getByText(/Olive Owner changed the configuration .* while you were editing/).waitFor();
  await page.getByText(/Stuck after.*: usual → 90/).waitFor();
  await page.getByText(/Long queue.*: Now usual, Yours 55/).waitFor();
  await page.getByRole('button', { name: 'Keep mine and go on' }).click();
  expect(await page.getByLabel(/^Stuck after/).inputValue()).toBe('90');
  await page.getByRole('button', { name: 'Save the changes' }).click();
  await page.getByText('Everything is saved.').waitFor();
  expect(await sql`select thresholds from integrations where slug = 'claims'`).toEqual([{ thresholds: { queue_depth: 55, stuck_minutes: 90 } }]);
  await colleague.context().close();
  await page.context().close();
});

test('what does not fit is said at its field, and nothing is sent', async () => {
  const page = await open('arne@nordlys.example.org', '/o/nordlys/i/expenses/configuration');
  const field = page.getByLabel(/^Gi opp en post/);
  await field.fill('101');
  await page.getByRole('button', { name: 'Lagre endringene' }).click();
  await page.getByText('Et tall fra 1 til 100.').waitFor();
  expect(await field.evaluate((input) => input === document.activeElement && input.getAttribute('aria-invalid') === 'true')).toBe(true);
  await page.getByRole('button', { name: 'Forkast endringene' }).click();
  await page.getByText('Alt er lagret.').waitFor();
  expect(await field.inputValue()).toBe('');
  await page.context().close();
});

test('turning off says what it costs and asks why; turning on does not ask', async () => {
  const page = await open('arne@nordlys.example.org', '/o/nordlys/i/mileage/configuration');
  const power = page.getByRole('switch');
  await power.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/Ingenting sendes så lenge den er av\..*Ingenting går tapt\./).waitFor();
  await dialog.getByLabel(/Hvorfor/).fill('Årsavslutning');
  await dialog.getByRole('button', { name: 'Slå av' }).click();
  await page.getByText(/Ingenting sendes, og ingen varsles/).waitFor();
  expect(await power.getAttribute('aria-checked')).toBe('false');
  await power.click();
  await page.getByText(/Det som skal fram, sendes etter planen/).waitFor();
  await page.context().close();
});

test('a stream says how far it has come, and clearing its cursor what that costs', async () => {
  const { sql } = demo.stack;
  await sql`
    insert into streams (org_id, integration_id, stream, cursor, as_of, rows) select org_id, id, 'vouchers', 'page-812', now(), 1200 from integrations where slug = 'mileage'`;
  const page = await open('arne@nordlys.example.org', '/o/nordlys/i/mileage/configuration');
  await page.getByRole('button', { name: 'Nullstill markøren … vouchers' }).click();
  await page.getByRole('dialog').getByText(/minst 1\s200 rader/).waitFor();
  await page.getByRole('dialog').getByLabel(/Hvorfor/).fill('Feil konto i høst');
  await page.getByRole('dialog').getByRole('button', { name: 'Nullstill' }).click();
  await said(page, /Markøren er nullstilt/);
  expect(await sql`select cursor from streams where stream = 'vouchers'`).toEqual([{ cursor: null }]);
  await sql`delete from streams where stream = 'vouchers'`;
  await page.context().close();
});

/** The last Sunday of a March, eight days off at least: in Oslo there is no half past two. */
function spring(): { day: (offset: number) => string; date: string } {
  const lastSunday = (year: number): Date => new Date(Date.UTC(year, 2, 31 - new Date(Date.UTC(year, 2, 31)).getUTCDay()));
  const year = new Date().getUTCFullYear();
  const sunday = [lastSunday(year), lastSunday(year + 1)].find((one) => one.getTime() > Date.now() + 8 * 86_400_000) ?? lastSunday(year + 1);
  const day = (offset: number): string => new Date(sunday.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
  return { day, date: `${sunday.getUTCDate()}\\. mars ${sunday.getUTCFullYear()}` };
}

test('maintenance begins with two clicks and a reason, shows on the overview, and ends with one', async () => {
  const page = await open('arne@nordlys.example.org', '/o/nordlys/maintenance');
  await page.getByText('Ingen vedlikeholdsvinduer pågår eller er planlagt.').waitFor();
  await page.getByRole('button', { name: 'Start nå …' }).click();
  await page.getByLabel(/Hvorfor/).fill('Ny versjon av Xledger');
  await page.getByRole('button', { name: 'I 1 time' }).click();
  await page.getByText('Pågår').waitFor();
  await page.getByText('Ingen varsler holdes tilbake.').waitFor();
  await page.getByRole('link', { name: 'Oversikt' }).first().click();
  await page.getByText('Vedlikehold', { exact: true }).nth(1).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Avslutt nå: Alle integrasjoner' }).click();
  await said(page, /Vinduet er avsluttet/);
  await page.getByText('Over', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Start nå i 1 t' }).dblclick();
  await said(page, /varer i 1 time/);
  await page.getByText('Pågår', { exact: true }).waitFor();
  expect(await demo.stack.sql`select count(*)::int from maintenance_windows where ends_at > now()`).toEqual([{ count: 1 }]);
  await page.getByRole('button', { name: 'Avslutt nå: Alle integrasjoner' }).click();
  await page.getByText('Pågår', { exact: true }).waitFor({ state: 'hidden' });
  await page.goto(`${demo.stack.pageUrl}/o/nordlys/audit?action=maintenance_window.*`);
  await page.getByText('Startet med ett klikk').first().waitFor();
  await page.context().close();
});

test('maintenance that comes back is previewed through the night of the clocks with the cut-offs it covers, skipped once and ended', async () => {
  const { day, date } = spring();
  const page = await open('arne@nordlys.example.org', '/o/nordlys/maintenance');
  await page.getByRole('button', { name: 'Planlegg vedlikehold …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Fra (tom: nå)').fill(`${day(-7)}T02:30`);
  await dialog.getByLabel('Til', { exact: true }).fill(`${day(-7)}T04:00`);
  await dialog.getByLabel('Gjentas').selectOption('weekly');
  await dialog.getByLabel(/^Til og med/).fill(day(14));
  await dialog.getByText(new RegExp(`^${date}, 03:00 CEST – ${date}, 04:00 CEST$`)).waitFor();
  expect(await dialog.getByRole('region', { name: 'Slik blir det' }).getByRole('listitem').count()).toBe(3);
  await dialog.getByText('Og 1 til.').waitFor();
  expect(await dialog.getByText(/regnskapsfrist/).count()).toBe(0);
  await dialog.getByLabel('Til', { exact: true }).fill(`${day(-1)}T04:00`);
  await dialog.getByText(/dekker (en )?regnskapsfrist/).waitFor();
  await dialog.getByLabel('Til', { exact: true }).fill(`${day(-7)}T04:00`);
  await dialog.getByLabel('Hva som gjøres').fill('Sikkerhetskopi');
  await dialog.getByRole('button', { name: 'Planlegg' }).click();
  const series = page.getByRole('listitem').filter({ hasText: 'Sikkerhetskopi' });
  await series.getByText(/^Hver uke til \d+\. apr\. \d+, 4 igjen/).waitFor();
  await series.getByRole('button', { name: 'Hopp over neste: Alle integrasjoner' }).click();
  await series.getByText(/3 igjen/).waitFor();
  await series.getByRole('button', { name: 'Avslutt serien: Alle integrasjoner' }).click();
  await series.waitFor({ state: 'detached' });
  await page.context().close();
});

test('work ahead is planned in the organization\'s own time, and a time the clocks skip is refused by name', async () => {
  const { day, date } = spring();
  const page = await open('arne@nordlys.example.org', '/o/nordlys/maintenance');
  await page.getByRole('button', { name: 'Planlegg vedlikehold …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Fra (tom: nå)').fill(`${day(0)}T02:30`);
  await dialog.getByLabel('Til', { exact: true }).fill(`${day(0)}T06:00`);
  await dialog.getByLabel('Hva som gjøres').fill('Oppgradering');
  await dialog.getByRole('button', { name: 'Planlegg' }).click();
  await page.getByText(new RegExp(`${day(0)} 02:30 finnes ikke i Europe/Oslo`)).first().waitFor();
  await dialog.getByLabel('Fra (tom: nå)').fill(`${day(0)}T01:30`);
  await dialog.getByRole('button', { name: 'Planlegg' }).click();
  const item = page.getByRole('listitem').filter({ hasText: 'Oppgradering' });
  await item.getByText(new RegExp(`${date}, 01:30 CET – ${date}, 06:00 CEST`)).waitFor();
  await item.getByRole('button', { name: /^Ta bort/ }).click();
  await said(page, 'Vinduet er tatt bort.');
  await page.context().close();
});

test('an owner invites, the invited joins by the link in the mail, and is promoted and removed; the last owner stays and the page says why', async () => {
  const page = await open('olive@harbour.example.org', '/o/harbour/members');
  await page.getByRole('button', { name: 'Change role … Olive Owner' }).click({ force: true });
  await said(page, /The last owner cannot be removed/);
  await page.getByRole('button', { name: 'Invite somebody …' }).click();
  await page.getByLabel('E-mail address').fill('ida at example.org');
  await page.getByLabel('Name', { exact: true }).fill('Ida');
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await said(page, 'That is not an e-mail address.');
  // Nobody has an account with this address.
  await page.getByLabel('E-mail address').fill('ida@example.org');
  await page.getByRole('button', { name: 'Send the invitation' }).dblclick();
  await said(page, 'The invitation to Ida is sent.');
  await page.getByText('1 invitation', { exact: true }).waitFor();
  await demo.stack.settled();
  await joinInvited('ida@example.org', demo);
  await page.reload();
  await page.getByRole('button', { name: 'Change role … Ida' }).click();
  await page.getByRole('dialog').getByLabel('Role').selectOption('admin');
  await page.getByRole('button', { name: 'Save the role' }).click();
  await said(page, 'Ida is admin now.');
  await page.getByRole('row', { name: /^Ida/ }).getByRole('cell', { name: 'admin' }).waitFor();
  await page.getByRole('button', { name: 'Remove … Ida' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await said(page, 'Ida is removed.');
  await page.getByText('3 members').waitFor();
  await page.context().close();
});

test('the trail is filtered by its address, Back undoes a choice, and an entry has an address of its own', async () => {
  const page = await open('olive@harbour.example.org', '/o/harbour/audit');
  await page.getByLabel('Person').selectOption({ label: 'Olive Owner' });
  await page.waitForURL(/person=/);
  await page.getByText(/Olive Owner removed a member/).waitFor();
  await page.getByText(/^The system/).first().waitFor({ state: 'hidden' });
  await page.getByLabel('Action').selectOption({ label: 'Configuration' });
  await page.waitForURL(/action=integration/);
  await page.getByText(/Olive Owner removed a member/).waitFor({ state: 'hidden' });
  await page.goBack();
  await page.getByText(/Olive Owner removed a member/).waitFor();
  await page.getByRole('link', { name: /^Link to entry/ }).first().click();
  await page.waitForURL(/entry=\d+/);
  await page.getByText(/Olive Owner invited somebody/).waitFor({ state: 'hidden' });
  await page.getByText(/Olive Owner removed a member/).waitFor();
  expect(await page.getByRole('link', { name: /^Link to entry/ }).count()).toBe(1);
  await page.context().close();
});

test('an incident is acknowledged, given to somebody and snoozed with a reason, for everybody to see', async () => {
  const page = await open('adam@harbour.example.org', '/o/harbour/notifications');
  const incident = page.getByRole('listitem').filter({ hasText: 'failed 2 times in a row' }).filter({ has: page.getByRole('button') });
  await incident.getByRole('button', { name: /^Acknowledge/ }).click();
  await incident.getByText(/Acknowledged by Adam Admin/).waitFor();
  await incident.getByRole('button', { name: /^Assign/ }).click();
  await page.getByLabel('Assign to').selectOption({ label: 'Olive Owner' });
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await incident.getByText('Assigned to Olive Owner').waitFor();
  await incident.getByRole('button', { name: /^Snooze/ }).click();
  await page.getByRole('button', { name: 'For 8 hours' }).click();
  await page.getByText('Give a reason.').waitFor();
  await page.getByLabel(/^Why/).fill('The period opens on Monday');
  await page.getByRole('button', { name: 'For 8 hours' }).click();
  const viewer = await open('vic@harbour.example.org', '/o/harbour/notifications');
  await viewer.getByText(/Snoozed until .* by Adam Admin: The period opens on Monday/).waitFor();
  await viewer.getByRole('button', { name: /^End the snooze/ }).click({ force: true });
  await said(viewer, /You are a viewer here/);
  await viewer.context().close();
  await page.context().close();
});

test('unread is a word, and what is unread can be shown alone', async () => {
  const page = await open('adam@harbour.example.org', '/o/harbour/notifications');
  await page.getByText('Unread', { exact: true }).first().waitFor();
  const unread = await page.getByText('Unread', { exact: true }).count();
  expect(unread).toBeGreaterThan(0);
  await page.getByRole('link', { name: `Unread ${unread}` }).click();
  await page.waitForURL(/show=unread/);
  await page.getByRole('button', { name: `Mark ${unread} as read` }).click();
  await page.getByText('You have read everything.').waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Unread 0' }).waitFor();
  await page.context().close();
});

test('a member chooses what to be told of, the last one reached cannot leave, and a test arrives', async () => {
  const page = await open('olive@harbour.example.org', '/o/harbour/notifications/settings');
  await page.getByText('A new failure would reach by e-mail: Olive Owner, Adam Admin.').waitFor();
  const choice = page.getByRole('checkbox', { name: 'Something new is wrong: E-mail' });
  await choice.click();
  await page.getByText('A new failure would reach by e-mail: Adam Admin.').waitFor();
  const other = await open('adam@harbour.example.org', '/o/harbour/notifications/settings');
  await other.getByRole('checkbox', { name: 'Something new is wrong: E-mail' }).click();
  await said(other, /You are the last whom an alarm would reach/);
  expect(await other.getByRole('checkbox', { name: 'Something new is wrong: E-mail' }).isChecked()).toBe(true);
  await other.context().close();
  await choice.click();
  await page.getByText('A new failure would reach by e-mail: Olive Owner, Adam Admin.').waitFor();

  const before = demo.vendors.mailbox.messages().length;
  await page.getByRole('button', { name: 'Send a test: E-mail' }).click();
  await page.getByText(/^Sent \d/).waitFor();
  const mails = demo.vendors.mailbox.messages();
  expect(mails.length).toBe(before + 1);
  expect(mails.find(({ subject }) => subject === 'A test from Syncward')).toMatchObject({ to: ['olive@harbour.example.org'] });
  await page.getByRole('button', { name: 'Send a test: In the page' }).click();
  await page.goto(`${demo.stack.pageUrl}/o/harbour/notifications`);
  await page.getByText('A test: notifications reach you in the page.').waitFor();
  await page.context().close();
});

test('where nobody would be told, the pages of members and of notifications say so', async () => {
  const { sql } = demo.stack;
  await sql`insert into notification_settings select org_id, user_id, 'opened', 'email', false from members where role <> 'viewer' on conflict do nothing`;
  await sql`update notification_settings set enabled = false`;
  const page = await open('vic@harbour.example.org', '/o/harbour/members');
  await page.getByRole('alert').getByText(/Nobody would be told/).waitFor();
  await page.getByRole('alert').getByRole('link').click();
  await page.waitForURL(/notifications\/settings/);
  await page.getByRole('alert').getByText(/Nobody would be told/).waitFor();
  await sql`delete from notification_settings`;
  await page.context().close();
});

describe('a session', () => sessionTests(() => demo));

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (rules) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    const { violations } = await inPage.run({ runOnly: rules, rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] } as never);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }, RULES);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return overflow > 0 ? [...found, `${overflow} px too wide`] : found;
}

const LOOKS = [1280, 320].flatMap((width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })));
const DIALOGS: Record<string, RegExp> = { maintenance: /^Planlegg vedlikehold/, members: /^Inviter noen/ };

test.each(LOOKS)('no page or dialog has a fault or is too wide, $width px, $colorScheme', { timeout: 120_000 }, async ({ width, colorScheme }) => {
  const page = await demo.signIn('olga@nordlys.example.org', { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
  const found: Record<string, string[]> = {};
  // With a schedule by the calendar, and windows that are planned.
  await demo.stack.sql`update integrations set every_minutes = null, calendar = '{"time": "06:30", "weekdays": [1, 2, 3, 4, 5]}' where slug = 'expenses'`;
  await demo.stack.sql`
    insert into maintenance_windows (org_id, starts_at, ends_at, reason, series)
    select id, now() + make_interval(days => 7 * n), now() + make_interval(days => 7 * n + 1), 'backup', case when n < 3 then id end
    from organizations, generate_series(1, 3) n where slug = 'nordlys' and not exists (select from maintenance_windows where reason = 'backup')`;
  for (const path of ['i/expenses/configuration', 'maintenance', 'members', 'audit', 'notifications', 'notifications/settings']) {
    await page.goto(`${demo.stack.pageUrl}/o/nordlys/${path}`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    const button = DIALOGS[path];
    const wrong = await faults(page);
    if (button) {
      await page.getByRole('button', { name: button }).click();
      wrong.push(...await faults(page));
    }
    if (wrong.length > 0) found[path] = wrong;
  }
  expect(found).toEqual({});
  await page.context().close();
});
