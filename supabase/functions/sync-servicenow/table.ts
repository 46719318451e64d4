import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

/** With `sysparm_exclude_reference_link` every column is text; an empty one is the empty text. */
export type Row = Record<string, string>;

const rows = z.object({ result: z.array(z.record(z.string(), z.string())) });

/**
 * One call. A transaction that runs out of time after the answer has begun ends in a body that says so, under status 200.
 * https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_RESTAPI.html
 */
export async function call(ctx: Context, path: string, body?: string): Promise<HttpResponse> {
  const { username, password } = ctx.credential;
  const response = await ctx.http.send({
    url: `${ctx.settings.baseUrl.replace(/\/+$/, '')}/api/now/${path}`,
    body,
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
  });
  const answer = response.json();
  if (typeof answer === 'object' && answer !== null && 'error' in answer) throw ctx.http.failure(response, 'unknown');
  return response;
}

/** https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html */
export async function read(
  ctx: Context,
  table: string,
  query: string,
  fields: string[],
  limit: number,
): Promise<{ rows: Row[]; response: HttpResponse }> {
  const parameters = new URLSearchParams({
    sysparm_query: query,
    sysparm_limit: String(limit),
    sysparm_exclude_reference_link: 'true',
    sysparm_no_count: 'true',
    ...(fields.length === 0 ? {} : { sysparm_fields: fields.join(',') }),
  });
  const response = await call(ctx, `table/${encodeURIComponent(table)}?${parameters}`);
  return { rows: shaped(ctx.http, response, rows).result, response };
}
