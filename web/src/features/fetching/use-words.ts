import { useI18n } from '../../lib/i18n.tsx';
import { fetchingWords } from './words.ts';
import type { FetchingWords } from './words.ts';

/** The words of these sections in the reader's language. */
export const useFetchingWords = (): FetchingWords => fetchingWords[useI18n().locale];
