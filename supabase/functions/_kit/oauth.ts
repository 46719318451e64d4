import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HttpFailure } from './http.ts';
import type { Http } from './http.ts';
import { basic } from './basic.ts';
import { JWT_BEARER } from './jwt.ts';

/** Who asks for a token, where, and for what. */
export type ClientCredentials = {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Empty where the system knows no scopes. */
  scope: string;
  /** How the client proves who it is: in the form, as most do, by Basic authentication, or by what it signs (`jwt.ts`). */
  proof?: 'form' | 'basic' | 'assertion';
  /** For `assertion`: signs anew for every token; `clientSecret` is then the key it signs with, and is not sent. */
  assertion?: () => string;
  /** What else belongs into the form; may name another `grant_type`. */
  extra?: Record<string, string>;
};

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

/** For systems that do not say how long a token lasts: no shorter than their shortest session. It ends earlier with a 401 (`withToken`). */
const UNTOLD_LIFE_SECONDS = 900;

const answer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(UNTOLD_LIFE_SECONDS),
  refresh_token: z.string().min(1).optional(),
});
export type Granted = z.infer<typeof answer>;
const refusal = z.object({ error: z.string(), error_description: z.string(), error_codes: z.array(z.number()).optional() });

const keyOf = ({ tokenUrl, clientId, clientSecret, scope, extra }: ClientCredentials): string =>
  [tokenUrl, clientId, scope, JSON.stringify(extra ?? {}), createHash('sha256').update(clientSecret).digest('hex')].join(' ');

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
async function requestToken(http: Http, grant: ClientCredentials): Promise<Granted> {
  const byForm = { client_id: grant.clientId, client_secret: grant.clientSecret };
  const form = new URLSearchParams({
    grant_type: grant.proof === 'assertion' ? JWT_BEARER : 'client_credentials',
    ...(grant.proof === 'assertion' ? { assertion: grant.assertion?.() ?? '' } : {}),
    ...((grant.proof ?? 'form') === 'form' ? byForm : {}),
    ...(grant.scope === '' ? {} : { scope: grant.scope }),
    ...grant.extra,
  });
  const headers = grant.proof === 'basic' ? { authorization: basic(grant.clientId, grant.clientSecret) } : undefined;
  return askForToken(http, grant.tokenUrl, form, headers);
}

/** One request to a token service. Throws `HttpFailure` in its own words; whatever becomes of it, no record was sent. */
export async function askForToken(http: Http, tokenUrl: string, form: URLSearchParams, headers: Record<string, string> = {}): Promise<Granted> {
  try {
    const response = await http.send({
      method: 'POST',
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...headers },
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
