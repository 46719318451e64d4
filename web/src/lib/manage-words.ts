import { use } from 'react';
import { fetchOnce } from './fetch-once.ts';
import type { Locale } from './format.ts';
import { useI18n } from './i18n.tsx';
import type { ManageWords } from './i18n/nb-manage.ts';

// These words come with the pages that use them: whoever only looks at the overview does not fetch them.
const LOADERS: Record<Locale, () => Promise<ManageWords>> = {
  nb: async () => (await import('./i18n/nb-manage.ts')).nbManage,
  en: async () => (await import('./i18n/en-manage.ts')).enManage,
};

const wordsIn = fetchOnce((locale: Locale) => LOADERS[locale]());

/** The words of the pages on which people manage an organization. */
export function useManageWords(): ManageWords {
  return use(wordsIn(useI18n().locale));
}
