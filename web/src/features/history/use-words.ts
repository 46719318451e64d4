import { useI18n } from '../../lib/i18n.tsx';
import { historyWords } from './words.ts';
import type { HistoryWords } from './words.ts';

/** The words of the history in the reader's language. */
export const useHistoryWords = (): HistoryWords => historyWords[useI18n().locale];
