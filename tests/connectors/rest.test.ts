import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { pushingFor } from '../../supabase/functions/_kit/facts.ts';
import { rest } from '../../supabase/functions/sync-rest/connector.ts';
import { failureOf, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startRest } from '../simulators/rest.ts';
import type { RestSimulator } from '../simulators/rest.ts';
import { contextOf, example, orders, single } from './support/work-orders.ts';
import type { Json } from './support/work-orders.ts';

let clock: TestClock;
let vendor: RestSimulator;
let connector: ReturnType<typeof rest>;

const context = (own: Json = {}) => contextOf(vendor, clock, own, { apiKey: vendor.secret() });

const upsert = single({ by: 'upsert', replaces: true }, { method: 'PUT', path: '/work-orders/{sourceType}/{sourceId}' });
const byKey = single({ by: 'key' });
const lookup = single({ by: 'lookup', path: '/work-orders/by-reference/{key}', key: '/reference', externalId: '/id', missing: '404' });

const push = (own: Json, records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(context(own), records);
const find = async (own: Json, records: OutgoingRecord[]): Promise<(Outcome | null)[]> =>
  (await connector.find?.(context(own), records)) ?? [];
const states = (outcomes: (Outcome | null)[]): (string | undefined)[] => outcomes.map((outcome) => outcome?.state);

beforeEach(async () => {
  clock = testClock();
  vendor = await startRest({ clock, accounts: ['4010', '4020'] });
  connector = rest(createTokenCache(clock));
});
afterEach(() => vendor.stop());

describe('sending by settings', () => {
  it('puts the batch of the worked example across with one call, digit by digit', async () => {
    const [first, ...rest] = orders(50);
    const outcomes = await push({}, [{ ...first as OutgoingRecord, amount: '123456789012345.67' }, ...rest]);
    expect(states(outcomes)).toEqual(Array.from({ length: 50 }, () => 'exported'));
    expect(vendor.calls()).toEqual(['POST /work-orders/batch']);
    expect(vendor.ledger()[0]).toMatchObject({
      key: 'key-1',
      account: '4010',
      amount: '123456789012345.67',
      currency: 'NOK',
      text: 'New door',
    });
    expect(new Set(vendor.ledger().map(({ id }) => id)).size).toBe(50);
    expect(outcomes[1]).toMatchObject({ externalId: vendor.ledger()[1]?.id });
  });

  it('gives each record of a batch its own verdict, and the payload key that is blamed', async () => {
    const [good, account, title, strange] = orders(4) as [OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const outcomes = await push({}, [
      withPayload(strange, { colour: 'red' }),
      withPayload(account, { account: '9999' }),
      good,
      withPayload(title, { title: null }),
    ]);
    expect(outcomes).toMatchObject([
      { state: 'refused', diagnosis: { field: 'colour', code: 'payload_unknown_key' } },
      {
        state: 'refused',
        diagnosis: { message: 'Account 9999 does not exist.', code: 'UNKNOWN_ACCOUNT', field: 'account', retryable: false },
      },
      { state: 'exported' },
      { state: 'refused', diagnosis: { field: 'title', code: 'payload_missing' } },
    ]);
    expect(vendor.ledger()).toHaveLength(1);
  });

  it('is told by the system when a batch is too large', async () => {
    const tooMany = { push: { ...example.push, send: { ...example.push.send, batch: { size: 60, at: '/items' } } } };
    expect(await failureOf(push(tooMany, orders(51)))).toMatchObject({
      delivered: 'refused',
      status: 413,
      diagnosis: { code: 'TOO_MANY' },
    });
  });

  it('matches the results of a batch by their index or their order', async () => {
    const by = (results: Json): Json => ({ push: { ...example.push, answer: { ...example.push.answer, results } } });
    const [bad, good] = orders(2) as [OutgoingRecord, OutgoingRecord];
    const records = [withPayload(bad, { account: '9999' }), good];
    expect(states(await push(by({ at: '/results', by: 'index', place: '/index' }), records))).toEqual(['refused', 'exported']);
    expect(states(await push(by({ at: '/results' }), records))).toEqual(['exported', 'refused']);
  });

  it.each([[1, 'more'], [-1, 'fewer']])('leaves a batch open whose answer has %i result (%s) than it had records', async (difference) => {
    const ctx = context({ push: { ...example.push, answer: { ...example.push.answer, results: { at: '/results' } } } });
    const http: typeof ctx.http = {
      ...ctx.http,
      async send(request) {
        const response = await ctx.http.send(request);
        const { results } = JSON.parse(response.body) as { results: unknown[] };
        const body = JSON.stringify({ results: difference > 0 ? [...results, results[0]] : results.slice(1) });
        return { ...response, body, json: () => JSON.parse(body) as unknown };
      },
    };
    expect(await failureOf(connector.push({ ...ctx, http }, orders(2)))).toMatchObject({
      delivered: 'unknown',
      diagnosis: { message: expect.stringContaining('results for 2 records') as string },
    });
  });

  it('lets a batch that is taken whole or not at all be halved, and doubts one that says neither', async () => {
    const whole = (at: string): Json => ({
      push: {
        ...example.push,
        send: { path: '/work-orders/whole', batch: { size: 50 } },
        answer: { results: 'all_or_nothing', ok: { at, in: [true] }, message: '/message' },
      },
    });
    const [good, bad] = orders(2) as [OutgoingRecord, OutgoingRecord];
    expect(await failureOf(push(whole('/success'), [good, withPayload(bad, { account: '9999' })]))).toMatchObject({
      delivered: 'refused',
      diagnosis: { message: 'Account 9999 does not exist.' },
    });
    expect(await push(whole('/success'), [good])).toMatchObject([{ state: 'exported', externalId: 'key-1' }]);
    expect(await failureOf(push(whole('/verdict'), [bad]))).toMatchObject({ delivered: 'unknown' });
    expect(vendor.duplicates()).toEqual([]);
  });

  it('writes under our id and overwrites with a later version', async () => {
    const [record] = orders(1) as [OutgoingRecord];
    expect(await push(upsert, [record])).toMatchObject([{ state: 'exported', externalId: vendor.ledger()[0]?.id }]);
    expect(await push(upsert, [{ ...record, key: 'key-1b', version: 2, payload: { title: 'A door', account: '4020' } }])).toMatchObject([{
      state: 'exported',
    }]);
    expect(vendor.calls()).toEqual(['PUT /work-orders/invoice/1', 'PUT /work-orders/invoice/1']);
    expect(vendor.ledger()).toHaveLength(1);
  });

  it('keeps an id whole that is longer than a number of JavaScript’s', async () => {
    expect(await push(upsert, orders(1))).toMatchObject([{ externalId: '9007199254740993001' }]);
  });

  it('gives a single refusal the words, code and key the settings point at', async () => {
    const [record] = orders(1) as [OutgoingRecord];
    const failure = await failureOf(push(byKey, [withPayload(record, { account: '9999' })]));
    expect(failure).toMatchObject({
      delivered: 'refused',
      status: 422,
      diagnosis: { message: 'Account 9999 does not exist.', code: 'UNKNOWN_ACCOUNT', field: 'account', category: 'validation' },
    });
  });

  it('judges codes as the settings say', async () => {
    const [record] = orders(1) as [OutgoingRecord];
    const judged = single({ by: 'key' }, {}, { codes: { UNKNOWN_ACCOUNT: 'server' } });
    expect(await failureOf(push(judged, [withPayload(record, { account: '9999' })]))).toMatchObject({
      diagnosis: { category: 'server', retryable: true },
    });
  });

  it('reads a no that comes with 200', async () => {
    const polite = single({ by: 'none' }, { path: '/work-orders?polite=1' }, {
      ok: { at: '/success', in: [true] },
      message: '/message',
      externalId: '/id',
    });
    const [good, bad] = orders(2) as [OutgoingRecord, OutgoingRecord];
    expect(await push(polite, [good, withPayload(bad, { account: '9999' })])).toMatchObject([
      { state: 'exported', externalId: vendor.ledger()[0]?.id },
      { state: 'refused', status: 200, diagnosis: { message: 'Account 9999 does not exist.' } },
    ]);
  });

  it.each<[number, Json, string]>([[204, {}, 'a yes'], [200, {}, 'no answer'], [200, { mayBeEmpty: true }, 'a yes']])(
    'takes an empty %i with %j for %s',
    async (status, answer, meaning) => {
      const silent = single({ by: 'upsert' }, { method: 'PUT', path: `/work-orders/{key}?silent=${status}` }, {
        externalId: undefined,
        ...answer,
      });
      if (meaning === 'a yes') expect(await push(silent, orders(1))).toMatchObject([{ state: 'exported', externalId: 'key-1' }]);
      else expect(await failureOf(push(silent, orders(1)))).toMatchObject({ delivered: 'unknown' });
    },
  );

  it('does not take silence about the verdict for a yes', async () => {
    const deaf = single({ by: 'key' }, {}, { ok: { at: '/success', in: [true] } });
    expect(await failureOf(push(deaf, orders(1)))).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'answer_unexpected' } });
  });

  it('refuses a record whose id would lead to another address', async () => {
    const [record] = orders(1, { sourceId: '..' }) as [OutgoingRecord];
    expect(await push(upsert, [record])).toMatchObject([{ state: 'refused', diagnosis: { field: 'sourceId' } }]);
    expect(vendor.requests()).toBe(0);
    await push(upsert, orders(1, { sourceId: 'a/b?c' }));
    expect(vendor.calls()).toEqual(['PUT /work-orders/invoice/a%2Fb%3Fc']);
  });

  it.each([
    ['a day that is none', { dueOn: '2017-02-30' }, 'dueOn', 'payload_invalid'],
    ['neither yes nor no', { urgent: 'perhaps' }, 'urgent', 'payload_invalid'],
    ['a title that is too long', { title: 'x'.repeat(81) }, 'title', 'payload_invalid'],
    ['a list where text belongs', { account: ['4010'] }, 'account', 'payload_invalid'],
  ])('refuses %s before it is sent', async (_, payload, field, code) => {
    expect(await push({}, [withPayload(orders(1)[0] as OutgoingRecord, payload)])).toMatchObject([{
      state: 'refused',
      diagnosis: { field, code },
    }]);
    expect(vendor.requests()).toBe(0);
  });

  it('refuses an amount with more decimals than the system takes', async () => {
    expect(await push({}, orders(1, { amount: '1.234' }))).toMatchObject([{ state: 'refused', diagnosis: { field: 'amount' } }]);
  });
});

describe('when the answer is lost', () => {
  const faults = ['lost_answer', 'half_body', 'gateway_timeout'] as const;

  it.each(faults.flatMap((fault) => [['upsert', upsert, fault], ['key', byKey, fault]] as const))(
    'with %s, sending again after %3$s leaves one of each',
    async (_, own, fault) => {
      const records = orders(3);
      for (const record of records) {
        vendor.faults.next(fault);
        expect(await failureOf(push(own, [record]))).toMatchObject({ delivered: 'unknown' });
        expect(await push(own, [record])).toMatchObject([{ state: 'exported' }]);
      }
      expect(vendor.ledger()).toHaveLength(3);
      expect(vendor.duplicates()).toEqual([]);
    },
  );

  it.each(faults.flatMap((fault) => [['a list', {}, fault], ['an address', lookup, fault]] as const))(
    'with lookup by %s, asking after %3$s finds what landed and nothing else',
    async (_, own, fault) => {
      const records = orders(own === lookup ? 1 : 3);
      vendor.faults.next(fault);
      expect(await failureOf(push(own, records))).toMatchObject({ delivered: 'unknown' });
      const never = orders(9).slice(8);
      expect(states(await find(own, [...records, ...never]))).toEqual([...records.map(() => 'exported'), undefined]);
      expect(vendor.duplicates()).toEqual([]);
    },
  );

  it('does not take an entry with a longer key for ours', async () => {
    await push({}, orders(10).slice(9));
    expect(states(await find({}, orders(1)))).toEqual([undefined]);
    expect(states(await find(lookup, orders(1)))).toEqual([undefined]);
  });

  it('knows nothing where the settings look nothing up, and asks nobody', async () => {
    expect(await find(byKey, orders(2))).toEqual([null, null]);
    expect(vendor.requests()).toBe(0);
  });

  it('reads for how long it is to be left alone', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push({}, orders(1)))).toMatchObject({
      delivered: 'refused',
      retryAfterSeconds: 17,
      diagnosis: { category: 'rate_limit' },
    });
  });

  it('declares what the settings say', () => {
    expect([{}, upsert, byKey].map((own) => pushingFor(connector, context(own).settings))).toMatchObject([
      { dedupe: 'lookup', batchSize: 50, replaces: false, settlesWithinSeconds: 120, fields: { account: ['/lines/0/account'] } },
      { dedupe: 'upsert', batchSize: 1, replaces: true },
      { dedupe: 'key', batchSize: 1, replaces: false },
    ]);
  });
});
