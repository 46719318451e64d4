import { readFile, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nbRefusals } from '../../web/src/lib/i18n/nb-refusals.ts';
import { translated } from '../../web/src/lib/refusal.ts';

/** Every refusal the functions people manage with can give, as it is written there. */
async function refusals(): Promise<string[]> {
  const folder = new URL('../../supabase/migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => /_(manage|plan|join|attend)\.sql$/.test(name));
  const source = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n');
  const said = source.matchAll(/(?:refuse\('SW4\d\d', (?:format\()?|check_reason\(\w+, )'((?:[^']|'')+)'/g);
  return [...new Set([...said].map(([, text = '']) => text.replaceAll("''", "'")))].sort();
}

test('every refusal has Norwegian words, and no words are for one that does not exist', async () => {
  expect(Object.keys(nbRefusals).sort()).toEqual(await refusals());
});

test('what was filled in is in both', () => {
  expect(translated('There is a window already, from 2026-11-20 07:00 to 2026-11-20 09:00.', nbRefusals))
    .toBe('Det finnes et vindu fra før, fra 2026-11-20 07:00 til 2026-11-20 09:00. Avslutt det først, eller velg en annen tid.');
  expect(translated('The setting "a$&b" is a string and stays one.', nbRefusals)).toBe('Innstillingen «a$&b» kan ikke skifte slag.');
});

test('a refusal without words is left to speak for itself', () => {
  expect(translated('The integration is switched off.', nbRefusals)).toBeNull();
});
