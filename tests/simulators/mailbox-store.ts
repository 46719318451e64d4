import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { AcceptedEmail } from './resend-rules.ts';

const messageSchema = z.object({
  id: z.string(),
  at: z.string(),
  /** The header it came with; null when it had none. */
  idempotencyKey: z.string().nullable(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  reply_to: z.array(z.string()),
  subject: z.string(),
  html: z.string().nullable(),
  text: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  tags: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type MailMessage = z.output<typeof messageSchema>;

const answeredSchema = z.object({ key: z.string(), print: z.string(), at: z.string(), body: z.unknown() });
type Answered = z.output<typeof answeredSchema>;
const lineSchema = z.union([z.object({ message: messageSchema }), z.object({ answered: answeredSchema })]);
type Line = z.output<typeof lineSchema>;

const KEY_LIVES_MS = 24 * 60 * 60 * 1000;

export type MailStore = {
  /** Oldest first. */
  messages: MailMessage[];
  add(email: AcceptedEmail, idempotencyKey: string | null, at: Date): MailMessage;
  /** What a request under this key may do: go ahead (`new`), get the first answer, or be turned away. */
  reserve(key: string, print: string, at: Date): 'new' | 'in_progress' | 'other_payload' | { body: unknown };
  /** Ends a reservation: with the answer every repetition gets, or with null when nothing was accepted. */
  finish(key: string, print: string, at: Date, body: unknown): void;
  clear(): void;
};

/** Mail and idempotency keys, in memory and, given a file, in it too: one line of JSON each, added as they come. */
export function createMailStore(file: string | null): MailStore {
  const messages: MailMessage[] = [];
  const answered = new Map<string, Answered>();
  const inProgress = new Set<string>();
  for (const line of file ? readLines(file) : []) {
    if ('message' in line) messages.push(line.message);
    else answered.set(line.answered.key, line.answered);
  }
  const keep = (line: Line): void => {
    if (file) appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };

  return {
    messages,
    add(email, idempotencyKey, at) {
      const message: MailMessage = { id: randomUUID(), at: at.toISOString(), idempotencyKey, ...email };
      messages.push(message);
      keep({ message });
      return message;
    },
    reserve(key, print, at) {
      if (inProgress.has(key)) return 'in_progress';
      const first = answered.get(key);
      const alive = first && at.getTime() - Date.parse(first.at) < KEY_LIVES_MS;
      if (alive) return first.print === print ? { body: first.body } : 'other_payload';
      inProgress.add(key);
      return 'new';
    },
    finish(key, print, at, body) {
      inProgress.delete(key);
      if (body === null) return;
      const answer = { key, print, at: at.toISOString(), body };
      answered.set(key, answer);
      keep({ answered: answer });
    },
    clear() {
      messages.length = 0;
      answered.clear();
      if (file) writeFileSync(file, '', { mode: 0o600 });
    },
  };
}

/** The same for the same content, whatever the order of its keys. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(sorted(value))).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]);
}

/** A line that a crash cut short is left out, and the next one starts on a line of its own. */
function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  return text.split('\n').filter(Boolean).flatMap((line) => {
    try {
      return [lineSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
