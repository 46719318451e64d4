import { expect, test } from 'vitest';
import { fuzz } from './support/fuzz.ts';

/** Another seed makes other calls; the long form is `FUZZ_CASES=100000 npm test -- tests/security/incoming.test.ts`. */
const CASES = Number(process.env['FUZZ_CASES'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);

test(`${CASES} hostile calls through every way in: none is a fault of ours, none tells of our insides, none is half carried out`, { timeout: 60_000 + CASES * 100 }, async () => {
  const report = await fuzz({ cases: CASES, seed: SEED });
  expect(report.problems).toEqual([]);
  expect(report.cases).toBe(CASES);
  // Nobody is refused everything: then nothing behind the door was reached.
  expect((report.statuses['200'] ?? 0) + (report.statuses['204'] ?? 0)).toBeGreaterThan(CASES / 10);
  expect(Object.keys(report.places).filter((place) => place.startsWith('rpc ')).length).toBeGreaterThanOrEqual(15);
  expect(Object.keys(report.places).filter((place) => place.startsWith('function ')).length).toBeGreaterThanOrEqual(3);
});
