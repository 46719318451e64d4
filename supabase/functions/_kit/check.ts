import { readChecked } from './answers.ts';
import { contain, ConnectorFault } from './contain.ts';
import type { AnyConnector, ConnectorContext } from './connector.ts';
import { HttpFailure } from './http.ts';
import type { Redactor } from './redact.ts';
import { pickError, runError, stopsRun } from './send.ts';
import type { SliceOptions } from './slice.ts';
import type { RunError, Slice } from './store.ts';
import { storable } from './told.ts';

/**
 * Looks whether address and credential work, where somebody asked or the credential is new. A refusal ends the run before anything is
 * sent with it. What passes by itself (the system is down) decides nothing, unless the look is all there is to do: the work will tell.
 */
export async function checkFirst(
  connector: AnyConnector, ctx: ConnectorContext, slice: Slice, redact: Redactor, { store, log }: SliceOptions,
): Promise<RunError | null> {
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
    if (!isAll && !(error instanceof HttpFailure && stopsRun(error.diagnosis))) {
      log({ event: 'check_failed', message: refusal.message });
      return null;
    }
    await store.recordCheck(slice.token, null, storable(redact(refusal.message), 2_000));
    return refusal;
  }
}

/** What went wrong, as the error of a run; what is neither the client's nor the connector's is thrown on. */
export function asRunError(error: unknown): RunError {
  if (error instanceof HttpFailure) return runError(error);
  if (!(error instanceof ConnectorFault)) throw error;
  const message = `The connector failed: ${error.message}`;
  return { ...pickError({ message, code: 'connector_error', field: null, category: 'server', retryable: true }), status: null };
}
