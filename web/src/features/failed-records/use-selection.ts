import { useState } from 'react';

/** Chosen rows, by id; they stay chosen from page to page. */
export function useSelection() {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const set = (changed: readonly string[], chosen: boolean): void => setIds((before) => {
    const after = new Set(before);
    for (const id of changed) {
      if (chosen) after.add(id);
      else after.delete(id);
    }
    return after;
  });
  return { ids, set, clear: () => setIds(new Set()) };
}
