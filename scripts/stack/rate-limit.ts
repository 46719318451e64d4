/** Attempts from one address: so many at once, and as many again spread over five minutes. */
export const SIGN_INS = 30;
export const REFRESHES = 150;
const WINDOW_MS = 300_000;

/** An attempt that was let through, or how long to wait for the next. */
export type Attempt = { allowed: true; giveBack(): void } | { allowed: false; retryAfterSeconds: number };

export type RateLimit = { take(address: string): Attempt };

/** A bucket of tokens for each address, which fills by itself. */
export function createRateLimit(capacity: number, now: () => Date): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perMs = capacity / WINDOW_MS;
  return {
    take(address) {
      const at = now().getTime();
      const known = buckets.get(address);
      const bucket = { tokens: known ? Math.min(capacity, known.tokens + (at - known.at) * perMs) : capacity, at };
      if (bucket.tokens < 1) return { allowed: false, retryAfterSeconds: Math.ceil((1 - bucket.tokens) / perMs / 1000) };
      bucket.tokens -= 1;
      // Full again is as good as never seen.
      for (const [other, { tokens, at: since }] of buckets) if (tokens + (at - since) * perMs >= capacity) buckets.delete(other);
      buckets.set(address, bucket);
      return {
        allowed: true,
        giveBack() {
          const current = buckets.get(address);
          if (current) current.tokens += 1;
        },
      };
    },
  };
}
