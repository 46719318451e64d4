import type { Signal } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { creditsOf, requestsOf } from './api.ts';
import type { Balance, Context } from './api.ts';
import type { Settings } from './settings.ts';

/** Endpoints this connector uses. */
const USED = ['contacts/create', 'contacts/update', 'contacts/search', 'people/bulk_match'];

type Bounds = { warning: number; critical: number };

/** What a plan does not include has a limit of 0, and what it does not limit has none. `least` is at which number something stops. */
function leftOf(name: string, about: string, { limit, left_over: left }: Balance, bounds: Bounds, at: string, least = 0): Signal[] {
  if (!limit || left === null || left === undefined) return [];
  const part = (percent: number): number => Math.floor((limit * percent) / 100);
  const warning = Math.max(part(bounds.warning), least);
  return [{ name, value: left, unit: 'count', warning, critical: part(bounds.critical), isFloor: true, at, about }];
}

export async function signals(ctx: Context, now: Date): Promise<Signal[]> {
  const at = now.toISOString();
  const { creditKinds, creditsLeft, requestsLeft, enrich } = ctx.settings;
  const credits = await creditsOf(ctx);
  const requests = await requestsOf(ctx).catch(unlessWithheld);
  return [
    ...creditKinds.flatMap((kind) => leftOf('credits_left', kind, credits[kind] ?? {}, creditsLeft, at, stopsAt(kind, enrich))),
    ...USED.flatMap((endpoint) => leftOf('requests_left_today', endpoint, requests.get(endpoint) ?? {}, requestsLeft, at)),
  ];
}

/** Enriching stops at what is to be left alone, which must not go unseen. */
const stopsAt = (kind: string, enrich: Settings['enrich']): number => (enrich && kind === 'lead_credit' ? enrich.leastCredits + 1 : 0);

/** Many keys are made without this endpoint; `check` says so. */
function unlessWithheld(error: unknown): Map<string, Balance> {
  if (error instanceof HttpFailure && error.status === 403) return new Map();
  throw error;
}
