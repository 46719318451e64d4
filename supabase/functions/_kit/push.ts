import type { Connector, ConnectorContext } from './connector.ts';
import { inParts } from './parts.ts';
import type { Redactor } from './redact.ts';
import { sendBatch, settleDoubt, settleVerdicts } from './send.ts';
import type { Step, Target } from './send.ts';
import type { Ended, SliceOptions } from './slice.ts';
import { LeaseLost } from './store.ts';
import type { ClaimState, ClaimedRecord, SettledOutcome } from './store.ts';
import { redactOutcome } from './told.ts';

/** Whole requests that fail in a row before the run gives up on the system for now. */
const TROUBLE_LIMIT = 3;
/** A slice that has not reached Postgres for this long may have lost its lease (2 minutes) without knowing. */
const STANDSTILL_MS = 60_000;
/** How long a slice waits for verdicts on accepted records before it leaves them to the next run. */
const CONFIRM_ROUNDS = 8;
const CONFIRM_PAUSE_MS = 2_500;
/** A batch that goes out in many small requests is not left unrecorded for longer than this. */
const UNRECORDED_MS = 1_000;
/** Where several requests go out at a time, so many rounds of them are claimed at once, but not more records than this. */
const ROUNDS_AHEAD = 10;
const MOST_AHEAD = 100;
/** Longest pause a system may ask for inside a run; beyond it the run ends and says so. */
export const LONGEST_PAUSE_SECONDS = 900;

type Work = {
  token: string;
  /** Takes the credential out of whatever is written down. */
  redact: Redactor;
  ctx: ConnectorContext;
  /** Where in the round of states the slice is. */
  turn: number;
  /** Whole requests that failed in a row. */
  trouble: number;
  /** Accepted records this slice has seen without a verdict. */
  waiting: Set<number>;
  trips: Target['trips'];
  rounds: number;
  /** What was said and is not written down yet, and since when. */
  noted: SettledOutcome[];
  notedAt: number;
  /** When Postgres last confirmed the lease, on the budget's clock. */
  heldAt: number;
};

/** Moves what is due, batch by batch, until nothing is or the budget is spent. Every batch is recorded before the next is taken. */
export async function pushDue(connector: Connector, ctx: ConnectorContext, token: string, redact: Redactor, options: SliceOptions): Promise<Ended> {
  const work: Work = {
    token, redact, ctx, turn: 0, trouble: 0, waiting: new Set(), rounds: 0, trips: { worked: false, inARow: 0 },
    noted: [], notedAt: 0, heldAt: options.budget.spent().wallMs,
  };
  while (!options.budget.exhausted()) {
    const step = await takeStep(connector, work, options);
    if (step !== 'nothing' && step.kind !== 'moved') await record(work, options);
    if (step === 'nothing') return { kind: 'done' };
    if (step.kind === 'stop' || step.kind === 'pause') return step;
  }
  await record(work, options);
  return { kind: 'spent' };
}

/**
 * The next batch. The states are gone round in turn, doubts first, so that nothing is sent while it is unknown whether
 * it is there already; the slice has nothing left once all of them are empty in a row.
 */
async function takeStep(connector: Connector, work: Work, options: SliceOptions): Promise<Step | 'nothing'> {
  const order = claimable(connector);
  const states = [...order.slice(work.turn), ...order.slice(0, work.turn)];
  const records = await claim(work, options, states, claimSize(connector));
  const state = records[0]?.claimed_from;
  if (state === undefined) {
    work.turn = 0;
    return waitForVerdicts(work, options);
  }
  work.turn = order.indexOf(state);
  return judge(work, await inParts(targetOf(connector, work, options), records, workOn(connector, state)));
}

function claimable(connector: Connector): ClaimState[] {
  const doubts: ClaimState[] = connector.dedupe === 'none' ? [] : ['uncertain'];
  const verdicts: ClaimState[] = connector.confirm ? ['accepted'] : [];
  return [...doubts, ...verdicts, 'retrying', 'queued'];
}

/** Where only a person can settle a doubt, no more is put at risk than is sent at once. */
function claimSize({ batchSize, concurrency = 1, dedupe }: Connector): number {
  const atOnce = batchSize * concurrency;
  return concurrency === 1 || dedupe === 'none' ? atOnce : Math.max(atOnce, Math.min(atOnce * ROUNDS_AHEAD, MOST_AHEAD));
}

function workOn(connector: Connector, state: ClaimState): typeof sendBatch {
  if (state === 'accepted') return settleVerdicts;
  return state === 'uncertain' && connector.dedupe === 'lookup' ? settleDoubt : sendBatch;
}

function targetOf(connector: Connector, work: Work, options: SliceOptions): Target {
  const now = (): number => options.budget.spent().wallMs;
  return {
    connector,
    ctx: work.ctx,
    waiting: work.waiting,
    trips: work.trips,
    async settle(outcomes) {
      if (work.noted.length === 0) work.notedAt = now();
      work.noted.push(...outcomes.map((outcome) => redactOutcome(outcome, work.redact)));
      if (now() - work.notedAt >= UNRECORDED_MS) await record(work, options);
    },
    record: () => record(work, options),
    isOver: () => {
      assertMoving(work, options);
      return options.budget.exhausted();
    },
    log: options.log,
  };
}

/** Whatever was noted is written down with the claim, in one call. */
async function claim(work: Work, options: SliceOptions, states: ClaimState[], batch: number): Promise<ClaimedRecord[]> {
  const { token, noted } = work;
  work.noted = [];
  const records = await held(work, options, () => (
    noted.length > 0 ? options.store.settleAndClaim(token, noted, states, batch) : options.store.claim(token, states, batch)));
  assertMoving(work, options);
  return records;
}

async function record(work: Work, options: SliceOptions): Promise<void> {
  const { token, noted } = work;
  work.noted = [];
  if (noted.length > 0) await held(work, options, () => options.store.settle(token, noted));
}

/** A call that renews the lease: it counts from before the call, since an answer that took too long to arrive confirms nothing. */
async function held<T>(work: Work, options: SliceOptions, call: () => Promise<T>): Promise<T> {
  const asked = options.budget.spent().wallMs;
  const answer = await call();
  work.heldAt = Math.max(work.heldAt, asked);
  return answer;
}

function assertMoving(work: Work, options: SliceOptions): void {
  if (options.budget.spent().wallMs - work.heldAt > STANDSTILL_MS) throw new LeaseLost('The slice stood still for too long to go on.');
}

/** A system that fails as a whole again and again is left alone for now; one that asks for a pause gets it. */
function judge(work: Work, step: Step): Step {
  if (step.kind === 'trouble') {
    work.trouble += 1;
    return work.trouble >= TROUBLE_LIMIT ? { kind: 'stop', error: step.error } : step;
  }
  if (step.kind === 'pause' && step.seconds > LONGEST_PAUSE_SECONDS) return { kind: 'stop', error: step.error };
  if (step.kind === 'moved') work.trouble = 0;
  return step;
}

/** Records accepted a moment ago are often judged a moment later: worth a short wait, never a long one. */
async function waitForVerdicts(work: Work, options: SliceOptions): Promise<Step | 'nothing'> {
  if (work.waiting.size === 0 || work.rounds >= CONFIRM_ROUNDS) return 'nothing';
  work.rounds += 1;
  await options.delay(CONFIRM_PAUSE_MS);
  return { kind: 'moved' };
}
