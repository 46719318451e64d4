import type { Retry } from './record-rows.ts';

type Counted = Pick<Retry, 'state' | 'records' | 'exported' | 'failed'>;

/** Whether a retry still has something to do. */
export const isUnderWay = ({ state }: Pick<Retry, 'state'>): boolean => !['done', 'stopped', 'declined'].includes(state);

const END = 5;

/**
 * What is worth saying aloud since the quarter last spoken of (`null`: the card has just appeared, which says nothing).
 * Quarter 5 is the end.
 */
export function announcement(retry: Counted, before: number | null): { quarter: number; news: 'quarter' | 'end' | null } {
  const share = retry.records > 0 ? (retry.exported + retry.failed) / retry.records : 0;
  const quarter = isUnderWay(retry) ? Math.min(4, Math.floor(share * 4)) : END;
  if (before === null || quarter <= before) return { quarter: Math.max(quarter, before ?? 0), news: null };
  return { quarter, news: quarter === END ? 'end' : 'quarter' };
}
