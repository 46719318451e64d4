import type { Page } from 'playwright-core';
import type { Sql } from 'postgres';

/** A page of the demo, and the button that opens something on it; `narrow` if there is one only on a narrow screen. */
export type Shown = { path: string; press?: RegExp; narrow?: true };

/** The organization that speaks a language, who may act in it, and the integration of it that is in trouble. */
export const SHOWN_AS = {
  nb: { org: 'nordlys', email: 'arne@nordlys.example.org', slug: 'expenses' },
  en: { org: 'harbour', email: 'adam@harbour.example.org', slug: 'claims' },
} as const;

/** Every page a member can come to, and what opens on them, by name: the only list of them. */
export async function everyPage(sql: Sql, { org, slug }: { org: string; slug: string }): Promise<Record<string, Shown>> {
  const [known] = await sql<{ record: string; cause: string; run: string }[]>`
    select r.id as record, r.cause_id as cause, r.run_id as run from records r join integrations i on i.id = r.integration_id
    where i.slug = ${slug} and r.state = 'failed' order by r.id limit 1`;
  if (!known) throw new Error(`nothing of ${slug} failed`);
  const home = `/o/${org}`;
  const integration = `${home}/i/${slug}`;
  return {
    'overview': { path: home },
    'main-menu': { path: home, press: /^(Main menu|Hovedmeny)$/, narrow: true },
    'account-menu': { path: home, press: /^(Account|Konto)/ },
    'integration': { path: integration },
    'integration-resolved': { path: `${integration}?state=exported` },
    'retry-dialog': { path: integration, press: /^(Retry failed records|Prøv feilede poster på nytt)/ },
    'record-details': { path: integration, press: /^(Show details of|Vis detaljer om)/ },
    'cause': { path: `${integration}/causes/${known.cause}` },
    'fix-dialog': { path: `${integration}/causes/${known.cause}`, press: /^(Fix|Rett) .*…/ },
    'record': { path: `${integration}/records/${known.record}` },
    'edit-dialog': { path: `${integration}/records/${known.record}`, press: /^(Edit|Rediger|Rett)/ },
    'run': { path: `${integration}/runs/${known.run}` },
    'configuration': { path: `${integration}/configuration` },
    'notifications': { path: `${home}/notifications` },
    'notification-settings': { path: `${home}/notifications/settings` },
    'history': { path: `${integration}?days=30` },
    'report': { path: `${home}/report` },
    'grant-report': { path: `${home}/grant-report` },
    'maintenance': { path: `${home}/maintenance` },
    'maintenance-dialog': { path: `${home}/maintenance`, press: /^(Plan|Planlegg)/ },
    'members': { path: `${home}/members` },
    'audit': { path: `${home}/audit` },
    'nothing': { path: `${home}/nothing-here` },
    ...(org === SHOWN_AS.en.org && { 'watched': { path: `${home}/i/texts?days=30&each=0` } }),
    'no-integration': { path: `${home}/i/none` },
  };
}

/** Both widths the page is made for, light and dark. */
export const LOOKS = [1280, 320].flatMap((width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })));

/** Until the page has read all it reads, and what the button opens is open. */
export async function settled(page: Page, { press }: Shown): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  if (!press) return;
  await page.getByRole('button', { name: press }).first().click();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
}
