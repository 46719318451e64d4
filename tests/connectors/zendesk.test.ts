import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import type { Context } from '../../supabase/functions/sync-zendesk/api.ts';
import { connector } from '../../supabase/functions/sync-zendesk/connector.ts';
import { settings } from '../../supabase/functions/sync-zendesk/settings.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startZendesk } from '../simulators/zendesk.ts';
import type { ZendeskOptions, ZendeskSimulator } from '../simulators/zendesk.ts';

let clock: TestClock;
let vendor: ZendeskSimulator;
let ctx: Context;

const ofTickets = {
  account: 'subject',
  postingDate: 'none',
  description: 'comment',
  documentNumber: 'none',
  priority: 'priority',
  mail: 'requester.email',
  amount: 'field:360001',
  currency: 'field:360002',
};
const ofUsers = { name: 'name', mail: 'email', account: 'field:account_number' };

function context(own: Record<string, unknown> = {}, token = vendor.token()): Context {
  return {
    settings: settings.parse({ baseUrl: vendor.url, kind: 'tickets', map: ofTickets, ...own }),
    credential: { email: vendor.email, token },
    http: localHttp('zendesk', clock, [token], 500),
  };
}

async function start(more: Partial<ZendeskOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startZendesk({ clock, ...more });
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const find = (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => connector.find(ctx, records);

/** The records as the kit hands them back later: with what was last told of each. */
const noted = (records: OutgoingRecord[], outcomes: (Outcome | null)[]): OutgoingRecord[] => (
  records.map((record, index) => ({ ...record, externalId: outcomes[index]?.externalId ?? record.externalId }))
);

const confirm = (records: OutgoingRecord[], outcomes: Outcome[]): Promise<(Outcome | null)[]> =>
  connector.confirm(ctx, noted(records, outcomes));

async function landed(records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const outcomes = await push(records);
  vendor.jobs.run();
  return confirm(records, outcomes);
}

/** The next version of records that landed: another key, and the number the first one got. */
const nextVersion = (records: OutgoingRecord[], outcomes: (Outcome | null)[]): OutgoingRecord[] => (
  noted(records, outcomes).map((record) => ({
    ...withPayload(record, { description: 'Second thoughts' }),
    version: 2,
    key: `${record.key}-2`,
  }))
);

const people = (count: number): OutgoingRecord[] => (
  spending(count, { amount: null, currency: null }).map((record, index) => ({
    ...record,
    payload: { name: `Person ${index}`, mail: `p${index}@example.org`, account: '4010' },
  }))
);

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('sending tickets to Zendesk', () => {
  it('hands in a full list with one call, and knows of each ticket when the job is done', async () => {
    const records = spending(connector.batchSize).map((
      record,
      index,
    ) => (index === 0 ? { ...record, amount: '-123456789012345.67' } : record));
    const outcomes = await push(records);
    expect(vendor.lists()).toEqual([100]);
    expect(outcomes.every(({ state }) => state === 'accepted')).toBe(true);
    expect(await confirm(records, outcomes)).toEqual(records.map(() => null));
    vendor.jobs.run();
    expect(await confirm(records, outcomes)).toMatchObject(vendor.ledger().map(({ id }) => ({ state: 'exported', externalId: id })));
    expect(vendor.ledger()[0]).toMatchObject({ key: 'key-1', amount: '-123456789012345.67', text: 'Consulting' });
    expect(vendor.duplicates()).toEqual([]);
  });

  it('knows them by their order where a job tells no more', async () => {
    vendor.tellOrderOnly();
    const [first, second, third] = spending(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    expect(await landed([first, withPayload(second, { description: null }), third])).toMatchObject([
      { state: 'exported', externalId: '35000' },
      { state: 'refused' },
      { state: 'exported', externalId: '35001' },
    ]);
  });

  it('tells each refused ticket what Zendesk says of it, and lands the rest', async () => {
    const [blank, good, priority] = spending(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    expect(await landed([withPayload(blank, { description: null }), good, withPayload(priority, { priority: 'soon' })])).toMatchObject([
      {
        state: 'refused',
        diagnosis: {
          message: 'Description: cannot be blank',
          code: 'TicketCreateFailed',
          field: 'Description',
          category: 'validation',
          retryable: false,
        },
      },
      { state: 'exported' },
      { state: 'refused', diagnosis: { message: 'Priority: soon is not included in the list', field: 'Priority' } },
    ]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(connector.fields(ctx.settings)).toMatchObject({
      description: ['comment', 'description'],
      amount: ['field:360001', '360001'],
      mail: ['requester.email', 'email'],
    });
  });

  it('changes a ticket by its number when a later version comes', async () => {
    const records = spending(2);
    const first = await landed(records);
    const again = nextVersion(records, first);
    expect(await landed(again)).toMatchObject(first.map((outcome) => ({ state: 'exported', externalId: outcome?.externalId })));
    expect(vendor.tickets()).toMatchObject([{ external_id: 'key-1-2', comment: { body: 'Second thoughts' } }, { external_id: 'key-2-2' }]);
  });

  it('keeps the number of a ticket whose later version was refused', async () => {
    const records = spending(1);
    const first = await push(records);
    const ticket = first[0]?.externalId ?? '';
    vendor.closeTicket(ticket);
    const again = nextVersion(records, first);
    expect(await landed(again)).toMatchObject([{
      state: 'refused',
      externalId: ticket,
      diagnosis: { message: 'Status: closed prevents ticket update' },
    }]);
  });

  it('asks for the tickets themselves when a job broke off or is gone', async () => {
    const records = spending(3);
    const broken = await push(records);
    vendor.jobs.breakOff();
    expect((await confirm(records, broken)).map((verdict) => verdict?.state)).toEqual(['exported', 'exported', 'exported']);
    const lost = await push(spending(5).slice(3));
    vendor.jobs.forget();
    expect(await confirm(spending(5).slice(3), lost)).toMatchObject(
      [1, 2].map(() => ({ state: 'refused', diagnosis: { code: 'job_without_result', retryable: true } })),
    );
    expect(vendor.duplicates()).toEqual([]);
  });

  it('refuses a record that cannot be written by itself and sends the others', async () => {
    const [first, second, third] = spending(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    expect(await push([withPayload(first, { colour: 'red' }), second, third])).toMatchObject([
      { state: 'refused', diagnosis: { field: 'colour', code: 'payload_unknown_key' } },
      { state: 'accepted' },
      { state: 'accepted' },
    ]);
    expect(vendor.lists()).toEqual([2]);
  });
});

describe('sending one ticket to Zendesk', () => {
  it('lands at once', async () => {
    expect(await push(spending(1))).toMatchObject([{ state: 'exported', externalId: '35000' }]);
    expect(vendor.jobs.count()).toBe(0);
  });

  it('is created once however often it is sent, by its idempotency key', async () => {
    vendor.faults.next('lost_answer');
    expect(await failureOf(push(spending(1)))).toMatchObject({ delivered: 'unknown' });
    expect(await push(spending(1))).toMatchObject([{ state: 'exported', externalId: '35000' }]);
    expect(vendor.replays()).toBe(1);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('is taken with another content, too', async () => {
    const [record] = spending(1) as [OutgoingRecord];
    expect(await failureOf(push([withPayload(record, { description: null })]))).toMatchObject({
      delivered: 'refused',
      status: 422,
      diagnosis: { message: 'Description: cannot be blank', code: 'BlankValue' },
    });
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
  });
});

describe('sending users to Zendesk', () => {
  beforeEach(() => {
    ctx = context({ kind: 'users', map: ofUsers });
  });

  it('overwrites a user in every version', async () => {
    const [person, other] = people(2) as [OutgoingRecord, OutgoingRecord];
    const first = await landed([person, other]);
    const later = await landed([{ ...withPayload(person, { name: 'Renamed' }), version: 2, key: 'another' }, other]);
    expect(later).toMatchObject(first.map((outcome) => ({ state: 'exported', externalId: outcome?.externalId })));
    expect(vendor.users()).toMatchObject([{ name: 'Renamed', external_id: stableKey(person), user_fields: { account_number: '4010' } }, {
      name: 'Person 1',
    }]);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('takes the place of a refused user for what it is', async () => {
    vendor.tellOrderOnly();
    const [person, wrong] = people(2) as [OutgoingRecord, OutgoingRecord];
    const verdicts = await landed([person, withPayload(wrong, { mail: 'nobody' })]);
    expect(verdicts).toMatchObject([
      { state: 'exported', externalId: '90000' },
      {
        state: 'refused',
        diagnosis: { message: 'Email: nobody is not properly formatted', field: 'Email', code: 'UserUpdateError', retryable: false },
      },
    ]);
    expect(verdicts[1]?.externalId).toBeUndefined();
  });

  it('has nothing to ask about them: sending again is safe', async () => {
    expect(connector.dedupe(ctx.settings)).toBe('upsert');
    vendor.faults.next('lost_answer');
    expect(await failureOf(push(people(3)))).toMatchObject({ delivered: 'unknown' });
    expect((await landed(people(3))).every((verdict) => verdict?.state === 'exported')).toBe(true);
    expect(vendor.duplicates()).toEqual([]);
  });
});

describe('when Zendesk does not answer as it should', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('finds each ticket exactly once after %s', async (fault) => {
    expect(connector.dedupe(ctx.settings)).toBe('lookup');
    const records = spending(5);
    vendor.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    expect(await find(records)).toEqual(records.map(() => null));
    vendor.jobs.run();
    expect(await find(spending(6))).toMatchObject([...vendor.ledger().map(({ id }) => ({ state: 'exported', externalId: id })), null]);
    expect(vendor.ledger()).toHaveLength(5);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('asks whether just the later version came', async () => {
    const records = spending(2);
    const again = nextVersion(records, await landed(records));
    expect(await find(again)).toEqual([null, null]);
    vendor.faults.next('lost_answer');
    await failureOf(push(again));
    vendor.jobs.run();
    expect(await find(again)).toMatchObject([{ state: 'exported', externalId: '35000' }, { state: 'exported', externalId: '35001' }]);
  });

  it('creates nothing again when only the changes of a mixed list were refused', async () => {
    const [old, fresh, other] = spending(3) as [OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const known = nextVersion([old], await push([old]));
    const records = [...known, fresh, other];
    for (const fault of ['slow', 'too_many'] as const) vendor.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown', diagnosis: { category: 'rate_limit' } });
    vendor.jobs.run();
    expect(await find(records)).toMatchObject([null, { state: 'exported' }, { state: 'exported' }] as const);
  });

  it('reads how long it is to be left alone', async () => {
    vendor.faults.next('too_many');
    expect(await failureOf(push(spending(2)))).toMatchObject({
      delivered: 'refused',
      retryAfterSeconds: 42,
      diagnosis: { category: 'rate_limit', retryable: true },
    });
  });

  it('waits when too many jobs are queued', async () => {
    for (let job = 0; job < 30; job++) await push(spending(2));
    expect(await failureOf(push(spending(2)))).toMatchObject({
      delivered: 'refused',
      diagnosis: { code: 'TooManyJobs', category: 'rate_limit', retryable: true },
    });
  });

  it('a refused token is the credential’s failure, and is written down nowhere', async () => {
    ctx = context({}, 'another-wrong-token');
    const failure = await failureOf(push(spending(2)));
    expect(failure).toMatchObject({ delivered: 'refused', diagnosis: { category: 'auth', message: "Couldn't authenticate you" } });
    expect(JSON.stringify(failure)).not.toContain('another-wrong-token');
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await connector.check(ctx)).toEqual({ as: 'Integration User', warnings: [] });
  });

  it('does not take an anonymous user for somebody, though it is answered 200', async () => {
    ctx = context({}, 'another-wrong-token');
    expect(await failureOf(connector.check(ctx))).toMatchObject({
      status: 200,
      delivered: 'refused',
      diagnosis: { code: 'anonymous_user', category: 'auth' },
    });
  });

  it('warns that an agent may not fetch', async () => {
    await vendor.stop();
    await start({ role: 'agent' });
    expect((await connector.check(ctx)).warnings).toEqual([expect.stringContaining('is no admin')]);
  });
});

describe('fetching from Zendesk', () => {
  const pull = (stream: string, cursor: string | null): Promise<Page> =>
    connector.pull(ctx, { stream, cursor, isFirst: true, at: clock() });

  it('follows the cursor to the end of the stream and goes on from there', async () => {
    vendor.touch('tickets', 1_100);
    vendor.touch('tickets', 1, { status: 'deleted' });
    const ids: string[] = [];
    let page: Page = { records: [], cursor: '', more: true };
    for (let cursor: string | null = null; page.more; cursor = page.cursor) {
      page = await pull('tickets', cursor);
      ids.push(...page.records.map(({ id }) => id));
    }
    expect(new Set(ids).size).toBe(1_101);
    expect(page.records.at(-1)).toMatchObject({ deleted: true, changedAt: '2017-03-01T08:00:00Z' });
    expect(await pull('tickets', page.cursor)).toEqual({ records: [], cursor: page.cursor, more: false });
    vendor.touch('tickets', 1);
    expect((await pull('tickets', page.cursor)).records).toHaveLength(1);
  });

  it('fetches what the settings name', () => {
    expect(connector.streams(ctx.settings).map(({ name }) => name)).toEqual(['tickets', 'users']);
    expect(connector.streams(context({ fetch: ['users'] }).settings).map(({ name }) => name)).toEqual(['users']);
  });

  it('begins again where there was nothing yet', async () => {
    const empty = await pull('users', null);
    expect(empty).toMatchObject({ records: [], more: false });
    vendor.touch('users', 1, { active: false });
    expect((await pull('users', empty.cursor)).records).toMatchObject([{ id: '70000', deleted: true }]);
  });
});

describe('settings', () => {
  it('send the credential to Zendesk alone, and name what is missing', () => {
    const { error } = settings.safeParse({ baseUrl: 'https://acme.zendesk.com:8443', map: { a: 'custom fields' } });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['baseUrl', 'map.a']);
  });

  it.each(['external_id', 'id'])('keep %s for our key', (target) => {
    expect(() => context({ map: { account: target } })).toThrow('takes nothing else');
  });
});
