import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

const TYPE = 'application/vnd.api+json';
const id = z.string().min(1);

const found = z.object({
  data: z.array(z.object({ id, attributes: z.looseObject({ lastUpdatedDate: z.string().nullish() }) })),
  meta: z.object({ page: z.object({ total: z.int() }), totalResults: z.int() }),
});
export type Contact = z.infer<typeof found>['data'][number];

/** What was found, and what became of those that were not, stand side by side in one list, under 200. */
const enriched = z.object({
  data: z.array(z.object({
    id,
    attributes: z.looseObject({}).nullish(),
    meta: z.looseObject({ matchStatus: z.string(), input: z.looseObject({ personId: z.union([z.string(), z.number()]).nullish() }).nullish() }),
  })),
});
export type Enriched = z.infer<typeof enriched>['data'][number];

const limit = z.object({ limitType: z.string(), totalLimit: z.number().nullish(), usageRemaining: z.number().nullish() });
export type Limit = z.infer<typeof limit>;
const usage = z.object({ data: z.array(z.object({ attributes: z.object({ usage: z.array(limit) }) })) });

/** https://docs.zoominfo.com/docs/client-credentials-flow */
function call(tokens: TokenCache, ctx: Context, path: string, type?: string, attributes?: object): Promise<HttpResponse> {
  const { baseUrl, loginUrl, scope } = ctx.settings;
  const grant = { tokenUrl: `${loginUrl.replace(/\/+$/, '')}/oauth2/default/v1/token`, ...ctx.credential, scope, proof: 'basic' as const };
  const body = type === undefined ? undefined : JSON.stringify({ data: { type, attributes } });
  return withToken(tokens, ctx.http, grant, (token) => ctx.http.send({
    url: `${baseUrl.replace(/\/+$/, '')}/gtm/data/v1/${path}`,
    body,
    headers: { accept: TYPE, authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': TYPE }) },
  }));
}

export const PAGE = 100;
/** ZoomInfo shows no more pages of a search: https://docs.zoominfo.com/docs/pagination-batching-and-bulk */
export const LAST_PAGE = 100;
export const MOST_SHOWN = PAGE * LAST_PAGE;

export type List = { contacts: Contact[]; total: number; isLast: boolean };

/** One page of what the settings look for. A page beyond the first that is refused with 400 lies past the last: the end, and no failure. */
export async function searched(tokens: TokenCache, ctx: Context, since: string | null, page: number, size = PAGE): Promise<List> {
  if (page > LAST_PAGE) return { contacts: [], total: 0, isLast: true };
  const attributes = { ...ctx.settings.search, ...(since === null ? {} : { lastUpdatedDateAfter: since }) };
  try {
    const response = await call(tokens, ctx, `contacts/search?page[number]=${page}&page[size]=${size}&sort=lastName`, 'ContactSearch', attributes);
    const { data, meta } = shaped(ctx.http, response, found);
    return { contacts: data, total: meta.totalResults, isLast: data.length === 0 || page >= Math.min(meta.page.total, LAST_PAGE) };
  } catch (error) {
    if (page > 1 && error instanceof HttpFailure && error.status === 400) return { contacts: [], total: 0, isLast: true };
    throw error;
  }
}

/** At most 25: https://docs.zoominfo.com/reference/enrichinterface_enrichcontact */
export async function enrich(tokens: TokenCache, ctx: Context, ids: string[]): Promise<{ data: Enriched[]; response: HttpResponse }> {
  const { outputFields = [], requiredFields = [] } = ctx.settings.enrich ?? {};
  const response = await call(tokens, ctx, 'contacts/enrich', 'ContactEnrich', {
    matchPersonInput: ids.map((personId) => ({ personId: Number(personId) })),
    outputFields,
    ...(requiredFields.length === 0 ? {} : { requiredFields }),
  });
  return { data: shaped(ctx.http, response, enriched).data, response };
}

/** The limits of the contract, and how many requests are left: https://docs.zoominfo.com/docs/rate-limits */
export async function usageOf(tokens: TokenCache, ctx: Context): Promise<{ limits: Limit[]; headers: Record<string, string> }> {
  const response = await call(tokens, ctx, 'users/usage');
  return { limits: shaped(ctx.http, response, usage).data.flatMap(({ attributes }) => attributes.usage), headers: response.headers };
}

/** Enriching uses up what is counted as unique ids. */
export const isCredits = (limitType: string): boolean => /^unique/i.test(limitType);

/** A contract without such a limit has no end of them. */
export function creditsIn(limits: Limit[]): number {
  const limited = limits.filter(({ limitType, totalLimit }) => isCredits(limitType) && (totalLimit ?? 0) > 0);
  return Math.min(...limited.map((one) => one.usageRemaining ?? 0), Infinity);
}
