export type Pace = (channel: string, perSecond: number) => Promise<void>;

/**
 * Keeps each channel to its sendings per second, evenly spaced.
 *
 * @param now milliseconds that only go forward, such as `performance.now`; not the run's clock, which a rehearsal may hold still.
 */
export function createPace(now: () => number, wait: (milliseconds: number) => Promise<void>): Pace {
  const free = new Map<string, number>();
  return async function pace(channel, perSecond) {
    const at = Math.max(now(), free.get(channel) ?? 0);
    free.set(channel, at + 1_000 / perSecond);
    if (at > now()) await wait(at - now());
  };
}
