import { use } from 'react';
import type { Locale } from './format.ts';
import { useI18n } from './i18n.tsx';
import type { Messages } from './i18n/nb.ts';
import type { FixWords } from './i18n/nb-fix.ts';

// They come with the pages of an integration: whoever only looks at the overview does not fetch them.
const LOADERS: Record<Locale, () => Promise<FixWords>> = {
  nb: async () => (await import('./i18n/nb-fix.ts')).nbFix,
  en: async () => (await import('./i18n/en-fix.ts')).enFix,
};

type Words = Messages & FixWords;

const known = new Map<Messages, Promise<Words>>();

function wordsFor(locale: Locale, messages: Messages): Promise<Words> {
  const before = known.get(messages);
  if (before) return before;
  const words = LOADERS[locale]().then((fix) => ({ ...messages, ...fix }));
  known.set(messages, words);
  // What could not be fetched is asked for again, not remembered.
  words.catch(() => known.delete(messages));
  return words;
}

/** The page's words together with those for putting records right. */
export function useFixT(): Words {
  const { locale, t } = useI18n();
  return use(wordsFor(locale, t));
}
