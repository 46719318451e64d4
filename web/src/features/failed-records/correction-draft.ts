import type { Correction } from '../../lib/actions.ts';

/** What the records have in common, as a start for correcting it. */
export type MappingHint = {
  field: string;
  values: readonly { value: string; records: number | null }[];
  /** Refused values that are not among these. */
  more: number;
};

export type Row = { from: string; to: string; given: boolean; records: number | null };
export type Draft = { field: string; rows: readonly Row[] };

export const emptyRow: Row = { from: '', to: '', given: false, records: null };

export function draftOf(hint: MappingHint | null): Draft {
  const given = hint?.values.map(({ value, records }) => ({ from: value, to: '', given: true, records })) ?? [];
  return { field: hint?.field ?? '', rows: given.length > 0 ? given : [emptyRow] };
}

/** What of a draft is filled in. */
export function correctionsOf({ field, rows }: Draft): Correction[] {
  return rows.map(({ from, to, given }) => ({ field: field.trim(), from: given ? from : from.trim(), to: to.trim() }))
    .filter((one) => one.field !== '' && one.from !== '' && one.to !== '' && one.from !== one.to);
}

/** A row with a new value and nothing that it stands for. */
export const isHalf = ({ rows }: Draft): boolean => rows.some(({ from, to }) => from.trim() === '' && to.trim() !== '');
