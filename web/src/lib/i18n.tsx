import { createContext, use, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { makeFormat } from './format.ts';
import type { Format, Locale } from './format.ts';
import type { Messages } from './i18n/nb.ts';
import { isLocale } from './locale.ts';
import { recall, remember } from './memory.ts';

// Only the language in use travels to the browser.
const CATALOGUES: Record<Locale, () => Promise<Messages>> = {
  nb: async () => (await import('./i18n/nb.ts')).nb,
  en: async () => (await import('./i18n/en.ts')).en,
};

/** A language with its texts. */
export type Catalogue = { locale: Locale; t: Messages };

export const loadCatalogue = async (locale: Locale): Promise<Catalogue> => ({ locale, t: await CATALOGUES[locale]() });
export const LANGUAGES: Record<Locale, string> = { nb: 'Norsk bokmål', en: 'English' };

type I18n = { t: Messages; locale: Locale; choose: (locale: Locale) => void; suggest: (locale: Locale) => void };

const I18nContext = createContext<I18n | null>(null);
const FormatContext = createContext<Format | null>(null);

/** Holds the language. The member's own choice in this browser wins over the one in the profile. */
export function I18nProvider({ first, children }: { first: Catalogue; children: ReactNode }) {
  const [{ locale, t }, setCatalogue] = useState(first);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const value = useMemo<I18n>(() => {
    const show = (wanted: Locale): void => {
      // A language that cannot be fetched leaves the page in the one it has.
      if (wanted !== locale) loadCatalogue(wanted).then(setCatalogue, () => undefined);
    };
    return {
      t,
      locale,
      choose: (chosen) => {
        remember('locale', chosen);
        show(chosen);
      },
      suggest: (profile) => {
        if (!isLocale(recall('locale'))) show(profile);
      },
    };
  }, [locale, t]);
  return (
    <I18nContext value={value}>
      <TimeZone zone={Intl.DateTimeFormat().resolvedOptions().timeZone}>{children}</TimeZone>
    </I18nContext>
  );
}

/** Everything inside writes times in this zone. */
export function TimeZone({ zone, children }: { zone: string; children: ReactNode }) {
  const { locale } = useI18n();
  const format = useMemo(() => makeFormat(locale, zone), [locale, zone]);
  return <FormatContext value={format}>{children}</FormatContext>;
}

export function useI18n(): I18n {
  const i18n = use(I18nContext);
  if (!i18n) throw new Error('useI18n needs an I18nProvider');
  return i18n;
}

export const useT = (): Messages => useI18n().t;

export function useFormat(): Format {
  const format = use(FormatContext);
  if (!format) throw new Error('useFormat needs an I18nProvider');
  return format;
}
