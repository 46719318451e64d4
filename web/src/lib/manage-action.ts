import { ApiError } from './api-error.ts';
import type { Client } from './client.ts';
import { useManageWords } from './manage-words.ts';
import { translated } from './refusal.ts';
import { useAction } from './use-action.ts';

/** An action whose refusal is said in the reader's language: the database knows one only. See `useAction`. */
export function useManageAction<I, O>(act: (client: Client, input: I) => Promise<O>, said: Parameters<typeof useAction<I, O>>[1]) {
  const { refusals } = useManageWords();
  return useAction<I, O>(async (client, input) => {
    try {
      return await act(client, input);
    } catch (error) {
      const words = error instanceof ApiError && error.kind === 'refused' ? translated(error.message, refusals) : null;
      if (error instanceof ApiError && words !== null) throw new ApiError('refused', { message: words, code: error.code, status: error.status });
      throw error;
    }
  }, said);
}
