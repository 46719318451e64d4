import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page, Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { PASSWORD } from '../../scripts/demo/index.ts';
import type { DemoPage } from '../support/demo-page.ts';

const TYPED = 'Half of a correction';
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Lets an hour and a bit pass for the session in this browser: a token signed as Auth signs them, over since a minute. */
async function expire(demo: DemoPage, page: Page): Promise<void> {
  const { jwtSecret } = JSON.parse(await readFile(join(demo.stack.directory, 'keys.json'), 'utf8')) as { jwtSecret: string };
  await page.evaluate(() => localStorage.getItem('syncward-session')).then(async (stored) => {
    const session = JSON.parse(stored ?? '{}') as { access_token: string; expires_at: number };
    const [head = '', body = ''] = session.access_token.split('.');
    const at = Math.floor(Date.now() / 1000) - 60;
    const over = `${head}.${base64({ ...JSON.parse(Buffer.from(body, 'base64url').toString()) as object, exp: at })}`;
    const token = `${over}.${createHmac('sha256', jwtSecret).update(over).digest('base64url')}`;
    await page.evaluate((text) => localStorage.setItem('syncward-session', text), JSON.stringify({ ...session, access_token: token, expires_at: at }));
  });
}

/** A failed record's page with a dialog open and half a sentence in it. */
async function halfFilled(demo: DemoPage): Promise<Page> {
  const [known] = await demo.stack.sql<{ id: string }[]>`
    select r.id from records r join integrations i on i.id = r.integration_id where i.slug = 'claims' and r.state = 'failed' order by r.id limit 1`;
  const page = await demo.signIn('adam@harbour.example.org');
  await page.clock.install();
  await page.goto(`${demo.stack.pageUrl}/o/harbour/i/claims/records/${known?.id}`);
  await page.getByRole('button', { name: 'Edit and send …' }).click();
  await page.getByRole('dialog').getByLabel('description').fill(TYPED);
  return page;
}

const AUTH = '**/auth/v1/token**';

/** Lets time pass for the page, in steps shorter than it waits for any answer, until it shows this, or no longer does. */
async function pass(page: Page, shown: Locator, state: 'visible' | 'detached' = 'visible'): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    if (await shown.waitFor({ state, timeout: 700 }).then(() => true, () => false)) return;
    await page.clock.fastForward(9_000);
  }
  await shown.waitFor({ state, timeout: 1_000 });
}

const isOld = async (page: Page): Promise<void> => {
  await pass(page, page.locator('.stale').first());
  // What was read is still there, and nothing says that all is well.
  expect(await page.locator('.stale').first().innerText()).toContain('postingDate');
  expect(await page.getByText(/No open failures|There is no such|Everything that was due/).count()).toBe(0);
};

const typed = (page: Page): Promise<string> => page.getByRole('dialog', { name: /^Edit the record/ }).getByLabel('description').inputValue();

/** Signs in again in the dialog over the page. */
async function again(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Sign in again' });
  await pass(page, dialog.getByText('What you have typed is kept'));
  await isOld(page);
  expect(await page.locator('.banner-error').innerText()).toMatch(/You are signed out\. What you see is old\..*Showing what was fetched .* ago/s);
  expect(await dialog.getByLabel('E-mail').inputValue()).toBe('adam@harbour.example.org');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** All is read anew, and what was typed is still there. */
async function resumed(page: Page): Promise<void> {
  await pass(page, page.locator('.stale').first(), 'detached');
  await pass(page, page.locator('.banner-warning'), 'detached');
  expect(await typed(page)).toBe(TYPED);
}

/** Asks for a link to an address and follows it out of the mailbox, as far as the button. */
async function byLink({ vendors: { mailbox }, stack }: DemoPage, page: Page, email: string): Promise<void> {
  const before = mailbox.messages().length;
  await page.getByRole('button', { name: 'Use a link by e-mail instead' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.getByText(`If ${email} is an address that may sign in, the link is on its way there.`).waitFor();
  expect(mailbox.messages().length).toBe(before + 1);
  const mail = mailbox.messages().find(({ to }) => to.includes(email));
  const [link = ''] = /http\S+#link=\S+/.exec(mail?.text ?? '') ?? [];
  expect(new URL(link).origin).toBe(new URL(stack.pageUrl ?? '').origin);
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByText('Press the button to sign in to this browser.').waitFor();
}

/** Follows the invitation out of the mailbox, signs in by link for want of an account, and joins. */
export async function joinInvited(email: string, demo: DemoPage): Promise<void> {
  const mails = demo.vendors.mailbox.messages().filter(({ to }) => to.includes(email));
  expect(mails.map(({ subject }) => subject)).toEqual(['You are invited to Harbour Peer Support in Syncward']);
  const [link = ''] = /http\S+\/invitations/.exec(mails[0]?.text ?? '') ?? [];
  const page = await (await demo.browser.newContext({ locale: 'en-GB', viewport: { width: 320, height: 700 } })).newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(link);
  await byLink(demo, page, email);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Olive Owner asks you to join as viewer.').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await page.getByRole('button', { name: 'Join Harbour Peer Support' }).click();
  await page.waitForURL(/\/o\/harbour$/);
  await page.getByText('You are a viewer here').first().waitFor();
  await page.context().close();
}

/** A session that is over while Auth cannot renew it: what is on the page stays, is told to be old, and goes on where it was. */
export function sessionTests(demo: () => DemoPage): void {
  const down: [string, (route: Route) => Promise<void>][] = [
    ['answers 503', (route) => route.fulfill({ status: 503, body: 'upstream' })],
    ['cannot be reached', (route) => route.abort('connectionrefused')],
  ];
  test.concurrent.each(down)('an expired session while Auth %s: old data, dimmed, with its age; then on by itself', async (_, answer) => {
    const page = await halfFilled(demo());
    await page.route(AUTH, answer);
    await expire(demo(), page);
    await isOld(page);
    const banner = page.locator('.banner-warning');
    await banner.getByText('The sign-in service does not answer.').waitFor();
    expect(await banner.innerText()).toMatch(/Cannot fetch the current status\..*Showing what was fetched .* ago/s);
    expect(await typed(page)).toBe(TYPED);
    await page.unroute(AUTH);
    await resumed(page);
    await page.context().close();
  });

  test.concurrent('an expired session that Auth refuses: old data, dimmed, a dialog over the page, and what was typed is kept', async () => {
    const page = await halfFilled(demo());
    const { promise, resolve } = Promise.withResolvers<number>();
    page.on('response', (response) => { if (response.url().includes('grant_type=refresh_token')) resolve(response.status()); });
    await expire(demo(), page);
    await page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('syncward-session') ?? '{}') as object;
      localStorage.setItem('syncward-session', JSON.stringify({ ...session, refresh_token: 'used-up' }));
    });
    await again(page);
    expect(await promise).toBe(400);
    await resumed(page);
    await page.context().close();
  });

  test.concurrent('offline, what was read stays with its age, and an action is refused in words instead of being kept for later', async () => {
    const page = await demo().signIn('adam@harbour.example.org');
    await page.clock.install();
    await page.goto(`${demo().stack.pageUrl}/o/harbour/i/claims`);
    await page.getByRole('button', { name: 'Sync now' }).waitFor();
    await page.context().setOffline(true);
    await pass(page, page.locator('.stale').first());
    await page.locator('.banner-warning').getByText('The server cannot be reached. Check your connection.').waitFor();
    await page.getByRole('button', { name: 'Sync now' }).click();
    await page.getByRole('region', { name: 'Messages' }).getByText('The server cannot be reached. Check your connection.').waitFor();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(new URL(request.url()).pathname));
    await page.context().setOffline(false);
    await pass(page, page.locator('.stale').first(), 'detached');
    expect(sent).not.toContain('/rest/v1/rpc/sync_now');
    await page.context().close();
  });

  test.concurrent('a sign-in service that never answers is told as such, not as a page that loads for ever', async () => {
    const page = await demo().signIn('adam@harbour.example.org');
    await page.route(AUTH, () => new Promise<void>(() => undefined));
    await expire(demo(), page);
    await page.clock.install();
    await page.reload();
    await page.getByText('Confirming your sign-in …').waitFor();
    await page.clock.fastForward(11_000);
    await page.getByText(/Your sign-in cannot be confirmed/).waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await page.context().close();
  });

  test.concurrent('a clock three hours wrong changes neither the countdown nor any age, and waking from sleep asks again', async () => {
    const part = (text: string, unit: string): number => Number(new RegExp(`(\\d+) ${unit}`).exec(text)?.[1] ?? 0);
    const seen: number[] = [];
    for (const wrong of [0, -3, 3]) {
      const page = await (await demo().browser.newContext({ locale: 'en-GB' })).newPage();
      page.setDefaultTimeout(15_000);
      await page.clock.install({ time: Date.now() + wrong * 3_600_000 });
      await page.goto(`${demo().stack.pageUrl}/sign-in`);
      await page.getByLabel('E-mail').fill('adam@harbour.example.org');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.locator('.cutoff').waitFor();
      const countdown = page.locator('.cutoff .strong').filter({ hasText: /in .*(day|hr|min)/ });
      await countdown.waitFor();
      const text = await countdown.innerText();
      seen.push((part(text, 'day') * 24 + part(text, 'hr')) * 60 + part(text, 'min'));
      await page.getByText(/^Updated (now|\d+ sec)/).waitFor();
      if (wrong === 3) {
        const again = page.waitForRequest(/my_organizations/);
        await page.clock.fastForward(2 * 3_600_000);
        await again;
      }
      await page.context().close();
    }
    // The whole hours it may be written in, and the seconds between two looks.
    expect(Math.max(...seen) - Math.min(...seen), seen.join(' ')).toBeLessThanOrEqual(60);
    expect(Math.min(...seen)).toBeGreaterThan(0);
  });

  test.concurrent('what may not be read says who can change that; a part that does not load leaves the way to the others', async () => {
    const page = await demo().signIn('adam@harbour.example.org');
    await page.route('**/rest/v1/rpc/list_members**', (route) => route.fulfill({ status: 403, json: { code: '42501', message: 'permission denied' } }));
    await page.goto(`${demo().stack.pageUrl}/o/harbour/members`);
    await page.getByText('You have no access to this. An owner of the organization can give it.').waitFor();
    await page.route('**/assets/audit-page*', (route) => route.abort());
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByRole('heading', { name: 'The page broke' }).waitFor();
    await page.getByRole('button', { name: 'Reload the page' }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('link', { name: 'Expense claims to Business Central' }).waitFor();
    await page.goto(`${demo().stack.pageUrl}/o/harbour/no-such-page`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await page.getByRole('navigation', { name: 'Main menu' }).waitFor();
    await page.context().close();
  });

  test.concurrent('signing out in one tab signs the others out, and leaves nothing of what they showed', async () => {
    const page = await demo().signIn('adam@harbour.example.org');
    const other = await page.context().newPage();
    await other.goto(`${demo().stack.pageUrl}/o/harbour/i/claims`);
    await other.getByRole('button', { name: 'Sync now' }).waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForURL(/\/sign-in/);
    expect(await other.content()).not.toMatch(/Business Central|Adam/);
    await page.context().close();
  });

  test('a link by e-mail signs in once, leads where one wanted to go, and says the same to an address nobody knows', async () => {
    const { browser, stack } = demo();
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 320, height: 700 } });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`${stack.pageUrl}/o/harbour/audit`);
    await byLink(demo(), page, 'vic@harbour.example.org');
    // Out of the address before anything is pressed, so that it is in no history and no picture of the screen.
    expect(page.url()).not.toContain('link=');
    expect(page.url()).toContain(`next=${encodeURIComponent('/o/harbour/audit')}`);
    const [used] = await stack.sql<{ recovery_token: string }[]>`select recovery_token from auth.users where email = 'vic@harbour.example.org'`;
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(/\/o\/harbour\/audit$/);
    await page.getByText('You are signed in as vic@harbour.example.org.').waitFor();

    const second = await (await browser.newContext({ locale: 'nb-NO' })).newPage();
    await second.goto(`${stack.pageUrl}/sign-in#link=${used?.recovery_token}&type=magiclink`);
    await second.getByRole('button', { name: 'Logg inn', exact: true }).click();
    await second.getByText('Lenken er brukt eller for gammel. Be om en ny.').waitFor();
    await second.context().close();

    // A link to somebody else's account does not take the place of who is signed in.
    await page.goto(`${stack.pageUrl}/sign-in#link=0f9a8b7c6d5e4f3a&type=magiclink`);
    await page.waitForURL(/\/o\/harbour$/);
    expect(page.url()).not.toContain('link=');
    await context.close();

    const stranger = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await stranger.goto(`${stack.pageUrl}/sign-in?next=//elsewhere.example.org`);
    await byLink(demo(), stranger, 'nobody@elsewhere.example.org');
    await stranger.getByRole('button', { name: 'Sign in', exact: true }).click();
    await stranger.getByRole('heading', { name: 'You are not a member of any organization' }).waitFor();
    expect(new URL(stranger.url()).origin).toBe(new URL(stack.pageUrl ?? '').origin);
    await stranger.context().close();
  });

  test('a member changes the password, and is signed out everywhere else', async () => {
    const { browser, stack } = demo();
    const other = await demo().signIn('vic@harbour.example.org');
    const page = await demo().signIn('vic@harbour.example.org');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Change the password …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change the password' });
    await dialog.getByLabel(/^New password/).fill('short');
    await dialog.getByRole('button', { name: 'Change the password' }).click();
    await dialog.getByText('The password needs at least 8 characters.').waitFor();
    await dialog.getByLabel(/^New password/).fill('a much longer one');
    await dialog.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed, and you are signed out everywhere else.').waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Expense claims to Business Central' }).waitFor();
    const { refresh_token: token } = JSON.parse(await other.evaluate(() => localStorage.getItem('syncward-session') ?? '{}')) as { refresh_token: string };
    const renewed = await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=refresh_token`, {
      method: 'POST', headers: { apikey: stack.publishableKey, 'content-type': 'application/json' }, body: JSON.stringify({ refresh_token: token }),
    });
    expect(renewed.status).toBe(400);
    await other.context().close();
    await page.context().close();

    const fresh = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await fresh.goto(`${stack.pageUrl}/sign-in`);
    await fresh.getByLabel('E-mail').fill('vic@harbour.example.org');
    await fresh.getByLabel('Password').fill('a much longer one');
    await fresh.getByRole('button', { name: 'Sign in', exact: true }).click();
    await fresh.waitForURL(/\/o\//);
    await fresh.context().close();
    await stack.sql`update auth.users set encrypted_password = extensions.crypt(${PASSWORD}, extensions.gen_salt('bf', 4)) where email = 'vic@harbour.example.org'`;
  });
}
