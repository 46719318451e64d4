import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page, PulledRecord } from '../../supabase/functions/_kit/connector.ts';
import { rateFor, streamsFor } from '../../supabase/functions/_kit/facts.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { zoominfo } from '../../supabase/functions/sync-zoominfo/connector.ts';
import { settings } from '../../supabase/functions/sync-zoominfo/settings.ts';
import { failureOf, localHttp, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startZoomInfo } from '../simulators/zoominfo.ts';
import type { ZoomInfoOptions, ZoomInfoSimulator } from '../simulators/zoominfo.ts';

let clock: TestClock;
let vendor: ZoomInfoSimulator;
let connector: ReturnType<typeof zoominfo>;

const enriching = (more: Record<string, unknown> = {}) => ({ enrich: { outputFields: ['email', 'jobTitle'], leastCredits: 0, ...more } });
const DAY = 86_400;

function context(own: Record<string, unknown> = {}, clientSecret = vendor.secret()) {
  return {
    settings: settings.parse({ baseUrl: vendor.url, loginUrl: vendor.url, search: { companyId: '1' }, ...own }),
    credential: { clientId: vendor.clientId, clientSecret },
    http: localHttp('zoominfo', clock, [clientSecret], 5_000),
  };
}

async function start(more: Partial<ZoomInfoOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startZoomInfo({ clock, ...more });
  connector = zoominfo(createTokenCache(clock));
}

const pull = (stream: string, cursor: string | null, isFirst: boolean, own: Record<string, unknown>): Promise<Page> =>
  connector.pull?.(context(own), { stream, cursor, isFirst, at: clock() }) ?? Promise.reject(new Error('It fetches nothing.'));

/** One run of a stream; no more pages than asked for. */
async function run(stream: string, cursor: string | null, own: Record<string, unknown> = {}, most = Infinity): Promise<{ records: PulledRecord[]; cursor: string; pages: number }> {
  const records: PulledRecord[] = [];
  let page: Page = { records: [], cursor: cursor ?? '', more: true };
  let pages = 0;
  for (; page.more && pages < most; pages += 1) {
    page = await pull(stream, pages === 0 ? cursor : page.cursor, pages === 0, own);
    records.push(...page.records);
  }
  return { records, cursor: page.cursor, pages };
}

const idsOf = (records: PulledRecord[]): string[] => records.map(({ id }) => id);
const check = async (own: Record<string, unknown> = {}, secret?: string) => connector.check?.(context(own, secret));

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('fetching what is found', () => {
  it('brings all that the settings look for, page by page, and for nothing', async () => {
    vendor.add(250);
    vendor.add(10, '2');
    const { records, pages } = await run('contacts', null);
    expect([new Set(idsOf(records)).size, pages]).toEqual([250, 3]);
    expect(records[0]).toEqual({
      id: '4191000000',
      payload: { lastName: 'Name 4191000000', lastUpdatedDate: '2017-03-01T08:00:00.000Z', hasEmail: true },
      changedAt: '2017-03-01T08:00:00.000Z',
      deleted: false,
    });
    expect(vendor.credits()).toBe(1_000);
  });

  it('brings what was updated since the day before the last round began', async () => {
    vendor.add(3);
    const { cursor } = await run('contacts', null);
    clock.advance(3 * DAY);
    vendor.update('4191000001');
    const next = await run('contacts', cursor);
    // The first day of all is asked for again, since a search knows days only.
    expect(new Set(idsOf(next.records))).toEqual(new Set(['4191000000', '4191000001', '4191000002']));
    clock.advance(3 * DAY);
    expect(idsOf((await run('contacts', next.cursor)).records)).toEqual(['4191000001']);
  });

  it('begins a round that was broken off anew, and loses nothing', async () => {
    vendor.add(250);
    const { cursor } = await run('contacts', null, {}, 2);
    clock.advance(5 * DAY);
    expect((await run('contacts', cursor)).records).toHaveLength(250);
  });

  it('takes the refusal of a page past the last for the end', async () => {
    await vendor.stop();
    await start({ pagesShown: 2 });
    vendor.add(350);
    const { records, cursor } = await run('contacts', null);
    expect(records).toHaveLength(200);
    expect(JSON.parse(cursor)).toMatchObject({ page: 1, since: '2017-02-28' });
  });

  it('never asks for more than 100 pages, nor takes a refused first page for the end', async () => {
    vendor.claim(60_000);
    const at = (page: number) => JSON.stringify({ since: null, begun: '2017-03-01', page });
    expect(await pull('contacts', at(101), false, {})).toMatchObject({ records: [], more: false });
    expect(vendor.requests()).toBe(0);
    await vendor.stop();
    await start({ pagesShown: 0 });
    expect(await failureOf(run('contacts', null))).toMatchObject({ status: 400, diagnosis: { code: 'PFAPI0002', field: 'page[number]' } });
  });

  it('names a search field that there is not', async () => {
    expect(await failureOf(run('contacts', null, { search: { colour: 'red' } }))).toMatchObject({ status: 400, diagnosis: { code: 'PFAPI0005', field: 'colour' } });
  });

  it('reads how long a window still lasts', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(run('contacts', null))).toMatchObject({ status: 429, retryAfterSeconds: 840, diagnosis: { code: 'ZI0004', category: 'rate_limit' } });
    expect(rateFor(connector, context({ requestsPerSecond: 25 }).settings)).toEqual({ requests: 25, perSeconds: 1 });
  });

  it('fetches a new token when ZoomInfo has withdrawn the old one', async () => {
    vendor.add(1);
    await run('contacts', null);
    vendor.rotate(vendor.secret());
    expect((await run('contacts', null)).records).toHaveLength(1);
  });
});

describe('enriching', () => {
  it('is a stream only where the settings ask for it', () => {
    expect([{}, enriching()].map((own) => streamsFor(connector, context(own).settings).map(({ name }) => name))).toEqual([['contacts'], ['contacts', 'enriched-contacts']]);
  });

  it('asks for 25 at a time, and pays for each once', async () => {
    vendor.add(130);
    const { records, cursor } = await run('enriched-contacts', null, enriching());
    expect(new Set(idsOf(records)).size).toBe(130);
    expect(records[0]).toEqual({
      id: '4191000000',
      payload: { email: '4191000000@example.org', personHasMoved: 'No', matchStatus: 'FULL_MATCH' },
      changedAt: '2017-03-01T08:00:00.000Z',
      deleted: false,
    });
    expect(vendor.asked()).toEqual([25, 25, 25, 25, 25, 5]);
    clock.advance(5 * DAY);
    await run('enriched-contacts', cursor, enriching());
    expect(vendor.credits()).toBe(870);
  });

  it('reads of each what became of it: known, unknown, or gone because the person wants it so', async () => {
    vendor.add(1, '1', 'COMPANY_ONLY_MATCH');
    vendor.add(1, '1', 'NO_MATCH');
    vendor.add(1, '1', 'NON_MATCH_BY_REQUIRED_FIELDS');
    vendor.add(1, '1', 'OPT_OUT');
    expect((await run('enriched-contacts', null, enriching({ requiredFields: ['email'] }))).records).toMatchObject([
      { id: '4191000000', payload: { matchStatus: 'COMPANY_ONLY_MATCH' }, deleted: false },
      { id: '4191000003', payload: null, deleted: true },
    ]);
  });

  it('stops before the credits that are to be left alone', async () => {
    vendor.add(200);
    const stopped = await run('enriched-contacts', null, enriching({ leastCredits: 940 }));
    expect([stopped.records.length, vendor.credits()]).toEqual([75, 925]);
    expect((await run('enriched-contacts', stopped.cursor, enriching())).records).toHaveLength(200);
    expect(vendor.credits()).toBe(800);
  });

  it('keeps what was paid for when ZoomInfo stops in the middle, and then says why', async () => {
    await vendor.stop();
    await start({ credits: 30 });
    vendor.add(60);
    const first = await run('enriched-contacts', null, enriching({ leastCredits: 0 }), 2);
    expect(first.records).toHaveLength(30);
    expect(await failureOf(pull('enriched-contacts', first.cursor, false, enriching()))).toMatchObject({
      delivered: 'refused', diagnosis: { code: 'LIMIT_EXCEEDED', category: 'permission', retryable: false },
    });
  });

  it('names a field that the package does not include', async () => {
    vendor.add(1);
    expect(await failureOf(run('enriched-contacts', null, enriching({ outputFields: ['mobilePhone'] })))).toMatchObject({
      status: 400, diagnosis: { code: 'PFAPI0009', field: 'mobilePhone', retryable: false },
    });
  });
});

describe('signals', () => {
  it('tell what is left of the contract and of the day, with the least that is well', async () => {
    const at = clock().toISOString();
    expect(await connector.signals?.(context(), clock())).toEqual([
      { name: 'usage_left', value: 200, unit: 'count', warning: 2_000, critical: 500, isFloor: true, at, about: 'requestLimit' },
      { name: 'usage_left', value: 1_000, unit: 'count', warning: 200, critical: 50, isFloor: true, at, about: 'uniqueIdLimit' },
      { name: 'requests_left_today', value: 120_000, unit: 'count', warning: 25_920, critical: 6_480, isFloor: true, at },
    ]);
  });

  it('turn yellow where enriching stops', async () => {
    expect(await connector.signals?.(context(enriching({ leastCredits: 1_000 })), clock())).toContainEqual(
      expect.objectContaining({ about: 'uniqueIdLimit', value: 1_000, warning: 1_001, critical: 50 }),
    );
  });
});

describe('check', () => {
  it('has nothing against a search that finds what can be shown', async () => {
    expect(await check()).toEqual({ as: null, warnings: [] });
  });

  it('says how many are out of sight, and when nothing would be enriched', async () => {
    vendor.claim(60_000);
    expect((await check(enriching({ leastCredits: 2_000 })))?.warnings).toEqual([
      'ZoomInfo shows 10000 of 60000 contacts. Say more in "search".',
      'Nothing is enriched: 1000 credits are left, and 2000 are to be left alone.',
    ]);
  });

  it('names a scope that is missing', async () => {
    await vendor.stop();
    await start({ withoutScope: true });
    expect((await check())?.warnings).toEqual([
      "Contacts cannot be fetched: This application does not have the required scope to access the requested resource 'contacts'.",
    ]);
  });

  it('says of a wrong secret that it is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({}, 'another-secret-of-ours'));
    expect(failure).toMatchObject({ status: 401, delivered: 'refused', diagnosis: { code: 'invalid_client', category: 'auth' } });
    expect(JSON.stringify(failure)).not.toContain('another-secret-of-ours');
  });

  it('goes to addresses of ZoomInfo only, and looks for something', () => {
    const at = (own: object): boolean => settings.safeParse({ search: { companyId: '1' }, ...own }).success;
    expect([{}, { baseUrl: 'https://zoominfo.com.example.org' }, { loginUrl: 'https://example.org' }, { search: {} }, { search: { lastUpdatedDateAfter: '2017-01-01' } }].map(at))
      .toEqual([true, false, false, false, false]);
  });
});
