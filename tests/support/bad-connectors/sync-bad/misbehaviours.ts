import process from 'node:process';
import type { Connector, Outcome, OutgoingRecord } from '../../../../supabase/functions/_kit/connector.ts';
import type { Credential, Settings } from '../_ledger/connector.ts';

type Good = Connector<Settings, Credential>;
type Misbehaviour = Partial<Pick<Good, 'push' | 'find' | 'confirm'>>;

const refusal = (overrides: Record<string, unknown> = {}): Outcome => ({
  state: 'refused',
  diagnosis: { message: 'Not so.', code: 'not_so', field: 'account', category: 'validation', retryable: false, ...overrides },
});

/** Sends as it should, and answers something else. */
const answers = (good: Good, nonsense: (outcomes: Outcome[]) => unknown): Misbehaviour => ({
  push: async (ctx, records) => nonsense(await good.push(ctx, records)) as Outcome[],
});

/** Sends as it should, loses the answer, and is asked about it afterwards. */
const whenAsked = (good: Good, find: Good['find']): Misbehaviour => ({
  push: async (ctx, records) => {
    await good.push(ctx, records);
    throw new Error('The answer was lost.');
  },
  find,
});

const huge = 'so long '.repeat(700_000);

function circle(): Record<string, unknown> {
  const round: Record<string, unknown> = {};
  round['round'] = round;
  return round;
}

function trapped(): Outcome {
  return new Proxy({} as Outcome, { get: () => { throw new Error('Do not look at me.'); } });
}

function ofPoison(records: OutgoingRecord[]): OutgoingRecord | undefined {
  return records.find((record) => record.payload['account'] === 'poison');
}

function shout(token: string): void {
  for (const say of [console.log, console.info, console.warn, console.error, console.debug]) say('my token is %s', token, { token }, new Error(token));
  console.table([{ token }]);
  console.dir({ deep: { inside: token } });
  process.stdout.write(`${token}\n`);
  process.stderr.write(`${token}\n`);
}

function blurts(good: Good, where: (token: string) => Outcome): Misbehaviour {
  return { push: async (ctx, records) => {
    await good.push(ctx, records.slice(0, 0));
    return records.map(() => where(ctx.credential.token));
  } };
}

/** By name, as it stands in the settings: what a connector must not do, each in its own way. */
export function misbehaviours(good: Good): Record<string, Misbehaviour> {
  return {
    'throws at once': { push: () => { throw new Error('Not today.'); } },
    'throws after sending': { push: async (ctx, records) => {
      await good.push(ctx, records);
      throw new TypeError('Cannot read properties of undefined');
    } },
    // What a library throws is not always an error.
    'throws what has no text': { push: () => Promise.reject(Object.create(null) as Error) },
    'throws in find': whenAsked(good, () => Promise.reject(new Error('Cannot look it up.'))),
    'throws in confirm': {
      push: async (ctx, records) => (await good.push(ctx, records)).map((outcome) => ({ ...outcome, state: 'accepted' }) as Outcome),
      confirm: () => { throw new Error('Cannot ask.'); },
    },
    'finds too few': whenAsked(good, async () => []),
    'finds undefined': whenAsked(good, async (_ctx, records) => records.map(() => undefined as unknown as null)),
    'confirms too few': {
      push: async (ctx, records) => (await good.push(ctx, records)).map((outcome) => ({ ...outcome, state: 'accepted' }) as Outcome),
      confirm: async () => [],
    },
    'answers too few': answers(good, (outcomes) => outcomes.slice(1)),
    'answers too many': answers(good, (outcomes) => [...outcomes, ...outcomes]),
    'answers nothing': answers(good, () => undefined),
    'answers undefined for each': answers(good, (outcomes) => outcomes.map(() => undefined)),
    'answers a state there is not': answers(good, (outcomes) => outcomes.map((outcome) => ({ ...outcome, state: 'sending' }))),
    'accepts without a number': answers(good, (outcomes) => outcomes.map(() => ({ state: 'accepted' }))),
    'refuses without saying why': answers(good, (outcomes) => outcomes.map(() => ({ state: 'refused' }))),
    'answers a number of the wrong kind': answers(good, (outcomes) => outcomes.map(() => ({ state: 'exported', externalId: { id: Number.NaN } }))),
    'answers in circles': answers(good, (outcomes) => outcomes.map(() => ({ state: 'exported', externalId: circle(), requestId: circle() }))),
    'answers what cannot be looked at': answers(good, (outcomes) => outcomes.map(trapped)),
    'answers a number of 5 MB': answers(good, (outcomes) => outcomes.map(() => ({ state: 'exported', externalId: huge }))),
    'refuses in 5 MB': { push: async (_ctx, records) => records.map(() => ({
      ...refusal({ message: huge, code: huge, field: huge }), status: Number.NaN, response: huge, requestId: huge,
    })) },
    'refuses in letters that are none': { push: async (_ctx, records) => records.map(() => ({
      ...refusal({ message: 'Not\u0000so \ud800', code: '\u0000', field: '\udfff' }), response: 'a\u0000b\ud800', requestId: '\u0000',
    })) },
    'trips over one record': { push: (ctx, records) => {
      if (ofPoison(records)) throw new RangeError('Invalid time value');
      return good.push(ctx, records);
    } },
    'trips over one record after asking': { push: async (ctx, records) => {
      await good.find?.(ctx, records);
      if (ofPoison(records)) throw new RangeError('Invalid time value');
      return good.push(ctx, records);
    } },
    'prints its credential': { push: (ctx, records) => {
      shout(ctx.credential.token);
      return good.push(ctx, records);
    } },
    'throws its credential': { push: (ctx) => { throw new Error(`Cannot sign in with ${ctx.credential.token}`, { cause: ctx.credential }); } },
    'refuses with its credential': blurts(good, (token) => ({
      ...refusal({ message: `Who is ${token}?`, code: token, field: token }), externalId: token, response: token, requestId: token,
    } as Outcome)),
    'is locked out with its credential': blurts(good, (token) => refusal({ message: `Who is ${token}?`, code: token, field: token, category: 'auth' })),
    'exports under its credential': { push: async (ctx, records) =>
      (await good.push(ctx, records)).map(() => ({ state: 'exported', externalId: ctx.credential.token, requestId: ctx.credential.token })) },
    'rejects afterwards': { push: (ctx, records) => {
      setTimeout(() => void Promise.reject(new Error(`Too late: ${ctx.credential.token}`)), 50);
      setTimeout(() => { throw new Error(`Much too late: ${ctx.credential.token}`); }, 100);
      return good.push(ctx, records);
    } },
    'sends behind our back': { push: async (ctx, records) => {
      setTimeout(() => void good.push(ctx, records).catch(() => undefined), 50);
      throw new Error('I shall go on alone.');
    } },
    'works for seconds': { push: (ctx, records) => {
      for (const until = performance.now() + 3_000; performance.now() < until;) Math.sqrt(2);
      return good.push(ctx, records);
    } },
    'never returns': { push: () => new Promise(() => undefined) },
    'eats memory': { push: async () => {
      for (const eaten: unknown[] = []; ;) eaten.push(Array.from({ length: 100_000 }, Math.random));
    } },
    'ends the process': { push: () => process.exit(0) },
  };
}
