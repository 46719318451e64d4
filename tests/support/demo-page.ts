import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { PASSWORD, seedDemo } from '../../scripts/demo/index.ts';
import { startVendors } from '../../scripts/demo/vendors.ts';
import type { Vendors } from '../../scripts/demo/vendors.ts';
import { startStack } from '../../scripts/stack/index.ts';
import type { Stack } from '../../scripts/stack/index.ts';
import { openBrowser } from './browser.ts';

/** The demo, whole, and a real browser in front of it. */
export type DemoPage = {
  stack: Stack;
  vendors: Vendors;
  browser: Browser;
  /** A member's session in a context of its own, not yet on any page but the first. */
  signIn(email: string, options?: BrowserContextOptions): Promise<Page>;
  stop(): Promise<void>;
};

export async function startDemoPage(): Promise<DemoPage> {
  const vendors = await startVendors({ mailbox: 0, xledger: 0, businessCentral: 0, zoom: 0, twilio: 0 });
  const stack = await startStack({ functionsEnv: { RESEND_BASE_URL: vendors.mailbox.url } });
  await seedDemo(stack, vendors, () => undefined);
  const browser = await openBrowser();
  return {
    stack,
    vendors,
    browser,
    async signIn(email, options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(`${stack.pageUrl}/sign-in`);
      await page.getByLabel(/e-mail|e-post/i).fill(email);
      await page.getByLabel(/password|passord/i).fill(PASSWORD);
      await page.getByRole('button', { name: /sign in|logg inn/i }).click();
      await page.waitForURL(/\/o\//);
      return page;
    },
    async stop() {
      await browser.close();
      await stack.stop();
      await vendors.stop();
    },
  };
}
