import { concernedAlike, isSameRefusal, payloadField, sentValue } from './blamed.ts';
import type { Connector, ConnectorContext, OutgoingRecord, Outcome } from './connector.ts';
import { askOutcomes, ConnectorFault, pushOutcomes } from './contain.ts';
import type { Diagnosis } from './diagnose.ts';
import { HttpFailure } from './http.ts';
import type { ClaimedRecord, RunError, SettledOutcome } from './store.ts';
import { causeOf } from './template.ts';

/** What one batch came to, as far as the run is concerned. */
export type Step =
  | { kind: 'moved'; refused?: Diagnosis }
  /** The request as a whole failed; the records are recorded, the run may go on. */
  | { kind: 'trouble'; error: RunError }
  /** The system asked for time. */
  | { kind: 'pause'; seconds: number; error: RunError }
  /** Going on cannot help (the credential is refused, the connector is broken). */
  | { kind: 'stop'; error: RunError };

export type Target = {
  connector: Connector;
  ctx: ConnectorContext;
  /** Ids of accepted records without a verdict yet. */
  waiting: Set<number>;
  /** Whether the connector has brought anything across in this slice, and on how many single records it tripped since. */
  trips: { worked: boolean; inARow: number };
  /** Notes what was said; it is written down with the next claim, or after a second. */
  settle: (outcomes: SettledOutcome[]) => Promise<void>;
  /** Writes down what was noted. */
  record: () => Promise<void>;
  /** Whether the slice must stop now; throws when it has stood still so long that its lease may be another's. */
  isOver: () => boolean;
  log: (event: Record<string, unknown>) => void;
};

/** A pause when a system throttles without saying for how long. */
export const DEFAULT_PAUSE_SECONDS = 30;
/** Failed tries after which a batch is suspected of holding a record that makes the system fail, and sent in ever smaller parts. */
const PATIENCE = 3;
/** Single records on which a connector trips in a row before it is the connector that is broken, not the records. */
const TRIPS_LIMIT = 3;
/** How soon a record the system has not judged is asked about again. */
const VERDICT_SECONDS = 10;

/** Sends a batch. One rejected whole for its content is split, again and again, until the bad record stands alone. */
export async function sendBatch(target: Target, claimed: ClaimedRecord[]): Promise<Step> {
  const changed = claimed.filter((record) => record.exported_version !== null && !target.connector.replaces);
  if (changed.length > 0) await target.settle(changed.map(refuseChanged));
  const fresh = claimed.filter((record) => !changed.includes(record));
  // What went unanswered again and again goes out in ever smaller parts, so that one bad record cannot hold its neighbours.
  const tries = Math.max(0, ...fresh.map((record) => record.attempts));
  const size = Math.max(1, Math.ceil(fresh.length / 2 ** Math.max(0, tries - PATIENCE)));
  for (let at = 0; at < fresh.length; at += size) {
    const step = await push(target, fresh.slice(at, at + size));
    const rest = fresh.slice(at + size);
    if (rest.length > 0) await target.record();
    if (step.kind === 'moved' && (rest.length === 0 || !target.isOver())) continue;
    if (rest.length > 0) await target.settle(rest.map(putBack));
    return step;
  }
  return { kind: 'moved' };
}

async function push(target: Target, batch: ClaimedRecord[]): Promise<Step> {
  target.isOver();
  try {
    const outcomes = await pushOutcomes((ctx, records) => target.connector.push(ctx, records), target.ctx, batch.map(outgoing));
    Object.assign(target.trips, { worked: true, inARow: 0 });
    return await settleOutcomes(target, batch, outcomes);
  } catch (error) {
    if (error instanceof HttpFailure) {
      target.trips.inARow = 0;
      return pushFailed(target, batch, error);
    }
    if (error instanceof ConnectorFault && !error.sent) return tripped(target, batch, error);
    return broken(target, batch, error, 'uncertain');
  }
}

/**
 * The connector threw before anything left for its system, so the batch may be sent again at once: in halves, until the record it
 * trips over stands alone. One it trips over while it can do others is that record's failure; else the next run tries it again.
 */
async function tripped(target: Target, batch: ClaimedRecord[], fault: ConnectorFault): Promise<Step> {
  if (batch.length > 1) return split(target, batch);
  const { trips } = target;
  trips.inARow += 1;
  const diagnosis = { ...faultOf(target, fault), category: 'schema', retryable: !trips.worked } satisfies Diagnosis;
  await target.settle(batch.map((record) => failed(target, record, diagnosis, {})));
  return trips.inARow < TRIPS_LIMIT ? { kind: 'moved' } : { kind: 'stop', error: { ...pickError(diagnosis), category: 'server', status: null } };
}

async function pushFailed(target: Target, batch: ClaimedRecord[], failure: HttpFailure): Promise<Step> {
  const { category } = failure.diagnosis;
  if (stopsRun(failure.diagnosis) && failure.delivered !== 'unknown') {
    await target.settle(batch.map(putBack));
    return { kind: 'stop', error: runError(failure) };
  }
  if (category === 'rate_limit' && failure.delivered !== 'unknown') {
    await target.settle(batch.map((record) => failed(target, record, failure.diagnosis, failure, 'retrying')));
    return { kind: 'pause', seconds: failure.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS, error: runError(failure) };
  }
  if (failure.delivered === 'unknown') {
    await target.settle(batch.map((record) => failed(target, record, failure.diagnosis, failure, 'uncertain')));
    return stopsRun(failure.diagnosis) ? { kind: 'stop', error: runError(failure) } : { kind: 'trouble', error: runError(failure) };
  }
  if (failure.delivered === 'no') {
    await target.settle(batch.map((record) => failed(target, record, failure.diagnosis, failure, 'retrying')));
    return { kind: 'trouble', error: runError(failure) };
  }
  if (batch.length > 1) return refusedWhole(target, batch, failure);
  const there = category === 'conflict' ? await alreadyThere(target, batch) : new Map<number, Outcome>();
  await target.settle(batch.map((record) => settledAs(target, record, there.get(record.id)) ?? failed(target, record, failure.diagnosis, failure)));
  return there.size > 0 ? { kind: 'moved' } : { kind: 'moved', refused: failure.diagnosis };
}

/**
 * A name that the system does not know is unknown for every record that carries it. One of them goes alone; if it hears the same, it was
 * said for all of them, and only what is free of that name goes on.
 */
async function refusedWhole(target: Target, batch: ClaimedRecord[], failure: HttpFailure): Promise<Step> {
  const [one, ...others] = concernedAlike(target.connector, batch, failure.diagnosis);
  if (!one || others.length === 0) return split(target, batch);
  const step = await push(target, [one]);
  await target.record();
  const rest = batch.filter((record) => record !== one);
  if (step.kind !== 'moved' || target.isOver()) {
    await target.settle(rest.map(putBack));
    return step;
  }
  if (!step.refused || !isSameRefusal(step.refused, failure.diagnosis)) return rest.length > 1 ? split(target, rest) : push(target, rest);
  await target.settle(others.map((record) => failed(target, record, failure.diagnosis, failure)));
  const free = rest.filter((record) => !others.includes(record));
  return free.length === 0 ? { kind: 'moved' } : push(target, free);
}

/** Half by half; each half is recorded before the next is sent, and whatever stops the run puts the rest back unsent. */
async function split(target: Target, batch: ClaimedRecord[]): Promise<Step> {
  const middle = Math.ceil(batch.length / 2);
  const first = await push(target, batch.slice(0, middle));
  await target.record();
  if (first.kind === 'moved' && !target.isOver()) return push(target, batch.slice(middle));
  await target.settle(batch.slice(middle).map(putBack));
  return first;
}

async function settleOutcomes(target: Target, batch: ClaimedRecord[], outcomes: Outcome[]): Promise<Step> {
  const pairs = batch.map((record, index) => ({ record, outcome: outcomes[index] as Outcome }));
  const conflicts = pairs.filter(({ outcome }) => outcome.state === 'refused' && outcome.diagnosis.category === 'conflict');
  const there = conflicts.length > 0 ? await alreadyThere(target, conflicts.map(({ record }) => record)) : new Map<number, Outcome>();
  // A permission that one record lacks is that record's failure; one that all lack is the credential's.
  const isAll = pairs.every(({ outcome }) => outcome.state === 'refused' && stopsRun(outcome.diagnosis));
  const stops = (diagnosis: Diagnosis): boolean => diagnosis.category === 'auth' || (isAll && stopsRun(diagnosis));
  const refusal = pairs.flatMap(({ outcome }) => (outcome.state === 'refused' && stops(outcome.diagnosis) ? [outcome] : []))[0];
  await target.settle(
    pairs.map(({ record, outcome }) => {
      const known = settledAs(target, record, there.get(record.id)) ?? settledAs(target, record, outcome);
      if (known) return known;
      if (outcome.state !== 'refused') return putBack(record);
      return stops(outcome.diagnosis) ? putBack(record) : failed(target, record, outcome.diagnosis, outcome);
    }),
  );
  if (refusal) return { kind: 'stop', error: { ...pickError(refusal.diagnosis), status: refusal.status ?? null } };
  const throttled = pairs.flatMap(({ outcome }) => (outcome.state === 'refused' && outcome.diagnosis.category === 'rate_limit' ? [outcome] : []))[0];
  if (throttled) {
    return { kind: 'pause', seconds: DEFAULT_PAUSE_SECONDS, error: { ...pickError(throttled.diagnosis), status: throttled.status ?? null } };
  }
  return { kind: 'moved' };
}

/** Uncertain records of a system that can be asked: those it holds are across, those it has never seen may be sent. */
export async function settleDoubt(target: Target, claimed: ClaimedRecord[]): Promise<Step> {
  const { find } = target.connector;
  if (!find) return broken(target, claimed, new Error('It deduplicates by lookup but cannot look up.'), 'uncertain');
  try {
    const found = await askOutcomes(find, target.ctx, claimed.map(outgoing));
    await target.settle(claimed.map((record, index) => settledAs(target, record, found[index]) ?? refusedLater(target, record, found[index]) ?? putBack(record)));
    return { kind: 'moved' };
  } catch (error) {
    return askFailed(target, claimed, error, 'uncertain');
  }
}

/** Accepted records: exported or refused where the system has judged, asked again later where it has not. */
export async function settleVerdicts(target: Target, claimed: ClaimedRecord[]): Promise<Step> {
  const { confirm } = target.connector;
  if (!confirm) return broken(target, claimed, new Error('It takes records without a verdict but cannot ask for one.'), 'accepted');
  try {
    const verdicts = await askOutcomes(confirm, target.ctx, claimed.map(outgoing));
    for (const [index, record] of claimed.entries()) {
      if (verdicts[index] && verdicts[index].state !== 'accepted') target.waiting.delete(record.id);
      else target.waiting.add(record.id);
    }
    await target.settle(
      claimed.map((record, index) => settledAs(target, record, verdicts[index]) ?? refusedLater(target, record, verdicts[index]) ?? stillAccepted(record)),
    );
    return { kind: 'moved' };
  } catch (error) {
    return askFailed(target, claimed, error, 'accepted');
  }
}

/** Asking failed: the records stay as doubtful as they were. */
async function askFailed(target: Target, claimed: ClaimedRecord[], error: unknown, state: 'uncertain' | 'accepted'): Promise<Step> {
  if (!(error instanceof HttpFailure)) return broken(target, claimed, error, state);
  for (const record of claimed) target.waiting.delete(record.id);
  await target.settle(
    claimed.map((record) => (state === 'accepted' ? stillAccepted(record) : failed(target, record, error.diagnosis, error, 'uncertain'))),
  );
  if (stopsRun(error.diagnosis)) return { kind: 'stop', error: runError(error) };
  if (error.diagnosis.category === 'rate_limit') {
    return { kind: 'pause', seconds: error.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS, error: runError(error) };
  }
  return { kind: 'trouble', error: runError(error) };
}

/** A fault of the connector itself: contained to its run, told in words, and honest about what may have been sent. */
async function broken(target: Target, batch: ClaimedRecord[], error: unknown, state: 'uncertain' | 'accepted'): Promise<Step> {
  if (error instanceof Error && (error.name === 'LeaseLost' || error.name === 'StoreError')) throw error;
  const diagnosis = faultOf(target, error);
  await target.settle(batch.map((record) => (state === 'accepted' ? stillAccepted(record) : failed(target, record, diagnosis, {}, 'uncertain'))));
  return { kind: 'stop', error: { ...pickError(diagnosis), status: null } };
}

function faultOf(target: Target, error: unknown): Diagnosis {
  const message = `The connector failed: ${error instanceof Error ? error.message : 'It threw something that is no error.'}`;
  target.log({ event: 'connector_error', system: target.connector.system, message });
  return { message, code: 'connector_error', field: null, category: 'server', retryable: true };
}

/** A system that says "exists already" is asked whether what exists is ours: then it is across, not refused. */
async function alreadyThere(target: Target, records: ClaimedRecord[]): Promise<Map<number, Outcome>> {
  const { find } = target.connector;
  if (!find) return new Map();
  try {
    const found = await askOutcomes(find, target.ctx, records.map(outgoing));
    return new Map(records.flatMap((record, index) => (found[index] ? [[record.id, found[index]] as const] : [])));
  } catch (error) {
    if (error instanceof HttpFailure) return new Map();
    throw error;
  }
}

function settledAs(target: Target, record: ClaimedRecord, outcome: Outcome | null | undefined): SettledOutcome | null {
  if (!outcome || outcome.state === 'refused') return null;
  if (outcome.state === 'accepted') target.waiting.add(record.id);
  return { id: record.id, state: outcome.state, external_id: outcome.externalId ?? null, request_id: outcome.requestId ?? null };
}

function refusedLater(target: Target, record: ClaimedRecord, outcome: Outcome | null | undefined): SettledOutcome | null {
  return outcome?.state === 'refused' ? failed(target, record, outcome.diagnosis, outcome) : null;
}

function failed(
  target: Target,
  record: ClaimedRecord,
  diagnosis: Diagnosis,
  answer: { status?: number | null; response?: string | null; requestId?: string | null; externalId?: string; retryAfterSeconds?: number | null },
  state: 'failed' | 'retrying' | 'uncertain' = diagnosis.retryable ? 'retrying' : 'failed',
): SettledOutcome {
  const cause = causeOf(diagnosis);
  const key = payloadField(target.connector, diagnosis.field);
  return {
    id: record.id,
    state,
    external_id: answer.externalId ?? null,
    code: diagnosis.code,
    field: diagnosis.field,
    payload_field: key,
    message: diagnosis.message,
    template: cause.template,
    // What stands in our own payload is what a correction must replace; the text may quote anything.
    value: (key === null ? null : sentValue(record, key)) ?? cause.value,
    category: diagnosis.category,
    status: answer.status ?? null,
    response: answer.response ?? null,
    request_id: answer.requestId ?? null,
    retry_after_seconds: answer.retryAfterSeconds ?? null,
  };
}

function refuseChanged(record: ClaimedRecord): SettledOutcome {
  const message =
    `Version ${record.exported_version} of this record is already booked as ${record.external_id ?? 'exported'}, and the system cannot replace it. ` +
    'Correct it there, then dismiss this version.';
  return { id: record.id, state: 'failed', code: 'changed_after_export', message, template: 'An earlier version of this record is already booked.', category: 'conflict' };
}

export function putBack(record: ClaimedRecord): SettledOutcome {
  return { id: record.id, state: 'queued' };
}

function stillAccepted(record: ClaimedRecord): SettledOutcome {
  return { id: record.id, state: 'accepted', retry_after_seconds: VERDICT_SECONDS };
}

export function stopsRun(diagnosis: Diagnosis): boolean {
  return diagnosis.category === 'auth' || diagnosis.category === 'permission';
}

export function pickError(diagnosis: Diagnosis): Omit<RunError, 'status'> {
  return { message: diagnosis.message, code: diagnosis.code, field: diagnosis.field, category: diagnosis.category };
}

export function runError(failure: HttpFailure): RunError {
  return { ...pickError(failure.diagnosis), status: failure.status };
}

function outgoing(record: ClaimedRecord): OutgoingRecord {
  return {
    id: record.id,
    key: record.key,
    sourceType: record.source_type,
    sourceId: record.source_id,
    version: record.version,
    payload: record.payload,
    amount: record.amount,
    currency: record.currency,
    occurredOn: record.occurred_on,
    externalId: record.external_id,
  };
}
