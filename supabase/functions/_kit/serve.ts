import process from 'node:process';
import { withSupabase } from '@supabase/server';
import { z } from 'zod';
import { createBudget } from './budget.ts';
import type { AnyConnector } from './connector.ts';
import { createHttp } from './http.ts';
import { guardLogs, keepOutOfLogs } from './logs.ts';
import { redact } from './redact.ts';
import { runSlice } from './slice.ts';
import { createStore } from './store.ts';
import { takeCall } from './webhook.ts';

declare const EdgeRuntime: { waitUntil(work: Promise<unknown>): void } | undefined;

const doorbell = z.strictObject({ org: z.uuid(), run: z.int().positive() });
const LARGEST_DOORBELL = 1_000;

/**
 * Makes a connector an Edge Function. A call is a doorbell from Postgres, with a secret key on `apikey`: it is answered
 * with 202 at once, and the slice runs behind the answer. Whatever the call says, what is done follows from rows.
 *
 * A call at `/webhook`, which the function of that name passes on, is read by the connector and answered when it is stored.
 *
 * @returns the module's default export. Answers 202, 400 (not a doorbell), 401 (no secret key), 405.
 * @example export default serve(connector);
 */
export function serve(connector: AnyConnector): { fetch: (request: Request) => Promise<Response> } {
  guardLogs();
  const fetch = withSupabase({ auth: 'secret', errors: { detailed: false } }, async (request, context) => {
    if (request.method !== 'POST') return refuse(405, 'method_not_allowed', 'Ring with POST.');
    if (new URL(request.url).pathname.endsWith('/webhook')) return takeCall(connector, context.supabaseAdmin, request);
    const body = await request.text();
    const rung = body.length > LARGEST_DOORBELL ? null : doorbell.safeParse(parseJson(body));
    if (!rung?.success) return refuse(400, 'not_a_doorbell', 'The body must be {"org": "<uuid>", "run": <number>}.');
    const work = runSlice(connector, {
      store: createStore(context.supabaseAdmin, rung.data),
      http(system, secrets) {
        keepOutOfLogs(secrets);
        return createHttp({ system, secrets, local: isLocal(), clock: () => new Date() });
      },
      budget: createBudget({ now: () => performance.now(), wallMs: 100_000, cpuMs: 1_500 }),
      delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      hush: keepOutOfLogs,
      log: (event) => console.log(JSON.stringify({ system: connector.system, ...rung.data, ...event })),
    }).catch((error: unknown) => {
      const message = redact(error instanceof Error ? error.message : String(error), []);
      console.error(JSON.stringify({ system: connector.system, ...rung.data, event: 'slice_failed', message }));
    });
    if (typeof EdgeRuntime !== 'undefined') EdgeRuntime.waitUntil(work);
    return Response.json({ accepted: true }, { status: 202 });
  });
  return { fetch };
}

/** The embedded stack talks to simulated vendors on loopback; nothing else ever may. */
function isLocal(): boolean {
  return process.env['SYNCWARD_LOCAL'] === 'true';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}
