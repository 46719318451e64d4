import { readFile, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nbGrantRefusals } from '../../web/src/features/grant-report/refusals.ts';
import { nbRefusals } from '../../web/src/lib/i18n/nb-refusals.ts';
import { translated } from '../../web/src/lib/refusal.ts';

/** Every refusal the functions of these migrations can give, as it is written there. */
async function refusals(migrations: RegExp): Promise<string[]> {
  const folder = new URL('../../supabase/migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => migrations.test(name));
  const source = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n');
  const said = source.matchAll(/(?:refuse\('SW4\d\d', (?:format\()?|check_reason\(\w+, )'((?:[^']|'')+)'/g);
  return [...new Set([...said].map(([, text = '']) => text.replaceAll("''", "'")))].sort();
}

test.each([
  ['of what people manage with', /_(manage|plan|join|attend)\.sql$/, nbRefusals],
  ['of the grant report', /_report_grants\.sql$/, nbGrantRefusals],
] as const)('every refusal %s has Norwegian words, and no words are for one that does not exist', async (_, migrations, words) => {
  expect(Object.keys(words).sort()).toEqual(await refusals(migrations));
});

test('what was filled in is in both', () => {
  expect(translated('There is a window already, from 2026-11-20 07:00 to 2026-11-20 09:00.', nbRefusals))
    .toBe('Det finnes et vindu fra før, fra 2026-11-20 07:00 til 2026-11-20 09:00. Avslutt det først, eller velg en annen tid.');
  expect(translated('The setting "a$&b" is a string and stays one.', nbRefusals)).toBe('Innstillingen «a$&b» kan ikke skifte slag.');
});

test('a refusal without words is left to speak for itself', () => {
  expect(translated('The integration is switched off.', nbRefusals)).toBeNull();
});
