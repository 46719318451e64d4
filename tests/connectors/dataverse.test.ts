import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page } from '../../supabase/functions/_kit/connector.ts';
import { stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import type { Context } from '../../supabase/functions/sync-dataverse/api.ts';
import { grantOf } from '../../supabase/functions/sync-dataverse/api.ts';
import { dataverse } from '../../supabase/functions/sync-dataverse/connector.ts';
import { settings } from '../../supabase/functions/sync-dataverse/settings.ts';
import { startDataverse } from '../simulators/dataverse.ts';
import type { DataverseOptions, DataverseSimulator } from '../simulators/dataverse.ts';
import { ODataError } from '../simulators/odata.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let dv: DataverseSimulator;
let connector: ReturnType<typeof dataverse>;
let ctx: Context;

const map = {
  account: 'hlf_account', postingDate: 'hlf_date', documentNumber: 'hlf_documentno', description: 'hlf_name', amount: 'hlf_amount',
  currency: 'none', distance: 'hlf_distance', project: 'hlf_Project@hlf_projects(hlf_number)',
};
const table = { set: 'hlf_expenses', key: 'hlf_key', map, numbers: ['hlf_distance'] };
const streams = [{ set: 'contacts', id: 'contactid', columns: ['fullname', 'modifiedon'] }];

function context(own: Record<string, unknown> = {}, clientSecret = dv.secret()): Context {
  return {
    settings: settings.parse({ baseUrl: dv.url, loginUrl: dv.url, tenantId: dv.tenantId, table, streams, ...own }),
    credential: { clientId: dv.clientId, clientSecret },
    http: localHttp('dataverse', clock, [clientSecret], 10_000),
  };
}

async function start(more: Partial<DataverseOptions> = {}): Promise<void> {
  clock = testClock();
  dv = await startDataverse({ clock, accounts: ['4010', '4020'], projects: ['P1', "O'Brien & sons"], ...more });
  connector = dataverse(createTokenCache(clock));
  ctx = context();
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);
const check = () => connector.check?.(ctx) ?? Promise.reject(new Error('It has no check.'));
const pull = (cursor: string | null): Promise<Page> =>
  connector.pull?.(ctx, { stream: 'contacts', cursor, isFirst: true, at: clock() }) ?? Promise.reject(new Error('It has no pull.'));
const one = (payload: Record<string, unknown> = {}): OutgoingRecord => withPayload(spending(1)[0] as OutgoingRecord, payload);
const fieldNames = (): Record<string, string[]> => (connector.fields as (own: Context['settings']) => Record<string, string[]>)(ctx.settings);
const guid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

beforeEach(() => start());
afterEach(() => dv.stop());

describe('sending to Dataverse', () => {
  it('upserts a full batch with one call', async () => {
    const outcomes = await push(spending(100));
    expect(outcomes).toEqual(outcomes.map(() => ({ state: 'exported', externalId: guid, requestId: undefined })));
    expect(dv.requests()).toBe(2);
    expect(dv.ledger()).toHaveLength(100);
    expect(dv.ledger()[1]).toMatchObject({ key: stableKey({ sourceType: 'invoice', sourceId: '2' }), account: '4010', amount: '2.10', text: 'Consulting' });
  });

  it('writes amounts and numbers digit by digit, texts as texts, and lookups by the other table’s key', async () => {
    const record = { ...one({ distance: 12, project: "O'Brien & sons", description: 'Æ "quoted"\r\n--batch' }), amount: '-123456789012345.67' };
    expect(await push([record])).toMatchObject([{ state: 'exported' }]);
    const [row] = dv.rows();
    expect(row).toContain('"hlf_amount":-123456789012345.67');
    expect(row).toContain('"hlf_distance":12,');
    expect(row).toContain('"hlf_account":"4010"');
    expect(row).toContain('"hlf_name":"Æ \\"quoted\\"\\r\\n--batch"');
    expect(row).toContain(`"hlf_Project@odata.bind":"/hlf_projects(hlf_number='O''Brien%20%26%20sons')"`);
  });

  it('replaces the row with a later version of the record', async () => {
    const [first] = await push([one()]);
    const [second] = await push([{ ...one({ description: 'Corrected' }), key: 'key-of-version-2', version: 2, amount: '7.00' }]);
    expect(second).toEqual({ ...first, requestId: undefined });
    expect(dv.rows()).toHaveLength(1);
    expect(dv.rows()[0]).toContain('"hlf_amount":7.00');
    expect(connector.replaces).toBe(true);
  });

  it('tells each refused record what Dataverse says of it, and takes the rest', async () => {
    const changes = [
      {}, { account: 'Z999' }, { project: 'P9' }, { description: 'x'.repeat(201) }, { postingDate: 'yesterday' }, { documentNumber: '1034526 - 1' },
    ];
    const outcomes = await push(spending(6).map((record, index) => withPayload(record, changes[index] ?? {})));
    expect(outcomes).toMatchObject([
      { state: 'exported' },
      { state: 'refused', status: 400,
        diagnosis: { message: 'Account Z999 is not open for expenses.', code: '0x80040265', category: 'validation', retryable: false } },
      { state: 'refused', status: 404, diagnosis: { code: '0x80060891', field: 'project', category: 'not_found', retryable: false } },
      { state: 'refused', diagnosis: { code: '0x80044331', field: 'hlf_name', category: 'validation' } },
      { state: 'refused', diagnosis: { message: "Cannot convert the literal 'yesterday' to the expected type 'Edm.Date'.", category: 'schema' } },
      { state: 'refused', status: 412,
        diagnosis: { message: 'A record with matching key values already exists.', code: '0x80040237', category: 'conflict', retryable: false } },
    ]);
    expect(outcomes.slice(1).map((outcome) => outcome.requestId)).toEqual(outcomes.slice(1).map(() => guid));
    expect(dv.ledger()).toHaveLength(1);
    expect(fieldNames().description).toEqual(['hlf_name']);
    expect(fieldNames().project).toEqual(['hlf_Project', 'hlf_projects']);
  });

  it('names the column that the table does not have', async () => {
    ctx = context({ table: { ...table, map: { ...map, description: 'hlf_colour' } } });
    expect(await push([one()])).toMatchObject([{ state: 'refused', diagnosis: { field: 'hlf_colour', category: 'schema' } }]);
    expect(fieldNames().description).toEqual(['hlf_colour']);
  });

  it('leaves to a later try what was throttled by itself, and keeps the rest', async () => {
    dv.failPart(0, new ODataError(429, '0x80072321', 'Combined execution time of incoming requests exceeded limit of 1200000 milliseconds.'));
    expect(await push(spending(2))).toMatchObject([{ state: 'refused', diagnosis: { category: 'rate_limit', retryable: true } }, { state: 'exported' }]);
  });

  it.each([
    ['an unknown key', { payload: { colour: 'red' } }, 'colour', 'payload_unknown_key'],
    ['a word for a number', { payload: { distance: 'far' } }, 'distance', 'payload_invalid'],
    ['more decimals than are kept', { amount: '0.015' }, 'amount', 'payload_invalid'],
  ])('refuses one record with %s by itself and sends the others', async (_, change, field, code) => {
    const [first, second] = spending(2) as [OutgoingRecord, OutgoingRecord];
    const bad = withPayload({ ...first, ...change, payload: first.payload }, 'payload' in change ? change.payload : {});
    expect(await push([bad, second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, { state: 'exported' }]);
    expect(dv.ledger()).toHaveLength(1);
  });

  it('refuses every record without a table to send to', async () => {
    ctx = context({ table: undefined });
    expect(await push([one()])).toMatchObject([{ state: 'refused', diagnosis: { code: 'settings_incomplete' } }]);
    expect(dv.requests()).toBe(0);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('sending again after %s leaves each row there once', async (fault) => {
    const records = spending(30);
    dv.faults.next(fault);
    expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
    expect(await push(records)).toMatchObject(records.map(() => ({ state: 'exported' })));
    expect(dv.rows()).toHaveLength(30);
    expect(dv.ledger()).toHaveLength(30);
    expect(dv.duplicates()).toEqual([]);
    expect(connector.dedupe).toBe('upsert');
  });

  it.each(
    [
      ['error_before', 'unknown', 'server'],
      ['unavailable', 'unknown', 'server'],
      ['gateway_html', 'unknown', 'server'],
      ['reset', 'unknown', 'server'],
      ['too_many', 'refused', 'rate_limit'],
    ] as const,
  )('takes nothing on %s and says what is known of it', async (fault, delivered, category) => {
    dv.faults.next(fault);
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({ delivered, diagnosis: { category } });
    expect(JSON.stringify(failure)).not.toContain(dv.secret());
    expect(dv.ledger()).toHaveLength(0);
  });

  it('reads how long it is asked to wait', async () => {
    dv.faults.next('too_many');
    expect(await failureOf(push(spending(1)))).toMatchObject({ retryAfterSeconds: 35, diagnosis: { code: '0x80072322', retryable: true } });
  });

  it('sends once more with a new token when the first has been withdrawn', async () => {
    dv.faults.next('expired_token');
    expect(await push([one()])).toMatchObject([{ state: 'exported' }]);
    expect(dv.ledger()).toHaveLength(1);
  });
});

describe('checking', () => {
  it('says who we are', async () => {
    expect(await check()).toEqual({ as: 'user u-1 of organization o-1', warnings: [] });
  });

  it('says that the secret is refused, without telling it', async () => {
    ctx = context({}, 'wrong-secret');
    const failure = await failureOf(check());
    expect(failure).toMatchObject({ status: 401, diagnosis: { category: 'auth', code: 'AADSTS7000215', retryable: false } });
    expect(JSON.stringify(failure)).not.toContain('wrong-secret');
  });

  it.each([
    ['that there is no alternate key', { keyStatus: null }, {}, ['"hlf_expenses" has no active alternate key']],
    ['that the alternate key is still being built', { keyStatus: 'Pending' as const }, {}, ['"hlf_expenses" has no active alternate key']],
    ['that change tracking is off', { isTracked: false }, {}, ['Change tracking is off for "contacts"']],
    ['that a table is not there', {}, { table: { ...table, set: 'hlf_nothings' } }, ['Dataverse has no table with the entity set "hlf_nothings"']],
  ])('warns %s', async (_, options, own, expected) => {
    await dv.stop();
    await start(options);
    ctx = context(own);
    expect((await check()).warnings).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  });

  it('asks for a token for the environment, whose name has no "api" in it', () => {
    const own = { baseUrl: 'https://hlf.api.crm4.dynamics.com', loginUrl: undefined };
    expect(grantOf(context(own))).toMatchObject({
      scope: 'https://hlf.crm4.dynamics.com/.default', tokenUrl: `https://login.microsoftonline.com/${dv.tenantId}/oauth2/v2.0/token` });
  });
});

describe('pulling by change tracking', () => {
  const person = (number: number, changed = '2017-02-01T10:00:00Z'): [string, Record<string, unknown>] =>
    [`00000000-0000-4000-8000-00000000${String(number).padStart(4, '0')}`, { fullname: `Person ${number}`, modifiedon: changed }];

  async function all(cursor: string | null): Promise<{ records: Page['records']; cursor: string; pages: number }> {
    const records: Page['records'] = [];
    for (let [at, pages] = [cursor, 1]; ; pages++) {
      const page = await pull(at);
      records.push(...page.records);
      if (!page.more) return { records, cursor: page.cursor, pages };
      at = page.cursor;
    }
  }

  it('reads every row first, page by page', async () => {
    for (let number = 1; number <= 1_001; number++) dv.contacts.put(...person(number));
    const { records, pages } = await all(null);
    expect(pages).toBe(2);
    expect(records).toHaveLength(1_001);
    expect(new Set(records.map(({ id }) => id)).size).toBe(1_001);
    expect(records[0]).toEqual({
      id: person(1)[0], payload: { contactid: person(1)[0], fullname: 'Person 1', modifiedon: '2017-02-01T10:00:00Z' },
      changedAt: '2017-02-01T10:00:00Z', deleted: false,
    });
  });

  it('then reads what changed, and what is gone as gone', async () => {
    dv.contacts.put(...person(1));
    dv.contacts.put(...person(2));
    const { cursor } = await all(null);
    expect(await all(cursor)).toMatchObject({ records: [] });
    dv.contacts.put(person(2)[0], { fullname: 'Renamed', modifiedon: '2017-02-02T10:00:00Z' });
    dv.contacts.put(...person(3));
    dv.contacts.remove(person(1)[0]);
    const { records } = await all(cursor);
    expect(records).toMatchObject([
      { id: person(2)[0], payload: { fullname: 'Renamed' }, deleted: false },
      { id: person(3)[0], deleted: false },
      { id: person(1)[0], payload: null, changedAt: null, deleted: true },
    ]);
    expect((await all(cursor)).records).toEqual(records);
  });

  it('keeps of the link only its query, so that a cursor leads to this table alone', async () => {
    dv.contacts.put(...person(1));
    const { cursor } = await pull(null);
    expect(cursor).toMatch(/^\?\$select=contactid,fullname,modifiedon&\$deltatoken=/);
  });

  it('says that a cursor has become too old', async () => {
    const { cursor } = await all(null);
    clock.advance(8 * 86_400);
    expect(await failureOf(pull(cursor))).toMatchObject({
      diagnosis: { message: 'Version stamp associated with the client has expired. Please perform a full sync.', code: '0x80044352', retryable: false },
    });
    expect(await all(null)).toMatchObject({ records: [] });
  });

  it('offers the streams of the settings and no other', async () => {
    expect((connector.streams as (own: Context['settings']) => { name: string }[])(ctx.settings).map(({ name }) => name)).toEqual(['contacts']);
    await expect(connector.pull?.(ctx, { stream: 'accounts', cursor: null, isFirst: true, at: clock() })).rejects.toThrow('no stream "accounts"');
  });
});

describe('settings', () => {
  it('name what is missing or wrong', () => {
    const paths = (value: unknown) => settings.safeParse(value).error?.issues.map(({ path }) => path.join('.'));
    expect(paths({})).toEqual(['baseUrl', 'tenantId']);
    expect(paths({ baseUrl: 'https://dynamics.com.example.org', tenantId: 't' })).toEqual(['baseUrl']);
    expect(paths({ baseUrl: 'https://hlf.api.crm4.dynamics.com', tenantId: 't', table: { ...table, map: { x: "a(b'c)" } } })).toEqual(['table.map.x']);
    expect(paths({ baseUrl: 'https://hlf.api.crm4.dynamics.com', tenantId: 't', table: { ...table, key: 'a b' } })).toEqual(['table.key']);
    expect(paths({ baseUrl: 'https://hlf.api.crm4.dynamics.com', tenantId: 't', table: { ...table, map: { x: 'hlf_key' } } })).toEqual(['table.map']);
  });
});
