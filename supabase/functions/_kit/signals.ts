import { readSignals } from './answers.ts';
import { asRunError } from './check.ts';
import { contain } from './contain.ts';
import type { AnyConnector, ConnectorContext, Signal } from './connector.ts';
import type { Redactor } from './redact.ts';
import type { Ended, SliceOptions } from './slice.ts';
import type { Slice, StoredSignal } from './store.ts';
import { storable } from './told.ts';

/**
 * What the system measures of itself, once at the end of a run. Where measuring is all that the integration does, failing at it fails the
 * run; elsewhere what was moved is moved, and that nothing could be measured is a finding of its own.
 */
export async function measure(connector: AnyConnector, ctx: ConnectorContext, slice: Slice, redact: Redactor, options: SliceOptions): Promise<Ended> {
  const { signals } = connector;
  if (!signals) return { kind: 'done' };
  const { clock = () => new Date() } = options;
  try {
    const measured = await contain(ctx, (own) => signals.call(connector, own, clock()), readSignals);
    await options.store.recordSignals(slice.token, measured.map((signal) => stored(signal, redact)), null);
  } catch (thrown) {
    const error = asRunError(thrown);
    await options.store.recordSignals(slice.token, [], storable(redact(error.message), 2_000));
    options.log({ event: 'signals_unread', message: redact(error.message) });
    if (slice.direction === 'pull' && !connector.pull) return { kind: 'stop', error };
  }
  return { kind: 'done' };
}

function stored({ name, value, unit, at, warning, critical, isFloor, about }: Signal, redact: Redactor): StoredSignal {
  return {
    name, value, unit, at, about: storable(redact(about ?? ''), 200), warning: warning ?? null, critical: critical ?? null, is_floor: isFloor ?? false,
  };
}
