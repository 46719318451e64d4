import { useSyncExternalStore } from 'react';
import { recall, remember } from './memory.ts';

const ACTIVE_MS = 5_000;
const QUIET_MS = 30_000;
const LONGEST_MS = 300_000;

/**
 * Milliseconds until the next look: 5 s while something runs, 30 s otherwise, doubling up to 5 min while looking fails,
 * ±10 % so that many open pages do not ask at once. `chance` is in [0, 1).
 */
export function pollInterval(active: boolean, failures: number, chance: number): number {
  const calm = active ? ACTIVE_MS : QUIET_MS;
  const base = failures > 0 ? Math.min(QUIET_MS * 2 ** (failures - 1), LONGEST_MS) : calm;
  return Math.round(base * (0.9 + 0.2 * chance));
}

const listeners = new Set<() => void>();
let paused = recall('paused') === 'yes';

/** Keeps what is shown still, in this browser, until it is taken back. */
export function setPaused(value: boolean): void {
  paused = value;
  remember('paused', value ? 'yes' : 'no');
  listeners.forEach((tell) => tell());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePaused = (): boolean => useSyncExternalStore(subscribe, () => paused);

// A query's failures in a row: its own counter restarts with every fetch, so the last good read is the measure.
type Watched = { state: { status: string; errorUpdateCount: number; dataUpdateCount: number } };
const failuresSince = new WeakMap<Watched, { errors: number; updates: number }>();

function failuresInRow(query: Watched): number {
  const seen = failuresSince.get(query);
  const { errorUpdateCount: errors, dataUpdateCount: updates } = query.state;
  if (!seen || seen.updates !== updates) failuresSince.set(query, { errors, updates });
  if (query.state.status !== 'error') return 0;
  return Math.max(1, errors - (failuresSince.get(query)?.errors ?? errors));
}

type Polling = { refetchInterval: (query: Watched) => number | false };

/** How a query keeps itself fresh; hidden pages do not ask (TanStack Query's default), paused ones neither. */
export function usePolling(active: boolean): Polling {
  const still = usePaused();
  return { refetchInterval: (query) => (still ? false : pollInterval(active, failuresInRow(query), Math.random())) };
}
