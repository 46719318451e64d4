import { z } from 'zod';

/** What Resend answers, in its own form: https://resend.com/docs/api-reference/errors */
export type Refusal = { status: number; name: string; message: string };

/** An e-mail as Resend takes it (https://resend.com/docs/api-reference/emails/send-email); what we never send is left out. */
export type AcceptedEmail = {
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  reply_to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  headers: Record<string, string>;
  tags: { name: string; value: string }[];
};

const refusal = (status: number, name: string, message: string): Refusal => ({ status, name, message });

export const MAX_BATCH = 100;
const MAX_RECIPIENTS = 50;

export const REFUSALS = {
  missingKey: refusal(401, 'missing_api_key', 'Missing API key in the authorization header.'),
  invalidKey: refusal(403, 'invalid_api_key', 'API key is invalid.'),
  restrictedKey: refusal(401, 'restricted_api_key', 'This API key is restricted to only send emails.'),
  notFound: refusal(404, 'not_found', 'The requested endpoint does not exist.'),
  emailNotFound: refusal(404, 'not_found', 'Email not found.'),
  method: refusal(405, 'method_not_allowed', 'Method is not allowed for the requested path.'),
  json: refusal(400, 'validation_error', 'The request body is not valid JSON.'),
  keyLength: refusal(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.'),
  otherPayload: refusal(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.'),
  concurrent: refusal(409, 'concurrent_idempotent_requests', 'Same idempotency key used while original request is still in progress.'),
  rate: refusal(429, 'rate_limit_exceeded', 'Too many requests. Please limit the number of requests per second.'),
  dailyQuota: refusal(429, 'daily_quota_exceeded', 'You have reached your daily email sending quota.'),
  noBatch: refusal(422, 'validation_error', 'The request body must be an array of emails.'),
  largeBatch: refusal(422, 'validation_error', `A batch takes at most ${MAX_BATCH} emails.`),
  internal: refusal(500, 'application_error', 'An unexpected error occurred.'),
  unavailable: refusal(503, 'internal_server_error', 'An unexpected error occurred.'),
} as const satisfies Record<string, Refusal>;

const addresses = z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === 'string' ? [value] : value));
const shape = z.looseObject({
  from: z.string().optional(),
  to: addresses.optional(),
  cc: addresses.nullish(),
  bcc: addresses.nullish(),
  reply_to: addresses.nullish(),
  subject: z.string().optional(),
  html: z.string().nullish(),
  text: z.string().nullish(),
  headers: z.record(z.string(), z.string()).nullish(),
  tags: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i;
const TAG = /^[A-Za-z0-9_-]{1,256}$/;

/** `user@example.org` out of `Name <user@example.org>`; null when it is neither. */
function bareAddress(text: string): string | null {
  const bare = /^[^<>\r\n]*<([^<>]+)>$/.exec(text.trim())?.[1] ?? text.trim();
  return ADDRESS.test(bare) ? bare : null;
}

const format = 'The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.';

/**
 * Judges one e-mail as the API does.
 *
 * @param domains the verified sender domains; null means that any may send.
 */
export function checkEmail(body: unknown, domains: readonly string[] | null): AcceptedEmail | Refusal {
  const parsed = shape.safeParse(body);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0];
    const message = field === undefined ? 'The request body must be an object.' : `Invalid \`${String(field)}\` field.`;
    return refusal(422, 'validation_error', message);
  }
  const email = parsed.data;
  for (const field of ['from', 'to', 'subject'] as const) {
    if (!email[field]?.length) return refusal(422, 'missing_required_field', `Missing \`${field}\` field.`);
  }
  const { from = '', to = [], subject = '' } = email;
  if (!email.html && !email.text) return refusal(422, 'missing_required_field', 'Missing `html` or `text` field.');
  const accepted: AcceptedEmail = {
    from, to, subject,
    cc: email.cc ?? [], bcc: email.bcc ?? [], reply_to: email.reply_to ?? [],
    html: email.html ?? null, text: email.text ?? null, headers: email.headers ?? {}, tags: email.tags ?? [],
  };
  return faultOf(accepted, domains) ?? accepted;
}

function faultOf(email: AcceptedEmail, domains: readonly string[] | null): Refusal | null {
  const invalid = (message: string) => refusal(422, 'validation_error', message);
  const sender = bareAddress(email.from);
  if (!sender) return refusal(422, 'invalid_from_address', `Invalid \`from\` field. ${format}`);
  const domain = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
  if (domains && !domains.includes(domain)) {
    return refusal(403, 'validation_error', `The ${domain} domain is not verified. Please, add and verify your domain.`);
  }
  for (const field of ['to', 'cc', 'bcc', 'reply_to'] as const) {
    if (email[field].length > MAX_RECIPIENTS) return invalid(`The \`${field}\` field takes at most ${MAX_RECIPIENTS} addresses.`);
    if (email[field].some((address) => !bareAddress(address))) return invalid(`Invalid \`${field}\` field. ${format}`);
  }
  if (/[\r\n]/.test(email.subject)) return invalid('The `\\n` is not allowed in the `subject` field.');
  const untidy = email.tags.some(({ name, value }) => !TAG.test(name) || !TAG.test(value));
  return untidy ? invalid('Tags should only contain ASCII letters, numbers, underscores, or dashes.') : null;
}

export function isRefusal(value: AcceptedEmail | Refusal): value is Refusal {
  return 'status' in value;
}
