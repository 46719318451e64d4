import type { Outcome } from './connector.ts';
import type { Diagnosis } from './diagnose.ts';

/** What a system calls a record is never cut: half a number is another record's. */
const MAX_EXTERNAL_ID = 500;
/** Nothing longer is worth reading through; what is kept of it is decided where it is written down. */
const MAX_TEXT = 16_000;

const CATEGORIES: Record<Diagnosis['category'], true> = {
  validation: true, auth: true, permission: true, not_found: true, conflict: true, rate_limit: true, server: true, timeout: true, schema: true,
};

/**
 * A connector's answer, read as what comes from outside is read: one outcome for each record, in order, of the promised shape, or
 * nothing of it counts. With `mayWait`, null says that there is nothing to say about a record; undefined never does.
 * @throws Error that says in words what is wrong with the answer.
 */
export function readOutcomes(answer: unknown, count: number, mayWait: boolean): (Outcome | null)[] {
  if (!Array.isArray(answer)) throw new Error('It gave no list of outcomes.');
  if (answer.length !== count) throw new Error(`It gave ${answer.length} outcomes for ${count} records.`);
  return Array.from(answer, (one: unknown, index) => (one === null && mayWait ? null : readOutcome(one, `record ${index + 1} of ${count}`)));
}

function readOutcome(one: unknown, which: string): Outcome {
  if (typeof one !== 'object' || one === null) throw new Error(`It gave no outcome for ${which}.`);
  const { state, externalId, requestId, diagnosis, status, response } = one as Record<string, unknown>;
  const known = { externalId: externalIdOf(externalId, which), requestId: textOf(requestId, 'requestId', which) ?? undefined };
  if (state === 'exported') return { state, ...known };
  if (state === 'accepted') {
    if (!known.externalId) throw new Error(`It took ${which} without an externalId to ask with.`);
    return { state, externalId: known.externalId, requestId: known.requestId };
  }
  if (state !== 'refused') throw new Error(`It gave ${which} the state ${typeof state === 'string' ? `"${state.slice(0, 40)}"` : typeof state}, which is none.`);
  return {
    state, ...known, diagnosis: diagnosisOf(diagnosis, which),
    status: Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599 ? (status as number) : undefined,
    response: textOf(response, 'response', which) ?? undefined,
  };
}

function externalIdOf(value: unknown, which: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Error(`The externalId of ${which} is no text.`);
  if (value.length > MAX_EXTERNAL_ID) throw new Error(`The externalId of ${which} is longer than ${MAX_EXTERNAL_ID} characters.`);
  return value;
}

function diagnosisOf(value: unknown, which: string): Diagnosis {
  if (typeof value !== 'object' || value === null) throw new Error(`It refused ${which} without a diagnosis.`);
  const { message, code, field, category, retryable } = value as Record<string, unknown>;
  const said = textOf(message, 'message', which);
  if (!said) throw new Error(`It refused ${which} without a message.`);
  if (typeof category !== 'string' || !Object.hasOwn(CATEGORIES, category)) throw new Error(`It refused ${which} for no known category.`);
  return {
    message: said, code: textOf(code, 'code', which), field: textOf(field, 'field', which),
    category: category as Diagnosis['category'], retryable: retryable === true,
  };
}

function textOf(value: unknown, name: string, which: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new Error(`The ${name} of ${which} is no text.`);
  return value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
}
