import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page, PulledRecord } from '../../supabase/functions/_kit/connector.ts';
import { connector } from '../../supabase/functions/sync-apollo/connector.ts';
import { settings } from '../../supabase/functions/sync-apollo/settings.ts';
import { startApollo } from '../simulators/apollo.ts';
import type { ApolloOptions, ApolloSimulator } from '../simulators/apollo.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let vendor: ApolloSimulator;

const CUSTOM = '60c39ed82bd02f01154c470a';
const map = { amount: `custom:${CUSTOM}`, currency: 'none', stage: 'contact_stage_id' };

function context(own: Record<string, unknown> = {}, apiKey = vendor.key()) {
  return {
    settings: settings.parse({ baseUrl: vendor.url, map, ...own }),
    credential: { apiKey },
    http: localHttp('apollo', clock, [apiKey], 5_000),
  };
}

async function start(more: Partial<ApolloOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startApollo({ clock, ...more });
}

const contacts = (count: number, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] =>
  spending(count, change).map((record) => ({ ...record, payload: { email: `person-${record.id}@example.org`, firstName: 'Kari', title: 'CFO' } }));
const push = (records: OutgoingRecord[], own: Record<string, unknown> = {}): Promise<Outcome[]> => connector.push(context(own), records);
const check = (own: Record<string, unknown> = {}, key?: string) => connector.check(context(own, key));

/** One run of a stream; no more pages than asked for. */
async function run(stream: string, cursor: string | null, own: Record<string, unknown> = {}, most = Infinity): Promise<{ records: PulledRecord[]; cursor: string }> {
  const records: PulledRecord[] = [];
  let page: Page = { records: [], cursor: cursor ?? '', more: true };
  for (let at = 0; page.more && at < most; at += 1) {
    page = await connector.pull(context(own), { stream, cursor: at === 0 ? cursor : page.cursor, isFirst: at === 0, at: clock() });
    records.push(...page.records);
  }
  return { records, cursor: page.cursor };
}

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('sending contacts to Apollo', () => {
  it('creates each once with run_dedupe, custom fields digit by digit', async () => {
    const [record] = contacts(1, { amount: '123456789012345.67' });
    expect(await push([record as OutgoingRecord])).toMatchObject([{ state: 'exported', externalId: vendor.contacts()[0]?.id }]);
    expect(vendor.ledger()).toMatchObject([{ key: 'person-1@example.org', amount: '123456789012345.67', text: 'CFO' }]);
    expect(vendor.contacts()[0]).not.toHaveProperty('currency');
  });

  it('changes the contact that Apollo holds under the address, and leaves alone what it does not send', async () => {
    vendor.add(1, { email: 'person-1@example.org', last_name: 'Nordmann', title: 'Clerk' });
    expect(await push(contacts(1))).toMatchObject([{ state: 'exported', externalId: vendor.contacts()[0]?.id }]);
    expect(vendor.contacts()).toMatchObject([{ last_name: 'Nordmann', title: 'CFO' }]);
  });

  it('changes a contact it has sent before by its id, also its address', async () => {
    const [first] = await push(contacts(1));
    const [record] = contacts(1, { version: 2, externalId: first?.state === 'exported' ? first.externalId ?? null : null });
    await push([withPayload(record as OutgoingRecord, { email: 'new@example.org', title: null })]);
    expect(vendor.contacts()).toHaveLength(1);
    expect(vendor.contacts()[0]).toMatchObject({ email: 'new@example.org', title: '' });
  });

  it('says of a contact that was deleted that it was', async () => {
    expect(await failureOf(push(contacts(1, { externalId: 'a'.repeat(24) })))).toMatchObject({
      status: 422, delivered: 'refused', diagnosis: { message: 'Cannot update contact as it is deleted.' },
    });
  });

  it('finds the key behind an id that is none', async () => {
    const [record] = contacts(1);
    const failure = await failureOf(push([withPayload(record as OutgoingRecord, { stage: '2342432' })]));
    expect(failure).toMatchObject({ status: 422, diagnosis: { field: 'contact_stage_id', category: 'validation', retryable: false } });
    expect(connector.fields(context().settings).stage).toContain('contact_stage_id');
  });

  it('does not take a contact for exported of which a custom field was refused', async () => {
    const other = 'b'.repeat(24);
    const [outcome] = await push(contacts(1), { map: { ...map, amount: `custom:${other}` } });
    expect(outcome).toMatchObject({
      state: 'refused', externalId: vendor.contacts()[0]?.id, diagnosis: { field: other, message: 'is not a custom field of this team', retryable: false },
    });
    expect(connector.fields(settings.parse({ map: { amount: `custom:${other}` } })).amount).toContain(other);
  });

  it.each([
    ['no address', { email: null }, 'email', 'payload_missing'],
    ['something else for an address', { email: 'Kari' }, 'email', 'payload_missing'],
    ['an unknown key', { colour: 'red' }, 'colour', 'payload_unknown_key'],
  ])('refuses a record with %s by itself', async (_, payload, field, code) => {
    const [record] = contacts(1);
    expect(await push([withPayload(record as OutgoingRecord, payload)])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }]);
    expect(vendor.requests()).toBe(0);
  });

  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('after %s sending again makes no second contact', async (fault) => {
    vendor.faults.next(fault);
    expect(await failureOf(push(contacts(1)))).toMatchObject({ delivered: 'unknown' });
    expect(await push(contacts(1))).toMatchObject([{ state: 'exported', externalId: vendor.contacts()[0]?.id }]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('reads how long a window of an hour still lasts', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push(contacts(1)))).toMatchObject({ delivered: 'refused', retryAfterSeconds: 1_200, diagnosis: { category: 'rate_limit', retryable: true } });
    expect(connector.rate(context({ requestsPerMinute: 200 }).settings)).toEqual({ requests: 200, perSeconds: 60 });
  });
});

describe('fetching contacts', () => {
  it('brings all of them at first, and then those that changed, new ones among them, and what came just before', async () => {
    vendor.add(250, {}, 60_000);
    const first = await run('contacts', null);
    expect(new Set(first.records.map(({ id }) => id)).size).toBe(250);
    clock.advance(3_600);
    vendor.add(1, { title: 'New' });
    vendor.touch(vendor.contacts()[17]?.id ?? '');
    const next = await run('contacts', first.cursor);
    expect(next.records.map(({ id }) => id).sort()).toEqual([17, 247, 248, 249, 250].map((index) => vendor.contacts()[index]?.id).sort());
    expect(next.records[0]).toMatchObject({ payload: { updated_at: '2017-03-01T09:00:00.000Z' }, changedAt: '2017-03-01T09:00:00.000Z', deleted: false });
  });

  it('begins a round that was broken off anew, and loses nothing', async () => {
    vendor.add(250);
    const broken = await run('contacts', null, {}, 1);
    expect(broken.records).toHaveLength(100);
    clock.advance(3_600);
    vendor.add(1);
    expect((await run('contacts', broken.cursor)).records).toHaveLength(251);
  });

  it('takes the refusal of a page past the last for the end', async () => {
    await vendor.stop();
    await start({ pagesShown: 2 });
    vendor.add(350);
    const { records } = await run('contacts', null);
    expect(records).toHaveLength(200);
  });

  it('never asks for more than 500 pages', async () => {
    vendor.add(1);
    vendor.claim(60_000);
    const page = await connector.pull(context(), { stream: 'contacts', cursor: JSON.stringify({ since: 0, top: 1, page: 501 }), isFirst: false, at: clock() });
    expect(page).toMatchObject({ records: [], more: false });
    expect(vendor.requests()).toBe(0);
    const last = await connector.pull(context(), { stream: 'contacts', cursor: JSON.stringify({ since: 0, top: 1, page: 500 }), isFirst: false, at: clock() });
    expect(last.more).toBe(false);
  });

  it('does not take a first page that is refused for the end', async () => {
    vendor.add(1);
    await vendor.stop();
    await start({ pagesShown: 0 });
    expect(await failureOf(run('contacts', null))).toMatchObject({ status: 422 });
  });

  it('reads the lists it is told to', async () => {
    vendor.add(2, { label_ids: ['c'.repeat(24)] });
    vendor.add(3);
    expect((await run('contacts', null, { pullLabelIds: ['c'.repeat(24)] })).records).toHaveLength(2);
  });
});

describe('enriching', () => {
  const enrich = { enrich: {} };

  it('is a stream only where the settings ask for it', () => {
    expect([{}, enrich].map((own) => connector.streams(context(own).settings).map(({ name }) => name))).toEqual([['contacts'], ['contacts', 'people']]);
  });

  it('pays for new contacts only, each once, ten at a time', async () => {
    vendor.add(50);
    const begun = await run('people', null, enrich);
    expect(begun.records).toEqual([]);
    clock.advance(60);
    vendor.add(25);
    clock.advance(60);
    const first = await run('people', begun.cursor, enrich);
    expect(first.records).toHaveLength(25);
    expect(first.records[0]).toMatchObject({ payload: { title: 'VP of Sales' }, deleted: false });
    clock.advance(60);
    await run('people', first.cursor, enrich);
    expect(vendor.enriched()).toHaveLength(25);
    expect(vendor.credits()).toBe(9_975);
  });

  it('pays nobody twice when a round is broken off and others come meanwhile, nor when many came at once', async () => {
    const { cursor } = await run('people', null, enrich);
    clock.advance(60);
    const at = clock().toISOString();
    vendor.add(35, { created_at: at });
    const broken = await run('people', cursor, enrich, 2);
    expect(broken.records).toHaveLength(20);
    clock.advance(60);
    vendor.add(5);
    const rest = await run('people', broken.cursor, enrich);
    expect(rest.records).toHaveLength(15);
    expect((await run('people', rest.cursor, enrich)).records).toHaveLength(5);
    expect(new Set(vendor.enriched()).size).toBe(40);
    expect(vendor.enriched()).toHaveLength(40);
  });

  it('pays nobody twice who came after a round began that found nobody on its first page', async () => {
    const { cursor } = await run('people', null, enrich);
    clock.advance(60);
    vendor.add(150, { person_id: null });
    const broken = await run('people', cursor, enrich, 1);
    clock.advance(60);
    vendor.add(1);
    const rest = await run('people', broken.cursor, enrich);
    await run('people', rest.cursor, enrich);
    expect(vendor.enriched()).toEqual([vendor.contacts()[150]?.person_id]);
  });

  it('stops before the credits that are to be left alone, and goes on when there are more', async () => {
    const { cursor } = await run('people', null, enrich);
    clock.advance(60);
    vendor.add(30);
    const sparing = { enrich: { leastCredits: 9_985 } };
    const stopped = await run('people', cursor, sparing);
    expect(stopped.records).toHaveLength(20);
    expect((await run('people', stopped.cursor, sparing)).records).toEqual([]);
    expect((await run('people', stopped.cursor, enrich)).records).toHaveLength(10);
    expect(vendor.enriched()).toHaveLength(30);
  });

  it('goes on behind people whom Apollo does not know', async () => {
    const { cursor } = await run('people', null, enrich);
    clock.advance(60);
    vendor.add(1, { person_id: null, email: 'nobody@example.org' });
    vendor.add(1, { person_id: null });
    expect((await run('people', cursor, enrich)).records).toEqual([]);
  });
});

describe('signals', () => {
  it('tell credits and requests that are left, with the least that is well', async () => {
    const at = clock().toISOString();
    const found = await connector.signals(context(), clock());
    expect(found).toContainEqual({ name: 'credits_left', value: 10_000, unit: 'count', warning: 2_000, critical: 500, isFloor: true, at, about: 'lead_credit' });
    expect(found).toContainEqual({ name: 'credits_left', value: 100, unit: 'count', warning: 1_000, critical: 250, isFloor: true, at, about: 'export_credit' });
    expect(found).toContainEqual({ name: 'requests_left_today', value: 300, unit: 'count', warning: 400, critical: 100, isFloor: true, at, about: 'contacts/search' });
    expect(found.map(({ about }) => about)).not.toContain('direct_dial_credit');
  });

  it('turn yellow where enriching stops', async () => {
    expect(await connector.signals(context({ enrich: { leastCredits: 10_000 } }), clock())).toContainEqual(
      expect.objectContaining({ about: 'lead_credit', value: 10_000, warning: 10_001, critical: 500 }),
    );
  });

  it('do without requests where the key may not ask for them, but not without credits', async () => {
    await vendor.stop();
    await start({ withheld: ['usage_stats/api_usage_stats'] });
    expect((await connector.signals(context(), clock())).map(({ name }) => name)).toEqual(['credits_left', 'credits_left']);
    await vendor.stop();
    await start({ withheld: ['usage_stats/credit_usage_stats'] });
    expect(await failureOf(connector.signals(context(), clock()))).toMatchObject({ status: 403, diagnosis: { code: 'API_INACCESSIBLE' } });
  });
});

describe('check', () => {
  it('says as whom we are let in', async () => {
    expect(await check()).toEqual({ as: 'Kari Nordmann', warnings: [] });
  });

  it('says which endpoints the key was not made for, and how many contacts are out of sight', async () => {
    await vendor.stop();
    await start({ withheld: ['users/api_profile', 'usage_stats/credit_usage_stats'] });
    vendor.claim(60_000);
    expect(await check()).toEqual({
      as: null,
      warnings: [
        'Whose key it is cannot be told: This API key is not authorized to access api/v1/users/api_profile.',
        'Credits cannot be measured: This API key is not authorized to access api/v1/usage_stats/credit_usage_stats.',
        'Apollo shows 50000 of 60000 contacts; the rest is fetched only when it changes. Name lists in "pullLabelIds".',
      ],
    });
  });

  it('says of a wrong key that it is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({}, 'another-key-of-ours'));
    expect(failure).toMatchObject({ status: 401, delivered: 'refused', diagnosis: { category: 'auth', retryable: false, message: expect.stringContaining('Invalid API key') as string } });
    expect(JSON.stringify(failure)).not.toContain('another-key-of-ours');
  });

  it('goes to addresses of Apollo only', () => {
    expect(['https://api.apollo.io', 'https://apollo.io.example.org'].map((baseUrl) => settings.safeParse({ baseUrl }).success)).toEqual([true, false]);
  });
});
