import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord, Page, PulledRecord, Signal } from '../../supabase/functions/_kit/connector.ts';
import { tableau } from '../../supabase/functions/sync-tableau/connector.ts';
import { createSessions } from '../../supabase/functions/sync-tableau/session.ts';
import { credential, settings } from '../../supabase/functions/sync-tableau/settings.ts';
import { failureOf, localHttp, spending, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startTableau } from '../simulators/tableau.ts';
import type { TableauOptions, TableauSimulator } from '../simulators/tableau.ts';

let clock: TestClock;
let vendor: TableauSimulator;
let connector: ReturnType<typeof tableau>;

function context(own: Record<string, unknown> = {}, tokenSecret = vendor.secret()) {
  return {
    settings: settings.parse(own),
    credential: credential.parse({ server: vendor.url, tokenName: vendor.tokenName, tokenSecret }),
    http: localHttp('tableau', clock, [tokenSecret], 5_000),
  };
}

async function start(more: Partial<TableauOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startTableau({ clock, ...more });
  connector = tableau(createSessions(clock));
}

const asking = (payload: Record<string, unknown>, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] =>
  spending(1, { amount: null, currency: null, payload, ...change });
const push = (payload: Record<string, unknown>, own: Record<string, unknown> = {}): Promise<Outcome[]> => connector.push(context(own), asking(payload));
const confirm = async (...jobIds: string[]): Promise<(Outcome | null)[]> =>
  (await connector.confirm?.(context(), jobIds.flatMap((externalId) => asking({}, { externalId })))) ?? [];
const check = async (own: Record<string, unknown> = {}, secret?: string) => connector.check?.(context(own, secret));

async function pushed(payload: Record<string, unknown>): Promise<string> {
  const [outcome] = await push(payload);
  if (outcome?.state !== 'accepted') throw new Error(`It was ${JSON.stringify(outcome)}.`);
  return outcome.externalId;
}

async function whole(cursor: string | null, own: Record<string, unknown> = {}): Promise<{ records: PulledRecord[]; cursor: string }> {
  const records: PulledRecord[] = [];
  for (let isFirst = true, from = cursor;; isFirst = false) {
    const page = await (connector.pull?.(context(own), { stream: 'failed-refreshes', cursor: from, isFirst, at: clock() }) as Promise<Page>);
    records.push(...page.records);
    if (!page.more) return { records, cursor: page.cursor };
    from = page.cursor;
  }
}

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('asking for a refresh', () => {
  it.each(['workbook', 'datasource'] as const)('of a %s is accepted under its job, and done when the job has ended well', async (kind) => {
    const jobId = await pushed({ [kind]: vendor.publish(kind, 'Sales') });
    expect(vendor.jobs()).toMatchObject([{ id: jobId, status: 'Pending' }]);
    expect(await confirm(jobId)).toEqual([null]);
    vendor.begin();
    expect(await confirm(jobId)).toEqual([null]);
    vendor.end(0);
    expect(await confirm(jobId)).toEqual([{ state: 'exported', externalId: jobId }]);
  });

  it('runs the task of a schedule', async () => {
    const jobId = await pushed({ task: vendor.schedule(vendor.publish('workbook', 'Sales')) });
    vendor.end(3);
    expect(await confirm(jobId)).toMatchObject([{ state: 'exported' }]);
  });

  it('is refused with the reason of the job that failed, whoever was not let in by the data', async () => {
    const jobId = await pushed({ workbook: vendor.publish('workbook', 'Sales') });
    vendor.end(1, 'java.lang.RuntimeException: Login failed for user. Integrated authentication failed.');
    expect(await confirm(jobId)).toMatchObject([{
      state: 'refused',
      externalId: jobId,
      diagnosis: { code: 'finish_code_1', message: expect.stringContaining('Login failed for user') as string, category: 'validation', retryable: false },
    }]);
  });

  it('is tried again by itself where the reason passes', async () => {
    const jobId = await pushed({ workbook: vendor.publish('workbook', 'Sales') });
    vendor.end(1, 'The query timed out.');
    expect(await confirm(jobId)).toMatchObject([{ state: 'refused', diagnosis: { category: 'timeout', retryable: true } }]);
  });

  it('is refused for good when somebody cancelled it', async () => {
    const jobId = await pushed({ workbook: vendor.publish('workbook', 'Sales') });
    vendor.end(2);
    expect(await confirm(jobId)).toMatchObject([{
      state: 'refused',
      diagnosis: { message: 'The refresh was cancelled in Tableau. Tableau gave no reason.', code: 'finish_code_2', retryable: false },
    }]);
  });

  it('is asked for again when Tableau has forgotten the job', async () => {
    const jobId = await pushed({ workbook: vendor.publish('workbook', 'Sales') });
    vendor.forget(jobId);
    expect(await confirm(jobId)).toMatchObject([{ state: 'refused', diagnosis: { code: 'job_without_result', retryable: true } }]);
  });

  it('that is already queued takes over the job that waits, also by way of a task', async () => {
    vendor.ran(vendor.publish('workbook', 'Other'), 'Success');
    await pushed({ workbook: vendor.publish('workbook', 'Other') });
    const workbook = vendor.publish('workbook', 'Sales');
    const jobId = await pushed({ workbook });
    expect(await push({ workbook })).toEqual([{ state: 'accepted', externalId: jobId }]);
    expect(await push({ task: vendor.schedule(workbook) })).toEqual([{ state: 'accepted', externalId: jobId }]);
    vendor.end(0);
    expect((await confirm(jobId, jobId)).map((outcome) => outcome?.state)).toEqual(['exported', 'exported']);
  });

  it('is put off while an earlier one runs, which may have read the data before', async () => {
    const workbook = vendor.publish('workbook', 'Sales');
    await pushed({ workbook });
    vendor.begin();
    expect(await push({ workbook })).toMatchObject([{
      state: 'refused',
      status: 409,
      diagnosis: { code: '409093', category: 'conflict', retryable: true, message: expect.stringContaining('is already queued') as string },
    }]);
    vendor.end(0);
    expect(await push({ workbook })).toMatchObject([{ state: 'accepted' }]);
  });

  it('is put off, too, where the user is not shown what waits', async () => {
    await vendor.stop();
    await start({ isAdmin: false });
    const workbook = vendor.publish('workbook', 'Sales');
    await pushed({ workbook });
    expect(await push({ workbook })).toMatchObject([{ state: 'refused', diagnosis: { code: '409093', retryable: true } }]);
  });

  it.each([
    ['nothing to refresh', { workbook: null }, 'workbook', 'payload_missing'],
    ['a name for an id', { workbook: 'Sales' }, 'workbook', 'payload_invalid'],
    ['two things', { workbook: 'a', datasource: 'b' }, 'datasource', 'payload_invalid'],
    ['an unknown key', { colour: 'red' }, 'colour', 'payload_unknown_key'],
  ])('is refused by itself with %s', async (_, payload, field, code) => {
    expect(await push(payload)).toMatchObject([{ state: 'refused', diagnosis: { field, code } }]);
    expect(vendor.requests()).toBe(0);
  });

  it('does not drop an amount in silence', async () => {
    expect(await connector.push(context(), asking({ workbook: vendor.publish('workbook', 'Sales') }, { amount: '1.00' }))).toMatchObject([
      { state: 'refused', diagnosis: { field: 'amount', code: 'payload_unknown_key' } },
    ]);
  });

  it('says by which key a thing is named that is not there, or not ours to refresh, and lets the others through', async () => {
    const own = { map: { dashboard: 'workbook' } };
    expect(await push({ dashboard: 'b7b7b7b7-1111-4222-8333-444455556666' }, own)).toMatchObject([{
      state: 'refused', status: 404, diagnosis: { field: 'dashboard', code: '404006', category: 'not_found' },
    }]);
    expect(await push({ dashboard: vendor.publish('workbook', 'Salaries', true) }, own)).toMatchObject([{
      state: 'refused', status: 403, diagnosis: { field: 'dashboard', message: "You may not refresh 'Salaries'.", category: 'validation' },
    }]);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('after %s asking again finds the job that waits', async (fault) => {
    const workbook = vendor.publish('workbook', 'Sales');
    vendor.faults.next(fault);
    expect(await failureOf(push({ workbook }))).toMatchObject({ delivered: 'unknown' });
    expect(await push({ workbook })).toMatchObject([{ state: 'accepted', externalId: vendor.jobs()[0]?.id }]);
    expect(vendor.ledger()).toHaveLength(1);
    expect(vendor.duplicates()).toEqual([]);
  });

  it('knows that nothing was sent when the sign-in got no answer', async () => {
    vendor.faults.next('lost_answer', 1, 'token');
    expect(await failureOf(push({ workbook: vendor.publish('workbook', 'Sales') }))).toMatchObject({ delivered: 'no' });
    expect(vendor.jobs()).toEqual([]);
  });

  it('reads how long to wait', async () => {
    await check();
    vendor.faults.next('too_many');
    expect(await failureOf(push({ workbook: vendor.publish('workbook', 'Sales') }))).toMatchObject({
      delivered: 'refused', retryAfterSeconds: 60, diagnosis: { category: 'rate_limit', code: '429000' },
    });
  });
});

describe('the session', () => {
  it('is one for all that is asked at the same time, and a new one after it ended', async () => {
    const workbooks = ['A', 'B', 'C'].map((name) => vendor.publish('workbook', name));
    await Promise.all(workbooks.map((workbook) => push({ workbook })));
    expect(vendor.sessions()).toBe(1);
    vendor.endSession();
    expect(await check()).toMatchObject({ as: 'Kari at Acme' });
    expect(vendor.sessions()).toBe(2);
    clock.advance(91 * 60);
    await check();
    expect(vendor.sessions()).toBe(3);
  });

  it('is renewed once only', async () => {
    await check();
    vendor.faults.next('expired_token', 2);
    expect(await failureOf(check())).toMatchObject({ status: 401, diagnosis: { code: '401002', category: 'auth' } });
    expect(vendor.sessions()).toBe(2);
  });
});

describe('fetching refreshes that failed', () => {
  it('brings what Tableau ran by itself with its reason, of whatever kind, page by page', async () => {
    const [sales, costs] = [vendor.publish('workbook', 'Sales'), vendor.publish('datasource', 'Costs')];
    for (let index = 0; index < 30; index += 1) {
      vendor.ran(sales, 'Failed', `Column ${index} does not exist.`, index % 2 === 0 ? 'refresh_extracts' : 'increment_extracts');
      vendor.ran(costs, 'Success');
    }
    vendor.ran(sales, 'Failed', 'A subscription.', 'single_subscription_notify');
    const { records } = await whole(null);
    expect(records).toHaveLength(30);
    expect(records[0]).toMatchObject({
      id: vendor.jobs()[0]?.id,
      payload: { title: 'Sales', status: 'Failed', notes: 'Column 0 does not exist.', refreshed: { kind: 'workbook', id: sales, name: 'Sales' } },
      changedAt: '2017-03-01T08:00:00.000Z',
      deleted: false,
    });
  });

  it('goes on where it stood, a little before', async () => {
    const sales = vendor.publish('workbook', 'Sales');
    vendor.ran(sales, 'Failed', 'first');
    const { cursor } = await whole(null);
    clock.advance(3_600);
    vendor.ran(sales, 'Failed', 'second');
    const next = await whole(cursor);
    expect(next.records.map(({ payload }) => payload?.notes)).toEqual(['first', 'second']);
    clock.advance(3_600);
    expect((await whole(next.cursor)).records.map(({ payload }) => payload?.notes)).toEqual(['second']);
  });

  it('brings nothing when nothing failed', async () => {
    expect((await whole(null)).records).toEqual([]);
  });
});

describe('signals', () => {
  const measured = async (own: Record<string, unknown> = {}): Promise<Signal[]> => (await connector.signals?.(context(own), clock())) ?? [];

  it('count extracts that fail, each by how often in a row, and what waits', async () => {
    const [sales, costs, people] = ['Sales', 'Costs', 'People'].map((name) => vendor.publish('workbook', name)) as [string, string, string];
    for (const [id, status] of [[sales, 'Success'], [sales, 'Failed'], [sales, 'Failed'], [costs, 'Failed'], [costs, 'Success'], [people, 'Failed']] as const) {
      clock.advance(60);
      vendor.ran(id, status);
    }
    await pushed({ workbook: vendor.publish('workbook', 'Waiting') });
    clock.advance(45 * 60);
    const at = clock().toISOString();
    expect(await measured()).toEqual([
      { name: 'refreshes', value: 7, unit: 'count', at },
      { name: 'failing_extracts', value: 2, unit: 'count', warning: 0, critical: 5, at },
      { name: 'longest_wait', value: 45, unit: 'minutes', warning: 30, critical: 120, at },
      { name: 'failed_in_a_row', value: 2, unit: 'count', warning: 0, critical: 3, at, about: 'Sales' },
      { name: 'failed_in_a_row', value: 1, unit: 'count', warning: 0, critical: 3, at, about: 'People' },
    ]);
  });

  it('leave out what is older than the days asked for', async () => {
    vendor.ran(vendor.publish('workbook', 'Sales'), 'Failed');
    clock.advance(3 * 86_400);
    expect(await measured()).toMatchObject([{ name: 'refreshes', value: 0 }, { name: 'failing_extracts', value: 0 }, { name: 'longest_wait', value: 0 }]);
  });
});

describe('check', () => {
  it('says as whom we are let in', async () => {
    expect(await check()).toEqual({ as: 'Kari at Acme', warnings: [] });
  });

  it('warns where the user is not shown what failed', async () => {
    await vendor.stop();
    await start({ isAdmin: false });
    expect((await check())?.warnings).toEqual(['Failing refreshes cannot be fetched: Only administrators may query jobs.']);
  });

  it('says of a wrong token or another site that they are refused, and keeps the token to itself', async () => {
    const failure = await failureOf(check({}, 'another-secret-of-ours'));
    expect(failure).toMatchObject({ status: 401, delivered: 'refused', diagnosis: { code: '401001', category: 'auth', message: 'Error signing in to Tableau Server' } });
    expect(JSON.stringify(failure)).not.toContain('another-secret-of-ours');
    expect(await failureOf(check({ site: 'elsewhere' }))).toMatchObject({ diagnosis: { code: '401001' } });
  });

  it('goes to the address that came with the token, by https', () => {
    const at = (server: string): boolean => credential.safeParse({ server, tokenName: 'a', tokenSecret: 'b' }).success;
    expect(['https://10ax.online.tableau.com', 'https://tableau.example.org', 'http://tableau.example.org', 'https://a:b@example.org'].map(at)).toEqual([true, true, false, false]);
    expect(settings.safeParse({ server: 'https://tableau.example.org' }).success).toBe(false);
  });
});
