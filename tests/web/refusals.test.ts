import { readFile, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ApiError } from '../../web/src/lib/api-error.ts';
import { nbRefusals } from '../../web/src/lib/i18n/nb-refusals.ts';
import { inLanguage, translated } from '../../web/src/lib/refusal.ts';

/** Every refusal a function of the database can give, as it is written there. */
async function refusals(): Promise<string[]> {
  const folder = new URL('../../supabase/migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql'));
  const source = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n');
  const said = [...source.matchAll(/(?:refuse\('SW4\d\d',\s*(?:format\()?(?:coalesce\(\w+, )?|check_reason\(\w+,\s*)'((?:[^']|'')+)'/g)];
  // What is wrong with a record is told by a function of its own.
  const [, problems = ''] = /create function private\.record_problem\(([^]*?)\nend \$\$;/.exec(source) ?? [];
  const wrong = [...problems.matchAll(/return '((?:[^']|'')+)'/g)];
  expect(wrong.length).toBeGreaterThan(5);
  return [...new Set([...said, ...wrong].map(([, text = '']) => text.replaceAll("''", "'").replaceAll('%I', '%s')))].sort();
}

test('every refusal of the database has Norwegian words, and no words are for one that does not exist', async () => {
  expect(Object.keys(nbRefusals).sort()).toEqual(await refusals());
});

test('words have no more places to fill in than the refusal has', () => {
  const places = (text: string): number => text.split('%s').length - 1;
  expect(Object.entries(nbRefusals).filter(([said, words]) => places(words) > places(said))).toEqual([]);
});

test('what was filled in is in both', () => {
  expect(translated('There is a window already, from 2026-11-20 07:00 to 2026-11-20 09:00.', nbRefusals))
    .toBe('Det finnes et vindu fra før, fra 2026-11-20 07:00 til 2026-11-20 09:00. Avslutt det først, eller velg en annen tid.');
  expect(translated('The setting "a$&b" is a string and stays one.', nbRefusals)).toBe('Innstillingen «a$&b» kan ikke skifte slag.');
});

const refused = (message: string): ApiError => new ApiError('refused', { message, code: 'SW409', status: 409, hint: 'Switch it on first.' });

test('a refusal is said in Norwegian with what to do, and its English hint is left out', async () => {
  expect(await inLanguage(refused('The integration is switched off.'), 'nb'))
    .toMatchObject({ kind: 'refused', message: 'Integrasjonen er slått av. Slå den på først.', code: 'SW409', status: 409, hint: null });
});

test.each([
  ['a refusal in English', refused('The integration is switched off.'), 'en'],
  ['one without words', refused('Something nobody has written down.'), 'nb'],
  ['a fault of the server', new ApiError('server', { message: 'The integration is switched off.' }), 'nb'],
  ['what is no answer at all', new TypeError('x'), 'nb'],
] as const)('%s is left as it is', async (_, error, locale) => {
  expect(await inLanguage(error, locale)).toBe(error);
});
