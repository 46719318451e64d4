import type { Result, Spread } from './measure.ts';

/** The results as a table for people: the median, and in brackets the lowest and highest run. */
export function table(results: Result[]): string {
  const header = ['bench', 'who', 'wall ms', 'per second', 'CPU ms each', 'speed', 'CPU'];
  const rows = results.flatMap((result) => {
    const { bench, contender, baseline, things, wallMs, baseWallMs, cpuMs, baseCpuMs } = result;
    const each = (cpu: Spread | null): string => (cpu ? (cpu.median / things).toFixed(3) : '');
    return [
      [bench, contender, range(wallMs), rate(things, wallMs), each(cpuMs), (baseWallMs.median / wallMs.median).toFixed(2),
        cpuMs && baseCpuMs ? `${(cpuMs.median / baseCpuMs.median).toFixed(2)} x` : ''],
      ['', baseline, range(baseWallMs), rate(things, baseWallMs), each(baseCpuMs), '1', baseCpuMs ? '1 x' : ''],
    ];
  });
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const fit = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column < 2 ? cell.padEnd(width) : cell.padStart(width);
  };
  const line = (row: string[]): string => row.map(fit).join('  ').trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const range = ({ median, low, high }: Spread): string => `${digits(median)} (${digits(low)}-${digits(high)})`;
const digits = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const rate = (things: number, wall: Spread): string => Math.round((things / wall.median) * 1_000).toString();
