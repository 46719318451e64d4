import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Advice } from '../../supabase/functions/_kit/advice.ts';
import { adviceFor } from '../../web/src/lib/advice.ts';
import { makeFormat } from '../../web/src/lib/format.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { enFix } from '../../web/src/lib/i18n/en-fix.ts';
import { nbFix } from '../../web/src/lib/i18n/nb-fix.ts';
import { nb } from '../../web/src/lib/i18n/nb.ts';
import { fixInWords } from '../../web/src/lib/last-fix.ts';
import { saidBy } from '../../web/src/lib/said-by.ts';
import type { CauseFix } from '../../web/src/lib/record-rows.ts';

const root = join(import.meta.dirname, '../..');

test('the page has the advice of every connector, and of no other system (if not: npm run generate, or delete the file)', () => {
  const systems = readdirSync(join(root, 'supabase/functions')).filter((name) => name.startsWith('sync-')).map((name) => `${name.slice(5)}.json`);
  expect(readdirSync(join(root, 'web/src/advice')).sort()).toEqual(systems.sort());
});

test('every category has words in both languages', () => {
  const categories = ['auth', 'conflict', 'not_found', 'permission', 'rate_limit', 'schema', 'server', 'timeout', 'validation'];
  for (const { advice } of [nbFix, enFix]) expect(Object.keys(advice.categories).sort()).toEqual(categories);
});

test('what we stopped ourselves is told by its code, in both languages, and not put into the system\u2019s mouth', () => {
  const [, ours = ''] = /\n## On records and runs\n([^]*?)\n## /.exec(readFileSync(join(root, 'docs/errors.md'), 'utf8')) ?? [];
  const codes = [...ours.matchAll(/^\| `(\w+)` \| [\w, ]+ \| (?!Xledger:)/gm)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.filter((code) => !Object.hasOwn(nbFix.advice.own, code))).toEqual([]);
  expect(Object.keys(enFix.advice.own)).toEqual(Object.keys(nbFix.advice.own));
  expect(saidBy({ ...nb, ...nbFix }, 'xledger', 'payload_unknown_key')).toBe('Melding fra Syncward');
  for (const code of ['E-17', 'toString', '', null]) expect(saidBy({ ...en, ...enFix }, 'xledger', code)).toBe('Message from Xledger');
});

const said = (word: string) => ({ nb: `${word} på norsk.`, en: `${word} in English.`, link: 'https://example.org/docs' });
const advice: Advice = {
  auth: said('Key'), permission: said('Right'), rate_limit: said('Pace'), validation: said('Value'), server: { nb: 'Vent.', en: 'Wait.' },
  cases: [{ ...said('Period'), fields: ['postingDate', 'Posting Date'], codes: ['closed'] }],
};

test.each<[string, string | null, string | null, string | null, string | undefined]>([
  ['its category', 'auth', '401', null, 'Key på norsk.'],
  ['the field, whatever the category', 'conflict', null, 'Posting Date', 'Period på norsk.'],
  ['the code, whatever the category', 'validation', 'closed', null, 'Period på norsk.'],
  ['what is nearest', 'timeout', null, null, 'Vent.'],
  ['what is nearest', 'not_found', null, 'account', 'Value på norsk.'],
  ['nothing, where the system says nothing', 'conflict', null, null, undefined],
  ['nothing, for a category nobody has heard of', 'toString', null, null, undefined],
  ['nothing, for what is no category', 'cases', null, null, undefined],
  ['nothing, where nobody knows what it was', null, null, null, undefined],
])('a refusal is advised on by %s', (_, category, code, field, text) => {
  expect(adviceFor(advice, { category, code, fields: [null, field] }, 'nb')?.text).toBe(text);
});

test('the advice is in the reader’s language, with the vendor’s page where it has one', () => {
  expect(adviceFor(advice, { category: 'auth', code: null, fields: [] }, 'en')).toEqual({ text: 'Key in English.', link: 'https://example.org/docs' });
  expect(adviceFor(advice, { category: 'server', code: null, fields: [] }, 'en')).toEqual({ text: 'Wait.', link: null });
});

const fix: CauseFix = {
  cause_id: '1', fixed_cause_id: '1', how: 'corrected', at: '2026-11-20T10:00:00Z', record_id: '7', record_name: 'Claim 7', by_name: 'Arne',
  refused_at: '2026-11-20T09:15:00Z', field: 'account', before: '9999', after: '4010', fields: 1, reason: null,
};
const inWords = (words: typeof nbFix, locale: 'nb' | 'en', given: Partial<CauseFix>): string =>
  fixInWords({ ...fix, ...given }, words.advice, words.fix.own, words.fix.absent, makeFormat(locale, 'Europe/Oslo'));

test.each<[Partial<CauseFix>, string, string]>([
  [{}, 'Arne rettet account fra «9999» til «4010», og posten kom over.', 'Arne corrected account from “9999” to “4010”, and the record got across.'],
  [{ how: 'edited', by_name: null, field: 'record.amount', before: null, fields: 3 },
    'Noen redigerte posten, Beløp (postens eget) fra (ikke med) til «4010» og 2 felt til, og den kom over.',
    'Somebody edited the record, Amount (the record’s own) from (not there) to “4010” and 2 more fields, and it got across.'],
  [{ how: 'handed_in' }, 'Posten kom inn på nytt med account fra «9999» til «4010», og kom over.',
    'The record was handed in again with account from “9999” to “4010”, and got across.'],
  [{ how: 'by_itself', field: null }, 'Det gikk over av seg selv etter 45 min.', 'It passed by itself after 45 mins.'],
  [{ how: 'dismissed', reason: 'ført for hånd' }, 'Arne la posten bort: «ført for hånd»', 'Arne dismissed the record: “ført for hånd”'],
  [{ how: 'toString' }, '', ''],
])('what helped is one sentence in both languages: %j', (given, nb, en) => {
  expect(inWords(nbFix, 'nb', given)).toBe(nb);
  expect(inWords(enFix, 'en', given)).toBe(en);
});

test('a long value is cut, and what would turn the sentence around is taken out', () => {
  const sentence = inWords(nbFix, 'nb', { after: `${'x'.repeat(300)}\u202e` });
  expect(sentence.length).toBeLessThan(200);
  expect(sentence).not.toContain('\u202e');
});
