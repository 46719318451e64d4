import { use } from 'react';
import { fetchOnce } from './fetch-once.ts';
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

const wordsIn: Record<Locale, (messages: Messages) => Promise<Words>> = { nb: merged('nb'), en: merged('en') };

function merged(locale: Locale): (messages: Messages) => Promise<Words> {
  return fetchOnce(async (messages) => ({ ...messages, ...await LOADERS[locale]() }));
}

/** Begins to fetch what `useFixT` will ask for. */
export function prefetchFixWords(locale: Locale, messages: Messages): void {
  // Whoever needs them hears when they cannot be fetched.
  wordsIn[locale](messages).catch(() => undefined);
}

/** The words of every page together with those of an integration's pages. */
export function useFixT(): Words {
  const { locale, t } = useI18n();
  return use(wordsIn[locale](t));
}
