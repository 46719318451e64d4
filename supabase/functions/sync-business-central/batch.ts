import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

/** One operation of a batch; `body` is JSON text. */
export type Operation = { id: string; method: 'GET' | 'POST'; url: string; body?: string };

const batchAnswer = z.object({
  responses: z.array(
    z.object({
      id: z.string().nullable(),
      status: z.number(),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
    }),
  ),
});

/** An operation's own answer, in the form of a whole one, so that it is read and diagnosed like one. */
export type Part = HttpResponse;

/**
 * Runs up to 100 operations, each on its own: one that fails does not stop the rest. The answers come in any order and are
 * matched by id. https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/webservices/use-odata-batch
 */
export async function runBatch(
  ctx: Context,
  tokens: TokenCache,
  operations: Operation[],
): Promise<{ parts: Map<string, Part>; response: HttpResponse }> {
  const { settings, credential } = ctx;
  const trimmed = (url: string): string => url.replace(/\/+$/, '');
  // https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/webservices/authenticate-web-services-using-oauth
  const grant = {
    tokenUrl: `${trimmed(settings.loginUrl)}/${encodeURIComponent(settings.tenantId)}/oauth2/v2.0/token`,
    clientId: credential.clientId,
    clientSecret: credential.clientSecret,
    scope: 'https://api.businesscentral.dynamics.com/.default',
  };
  const body = `{"requests":[${operations.map(json).join(',')}]}`;
  const url = `${trimmed(settings.baseUrl)}/v2.0/${encodeURIComponent(settings.tenantId)}/${
    encodeURIComponent(settings.environment)
  }/api/v2.0/$batch`;
  return withToken(tokens, ctx.http, grant, async (token) => {
    const response = await ctx.http.send({
      method: 'POST',
      url,
      body,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
        prefer: 'odata.continue-on-error',
      },
    });
    const parts = new Map<string, Part>();
    for (const { id, status, headers, body: content } of shaped(ctx.http, response, batchAnswer).responses) {
      if (id !== null) parts.set(id, partOf(response, status, headers, content));
    }
    const unauthorized = [...parts.values()].filter((part) => part.status === 401);
    if (unauthorized.length > 0) tokens.forget(grant, token);
    // Nothing was let in, so all of it may be sent again with a new token.
    if (unauthorized[0] && unauthorized.length === operations.length) throw ctx.http.failure(unauthorized[0], 'refused');
    return { parts, response };
  });
}

function json({ id, method, url, body }: Operation): string {
  const head = JSON.stringify({ id, method, url, headers: { 'Content-Type': 'application/json', Accept: 'application/json' } });
  return body === undefined ? head : `${head.slice(0, -1)},"body":${body}}`;
}

function partOf(whole: HttpResponse, status: number, headers: Record<string, string>, content: unknown): Part {
  const body = content === undefined ? '' : typeof content === 'string' ? content : JSON.stringify(content);
  return { ...whole, status, headers, body, json: () => content };
}
