import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArena, type Arena } from '../../scripts/torture/arena.ts';
import { SCENARIOS, type Scenario } from '../../scripts/torture/scenarios.ts';
import { siege, siegeAlone, type SiegeReport } from '../../scripts/torture/siege.ts';

// The short form of `npm run torture`: the same attacks, few of each. One stack serves all that leave it standing.
const options = ({ short }: Scenario): Parameters<typeof siege>[2] => ({ ...short, seed: 1, longestMs: 60_000, onProgress: () => undefined });
const quiet = (): void => undefined;

describe('nothing is lost and nothing is sent twice when', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await openArena({ stands: 'in parts', onLog: quiet });
  });
  afterAll(() => arena.stop());

  test.each(SCENARIOS.filter(({ stands }) => stands === 'in parts'))('$name', async (scenario) => {
    expectWhole(await siege(arena, scenario, options(scenario)), scenario);
  });

  test.each(SCENARIOS.filter(({ stands }) => stands === 'whole'))('$name', async (scenario) => {
    expectWhole(await siegeAlone(scenario, options(scenario), quiet), scenario);
  });
});

function expectWhole(report: SiegeReport, { short }: Scenario): void {
  expect(report.violations).toEqual([]);
  expect(report).toMatchObject({ strikes: short.strikes, records: short.records, booked: short.records });
  // An attack that hits nothing proves nothing.
  expect(Object.values(report.hits).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(report.mails).toBeGreaterThan(0);
}
