import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';

/** First and last day one may post on, both included. */
export type Period = { from: string; to: string };

/** One thing the vendor took into its books. Amounts are the text they came as. */
export type LedgerEntry = {
  id: string;
  /** Our own key on the vendor's side; null for what came without one. */
  key: string | null;
  account: string;
  costCenter: string | null;
  amount: string;
  currency: string | null;
  date: string;
  text: string;
  /** When the vendor took it (ISO). */
  at: string;
};

export type BooksOptions = {
  accounts?: Iterable<string>;
  costCenters?: Iterable<string>;
  projects?: Iterable<string>;
  taxCodes?: Iterable<string>;
  currencies?: Iterable<string>;
  /** None given: every day is open. */
  openPeriods?: Period[];
};

/** What a vendor knows (codes, open periods) and what it has taken. */
export type Books = {
  accounts: Set<string>;
  costCenters: Set<string>;
  projects: Set<string>;
  taxCodes: Set<string>;
  currencies: Set<string>;
  openPeriods: Period[];
  isOpen(date: string): boolean;
  take(entry: LedgerEntry): void;
  ledger(): readonly LedgerEntry[];
  /** Keys taken more than once, with how often: the proof that nothing came twice is an empty list. */
  duplicates(): { key: string; count: number }[];
};

export function openBooks(options: BooksOptions): Books {
  const entries: LedgerEntry[] = [];
  const seen = new Map<string, number>();
  const repeated = new Set<string>();
  const books: Books = {
    accounts: new Set(options.accounts ?? []),
    costCenters: new Set(options.costCenters ?? []),
    projects: new Set(options.projects ?? []),
    taxCodes: new Set(options.taxCodes ?? []),
    currencies: new Set(options.currencies ?? ['DKK', 'EUR', 'GBP', 'NOK', 'SEK', 'USD']),
    openPeriods: [...(options.openPeriods ?? [])],
    isOpen: (date) => books.openPeriods.length === 0 || books.openPeriods.some((period) => period.from <= date && date <= period.to),
    take(entry) {
      entries.push(entry);
      if (entry.key === null) return;
      const count = (seen.get(entry.key) ?? 0) + 1;
      seen.set(entry.key, count);
      if (count > 1) repeated.add(entry.key);
    },
    ledger: () => entries,
    duplicates: () => [...repeated].map((key) => ({ key, count: seen.get(key) ?? 0 })),
  };
  return books;
}

/** Whether the text is a day of the calendar, written YYYY-MM-DD. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * The distinct codes of one column of one or more CSV files, sorted. Case, spaces and underscores of the header do not
 * matter, so `Expenditure Code` also finds `expenditure_code`. Throws when a file has no such column.
 */
export async function loadAccounts(paths: string | string[], column: string): Promise<string[]> {
  const codes = new Set<string>();
  for (const path of [paths].flat()) {
    const lines: string[][] = parse(await readFile(path), { bom: true, relax_column_count: true });
    const [header = [], ...rows] = lines;
    const index = header.findIndex((name) => plain(name) === plain(column));
    if (index < 0) throw new Error(`${path} has no column "${column}"; it has ${header.join(', ')}.`);
    for (const row of rows) {
      const code = row[index]?.trim();
      if (code) codes.add(code);
    }
  }
  return [...codes].sort();
}
