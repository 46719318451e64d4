import { ApiError } from './api-error.ts';
import type { Locale } from './format.ts';

type Table = Readonly<Record<string, string>>;

// The database speaks English. The words of another language are fetched when something is refused.
const TABLES: Record<Locale, () => Promise<Table>> = {
  nb: async () => (await import('./i18n/nb-refusals.ts')).nbRefusals,
  en: () => Promise.resolve({}),
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A refusal in the words of the table, with what was filled in; null where it has none. */
export function translated(message: string, table: Table): string | null {
  for (const [said, words] of Object.entries(table)) {
    const found = new RegExp(`^${escaped(said).replaceAll('%s', '(.+?)')}$`).exec(message);
    if (found) return found.slice(1).reduce((text, value) => text.replace('%s', () => value), words);
  }
  return null;
}

/** The same error, a refusal of the database in the reader's language; one without words speaks for itself. */
export async function inLanguage(error: unknown, locale: Locale): Promise<unknown> {
  if (!(error instanceof ApiError) || error.kind !== 'refused') return error;
  const words = translated(error.message, await TABLES[locale]().catch(() => ({})));
  return words === null ? error : new ApiError('refused', { message: words, code: error.code, status: error.status });
}
