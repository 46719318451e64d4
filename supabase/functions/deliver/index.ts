import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { withSupabase } from '@supabase/server';
import { runDeliveries } from './deliver.ts';
import type { Rpc } from './deliver.ts';
import { emailChannel } from './email.ts';
import { createPace } from './pace.ts';

declare const EdgeRuntime: { waitUntil(work: Promise<unknown>): void } | undefined;

/** Well inside the 100 seconds a slice may take, as the last batch may still wait for slow answers. */
const BUDGET_MS = 50_000;
/** Most e-mails that Resend takes in one request. */
const BATCH = 100;
const ANSWER_WITHIN_MS = 15_000;

const clock = () => new Date();
const wait = (milliseconds: number) => setTimeout(milliseconds);
// One for the isolate: doorbells that overlap share the channel's rate.
const pace = createPace(() => performance.now(), wait);

type Database = { rpc(name: string, args: Record<string, unknown>): PromiseLike<{ data: unknown; error: { message: string } | null }> };

/** The doorbell says nothing: what is due is in the rows. Only a caller with the secret key may ring. */
export default {
  fetch: withSupabase({ auth: 'secret', cors: 'disabled', errors: { detailed: false } }, async (_request, { supabaseAdmin }) => {
    const work = deliver(supabaseAdmin);
    if (typeof EdgeRuntime !== 'undefined') EdgeRuntime.waitUntil(work);
    return Response.json({ accepted: true }, { status: 202 });
  }),
};

async function deliver(database: Database): Promise<void> {
  try {
    await runDeliveries({
      rpc: rpcOf(database),
      sender: crypto.randomUUID(),
      channels: { email: emailFromEnvironment() },
      clock,
      pace,
      wait,
      budgetMs: BUDGET_MS,
      batch: BATCH,
      log: (entry) => console.error(JSON.stringify(entry)),
    });
  } catch (error) {
    // Nothing is lost: what was claimed comes back when its lease runs out.
    console.error(JSON.stringify({ event: 'deliver_failed', error: error instanceof Error ? error.message : String(error) }));
  }
}

function rpcOf(database: Database): Rpc {
  return async function rpc(name, args) {
    const { data, error } = await database.rpc(name, args);
    if (error) throw new Error(`${name}: ${error.message}`);
    return data;
  };
}

function emailFromEnvironment() {
  const { RESEND_API_KEY, RESEND_BASE_URL, MAIL_FROM, PAGE_URL } = process.env;
  return emailChannel({
    apiKey: RESEND_API_KEY,
    baseUrl: RESEND_BASE_URL,
    from: MAIL_FROM,
    pageUrl: PAGE_URL,
    timeoutMs: ANSWER_WITHIN_MS,
    clock,
  });
}
