import { saveFile } from '../../lib/save-file.ts';
import { buildReport } from './form/build.ts';
import type { Report } from './form/build.ts';
import { csvOf } from './form/csv.ts';
import { template } from './form/template.ts';
import type { Template } from './form/template.ts';
import { xlsxOf } from './form/xlsx.ts';
import type { KeptReport } from './queries.ts';

export type Kind = 'csv' | 'xlsx';
export type Files = { csv: string; xlsx: Uint8Array<ArrayBuffer> };

const TYPES: Record<Kind, string> = { csv: 'text/csv;charset=utf-8', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' };
const CHUNK = 0x8000;

export const filesOf = (form: Template, report: Report): Files => ({ csv: csvOf(form, report), xlsx: xlsxOf(form, report) });

type Named = { scheme: string; from: string; to: string };

/** Hands one of the files to the browser, named by what it is and for when. */
export function saveReport({ scheme, from, to }: Named, kind: Kind, files: Files): void {
  saveFile(`${scheme}-${from}-${to}.${kind}`, [files[kind]], TYPES[kind]);
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** The files as they were handed in, byte by byte. */
export const keptFiles = ({ csv, xlsx }: KeptReport): Files => ({ csv, xlsx: fromBase64(xlsx) });

/** Whether the kept files are what the kept form, fields and records give today. */
export function isTrue(kept: KeptReport): boolean {
  const form = template.safeParse(kept.template);
  if (!form.success) return false;
  const made = filesOf(form.data, buildReport(form.data, { from: kept.first_day, to: kept.last_day }, kept.fields, kept.records));
  return made.csv === kept.csv && toBase64(made.xlsx) === kept.xlsx;
}
