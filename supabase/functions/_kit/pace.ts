import type { Rate } from './connector.ts';
import { HttpFailure } from './http.ts';
import type { Http, HttpResponse } from './http.ts';

/** Milliseconds that only go forward, and a way to let some pass. */
export type Time = { now(): number; wait(ms: number): Promise<void> };

/** A longer wait than this is no wait inside a slice, but a pause of the run. */
const LONGEST_WAIT_MS = 20_000;

/**
 * A client that keeps to the vendor's limit: no more than so many requests within any so many seconds, and no more than so many at a
 * time. A wait too long for a slice is thrown as the refusal the system would give; nothing was sent then.
 */
export function paced(http: Http, rate: Rate, time: Time): Http {
  const { requests, perSeconds, concurrent = Infinity } = rate;
  const window = perSeconds * 1_000;
  const begun: number[] = [];
  const waiting: (() => void)[] = [];
  let out = 0;

  async function turn(): Promise<void> {
    while (begun.length > 0 && time.now() - (begun[0] ?? 0) >= window) begun.shift();
    if (begun.length >= requests) {
      const ms = window - (time.now() - (begun[0] ?? 0));
      if (ms > LONGEST_WAIT_MS) throw ownLimit(rate, ms);
      await time.wait(ms);
      return turn();
    }
    begun.push(time.now());
  }

  return {
    failure: (response, delivered) => http.failure(response, delivered),
    async send(request): Promise<HttpResponse> {
      if (out >= concurrent) await new Promise<void>((resolve) => waiting.push(resolve));
      else out += 1;
      try {
        await turn();
        return await http.send(request);
      } finally {
        const next = waiting.shift();
        // The place goes from hand to hand, so that nobody else can take it in between.
        if (next) next();
        else out -= 1;
      }
    },
  };
}

function ownLimit({ requests, perSeconds }: Rate, ms: number): HttpFailure {
  return new HttpFailure({
    diagnosis: {
      message: `The limit of ${requests} requests in ${perSeconds} seconds is used up.`, code: 'own_rate_limit', field: null,
      category: 'rate_limit', retryable: true,
    },
    delivered: 'no', status: null, response: null, requestId: null, retryAfterSeconds: Math.ceil(ms / 1_000),
  });
}
