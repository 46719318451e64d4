import type { Budget } from './budget.ts';
import type { Connector, ConnectorContext } from './connector.ts';
import type { Http } from './http.ts';
import { inParts } from './parts.ts';
import { createRedactor } from './redact.ts';
import type { Redactor } from './redact.ts';
import { sendBatch, settleDoubt, settleVerdicts } from './send.ts';
import type { Step, Target } from './send.ts';
import { LeaseLost } from './store.ts';
import type { ClaimState, ClaimedRecord, RunError, SettledOutcome, Slice, Store } from './store.ts';

export type SliceOptions = {
  store: Store;
  /** Makes the one HTTP client of this integration; `secrets` are kept out of everything it writes down. */
  http: (system: string, secrets: string[]) => Http;
  budget: Budget;
  /** Waits inside a slice (for a system that judges later); resolves at once where time is made. */
  delay: (ms: number) => Promise<void>;
  log: (event: Record<string, unknown>) => void;
};

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
const LONGEST_PAUSE_SECONDS = 900;

type Work = {
  slice: Slice;
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

/**
 * One slice of a run: takes the lease, moves records batch by batch until nothing is due or the budget is spent, and
 * leaves. Every batch is recorded before the next is taken, so a kill at any moment loses nothing and doubles nothing.
 *
 * @returns what ended it: `idle` (nothing to take), `done`, `more` (the next slice was rung), `failed`, `lost` (another has the run).
 */
export async function runSlice(connector: Connector, options: SliceOptions): Promise<'idle' | 'done' | 'more' | 'failed' | 'lost'> {
  const slice = await options.store.beginSlice({ dedupe: connector.dedupe, settlesWithinSeconds: connector.settlesWithinSeconds });
  if (!slice) return 'idle';
  const end = async (more: boolean, error: RunError | null, resumeAfterSeconds = 0): Promise<void> => {
    await options.store.endSlice(slice.token, { more, error, resumeAfterSeconds, ...options.budget.spent() });
  };
  try {
    const prepared = prepare(connector, slice, options);
    if ('error' in prepared) {
      await end(false, prepared.error);
      return 'failed';
    }
    const work: Work = {
      slice, redact: createRedactor(secretsIn(slice.credential)), ctx: prepared.ctx, turn: 0, trouble: 0, waiting: new Set(), rounds: 0, trips: { worked: false, inARow: 0 },
      noted: [], notedAt: 0, heldAt: options.budget.spent().wallMs,
    };
    while (!options.budget.exhausted()) {
      const step = await takeStep(connector, work, options);
      if (step !== 'nothing' && step.kind !== 'moved') await record(work, options);
      if (step === 'nothing') {
        await end(false, null);
        return 'done';
      }
      if (step.kind === 'stop') {
        await end(false, redactError(step.error, work.redact));
        return 'failed';
      }
      if (step.kind === 'pause') {
        await end(true, null, step.seconds);
        return 'more';
      }
    }
    await record(work, options);
    await end(true, null);
    return 'more';
  } catch (error) {
    if (error instanceof LeaseLost) {
      options.log({ event: 'lease_lost', slice: slice.slice });
      return 'lost';
    }
    throw error;
  }
}

/** Settings and credential are outside input: parsed once, and what is wrong with them is the run's error. */
function prepare(connector: Connector, slice: Slice, options: SliceOptions): { ctx: ConnectorContext } | { error: RunError } {
  const settings = connector.settings.safeParse(slice.settings);
  if (!settings.success) {
    const issue = settings.error.issues[0];
    const field = issue?.path.join('.') || null;
    return { error: { message: `The setting ${field ?? '(all)'} is not right: ${issue?.message}`, code: 'settings_invalid', field, category: 'schema', status: null } };
  }
  const credential = connector.credential.safeParse(slice.credential ?? {});
  if (!credential.success) {
    const field = credential.error.issues[0]?.path.join('.') || null;
    const message = slice.credential ? `The credential lacks a usable "${field}".` : 'No credential is set for this integration.';
    return { error: { message, code: 'credential_missing', field, category: 'auth', status: null } };
  }
  const http = options.http(connector.system, secretsIn(slice.credential));
  return { ctx: { settings: settings.data, credential: credential.data, http } };
}

function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 6 ? [value] : [];
  if (value && typeof value === 'object') return Object.values(value).flatMap(secretsIn);
  return [];
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
  const { slice: { token }, noted } = work;
  work.noted = [];
  const records = await held(work, options, () => (
    noted.length > 0 ? options.store.settleAndClaim(token, noted, states, batch) : options.store.claim(token, states, batch)));
  assertMoving(work, options);
  return records;
}

async function record(work: Work, options: SliceOptions): Promise<void> {
  const { slice: { token }, noted } = work;
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

/** What a system or a connector says ends up here, and at most how much of it is written down; code, field and template share an index. */
const TOLD = {
  external_id: 500, code: 100, field: 100, message: 2_000, template: 500, value: 500, request_id: 200, response: 4_000,
} as const satisfies Partial<Record<keyof SettledOutcome, number>>;

/** Only what is there: most records of a batch have nothing to tell but that they landed. */
function redactOutcome(outcome: SettledOutcome, redact: Redactor): SettledOutcome {
  const clean: SettledOutcome = { id: outcome.id, state: outcome.state };
  for (const [name, value] of Object.entries(outcome)) if (value !== null && value !== undefined) Object.assign(clean, { [name]: value });
  for (const name of Object.keys(TOLD) as (keyof typeof TOLD)[]) if (clean[name]) clean[name] = storable(redact(clean[name]), TOLD[name]);
  return clean;
}

function redactError(error: RunError, redact: Redactor): RunError {
  const clean = (text: string | null, most: number): string | null => (text ? storable(redact(text), most) : text);
  return { ...error, message: clean(error.message, TOLD.message) ?? '', code: clean(error.code, TOLD.code), field: clean(error.field, TOLD.field) };
}

/** Postgres takes neither the character zero nor half a character; what systems say may hold both. */
function storable(text: string, most: number): string {
  return text.replaceAll('\0', '\ufffd').slice(0, most).toWellFormed();
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
