import type { Arena } from './arena.ts';
import { fullDisk } from './attacks/disk.ts';
import { badDoorbell } from './attacks/doorbell.ts';
import { cancelledStatements } from './attacks/statements.ts';
import { clockJumps, deadClocks, manyClocks } from './attacks/clock.ts';
import { crashedPostgres, crashedStack, killedFunctions } from './attacks/processes.ts';
import { badAnswers, lateSlices } from './attacks/vendors.ts';
import { OTHERS, type System } from './fronts.ts';

/** An attack that is on: `strike` hurts once and puts right what has to be put right by hand. */
export type Attack = {
  strike(): Promise<void>;
  /** Takes the attack back, so that everything can come to rest. */
  end(): Promise<void>;
  hits(): Record<string, number>;
};

/** One kind of attack: what is hurt, how often, and on how many records. */
export type Scenario = {
  slug: string;
  /** Goes on after "nothing is lost and nothing is sent twice when". */
  name: string;
  stands: 'in parts' | 'whole';
  /** Left out: all. */
  systems?: readonly System[];
  full: { strikes: number; records: number };
  short: { strikes: number; records: number };
  begin(arena: Arena): Promise<Attack>;
};

const KILLS = { strikes: 500, records: 20_000 };
const MANY = { strikes: 100, records: 20_000 };

export const SCENARIOS: readonly Scenario[] = [
  { slug: 'functions', name: 'the functions are killed', stands: 'in parts', full: KILLS, short: { strikes: 4, records: 400 }, begin: killedFunctions },
  { slug: 'postgres', name: 'Postgres is ended at once and started again', stands: 'in parts', full: KILLS, short: { strikes: 3, records: 400 }, begin: crashedPostgres },
  { slug: 'clock', name: 'the clock is killed, and two come in its place', stands: 'in parts', full: KILLS, short: { strikes: 3, records: 300 }, begin: deadClocks },
  { slug: 'stack', name: 'all of it is killed at once', stands: 'whole', full: KILLS, short: { strikes: 2, records: 300 }, begin: crashedStack },
  { slug: 'answers', name: 'answers are lost, halved, late or wrong', stands: 'in parts', full: MANY, short: { strikes: 4, records: 600 }, begin: badAnswers },
  { slug: 'functions-others', name: 'the functions of eight other systems are killed', stands: 'in parts', systems: OTHERS, full: KILLS, short: { strikes: 2, records: 320 }, begin: killedFunctions },
  { slug: 'answers-others', name: 'answers of eight other systems are lost, halved, late or wrong', stands: 'in parts', systems: OTHERS, full: MANY, short: { strikes: 2, records: 320 }, begin: badAnswers },
  { slug: 'late-slices', name: 'a slice outlives its lease and comes back', stands: 'in parts', full: { strikes: 30, records: 6_000 }, short: { strikes: 1, records: 200 }, begin: lateSlices },
  { slug: 'doorbell', name: 'doorbells are lost, doubled or late', stands: 'in parts', full: MANY, short: { strikes: 3, records: 300 }, begin: badDoorbell },
  { slug: 'many-clocks', name: 'three clocks tick at once and none knows of the others', stands: 'in parts', full: MANY, short: { strikes: 2, records: 300 }, begin: manyClocks },
  { slug: 'jumps', name: 'the clock jumps an hour, forward and back', stands: 'in parts', full: MANY, short: { strikes: 3, records: 300 }, begin: clockJumps },
  { slug: 'disk', name: 'the disk is full while results are recorded', stands: 'in parts', full: MANY, short: { strikes: 2, records: 300 }, begin: fullDisk },
  { slug: 'statements', name: 'statements are cancelled half way', stands: 'in parts', full: MANY, short: { strikes: 3, records: 300 }, begin: cancelledStatements },
];
