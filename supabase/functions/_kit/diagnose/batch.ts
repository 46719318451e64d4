import { parseLoosely } from './json.ts';
import type { Answer, Fault } from './types.ts';

type ReadValue = (value: unknown) => Fault[];

/** The failed records of a batch answer that is not JSON: a multipart `$batch` or a CSV of rejected rows. */
export function batchFaults(answer: Answer, limit: number, read: ReadValue): Fault[] {
  return answer.kind === 'csv' ? csvFaults(answer.text, limit) : multipartFaults(answer.text, limit, read);
}

/** One part begins at each status line; the Content-ID above it is the caller's own number for the request. */
function multipartFaults(text: string, limit: number, read: ReadValue): Fault[] {
  const starts = [...text.matchAll(/^HTTP\/\d(?:\.\d)? (\d{3})/gm)].slice(0, limit);
  let place = -1;
  return starts.flatMap((start, at) => {
    place += 1;
    const status = Number(start[1]);
    if (status < 400) return [];
    const above = text.slice(at === 0 ? 0 : starts[at - 1]?.index, start.index);
    const id = /content-id:[ \t]*(\d{1,9})/gi.exec(above.slice(-2_000))?.[1];
    const part = text.slice(start.index, starts[at + 1]?.index);
    const json = part.indexOf('{') < 0 ? null : parseLoosely(part.slice(part.indexOf('{')));
    const fault = json === null ? undefined : read(json.value)[0];
    const record = { index: id === undefined ? place : Number(id) };
    return [{ message: '', code: null, field: null, ...fault, status, record }];
  });
}

/** One entry per row, from the first column whose name ends in "error". */
function csvFaults(text: string, limit: number): Fault[] {
  const [head, ...rows] = csvRows(text, limit);
  const column = head?.findIndex((name) => /error(?:s|_?message)?$/i.test(name)) ?? -1;
  if (column < 0) return [];
  return rows.slice(0, limit).flatMap((row, index) => {
    const message = row[column]?.trim() ?? '';
    const code = /^[A-Z][A-Z0-9_]{2,}(?=:|$)/.exec(message)?.[0] ?? null;
    return message === '' ? [] : [{ message, code, field: null, status: null, record: { index } }];
  });
}

function csvRows(text: string, limit: number): string[][] {
  const rows: string[][] = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
    if (match[3] !== ',') rows.push([]);
    if (rows.length > limit + 2) break;
  }
  return rows;
}
