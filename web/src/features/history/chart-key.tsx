import type { Way } from './bar-text.ts';
import type { Bar } from './queries.ts';
import { useHistoryWords } from './use-words.ts';

/** What the colours and marks of the chart mean; those it does not have are left out. */
export function ChartKey({ bars, top, slowest, way }: { bars: readonly Bar[]; top: string; slowest: string; way: Way }) {
  const words = useHistoryWords();
  const key = words.key;
  const marks: [name: string, word: string, there: boolean][] = [
    ['swatch-exported', `${key.sent[way]} (${words.scale(top)})`, true],
    ['swatch-failed', key.failed, bars.some(({ failed }) => failed > 0)],
    ['swatch-failed swatch-run', key.failedRun, bars.some((bar) => bar.failed_runs > 0)],
    ['swatch-active', key.active, bars.some((bar) => bar.active_runs > 0)],
    ['swatch-duration', `${key.duration} (${words.scale(slowest)})`, true],
    ['swatch-maintenance', key.maintenance, bars.some((bar) => bar.in_maintenance)],
    ['swatch-changes', key.changes, bars.some(({ changes }) => changes > 0)],
  ];
  return (
    <ul className="plain chart-key muted">
      {marks.filter(([, , there]) => there).map(([name, word]) => <li key={name}><span className={`swatch ${name}`} /> {word}</li>)}
    </ul>
  );
}
