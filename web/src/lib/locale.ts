import type { Locale } from './format.ts';

export const isLocale = (text: string | null | undefined): text is Locale => text === 'nb' || text === 'en';

/** The language the person chose, or else the first one the browser asks for that we have. */
export function firstLocale(chosen: string | null, wanted: readonly string[]): Locale {
  if (isLocale(chosen)) return chosen;
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === 'no' || language === 'nn') return 'nb';
    if (isLocale(language)) return language;
  }
  return 'en';
}
