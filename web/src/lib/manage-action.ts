import type { Client } from './client.ts';
import { useManageWords } from './manage-words.ts';
import { translating } from './refusal.ts';
import { useAction } from './use-action.ts';

/** An action whose refusal is said in the reader's language. See `useAction`. */
export function useManageAction<I, O>(act: (client: Client, input: I) => Promise<O>, said: Parameters<typeof useAction<I, O>>[1]) {
  return useAction<I, O>(translating(act, useManageWords().refusals), said);
}
