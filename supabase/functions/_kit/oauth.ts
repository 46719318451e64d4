import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HttpFailure } from './http.ts';
import type { Http } from './http.ts';

/** Who asks for a token, where, and for what. */
export type ClientCredentials = { tokenUrl: string; clientId: string; clientSecret: string; scope: string };

/** The access tokens of one worker: each fetched once, shared, and renewed before it runs out. */
export type TokenCache = {
  /** A token good for at least the next minutes. Throws `HttpFailure`: a refused secret is category `auth`. */
  token(http: Http, grant: ClientCredentials): Promise<string>;
  /** Forgets this token, unless another has taken its place already. */
  forget(grant: ClientCredentials, token: string): void;
};

type Entry = { pending: Promise<string>; token: string | null; expiresAt: number };

/** A token is not used in the last part of its life: the request that carries it has to arrive, too. */
const RENEW_BEFORE_SECONDS = 300;

const answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const refusal = z.object({ error: z.string(), error_description: z.string(), error_codes: z.array(z.number()).optional() });

const keyOf = ({ tokenUrl, clientId, clientSecret, scope }: ClientCredentials): string =>
  [tokenUrl, clientId, scope, createHash('sha256').update(clientSecret).digest('hex')].join(' ');

/** @param clock Tells when a token runs out. */
export function createTokenCache(clock: () => Date): TokenCache {
  const entries = new Map<string, Entry>();

  function fetchInto(entry: Entry, http: Http, grant: ClientCredentials): Promise<string> {
    const asked = clock().getTime();
    return requestToken(http, grant).then((granted) => {
      const margin = Math.min(RENEW_BEFORE_SECONDS, granted.expires_in / 2);
      entry.token = granted.access_token;
      entry.expiresAt = asked + (granted.expires_in - margin) * 1_000;
      return granted.access_token;
    });
  }

  return {
    token(http, grant) {
      const key = keyOf(grant);
      const known = entries.get(key);
      if (known && known.expiresAt > clock().getTime()) return known.pending;
      const entry: Entry = { pending: Promise.resolve(''), token: null, expiresAt: Infinity };
      entries.set(key, entry);
      entry.pending = fetchInto(entry, http, grant);
      entry.pending.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return entry.pending;
    },
    forget(grant, token) {
      const key = keyOf(grant);
      if (entries.get(key)?.token === token) entries.delete(key);
    },
  };
}

/**
 * Calls with a token, and once more with a new one when the system says 401: it may have withdrawn the token early.
 * A 401 took nothing, so calling again is safe.
 */
export async function withToken<T>(
  cache: TokenCache,
  http: Http,
  grant: ClientCredentials,
  call: (token: string) => Promise<T>,
): Promise<T> {
  const token = await cache.token(http, grant);
  try {
    return await call(token);
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.status !== 401) throw error;
    cache.forget(grant, token);
    return call(await cache.token(http, grant));
  }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function requestToken(http: Http, grant: ClientCredentials): Promise<z.infer<typeof answer>> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: grant.clientId,
    client_secret: grant.clientSecret,
    scope: grant.scope,
  });
  try {
    const response = await http.send({
      method: 'POST',
      url: grant.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
    });
    const granted = answer.safeParse(response.json());
    if (!granted.success) throw http.failure(response);
    return granted.data;
  } catch (error) {
    throw error instanceof HttpFailure ? aboutToken(error) : error;
  }
}

/** Without a token no record was sent, whatever became of the request for it. */
function aboutToken(failure: HttpFailure): HttpFailure {
  const refused = failure.status !== null && failure.status >= 400 && failure.status < 500 ? describe(failure) : null;
  return new HttpFailure({ ...fieldsOf(failure), delivered: refused ? 'refused' : 'no', diagnosis: refused ?? failure.diagnosis });
}

/** The refusal in the token service's own words, less the trace numbers that make every one different. */
function describe({ status, response, diagnosis }: HttpFailure): HttpFailure['diagnosis'] {
  if (status === 429) return diagnosis;
  let body: unknown = null;
  try {
    body = JSON.parse(response ?? '');
  } catch {
    return diagnosis;
  }
  const told = refusal.safeParse(body);
  if (!told.success) return diagnosis;
  const text = told.data.error_description.split(/\s*Trace ID:/)[0] ?? told.data.error;
  const code = /^AADSTS\d+/.exec(text)?.[0] ?? told.data.error;
  return { message: text.replace(/^AADSTS\d+:\s*/, '').trim(), code, field: null, category: 'auth', retryable: false };
}

function fieldsOf(
  { diagnosis, delivered, status, response, requestId, retryAfterSeconds }: HttpFailure,
): ConstructorParameters<typeof HttpFailure>[0] {
  return { diagnosis, delivered, status, response, requestId, retryAfterSeconds };
}
