import type { AnyConnector, ConfiguredConnector, Connector, OfSettings, Rate, Stream } from './connector.ts';

/** What a run is told of a system when a slice begins: how it deduplicates, and how long it may still be working. */
export type Told = { dedupe: string; settlesWithinSeconds: number };

/** Before the settings are read, and for what is only read: nothing was sent that could be doubted. */
const UNTOLD: Told = { dedupe: 'none', settlesWithinSeconds: 120 };

/** What can be told without settings; `isWhole` is false where the rest follows from them. */
export function toldAtOnce({ dedupe, settlesWithinSeconds }: AnyConnector): Told & { isWhole: boolean } {
  if (dedupe === undefined || settlesWithinSeconds === undefined) return { ...UNTOLD, isWhole: true };
  if (typeof dedupe !== 'string' || typeof settlesWithinSeconds !== 'number') return { ...UNTOLD, isWhole: false };
  return { dedupe, settlesWithinSeconds, isWhole: true };
}

/** The connector as it is for these settings, every fact a value; null if it takes no records. */
export function pushingFor(connector: AnyConnector, settings: unknown): Connector | null {
  if (connector.push === undefined) return null;
  const { dedupe, batchSize, settlesWithinSeconds, fields, replaces } = connector;
  if ([dedupe, batchSize, settlesWithinSeconds, fields, replaces].every((fact) => typeof fact !== 'function')) return connector as Connector;
  const { streams, ...rest } = connector as ConfiguredConnector;
  return {
    ...rest,
    ...(streams === undefined ? {} : { streams: factOf(streams, settings) }),
    dedupe: factOf(dedupe, settings),
    batchSize: factOf(batchSize, settings),
    settlesWithinSeconds: factOf(settlesWithinSeconds, settings),
    fields: factOf(fields, settings),
    replaces: factOf(replaces, settings),
  };
}

export function streamsFor({ streams = [] }: AnyConnector, settings: unknown): Stream[] {
  return factOf(streams, settings);
}

export function rateFor({ rate }: AnyConnector, settings: unknown): Rate | null {
  return rate === undefined ? null : factOf(rate, settings);
}

/** `settings` are what the connector's own schema let through. */
function factOf<Fact>(fact: OfSettings<Fact, unknown>, settings: unknown): Fact {
  return typeof fact === 'function' ? (fact as (settings: unknown) => Fact)(settings) : fact;
}
