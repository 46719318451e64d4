import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiError } from './api-error.ts';
import { useClient } from './client-context.tsx';
import type { Client } from './client.ts';
import { useI18n } from './i18n.tsx';
import { inLanguage } from './refusal.ts';
import { say } from './toasts.ts';
import type { Toast } from './toasts.ts';

/** What to say of a result: a sentence, or one with a way back. */
type Said = string | Pick<Toast, 'text' | 'undo'>;

/**
 * An action a person takes: at most one under way at a time (a second click does nothing), its result or refusal said in words
 * of the reader's language, and every list read anew afterwards. `run` answers whether it succeeded.
 */
export function useAction<I, O>(act: (client: Client, input: I) => Promise<O>, said: (output: O, input: I) => Said) {
  const { t, locale } = useI18n();
  const client = useClient();
  const queries = useQueryClient();
  const busy = useRef(false);
  const mutation = useMutation({
    mutationFn: async (input: I) => {
      try {
        return await act(client, input);
      } catch (error) {
        throw await inLanguage(error, locale);
      }
    },
    onSuccess: (output, input) => {
      const words = said(output, input);
      say({ tone: 'done', ...(typeof words === 'string' ? { text: words } : words) });
    },
    onError: (error) => {
      const known = error instanceof ApiError ? error : null;
      const speaksForItself = known?.kind === 'refused' && known.message;
      say({ tone: 'problem', text: speaksForItself ? known.message : t.fresh.kinds[known?.kind ?? 'server'], hint: known?.hint });
    },
    // Not waited for: the action is over when it is over, not when every list has been read anew.
    onSettled: () => void queries.invalidateQueries({ queryKey: ['org'] }),
  });
  const run = async (input: I): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    try {
      await mutation.mutateAsync(input);
      return true;
    } catch {
      return false;
    } finally {
      busy.current = false;
    }
  };
  return { run, pending: mutation.isPending };
}
