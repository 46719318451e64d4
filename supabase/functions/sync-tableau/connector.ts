import { z } from 'zod';
import type { Checked, ConfiguredConnector } from '../_kit/connector.ts';
import { fieldsOf } from '../_kit/mapped.ts';
import { shaped } from '../_kit/payload.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { call, jobsWhere } from './api.ts';
import { pull } from './pull.ts';
import { confirm, push } from './refresh.ts';
import { createSessions } from './session.ts';
import type { Context, Sessions } from './session.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';
import { signals } from './signals.ts';

const current = z.object({
  session: z.looseObject({
    site: z.looseObject({ name: z.string().nullish(), contentUrl: z.string().nullish() }),
    user: z.looseObject({ name: z.string(), siteRole: z.string().nullish() }),
  }),
});

/** Any user may refresh what is his own; only administrators see what Tableau ran by itself. */
async function check(sessions: Sessions, ctx: Context): Promise<Checked> {
  const { site, user } = shaped(ctx.http, await call(sessions, ctx, '/sessions/current'), current).session;
  const warnings = await warningsOf('Failing refreshes cannot be fetched', () => jobsWhere(sessions, ctx, [], 1, 1));
  return { as: `${user.name} at ${site.name || site.contentUrl || 'the default site'}`, warnings };
}

const docs = 'https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm';

/**
 * Extract refreshes in Tableau Server and Tableau Cloud: asked for, watched to their finish code, and those that fail fetched with their
 * reason. Tableau has no place for a key of ours, and a job does not say who asked for it. But to refresh an extract twice leaves what
 * refreshing it once leaves, and while a refresh waits Tableau refuses a second (409093): hence `upsert`. The price of a lost answer is at
 * most one refresh more.
 *
 * Not to be verified without a server: whether 409093 also comes while a refresh runs (we take it that it may), whether a waiting job
 * already says of which workbook it is, and how a list is ordered (we do not rely on an order).
 */
export function tableau(sessions: Sessions): ConfiguredConnector<Settings, Credential> {
  return {
    system: 'tableau',
    title: 'Tableau',
    docs,
    settings,
    credential,
    credentialKind: 'api-key',
    dedupe: 'upsert',
    batchSize: 1,
    settlesWithinSeconds: 60,
    fields: ({ map }) => fieldsOf(map),
    replaces: true,
    push: (ctx, records) => push(sessions, ctx, records),
    confirm: (ctx, records) => confirm(sessions, ctx, records),
    check: (ctx) => check(sessions, ctx),
    streams: [{ name: 'failed-refreshes', title: 'Extract refreshes that failed', docs: `${docs}#query_jobs` }],
    pull: (ctx, request) => pull(sessions, ctx, request),
    signals: (ctx, at) => signals(sessions, ctx, at),
  };
}

export const connector = tableau(createSessions(() => new Date()));
