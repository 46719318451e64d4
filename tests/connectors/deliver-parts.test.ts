import { describe, expect, test } from 'vitest';
import { redact } from '../../supabase/functions/deliver/channel.ts';
import { createPace } from '../../supabase/functions/deliver/pace.ts';

describe('the pace of sending', () => {
  test('is four a second, evenly, and starts at once', async () => {
    let now = 0;
    const starts: number[] = [];
    const pace = createPace(() => now, async (milliseconds) => { now += milliseconds; });
    for (let count = 0; count < 6; count += 1) {
      await pace('email', 4);
      starts.push(now);
    }
    expect(starts).toEqual([0, 250, 500, 750, 1_000, 1_250]);
  });
});

test('an error that is stored holds no key, no address and no line break', () => {
  const said = 'Key re_abc_123 of kari@example.org\nwas refused: Bearer eyJ.x';
  expect(redact(said)).toBe('Key [key] of [address] was refused: Bearer [key]');
  expect(redact('x'.repeat(10_000))).toHaveLength(300);
});
