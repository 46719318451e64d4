import type { Client } from '../../lib/client.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { translating } from '../../lib/refusal.ts';
import { useAction } from '../../lib/use-action.ts';
import { nbGrantRefusals } from './refusals.ts';

/** An action on grant reports whose refusal is said in the reader's language. See `useAction`. */
export function useGrantAction<I, O>(act: (client: Client, input: I) => Promise<O>, said: Parameters<typeof useAction<I, O>>[1]) {
  const { locale } = useI18n();
  return useAction<I, O>(locale === 'nb' ? translating(act, nbGrantRefusals) : act, said);
}
