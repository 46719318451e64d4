import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryAfterSeconds } from '../../supabase/functions/_kit/retry-after.ts';
import { at } from './support/client.ts';

describe('when a system says to wait', () => {
  const wait = (headers: Record<string, string>, body = '', status = 429): number | null =>
    retryAfterSeconds({ status, headers, body }, at);

  test.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '30' }, 30],
    ['a fraction is rounded up', { 'retry-after': '0.5' }, 1],
    ['an HTTP date', { 'retry-after': 'Fri, 20 Nov 2026 10:01:00 GMT' }, 60],
    ['an ISO time', { 'retry-after': '2026-11-20T10:02:00Z' }, 120],
    ['an ISO time without a zone is UTC', { 'retry-after': '2026-11-20 10:02:00' }, 120],
    ['a time that is over', { 'retry-after': '2026-11-20T09:00:00Z' }, 0],
    ['more than a day is a day', { 'retry-after': '9999999' }, 86_400],
    ['a reset as epoch seconds', { 'x-ratelimit-reset': String(at.getTime() / 1_000 + 45) }, 45],
    ['a reset as epoch milliseconds', { 'x-ratelimit-reset': String(at.getTime() + 45_000) }, 45],
    ['a reset as seconds to go', { 'x-rate-limit-reset': '12' }, 12],
    ['a reset as an ISO time', { 'x-ratelimit-reset': '2026-11-20T10:00:09Z' }, 9],
    ["the draft standard's header", { ratelimit: '"default";r=0;t=7' }, 7],
    ['nonsense', { 'retry-after': 'soon' }, null],
    ['nonsense before a good one', { 'retry-after': 'soon', 'x-ratelimit-reset': '5' }, 5],
    ['nothing', {}, null],
  ])('%s', (_name, headers, seconds) => {
    expect(wait(headers)).toBe(seconds);
  });

  test('a reset beside an answer that is not limited means nothing', () => {
    expect(wait({ 'x-ratelimit-reset': '50', 'x-ratelimit-remaining': '99' }, '', 400)).toBeNull();
  });

  test('the body may say it', () => {
    expect(wait({}, '{"errors":[{"extensions":{"resetAt":"2026-11-20T10:20:00Z"}}]}', 200)).toBe(1_200);
    expect(wait({}, '{"message":"slow down","retry_after_seconds":40}')).toBe(40);
  });

  test('any text is a whole number of seconds within a day, or nothing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (header, body) => {
        const seconds = wait({ 'retry-after': header, 'x-ratelimit-reset': header }, `"retry_after": "${body}"`);
        expect(seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400)).toBe(true);
      }),
    );
  });
});
