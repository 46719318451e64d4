import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped, unexpected } from '../_kit/payload.ts';
import { KINDS } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

export const entry = z.object({ id: z.int(), summary: z.string().default('') });
const listing = z.looseObject({ record_count: z.int() });
export const me = z.object({ name: z.string() });

export function call(
  tokens: TokenCache,
  { settings: set, credential: secret, http }: Context,
  path: string,
  body?: string,
): Promise<HttpResponse> {
  const base = set.baseUrl.replace(/\/+$/, '');
  const tokenUrl = `${base}/auth/token${set.tenant ? `?tenant=${encodeURIComponent(set.tenant)}` : ''}`;
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return withToken(
    tokens,
    http,
    { tokenUrl, ...secret, scope: set.scope },
    (token) => http.send({ url: `${base}/api/${path}`, headers: { ...headers, authorization: `Bearer ${token}` }, body }),
  );
}

/** One page of what the token may see, and how much there is of it. */
export async function list(tokens: TokenCache, ctx: Context, query: string) {
  const { path, list: name } = KINDS[ctx.settings.kind];
  const response = await call(tokens, ctx, `${path}?pageinate=true&page_no=1&${query}`);
  const { record_count: count, [name]: entries = [] } = shaped(ctx.http, response, listing);
  const read = z.array(entry).safeParse(entries);
  if (!read.success) throw unexpected(ctx.http, response, `at ${name}`);
  return { count, items: read.data, response };
}
