import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startPage } from '../../scripts/stack/page.ts';
import { fillIn, openPageWorld, PASSWORD, signInAt, stored, watched } from './support-page.ts';
import type { PageWorld } from './support-page.ts';

let world: PageWorld;

beforeAll(async () => {
  world = await openPageWorld();
}, 120_000);

/** A session of somebody else's, as an attacker could put it into a link. */
async function sessionOf(email: string): Promise<{ access_token: string; refresh_token: string }> {
  const { apiUrl, publishableKey } = world.stack;
  const answer = await fetch(`${apiUrl}/auth/v1/token?grant_type=password`, {
    method: 'POST', headers: { apikey: publishableKey, 'content-type': 'application/json' }, body: JSON.stringify({ email, password: PASSWORD }),
  });
  return await answer.json() as { access_token: string; refresh_token: string };
}

describe('the main way through the page', () => {
  test('violates nothing, calls nobody but the API, and carries no token in an address or a referrer', async () => {
    const { page, context, violations, requests } = await watched(world);
    await signInAt(world, page, 'olga@example.org');
    await page.getByRole('link', { name: 'Ledger of Nord' }).click();
    await page.getByText('said Nord').first().waitFor();
    await page.goto(`${world.url}/o/nord/notifications`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByLabel(/language/i).selectOption('nb');
    await page.getByLabel(/utseende|theme|tema/i).selectOption('dark');
    await page.getByRole('button', { name: /logg ut/i }).click();
    await page.waitForURL(/sign-in/);

    expect(violations).toEqual([]);
    expect(await page.title()).not.toBe('run');
    const origins = [world.url, world.stack.apiUrl ?? ''].map((address) => new URL(address).origin);
    expect(requests.length).toBeGreaterThan(10);
    for (const request of requests) {
      expect(origins).toContain(new URL(request.url()).origin);
      expect(`${request.url()} ${request.headers()['referer'] ?? ''}`).not.toMatch(/eyJ|token=(?!$)|sb_secret/);
    }
    expect(world.stack.logs.join('\n')).not.toMatch(/eyJ/);
    await context.close();
  });

  test.each([
    ['an inline script', '<script>document.title = "run"</script>'], ['a handler', '<img src="/gone.png" onerror="document.title = \'run\'">'],
    ['a script from elsewhere', '<script src="http://127.0.0.1:9/x.js"></script>'], ['a script from a data address', '<script src="data:text/javascript,document.title=\'run\'"></script>'],
    ['an inline style', '<style>title { color: red }</style>'], ['an object', '<object data="/icon-ok.svg"></object>'], ['another base', '<base href="http://127.0.0.1:9/">'],
    ['a frame', '<iframe src="/sign-in"></iframe>'], ['a picture from elsewhere', '<img src="http://127.0.0.1:9/pixel.png">'],
  ])('%s that got into it is refused by the browser', async (_, markup) => {
    const folder = await mkdtemp(join(tmpdir(), 'syncward-page-'));
    await writeFile(join(folder, 'index.html'), `<!doctype html><title>Syncward</title><body>${markup}</body>`);
    const served = await startPage({ port: 0, folder, config: () => ({ apiUrl: world.stack.apiUrl, publishableKey: '' }) as never });
    const { page, context, violations } = await watched(world);
    await page.goto(served.url);
    await expect.poll(() => violations.length).toBeGreaterThan(0);
    expect(await page.title()).toBe('Syncward');
    await context.close();
    await served.close();
    await rm(folder, { recursive: true });
  });

  test('what runs on it cannot send a form, a request, or text that becomes a script elsewhere', async () => {
    const { page, context, violations } = await watched(world);
    await page.goto(`${world.url}/sign-in`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const outcomes = await page.evaluate(async () => {
      const attempt = async (work: () => unknown): Promise<string> => {
        try {
          await work();
          return 'done';
        } catch {
          return 'refused';
        }
      };
      return Promise.all([
        attempt(() => fetch('http://127.0.0.1:9/steal', { mode: 'no-cors' })),
        // A debugger's own statement may make functions of text; what it leaves to a timer may not.
        attempt(() => setTimeout('document.title = "run"' as unknown as () => void)),
        attempt(() => { document.body.appendChild(document.createElement('div')).innerHTML = '<b>x</b>'; }),
        attempt(() => { document.body.appendChild(document.createElement('script')).text = 'document.title = "run"'; }),
        attempt(() => import(/* @vite-ignore */ ['data:text/javascript', 'document.title="run"'].join())),
        attempt(() => navigator.sendBeacon('http://127.0.0.1:9/steal') || Promise.reject(new Error('refused'))),
      ]);
    });
    expect(outcomes.slice(0, 5)).toEqual(Array(5).fill('refused'));
    await page.evaluate(() => {
      const form = document.body.appendChild(document.createElement('form'));
      form.action = 'http://127.0.0.1:9/steal';
      form.submit();
    });
    await expect.poll(() => violations.some((text) => text.includes('form-action'))).toBe(true);
    expect(await page.title()).not.toBe('run');
    expect(new URL(page.url()).origin).toBe(new URL(world.url).origin);
    await context.close();
  });

  test('another page cannot put it into a frame', async () => {
    const { page, context } = await watched(world);
    await page.route('http://elsewhere.example.org/**', (route) => route.fulfill({ contentType: 'text/html', body: `<iframe src="${world.url}/sign-in"></iframe>` }));
    await page.goto('http://elsewhere.example.org/');
    await expect.poll(async () => page.frames().length).toBe(2);
    await expect.poll(async () => page.frames()[1]?.url()).not.toBe('');
    expect(await page.frames()[1]?.locator('form').count()).toBe(0);
    await context.close();
  });
});

describe('a session', () => {
  const carriers = (tokens: { access_token: string; refresh_token: string }): string[] => {
    const query = new URLSearchParams({ ...tokens, expires_in: '3600', token_type: 'bearer', type: 'magiclink' }).toString();
    return [`/sign-in#${query}`, `/sign-in?${query}`, `/#${query}`, `/o/nord#${query}`, `/?code=${tokens.refresh_token}`, `/sign-in?code=abc&state=def`, `/#error=access_denied&error_description=x`];
  };

  test('in an address signs nobody in', async () => {
    const { page, context } = await watched(world);
    for (const path of carriers(await sessionOf('stine@example.org'))) {
      await page.goto(world.url + path);
      await page.getByLabel(/^e-mail/i).waitFor();
      expect(await stored(page), path).not.toContain('access_token');
    }
    await context.close();
  });

  test('in an address does not take the place of the one that is there', async () => {
    const { page, context } = await watched(world);
    await signInAt(world, page, 'olga@example.org');
    for (const path of carriers(await sessionOf('stine@example.org'))) {
      await page.goto(world.url + path);
      await page.getByRole('link', { name: 'Ledger of Nord' }).waitFor();
      expect(await stored(page), path).not.toContain('stine@example.org');
    }
    await context.close();
  });

  test('that is signed out is gone: from storage, from the page, from the way back, and at the server', async () => {
    const { page, context } = await watched(world);
    await signInAt(world, page, 'olga@example.org');
    await page.getByRole('link', { name: 'Ledger of Nord' }).click();
    await page.getByText('said Nord').first().waitFor();
    const session = JSON.parse(await page.evaluate(() => localStorage.getItem('syncward-session') ?? '{}')) as { refresh_token: string };
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('button', { name: /sign out/i }).click();
    await page.getByLabel(/^e-mail/i).waitFor();
    expect(page.url()).toBe(`${world.url}/sign-in`);
    expect(await stored(page)).not.toMatch(/token|olga|Nord|user/);
    expect(await page.content()).not.toMatch(/Nord|olga/);
    await page.goBack();
    await page.getByLabel(/^e-mail/i).waitFor();
    expect(await page.content()).not.toContain('Ledger of Nord');
    const again = await fetch(`${world.stack.apiUrl}/auth/v1/token?grant_type=refresh_token`, {
      method: 'POST', headers: { apikey: world.stack.publishableKey, 'content-type': 'application/json' }, body: JSON.stringify({ refresh_token: session.refresh_token }),
    });
    expect(again.status).toBe(400);
    await context.close();
  });

  test('of the next member in the same tab shows nothing of the former one, not even while it waits', async () => {
    const { page, context } = await watched(world);
    await signInAt(world, page, 'olga@example.org');
    await page.getByRole('link', { name: 'Ledger of Nord' }).waitFor();
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('button', { name: /sign out/i }).click();
    await page.getByLabel(/^e-mail/i).waitFor();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/rest/v1/**', async (route) => {
      await released;
      await route.continue();
    });
    await fillIn(page, 'stine@example.org');
    await page.waitForURL((at) => at.pathname !== '/sign-in');
    expect(await page.content()).not.toContain('Nord');
    release();
    await page.getByRole('link', { name: 'Ledger of Syd' }).waitFor();
    expect(await page.content()).not.toContain('Nord');
    await context.close();
  });

  test('that ended by itself and is followed by another member\'s leaves nothing of the former behind the dialog', async () => {
    const { page, context } = await watched(world);
    await page.clock.install();
    await signInAt(world, page, 'olga@example.org', '/sign-in?next=%2Fo%2Fnord%2Fi%2Fexpenses');
    await page.getByText('said Nord').first().waitFor();
    await page.route('**/rest/v1/**', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"code":"PGRST303","message":"JWT expired"}' }));
    await page.clock.fastForward(40_000);
    await page.getByText(/Your session has ended/).waitFor();
    await page.unroute('**/rest/v1/**');
    await fillIn(page, 'stine@example.org');
    await expect.poll(async () => /said Nord|Ledger of Nord/.test(await page.content()), { timeout: 20_000 }).toBe(false);
    await context.close();
  });
});

describe('a link with a way on', () => {
  test('leads to the record it names', async () => {
    const { page, context } = await watched(world);
    await page.goto(`${world.url}/o/nord/i/expenses?from=mail`);
    await fillIn(page, 'olga@example.org');
    await page.getByText('said Nord').first().waitFor();
    expect(page.url()).toBe(`${world.url}/o/nord/i/expenses?from=mail`);
    await context.close();
  });

  test.each([
    '//elsewhere.example.org', '/\\elsewhere.example.org', '/\t/elsewhere.example.org', '/%2F/elsewhere.example.org', '/%5Celsewhere.example.org', 'https://elsewhere.example.org',
    'javascript:document.title="run"', 'data:text/html,x', '/.//elsewhere.example.org', '/sign-in?next=//elsewhere.example.org',
  ])('leads nowhere else: %j', async (next) => {
    const { page, context, violations, requests } = await watched(world);
    await page.goto(`${world.url}/sign-in?next=${encodeURIComponent(next)}`);
    await fillIn(page, 'olga@example.org');
    await page.waitForURL((at) => at.pathname !== '/sign-in');
    expect(new URL(page.url()).origin).toBe(new URL(world.url).origin);
    expect(requests.filter((request) => request.url().includes('elsewhere') && !request.url().startsWith(world.url))).toEqual([]);
    expect(violations).toEqual([]);
    await page.getByRole('link').first().waitFor();
    await context.close();
  });
});

test('too many attempts are told in words, in both languages', async () => {
  for (const [locale, words] of [['en-GB', 'Too many attempts. Wait a minute and try again.'], ['nb-NO', 'For mange forsøk. Vent et minutt og prøv igjen.']] as const) {
    const { page, context } = await watched(world, locale);
    await page.goto(`${world.url}/sign-in`);
    const wrong = (): Promise<Response> => fetch(`${world.stack.apiUrl}/auth/v1/token?grant_type=password`, {
      method: 'POST', headers: { apikey: world.stack.publishableKey, 'content-type': 'application/json' }, body: JSON.stringify({ email: 'olga@example.org', password: 'wrong' }),
    });
    for (let n = 0, status = 0; status !== 429 && n < 60; n += 1) ({ status } = await wrong());
    await fillIn(page, 'olga@example.org', 'wrong');
    await page.getByText(words).waitFor();
    await context.close();
  }
});
