import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpRequest, HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
/** What carries every call: the context, and the tokens of this worker. */
export type Session = { ctx: Context; tokens: TokenCache };

/** The day's calls are counted over 24 hours, hour by hour. */
const DAILY_PAUSE_SECONDS = 3_600;

/**
 * One call under the My Domain address. A used-up limit is a 403 without a time to wait.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 */
export async function call({ ctx, tokens }: Session, path: string, request: Omit<HttpRequest, 'url'> = {}): Promise<HttpResponse> {
  const base = ctx.settings.baseUrl.replace(/\/+$/, '');
  const grant = { tokenUrl: `${base}/services/oauth2/token`, ...ctx.credential, scope: '' };
  try {
    return await withToken(tokens, ctx.http, grant, (token) => (
      ctx.http.send({
        ...request,
        url: `${base}/services/${path}`,
        headers: { 'content-type': 'application/json', ...request.headers, authorization: `Bearer ${token}` },
      })
    ));
  } catch (error) {
    if (error instanceof HttpFailure && /^TotalRequests Limit exceeded/i.test(error.diagnosis.message)) {
      error.retryAfterSeconds ??= DAILY_PAUSE_SECONDS;
    }
    throw error;
  }
}

export const data = ({ settings }: Context, path: string): string => `data/${settings.apiVersion}/${path}`;
