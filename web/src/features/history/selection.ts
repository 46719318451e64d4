/** Where one is on the chart, and where a selection began, by the place of the bar. */
export type Selection = { at: number | null; anchor: number | null };

export const NOTHING: Selection = { at: null, anchor: null };

const goal = (key: string, at: number | null, last: number): number | undefined => {
  switch (key) {
    case 'ArrowLeft': return at === null ? last : Math.max(0, at - 1);
    case 'ArrowRight': return at === null ? last : Math.min(last, at + 1);
    case 'Home': return 0;
    case 'End': return last;
    default: return undefined;
  }
};

/** Where a key leads; with Shift it takes the bars in between along. Esc lets go of a selection, then of the place. Undefined: not a key of ours. */
export function moveSelection({ at, anchor }: Selection, key: string, shift: boolean, count: number): Selection | undefined {
  if (count === 0) return undefined;
  if (key === 'Escape') {
    if (at === null) return undefined;
    return anchor === null ? NOTHING : { at, anchor: null };
  }
  const next = goal(key, at, count - 1);
  if (next === undefined) return undefined;
  return { at: next, anchor: shift ? anchor ?? at ?? next : null };
}

/** The bars from the first to the last of a selection. Null when there is none. */
export function chosenBars({ at, anchor }: Selection): { first: number; last: number } | null {
  if (at === null) return null;
  return { first: Math.min(at, anchor ?? at), last: Math.max(at, anchor ?? at) };
}
