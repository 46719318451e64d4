import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyConnector, ConnectorContext, OutgoingRecord } from '../../../supabase/functions/_kit/connector.ts';
import { contain } from '../../../supabase/functions/_kit/contain.ts';
import { pushingFor, streamsFor } from '../../../supabase/functions/_kit/facts.ts';
import { createHttp, HttpFailure } from '../../../supabase/functions/_kit/http.ts';
import { secretsIn } from '../../../supabase/functions/_kit/secrets.ts';
import { sampleOf } from './samples.ts';
import type { Sample } from './samples.ts';
import { startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

export const functionsFolder = join(import.meta.dirname, '../../../supabase/functions');

/** Every connector there is on disk: its folder's name is all that is known of it here. */
export async function connectors(folder: string): Promise<{ folder: string; connector: AnyConnector }[]> {
  const names = readdirSync(folder).filter((name) => name.startsWith('sync-'));
  return Promise.all(names.map(async (name) => {
    const module = await import(pathToFileURL(join(folder, name, 'connector.ts')).href) as { connector: AnyConnector };
    return { folder: join(folder, name), connector: module.connector };
  }));
}

export type Fault = 'refused' | 'throttled' | 'broken' | 'a page' | 'nothing' | 'half' | 'silence' | 'too much';
type Response = Parameters<Parameters<typeof startVendor>[0]>[1];

const say = (status: number, body: string, headers: Record<string, string> = {}) => (response: Response): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
};

const FAULTS: Record<Fault, (response: Response) => void> = {
  'refused': say(401, '{"error":"unauthorized","message":"Who are you?"}'),
  'throttled': say(429, '{"message":"Too many requests"}', { 'retry-after': '7' }),
  'broken': say(500, '{"message":"Something went wrong"}'),
  'a page': say(200, '<!doctype html><html><body><h1>Maintenance</h1></body></html>', { 'content-type': 'text/html' }),
  'nothing': say(200, ''),
  'half': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"half":', () => response.destroy());
  },
  'silence': () => undefined,
  'too much': say(200, JSON.stringify({ much: 'x'.repeat(300_000) })),
};

const faults = Object.keys(FAULTS) as Fault[];

/** Gives everybody a token who asks for one, and does to all other requests what the fault says. */
function startFaulty(fault: Fault): Promise<Vendor> {
  return startVendor((request, response, body) => {
    if (fault !== 'refused' && /grant_type=/.test(`${body}${request.url}`)) {
      return say(200, JSON.stringify({ access_token: 'made-up-access-token-0123456789', expires_in: 3600, token_type: 'Bearer' }))(response);
    }
    return FAULTS[fault](response);
  });
}

const record: OutgoingRecord = {
  id: 1, key: 'k'.repeat(64), sourceType: 'expense', sourceId: 'E-1', version: 1, payload: { account: '4010' }, amount: '1.00', currency: 'NOK', occurredOn: '2026-11-10',
  externalId: null,
};

/** What of a credential must be in nothing that is written down; an address is no secret. */
export const secretsOf = ({ credential }: Sample): string[] => secretsIn(credential).filter((secret) => !/^http|^127\./.test(secret));

type Operation = [name: string, run: (ctx: ConnectorContext) => Promise<unknown>];

function operationsOf(connector: AnyConnector, settings: unknown): Operation[] {
  const at = new Date('2026-11-10T08:00:00Z');
  const [stream] = streamsFor(connector, settings);
  const pushing = pushingFor(connector, settings);
  return [
    ['check', (ctx) => connector.check?.(ctx) ?? Promise.resolve(null)],
    ...(connector.pull && stream ? [['pull', (ctx) => connector.pull?.(ctx, { stream: stream.name, cursor: null, isFirst: true, at }) ?? Promise.resolve(null)] satisfies Operation] : []),
    ...(connector.signals ? [['signals', (ctx) => connector.signals?.(ctx, at) ?? Promise.resolve(null)] satisfies Operation] : []),
    ...(pushing?.find ? [['find', (ctx) => pushing.find?.(ctx, [record]) ?? Promise.resolve(null)] satisfies Operation] : []),
    ...(pushing ? [['push', (ctx) => pushing.push(ctx, [record])] satisfies Operation] : []),
  ];
}

/** What came of one operation: words for what it threw or gave, all that was written down, and whether the vendor was asked at all. */
export type Outcome = { said: string; category: string | null; delivered: string | null; wait: number | null; written: string; asked: boolean };

async function outcomeOf(connector: AnyConnector, folder: string, fault: Fault, name: string): Promise<Outcome> {
  const vendor = await startFaulty(fault);
  try {
    const url = vendor.url.replace(/\/$/, '');
    const sample = sampleOf(folder, connector, url);
    const settings = connector.settings.parse(sample.settings);
    const credential = connector.credential.parse(sample.credential);
    const http = createHttp({
      system: connector.system, secrets: secretsOf(sample), local: true, clock: () => new Date(0),
      timeoutMs: 15_000, maxBytes: 100_000,
      // A name that is no address of this machine would be a real vendor: nobody is found there.
      lookup: (_host, _options, callback) => callback(Object.assign(new Error('nobody'), { code: 'ENOTFOUND' }), ''),
    });
    const run = operationsOf(connector, settings).find(([one]) => one === name)?.[1] ?? (() => Promise.resolve(null));
    const silent: typeof http = { failure: http.failure, send: (request) => http.send({ ...request, timeoutMs: 500 }) };
    const outcome = await contain({ settings, credential, http: fault === 'silence' ? silent : http }, run, (answer) => answer).then(given, thrown);
    return { ...outcome, asked: vendor.requests.length > 0 };
  } finally {
    await vendor.stop();
  }
}

function given(answer: unknown): Omit<Outcome, 'asked'> {
  const written = JSON.stringify(answer) ?? '';
  return { said: /"state":"exported"/.test(written) ? 'exported' : 'given', category: null, delivered: null, wait: null, written };
}

function thrown(error: unknown): Omit<Outcome, 'asked'> {
  if (!(error instanceof HttpFailure)) return { said: `fault: ${String(error)}`, category: null, delivered: null, wait: null, written: String(error) };
  const { diagnosis, delivered, response, retryAfterSeconds } = error;
  return { said: 'failure', category: diagnosis.category, delivered, wait: retryAfterSeconds, written: JSON.stringify({ diagnosis, response }) };
}

export type Outcomes = Record<string, Record<string, Partial<Record<Fault, Outcome>>>>;

/** Every operation of every connector against every fault, each with a vendor of its own; the same in every runtime. */
export async function runContract(folder: string): Promise<Outcomes> {
  // Side by side: most of it is waiting for answers that do not come.
  const each = await Promise.all((await connectors(folder)).map(async ({ folder: own, connector }) => [connector.system, await tellOf(own, connector)] as const));
  return Object.fromEntries(each);
}

async function tellOf(own: string, connector: AnyConnector): Promise<Outcomes[string]> {
  const settings = connector.settings.parse(sampleOf(own, connector, 'http://127.0.0.1:9').settings);
  const operations: Outcomes[string] = {};
  for (const [name] of operationsOf(connector, settings)) {
    const told = await Promise.all(faults.map(async (fault) => [fault, await outcomeOf(connector, own, fault, name)] as const));
    operations[name] = Object.fromEntries(told);
  }
  return operations;
}

/** Less what differs between two runs: ports, where in a text a parser stopped, and how far a request came in half a second. */
export function comparable(outcomes: Outcomes): unknown {
  const alike = (key: string, value: unknown): unknown => {
    if (key === 'silence' && value !== null && typeof value === 'object') return { ...value, asked: undefined, delivered: undefined };
    return key === 'written' ? undefined : value;
  };
  return JSON.parse(JSON.stringify(outcomes, alike));
}
