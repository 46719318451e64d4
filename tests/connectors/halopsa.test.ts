import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { halopsa } from '../../supabase/functions/sync-halopsa/connector.ts';
import { settings } from '../../supabase/functions/sync-halopsa/settings.ts';
import { startHalo } from '../simulators/halopsa.ts';
import type { HaloOptions, HaloSimulator } from '../simulators/halopsa.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let halo: HaloSimulator;
let connector: ReturnType<typeof halopsa>;

const tickets = (count: number, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] =>
  spending(count, { amount: null, currency: null, payload: { title: 'Payroll has not arrived', client: '1' }, ...change });

function context(own: Record<string, unknown> = {}, clientSecret = halo.secret()) {
  return {
    settings: settings.parse({ baseUrl: halo.url, ...own }),
    credential: { clientId: halo.clientId, clientSecret },
    http: localHttp('halopsa', clock, [clientSecret], 5_000),
  };
}

async function start(more: Partial<HaloOptions> = {}): Promise<void> {
  clock = testClock();
  halo = await startHalo({ clock, ...more });
  connector = halopsa(createTokenCache(clock));
}

const push = (records: OutgoingRecord[], own: Record<string, unknown> = {}): Promise<Outcome[]> => connector.push(context(own), records);
const find = async (records: OutgoingRecord[], own: Record<string, unknown> = {}): Promise<(Outcome | null)[]> =>
  (await connector.find?.(context(own), records)) ?? [];
const check = async (own: Record<string, unknown> = {}, secret?: string) => connector.check?.(context(own, secret));
const states = (outcomes: (Outcome | null)[]): (string | undefined)[] => outcomes.map((outcome) => outcome?.state);

beforeEach(() => start());
afterEach(() => halo.stop());

describe('sending to HaloPSA', () => {
  it('posts a full batch as one list, and gives each number to its own record, in whatever order it comes back', async () => {
    const outcomes = await push(tickets(20));
    expect(outcomes).toMatchObject(halo.entries('Tickets').map(({ id }) => ({ state: 'exported', externalId: String(id) })));
    expect(halo.requests()).toBe(2);
    expect(halo.duplicates()).toEqual([]);
    expect(halo.entries('Tickets')[0]?.summary).toMatch(/^Payroll has not arrived \[SW-[A-Z2-7]{20}\]$/);
  });

  it('posts leads as opportunities, with amounts digit by digit and custom fields', async () => {
    const [record] = tickets(1, {
      amount: '123456789012345.67',
      currency: 'NOK',
      payload: { title: 'New heating', company: 'Example AS', region: 'Nord' },
    });
    const own = { kind: 'opportunity', ticketTypeId: 30, map: { amount: 'oppvalue', currency: 'none', region: 'customfields.CFregion' } };
    expect(await push([record as OutgoingRecord], own)).toMatchObject([{ state: 'exported' }]);
    expect(halo.ledger()[0]?.amount).toBe('123456789012345.67');
    expect(halo.entries('Opportunities')[0]).toMatchObject({
      tickettype_id: 30,
      oppcompanyname: 'Example AS',
      customfields: [{ name: 'CFregion', value: 'Nord' }],
    });
    expect(halo.entries('Tickets')).toEqual([]);
  });

  it('after a refused list finds what it left behind, and sends the rest one by one', async () => {
    const records = tickets(5).map((record, index) => (index === 2 ? withPayload(record, { client: '99' }) : record));
    const outcomes = await push(records);
    expect(states(outcomes)).toEqual(['exported', 'exported', 'refused', 'exported', 'exported']);
    expect(outcomes[2]).toMatchObject({
      status: 400,
      diagnosis: { message: 'Client 99 does not exist', category: 'validation', retryable: false },
    });
    expect(halo.ledger()).toHaveLength(4);
    expect(halo.duplicates()).toEqual([]);
  });

  it('leaves a batch open of which only a part comes back', async () => {
    halo.answerWithOne();
    expect(await failureOf(push(tickets(3)))).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'answer_unexpected' } });
    expect(states(await find(tickets(3)))).toEqual(['exported', 'exported', 'exported']);
  });

  it.each([
    ['no title', { title: null }, 'title', 'payload_missing'],
    ['a title that is too long', { title: 'x'.repeat(226) }, 'title', 'payload_invalid'],
    ['a name where a number belongs', { client: 'Example' }, 'client', 'payload_invalid'],
    ['an unknown key', { colour: 'red' }, 'colour', 'payload_unknown_key'],
  ])('refuses a record with %s by itself', async (_, payload, field, code) => {
    const [first, second] = tickets(2) as [OutgoingRecord, OutgoingRecord];
    expect(await push([withPayload(first, payload), second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, {
      state: 'exported',
    }]);
  });

  it('does not drop an amount in silence', async () => {
    expect(await push(tickets(1, { amount: '1.00' }))).toMatchObject([{
      state: 'refused',
      diagnosis: { field: 'amount', code: 'payload_unknown_key' },
    }]);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'finds what landed by its summary after %s, and nothing else',
    async (fault) => {
      const records = tickets(3);
      halo.faults.next(fault);
      expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
      expect(states(await find([...records, ...tickets(4).slice(3)]))).toEqual(['exported', 'exported', 'exported', undefined]);
      expect(halo.duplicates()).toEqual([]);
    },
  );

  it('leaves all open when an answer is lost on the way through a refused list', async () => {
    const records = tickets(3).map((record, index) => (index === 0 ? withPayload(record, { client: '99' }) : record));
    await halo.stop();
    await start({ slowMs: 1 });
    await push(tickets(4).slice(3));
    // The list, three questions, one whether anything can be seen, the refused one; and then the one whose answer is lost.
    halo.faults.next('slow', 6);
    halo.faults.next('lost_answer');
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    expect(halo.faults.happened()).toEqual({ slow: 6, lost_answer: 1 });
    expect(states(await find(records))).toEqual([undefined, 'exported', undefined]);
  });

  it('does not believe that something is missing where it sees nothing at all', async () => {
    await halo.stop();
    await start({ withoutScope: 'shows_nothing' });
    halo.faults.next('lost_answer');
    await failureOf(push(tickets(1)));
    connector = halopsa(createTokenCache(clock));
    expect(await failureOf(find(tickets(1), { scope: 'edit:customers' }))).toMatchObject({
      diagnosis: { message: expect.stringContaining('nothing at all') as string },
    });
  });

  it('takes a throttling for what it is', async () => {
    halo.faults.next('too_many');
    expect(await failureOf(push(tickets(2)))).toMatchObject({
      delivered: 'refused',
      retryAfterSeconds: null,
      diagnosis: { category: 'rate_limit' },
    });
    expect(connector.rate).toEqual({ requests: 500, perSeconds: 300 });
  });
});

describe('check', () => {
  it('says as whom we are let in', async () => {
    await push(tickets(1));
    expect(await check()).toEqual({ as: 'API Agent', warnings: [] });
  });

  it('warns when the list is empty, which a missing scope looks like', async () => {
    await halo.stop();
    await start({ withoutScope: 'shows_nothing' });
    await push(tickets(1));
    connector = halopsa(createTokenCache(clock));
    const warnings = (await check({ scope: 'edit:customers' }))?.warnings.join('\n');
    expect(warnings).toContain('The scope "edit:customers" does not hold "edit:tickets"');
    expect(warnings).toContain('Halo shows no tickets at all. Where there are some, the application lacks the scope');
  });

  it('names the scope when a token is given that may do nothing', async () => {
    expect(await failureOf(check({ scope: 'edit:customers' }))).toMatchObject({
      status: 403,
      diagnosis: {
        code: 'scope_missing',
        category: 'permission',
        message: expect.stringContaining('lacks the scope "edit:customers"') as string,
      },
    });
  });

  it('says of a wrong secret that it is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({}, 'another-secret-of-ours'));
    expect(failure).toMatchObject({
      status: 401,
      diagnosis: { code: 'invalid_client', category: 'auth', message: 'The specified client credentials are invalid.' },
    });
    expect(JSON.stringify(failure)).not.toContain('another-secret-of-ours');
  });

  it('names the tenant where several share an address', async () => {
    await halo.stop();
    await start({ tenant: 'acme' });
    expect(await failureOf(check())).toMatchObject({ diagnosis: { message: 'Tenant not found' } });
    expect(await check({ tenant: 'acme' })).toMatchObject({ as: 'API Agent' });
  });

  it('goes to addresses of Halo only', () => {
    const at = (baseUrl: string): boolean => settings.safeParse({ baseUrl }).success;
    expect(['https://acme.halopsa.com', 'https://halopsa.com.example.org'].map(at)).toEqual([true, false]);
  });
});
