import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { isFresh, isSame, isSigned } from '../../supabase/functions/_kit/signature.ts';

const sign = (encoding: 'hex' | 'base64' | 'base64url'): string => createHmac('sha256', 'key').update('1.{"a":"ø"}').digest(encoding);

test.each(['hex', 'base64', 'base64url'] as const)('a signature in %s is right for these bytes and no others', (encoding) => {
  const signed = { key: 'key', given: sign(encoding), encoding };
  expect(isSigned({ ...signed, text: '1.{"a":"ø"}' })).toBe(true);
  expect(isSigned({ ...signed, text: '1.{"a": "ø"}' })).toBe(false);
  expect(isSigned({ ...signed, text: '1.{"a":"ø"}', key: 'another' })).toBe(false);
});

test.each(['', 'zz', '0'.repeat(64), sign('hex').slice(0, -2), `${sign('hex')}00`])('"%s" is no signature of it', (given) => {
  expect(isSigned({ text: '1.{"a":"ø"}', key: 'key', given })).toBe(false);
});

test('two secrets are the same or not, whatever their lengths', () => {
  expect([isSame('abc', 'abc'), isSame('abc', 'abd'), isSame('abc', 'ab'), isSame('', '')]).toEqual([true, false, false, true]);
});

test.each([[0, true], [300, true], [301, false], [-300, true], [-301, false], [Number.NaN, false]])('a call made %d seconds ago is fresh: %s', (ago, fresh) => {
  const at = new Date('2026-11-10T08:00:00Z');
  expect(isFresh(at.getTime() / 1_000 - ago, at, 300)).toBe(fresh);
});
