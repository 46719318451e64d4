import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { Client as HubSpot } from '@hubspot/api-client';
import { Client as Graph } from '@microsoft/microsoft-graph-client';
import { LogLevel, WebClient } from '@slack/web-api';
import type { Logger } from '@slack/web-api';
import { createClient as createJira } from 'jira.js/core';
import jsforce from 'jsforce';
import { Resend } from 'resend';
import twilio from 'twilio';

type Part = { message?: string; code?: string; fields?: string[] };
/** What a vendor's own client lets its user see of an answer. What it does not say, or says only of itself, is left out. */
export type Seen = Part & { records?: Part[] };

type Loose = Record<string, unknown>;
const loose = (value: unknown): Loose => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');
const text = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined);

/** The error a call ends in; empty where the client takes the answer for a good one. */
async function thrownBy(work: () => Promise<unknown>): Promise<Loose> {
  try {
    await work();
    return {};
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ...loose(error), message: error.message, name: error.name };
  }
}

/** For each system, its client's view of whatever the server at `url` answers. */
export const clients: Readonly<Record<string, (url: string) => Promise<Seen>>> = {
  async salesforce(url) {
    const connection = new jsforce.Connection({ instanceUrl: url, accessToken: 'made-up', version: '62.0' });
    try {
      const results: unknown[] = await connection.sobject('Account').create([{ Name: 'a' }, { Name: 'b' }], { allOrNone: false });
      const errors = list(results).flatMap((result) => list(loose(result).errors)).map(loose);
      return { records: errors.map(({ message, statusCode, fields }) => ({ message: text(message), code: text(statusCode), fields: texts(fields) })) };
    } catch (error) {
      const { errorCode, data, message } = { ...loose(error), message: error instanceof Error ? error.message : undefined } as Loose;
      // These are its own words for a status.
      if (/^(?:ERROR_HTTP_|MULTIPLE_CHOICES)/.test(String(errorCode))) return {};
      return { message: text(message), code: text(errorCode), fields: texts(loose(data).fields) };
    }
  },
  async hubspot(url) {
    const client = new HubSpot({ basePath: url, accessToken: 'made-up', numberOfApiCallRetries: 0 });
    const { body } = await thrownBy(() => client.crm.contacts.basicApi.create({ properties: {}, associations: [] }));
    const { message, category, errors, validationResults } = loose(body);
    const inner = loose(list(validationResults)[0] ?? list(errors)[0]);
    if (text(inner.message) !== undefined) return { message: text(inner.message), code: text(inner.error ?? inner.code), fields: texts([inner.name ?? inner.in]) };
    // The category of a list that stands inside the sentence says less than the list.
    return { message: text(message), code: /\[\{/.test(String(message)) ? undefined : text(category) };
  },
  async slack(url) {
    const client = new WebClient('xoxb-made-up', { slackApiUrl: `${url}/api/`, rejectRateLimitedCalls: true, retryConfig: { retries: 0 }, logger: silent });
    const { data } = await thrownBy(() => client.chat.postMessage({ channel: 'C1', text: 'x' }));
    return { message: texts(loose(loose(data).response_metadata).messages)[0], code: text(loose(data).error) };
  },
  async twilio(url) {
    const client = twilio(`AC${'a'.repeat(32)}`, 'made-up', { httpClient: redirected(url) });
    const { message, code } = await thrownBy(() => client.messages.create({ to: '+4790000000', from: '+4790000001', body: 'x' }));
    return { message: text(message)?.replace(/^\[HTTP \d+\] /, ''), code: text(code) };
  },
  async ses(url) {
    const client = new SESv2Client({ endpoint: url, region: 'eu-west-1', credentials: { accessKeyId: 'made-up', secretAccessKey: 'made-up' }, maxAttempts: 1 });
    const content = { Simple: { Subject: { Data: 'x' }, Body: { Text: { Data: 'x' } } } };
    const { message, name } = await thrownBy(() => client.send(new SendEmailCommand({ Content: content })));
    return { message: text(message), code: name === 'Unknown' ? undefined : text(name) };
  },
  async 'microsoft-teams'(url) {
    const client = Graph.init({ baseUrl: `${url}/`, customHosts: new Set([new URL(url).hostname]), authProvider: (done) => done(null, 'made-up') });
    const { message, code } = await thrownBy(() => client.api('/teams/a/channels/b/messages').post({ body: {} }));
    return { message: text(message), code: text(code) };
  },
  async jira(url) {
    const client = createJira({ host: url, auth: { type: 'basic', email: 'kari@example.org', apiToken: 'made-up' } });
    const { body } = await thrownBy(() => client.sendRequest({ url: '/rest/api/3/issue', method: 'POST', body: { fields: {} } }));
    const said = loose(typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body);
    return { ...jiraPart(said), records: list(said.errors).map((error) => jiraPart(loose(loose(error).elementErrors))) };
  },
  async resend(url) {
    const { error } = await new Resend('re_made-up', { baseUrl: url }).emails.send({ from: 'kari@example.org', to: 'ola@example.org', subject: 'x', text: 'x' });
    return { message: text(error?.message), code: text(error?.name) };
  },
};

function jiraPart({ errorMessages, errors }: Loose): Part {
  const [field, message] = Array.isArray(errors) ? [] : Object.entries(loose(errors))[0] ?? [];
  return typeof message === 'string' && field !== undefined ? { message, fields: [field] } : { message: texts(errorMessages)[0] };
}

const nothing = (): void => undefined;
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, getLevel: () => LogLevel.ERROR, setName: nothing };

/** Twilio's client knows no address but its vendor's own. */
function redirected(url: string): InstanceType<typeof twilio.RequestClient> {
  const client = new twilio.RequestClient();
  const request = client.request.bind(client);
  client.request = (options) => request({ ...options, uri: `${url}${new URL(options.uri).pathname}` });
  return client;
}
