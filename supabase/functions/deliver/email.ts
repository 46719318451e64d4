import { Resend } from 'resend';
import { z } from 'zod';
import { renderEmail } from '../_kit/messages/email.ts';
import { redact } from './channel.ts';
import type { Channel, Verdict } from './channel.ts';

export type EmailOptions = {
  apiKey: string | undefined;
  /** `Name <address>` on a domain Resend has verified. */
  from: string | undefined;
  /** Where the links in the e-mails lead. */
  pageUrl: string | undefined;
  /** Only for a stand-in of Resend. */
  baseUrl?: string | undefined;
  timeoutMs: number;
  clock: () => Date;
};

/**
 * E-mail by Resend. Its errors are told apart by name (https://resend.com/docs/api-reference/errors); the idempotency key is
 * good for 24 hours (https://resend.com/docs/dashboard/emails/idempotency-keys). A setting that is missing or refused
 * is worth retrying, because someone can put it right; until then the error says which one it is.
 */
export function emailChannel(options: EmailOptions): Channel {
  const { apiKey, from, pageUrl } = options;
  const resend = apiKey ? new Resend(apiKey, options.baseUrl ? { baseUrl: options.baseUrl } : {}) : null;
  return {
    // Resend takes 5 requests per second from a team, over all its keys: https://resend.com/docs/api-reference/rate-limit
    perSecond: 4,
    render(notice, locale) {
      if (!pageUrl) throw new Error('PAGE_URL is not set: an e-mail needs the address of the page for its link.');
      return renderEmail(notice, locale, pageUrl);
    },
    async send(key, letters) {
      if (!resend) return notConfigured('RESEND_API_KEY');
      if (!from) return notConfigured('MAIL_FROM');
      const signal = AbortSignal.timeout(options.timeoutMs);
      const given = { idempotencyKey: key, signal };
      const emails = letters.map(({ address, payload }) => ({ from, to: address, ...payload }));
      const [first] = emails;
      // Strict, which is the default: https://resend.com/docs/api-reference/emails/send-batch-emails
      const answer: unknown = first && emails.length === 1 ? await resend.emails.send(first, given) : await resend.batch.send(emails, given);
      return judge(answer, emails.length, signal.aborted ? options.timeoutMs : null, options.clock());
    },
  };
}

function notConfigured(setting: string): Verdict {
  return { outcome: 'retry', error: `${setting} is not set: no e-mail can be sent until it is.`, everyone: true };
}

// What the SDK gives is what the wire gave: anything may be missing.
const idSchema = z.object({ id: z.string().min(1) });
const answerSchema = z.object({
  data: z.union([idSchema.transform((one) => [one]), z.object({ data: z.array(idSchema) }).transform(({ data }) => data)]).nullish().catch(null),
  error: z.object({
    name: z.string().catch(''),
    message: z.string().catch(''),
    statusCode: z.number().nullish().catch(null),
  }).nullish().catch({ name: '', message: '', statusCode: null }),
  headers: z.record(z.string(), z.string()).nullish().catch(null),
});

type Fault = { name: string; message: string; status: number | null; retryAfterSeconds: number | null };

function judge(answer: unknown, letters: number, timedOutAfterMs: number | null, now: Date): Verdict {
  const parsed = answerSchema.safeParse(answer);
  const ids = parsed.data?.data ?? [];
  if (ids.length === letters) return { outcome: 'sent', providerIds: ids.map(({ id }) => id) };
  const error = parsed.data?.error;
  const headers = parsed.data?.headers ?? {};
  return classify({
    name: error?.name ?? '',
    message: timedOutAfterMs === null
      ? error?.message || 'Resend gave an answer without an e-mail id.'
      : `Resend gave no answer within ${timedOutAfterMs / 1000} seconds.`,
    status: error?.statusCode ?? null,
    retryAfterSeconds: retryAfter(headers['retry-after'], now),
  }, letters);
}

const SETTING_AT_FAULT = new Map([
  ['missing_api_key', 'RESEND_API_KEY'],
  ['invalid_api_key', 'RESEND_API_KEY'],
  ['restricted_api_key', 'RESEND_API_KEY'],
  ['suspended_api_key', 'RESEND_API_KEY'],
  ['invalid_from_address', 'MAIL_FROM'],
  ['not_found', 'RESEND_BASE_URL'],
  ['method_not_allowed', 'RESEND_BASE_URL'],
]);
const OUT_OF_QUOTA = new Set(['daily_quota_exceeded', 'monthly_quota_exceeded']);
const QUOTA_PAUSE_SECONDS = 3_600;
const RATE_PAUSE_SECONDS = 1;

function classify(fault: Fault, letters: number): Verdict {
  const { name, status } = fault;
  const said = `Resend: ${[name, fault.message].filter(Boolean).join(': ')}`;
  const later = (everyone: boolean, error: string, pause: number | null): Verdict =>
    ({ outcome: 'retry', error: redact(error), everyone, ...(pause === null ? {} : { retryAfterSeconds: pause }) });

  const setting = SETTING_AT_FAULT.get(name) ?? settingBehind(fault);
  if (setting) return later(true, `Check ${setting}. ${said}`, fault.retryAfterSeconds);
  if (OUT_OF_QUOTA.has(name)) return later(true, said, fault.retryAfterSeconds ?? QUOTA_PAUSE_SECONDS);
  if (name === 'concurrent_idempotent_requests') return later(false, said, fault.retryAfterSeconds);
  if (name === 'rate_limit_exceeded' || status === 429) return later(true, said, fault.retryAfterSeconds ?? RATE_PAUSE_SECONDS);
  // A key is remembered only for what was sent: this e-mail is out, only its sender or address was another then.
  if (name === 'invalid_idempotent_request') return { outcome: 'refused', error: redact(`Already sent, with other content. ${said}`) };
  // The SDK says `application_error` of whatever was not an answer in Resend's own form, a gateway's page among them.
  if (name === 'application_error' || status === null || status >= 500 || status === 408) return later(true, said, fault.retryAfterSeconds);
  return { outcome: letters === 1 ? 'refused' : 'apart', error: redact(said) };
}

/** Refusals by their text or status alone: an unverified sender domain, a malformed sender, a call turned away at the door. */
function settingBehind({ name, message, status }: Fault): string | null {
  if (name === 'validation_error' && status === 403 || /`from`/.test(message)) return 'MAIL_FROM';
  if (name === '' && (status === 401 || status === 403)) return 'RESEND_API_KEY';
  return null;
}

/** Seconds from a `Retry-After` header, which holds seconds or a date; at most a day. */
function retryAfter(header: string | undefined, now: Date): number | null {
  if (header === undefined || header.trim() === '') return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(0, Math.ceil(seconds))) : null;
}
