import { Buffer } from 'node:buffer';
import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpRequest, HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

/** `path` is a path of the settings, or the whole address of a next page. */
export type Call = Omit<HttpRequest, 'url'> & { path: string };

/** Calls with the credential, and only where it may go. */
export async function call(ctx: Context, tokens: TokenCache, { path, ...request }: Call): Promise<HttpResponse> {
  const { settings: { auth }, credential } = ctx;
  const url = addressOf(ctx, path);
  const send = (headers: Record<string, string>): Promise<HttpResponse> =>
    ctx.http.send({ ...request, url: url.href, headers: { ...request.headers, ...headers } });
  switch (auth.kind) {
    case 'header':
      if (!('apiKey' in credential)) throw mismatch('apiKey', auth.kind);
      return send({ [auth.name]: `${auth.prefix}${credential.apiKey}` });
    case 'query':
      if (!('apiKey' in credential)) throw mismatch('apiKey', auth.kind);
      url.searchParams.set(auth.name, credential.apiKey);
      return send({});
    case 'basic':
      if (!('username' in credential)) throw mismatch('username', auth.kind);
      return send({ authorization: `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}` });
    case 'bearer':
      if (!('token' in credential)) throw mismatch('token', auth.kind);
      return send({ authorization: `Bearer ${credential.token}` });
    case 'oauth': {
      if (!('clientId' in credential)) throw mismatch('clientId', auth.kind);
      const { clientId, clientSecret } = credential;
      const { tokenUrl, scope, proof, extra } = auth;
      allow(ctx, new URL(tokenUrl));
      const grant = { tokenUrl, clientId, clientSecret, scope, proof, extra };
      return withToken(tokens, ctx.http, grant, (token) => send({ authorization: `Bearer ${token}` }));
    }
  }
}

function addressOf(ctx: Context, path: string): URL {
  const base = ctx.settings.baseUrl.replace(/\/+$/, '');
  const url = new URL(path.startsWith('/') ? `${base}${path}` : path);
  if (url.origin !== new URL(base).origin) {
    throw refused('address_elsewhere', `The system names ${url.host} as its next page, which is not the address of the settings.`, null);
  }
  allow(ctx, url);
  return url;
}

/** Whoever may change settings must not be able to send somebody else's secret to a place of their own. */
function allow({ credential: { hosts } }: Context, url: URL): void {
  if (hosts.includes(url.hostname)) return;
  throw refused(
    'credential_for_another_host',
    `The credential is for ${hosts.join(', ')}, and the settings say ${url.hostname}.`,
    'baseUrl',
  );
}

function mismatch(wanted: string, kind: string): HttpFailure {
  return refused('credential_of_another_kind', `The settings ask for ${kind}, and the credential has no "${wanted}".`, 'auth');
}

function refused(code: string, message: string, field: string | null): HttpFailure {
  const nothing = { status: null, response: null, requestId: null, retryAfterSeconds: null };
  return new HttpFailure({ diagnosis: { message, code, field, category: 'auth', retryable: false }, delivered: 'no', ...nothing });
}
