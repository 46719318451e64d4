import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { checkEncoding } from './check-encoding.ts';
import { ImportError } from './import-error.ts';
import type { Mapping } from './mapping.ts';
import { readLines } from './read-lines.ts';
import { readRecords, type RawRecord } from './read-records.ts';
import { rowReader, type ImportRecord, type Problem, type Row } from './row-reader.ts';
import { seenKeys } from './seen-keys.ts';
import { addAmounts } from './values.ts';

/** What the outbox says about a batch; `index` is the place in the batch. */
export type HandInReport = { added: number; changed: number; unchanged: number; refused: { index: number; reason: string }[] };

/** Hands in one batch. Throws an ImportError when the outbox can't be reached or will not have it. */
export type HandIn = (records: ImportRecord[]) => Promise<HandInReport>;

/** A line that did not go in: where it begins, its cells as they stand in the file, and what is wrong. */
export type RefusedLine = { line: number; cells: string[]; problems: Problem[] };

export type Summary = {
  lines: number;
  added: number;
  changed: number;
  unchanged: number;
  refused: number;
  /** Sum of what is in, exact, by currency. */
  amounts: Map<string, string>;
};

export type ImportOptions = {
  file: string;
  mapping: Mapping;
  encoding: string;
  handIn: HandIn;
  onHeader?: (header: string[]) => void;
  onRefused: (line: RefusedLine) => void;
  /** Called after each batch with how far the file is read. */
  onProgress?: (progress: { lines: number; bytesRead: number; bytesTotal: number }) => void;
};

const BATCH_RECORDS = 500;
const BATCH_CHARACTERS = 1_000_000;

type Pending = { line: number; cells: string[]; record: ImportRecord };

/**
 * Hands in one file, line by line, in batches. Lines that can't be read or are refused are reported and the rest goes in.
 * @throws ImportError when the file as a whole can't be used (then nothing went in) or the outbox can't be reached.
 */
export async function importFile(options: ImportOptions): Promise<Summary> {
  const bytesTotal = await fileSize(options.file);
  await checkEncoding(options.file, options.encoding);
  const stream = createReadStream(options.file);
  const records = readRecords(readLines(stream, options.encoding), options.mapping.delimiter);
  try {
    const header = await readHeader(records, options.file);
    const readRow = rowReader(options.mapping, header);
    options.onHeader?.(header);
    const batcher = batches(options, () => ({ bytesRead: stream.bytesRead, bytesTotal }));
    for await (const raw of records) await batcher.add(raw, readRow);
    return await batcher.finish();
  } finally {
    stream.destroy();
  }
}

async function fileSize(file: string): Promise<number> {
  const about = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new ImportError(cause.code === 'ENOENT' ? `There is no file ${file}.` : `${file} can't be read (${cause.code}).`, { cause });
  });
  if (!about.isFile()) throw new ImportError(`${file} is not a file.`);
  if (about.size === 0) throw new ImportError(`${file} is empty.`);
  return about.size;
}

async function readHeader(records: AsyncGenerator<RawRecord>, file: string): Promise<string[]> {
  const first = await records.next();
  if (first.done) throw new ImportError(`${file} is empty.`);
  if ('cells' in first.value) return first.value.cells;
  throw new ImportError(`The header of ${file} (line ${first.value.line}) can't be read: ${first.value.reason}.`);
}

type Batcher = { add: (raw: RawRecord, readRow: (cells: string[]) => Row) => Promise<void>; finish: () => Promise<Summary> };

function batches(options: ImportOptions, position: () => { bytesRead: number; bytesTotal: number }): Batcher {
  const summary: Summary = { lines: 0, added: 0, changed: 0, unchanged: 0, refused: 0, amounts: new Map() };
  const see = seenKeys();
  let pending: Pending[] = [];
  let characters = 0;

  function refuse(line: number, cells: string[], problems: Problem[]): void {
    summary.refused += 1;
    options.onRefused({ line, cells, problems });
  }

  async function add(raw: RawRecord, readRow: (cells: string[]) => Row): Promise<void> {
    summary.lines += 1;
    if ('reason' in raw) return refuse(raw.line, [raw.text], [{ column: null, reason: raw.reason }]);
    const row = readRow(raw.cells);
    if ('problems' in row) return refuse(raw.line, raw.cells, row.problems);
    const { label, ...content } = row.record;
    const text = JSON.stringify(content);
    const seen = see(JSON.stringify([content.source_type, content.source_id]), text, raw.line);
    if (seen && !seen.same) {
      const reason = `${content.source_type} ${content.source_id} is already in line ${seen.line}, with other content`;
      return refuse(raw.line, raw.cells, [{ column: null, reason }]);
    }
    if (seen) {
      summary.unchanged += 1;
      return;
    }
    pending.push({ line: raw.line, cells: raw.cells, record: row.record });
    characters += text.length + (label?.length ?? 0);
    if (pending.length >= BATCH_RECORDS || characters >= BATCH_CHARACTERS) await flush();
  }

  async function flush(): Promise<void> {
    const batch = pending;
    pending = [];
    characters = 0;
    if (batch.length > 0) settle(summary, batch, await options.handIn(batch.map(({ record }) => record)), refuse);
    options.onProgress?.({ lines: summary.lines, ...position() });
  }

  return {
    add,
    finish: async () => {
      await flush();
      return summary;
    },
  };
}

type Refuse = (line: number, cells: string[], problems: Problem[]) => void;

function settle(summary: Summary, batch: Pending[], report: HandInReport, refuse: Refuse): void {
  summary.added += report.added;
  summary.changed += report.changed;
  summary.unchanged += report.unchanged;
  const reasons = new Map(report.refused.map(({ index, reason }) => [index, reason]));
  for (const [index, { line, cells, record }] of batch.entries()) {
    const reason = reasons.get(index);
    if (reason !== undefined) refuse(line, cells, [{ column: null, reason }]);
    else if (record.amount !== null && record.currency !== null) {
      summary.amounts.set(record.currency, addAmounts(summary.amounts.get(record.currency) ?? '0', record.amount));
    }
  }
}
