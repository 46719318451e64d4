import { useFixT } from '../../lib/fix-words.ts';
import { useAction } from '../../lib/use-action.ts';
import { restoreRecords } from './fix-actions.ts';

/** Takes a dismissal back. */
export function useRestore() {
  const t = useFixT();
  return useAction(restoreRecords, (restored) => t.closed.undone(restored));
}
