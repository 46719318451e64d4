/** Result files: every cell in quotes. */
export function stringify(rows: string[][]): string {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}
