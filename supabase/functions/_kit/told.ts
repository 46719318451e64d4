import type { Redactor } from './redact.ts';
import type { RunError, SettledOutcome } from './store.ts';

/** What a system or a connector says ends up here, and at most how much of it is written down; code, field and template share an index. */
const TOLD = {
  external_id: 500, code: 100, field: 100, message: 2_000, template: 500, value: 500, request_id: 200, response: 4_000,
} as const satisfies Partial<Record<keyof SettledOutcome, number>>;

/** Only what is there: most records of a batch have nothing to tell but that they landed. */
export function redactOutcome(outcome: SettledOutcome, redact: Redactor): SettledOutcome {
  const clean: SettledOutcome = { id: outcome.id, state: outcome.state };
  for (const [name, value] of Object.entries(outcome)) if (value !== null && value !== undefined) Object.assign(clean, { [name]: value });
  for (const name of Object.keys(TOLD) as (keyof typeof TOLD)[]) if (clean[name]) clean[name] = storable(redact(clean[name]), TOLD[name]);
  return clean;
}

export function redactError(error: RunError, redact: Redactor): RunError {
  const clean = (text: string | null, most: number): string | null => (text ? storable(redact(text), most) : text);
  return { ...error, message: clean(error.message, TOLD.message) ?? '', code: clean(error.code, TOLD.code), field: clean(error.field, TOLD.field) };
}

/** Postgres takes neither the character zero nor half a character; what systems say may hold both. */
export function storable(text: string, most: number): string {
  return text.replaceAll('\0', '\ufffd').slice(0, most).toWellFormed();
}
