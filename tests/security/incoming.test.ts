import { expect, test } from 'vitest';
import { fuzz } from './support/fuzz.ts';

/** Any other seed makes other calls: `node -e "…fuzz({ cases: 100000, seed: Date.now() })"`, see docs/security.md. */
const CASES = 2_000;

test(`${CASES} hostile calls through every way in: none is a fault of ours, none tells of our insides, none is half carried out`, { timeout: 240_000 }, async () => {
  const report = await fuzz({ cases: CASES, seed: 20_261_121 });
  expect(report.problems).toEqual([]);
  expect(report.cases).toBe(CASES);
  // Nobody is refused everything: then nothing behind the door was reached.
  expect((report.statuses['200'] ?? 0) + (report.statuses['204'] ?? 0)).toBeGreaterThan(CASES / 10);
  expect(Object.keys(report.places).filter((place) => place.startsWith('rpc ')).length).toBeGreaterThanOrEqual(15);
  expect(Object.keys(report.places).filter((place) => place.startsWith('function ')).length).toBeGreaterThanOrEqual(3);
});
