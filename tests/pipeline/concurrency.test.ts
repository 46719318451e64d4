import { expect, test } from 'vitest';
import type { Connector, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import { LeaseLost } from '../../supabase/functions/_kit/store.ts';
import { createFakeSystem, createWorld, refusal, slice } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

/** A system that takes one record a request and three requests at a time; each is out for as long as `during` takes. */
function oneByOne(during: (record: OutgoingRecord) => unknown = () => undefined, overrides: Partial<Connector> = {}): FakeSystem & { most(): number } {
  let [out, most] = [0, 0];
  const system = createFakeSystem({ batchSize: 1, concurrency: 3, ...overrides });
  const { push } = system.connector;
  system.connector.push = async (ctx, records) => {
    out += 1;
    most = Math.max(most, out);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      await during(records[0] as OutgoingRecord);
      return await push(ctx, records);
    } finally {
      out -= 1;
    }
  };
  return Object.assign(system, { most: () => most });
}

const throttled = (seconds: number): HttpFailure => new HttpFailure({
  diagnosis: { message: 'Too many requests', code: '429', field: null, category: 'rate_limit', retryable: true },
  delivered: 'refused', status: 429, response: null, requestId: null, retryAfterSeconds: seconds,
});

async function ready(count: number): Promise<{ world: World; run: number }> {
  const world = await createWorld();
  await world.handIn(count);
  return { world, run: (await world.schedule()) ?? 0 };
}

test('as many requests are out at a time as the connector allows, never more, and each record goes once', async () => {
  const { world, run } = await ready(40);
  const system = oneByOne();
  expect(await slice(world, system.connector, run)).toBe('done');
  expect(system.most()).toBe(3);
  expect(system.requests).toBe(40);
  expect(new Set(system.ledger).size).toBe(40);
  expect(await world.states()).toEqual({ exported: 40 });
});

test('a connector that says nothing of it gets one request at a time', async () => {
  const { world, run } = await ready(5);
  const system = oneByOne(undefined, { concurrency: undefined });
  await slice(world, system.connector, run);
  expect(system.most()).toBe(1);
  expect(await world.states()).toEqual({ exported: 5 });
});

test('one answer that asks for time holds all: what is out is waited for, nothing more is sent, the longest pause counts', async () => {
  const { world, run } = await ready(20);
  const system = oneByOne((record) => {
    if (record.sourceId === 'E-4') throw throttled(40);
    if (record.sourceId === 'E-5') throw throttled(90);
  });
  expect(await slice(world, system.connector, run)).toBe('more');
  expect(system.requests).toBeLessThanOrEqual(4);
  expect(await world.states()).toEqual({ exported: system.requests, queued: 18 - system.requests, retrying: 2 });
  const [row] = await world.sql`select extract(epoch from resume_at - ${world.clock.iso()}::timestamptz)::int as seconds from runs`;
  expect(row).toEqual({ seconds: 90 });
});

test('a refused record is its own, and its neighbours on the way go across', async () => {
  const { world, run } = await ready(10);
  const system = oneByOne();
  system.answer = (record) => (record.sourceId === 'E-5' ? refusal('Invalid account: 1') : { state: 'exported' });
  await slice(world, system.connector, run);
  expect(await world.states()).toEqual({ exported: 9, failed: 1 });
});

test('requests that fail together are one trouble, not three', async () => {
  const { world, run } = await ready(9);
  let failures = 0;
  const system = oneByOne(() => {
    if ((failures += 1) > 3) return;
    throw new HttpFailure({
      diagnosis: { message: 'No connection', code: null, field: null, category: 'server', retryable: true },
      delivered: 'no', status: null, response: null, requestId: null, retryAfterSeconds: null,
    });
  });
  expect(await slice(world, system.connector, run)).toBe('done');
  expect(await world.states()).toEqual({ exported: 6, retrying: 3 });
});

test('what was answered is written down every second, however many requests the batch still has', async () => {
  const { world, run } = await ready(12);
  const store = world.store(run);
  const written: number[] = [];
  const watched: World = { ...world, store: () => ({
    ...store,
    settle: (token, outcomes) => {
      written.push(outcomes.length);
      return store.settle(token, outcomes);
    },
  }) };
  await slice(watched, oneByOne(() => world.clock.forward(0.4)).connector, run);
  expect(await world.states()).toEqual({ exported: 12 });
  // An answer each 0.4 s: those of one second and the one that ends it.
  expect(written.length).toBeGreaterThanOrEqual(2);
  expect(Math.max(...written)).toBeLessThanOrEqual(4);
});

test('a slice whose budget is spent in the middle of a batch leaves the rest unsent to the next', async () => {
  const { world, run } = await ready(30);
  const system = oneByOne(() => world.clock.forward(12));
  expect(await slice(world, system.connector, run)).toBe('more');
  const sent = system.requests;
  expect(sent).toBeLessThan(15);
  expect(await world.states()).toEqual({ exported: sent, queued: 30 - sent });
  await world.sync(system.connector);
  expect(await world.states()).toEqual({ exported: 30 });
  expect(new Set(system.ledger).size).toBe(30);
});

test('a slice that hears in the middle of a batch that its lease is lost sends nothing more', async () => {
  const { world, run } = await ready(30);
  const system = oneByOne(() => world.clock.forward(0.5));
  const store = world.store(run);
  const ended = await runSlice(system.connector, {
    store: { ...store, settle: () => Promise.reject(new LeaseLost('gone')) },
    http: () => ({}) as never,
    budget: { exhausted: () => false, spent: () => ({ wallMs: world.clock().getTime(), cpuMs: 0 }) },
    delay: () => Promise.resolve(), log: () => undefined,
  });
  expect(ended).toBe('lost');
  expect(system.requests).toBeLessThanOrEqual(6);
  expect(await world.states()).toEqual({ sending: 30 });
});

test('of a system that cannot be asked, no more is claimed than is sent at once', async () => {
  const { world, run } = await ready(10);
  let sending = 0;
  const system = oneByOne(async () => {
    const states = await world.states();
    sending = Math.max(sending, states['sending'] ?? 0);
  }, { dedupe: 'none' });
  await slice(world, system.connector, run);
  expect(sending).toBe(3);
  expect(await world.states()).toEqual({ exported: 10 });
});
