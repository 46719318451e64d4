import type { Connector, Dedupe, Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { runSlice } from '../../supabase/functions/_kit/slice.ts';
import type { Store } from '../../supabase/functions/_kit/store.ts';
import { createFakeSystem, refusal, type World } from './world.ts';

/** What becomes of one request: what the vendor does with it, and what we get to hear. */
export type Fate =
  | 'take' | 'accept' | 'reject_whole' | 'answer_lost' | 'never_arrived' | 'taken_late' | 'throttle' | 'down' | 'unauthorized'
  /** The connector throws before it sends anything. */
  | 'trip'
  /** The vendor takes it, and the connector answers nonsense. */
  | 'nonsense';

/** The kit's own slice, held at each of its steps until it is told to go on; one that never is, has crashed. */
export type Puppet = {
  run: number;
  /**
   * The step it is about to take: `begin`, `claim`, `go on` (with records in hand), `push`, `find`, `confirm`, `settle` or `end`;
   * null once it is over.
   */
  at: string | null;
  /** When Postgres answered last: the lease runs out two minutes after it. */
  heardAt: number;
  spent: boolean;
  go(fate: Fate): Promise<void>;
};

type Gate = (step: string) => Promise<Fate>;

export async function startPuppet(world: World, vendor: GatedVendor, store: Store, run: number): Promise<Puppet> {
  let arrived = Promise.withResolvers<void>();
  let told = Promise.withResolvers<Fate>();
  const startedAt = world.clock().getTime();
  const puppet: Puppet = {
    run, at: null, heardAt: startedAt, spent: false,
    async go(fate) {
      arrived = Promise.withResolvers();
      told.resolve(fate);
      await arrived.promise;
    },
  };
  const gate: Gate = (step) => {
    puppet.at = step;
    told = Promise.withResolvers();
    arrived.resolve();
    return told.promise;
  };
  runSlice(vendor.connector(gate), {
    store: gatedStore(store, gate, () => { puppet.heardAt = world.clock().getTime(); }),
    http: () => ({ send: () => Promise.resolve() }) as never,
    budget: { exhausted: () => puppet.spent, spent: () => ({ wallMs: world.clock().getTime() - startedAt, cpuMs: 0 }) },
    delay: (ms) => Promise.resolve(world.clock.forward(ms / 1_000)),
    log: () => undefined,
  }).then(() => arrived.resolve(), (error: unknown) => arrived.reject(error)).finally(() => { puppet.at = null; });
  await arrived.promise;
  return puppet;
}

function gatedStore(store: Store, gate: Gate, heard: () => void): Store {
  const behind = async <T>(step: string, call: () => Promise<T>): Promise<T> => {
    await gate(step);
    const answer = await call();
    heard();
    return answer;
  };
  return {
    ...store,
    beginSlice: (input) => behind('begin', () => store.beginSlice(input)),
    async claim(...given) {
      const records = await behind('claim', () => store.claim(...given));
      if (records.length > 0) await gate('go on');
      return records;
    },
    settle: (...given) => behind('settle', () => store.settle(...given)),
    async settleAndClaim(...given) {
      const records = await behind('settle', () => store.settleAndClaim(...given));
      if (records.length > 0) await gate('go on');
      return records;
    },
    endSlice: (...given) => behind('end', () => store.endSlice(...given)),
  };
}

/** A vendor in this process: its books, and what it may still be working on. */
export type GatedVendor = {
  /** One entry per booking, in order: the key, and our natural key behind it. */
  ledger: { key: string; source: string }[];
  holds(key: string): boolean;
  /** Carries out what it was still working on when the answer was lost. */
  catchUp(): void;
  connector(gate: Gate): Connector;
};

function failure(delivered: HttpFailure['delivered'], category: 'timeout' | 'auth' | 'rate_limit' | 'validation' | 'server'): HttpFailure {
  const retryable = category !== 'auth' && category !== 'validation';
  return new HttpFailure({
    diagnosis: { message: `The request failed (${category}).`, code: category, field: null, category, retryable },
    delivered, status: null, response: null, requestId: null, retryAfterSeconds: category === 'rate_limit' ? 5 : null,
  });
}

const isGood = (record: OutgoingRecord): boolean => record.payload['account'] !== '9999';
const refused = (): Outcome => refusal('Unknown account 9999', { field: 'account' });

/** `judgesLater`: takes everything into a waiting room first, and books or refuses it when asked (`confirm`). */
export function createGatedVendor(kind: { dedupe: Dedupe; replaces: boolean; judgesLater: boolean }): GatedVendor {
  const booked = new Set<string>();
  const waiting = new Map<string, OutgoingRecord>();
  const late: OutgoingRecord[] = [];
  const ledger: GatedVendor['ledger'] = [];
  const knowsKeys = kind.dedupe === 'key' || kind.dedupe === 'upsert';

  function book(record: OutgoingRecord): Outcome {
    if (!isGood(record)) return refused();
    // Whether it notices is what `dedupe` says of it: the others book a second time without a word.
    if (!knowsKeys || !booked.has(record.key)) ledger.push({ key: record.key, source: record.sourceId });
    booked.add(record.key);
    return { state: 'exported', externalId: `X-${record.key.slice(0, 6)}` };
  }

  function room(record: OutgoingRecord): Outcome {
    waiting.set(record.key, record);
    return { state: 'accepted', externalId: `W-${record.key.slice(0, 6)}` };
  }

  function push(records: OutgoingRecord[], fate: Fate): Outcome[] {
    switch (fate) {
      case 'never_arrived': throw failure('unknown', 'timeout');
      case 'throttle': throw failure('refused', 'rate_limit');
      case 'down': throw failure('no', 'server');
      case 'unauthorized': throw failure('refused', 'auth');
      case 'taken_late': late.push(...records); throw failure('unknown', 'timeout');
      case 'trip': throw new Error('The connector tripped.');
      case 'nonsense': return records.map(book).flatMap((outcome) => [outcome, outcome]);
      case 'answer_lost': records.forEach(book); throw failure('unknown', 'timeout');
      case 'reject_whole': if (!records.every(isGood)) throw failure('refused', 'validation'); break;
      case 'accept': if (kind.judgesLater) return records.map(room); break;
      case 'take': break;
    }
    return records.map(book);
  }

  function judged(record: OutgoingRecord, fate: Fate): Outcome | null {
    if (booked.has(record.key)) return { state: 'exported' };
    const held = waiting.get(record.key);
    if (!held || fate === 'accept') return held ? { state: 'accepted', externalId: `W-${record.key.slice(0, 6)}` } : null;
    waiting.delete(record.key);
    return book(held);
  }

  function ask(fate: Fate): void {
    if (fate === 'trip') throw new Error('The connector tripped.');
    if (fate === 'down' || fate === 'never_arrived') throw failure('no', 'server');
    if (fate === 'throttle') throw failure('refused', 'rate_limit');
    if (fate === 'unauthorized') throw failure('refused', 'auth');
  }

  return {
    ledger,
    holds: (key) => booked.has(key),
    catchUp: () => late.splice(0).forEach(book),
    connector: (gate) => {
      const { connector } = createFakeSystem({ dedupe: kind.dedupe, replaces: kind.replaces, batchSize: 3, settlesWithinSeconds: 60 });
      return {
        ...connector,
        push: async (ctx, records) => {
          const fate = await gate('push');
          // Whether anything left this machine is what the kit goes by when a connector fails.
          if (fate !== 'trip' && fate !== 'down') await ctx.http.send({ url: 'https://example.org' });
          return push(records, fate);
        },
        find: async (_ctx, records) => {
          const fate = await gate('find');
          ask(fate);
          if (fate === 'nonsense') return [];
          return records.map((record) => judged(record, fate === 'take' ? 'accept' : fate));
        },
        ...(kind.judgesLater && {
          confirm: async (_ctx: unknown, records: OutgoingRecord[]) => {
            const fate = await gate('confirm');
            ask(fate);
            if (fate === 'nonsense') return [];
            return records.map((record) => (fate === 'accept' ? null : judged(record, fate)));
          },
        }),
      };
    },
  };
}
