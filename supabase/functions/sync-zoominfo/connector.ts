import type { Checked, ReadConnector, Stream } from '../_kit/connector.ts';
import { createTokenCache } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { creditsIn, MOST_SHOWN, searched, usageOf } from './api.ts';
import type { Context } from './api.ts';
import { pull } from './pull.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';
import { signals } from './signals.ts';

/** ZoomInfo does not say whose application it is. Looking costs no credit, but counts as a request. */
async function check(tokens: TokenCache, ctx: Context): Promise<Checked> {
  let total = 0;
  let credits = Infinity;
  const least = ctx.settings.enrich?.leastCredits ?? 0;
  const warnings = [
    ...(await warningsOf('Contacts cannot be fetched', async () => {
      ({ total } = await searched(tokens, ctx, null, 1, 1));
    })),
    ...(await warningsOf('Credits cannot be measured', async () => {
      credits = creditsIn((await usageOf(tokens, ctx)).limits);
    })),
  ];
  if (total > MOST_SHOWN) warnings.push(`ZoomInfo shows ${MOST_SHOWN} of ${total} contacts. Say more in "search".`);
  if (ctx.settings.enrich && credits <= least) warnings.push(`Nothing is enriched: ${credits} credits are left, and ${least} are to be left alone.`);
  return { as: null, warnings };
}

const docs = 'https://docs.zoominfo.com/reference/searchinterface_searchcontact';
const found: Stream = { name: 'contacts', title: 'Contacts found', docs };
const enriched: Stream = { name: 'enriched-contacts', title: 'Contacts, enriched', docs: 'https://docs.zoominfo.com/reference/enrichinterface_enrichcontact' };

/**
 * Contacts in ZoomInfo: found by what the settings say, enriched where they ask for it, within the credits they leave. The interface is
 * the new one (GTM); the older one with its own tokens is being withdrawn. Nothing can be tried without using credits, so this is as
 * documented. Not documented: whether the scope for contacts is enough to ask for usage, in which words limits are named (`unique…` is
 * taken for credits), what a page past the last is answered with, and whether an order by name stays while pages are read.
 */
export function zoominfo(tokens: TokenCache): ReadConnector<Settings, Credential> {
  return {
    system: 'zoominfo',
    title: 'ZoomInfo',
    docs,
    settings,
    credential,
    credentialKind: 'oauth-client',
    rate: ({ requestsPerSecond }) => ({ requests: requestsPerSecond, perSeconds: 1 }),
    check: (ctx) => check(tokens, ctx),
    streams: ({ enrich }) => (enrich ? [found, enriched] : [found]),
    pull: (ctx, request) => pull(tokens, ctx, request),
    signals: (ctx, at) => signals(tokens, ctx, at),
  };
}

export const connector = zoominfo(createTokenCache(() => new Date()));
