import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page, PulledRecord, WebhookAnswer, WebhookCall } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { zoom } from '../../supabase/functions/sync-zoom/connector.ts';
import { credential, settings } from '../../supabase/functions/sync-zoom/settings.ts';
import { failureOf, localHttp, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startZoom } from '../simulators/zoom.ts';
import type { ZoomOptions, ZoomSimulator } from '../simulators/zoom.ts';

let clock: TestClock;
let vendor: ZoomSimulator;
let connector: ReturnType<typeof zoom>;

function context(own: Record<string, unknown> = {}, given: Record<string, unknown> = {}) {
  const secret = {
    accountId: vendor.accountId,
    clientId: vendor.clientId,
    clientSecret: vendor.secret(),
    webhookSecrets: [vendor.webhookSecret],
  };
  return {
    settings: settings.parse({ baseUrl: vendor.url, loginUrl: vendor.url, hosts: ['kari@example.org'], ...own }),
    credential: credential.parse({ ...secret, ...given }),
    http: localHttp('zoom', clock, [vendor.secret()], 5_000),
  };
}

async function start(more: Partial<ZoomOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startZoom({ clock, ...more });
  vendor.host('kari@example.org');
  connector = zoom(createTokenCache(clock));
}

const pull = (stream: string, cursor: string | null, isFirst: boolean, own: Record<string, unknown> = {}): Promise<Page> =>
  connector.pull?.(context(own), { stream, cursor, isFirst, at: clock() }) ?? Promise.reject(new Error('It fetches nothing.'));

async function whole(stream: string, own: Record<string, unknown> = {}): Promise<PulledRecord[]> {
  const records: PulledRecord[] = [];
  for (let page = await pull(stream, null, true, own);; page = await pull(stream, page.cursor, false, own)) {
    records.push(...page.records);
    if (!page.more) return records;
  }
}

const check = async (own: Record<string, unknown> = {}, given: Record<string, unknown> = {}) => connector.check?.(context(own, given));
const heard = async (call: WebhookCall, given: Record<string, unknown> = {}): Promise<WebhookAnswer | undefined> => {
  const { settings: set, credential: secret } = context({}, given);
  return connector.webhook?.(set, secret, call);
};

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('a call from Zoom', () => {
  const payload = { account_id: 'a', object: { id: 123, topic: 'Training', registrant: { id: 'r1', email: 'ola@example.org' } } };

  it('that is signed brings what it says, under an id that the same event has again', async () => {
    const call = vendor.call('meeting.registration_created', payload);
    const answer = await heard(call);
    expect(answer).toEqual({
      accepted: true,
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      stream: 'registrants',
      records: [{
        id: '123:r1',
        payload: { id: 'r1', email: 'ola@example.org', meeting_id: '123' },
        changedAt: '2017-03-01T08:00:00.000Z',
        deleted: false,
      }],
    });
    // Sent again later, with a new time and signature over the same body.
    clock.advance(300);
    const time = String(clock().getTime() / 1_000);
    const signature = createHmac('sha256', vendor.webhookSecret).update(`v0:${time}:${call.body}`).digest('hex');
    const again = { headers: { 'x-zm-request-timestamp': time, 'x-zm-signature': `v0=${signature}` }, body: call.body, at: clock() };
    expect(await heard(again)).toEqual(answer);
  });

  it.each([
    ['meeting.deleted', 'meetings', [{ id: '123', payload: null, deleted: true }]],
    ['meeting.registration_cancelled', 'registrants', [{ id: '123:r1', payload: null, deleted: true }]],
    ['meeting.created', 'meetings', [{ id: '123', deleted: false }]],
    ['meeting.updated', 'meetings', []],
    ['recording.completed', 'meetings', []],
  ])('of %s brings to %s what it says', async (event, stream, records) => {
    expect(await heard(vendor.call(event, payload))).toMatchObject({ accepted: true, stream, records });
  });

  it.each<[string, (call: WebhookCall) => WebhookCall, string]>([
    [
      'changed on the way',
      (call) => ({ ...call, body: call.body.replace('Training', 'Trainings') }),
      'Its signature is not of our secret token.',
    ],
    [
      'without a signature',
      (call) => ({ ...call, headers: { 'x-zm-request-timestamp': call.headers['x-zm-request-timestamp'] ?? '' } }),
      'Its signature is not of our secret token.',
    ],
    [
      'with another time than was signed',
      (call) => ({ ...call, headers: { ...call.headers, 'x-zm-request-timestamp': '1488355201' } }),
      'Its signature is not of our secret token.',
    ],
    ['played again after the window', (call) => ({ ...call, at: new Date(call.at.getTime() + 301_000) }), 'Its time is too far from ours.'],
    ['from the future', (call) => ({ ...call, at: new Date(call.at.getTime() - 301_000) }), 'Its time is too far from ours.'],
    ['without a time', (call) => ({ ...call, headers: { 'x-zm-signature': call.headers['x-zm-signature'] ?? '' } }), 'It has no time.'],
  ])('%s is refused', async (_, change, reason) => {
    expect(await heard(change(vendor.call('meeting.created', payload)))).toEqual({ accepted: false, reason });
  });

  it('is accepted to the last second of the window', async () => {
    const call = vendor.call('meeting.created', payload);
    expect(await heard({ ...call, at: new Date(call.at.getTime() + 300_000) })).toMatchObject({ accepted: true });
  });

  it('is refused when there is no secret to check it with', async () => {
    expect(await heard(vendor.call('meeting.created', payload), { webhookSecrets: [] })).toMatchObject({ accepted: false });
  });

  it('is accepted with either secret while it is being replaced', async () => {
    const call = vendor.call('meeting.created', payload);
    expect(await heard(call, { webhookSecrets: ['the-new-secret-token', vendor.webhookSecret] })).toMatchObject({ accepted: true });
    expect(await heard(call, { webhookSecrets: ['the-new-secret-token'] })).toMatchObject({ accepted: false });
  });

  it('that asks for proof of the address is answered with it, and nothing else', async () => {
    const encryptedToken = createHmac('sha256', vendor.webhookSecret).update('qgg8vlvZRS6UYooatFL8Aw').digest('hex');
    expect(
      await heard(vendor.call('endpoint.url_validation', { plainToken: 'qgg8vlvZRS6UYooatFL8Aw' }), {
        webhookSecrets: ['the-new-secret-token', vendor.webhookSecret],
      }),
    )
      .toEqual({ accepted: true, answer: { plainToken: 'qgg8vlvZRS6UYooatFL8Aw', encryptedToken } });
  });

  it('gets nothing signed that a stranger chose', async () => {
    const call = vendor.call('endpoint.url_validation', { plainToken: 'v0:1488355200:{"event":"meeting.deleted"}' });
    expect(await heard(call)).toEqual({ accepted: false, reason: 'It is a challenge without a token.' });
    const unsigned = vendor.call('endpoint.url_validation', { plainToken: 'abc' });
    expect(await heard({ ...unsigned, headers: { ...unsigned.headers, 'x-zm-signature': 'v0=00' } })).toMatchObject({ accepted: false });
  });

  it('that is signed nonsense is refused', async () => {
    const call = vendor.call('meeting.created', payload);
    const body = 'not json';
    const signature = createHmac('sha256', vendor.webhookSecret).update(`v0:${call.headers['x-zm-request-timestamp']}:${body}`).digest(
      'hex',
    );
    expect(await heard({ ...call, body, headers: { ...call.headers, 'x-zm-signature': `v0=${signature}` } })).toMatchObject({
      accepted: false,
    });
  });
});

describe('fetching from Zoom', () => {
  beforeEach(async () => {
    await vendor.stop();
    await start({ pageSize: 2 });
    vendor.host('ola@example.org');
    vendor.meet('kari@example.org', 11, ['a@example.org', 'b@example.org', 'c@example.org']);
    vendor.meet('kari@example.org', 12);
    vendor.meet('kari@example.org', 13, []);
    vendor.meet('ola@example.org', 21, ['d@example.org']);
  });
  const both = { hosts: ['kari@example.org', 'ola@example.org'] };

  it('brings the meetings of every host, page by page', async () => {
    expect((await whole('meetings', both)).map(({ id }) => id)).toEqual(['11', '12', '13', '21']);
    expect((await whole('meetings'))[0]).toEqual({
      id: '11',
      payload: { id: '11', topic: 'Meeting 11', uuid: 'u11==', type: 2 },
      changedAt: null,
      deleted: false,
    });
  });

  it('brings registrants of every meeting, and none of one that nobody registers for', async () => {
    const records = await whole('registrants', both);
    expect(records.map(({ id }) => id)).toEqual(['11:r1', '11:r2', '11:r3', '21:r1']);
    expect(records[0]).toEqual({
      id: '11:r1',
      payload: { id: 'r1', email: 'a@example.org', create_time: '2017-02-28T10:00:00Z', meeting_id: '11' },
      changedAt: '2017-02-28T10:00:00.000Z',
      deleted: false,
    });
  });

  it('gives the same page for the same cursor', async () => {
    const { cursor } = await pull('meetings', null, true);
    const first = await pull('meetings', cursor, false);
    expect((await pull('meetings', cursor, false)).records).toEqual(first.records);
  });

  it('begins anew with every run, as Zoom forgets its pages', async () => {
    const { cursor } = await pull('meetings', null, true);
    clock.advance(1_000);
    expect(await failureOf(pull('meetings', cursor, false))).toMatchObject({
      status: 400,
      diagnosis: { message: 'The next page token is invalid or expired.' },
    });
    expect((await pull('meetings', cursor, true)).records.map(({ id }) => id)).toEqual(['11', '12']);
  });

  it('reads a limit of the day that ends at a time, not after seconds', async () => {
    vendor.useUpDay('2017-03-01T10:30:00Z');
    expect(await failureOf(pull('meetings', null, true))).toMatchObject({
      status: 429,
      retryAfterSeconds: 9_000,
      diagnosis: { category: 'rate_limit', retryable: true },
    });
  });

  it('takes the limit of a second, which says nothing of a time, for what it is', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(pull('meetings', null, true))).toMatchObject({
      status: 429,
      retryAfterSeconds: null,
      diagnosis: { category: 'rate_limit' },
    });
  });

  it('fetches a new token when Zoom has withdrawn the old one', async () => {
    await pull('meetings', null, true);
    vendor.rotate(vendor.secret());
    expect((await whole('meetings')).length).toBe(3);
  });
});

describe('check', () => {
  it('says as whom we are let in', async () => {
    expect(await check()).toEqual({ as: 'Host (kari@example.org)', warnings: [] });
  });

  it('warns of a webhook without a secret, of one that is left over, and of a licence that is too small', async () => {
    vendor.host('kari@example.org', 1);
    expect((await check({}, { webhookSecrets: [] }))?.warnings).toEqual([
      'No secret token is set for the webhook: calls from Zoom are refused.',
      'kari@example.org has a basic licence: meetings with registration need a paid one.',
    ]);
    expect((await check({}, { webhookSecrets: ['first-secret', 'second-secret'] }))?.warnings[0]).toContain('Take the old one away');
  });

  it('says of a wrong secret that it is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({}, { clientSecret: 'another-secret-of-ours' }));
    expect(failure).toMatchObject({ status: 400, delivered: 'refused', diagnosis: { code: 'invalid_client', category: 'auth' } });
    expect(JSON.stringify(failure)).not.toContain('another-secret-of-ours');
  });

  it('names a host that does not exist', async () => {
    expect(await failureOf(check({ hosts: ['nobody@example.org'] }))).toMatchObject({
      status: 404,
      diagnosis: { message: 'User does not exist: nobody@example.org.', code: '1001', category: 'not_found' },
    });
  });

  it('goes to addresses of Zoom only', () => {
    const at = (baseUrl: string): boolean => settings.safeParse({ hosts: ['x'], baseUrl }).success;
    expect(['https://api.zoom.us', 'https://zoom.us.example.org'].map(at)).toEqual([true, false]);
  });
});
