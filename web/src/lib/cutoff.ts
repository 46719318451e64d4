/** How near the accounting cut-off is to somebody who has records that are not across. */
export type CutoffStage = 'calm' | 'soon' | 'urgent' | 'passed';

const DAY_MS = 86_400_000;

/** Three days before, there is time to fix; one day before, hardly. Where nothing is missing nothing is near. */
export function cutoffStage(leftMs: number, missing: number): CutoffStage {
  if (leftMs <= 0) return 'passed';
  if (missing === 0 || leftMs > 3 * DAY_MS) return 'calm';
  return leftMs > DAY_MS ? 'soon' : 'urgent';
}
