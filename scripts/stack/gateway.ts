import { getRequestListener } from '@hono/node-server';
import { request as callOn, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import { listen, pathOf, type Listening } from './http.ts';
import { createRateLimit, REFRESHES, SIGN_INS, type RateLimit } from './rate-limit.ts';

export type GatewayOptions = {
  port: number;
  api: Api;
  /** Where the functions listen at this moment; null while they are down. */
  functionsPort(): number | null;
  /** The origins whose pages may read the answers. */
  origins(): string[];
  now(): Date;
};

/** Opens the one address a hosted project has: `/auth/v1` and `/rest/v1` to the API, `/functions/v1` to Deno. */
export function startGateway(options: GatewayOptions): Promise<Listening> {
  const toApi = getRequestListener((request, env) => options.api.fetch(request, env.incoming.socket.remoteAddress ?? null), {
    overrideGlobalObjects: false,
  });
  const limits = { signIns: createRateLimit(SIGN_INS, options.now), refreshes: createRateLimit(REFRESHES, options.now) };
  return listen((request, response) => {
    const path = pathOf(request) ?? '';
    allowOrigin(request, response, options.origins());
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (path.startsWith('/auth/v1/') && isTooMany(request, response, path, limits)) return;
    if (/^\/(auth|rest)\/v1(\/|$)/.test(path)) return void toApi(request, response);
    if (path.startsWith('/functions/v1/')) return toFunctions(request, response, options.functionsPort());
    sayJson(response, 404, { message: 'no Route matched with those values' });
  }, options.port, 'API');
}

/**
 * Answers 429 to an address that tries to sign in too often, as hosted Auth does. Signing in successfully costs nothing
 * here: on one machine all come from the same address.
 */
function isTooMany(request: IncomingMessage, response: ServerResponse, path: string, limits: { signIns: RateLimit; refreshes: RateLimit }): boolean {
  if (request.method !== 'POST' || !/^\/auth\/v1\/+(token|signup|otp|magiclink|recover|resend|verify)\/*$/i.test(path)) return false;
  const grant = URL.parse(request.url ?? '', 'http://127.0.0.1')?.searchParams.get('grant_type');
  const attempt = (grant === 'refresh_token' ? limits.refreshes : limits.signIns).take(request.socket.remoteAddress ?? '');
  if (attempt.allowed) {
    if (grant === 'password') response.on('finish', () => { if (response.statusCode < 400) attempt.giveBack(); });
    return false;
  }
  response.setHeader('retry-after', String(attempt.retryAfterSeconds));
  sayJson(response, 429, { code: 429, error_code: 'over_request_rate_limit', msg: 'Request rate limit reached' });
  return true;
}

/** Sets CORS for the page's origin, and keeps what the API itself would say (`*`) from being sent. */
function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: string[]): void {
  const { origin } = request.headers;
  const headers: OutgoingHttpHeaders = { vary: 'Origin' };
  if (origin !== undefined && origins.includes(origin)) {
    headers['access-control-allow-origin'] = origin;
    headers['access-control-allow-methods'] = 'GET, HEAD, POST, PATCH, PUT, DELETE';
    headers['access-control-allow-headers'] = request.headers['access-control-request-headers'] ?? '*';
    headers['access-control-expose-headers'] = 'Content-Range, Content-Location, Preference-Applied, X-Supabase-Api-Version';
    headers['access-control-max-age'] = '600';
  }
  const writeHead = response.writeHead.bind(response) as (status: number, headers?: OutgoingHttpHeaders) => ServerResponse;
  Object.assign(response, {
    writeHead(status: number, own?: OutgoingHttpHeaders | string) {
      const kept = Object.entries(typeof own === 'object' ? own : {}).filter(([name]) => !/^(access-control-|vary$)/i.test(name));
      for (const name of response.getHeaderNames()) if (name.startsWith('access-control-')) response.removeHeader(name);
      return writeHead(status, { ...Object.fromEntries(kept), ...headers });
    },
  });
}

/** Passes bytes through untouched, so that what a function signs or compresses arrives as it was sent. */
function toFunctions(request: IncomingMessage, response: ServerResponse, port: number | null): void {
  if (port === null) return sayJson(response, 503, { code: 'SERVICE_UNAVAILABLE', message: 'Service is temporarily unavailable' });
  const { connection: _, ...headers } = request.headers;
  const call = callOn({ host: '127.0.0.1', port, method: request.method, path: request.url, headers });
  call.on('response', (answer) => {
    const { connection: _connection, 'transfer-encoding': _encoding, ...own } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, own);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  call.on('error', () => {
    if (response.headersSent) response.destroy();
    else sayJson(response, 502, { code: 'BAD_GATEWAY', message: 'The function went away before it answered' });
  });
  response.on('close', () => call.destroy());
  request.pipe(call);
}

function sayJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
