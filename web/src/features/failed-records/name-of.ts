import { printable } from '../../lib/printable.ts';

/** What people call a record: its label, or else its key. */
export const nameOf = (record: { label?: string | null; source_id: string }): string => printable(record.label || record.source_id);
