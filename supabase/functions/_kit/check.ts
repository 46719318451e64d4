import { readChecked } from './answers.ts';
import { contain, ConnectorFault } from './contain.ts';
import type { AnyConnector, ConnectorContext } from './connector.ts';
import { HttpFailure } from './http.ts';
import type { Redactor } from './redact.ts';
import { LONGEST_PAUSE_SECONDS } from './push.ts';
import { DEFAULT_PAUSE_SECONDS, pickError, runError, stopsRun } from './send.ts';
import type { Ended, SliceOptions } from './slice.ts';
import type { RunError, Slice } from './store.ts';
import { storable } from './told.ts';

/**
 * Looks whether address and credential work, where somebody asked or the credential is new. A refusal ends the run before anything is
 * sent with it. What passes by itself (the system is down) decides nothing, unless the look is all there is to do: the work will tell.
 */
export async function checkFirst(
  connector: AnyConnector, ctx: ConnectorContext, slice: Slice, redact: Redactor, { store, log }: SliceOptions,
): Promise<Ended | null> {
  const { check } = connector;
  const isAll = slice.trigger === 'check';
  if (!isAll && !slice.check_due) return null;
  if (!check) {
    await store.recordCheck(slice.token, { as: null, warnings: ['This connector cannot look without moving something.'], expires_at: null }, null);
    return null;
  }
  try {
    const { as, warnings, expiresAt } = await contain(ctx, (own) => check.call(connector, own), readChecked);
    const clean = (text: string): string => storable(redact(text), 500);
    await store.recordCheck(slice.token, { as: as === null ? null : clean(as), warnings: warnings.map(clean), expires_at: expiresAt ?? null }, null);
    return null;
  } catch (error) {
    const refusal = asRunError(error);
    const ended = endedBy(error);
    // Told to wait, the work waits too.
    if (ended.kind === 'pause') return ended;
    if (!isAll && !(error instanceof HttpFailure && stopsRun(error.diagnosis))) {
      log({ event: 'check_failed', message: refusal.message });
      return null;
    }
    await store.recordCheck(slice.token, null, storable(redact(refusal.message), 2_000));
    // A right that looking needs may be one that sending does not.
    return isAll || refusal.category === 'auth' ? ended : null;
  }
}

/** What went wrong, as the error of a run; what is neither the client's nor the connector's is thrown on. */
export function asRunError(error: unknown): RunError {
  if (error instanceof HttpFailure) return runError(error);
  if (!(error instanceof ConnectorFault)) throw error;
  const message = `The connector failed: ${error.message}`;
  return { ...pickError({ message, code: 'connector_error', field: null, category: 'server', retryable: true }), status: null };
}

/** How what was thrown ends the work: with a pause where the system asked for one that a run can wait for, else with its error. */
export function endedBy(thrown: unknown): Extract<Ended, { kind: 'stop' | 'pause' }> {
  const error = asRunError(thrown);
  if (!(thrown instanceof HttpFailure) || thrown.diagnosis.category !== 'rate_limit') return { kind: 'stop', error };
  const seconds = thrown.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS;
  return seconds > LONGEST_PAUSE_SECONDS ? { kind: 'stop', error } : { kind: 'pause', seconds, error };
}
