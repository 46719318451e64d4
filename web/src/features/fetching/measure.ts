import type { Format } from '../../lib/format.ts';
import type { FetchingWords } from './words.ts';

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A measured number with its unit, as people say it. */
export function measureText(value: number, unit: string, f: Format, words: FetchingWords): string {
  const rounded = Math.round(value * 100) / 100;
  switch (unit) {
    case 'percent': return `${f.number(rounded)} %`;
    case 'minutes': return f.duration(value * 60_000);
    case 'seconds': return f.duration(value * 1000);
    case 'days': return words.daysUnit(value, f.number(rounded));
    case 'bytes': {
      const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
      return `${f.number(Math.round((value / 1000 ** power) * 10) / 10)} ${BYTES[power]}`;
    }
    default: return f.number(rounded);
  }
}

type Day = { day: string; value: number };

export const SPARK = { width: 120, height: 28 };
const DAY_MS = 86_400_000;

/** The last thirty days as a line from the lowest to the highest value; a day without a measurement breaks it. Oldest to the left. */
export function sparkPath(days: readonly Day[], count = 30): string {
  const last = days.at(-1);
  if (!last) return '';
  const values = days.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const end = Date.parse(last.day);
  const step = SPARK.width / (count - 1);
  let before = Number.NaN;
  return days.map(({ day, value }) => {
    const place = count - 1 - Math.round((end - Date.parse(day)) / DAY_MS);
    const y = high === low ? SPARK.height / 2 : SPARK.height - 2 - ((value - low) / (high - low)) * (SPARK.height - 4);
    const joined = place - before === 1;
    before = place;
    // A day alone is a dot.
    return `${joined ? 'L' : `M${(place * step - 1).toFixed(1)} ${y.toFixed(1)}h2M`}${(place * step).toFixed(1)} ${y.toFixed(1)}`;
  }).join('');
}
