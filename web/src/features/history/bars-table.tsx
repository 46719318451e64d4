import { DataTable } from '../../components/data-table.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { useBarText } from './bar-text.ts';
import type { Way } from './bar-text.ts';
import type { Bar } from './queries.ts';
import { useHistoryWords } from './use-words.ts';

/** The chart as a table, newest first, without the stretches in which nothing ran. */
export function BarsTable({ bars, way }: { bars: readonly Bar[]; way: Way }) {
  const words = useHistoryWords();
  const f = useFormat();
  const { when, notes, duration } = useBarText(bars, way);
  const heads = words.tableColumns;
  const number = (key: string, label: string, value: (bar: Bar) => string) => ({ key, head: label, label, numeric: true, cell: value });
  const columns = [
    { key: 'when', head: heads.when, label: heads.when, names: true, cell: when },
    number('runs', heads.runs, (bar) => f.number(bar.runs)),
    number('sent', heads.sent[way], (bar) => f.number(bar.sent)),
    number('failed', heads.failed, (bar) => f.number(bar.failed)),
    number('typical', heads.typical, (bar) => duration(bar.typical_ms)),
    number('longest', heads.longest, (bar) => duration(bar.longest_ms)),
    { key: 'notes', head: heads.notes, label: heads.notes, cell: (bar: Bar) => notes(bar).join(', ') || '–' },
  ];
  const rows = bars.filter((bar) => bar.runs > 0 || bar.changes > 0 || bar.in_maintenance).toReversed();
  return (
    <details>
      <summary>{words.asTable}</summary>
      <DataTable caption={words.tableCaption} columns={columns} rows={rows} keyOf={({ began }) => began} />
    </details>
  );
}
