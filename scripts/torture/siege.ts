import { openArena, type Arena } from './arena.ts';
import type { Stage, Violation } from './balance.ts';
import type { Scenario } from './scenarios.ts';

export type SiegeOptions = {
  records: number;
  strikes: number;
  seed: number;
  /** No further strike after so long; what was left out is told. */
  longestMs: number;
  onProgress(step: string): void;
};

export type SiegeReport = {
  scenario: string;
  records: number;
  strikes: number;
  asked: number;
  booked: number;
  runs: number;
  mails: number;
  seconds: number;
  /** What shows that the attack hit, in numbers of its own. */
  hits: Record<string, number>;
  violations: (Violation & { stage: Stage })[];
};

/** Attacks until all strikes are done, lets everything come to rest, and compares the books at every step. */
export async function siege(arena: Arena, scenario: Scenario, options: SiegeOptions): Promise<SiegeReport> {
  const began = performance.now();
  const mailsBefore = arena.mailbox.messages().length;
  const violations: SiegeReport['violations'] = [];
  const check = async (stage: Stage): Promise<boolean> => {
    violations.push(...(await arena.check(stage)).map((violation) => ({ ...violation, stage })));
    return violations.length === 0;
  };
  await arena.renew(scenario.slug, options.seed, scenario.systems);
  const attack = await scenario.begin(arena);
  const shares = share(Math.ceil(options.records / arena.fronts.length), options.strikes);
  let strikes = 0;
  for (const each of shares) {
    const handing = arena.handIn(each);
    // It is waited for below, once the strike is over.
    handing.catch(() => undefined);
    await arena.moment();
    await attack.strike();
    await handing;
    strikes += 1;
    if ((strikes % 10 === 0 || options.strikes <= 10) && !(await check('under way'))) break;
    if (strikes % 50 === 0) options.onProgress(`${strikes} strikes`);
    if (performance.now() - began > options.longestMs) break;
  }
  await attack.end();
  options.onProgress('coming to rest');
  if (violations.length === 0) await arena.rest();
  if (violations.length === 0 && await check('resting')) {
    await arena.mend();
    await arena.rest();
    await check('mended');
  }
  const [row] = await arena.sql<{ runs: number }[]>`select count(*)::int as runs from runs where org_id = any (${arena.fronts.map((front) => front.org)})`;
  return {
    scenario: scenario.name, strikes, asked: options.strikes, violations, hits: attack.hits(),
    records: arena.fronts.reduce((sum, front) => sum + front.handed.length, 0),
    booked: arena.fronts.reduce((sum, front) => sum + front.vendor.ledger().length, 0),
    runs: row?.runs ?? 0, mails: arena.mailbox.messages().length - mailsBefore,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
}

/** The same with a stack of its own. */
export async function siegeAlone(scenario: Scenario, options: SiegeOptions, onLog: (source: string, line: string) => void): Promise<SiegeReport> {
  const arena = await openArena({ stands: scenario.stands, onLog });
  try {
    return await siege(arena, scenario, options);
  } finally {
    await arena.stop();
  }
}

/** `total` in as many parts, none of which differs from another by more than one. */
function share(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor(((index + 1) * total) / parts) - Math.floor((index * total) / parts));
}
