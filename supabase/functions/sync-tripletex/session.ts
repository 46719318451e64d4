import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HttpFailure } from '../_kit/http.ts';
import type { Http } from '../_kit/http.ts';
import type { ClientCredentials, TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';

const created = z.object({ value: z.object({ token: z.string().min(1) }) });

/** A session runs out on a date, in Norwegian time: the one asked for is far enough off for the time it is used. */
const DAYS_ASKED_FOR = 2;
const HOURS_USED = 12;

const keyOf = ({ tokenUrl, clientId, clientSecret }: ClientCredentials): string =>
  createHash('sha256').update(JSON.stringify([tokenUrl, clientId, clientSecret])).digest('hex');

/**
 * Session tokens, kept like access tokens so that `withToken` renews them. Client id and secret are the consumer token and the
 * employee token. https://github.com/Tripletex/tripletex-api2/blob/master/examples/bash/authentication/example.sh
 */
export function createSessions(clock: () => Date): TokenCache {
  const sessions = new Map<string, { token: string; until: number }>();
  return {
    async token(http, grant) {
      const known = sessions.get(keyOf(grant));
      const now = clock().getTime();
      if (known && known.until > now) return known.token;
      const token = await createSession(http, grant, new Date(now + DAYS_ASKED_FOR * 86_400_000));
      sessions.set(keyOf(grant), { token, until: now + HOURS_USED * 3_600_000 });
      return token;
    },
    forget(grant, token) {
      if (sessions.get(keyOf(grant))?.token === token) sessions.delete(keyOf(grant));
    },
  };
}

async function createSession(http: Http, { tokenUrl, clientId, clientSecret }: ClientCredentials, ends: Date): Promise<string> {
  const query = new URLSearchParams({ consumerToken: clientId, employeeToken: clientSecret, expirationDate: ends.toISOString().slice(0, 10) });
  try {
    return shaped(http, await http.send({ method: 'PUT', url: `${tokenUrl}?${query.toString()}` }), created).value.token;
  } catch (error) {
    throw error instanceof HttpFailure ? aboutSession(error) : error;
  }
}

/** Without a session nothing was sent. Whatever is wrong with the request, it consists of nothing but the two tokens. */
function aboutSession(failure: HttpFailure): HttpFailure {
  const unsent = nothingSent(failure);
  const { status, diagnosis } = failure;
  if (status === null || status < 400 || status >= 500 || status === 429 || status === 408) return unsent;
  return new HttpFailure({ ...unsent, diagnosis: { ...diagnosis, field: null, category: 'auth', retryable: false } });
}

/** The failure of a question asked before a record is sent: the record itself went nowhere. */
export function nothingSent(failure: HttpFailure): HttpFailure {
  return failure.delivered === 'unknown' ? new HttpFailure({ ...failure, delivered: 'no' }) : failure;
}
