import { z } from 'zod';
import type { Checked, ConnectorContext, ReadConnector } from '../_kit/connector.ts';
import { createTokenCache, withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';
import { pullPage } from './pull.ts';
import type { Get } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';
import { readCall } from './webhook.ts';

type Context = ConnectorContext<Settings, Credential>;

const user = z.object({ email: z.string(), display_name: z.string().nullish(), type: z.int().nullish() });
const BASIC_USER = 1;

/** https://developers.zoom.us/docs/internal-apps/s2s-oauth/ */
function getter(tokens: TokenCache, { settings: set, credential: secret, http }: Context): Get {
  const grant = {
    tokenUrl: `${set.loginUrl.replace(/\/+$/, '')}/oauth/token`,
    clientId: secret.clientId,
    clientSecret: secret.clientSecret,
    scope: '',
    proof: 'basic' as const,
    extra: { grant_type: 'account_credentials', account_id: secret.accountId },
  };
  return (path, query = {}) => {
    const asked = new URLSearchParams(query).toString();
    const url = `${set.baseUrl.replace(/\/+$/, '')}/v2${path}${asked === '' ? '' : `?${asked}`}`;
    return withToken(tokens, http, grant, (token) => http.send({ url, headers: { authorization: `Bearer ${token}` } }));
  };
}

async function check(tokens: TokenCache, ctx: Context): Promise<Checked> {
  const get = getter(tokens, ctx);
  const [first = ''] = ctx.settings.hosts;
  const { email, display_name: name, type } = shaped(ctx.http, await get(`/users/${encodeURIComponent(first)}`), user);
  return {
    as: name ? `${name} (${email})` : email,
    warnings: [
      ...(ctx.credential.webhookSecrets.length === 0 ? ['No secret token is set for the webhook: calls from Zoom are refused.'] : []),
      ...(ctx.credential.webhookSecrets.length > 1
        ? ['Two secret tokens are accepted for the webhook. Take the old one away when the new one works.']
        : []),
      ...(type === BASIC_USER ? [`${email} has a basic licence: meetings with registration need a paid one.`] : []),
    ],
  };
}

const docs = 'https://developers.zoom.us/docs/api/meetings/';

/** Meetings and their registrants in Zoom: fetched, and told by webhook in between. */
export function zoom(tokens: TokenCache): ReadConnector<Settings, Credential> {
  return {
    system: 'zoom',
    title: 'Zoom',
    docs,
    settings,
    credential,
    credentialKind: 'oauth-client',
    // What a Pro account may ask of "medium" resources a second, shared by all its apps: https://developers.zoom.us/docs/api/rate-limits/
    rate: { requests: 20, perSeconds: 1 },
    streams: [{ name: 'meetings', title: 'Meetings', docs }, { name: 'registrants', title: 'Registrants', docs }],
    check: (ctx) => check(tokens, ctx),
    pull: (ctx, request) => pullPage({ settings: ctx.settings, http: ctx.http, get: getter(tokens, ctx) }, request),
    webhook: readCall,
  };
}

export const connector = zoom(createTokenCache(() => new Date()));
