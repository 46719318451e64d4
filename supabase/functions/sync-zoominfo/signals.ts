import type { Signal } from '../_kit/connector.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { isCredits, usageOf } from './api.ts';
import type { Context } from './api.ts';
import type { Settings } from './settings.ts';

type Bounds = { warning: number; critical: number };

/** Enriching stops at what is to be left alone, which must not go unseen. */
const stopsAt = (limitType: string, enrich: Settings['enrich']): number => (enrich && isCredits(limitType) ? enrich.leastCredits + 1 : 0);

function leftOf(name: string, left: number, limit: number, bounds: Bounds, own: Pick<Signal, 'at' | 'about'>, least = 0): Signal[] {
  // -1 says that ZoomInfo does not know just now.
  if (!(limit > 0) || !(left >= 0)) return [];
  const part = (percent: number): number => Math.floor((limit * percent) / 100);
  const warning = Math.max(part(bounds.warning), least);
  return [{ name, value: left, unit: 'count', warning, critical: part(bounds.critical), isFloor: true, ...own }];
}

export async function signals(tokens: TokenCache, ctx: Context, now: Date): Promise<Signal[]> {
  const at = now.toISOString();
  const { usageLeft, requestsLeft, enrich } = ctx.settings;
  const { limits, headers } = await usageOf(tokens, ctx);
  const counted = (name: string): number => Number(headers[`x-ratelimit-${name}-day`] ?? Number.NaN);
  return [
    ...limits.flatMap(({ limitType: about, totalLimit, usageRemaining }) =>
      leftOf('usage_left', usageRemaining ?? -1, totalLimit ?? 0, usageLeft, { at, about }, stopsAt(about, enrich))),
    ...leftOf('requests_left_today', counted('remaining'), counted('limit'), requestsLeft, { at }),
  ];
}
