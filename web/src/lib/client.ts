import { AuthClient, isAuthRetryableFetchError } from '@supabase/auth-js';
import type { GoTrueClient, SupportedStorage } from '@supabase/auth-js';
import { PostgrestClient } from '@supabase/postgrest-js';
import type { Config } from './config.ts';

/** What the page needs from the browser; tests hand in their own. */
export type Surroundings = {
  fetch: typeof fetch;
  storage?: SupportedStorage;
  autoRefresh: boolean;
  /** How long to wait for the session to be confirmed before calling Auth unreachable. */
  sessionTimeoutMs: number;
};

export type Client = { auth: GoTrueClient; db: PostgrestClient };

export const NO_SESSION = 'NO_SESSION';
export const AUTH_UNREACHABLE = 'AUTH_UNREACHABLE';

const refusal = (status: number, code: string, message: string): Response =>
  new Response(JSON.stringify({ code, message, hint: null, details: null }), {
    status,
    headers: { 'content-type': 'application/json' },
  });

const unreachable = (): Response => refusal(503, AUTH_UNREACHABLE, 'the sign-in service does not answer');

type Known = { token: string } | { refused: Response };

async function knownSession(auth: GoTrueClient, timeoutMs: number): Promise<Known> {
  const { promise: late, resolve } = Promise.withResolvers<Known>();
  const timer = setTimeout(() => resolve({ refused: unreachable() }), timeoutMs);
  const asked = auth.getSession().then(
    ({ data, error }): Known => {
      if (data.session) return { token: data.session.access_token };
      if (isAuthRetryableFetchError(error)) return { refused: unreachable() };
      return { refused: refusal(401, NO_SESSION, 'the session has ended') };
    },
    (): Known => ({ refused: unreachable() }),
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/**
 * Says when a session ends by this machine's clock: Auth says it by its own, and where the two differ by hours every request would
 * renew the session, or none. Without `expires_at` auth-js reckons from `expires_in`.
 */
const onOwnClock = (fetcher: typeof fetch): typeof fetch => async (input, init) => {
  const answer = await fetcher(input, init);
  if (!answer.ok || !/\/(token|verify)(\?|$)/.test(input instanceof Request ? input.url : String(input))) return answer;
  const body: unknown = await answer.clone().json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('expires_in' in body)) return answer;
  const { headers, status } = answer;
  return new Response(JSON.stringify({ ...body, expires_at: undefined }), { status, headers });
};

/**
 * Auth and data for the signed-in member. A request without a confirmed session is answered here with 401 `NO_SESSION`
 * (or 503 `AUTH_UNREACHABLE`) and never sent: as the publishable key it would come back empty, and empty looks like "all green".
 */
export function makeClient(config: Config, surroundings: Surroundings): Client {
  const auth = new AuthClient({
    url: `${config.apiUrl}/auth/v1`,
    headers: { apikey: config.publishableKey },
    storageKey: 'syncward-session',
    storage: surroundings.storage,
    fetch: onOwnClock(surroundings.fetch),
    persistSession: true,
    autoRefreshToken: surroundings.autoRefresh,
    detectSessionInUrl: false,
    flowType: 'pkce',
  });
  const withSession: typeof fetch = async (input, init) => {
    const known = await knownSession(auth, surroundings.sessionTimeoutMs);
    if ('refused' in known) return known.refused;
    const headers = new Headers(init?.headers);
    headers.set('apikey', config.publishableKey);
    headers.set('Authorization', `Bearer ${known.token}`);
    return surroundings.fetch(input, { ...init, headers });
  };
  // TanStack Query owns retries; a second layer underneath would multiply them.
  const db = new PostgrestClient(`${config.apiUrl}/rest/v1`, { fetch: withSession, timeout: 15_000, retry: false });
  return { auth, db };
}
