import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { Signature } from '@hubspot/api-client';
import { createEmulator } from 'emulate';
import type { Emulator, ServiceName } from 'emulate';
import { Webhook } from 'svix';
import twilio from 'twilio';
import { afterAll, afterEach, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { basic } from '../../supabase/functions/_kit/basic.ts';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';
import { isSigned } from '../../supabase/functions/_kit/signature.ts';
import { signedHeaders } from '../../supabase/functions/_kit/sigv4.ts';
import { isGeneric, plainText } from '../../supabase/functions/_kit/diagnose/text.ts';
import { emailChannel } from '../../supabase/functions/deliver/email.ts';
import { connector as twilioConnector } from '../../supabase/functions/sync-twilio/connector.ts';
import { failureOf, localHttp } from '../simulators/records.ts';
import { readCorpus } from './support/corpus.ts';
import { clients } from './support/official-clients.ts';
import type { Seen } from './support/official-clients.ts';
import { startVendor } from './support/vendor.ts';
import type { Vendor } from './support/vendor.ts';

type Answer = { name: string; system: string; status: number; headers: Record<string, string>; body: string };

/** Answers of our own making, in the shapes that each vendor documents. */
const made = ([
  ['salesforce', 400, [{ message: "No such column 'Colour__c' on sobject of type Account", errorCode: 'INVALID_FIELD' }]],
  ['salesforce', 400, [{ message: 'Required fields are missing: [LastName]', errorCode: 'REQUIRED_FIELD_MISSING', fields: ['LastName'] }]],
  ['salesforce', 200, [{ id: '001', success: true, errors: [] }, { success: false, errors: [{ statusCode: 'MALFORMED_ID', message: 'Owner: id value of incorrect type: 7', fields: ['OwnerId'] }] }]],
  ['hubspot', 400, { status: 'error', message: 'Property values were not valid', validationResults: [{ isValid: false, message: 'amount must be a number', error: 'INVALID_INTEGER', name: 'amount' }] }],
  ['hubspot', 409, { status: 'error', message: 'Company already exists.', category: 'CONFLICT', correlationId: 'c' }],
  ['hubspot', 400, { status: 'error', message: 'Invalid input', category: 'VALIDATION_ERROR', errors: [{ message: 'stage is unknown', code: 'INVALID_OPTION', in: 'stage' }] }],
  ['slack', 200, { ok: false, error: 'invalid_blocks', response_metadata: { messages: ['[ERROR] missing required field: elements [json-pointer:/blocks/1]'] } }],
  ['slack', 200, { ok: false, error: 'not_in_channel' }],
  ['twilio', 400, { code: 21604, message: "A 'To' phone number is required.", more_info: 'https://www.twilio.com/docs/errors/21604', status: 400 }],
  ['twilio', 422, { type: 'https://www.twilio.com/docs/errors/70002', title: 'Validation Error', status: 422, code: 70002, errors: [{ detail: 'must not be blank', pointer: '#/friendlyName' }] }],
  ['ses', 400, { message: 'Local part of the address is missing' }, { 'x-amzn-errortype': 'BadRequestException' }],
  ['ses', 404, { message: 'Template welcome does not exist' }, { 'x-amzn-errortype': 'NotFoundException:http://internal.example.org/' }],
  ['microsoft-teams', 403, { error: { code: 'Forbidden', message: 'Missing role permissions on the request.', innerError: { 'request-id': 'r' } } }],
  ['jira', 400, { errorMessages: [], errors: { customfield_10100: 'Data was not an array' } }],
  ['jira', 400, { issues: [], errors: [{ elementErrors: { errorMessages: [], errors: { summary: 'Summary is too long' } }, failedElementNumber: 3, status: 400 }] }],
  ['jira', 403, { errorMessages: ['You may not create issues in this project.'], errors: {} }],
  ['resend', 422, { statusCode: 422, name: 'missing_required_field', message: 'Missing `subject` field.' }],
  ['resend', 429, { statusCode: 429, name: 'rate_limit_exceeded', message: 'Too many requests.' }],
] satisfies [string, number, unknown, Record<string, string>?][]).map(([system, status, body, headers = {}]): Answer => ({
  name: `${system} ${status} ${JSON.stringify(body).slice(0, 70)}`, system, status, headers, body: JSON.stringify(body),
}));

const folder = join(import.meta.dirname, '../../../shared/errors');
const real = existsSync(folder) ? readCorpus(folder).filter(({ system }) => Object.hasOwn(clients, system)).map((sample): Answer => ({ ...sample, name: sample.file })) : [];

/** What a client says and we do not. A sentence of ours that theirs contains, or that says what theirs only announces, is no less. */
function missing(got: Diagnosis, seen: Seen): string[] {
  const parts = [got, ...(got.records ?? [])];
  const covered = (message: string | undefined): boolean => {
    const said = plainText(message ?? '');
    return said === '' || isGeneric(said) || parts.some((part) => part.message.includes(said) || said.includes(part.message) || said.includes(JSON.stringify(part.message).slice(1, -1)));
  };
  return [seen, ...(seen.records ?? [])].flatMap(({ message, code, fields = [] }) => [
    ...(covered(message) ? [] : [`message ${message}`]),
    ...(code === undefined || parts.some((part) => part.code === code) ? [] : [`code ${code}`]),
    ...(fields[0] === undefined || parts.some((part) => part.field === fields[0]) ? [] : [`field ${fields[0]}`]),
  ]);
}

describe('a vendor\'s own client sees no more in an answer than we do', () => {
  let vendor: Vendor;
  let answer: Answer | null = null;
  beforeAll(async () => {
    vendor = await startVendor((_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(answer?.status ?? 500, { 'content-type': 'application/json', ...answer?.headers });
      response.end(answer?.body);
    });
  });
  afterAll(() => vendor.stop());

  async function compare(one: Answer): Promise<Seen> {
    answer = one;
    const seen = await clients[one.system]?.(vendor.url.replace(/\/$/, '')) ?? {};
    expect(missing(diagnose(one.system, one), seen)).toEqual([]);
    return seen;
  }

  test.each(made.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    expect(JSON.stringify(await compare(one))).toMatch(/"(?:message|code)":"/);
  });

  test.each(real.map((one) => [one.name, one] as const))('%s', async (_name, one) => { await compare(one); });

  it('a reader that finds less is caught', () => {
    expect(missing({ message: 'x', code: null, field: null, category: 'server', retryable: true }, { message: 'y', code: 'Z', fields: ['f'] })).toEqual(['message y', 'code Z', 'field f']);
  });
});

describe('what a vendor\'s own helper signs, we take; what it refuses, we refuse', () => {
  const secret = 'made-up-secret';
  const body = '{"amount":"184200.00","text":"blåbær"}';

  it('HubSpot, version 3', () => {
    const url = 'https://hooks.example.org/hubspot?a=1';
    const timestamp = 1_790_000_000_000;
    const text = `POST${url}${body}${timestamp}`;
    const signed = Signature.getSignature('POST', 'v3', { requestBody: body, clientSecret: secret, url, timestamp, signature: '' });
    expect(isSigned({ text, key: secret, given: signed, encoding: 'base64' })).toBe(true);
    expect(isSigned({ text: `${text} `, key: secret, given: signed, encoding: 'base64' })).toBe(false);
    expect(isSigned({ text, key: 'another', given: signed, encoding: 'base64' })).toBe(false);
  });

  it('Twilio, over the address and the sorted parameters', () => {
    const url = 'https://hooks.example.org/twilio';
    const params = { To: '+4790000000', Body: 'blåbær', AccountSid: 'AC1' };
    const text = url + Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => name + value).join('');
    const given = createHmac('sha1', secret).update(text).digest('base64');
    expect(twilio.validateRequest(secret, given, url, params)).toBe(true);
    expect(isSigned({ text, key: secret, given, algorithm: 'sha1', encoding: 'base64' })).toBe(true);
    for (const wrong of [given.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), '']) {
      expect(isSigned({ text, key: secret, given: wrong, algorithm: 'sha1', encoding: 'base64' })).toBe(twilio.validateRequest(secret, wrong, url, params));
    }
  });

  it('Resend, which signs as Svix does', () => {
    const key = Buffer.from('a key of thirty-two bytes, about');
    const at = new Date(1_790_000_000_000);
    const signed = new Webhook(`whsec_${key.toString('base64')}`).sign('msg_1', at, body);
    const given = signed.replace(/^v1,/, '');
    const text = `msg_1.${at.getTime() / 1_000}.${body}`;
    expect(isSigned({ text, key, given, encoding: 'base64' })).toBe(true);
    expect(isSigned({ text: text.replace('184200', '184201'), key, given, encoding: 'base64' })).toBe(false);
  });

  it('Amazon: its client and we sign the same request with the same signature', async () => {
    const credentials = { accessKeyId: 'made-up-id', secretAccessKey: 'made-up-key' };
    const vendor = await startVendor((_request, response) => response.end('{"MessageId":"1"}'));
    const client = new SESv2Client({ endpoint: vendor.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
    await client.send(new SendEmailCommand({ Content: { Simple: { Subject: { Data: 'Blåbær' }, Body: { Text: { Data: 'x' } } } } }));
    await vendor.stop();
    const { headers, path, body: sent, method } = vendor.requests[0] ?? { headers: {}, path: '', body: '', method: '' };
    const theirs = String(headers.authorization);
    const time = String(headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
    const names = (/SignedHeaders=([^,]+)/.exec(theirs)?.[1] ?? '').split(';').filter((name) => name !== 'host' && name !== 'x-amz-date');
    const ours = signedHeaders(
      { method, url: new URL(path, vendor.url).href, headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])), body: sent, service: 'ses', region: 'eu-west-1' },
      credentials, new Date(time),
    );
    expect(ours.authorization).toBe(theirs);
  });
});

describe('emulators that others wrote', () => {
  const emulators: Emulator[] = [];
  afterEach(() => Promise.all(emulators.splice(0).map((emulator) => emulator.close())));

  /** An emulator listens on every address of the machine; here on loopback only, wherever there is room. */
  async function start(service: ServiceName): Promise<string> {
    const servers: Server[] = [];
    const listen = vi.spyOn(Server.prototype, 'listen').mockImplementation(function onLoopback(this: Server) {
      servers.push(this);
      listen.mockRestore();
      return this.listen(0, '127.0.0.1');
    });
    const emulator = await createEmulator({ service });
    emulators.push(emulator);
    const [server] = servers;
    if (!server?.listening) await new Promise((resolve) => server?.once('listening', resolve));
    return `http://127.0.0.1:${(server?.address() as AddressInfo).port}`;
  }

  async function said(system: string, url: string, token: string | null, body: object | URLSearchParams): Promise<Diagnosis> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...(body instanceof URLSearchParams ? {} : { 'content-type': 'application/json' }), ...(token === null ? {} : { authorization: token }) },
      body: body instanceof URLSearchParams ? body : JSON.stringify(body),
    });
    return diagnose(system, { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() });
  }

  it('Slack', async () => {
    const url = `${await start('slack')}/api/chat.postMessage`;
    const token = 'Bearer xoxb-made-up';
    expect(await said('slack', url, token, { channel: 'C404', text: 'x' })).toMatchObject({ code: 'channel_not_found', category: 'not_found', retryable: false });
    expect(await said('slack', url, token, { channel: 'general' })).toMatchObject({ code: 'no_text', category: 'validation' });
    expect(await said('slack', url, null, { channel: 'general', text: 'x' })).toMatchObject({ code: 'not_authed', category: 'auth' });
  });

  it('Resend, and our e-mail with it', async () => {
    const url = `${await start('resend')}/emails`;
    expect(await said('resend', url, 'Bearer re_made-up', { from: 'kari@example.org' })).toMatchObject({ code: 'validation_error', field: 'to', category: 'validation' });
    expect(await said('resend', url, 'Bearer re_made-up', { to: 'kari@example.org' })).toMatchObject({ field: 'from', category: 'validation' });
    const channel = emailChannel({ apiKey: 're_made-up', from: 'Syncward <sync@example.org>', pageUrl: 'https://example.org', baseUrl: url.replace('/emails', ''), timeoutMs: 5_000, clock: () => new Date() });
    const letter = { address: 'kari@example.org', payload: { subject: 'Rødt', text: 'Hei', html: '<p>Hei</p>' } };
    expect(await channel.send('delivery-1', [letter])).toEqual({ outcome: 'sent', providerIds: [expect.stringMatching(/\w/) as string] });
    expect(await said('resend', `${url}/batch`, 'Bearer re_made-up', { to: 'kari@example.org' })).toMatchObject({ message: 'Request body must be an array', category: 'validation' });
  });

  it('Twilio, and our connector with it', async () => {
    const url = await start('twilio');
    const sid = `AC${'0'.repeat(32)}`;
    const messages = `${url}/2010-04-01/Accounts/${sid}/Messages.json`;
    const token = basic(sid, 'twilio_test_auth_token');
    expect(await said('twilio', messages, token, new URLSearchParams({ Body: 'x' }))).toMatchObject({ code: '21201', field: 'To', category: 'validation' });
    expect(await said('twilio', messages, token, new URLSearchParams({ Body: 'x', To: '+4790000000', From: '+4790000001' }))).toMatchObject({ code: '21606', category: 'validation' });
    expect(await said('twilio', messages, basic(sid, 'wrong'), new URLSearchParams())).toMatchObject({ code: '20003', category: 'auth' });

    const check = (secret: string): Promise<unknown> => twilioConnector.check?.({
      settings: twilioConnector.settings.parse({ baseUrl: url, accountSid: sid }),
      credential: { sid, secret },
      http: localHttp('twilio', () => new Date(), [secret], 5_000),
    }) ?? Promise.reject(new Error('It has no check.'));
    expect(await check('twilio_test_auth_token')).toMatchObject({ as: expect.stringMatching(/\w/) as string });
    expect((await failureOf(check('wrong'))).diagnosis).toMatchObject({ code: '20003', category: 'auth' });
  });
});
