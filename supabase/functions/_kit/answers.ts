import type { Checked, Page, PulledRecord, Signal, WebhookAnswer } from './connector.ts';

/** Longest a system's own id, a cursor, a name of something. */
const MAX_ID = 500;
const MAX_CURSOR = 8_000;
const MAX_ABOUT = 200;
const UNITS = ['percent', 'count', 'minutes', 'days', 'seconds', 'bytes', 'amount'];

type Fields = Record<string, unknown>;

/** What a look found, read as what comes from outside is read. Throws in words; so do the others here. */
export function readChecked(answer: unknown): Checked {
  const { as, warnings, expiresAt } = fieldsOf(answer, 'check');
  if (!Array.isArray(warnings)) throw new Error('Its check gave no list of warnings.');
  const time = timeOf(expiresAt, 'expiresAt of its check');
  return { as: textOrNull(as, 'as'), warnings: warnings.map((one) => text(one, 'warning', 2_000)), ...(time === null ? {} : { expiresAt: time }) };
}

export function readPage(answer: unknown): Page {
  const { records, cursor, more } = fieldsOf(answer, 'page');
  if (!Array.isArray(records)) throw new Error('Its page has no list of records.');
  if (typeof cursor !== 'string' || cursor.length > MAX_CURSOR) throw new Error(`Its page has no cursor of at most ${MAX_CURSOR} characters.`);
  if (typeof more !== 'boolean') throw new Error('Its page does not say whether there is more.');
  return { records: readPulled(records), cursor, more };
}

export function readPulled(records: unknown[]): PulledRecord[] {
  return Array.from(records, (one, index) => {
    const where = `record ${index + 1} of ${records.length}`;
    const { id, payload, changedAt, deleted } = fieldsOf(one, where);
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID) throw new Error(`The id of ${where} is no text of 1 to ${MAX_ID} characters.`);
    if (payload !== null && (typeof payload !== 'object' || Array.isArray(payload))) throw new Error(`The payload of ${where} is no object.`);
    if (payload === null && deleted !== true) throw new Error(`The payload of ${where} is missing, though it is not deleted.`);
    return { id, payload: payload as PulledRecord['payload'], changedAt: timeOf(changedAt, `changedAt of ${where}`), deleted: deleted === true };
  });
}

/** What a connector made of a call. */
export function readWebhook(answer: unknown): WebhookAnswer {
  const { accepted, id, stream, records, answer: told, reason } = fieldsOf(answer, 'answer to the call');
  if (accepted !== true) return { accepted: false, reason: typeof reason === 'string' ? reason.slice(0, 500) : 'It gave no reason.' };
  if (id === undefined) return { accepted: true, answer: told };
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID) throw new Error(`The id of the call is no text of 1 to ${MAX_ID} characters.`);
  if (typeof stream !== 'string' || stream === '' || stream.length > 100) throw new Error('The call names no stream.');
  if (!Array.isArray(records)) throw new Error('The call has no list of records.');
  return { accepted: true, id, stream, records: readPulled(records), answer: told };
}

export function readSignals(answer: unknown): Signal[] {
  if (!Array.isArray(answer)) throw new Error('It gave no list of signals.');
  return Array.from(answer, (one: unknown) => {
    const { name, value, unit, at, warning, critical, isFloor, about } = fieldsOf(one, 'signal');
    if (typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new Error('A signal has no name in snake case.');
    const time = timeOf(at, `time of the signal ${name}`);
    if (time === null) throw new Error(`The signal ${name} does not say when it was measured.`);
    if (typeof unit !== 'string' || !UNITS.includes(unit)) throw new Error(`The signal ${name} has no known unit.`);
    return {
      name, unit: unit as Signal['unit'], at: time, value: number(value, name), isFloor: isFloor === true,
      ...(warning === undefined ? {} : { warning: number(warning, name) }),
      ...(critical === undefined ? {} : { critical: number(critical, name) }),
      ...(about === undefined ? {} : { about: text(about, 'about', MAX_ABOUT) }),
    };
  });
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`It gave no ${what}.`);
  return value as Fields;
}

function text(value: unknown, what: string, most: number): string {
  if (typeof value !== 'string') throw new Error(`Its ${what} is no text.`);
  return value.slice(0, most);
}

function textOrNull(value: unknown, what: string): string | null {
  return value === null || value === undefined ? null : text(value, what, MAX_ID);
}

function number(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`The signal ${name} is no number.`);
  return value;
}

/** A time as one form of it; what lies outside of two centuries nobody can reckon with. */
function timeOf(value: unknown, what: string): string | null {
  if (value === null || value === undefined) return null;
  const time = typeof value === 'string' ? new Date(value) : null;
  if (!time || Number.isNaN(time.getTime())) throw new Error(`The ${what} is no time.`);
  const year = time.getUTCFullYear();
  return year >= 2000 && year < 2200 ? time.toISOString() : null;
}
