import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
export type Session = { token: string; siteId: string };
export type Sessions = {
  /** Calls with a session, and once more with a new one when Tableau says 401: another sign-in with the token may have ended ours. */
  within<T>(ctx: Context, call: (session: Session) => Promise<T>): Promise<T>;
};

/** Well within the two hours that a session lasts on Tableau Cloud; on a server it is four, unless its owner set less. */
const MINUTES_USED = 90;

const signedIn = z.object({ credentials: z.object({ token: z.string().min(1), site: z.object({ id: z.string().min(1) }) }) });

export const rootOf = ({ credential: { server }, settings: { apiVersion } }: Context): string =>
  `${server.replace(/\/+$/, '')}/api/${apiVersion}`;

/** One session for all that call at the same time: with a second sign-in the first session would end. */
export function createSessions(clock: () => Date): Sessions {
  const sessions = new Map<string, { pending: Promise<Session>; until: number }>();

  function sessionOf(ctx: Context): Promise<Session> {
    const key = keyOf(ctx);
    const now = clock().getTime();
    const known = sessions.get(key);
    if (known && known.until > now) return known.pending;
    const entry = { pending: signIn(ctx), until: now + MINUTES_USED * 60_000 };
    sessions.set(key, entry);
    entry.pending.catch(() => {
      if (sessions.get(key) === entry) sessions.delete(key);
    });
    return entry.pending;
  }

  return {
    async within(ctx, call) {
      const pending = sessionOf(ctx);
      const session = await pending;
      try {
        return await call(session);
      } catch (error) {
        if (!(error instanceof HttpFailure) || error.status !== 401) throw error;
        if (sessions.get(keyOf(ctx))?.pending === pending) sessions.delete(keyOf(ctx));
        return call(await sessionOf(ctx));
      }
    },
  };
}

const keyOf = (ctx: Context): string =>
  createHash('sha256').update(JSON.stringify([rootOf(ctx), ctx.settings.site, ctx.credential.tokenName, ctx.credential.tokenSecret])).digest('hex');

/** https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in */
async function signIn(ctx: Context): Promise<Session> {
  const { tokenName: personalAccessTokenName, tokenSecret: personalAccessTokenSecret } = ctx.credential;
  const credentials = { personalAccessTokenName, personalAccessTokenSecret, site: { contentUrl: ctx.settings.site } };
  try {
    const response = await ctx.http.send({ url: `${rootOf(ctx)}/auth/signin`, body: { credentials } });
    const { token, site } = shaped(ctx.http, response, signedIn).credentials;
    return { token, siteId: site.id };
  } catch (error) {
    // Without a session nothing was sent, whatever became of the sign-in.
    if (error instanceof HttpFailure && error.delivered === 'unknown') throw new HttpFailure({ ...error, delivered: 'no' });
    throw error;
  }
}
