import type { FixWords } from './i18n/nb-fix.ts';
import type { Messages } from './i18n/nb.ts';
import { systemName } from './system-name.ts';

/** Our own words for what we stopped ourselves, by its code; null for what the system said. */
export const ownWords = (t: FixWords, code: string | null | undefined): string | null =>
  (code && Object.hasOwn(t.advice.own, code) ? t.advice.own[code] ?? null : null);

/** Whose message it is: what never reached the system is not put into its mouth. */
export const saidBy = (t: Messages & FixWords, system: string, code: string | null | undefined): string =>
  (ownWords(t, code) === null ? t.integration.said(systemName(system)) : t.advice.saidByUs);
