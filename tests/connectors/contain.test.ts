import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectorContext, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { askOutcomes, ConnectorFault, pushOutcomes } from '../../supabase/functions/_kit/contain.ts';
import { readOutcomes } from '../../supabase/functions/_kit/outcomes.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const records = [1, 2].map((id) => ({ id }) as OutgoingRecord);
const exported = [{ state: 'exported' }, { state: 'exported' }];

function context(): { ctx: ConnectorContext; sent: string[] } {
  const sent: string[] = [];
  const http = { failure: () => { throw new Error('not asked for'); }, send: async ({ url }: { url: string }) => void sent.push(url) };
  return { ctx: { settings: {}, credential: {}, http: http as never }, sent };
}

async function faultOf(work: Promise<unknown>): Promise<{ message: string; sent: boolean }> {
  const fault: unknown = await work.then(() => null, (error: unknown) => error);
  if (!(fault instanceof ConnectorFault)) throw new Error(`no fault but ${String(fault)}`);
  return { message: fault.message, sent: fault.sent };
}

describe('a call of a connector', () => {
  test('that never returns is given up after 90 seconds, and what it sent is in doubt', async () => {
    const fault = faultOf(pushOutcomes(() => new Promise(() => undefined), context().ctx, records));
    await vi.advanceTimersByTimeAsync(89_999);
    const early = await Promise.race([fault, Promise.resolve('still waiting')]);
    await vi.advanceTimersByTimeAsync(1);
    expect([early, await fault]).toEqual(['still waiting', { message: 'It gave no answer within 90 seconds.', sent: true }]);
  });

  test('that was given up can send nothing any more', async () => {
    const { ctx, sent } = context();
    const late = Promise.withResolvers<void>();
    let refused: unknown;
    const fault = faultOf(pushOutcomes(async ({ http }) => {
      await http.send({ url: 'in time' });
      await late.promise;
      await http.send({ url: 'too late' }).catch((error: unknown) => { refused = error; });
    }, ctx, records));
    await vi.advanceTimersByTimeAsync(90_000);
    await fault;
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([sent, String(refused)]).toEqual([['in time'], 'Error: This call of the connector is over; nothing more is sent for it.']);
  });

  test('that ended well can send nothing behind our back either', async () => {
    const { ctx, sent } = context();
    let kept = ctx;
    await pushOutcomes(async (given) => { kept = given; return exported; }, ctx, records);
    await expect(kept.http.send({ url: 'too late' })).rejects.toThrow('is over');
    expect(sent).toEqual([]);
  });

  test('that throws says whether anything was sent before', async () => {
    expect(await faultOf(pushOutcomes(() => { throw new Error('no'); }, context().ctx, records))).toEqual({ message: 'no', sent: false });
    expect(await faultOf(askOutcomes(async ({ http }) => {
      await http.send({ url: 'x' });
      throw new Error('no');
    }, context().ctx, records))).toEqual({ message: 'no', sent: true });
  });

  test('leaves no timer behind', async () => {
    await pushOutcomes(async () => exported, context().ctx, records);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may have nothing to say when it asks, and never when it pushes', async () => {
    expect(await askOutcomes(async () => [null, null], context().ctx, records)).toEqual([null, null]);
    expect((await faultOf(pushOutcomes(async () => [null, null], context().ctx, records))).message).toBe('It gave no outcome for record 1 of 2.');
  });
});

test('whatever a connector answers is read as outcomes of the promised shape, or refused in words', () => {
  const shape = fc.record({
    state: fc.constantFrom('exported', 'accepted', 'refused', 'sending', 1n, undefined), externalId: fc.oneof(fc.string(), fc.anything()), requestId: fc.oneof(fc.constant(undefined), fc.anything()),
    diagnosis: fc.oneof(fc.anything(), fc.record({ message: fc.string(), code: fc.anything(), field: fc.constant(null),
      category: fc.constantFrom('validation', 'toString', null), retryable: fc.anything() })),
    status: fc.anything(), response: fc.anything(),
  }, { requiredKeys: [] });
  const seen = { read: 0, refused: 0 };
  fc.assert(fc.property(fc.oneof(fc.anything(), fc.array(shape, { minLength: 1, maxLength: 1 }), fc.array(fc.oneof(shape, fc.anything()), { maxLength: 2 })), (answer) => {
    let outcomes;
    try {
      outcomes = readOutcomes(answer, 1, true);
    } catch (error) {
      seen.refused += 1;
      return void expect((error as Error).message).toMatch(/^(?:It|The) .{1,200}\.$/);
    }
    seen.read += 1;
    for (const outcome of outcomes) {
      if (outcome === null) continue;
      expect(['exported', 'accepted', 'refused']).toContain(outcome.state);
      for (const text of [outcome.externalId, outcome.requestId]) expect(['string', 'undefined']).toContain(typeof text);
      // What Postgres is given is JSON.
      expect(() => JSON.stringify(outcome)).not.toThrow();
    }
  }), { numRuns: 3_000 });
  expect(Math.min(seen.read, seen.refused), 'both happen').toBeGreaterThan(20);
});
