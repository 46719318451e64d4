import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SITE_URL, templates } from '../../scripts/stack/auth-mail.ts';
import { keepNext, keptNext, readLink } from '../../web/src/lib/sign-in-link.ts';

const template = (name: 'magic_link' | 'confirmation'): Promise<string> => readFile(templates[name].content_path, 'utf8');

test.each([['magic_link', 'magiclink'], ['confirmation', 'signup']] as const)('the link in the mail %s is one the page reads', async (name, type) => {
  const [, href = ''] = /<a href="([^"]+)"/.exec(await template(name)) ?? [];
  const filled = new URL(href.replaceAll('&amp;', '&').replace('{{ .SiteURL }}', SITE_URL).replace('{{ .TokenHash }}', 'pkce_0f9a8b7c6d5e'));
  expect(filled.pathname + filled.search).toBe('/sign-in');
  expect(readLink(filled.hash)).toEqual({ hash: 'pkce_0f9a8b7c6d5e', type });
});

test('hosted and embedded send the same mails', async () => {
  const config = await readFile(new URL('../../supabase/config.toml', import.meta.url), 'utf8');
  for (const [name, { subject, content_path: path }] of Object.entries(templates)) {
    expect(config).toContain(`[auth.email.template.${name}]\nsubject = "${subject}"\ncontent_path = "./supabase/templates/${path.split('/').at(-1)}"`);
  }
});

test.each([
  '', '#', '#link=abc', '#link=0f9a8b7c6d5e', '#link=0f9a8b7c6d5e&type=recovery', '#link=0f9a8b7c6d5e&type=email_change', '#type=magiclink',
  '#link=%3Cscript%3E%3C%2Fscript%3E&type=magiclink', '#access_token=eyJhbGciOi&refresh_token=x&type=magiclink', '?link=0f9a8b7c6d5e&type=magiclink', `#link=${'a'.repeat(500)}&type=signup`,
])('%j is no link', (fragment) => {
  expect(readLink(fragment)).toBeNull();
});

test('where somebody wanted to go is kept for as long as the link is good', () => {
  const kept = keepNext('/o/nord/i/expenses?from=mail', 1_000);
  expect(keptNext(kept, 1_000 + 3_599_000)).toBe('/o/nord/i/expenses?from=mail');
  expect(keptNext(kept, 1_000 + 3_600_000)).toBeNull();
  expect(keptNext('nonsense', 1_000)).toBeNull();
  expect(keptNext(null, 1_000)).toBeNull();
});
