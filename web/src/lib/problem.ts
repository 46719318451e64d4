import type { IntegrationRow } from './rows.ts';
import type { Cause, Run } from './record-rows.ts';

/** The other system's own words about what is wrong now, and where they come from. */
export type Problem = {
  message: string;
  at: string | null;
  code: string | null;
  field: string | null;
  status: number | null;
  category: string | null;
  runId: string | null;
  causeId: string | null;
};

/**
 * What to show of many errors: that of the last run if it failed as a whole, else the cause that stops most records.
 * Null when nothing is wrong, or when nobody said anything.
 */
export function problemOf(row: IntegrationRow, run: Run | null, causes: readonly Cause[]): Problem | null {
  if (row.last_run?.error_message) {
    return {
      message: row.last_run.error_message, at: row.last_run.finished_at ?? null,
      code: run?.error_code ?? null, field: run?.error_field ?? null, status: run?.error_status ?? null,
      category: run?.error_category ?? null, runId: row.last_run.id, causeId: null,
    };
  }
  const [largest] = causes;
  if (!largest) return null;
  return {
    message: largest.sample || largest.template || '', at: largest.last_seen ?? null, code: largest.code || null,
    field: largest.payload_field || largest.field || null, status: null, category: largest.category || null,
    runId: null, causeId: largest.id,
  };
}

/** A plain-text block for a message to someone else: names and values, no secrets, no payload. */
export const copyText = (lines: readonly (readonly [string, string | null | undefined])[]): string =>
  lines.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`).join('\n');
