import type { IncomingHttpHeaders } from 'node:http';
import { fingerprint } from './mailbox-store.ts';
import type { MailMessage, MailStore } from './mailbox-store.ts';
import { MAX_BATCH, REFUSALS, checkEmail, isRefusal } from './resend-rules.ts';
import type { AcceptedEmail, Refusal } from './resend-rules.ts';
import type { MailboxOptions } from './resend.ts';

export type Call = { method: string; path: string; headers: IncomingHttpHeaders; body: string };
export type Answer = { status: number; headers: Record<string, string>; body: string };

const json = { 'content-type': 'application/json; charset=utf-8' };

export function refuse({ status, name, message }: Refusal, headers: Record<string, string> = {}): Answer {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify({ statusCode: status, message, name }) };
}

function accept(body: unknown, headers: Record<string, string>): Answer {
  return { status: 200, headers: { ...json, ...headers }, body: JSON.stringify(body) };
}

export type ResendApi = {
  /** Answers a call at once. */
  handle(call: Call): Answer;
  /** Takes a call in, its idempotency key with it, and answers when the returned function is called. */
  begin(call: Call): () => Answer;
};

/** The API without its wire: every rule of it that can be decided from the call, the store and the time. */
export function createResendApi(options: MailboxOptions, store: MailStore, accepted: () => void): ResendApi {
  const limit = createRateLimit(options.requestsPerSecond ?? 5, options.now ?? (() => performance.now()));
  const outbox = createOutbox(options, store);

  function begin(call: Call): () => Answer {
    const refused = atTheDoor(call, options);
    if (refused) return () => refused;
    const { allowed, headers } = limit();
    if (!allowed) return () => refuse(REFUSALS.rate, { ...headers, 'retry-after': headers['ratelimit-reset'] });
    const route = routeOf(call);
    if ('status' in route) return () => refuse(route, headers);
    return route.kind === 'get' ? () => one(store, route.id, headers) : sending(call, route.kind, headers);
  }

  function sending(call: Call, kind: 'email' | 'batch', headers: Record<string, string>): () => Answer {
    const body = parse(call.body);
    if (body === undefined) return () => refuse(REFUSALS.json, headers);
    const given = call.headers['idempotency-key'];
    const key = given === undefined ? null : String(given);
    if (key !== null && (key.length < 1 || key.length > 256)) return () => refuse(REFUSALS.keyLength, headers);
    // A key counts per endpoint; what it stands for is the content, not the order of its fields.
    const slot = `${kind} ${key}`;
    const print = fingerprint(body);
    const reserved = key === null ? 'new' : store.reserve(slot, print, options.clock());
    if (reserved === 'in_progress') return () => refuse(REFUSALS.concurrent, headers);
    if (reserved === 'other_payload') return () => refuse(REFUSALS.otherPayload, headers);
    if (reserved !== 'new') return () => accept(reserved.body, headers);
    return () => {
      const permissive = call.headers['x-batch-validation'] === 'permissive';
      const outcome = kind === 'email' ? outbox.email(body, key) : outbox.batch(body, key, permissive);
      const failed = 'status' in outcome;
      if (key !== null) store.finish(slot, print, options.clock(), failed ? null : outcome.body);
      if (!failed) accepted();
      return failed ? refuse(outcome, headers) : accept(outcome.body, { ...headers, ...outbox.quotaHeader() });
    };
  }

  return { begin, handle: (call) => begin(call)() };
}

type Sent = Refusal | { body: unknown };

function createOutbox(options: MailboxOptions, store: MailStore) {
  const domains = options.domains ?? null;
  const quota = options.dailyQuota ?? null;

  /** Every recipient counts: https://resend.com/docs/knowledge-base/account-quotas-and-limits */
  function usedToday(): number {
    const today = options.clock().toISOString().slice(0, 10);
    return recipients(store.messages.filter(({ at }) => at.startsWith(today)));
  }

  const overQuota = (emails: AcceptedEmail[]): boolean => quota !== null && usedToday() + recipients(emails) > quota;
  const keep = (email: AcceptedEmail, key: string | null) => ({ id: store.add(email, key, options.clock()).id });

  return {
    quotaHeader: (): Record<string, string> => (quota === null ? {} : { 'x-resend-daily-quota': String(usedToday()) }),

    email(body: unknown, key: string | null): Sent {
      const email = checkEmail(body, domains);
      if (isRefusal(email)) return email;
      return overQuota([email]) ? REFUSALS.dailyQuota : { body: keep(email, key) };
    },

    /** https://resend.com/docs/api-reference/emails/send-batch-emails: strict takes all or nothing, permissive what it can. */
    batch(body: unknown, key: string | null, permissive: boolean): Sent {
      if (!Array.isArray(body) || body.length === 0) return REFUSALS.noBatch;
      if (body.length > MAX_BATCH) return REFUSALS.largeBatch;
      const checked = body.map((email: unknown) => checkEmail(email, domains));
      const errors = checked.flatMap((result, index) => (isRefusal(result) ? [{ index, message: result.message }] : []));
      const first = checked.find(isRefusal);
      if (first && !permissive) return first;
      const good = checked.flatMap((result) => (isRefusal(result) ? [] : [result]));
      if (overQuota(good)) return REFUSALS.dailyQuota;
      const data = good.map((email) => keep(email, key));
      return { body: permissive ? { data, errors } : { data } };
    },
  };
}

function recipients(emails: { to: string[]; cc: string[]; bcc: string[] }[]): number {
  return emails.reduce((sum, { to, cc, bcc }) => sum + to.length + cc.length + bcc.length, 0);
}

function atTheDoor({ method, path, headers }: Call, { apiKey, sendingKey }: MailboxOptions): Answer | null {
  // Turned away in front of the API, in the words of what stands there: https://resend.com/docs/knowledge-base/403-error-1010
  if (!headers['user-agent']) return { status: 403, headers: { 'content-type': 'text/plain; charset=UTF-8' }, body: 'error code: 1010' };
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (!key) return refuse(REFUSALS.missingKey);
  if (key === apiKey) return null;
  if (key !== sendingKey) return refuse(REFUSALS.invalidKey);
  return method === 'POST' && (path === '/emails' || path === '/emails/batch') ? null : refuse(REFUSALS.restrictedKey);
}

function routeOf({ method, path }: Call): Refusal | { kind: 'email' } | { kind: 'batch' } | { kind: 'get'; id: string } {
  if (path === '/emails') return method === 'POST' ? { kind: 'email' } : REFUSALS.method;
  if (path === '/emails/batch') return method === 'POST' ? { kind: 'batch' } : REFUSALS.method;
  const id = /^\/emails\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return REFUSALS.notFound;
  return method === 'GET' ? { kind: 'get', id } : REFUSALS.method;
}

function one(store: MailStore, id: string, headers: Record<string, string>): Answer {
  const message = store.messages.find((candidate) => candidate.id === id);
  return message ? accept(asEmail(message), headers) : refuse(REFUSALS.emailNotFound, headers);
}

function asEmail({ id, at, from, to, cc, bcc, reply_to, subject, html, text }: MailMessage) {
  return { object: 'email', id, to, from, created_at: at, subject, html, text, bcc, cc, reply_to, last_event: 'delivered' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type RateHeaders = Record<'ratelimit-limit' | 'ratelimit-remaining' | 'ratelimit-reset' | 'ratelimit-policy', string>;

/** So many calls in each second that starts with a call: https://resend.com/docs/api-reference/rate-limit */
function createRateLimit(perSecond: number, now: () => number): () => { allowed: boolean; headers: RateHeaders } {
  let start = Number.NEGATIVE_INFINITY;
  let used = 0;
  return () => {
    if (now() - start >= 1_000) [start, used] = [now(), 0];
    used += 1;
    const headers = {
      'ratelimit-limit': String(perSecond),
      'ratelimit-remaining': String(Math.max(0, perSecond - used)),
      'ratelimit-reset': '1',
      'ratelimit-policy': `${perSecond};w=1`,
    };
    return { allowed: used <= perSecond, headers };
  };
}
