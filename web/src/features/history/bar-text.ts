import { useFormat } from '../../lib/i18n.tsx';
import type { Bar } from './queries.ts';
import { useHistoryWords } from './use-words.ts';

/** What moves: records to the system, or from it. */
export type Way = 'push' | 'pull';

export const wayOf = (integration: { direction: string }): Way => (integration.direction === 'pull' ? 'pull' : 'push');

/** A bar in words, and how long its stretch of time is. */
export function useBarText(bars: readonly Bar[], way: Way) {
  const words = useHistoryWords();
  const f = useFormat();
  const middle = bars[Math.min(1, bars.length - 1)];
  const per = middle ? Date.parse(middle.ended_at) - Date.parse(middle.began_at) : 0;
  const when = ({ began, ended, began_at: from, ended_at: to }: Bar): string => {
    const days = began.endsWith('T00:00') && ended.endsWith('T00:00');
    const end = days ? new Date(Date.parse(to) - 1).toISOString() : to;
    const [first, last] = days ? [f.date(from), f.date(end)] : [f.dateTime(from), f.dateTime(to)];
    return first === last ? first : words.span(first, last);
  };
  const duration = (ms: number | null | undefined): string => (ms === null || ms === undefined ? '–' : f.duration(ms));
  const notes = (bar: Bar): string[] => [
    bar.failed_runs > 0 ? words.barFailed(bar.failed_runs) : '',
    bar.active_runs > 0 ? words.barActive : '',
    bar.changes > 0 ? words.barChanges(bar.changes) : '',
    bar.in_maintenance ? words.barMaintenance : '',
  ].filter(Boolean);
  const describe = (bar: Bar): string => [
    bar.runs === 0 ? words.gap(when(bar))
      : words.bar(when(bar), bar.runs, words.sent[way](f.number(bar.sent)), f.number(bar.failed), duration(bar.typical_ms), duration(bar.longest_ms)),
    ...notes(bar),
  ].join(' · ');
  return { describe, when, notes, duration, per };
}
