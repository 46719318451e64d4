/** How a day stands to the days before it. */
export type Standing = { percentAbove: number; isSpike: boolean };

/** So many usual deviations beside the middle is still an ordinary day. */
const SPREAD = 3;
/** Makes the median of deviations comparable to a standard deviation. */
const SCALE = 1.4826;
/** Fewer days before it say nothing about a day. */
const LEAST_DAYS = 7;

/**
 * A day against the days before it; null where there are too few. A spike is outside the normal spread of those days and dearer than
 * them by `least`: the middle and the usual deviation from it are medians, so that one spike does not hide the next.
 */
export function standingOf(value: number, before: number[], least: number): Standing | null {
  if (before.length < LEAST_DAYS) return null;
  const middle = median(before);
  const spread = SCALE * median(before.map((one) => Math.abs(one - middle)));
  const above = value - middle;
  const percentAbove = middle > 0 ? Math.round((above / middle) * 1_000) / 10 : above > 0 ? 1_000 : 0;
  return { percentAbove, isSpike: above > least && above > SPREAD * spread };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? 0 : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
