import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

/** Seconds to wait by the limit that was reached: HubSpot names it and tells no time. The day's ends at midnight of the account. */
const PAUSES: Record<string, number> = { SECONDLY: 1, TEN_SECONDLY_ROLLING: 10, DAILY: 3_600 };

/** https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines */
export async function call(ctx: Context, path: string, body?: string | object): Promise<HttpResponse> {
  try {
    return await ctx.http.send({
      url: `${ctx.settings.baseUrl.replace(/\/+$/, '')}/${path}`,
      body,
      headers: { authorization: `Bearer ${ctx.credential.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    });
  } catch (error) {
    if (error instanceof HttpFailure && error.status === 429) {
      const policy = /"policyName"\s*:\s*"(\w+)"/.exec(error.response ?? '')?.[1] ?? '';
      error.retryAfterSeconds ??= PAUSES[policy] ?? null;
    }
    throw error;
  }
}
