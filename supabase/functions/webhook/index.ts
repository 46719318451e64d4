import process from 'node:process';
import { withSupabase } from '@supabase/server';
import { guardLogs } from '../_kit/logs.ts';
import { entered, pathOf, readBody } from './door.ts';

/** A function answers within 150 seconds or is ended; whoever calls waits less. */
const ANSWER_WITHIN_MS = 60_000;

guardLogs();

/**
 * Where systems call: /webhook/<org>/<integration>/<secret>. Only the way in is looked at here; whether the call is genuine is for the
 * connector to say, in its own function. Whoever has no business here hears 401, and never why.
 */
export default {
  fetch: withSupabase({ auth: 'none', cors: 'disabled', errors: { detailed: false } }, async (request, { supabaseAdmin }) => {
    const url = new URL(request.url);
    const door = pathOf(url.pathname);
    if (!door || request.method !== 'POST') return refuse(401);
    const known = await entered(supabaseAdmin, door);
    if (known === null) return refuse(401);
    if ('wait' in known) return refuse(429, { 'retry-after': String(known.wait) });
    const body = await readBody(request);
    if ('status' in body) return refuse(body.status);
    const answer = await fetch(`${process.env['SUPABASE_URL']}/functions/v1/sync-${known.system}/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'apikey': secretKey() },
      body: JSON.stringify({ ...door, headers: Object.fromEntries(request.headers), query: url.search, body: body.text }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).catch(() => null);
    // The system calls again later: nothing is lost.
    if (!answer || answer.status >= 500) return refuse(503);
    if (!answer.ok) return refuse(401);
    return new Response(await answer.text(), { status: 200, headers: { 'content-type': 'application/json' } });
  }),
};

const WORDS = { 401: 'Refused.', 413: 'The call is larger than 1 MB.', 429: 'Too many calls: wait.', 503: 'Try again later.' };

function refuse(status: keyof typeof WORDS, headers: Record<string, string> = {}): Response {
  return Response.json({ message: WORDS[status] }, { status, headers });
}

/** The key with which functions call each other. https://supabase.com/docs/guides/functions/secrets */
function secretKey(): string {
  const keys = JSON.parse(process.env['SUPABASE_SECRET_KEYS'] ?? '{}') as Record<string, string>;
  return keys['default'] ?? '';
}
