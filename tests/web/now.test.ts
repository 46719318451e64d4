import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aheadOf, onClockJump, serverNow, setServerTime } from '../../web/src/lib/now.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOON }));
afterEach(() => void vi.useRealTimers());

test.each([-3, 3])('a clock %i hours wrong is found, and every time is the server\'s', (wrong) => {
  vi.setSystemTime(NOON + wrong * HOUR);
  setServerTime('2026-11-20T12:00:00.123456+00:00', NOON + wrong * HOUR - 40, NOON + wrong * HOUR + 40);
  expect(Math.abs(serverNow() - NOON)).toBeLessThan(1_000);
  vi.advanceTimersByTime(60_000);
  expect(Math.abs(serverNow() - NOON - 60_000)).toBeLessThan(1_000);
});

test('what lies within the time the answer took is no difference', () => {
  expect(aheadOf('2026-11-20T12:00:00.400Z', NOON, NOON + 200)).toBe(0);
  expect(aheadOf('2026-11-20T12:00:08Z', NOON, NOON + 9_000)).toBe(0);
  expect(aheadOf('2026-11-20T12:00:30Z', NOON, NOON + 9_000)).toBe(25_500);
});

test('waking from sleep and setting the clock are noticed, a slow second is not', () => {
  const tell = vi.fn();
  const leave = onClockJump(tell);
  vi.advanceTimersByTime(5_000);
  vi.setSystemTime(Date.now() + 20_000);
  vi.advanceTimersByTime(1_000);
  expect(tell).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 2 * HOUR);
  vi.advanceTimersByTime(1_000);
  expect(tell).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() - 2 * HOUR);
  vi.advanceTimersByTime(1_000);
  expect(tell).toHaveBeenCalledTimes(2);
  leave();
  vi.setSystemTime(Date.now() + HOUR);
  vi.advanceTimersByTime(1_000);
  expect(tell).toHaveBeenCalledTimes(2);
});
