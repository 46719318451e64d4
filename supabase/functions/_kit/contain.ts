import type { ConnectorContext, Outcome, OutgoingRecord } from './connector.ts';
import { cut } from './diagnose/text.ts';
import { HttpFailure } from './http.ts';
import type { Http } from './http.ts';
import { readOutcomes } from './outcomes.ts';

/** What a connector did that it must not, in words; `sent` is false when nothing of this call can have reached its system. */
export class ConnectorFault extends Error {
  override name = 'ConnectorFault';
  sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

type Call = (ctx: ConnectorContext, records: OutgoingRecord[]) => Promise<unknown>;

/** Longest a connector may take over one batch: well before the lease (2 minutes) is another slice's. */
const PATIENCE_MS = 90_000;

/**
 * Calls a connector's push, whatever it does. Once the call is over, in whichever way, nothing more can be sent through its client,
 * so that what it still does in secret cannot send a record that was asked about meanwhile.
 * @throws HttpFailure what the client threw; ConnectorFault for everything else.
 */
export async function pushOutcomes(push: Call, ctx: ConnectorContext, records: OutgoingRecord[]): Promise<Outcome[]> {
  return (await contained(push, ctx, records, false)) as Outcome[];
}

/** The same for find and confirm, which may have nothing to say about a record (null). */
export function askOutcomes(ask: Call, ctx: ConnectorContext, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  return contained(ask, ctx, records, true);
}

function contained(call: Call, ctx: ConnectorContext, records: OutgoingRecord[], mayWait: boolean): Promise<(Outcome | null)[]> {
  return contain(ctx, (own) => call(own, records), (answer) => readOutcomes(answer, records.length, mayWait));
}

/**
 * One call of a connector, whatever it does: it has 90 seconds, and nothing can be sent for it once it is over. `read` makes sure of what
 * it answered, and throws in words if it is not what was promised.
 * @throws HttpFailure what the client threw; ConnectorFault for everything else.
 */
export async function contain<T>(ctx: ConnectorContext, call: (ctx: ConnectorContext) => Promise<unknown>, read: (answer: unknown) => T): Promise<T> {
  let requests = 0;
  let isOver = false;
  const http: Http = {
    failure: (response, delivered) => ctx.http.failure(response, delivered),
    async send(request) {
      if (isOver) throw new Error('This call of the connector is over; nothing more is sent for it.');
      requests += 1;
      return ctx.http.send(request);
    },
  };
  const waiting = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    waiting.reject(new ConnectorFault(`It gave no answer within ${PATIENCE_MS / 1_000} seconds.`, true));
  }, PATIENCE_MS);
  try {
    // Inside an async function: what is thrown before the first await is a rejection too.
    const answer = await Promise.race([(async () => call({ ...ctx, http }))(), waiting.promise]);
    return read(answer);
  } catch (error) {
    if (error instanceof HttpFailure || error instanceof ConnectorFault) throw error;
    throw new ConnectorFault(wordsOf(error), requests > 0);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** What was thrown may be anything, and reading it may throw again. */
function wordsOf(error: unknown): string {
  try {
    const words = error instanceof Error ? error.message : String(error);
    return typeof words === 'string' && words !== '' ? cut(words, 2_000) : 'It threw an error without a message.';
  } catch {
    return 'It threw something that cannot be put into words.';
  }
}
