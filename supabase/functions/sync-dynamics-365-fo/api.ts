import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { sendBatch } from '../_kit/odata-batch.ts';
import type { BatchPart, BatchRequest } from '../_kit/odata-batch.ts';
import { withToken } from '../_kit/oauth.ts';
import type { ClientCredentials, TokenCache } from '../_kit/oauth.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
/** What carries every call: the context, and the tokens of this worker. */
export type Session = { ctx: Context; tokens: TokenCache };

/** Longer than this a slice must not stand still, or it loses its lease. */
const BATCH_MS = 50_000;

const rootOf = ({ baseUrl }: Settings): string => new URL(baseUrl).origin;

function grantOf({ settings: own, credential: client }: Context): ClientCredentials {
  const login = own.loginUrl.replace(/\/+$/, '');
  return { tokenUrl: `${login}/${encodeURIComponent(own.tenantId)}/oauth2/v2.0/token`, ...client, scope: `${rootOf(own)}/.default` };
}

/** https://learn.microsoft.com/en-us/dynamics365/fin-ops-core/dev-itpro/data-entities/odata#batch-requests */
export function batch({ ctx, tokens }: Session, requests: BatchRequest[]): Promise<{ parts: BatchPart[]; response: HttpResponse }> {
  const url = `${rootOf(ctx.settings)}/data/$batch`;
  return withToken(tokens, ctx.http, grantOf(ctx), (token) =>
    sendBatch(ctx.http, { url, headers: { authorization: `Bearer ${token}` }, changeSets: true, timeoutMs: BATCH_MS }, requests));
}

export function read({ ctx, tokens }: Session, path: string): Promise<HttpResponse> {
  return withToken(tokens, ctx.http, grantOf(ctx), (token) =>
    ctx.http.send({ url: `${rootOf(ctx.settings)}/data/${path}`, headers: { authorization: `Bearer ${token}` } }));
}
