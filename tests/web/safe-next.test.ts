import { expect, test } from 'vitest';
import { safeNext } from '../../web/src/lib/safe-next.ts';

const origin = 'https://syncward.example.org';

test.each(['/', '/o/nord', '/o/nord/i/expenses/records/12?from=mail#top', '/o/nord?next=https://elsewhere.example.org'])('%s is an address of the page', (next) => {
  expect(safeNext(next, origin)).toBe(next);
});

test.each([
  null, '', 'o/nord', 'https://elsewhere.example.org', '//elsewhere.example.org', '///elsewhere.example.org', '/\\elsewhere.example.org', '\\\\elsewhere.example.org',
  '/\t/elsewhere.example.org', '/\n/elsewhere.example.org', '\t//elsewhere.example.org', ' //elsewhere.example.org', '/\r\\elsewhere.example.org', '/.//elsewhere.example.org',
  '/o/..//elsewhere.example.org', '/%2e//elsewhere.example.org', 'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', '//user@elsewhere.example.org',
  'https://syncward.example.org.elsewhere.example.org', '/sign-in', '/sign-in?next=/o/nord', '/o/../sign-in?next=/', 'blob:https://syncward.example.org/x', '?next=//elsewhere.example.org',
])('%j leads to the front door', (next) => {
  expect(safeNext(next, origin)).toBe('/');
});

test.each(['/%2f/elsewhere.example.org', '/%5celsewhere.example.org', '/%252f%252felsewhere.example.org', '/o/@elsewhere.example.org'])('%s stays within the page', (next) => {
  const target = safeNext(next, origin);
  expect(new URL(target, origin).origin).toBe(origin);
});
