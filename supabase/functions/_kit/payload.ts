import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Outcome, OutgoingRecord } from './connector.ts';
import type { Diagnosis } from './diagnose.ts';
import { HttpFailure } from './http.ts';
import type { Http, HttpResponse } from './http.ts';

/** What is wrong with one record before it is sent: it becomes that record's refusal, never the end of the run. */
export class PayloadProblem extends Error {
  diagnosis: Diagnosis;
  constructor(field: string, message: string, code: 'payload_missing' | 'payload_invalid' | 'payload_unknown_key') {
    super(message);
    this.name = 'PayloadProblem';
    this.diagnosis = { message, code, field, category: 'validation', retryable: false };
  }
}

/** Either what `build` makes of the record, or the refusal it threw as `PayloadProblem`. */
export function prepare<T>(record: OutgoingRecord, build: (record: OutgoingRecord) => T): { ready: T } | { refused: Outcome } {
  try {
    return { ready: build(record) };
  } catch (error) {
    if (error instanceof PayloadProblem) return { refused: { state: 'refused', diagnosis: error.diagnosis } };
    throw error;
  }
}

/** The payload's filled-in keys as text, after refusing what no mapping knows: nothing may be dropped in silence. */
export function textsOf(
  record: OutgoingRecord,
  known: (key: string) => boolean,
  limit: (key: string) => number | null,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(record.payload)) {
    if (value === null || value === undefined || value === '') continue;
    if (!known(key)) {
      throw new PayloadProblem(
        key,
        `This integration does not know the key "${key}". Map it in the settings, or to "none" to leave it out.`,
        'payload_unknown_key',
      );
    }
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text !== 'string') throw new PayloadProblem(key, `"${key}" must be text.`, 'payload_invalid');
    const most = limit(key);
    if (most !== null && text.length > most) {
      throw new PayloadProblem(key, `"${key}" has ${text.length} characters; the system takes ${most}.`, 'payload_invalid');
    }
    texts.set(key, text);
  }
  return texts;
}

/** A day of the calendar, YYYY-MM-DD. */
export function dayOf(field: string, text: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (!date || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) {
    throw new PayloadProblem(field, `"${field}" must be a date written YYYY-MM-DD; it is "${text.slice(0, 40)}".`, 'payload_invalid');
  }
  return text;
}

/** The amount as the exact decimal text it was handed in as, with no more decimals than the system books. */
export function amountOf(record: OutgoingRecord, mostDecimals: number): string {
  if (record.amount === null) throw new PayloadProblem('amount', 'The record has no amount.', 'payload_missing');
  const match = /^-?(?:0|[1-9]\d{0,14})(?:\.(\d+?)0*)?$/.exec(record.amount);
  if (!match) throw new PayloadProblem('amount', `"${record.amount.slice(0, 40)}" is not a decimal number.`, 'payload_invalid');
  const decimals = match[1] === undefined || match[1] === '0' ? 0 : match[1].length;
  if (decimals > mostDecimals) {
    throw new PayloadProblem(
      'amount',
      `The amount ${record.amount} has ${decimals} decimals; the system books ${mostDecimals}.`,
      'payload_invalid',
    );
  }
  return record.amount;
}

/** The record's key for a system whose key field is short: the same for the same record, of letters and digits 2 to 7. */
export function shortKey(key: string, length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...createHash('sha256').update(key).digest().subarray(0, length)].map((byte) => letters[byte % 32]).join('');
}

/**
 * An answer in the shape a connector relies on. One of another shape was given by something that may have taken the
 * request, so it is thrown as a failure whose outcome is unknown.
 */
export function shaped<T>(http: Http, response: HttpResponse, shape: z.ZodType<T>): T {
  const read = shape.safeParse(response.json());
  if (read.success) return read.data;
  throw unexpected(http, response, `at ${read.error.issues[0]?.path.join('.') || 'its beginning'}`);
}

/** The failure for an answer that does not say what became of the request. */
export function unexpected(http: Http, response: HttpResponse, where: string): HttpFailure {
  const { status, response: text, requestId, retryAfterSeconds } = http.failure(response, 'unknown');
  const diagnosis: Diagnosis = {
    message: `The answer has a shape this connector does not know (${where}).`,
    code: 'answer_unexpected',
    field: null,
    category: 'schema',
    retryable: false,
  };
  return new HttpFailure({ diagnosis, delivered: 'unknown', status, response: text, requestId, retryAfterSeconds });
}
