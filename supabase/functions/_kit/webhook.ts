import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { readWebhook } from './answers.ts';
import type { AnyConnector, WebhookAnswer } from './connector.ts';
import { keepOutOfLogs } from './logs.ts';
import { pageParts } from './pages.ts';
import { secretsIn } from './secrets.ts';

const envelope = z.object({
  org: z.string(), integration: z.string(), secret: z.string(), headers: z.record(z.string(), z.string()), query: z.string(), body: z.string(),
});
const behind = z.object({ settings: z.unknown(), credential: z.unknown() }).nullable();

/** Longest a connector may take to read a call: it sends nothing, so this is only for one that never returns. */
const PATIENCE_MS = 10_000;

type Envelope = z.infer<typeof envelope>;

/**
 * A call of the system, as the function `webhook` passes it on: read by the connector, stored once, and answered with what the connector
 * wants answered. 401 for one that is not genuine, and nothing said; 503 where we are at fault, so that the system calls again.
 */
export async function takeCall(connector: AnyConnector, db: SupabaseClient, request: Request): Promise<Response> {
  const passed = envelope.safeParse(await request.json().catch(() => null));
  if (!passed.success) return Response.json({ code: 'not_a_call', message: 'The body must be a call as the function webhook passes it on.' }, { status: 400 });
  const call = passed.data;
  const log = (event: string, message: string): void =>
    console.log(JSON.stringify({ system: connector.system, org: call.org, integration: call.integration, event, message }));
  try {
    const read = await readCall(connector, db, call);
    if (!read.accepted) {
      log('webhook_refused', read.reason);
      return Response.json({ message: 'Refused.' }, { status: 401 });
    }
    if (read.id !== undefined) await storeCall(db, call, read);
    return Response.json(read.answer ?? {});
  } catch (error) {
    log('webhook_failed', error instanceof Error ? error.message : 'It threw something that is no error.');
    return Response.json({ message: 'Try again later.' }, { status: 503 });
  }
}

async function readCall(connector: AnyConnector, db: SupabaseClient, call: Envelope): Promise<WebhookAnswer> {
  const { webhook } = connector;
  const { org, integration, secret, headers, query, body } = call;
  const place = behind.parse(await ask(db, 'read_webhook', { org, integration, secret }));
  if (!webhook || place === null) return { accepted: false, reason: 'Nobody may call here.' };
  keepOutOfLogs(secretsIn(place.credential));
  const settings = connector.settings.parse(place.settings);
  const credential = connector.credential.parse(place.credential ?? {});
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('The connector did not read the call in time.')), PATIENCE_MS);
  try {
    const answer = await Promise.race([webhook.call(connector, settings, credential, { headers, body, query, at: new Date() }), late.promise]);
    return readWebhook(answer);
  } finally {
    clearTimeout(timer);
  }
}

async function storeCall(db: SupabaseClient, { org, integration, secret }: Envelope, read: Extract<WebhookAnswer, { id: string }>): Promise<void> {
  const parts = pageParts(read.records);
  if ('tooLarge' in parts) throw new Error(`The record ${parts.tooLarge} is larger than 1 MB.`);
  for (const [index, { records, shape }] of parts.entries()) {
    const call = index === 0 ? read.id : `${read.id} (${index + 1})`;
    await ask(db, 'store_webhook', { org, integration, secret, call_id: call, stream: read.stream, records, shape });
  }
}

async function ask(db: SupabaseClient, name: string, input: Record<string, unknown>): Promise<unknown> {
  const { data, error } = await db.rpc(name, input).abortSignal(AbortSignal.timeout(20_000)) as { data: unknown; error: { message: string } | null };
  if (error) throw new Error(`${name}: ${error.message}`);
  return data;
}
