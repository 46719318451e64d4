import { readPage } from './answers.ts';
import { endedBy } from './check.ts';
import { contain } from './contain.ts';
import type { AnyConnector, ConnectorContext, Page, PullRequest, Stream } from './connector.ts';
import { streamsFor } from './facts.ts';
import { HttpFailure } from './http.ts';
import { pageParts } from './pages.ts';
import type { Redactor } from './redact.ts';
import type { Ended, SliceOptions } from './slice.ts';
import type { RunError, StreamPlace } from './store.ts';

/** Asking again is safe where nothing is sent: so often, with these pauses in between. */
const PAUSES_MS = [1_000, 4_000];

type Reader = {
  connector: AnyConnector;
  ctx: ConnectorContext;
  token: string;
  options: SliceOptions;
};

/**
 * Fetches what changed, stream by stream and page by page, until each stream says there is no more or the budget is spent. A stream that
 * fails keeps the others from nothing; the run ends with what the first of them said.
 */
export async function pullStreams(connector: AnyConnector, ctx: ConnectorContext, token: string, _: Redactor, options: SliceOptions): Promise<Ended> {
  const streams = streamsFor(connector, ctx.settings);
  if (!connector.pull || streams.length === 0) return nothingToFetch(connector);
  const reader: Reader = { connector, ctx, token, options };
  const places = await options.store.beginStreams(token, streams.map(({ name }) => name));
  let failed: RunError | null = null;
  for (const stream of streams) {
    const place = places.find((one) => one.stream === stream.name);
    if (!place || place.isDone) continue;
    const ended = await pullStream(reader, stream, place);
    if (ended.kind === 'stop' && ended.error.category !== 'auth') failed ??= { ...ended.error, message: `${stream.title}: ${ended.error.message}` };
    else if (ended.kind !== 'done') return ended;
  }
  return failed ? { kind: 'stop', error: failed } : { kind: 'done' };
}

/** Signals, a look or calls of the system may be all that there is. */
function nothingToFetch({ title, signals, webhook }: AnyConnector): Ended {
  if (signals || webhook) return { kind: 'done' };
  const message = `${title} has nothing to fetch here: this integration can only send.`;
  return { kind: 'stop', error: { message, code: 'direction_unsupported', field: null, category: 'schema', status: null } };
}

async function pullStream(reader: Reader, stream: Stream, place: StreamPlace): Promise<Ended> {
  const { token, options } = reader;
  let { cursor, isBegun } = place;
  const seen = new Set([cursor]);
  while (!options.budget.exhausted()) {
    const page = await fetchPage(reader, { stream: stream.name, cursor, isFirst: !isBegun, at: (options.clock ?? (() => new Date()))() });
    if ('kind' in page) return page;
    const isStuck = page.more && seen.has(page.cursor);
    const parts = pageParts(page.records);
    if ('tooLarge' in parts) return stopped('record_too_large', `The record ${parts.tooLarge} is larger than 1 MB.`);
    for (const { records, shape } of parts.slice(0, -1)) {
      await options.store.storePage(token, { stream: stream.name, records, shape, after: cursor, cursor, more: null });
    }
    const [last] = parts.slice(-1);
    if (!last) return { kind: 'done' };
    const stored = await options.store.storePage(token, {
      stream: stream.name, ...last, after: cursor, cursor: page.cursor, more: isStuck ? null : page.more,
    });
    if (isStuck) return stopped('cursor_stuck', 'The system says there is more, but leads to a page we have been at.');
    if (stored.isDone) return { kind: 'done' };
    // Somebody cleared the cursor meanwhile: from the beginning, then.
    if (stored.cursor !== page.cursor) seen.clear();
    cursor = stored.cursor;
    isBegun = cursor !== null;
    seen.add(cursor);
  }
  return { kind: 'spent' };
}

async function fetchPage({ connector, ctx, options }: Reader, request: PullRequest): Promise<Page | Ended> {
  for (const pause of [...PAUSES_MS, null]) {
    try {
      return await contain(ctx, (own) => connector.pull?.call(connector, own, request) ?? Promise.resolve(null), readPage);
    } catch (thrown) {
      const ended = endedBy(thrown);
      if (ended.kind !== 'stop' || pause === null || !passes(thrown) || options.budget.exhausted()) return ended;
      await options.delay(pause);
    }
  }
  throw new Error('unreachable: the last try returns');
}

const passes = (error: unknown): boolean => error instanceof HttpFailure && ['server', 'timeout'].includes(error.diagnosis.category);

function stopped(code: string, message: string): Ended {
  return { kind: 'stop', error: { message, code, field: null, category: 'schema', status: null } };
}
