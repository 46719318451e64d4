import type { Sql } from 'postgres';
import { connect } from './connect.ts';
import { messageOf } from './errors.ts';

/** Sends what `net.http_post` and its like put in the queue. */
export type Doorbell = {
  /** Resolves when the queue is empty and every answer is in `net._http_response`. */
  idle(): Promise<void>;
  /** Calls made so far. */
  made(): number;
  stop(): Promise<void>;
};

export type DoorbellOptions = { databaseUrl: string; onLog(line: string): void };

type Call = { id: string; method: string; url: string; headers: Record<string, string> | null; body: Buffer | null; timeout_milliseconds: number };
type Answer = {
  id: string;
  status_code: number | null;
  content_type: string | null;
  headers: Record<string, string> | null;
  content: string | null;
  timed_out: boolean;
  error_msg: string | null;
};

// pg_net's own: pg_net.batch_size and pg_net.ttl, https://supabase.com/docs/guides/database/extensions/pg_net
const batchSize = 200;
const pollMs = 2000;

/**
 * Starts sending. Like pg_net it takes a batch, waits for all of its answers and only then takes the next, so that one
 * slow function delays the others here as it would there. It calls this machine only.
 */
export async function startDoorbell({ databaseUrl, onLog }: DoorbellOptions): Promise<Doorbell> {
  const sql = connect(databaseUrl, 3);
  let sending: Promise<void> | null = null;
  let rung = false;
  let stopped = false;
  let made = 0;

  async function sendOne(): Promise<boolean> {
    const count = await sendBatch(sql);
    made += count;
    return count === batchSize;
  }

  function ring(): Promise<void> {
    rung = true;
    return (sending ??= sendAll().finally(() => { sending = null; }));
  }

  async function sendAll(): Promise<void> {
    while (rung && !stopped) {
      rung = false;
      try {
        while (!stopped && await sendOne());
        await sql`delete from net._http_response where created < now() - interval '6 hours'`;
      } catch (error) {
        if (!stopped) onLog(`The doorbell is out of order: ${messageOf(error)}`);
      }
    }
  }

  await sql.listen('net_http_request_queue', () => void ring(), () => void ring());
  // Notifications are lost while the connection is.
  const poll = setInterval(() => void ring(), pollMs);
  return {
    async idle() {
      do await ring();
      while (!stopped && (await sql`select from net.http_request_queue limit 1`).length > 0);
    },
    made: () => made,
    async stop() {
      stopped = true;
      clearInterval(poll);
      await sql.end({ timeout: 1 });
    },
  };
}

async function sendBatch(sql: Sql): Promise<number> {
  const calls = await sql<Call[]>`
    delete from net.http_request_queue
    where id in (select id from net.http_request_queue order by id limit ${batchSize} for update skip locked)
    returning id, method, url, headers, body, timeout_milliseconds`;
  if (calls.length === 0) return 0;
  const answers = await Promise.all(calls.map(send));
  await sql`insert into net._http_response ${sql(answers.map((answer) => ({ ...answer, headers: answer.headers && sql.json(answer.headers) })))}`;
  return calls.length;
}

async function send(call: Call): Promise<Answer> {
  const nothing = { id: call.id, status_code: null, content_type: null, headers: null, content: null };
  if (!isLoopback(call.url)) return { ...nothing, timed_out: false, error_msg: `The local stack calls this machine only, not ${call.url}` };
  const timeout = AbortSignal.timeout(call.timeout_milliseconds);
  try {
    const response = await fetch(call.url, {
      method: call.method.toUpperCase(),
      headers: call.headers ?? {},
      body: call.body ? new Uint8Array(call.body) : null,
      redirect: 'manual',
      signal: timeout,
    });
    return {
      id: call.id,
      status_code: response.status,
      content_type: response.headers.get('content-type'),
      headers: Object.fromEntries(response.headers),
      // Postgres has no character zero.
      content: (await response.text()).replaceAll('\0', ''),
      timed_out: false,
      error_msg: null,
    };
  } catch (error) {
    if (timeout.aborted) return { ...nothing, timed_out: true, error_msg: `Timeout of ${call.timeout_milliseconds} ms reached` };
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
    return { ...nothing, timed_out: false, error_msg: messageOf(error) + cause };
  }
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
