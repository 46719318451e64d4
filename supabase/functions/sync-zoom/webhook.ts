import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import type { PulledRecord, WebhookAnswer, WebhookCall } from '../_kit/connector.ts';
import { isFresh, isSigned } from '../_kit/signature.ts';
import type { Credential, Settings } from './settings.ts';

/** How far the time of a call may be from ours, either way. */
const WINDOW_SECONDS = 300;

const id = z.union([z.string(), z.number()]).transform(String);
const call = z.object({ event: z.string().min(1), event_ts: z.number().optional(), payload: z.record(z.string(), z.unknown()) });
const challenge = z.object({ plainToken: z.string().regex(/^[\w-]{1,128}$/) });
const meeting = z.looseObject({ id });
const registration = z.looseObject({ id, registrant: z.looseObject({ id }) });

/**
 * https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events
 *
 * A challenge is answered only when the call is signed: the answer is a signature of what the caller chose, so to a stranger it would
 * sign whatever he likes. Calls carry no number of their own; the same event sent again has the same body, and so the same id.
 */
export async function readCall(_: Settings, { webhookSecrets }: Credential, { headers, body, at }: WebhookCall): Promise<WebhookAnswer> {
  const time = headers['x-zm-request-timestamp'] ?? '';
  const given = /^v0=([0-9a-f]{64})$/.exec(headers['x-zm-signature'] ?? '')?.[1] ?? '';
  if (webhookSecrets.length === 0) return refuse('There is no secret token to check it with.');
  if (!/^\d{10}$/.test(time)) return refuse('It has no time.');
  if (!isFresh(Number(time), at, WINDOW_SECONDS)) return refuse('Its time is too far from ours.');
  const secret = webhookSecrets.find((key) => isSigned({ text: `v0:${time}:${body}`, key, given }));
  if (secret === undefined) return refuse('Its signature is not of our secret token.');
  const read = call.safeParse(parsed(body));
  if (!read.success) return refuse('It is signed and has no event.');
  const { event, event_ts, payload } = read.data;
  if (event === 'endpoint.url_validation') {
    const asked = challenge.safeParse(payload);
    if (!asked.success) return refuse('It is a challenge without a token.');
    const { plainToken } = asked.data;
    return { accepted: true, answer: { plainToken, encryptedToken: hmac(secret, plainToken) } };
  }
  const changedAt = event_ts === undefined ? null : new Date(event_ts).toISOString();
  return { accepted: true, id: createHash('sha256').update(body).digest('hex'), ...recordsOf(event, payload.object, changedAt) };
}

const refuse = (reason: string): WebhookAnswer => ({ accepted: false, reason });
const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text, 'utf8').digest('hex');

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** What an event says of the two streams; of other events nothing is kept. */
function recordsOf(event: string, object: unknown, changedAt: string | null): { stream: string; records: PulledRecord[] } {
  if (event.startsWith('meeting.registration_')) {
    const read = registration.safeParse(object);
    if (!read.success) return { stream: 'registrants', records: [] };
    const { id: meetingId, registrant } = read.data;
    const deleted = /_(?:cancelled|denied)$/.test(event);
    const payload = deleted ? null : { ...registrant, meeting_id: meetingId };
    return { stream: 'registrants', records: [{ id: `${meetingId}:${registrant.id}`, payload, changedAt, deleted }] };
  }
  const read = /^meeting\.(?:created|updated|deleted)$/.test(event) ? meeting.safeParse(object) : null;
  if (!read?.success) return { stream: 'meetings', records: [] };
  const deleted = event === 'meeting.deleted';
  // An update says only what has changed; the next fetching has all of it.
  const records = event === 'meeting.updated' ? [] : [{ id: read.data.id, payload: deleted ? null : read.data, changedAt, deleted }];
  return { stream: 'meetings', records };
}
