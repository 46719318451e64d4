import { DataTable } from '../../components/data-table.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { measureText, SPARK, sparkPath } from './measure.ts';
import { useFetchingWords } from './use-words.ts';

type SparklineProps = { name: string; days: readonly { day: string; value: number }[]; unit: string };

/** Thirty days of a number as a line, in words, and as a table. */
export function Sparkline({ name, days, unit }: SparklineProps) {
  const words = useFetchingWords();
  const f = useFormat();
  const text = (value: number): string => measureText(value, unit, f, words);
  if (days.length === 0) return null;
  const values = days.map(({ value }) => value);
  const trend = words.trend(text(Math.min(...values)), text(Math.max(...values)), days.length);
  const columns = [
    { key: 'day', head: words.day, label: words.day, names: true, cell: (row: { day: string }) => f.date(row.day) },
    { key: 'value', head: words.value, label: words.value, numeric: true, cell: (row: { value: number }) => text(row.value) },
  ];
  return (
    <div className="spark">
      <svg viewBox={`0 0 ${SPARK.width} ${SPARK.height}`} preserveAspectRatio="none" role="img" aria-label={`${name}. ${words.days}. ${trend}`}>
        <path className="spark-ground" d={`M0 ${SPARK.height}h${SPARK.width}`} />
        <path className="spark-line" d={sparkPath(days)} />
      </svg>
      <details>
        <summary>{trend} {words.asTable}</summary>
        <DataTable caption={`${name}. ${words.days}`} columns={columns} rows={days.toReversed()} keyOf={({ day }) => day} />
      </details>
    </div>
  );
}
