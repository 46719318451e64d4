/** One line, every cell in quotes. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_csv_rules.htm */
export const csvLine = (cells: string[]): string => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`;

/** The rows below the head, each by the names in it. Cells may hold line ends. */
export function readCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    lines.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
    if (match[3] !== ',') lines.push([]);
  }
  const [head = [], ...rows] = lines;
  return rows.filter((row) => row.length === head.length).map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])));
}
