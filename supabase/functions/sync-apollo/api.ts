import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

const contact = z.looseObject({
  id: z.string().min(1),
  created_at: z.iso.datetime({ offset: true }),
  updated_at: z.iso.datetime({ offset: true }),
  person_id: z.string().nullish(),
  email: z.string().nullish(),
});
export type Contact = z.infer<typeof contact>;
const found = z.object({ contacts: z.array(contact), pagination: z.object({ total_entries: z.int(), total_pages: z.int() }) });

const balance = z.object({ limit: z.number().nullish(), left_over: z.number().nullish() });
export type Balance = z.infer<typeof balance>;
const credits = z.object({ credit_usage_stats: z.record(z.string(), balance) });
const requests = z.record(z.string(), z.object({ day: balance.nullish(), hour: balance.nullish() }));

/** https://docs.apollo.io/reference/authentication */
export function call(ctx: Context, path: string, body?: object, method?: string): Promise<HttpResponse> {
  const url = `${ctx.settings.baseUrl.replace(/\/+$/, '')}/api/v1/${path}`;
  return ctx.http.send({ method, url, body, headers: { 'x-api-key': ctx.credential.apiKey } });
}

/** Apollo shows no more than the first 500 pages of a search. */
export const LAST_PAGE = 500;
export const PAGE = 100;
export const MOST_SHOWN = LAST_PAGE * PAGE;

export type List = { contacts: Contact[]; total: number; isLast: boolean };

/**
 * One page of the team's contacts, the latest first. What Apollo answers past its last page is not documented; a page beyond the first that
 * it refuses as such is the end, and no failure.
 * https://docs.apollo.io/reference/search-for-contacts
 */
export async function contactsBy(ctx: Context, field: 'contact_created_at' | 'contact_updated_at', page: number, size = PAGE): Promise<List> {
  const { pullLabelIds } = ctx.settings;
  const narrowed = pullLabelIds.length === 0 ? {} : { contact_label_ids: pullLabelIds };
  if (page > LAST_PAGE) return { contacts: [], total: 0, isLast: true };
  try {
    const response = await call(ctx, 'contacts/search', { ...narrowed, sort_by_field: field, sort_ascending: false, page, per_page: size });
    const { contacts, pagination } = shaped(ctx.http, response, found);
    const isLast = contacts.length === 0 || page >= Math.min(pagination.total_pages, LAST_PAGE);
    return { contacts, total: pagination.total_entries, isLast };
  } catch (error) {
    if (page > 1 && error instanceof HttpFailure && (error.status === 400 || error.status === 422)) return { contacts: [], total: 0, isLast: true };
    throw error;
  }
}

/** https://docs.apollo.io/reference/view-credit-usage-stats */
export async function creditsOf(ctx: Context): Promise<Record<string, Balance>> {
  return shaped(ctx.http, await call(ctx, 'usage_stats/credit_usage_stats', {}), credits).credit_usage_stats;
}

/** By endpoint, whose names are written as lists: `["api/v1/contacts", "search"]`. https://docs.apollo.io/reference/view-api-usage-stats */
export async function requestsOf(ctx: Context): Promise<Map<string, Balance>> {
  const told = shaped(ctx.http, await call(ctx, 'usage_stats/api_usage_stats', {}), requests);
  return new Map(Object.entries(told).flatMap(([key, { day }]) => {
    const [, path, action] = /^\["api\/v1\/([\w/]+)", ?"(\w+)"\]$/.exec(key) ?? [];
    return path && day ? [[`${path}/${action}`, day]] : [];
  }));
}
