/** Longer waits are a wrong header or a quota that a person must look at; the run is tried again within a day either way. */
const MAX_SECONDS = 24 * 60 * 60;

const BODY_HINT = /"(?:reset_?at|retry_?after(?:_?(?:seconds|secs?))?|retry_?in(?:_?seconds)?)"\s{0,5}:\s{0,5}"?([^",}\]]{1,40})/i;

/**
 * How many seconds a system asks to be left alone, whichever way it says so; null when it doesn't. `Retry-After` as seconds, HTTP
 * date or ISO time; rate-limit resets as seconds to go, epoch or ISO time, but only when the limit is used up; `resetAt` or
 * `retry_after` in the body. Clamped to 0..24 h.
 */
export function retryAfterSeconds(response: { status: number; headers: Record<string, string>; body?: string }, at: Date): number | null {
  const header = (name: string): string | undefined => response.headers[name];
  const isLimited = response.status === 429 || header('x-ratelimit-remaining') === '0' || header('ratelimit-remaining') === '0';
  const candidates = [
    header('retry-after'),
    header('x-retry-after'),
    BODY_HINT.exec(response.body?.slice(0, 20_000) ?? '')?.[1],
    ...(isLimited ? [
      header('ratelimit-reset') ?? /\b(?:reset|t)=(\d{1,9})/.exec(header('ratelimit') ?? '')?.[1],
      header('x-ratelimit-reset') ?? header('x-rate-limit-reset') ?? header('x-ratelimit-reset-after'),
    ] : []),
  ];
  for (const candidate of candidates) {
    const seconds = candidate === undefined ? null : secondsFrom(candidate.trim(), at);
    if (seconds !== null) return Math.min(MAX_SECONDS, Math.max(0, Math.ceil(seconds)));
  }
  return null;
}

/** A number is seconds to go, unless it is so large that it can only be an epoch, in seconds or milliseconds. */
function secondsFrom(text: string, at: Date): number | null {
  if (/^\d{1,16}(?:\.\d{1,9})?$/.test(text)) {
    const value = Number(text);
    if (value > 1e11) return (value - at.getTime()) / 1_000;
    return value > 1e9 ? value - at.getTime() / 1_000 : value;
  }
  // A time without a zone means UTC, not wherever this runs.
  const zoned = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
  const time = /\d{4}/.test(zoned) && zoned.length <= 40 ? Date.parse(zoned) : Number.NaN;
  return Number.isNaN(time) ? null : (time - at.getTime()) / 1_000;
}
