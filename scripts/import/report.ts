import { closeSync, openSync, writeSync } from 'node:fs';
import { ImportError } from './import-error.ts';
import type { RefusedLine, Summary } from './import-file.ts';

const SHOWN = 20;
const BAR_WIDTH = 24;

const count = (n: number): string => n.toLocaleString('en').replaceAll(',', ' ');

/** The part of a terminal or a pipe that the reports need. */
export type Output = { isTTY?: boolean; write: (text: string) => unknown };

/** How far the file is read. */
export type Progress = { lines: number; bytesRead: number; bytesTotal: number };

/** Shows how far an import is: a bar that redraws itself on a terminal, elsewhere a line every ten per cent. */
export function progressBar(output: Output): { show: (at: Progress) => void; clear: () => void } {
  let lastTenth = 0;
  function show({ lines, bytesRead, bytesTotal }: Progress): void {
    const share = Math.min(1, bytesRead / bytesTotal);
    const text = `${String(Math.floor(share * 100)).padStart(3)} %  ${count(lines)} lines`;
    if (output.isTTY) {
      const full = Math.round(share * BAR_WIDTH);
      output.write(`\r\u001b[K${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${text}`);
    } else if (Math.floor(share * 10) > lastTenth) {
      lastTenth = Math.floor(share * 10);
      output.write(`${text}\n`);
    }
  }
  return { show, clear: () => output.isTTY && output.write('\r\u001b[K') };
}

/** Says of each refused line where and why: the first twenty on `output`, all of them in a CSV that can be corrected and imported. */
export function refusedReport(output: Output, file: string | undefined): {
  header: (cells: string[]) => void;
  add: (line: RefusedLine) => void;
  finish: () => void;
} {
  let shown = 0;
  let left = 0;
  let descriptor: number | undefined;

  function header(cells: string[]): void {
    if (file === undefined) return;
    try {
      descriptor = openSync(file, 'w');
    } catch (cause) {
      throw new ImportError(`${file} can't be written (${(cause as NodeJS.ErrnoException).code}).`, { cause });
    }
    write(['refused line', 'refused because', ...cells]);
  }

  function write(cells: string[]): void {
    if (descriptor !== undefined) writeSync(descriptor, `${cells.map(csvCell).join(',')}\n`);
  }

  function add({ line, cells, problems }: RefusedLine): void {
    const reasons = problems.map(({ column, reason }) => (column === null ? reason : `column ${column}: ${reason}`));
    write([String(line), reasons.join('; '), ...cells]);
    if (shown < SHOWN) output.write(reasons.map((reason) => `line ${line}, ${reason}\n`).join(''));
    else left += 1;
    shown += 1;
  }

  function finish(): void {
    if (left > 0) output.write(`… and ${count(left)} more${file === undefined ? ' (all of them: --errors <file>)' : ''}\n`);
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  return { header, add, finish };
}

const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The last lines of an import. */
export function summaryText(summary: Summary, dryRun: boolean): string {
  const amounts = [...summary.amounts].map(([currency, amount]) => `, ${currency} ${amount}`).join('');
  if (dryRun) {
    const good = summary.lines - summary.refused;
    return `${count(summary.lines)} lines read: ${count(good)} could go in${amounts}, ${count(summary.refused)} refused. `
      + 'Nothing was handed in (--dry-run).\n';
  }
  return `${count(summary.lines)} lines read: ${count(summary.added)} added, ${count(summary.changed)} changed (new version), `
    + `${count(summary.unchanged)} unchanged, ${count(summary.refused)} refused${amounts}.\n`;
}
