import { createHash } from 'node:crypto';
import { basic } from './basic.ts';
import type { ConnectorContext } from './connector.ts';
import { HttpFailure } from './http.ts';
import { askForToken } from './oauth.ts';
import type { Granted } from './oauth.ts';

export type RefreshGrant = {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  proof?: 'form' | 'basic';
  scope?: string;
};

type Renewable = { refreshToken: string };

/** A token is not used in the last part of its life: the request that carries it has to arrive, too. */
const RENEW_BEFORE_SECONDS = 300;

/**
 * Access tokens by refresh token. Where the system gives a new refresh token for the old one, it is kept before the access token is used;
 * where somebody else has renewed it meanwhile, theirs is used.
 * @param clock Tells when a token runs out.
 */
export function createRefreshCache(clock: () => Date) {
  const entries = new Map<string, { token: string; expiresAt: number }>();
  const keyOf = ({ tokenUrl, clientId }: RefreshGrant, { refreshToken }: Renewable): string =>
    [tokenUrl, clientId, createHash('sha256').update(refreshToken).digest('hex')].join(' ');

  async function renew<C extends Renewable>(ctx: ConnectorContext<unknown, C>, grant: RefreshGrant): Promise<Granted> {
    const used = ctx.credential.refreshToken;
    try {
      return await ask(ctx, grant, used);
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.diagnosis.category !== 'auth' || !ctx.renewCredential) throw error;
      // Used up, perhaps by another run whose new one is kept already.
      Object.assign(ctx.credential, await ctx.renewCredential(null));
      if (ctx.credential.refreshToken === used) throw error;
      return ask(ctx, grant, ctx.credential.refreshToken);
    }
  }

  return {
    /** A token good for the next minutes. Throws `HttpFailure`: a refused refresh token is category `auth`. */
    async token<C extends Renewable>(ctx: ConnectorContext<unknown, C>, grant: RefreshGrant): Promise<string> {
      const known = entries.get(keyOf(grant, ctx.credential));
      if (known && known.expiresAt > clock().getTime()) return known.token;
      const asked = clock().getTime();
      const granted = await renew(ctx, grant);
      if (granted.refresh_token !== undefined && granted.refresh_token !== ctx.credential.refreshToken) {
        if (!ctx.renewCredential) throw new Error('The system gave a new refresh token, and nobody keeps it.');
        const renewed: Partial<C> = {};
        Object.assign(renewed, { refreshToken: granted.refresh_token });
        Object.assign(ctx.credential, await ctx.renewCredential(renewed));
      }
      const margin = Math.min(RENEW_BEFORE_SECONDS, granted.expires_in / 2);
      entries.set(keyOf(grant, ctx.credential), { token: granted.access_token, expiresAt: asked + (granted.expires_in - margin) * 1_000 });
      return granted.access_token;
    },
  };
}

function ask(ctx: ConnectorContext, { tokenUrl, clientId, clientSecret, proof = 'form', scope }: RefreshGrant, refreshToken: string): Promise<Granted> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(proof === 'form' ? { client_id: clientId, client_secret: clientSecret } : {}),
    ...(scope ? { scope } : {}),
  });
  return askForToken(ctx.http, tokenUrl, form, proof === 'basic' ? { authorization: basic(clientId, clientSecret) } : {});
}
