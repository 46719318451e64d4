import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { ConfiguredConnector, ConnectorContext, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { refusedPart } from '../_kit/mapped.ts';
import { prepare, shaped, unexpected } from '../_kit/payload.ts';
import { issueOf, labelOf } from './issue.ts';
import { credential, fieldsOf, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

type Context = ConnectorContext<Settings, Credential>;

const element = z.object({ failedElementNumber: z.int(), status: z.int().optional(), elementErrors: z.unknown() });
const created = z.object({ issues: z.array(z.object({ key: z.string() })), errors: z.array(element).default([]) });
const found = z.object({
  issues: z.array(z.object({ key: z.string(), fields: z.object({ labels: z.array(z.string()).default([]) }) })),
  nextPageToken: z.string().nullish(),
});
const myself = z.object({ displayName: z.string(), emailAddress: z.string().optional() });
const project = z.object({ name: z.string(), issueTypes: z.array(z.object({ name: z.string() })).default([]) });

function call({ settings: { baseUrl }, credential: { email, token }, http }: Context, path: string, body?: string): Promise<HttpResponse> {
  const headers: Record<string, string> = { authorization: `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  return http.send({ url: `${baseUrl.replace(/\/+$/, '')}/rest/api/3/${path}`, headers, body });
}

/**
 * https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulk-post
 * What fails is told by its place in the request; what is created is taken to be listed in the order of the request, as no field says it.
 */
async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const prepared = records.map((record) => prepare(record, () => issueOf(record, ctx.settings)));
  const bodies = prepared.flatMap((one) => ('ready' in one ? [one.ready] : []));
  const outcomes = bodies.length === 0 ? [] : await create(ctx, bodies);
  return prepared.flatMap((one) => ('refused' in one ? [one.refused] : outcomes.splice(0, 1)));
}

async function create(ctx: Context, bodies: string[]): Promise<Outcome[]> {
  const response = await call(ctx, 'issue/bulk', `{"issueUpdates":[${bodies.join(',')}]}`)
    .catch((error: unknown) => allRefused(error, bodies.length));
  if (Array.isArray(response)) return response;
  const { issues, errors } = shaped(ctx.http, response, created);
  const failed = new Map(errors.map((error) => [error.failedElementNumber, error]));
  // Jira stumbled over one of them: whether it is there has to be asked.
  if (errors.some(({ status = 400 }) => status >= 500)) throw ctx.http.failure(response, 'unknown');
  if (issues.length + failed.size !== bodies.length) {
    throw unexpected(ctx.http, response, `${issues.length} issues and ${failed.size} errors for ${bodies.length}`);
  }
  return bodies.map((_, index): Outcome => {
    const error = failed.get(index);
    if (error) return refusedPart(ctx.http, response, { status: error.status ?? 400, body: error.elementErrors });
    return { state: 'exported', externalId: issues.shift()?.key, requestId: response.requestId ?? undefined };
  });
}

/** When every issue is refused the whole answers 400, and still says of each what is wrong. */
function allRefused(error: unknown, count: number): Outcome[] {
  const { diagnosis, status, response, requestId } = error instanceof HttpFailure
    ? error
    : { diagnosis: null, status: null, response: null, requestId: null };
  const told = new Map((diagnosis?.records ?? []).map((record) => [record.index, record]));
  if (!diagnosis || status !== 400 || told.size !== count || !told.has(count - 1)) throw error;
  return Array.from({ length: count }, (_, index): Outcome => {
    const { message = diagnosis.message, code = null, field = null } = told.get(index) ?? {};
    const own = { message, code, field, category: diagnosis.category, retryable: diagnosis.retryable };
    return { state: 'refused', diagnosis: own, status, response: response ?? undefined, requestId: requestId ?? undefined };
  });
}

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/#api-rest-api-3-search-jql-post */
async function find(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const labels = records.map(labelOf);
  const jql = `project = "${ctx.settings.project}" AND labels IN (${labels.map((label) => `"${label}"`).join(', ')})`;
  const keys = new Map<string, string>();
  for (let nextPageToken: string | undefined;;) {
    const body = { jql, fields: ['labels'], maxResults: 100, ...(nextPageToken ? { nextPageToken } : {}) };
    const page = shaped(ctx.http, await call(ctx, 'search/jql', JSON.stringify(body)), found);
    for (const { key, fields } of page.issues) for (const label of fields.labels) keys.set(label.toUpperCase(), key);
    if (!page.nextPageToken || page.nextPageToken === nextPageToken) break;
    nextPageToken = page.nextPageToken;
  }
  return labels.map((label) => {
    const externalId = keys.get(label.toUpperCase());
    return externalId === undefined ? null : { state: 'exported', externalId };
  });
}

/** Issues in Jira Cloud, each under a label of our own. Jira has no upsert and no idempotency key: hence `lookup`. */
export const connector: ConfiguredConnector<Settings, Credential> = {
  system: 'jira',
  title: 'Jira',
  docs: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulk-post',
  settings,
  credential,
  credentialKind: 'basic',
  dedupe: 'lookup',
  batchSize: 50,
  // What was just created is found after seconds, sometimes minutes: https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile
  settlesWithinSeconds: 900,
  fields: fieldsOf,
  replaces: false,
  push,
  find,
  async check(ctx) {
    const { displayName, emailAddress } = shaped(ctx.http, await call(ctx, 'myself'), myself);
    const { project: key, issueType } = ctx.settings;
    const { name, issueTypes } = shaped(ctx.http, await call(ctx, `project/${key}`), project);
    const types = issueTypes.map((type) => type.name);
    const lacks = types.length > 0 && !types.includes(issueType);
    const warnings = lacks ? [`The project ${key} (${name}) has no issue type "${issueType}"; it has ${types.join(', ')}.`] : [];
    return { as: emailAddress ? `${displayName} (${emailAddress})` : displayName, warnings };
  },
};
