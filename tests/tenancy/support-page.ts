import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { atEnd } from '../support/cleanup.ts';
import { openBrowser } from '../support/browser.ts';
import { testStack } from '../support/stack.ts';
import type { TestStack } from '../support/stack.ts';

export const PASSWORD = 'a long password';

/** The page and the API behind it, two organizations with an integration and a failed record each, and a browser. */
export type PageWorld = {
  stack: TestStack;
  url: string;
  browser: Browser;
  orgs: Record<'nord' | 'syd', string>;
};

export async function openPageWorld(): Promise<PageWorld> {
  const stack = await testStack({ parts: ['api', 'page'] });
  const { sql } = stack;
  const orgs = {} as PageWorld['orgs'];
  for (const [slug, name, email] of [['nord', 'Nord', 'olga@example.org'], ['syd', 'Syd', 'stine@example.org']] as const) {
    const [org] = await sql<{ id: string }[]>`insert into organizations (slug, name) values (${slug}, ${name}) returning id`;
    orgs[slug] = org?.id ?? '';
    const user = await stack.createUser(email, PASSWORD);
    await sql`insert into members (org_id, user_id, role, name, locale) values (${orgs[slug]}, ${user.id}, 'owner', ${name}, 'en')`;
    const [made] = await sql<{ id: string }[]>`
      insert into integrations (org_id, system, slug, name, next_due_at) values (${orgs[slug]}, 'fake', 'expenses', ${`Ledger of ${name}`}, now() + interval '1 day') returning id`;
    await sql`select hand_in(${orgs[slug]}, ${made?.id ?? ''}, ${sql.json([{ source_type: 'expense', source_id: `E-${slug}`, payload: { account: '9999' }, label: `Taxi in ${name}` }])})`;
    await sql`
      update records set state = 'failed', failed_at = now(), error_message = ${`<img src=x onerror="document.title='run'"> said ${name}`}, error_code = 'invalid', error_field = 'account'
      where org_id = ${orgs[slug]}`;
  }
  for (const job of ['schedule', 'reap', 'evaluate', 'deliver']) await sql`select private.beat(${job}, now())`;
  const browser = await openBrowser();
  atEnd(() => browser.close());
  if (!stack.pageUrl) throw new Error('the page was not started');
  return { stack, url: stack.pageUrl, browser, orgs };
}

/** What a page did that it should not have, and where it called. */
export type Watched = { page: Page; context: BrowserContext; violations: string[]; requests: Request[] };

export async function watched({ browser }: PageWorld, locale = 'en-GB'): Promise<Watched> {
  const context = await browser.newContext({ locale });
  const violations: string[] = [];
  const requests: Request[] = [];
  await context.exposeBinding('tellViolation', (_, text: string) => void violations.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      void (globalThis as unknown as { tellViolation(text: string): Promise<void> }).tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (/content security policy|trusted ?type/i.test(message.text())) violations.push(message.text());
  });
  page.on('pageerror', (error) => violations.push(`the page threw ${error.message}`));
  context.on('request', (request) => requests.push(request));
  return { page, context, violations, requests };
}

/** Fills in the form that is on the page. */
export async function fillIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel(/^(e-mail|e-post)/i).fill(email);
  await page.getByLabel(/^(password|passord)/i).fill(password);
  await page.getByRole('button', { name: /^(sign in|logg inn)$/i }).last().click();
}

export async function signInAt(world: PageWorld, page: Page, email: string, path = '/sign-in'): Promise<void> {
  await page.goto(world.url + path);
  await fillIn(page, email);
  await page.waitForURL((at) => at.pathname !== '/sign-in');
}

export const stored = (page: Page): Promise<string> => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
