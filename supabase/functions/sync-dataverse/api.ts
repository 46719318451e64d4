import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import type { ClientCredentials, TokenCache } from '../_kit/oauth.ts';
import { withToken } from '../_kit/oauth.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
/** What carries every call: the context, and the tokens of this worker. */
export type Session = { ctx: Context; tokens: TokenCache };

const trimmed = (url: string): string => url.replace(/\/+$/, '');

export const apiPath = ({ apiVersion }: Settings): string => `/api/data/${apiVersion}`;

/** https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors */
export const apiUrl = (settings: Settings): string => `${trimmed(settings.baseUrl)}${apiPath(settings)}`;

/** The environment itself is what the token is for; its name is without the `api` that its Web API has. */
export function grantOf({ settings, credential }: Context): ClientCredentials {
  return {
    tokenUrl: `${trimmed(settings.loginUrl)}/${encodeURIComponent(settings.tenantId)}/oauth2/v2.0/token`,
    ...credential,
    scope: `${new URL(settings.baseUrl).origin.replace('.api.crm', '.crm')}/.default`,
  };
}

export function get({ ctx, tokens }: Session, path: string, headers: Record<string, string> = {}): Promise<HttpResponse> {
  return withToken(tokens, ctx.http, grantOf(ctx), (token) =>
    ctx.http.send({
      url: `${apiUrl(ctx.settings)}/${path}`,
      headers: { ...headers, 'authorization': `Bearer ${token}`, 'odata-version': '4.0', 'odata-maxversion': '4.0' },
    }));
}
