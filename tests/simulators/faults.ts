/** Everything that can go wrong between us and a vendor. The first group takes the request; the rest takes nothing. */
export const FAULTS = [
  // Accepted, but we do not get to know it:
  'lost_answer',
  'half_body',
  'gateway_timeout',
  'slow',
  // Not accepted:
  'error_before',
  'too_many',
  'unavailable',
  'gateway_html',
  'hang',
  'reset',
  'expired_token',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Which calls a fault hits: the vendor's interface, or the token endpoint in front of it. */
export type Scope = 'api' | 'token';

export type Faults = {
  /** Makes the next calls fail, one fault each, in the order asked for. */
  next(fault: Fault, times?: number, scope?: Scope): void;
  /** Makes each call to the interface fail with the given chance (0 to 1); the same seed gives the same run. */
  rate(rates: Partial<Record<Fault, number>>, seed: number): void;
  /** The fault this call gets, if any; counts it. */
  take(scope: Scope): Fault | null;
  /** Takes back everything planned; what has happened stays counted. */
  clear(): void;
  rates(): Partial<Record<Fault, number>>;
  /** How often each fault has happened. */
  happened(): Partial<Record<Fault, number>>;
};

export function isFault(value: string): value is Fault {
  return (FAULTS as readonly string[]).includes(value);
}

/** A small generator with a good spread (mulberry32): repeatable runs need no more. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function createFaults(): Faults {
  const queues: Record<Scope, Fault[]> = { api: [], token: [] };
  const happened: Partial<Record<Fault, number>> = {};
  let rates: Partial<Record<Fault, number>> = {};
  let random = seededRandom(0);

  function drawn(): Fault | null {
    let left = random();
    for (const fault of FAULTS) {
      left -= rates[fault] ?? 0;
      if (left < 0) return fault;
    }
    return null;
  }

  return {
    next(fault, times = 1, scope = 'api') {
      for (let i = 0; i < times; i++) queues[scope].push(fault);
    },
    rate(newRates, seed) {
      const total = Object.values(newRates).reduce((sum, share) => sum + share, 0);
      if (total > 1) throw new Error(`The chances of all faults add up to ${total}; at most 1 is possible.`);
      rates = { ...newRates };
      random = seededRandom(seed);
    },
    take(scope) {
      const planned = queues[scope].shift();
      const fault = planned ?? (scope === 'api' && Object.keys(rates).length > 0 ? drawn() : null);
      if (fault) happened[fault] = (happened[fault] ?? 0) + 1;
      return fault;
    },
    clear() {
      queues.api.length = 0;
      queues.token.length = 0;
      rates = {};
    },
    rates: () => ({ ...rates }),
    happened: () => ({ ...happened }),
  };
}
