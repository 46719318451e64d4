import { useSyncExternalStore } from 'react';

// One timer for every age and relative time on the page; each reader re-renders only when its own step has passed.
const listeners = new Set<() => void>();
const jumped = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let beat = 0;

const BEAT_MS = 1000;
/** So far apart two beats lie only when the machine slept, or its clock was set. */
const JUMP_MS = 60_000;

function tick(): void {
  const apart = Date.now() - beat;
  beat = Date.now();
  listeners.forEach((tell) => tell());
  if (Math.abs(apart - BEAT_MS) > JUMP_MS) jumped.forEach((tell) => tell());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    beat = Date.now();
    timer = setInterval(tick, BEAT_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Tells when this machine slept or its clock was set: what is known of the time, and of everything else, is old. */
export function onClockJump(tell: () => void): () => void {
  jumped.add(tell);
  const leave = subscribe(() => undefined);
  return () => {
    jumped.delete(tell);
    leave();
  };
}

// How far the server's clock is ahead of this one. Every time on the page is the server's.
let ahead = 0;

/** How far the server is ahead, from what it said and when it was asked and answered; what is within the time that took is 0. */
export function aheadOf(said: string, askedAt: number, answeredAt: number): number {
  const between = (askedAt + answeredAt) / 2;
  const difference = Date.parse(said) - between;
  return Math.abs(difference) <= Math.max(1000, answeredAt - askedAt) ? 0 : Math.round(difference);
}

/** Notes what time it is at the server. */
export function setServerTime(said: string, askedAt: number, answeredAt: number): void {
  const now = aheadOf(said, askedAt, answeredAt);
  if (now === ahead) return;
  ahead = now;
  listeners.forEach((tell) => tell());
}

/** The server's time in milliseconds, however this machine's clock is set. */
export const serverNow = (): number => Date.now() + ahead;

/** The server's time, advancing in steps of `stepMs`. */
export const useNow = (stepMs: number): number => useSyncExternalStore(subscribe, () => Math.floor(serverNow() / stepMs) * stepMs);

/** The time by this machine's own clock, for what it noted itself, such as when it fetched something. */
export const useNowHere = (stepMs: number): number => useSyncExternalStore(subscribe, () => Math.floor(Date.now() / stepMs) * stepMs);
