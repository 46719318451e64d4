import { useState } from 'react';

/** Chosen rows, by id; they stay chosen from page to page. Or all that match, on whatever page. */
export function useSelection() {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const set = (changed: readonly string[], chosen: boolean): void => {
    setAll(false);
    setIds((before) => {
      const after = new Set(before);
      for (const id of changed) {
        if (chosen) after.add(id);
        else after.delete(id);
      }
      return after;
    });
  };
  const clear = (): void => {
    setIds(new Set());
    setAll(false);
  };
  return { ids, isAll, set, chooseAll: () => setAll(true), clear };
}
