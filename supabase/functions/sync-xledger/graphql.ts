import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import type { Line } from './line.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

const id = z.union([z.string(), z.number()]).transform(String);
const edges = <T extends z.ZodType>(node: T) => z.object({ edges: z.array(node) });

const envelope = z.object({ errors: z.unknown().optional(), data: z.unknown().optional() });
const written = edges(z.object({ clientId: z.string(), node: z.object({ dbId: id }) }));
const writeAnswer = z.object({ data: z.object({ written }) });

const item = z.object({ dbId: id, extIdentifier: z.string().nullish(), jobLevel: z.object({ dbSubId: z.number() }).nullish() });
const fault = z.object({ transactionDbId: id, message: z.string() });
const stateAnswer = z.object({
  data: z.object({ glImportItems: edges(z.object({ node: item })), glImportItemErrors: edges(z.object({ node: fault })).optional() }),
});

/** An import line as Xledger holds it. */
export type Held = { dbId: string; extIdentifier: string | null; level: number | null; errors: string[] };

/**
 * Every operation is a POST to one address, and a failure inside answers 200 as well.
 * https://github.com/xledger/graphql-samples (Webhooks-CSharp/GraphQL/GraphQLClient.cs)
 */
async function call(ctx: Context, query: string, variables: Record<string, unknown>): Promise<HttpResponse> {
  const response = await ctx.http.send({
    method: 'POST',
    url: `${ctx.settings.baseUrl.replace(/\/+$/, '')}/graphql`,
    headers: { authorization: `token ${ctx.credential.token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { errors, data: part } = shaped(ctx.http, response, envelope);
  if (!errors || (Array.isArray(errors) && errors.length === 0)) return response;
  const failure = ctx.http.failure(response, 'refused');
  // Time run out on their side, or a part of the answer beside the error: the lines may be in.
  const undecided = failure.diagnosis.category === 'timeout' || failure.diagnosis.category === 'server';
  throw undecided || (part !== null && part !== undefined) ? ctx.http.failure(response, 'unknown') : failure;
}

/**
 * Corrects refused lines and hands in new ones; each comes back with its number (`dbId`) by `clientId`.
 * At most 500 nodes: https://xledgerukinternal.zendesk.com/hc/en-us/articles/8715787519634-GraphQL-general-tips
 */
export async function write(ctx: Context, add: Line[], update: Line[]): Promise<{ numbers: Map<string, string>; response: HttpResponse }> {
  const parts = [
    { field: 'updateGLImportItems', type: 'UpdateGLImportItemsInput', lines: update },
    { field: 'addGLImportItems', type: 'AddGLImportItemsInput', lines: add },
  ].filter(({ lines }) => lines.length > 0);
  const numbers = new Map<string, string>();
  let last: HttpResponse | null = null;
  // One request each: of two in one, an error would not say which of them had been carried out.
  for (const { field, type, lines } of parts) {
    const query = `mutation ($lines: [${type}!]!) { written: ${field}(inputs: $lines) { edges { clientId node { dbId } } } }`;
    last = await call(ctx, query, { lines: lines.map((node) => ({ clientId: String(node.extIdentifier), node })) });
    for (const { clientId, node } of shaped(ctx.http, last, writeAnswer).data.written.edges) numbers.set(clientId, node.dbId);
  }
  if (!last) throw new TypeError('There is no line to write.');
  return { numbers, response: last };
}

/** Whether the import lines can be read at all: one is asked for. Xledger does not say there who we are. */
export async function readable(ctx: Context): Promise<void> {
  shaped(ctx.http, await call(ctx, `{ glImportItems(first: 1) { ${ITEMS} } }`, {}), stateAnswer);
}

const ITEMS = 'edges { node { dbId extIdentifier jobLevel { dbSubId } } }';
const ERRORS = 'edges { node { transactionDbId message } }';

/** The lines with these numbers, and what the import job has to say about them. */
export async function heldByNumber(ctx: Context, numbers: string[]): Promise<Held[]> {
  const query = `query ($items: [Int64String!]) {
    glImportItems(first: 10000, filter: { dbId_in: $items }) { ${ITEMS} }
    glImportItemErrors(first: 10000, filter: { transactionDbId_in: $items }) { ${ERRORS} }
  }`;
  const { data } = shaped(ctx.http, await call(ctx, query, { items: numbers }), stateAnswer);
  return data.glImportItems.edges.map(({ node }) => ({
    dbId: node.dbId,
    extIdentifier: node.extIdentifier ?? null,
    level: node.jobLevel?.dbSubId ?? null,
    errors: (data.glImportItemErrors?.edges ?? []).filter((edge) => edge.node.transactionDbId === node.dbId).map((edge) =>
      edge.node.message
    ),
  }));
}

/** The lines that carry one of our keys: waiting, posted or refused alike. */
export async function heldByKey(ctx: Context, keys: string[]): Promise<Held[]> {
  const query = `query ($keys: [String!]) { glImportItems(first: 10000, filter: { extIdentifier_in: $keys }) { ${ITEMS} } }`;
  const { data } = shaped(ctx.http, await call(ctx, query, { keys }), stateAnswer);
  const numbers = data.glImportItems.edges.map(({ node }) => node.dbId);
  return numbers.length === 0 ? [] : heldByNumber(ctx, numbers);
}
