import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { connector } from '../../supabase/functions/sync-jira/connector.ts';
import { labelOf } from '../../supabase/functions/sync-jira/issue.ts';
import { settings } from '../../supabase/functions/sync-jira/settings.ts';
import { startJira } from '../simulators/jira.ts';
import type { JiraOptions, JiraSimulator } from '../simulators/jira.ts';
import { failureOf, localHttp, spending, testClock, withPayload } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let jira: JiraSimulator;

const incidents = (count: number, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] =>
  spending(count, { amount: null, currency: null, payload: { title: 'Payroll has not arrived', severity: 'high' }, ...change });

function context(own: Record<string, unknown> = {}, token = jira.token()) {
  return {
    settings: settings.parse({ baseUrl: jira.url, project: 'OPS', ...own }),
    credential: { email: jira.email, token },
    http: localHttp('jira', clock, [token], 5_000),
  };
}

async function start(more: Partial<JiraOptions> = {}): Promise<void> {
  clock = testClock();
  jira = await startJira({ clock, ...more });
}

const push = (records: OutgoingRecord[], own: Record<string, unknown> = {}): Promise<Outcome[]> => connector.push(context(own), records);
const find = async (records: OutgoingRecord[]): Promise<(Outcome | null)[]> => (await connector.find?.(context(), records)) ?? [];

beforeEach(() => start());
afterEach(() => jira.stop());

describe('sending incidents to Jira', () => {
  it('creates a full batch of issues with one call', async () => {
    const records = incidents(50);
    expect(await push(records)).toEqual(
      records.map((_, index) => ({ state: 'exported', externalId: `OPS-${index + 1}`, requestId: expect.any(String) as string })),
    );
    expect(jira.requests()).toBe(1);
    expect(jira.duplicates()).toEqual([]);
    expect(jira.issues()[0]?.fields).toMatchObject({
      project: { key: 'OPS' },
      issuetype: { name: 'Task' },
      summary: 'Payroll has not arrived',
      priority: { name: 'High' },
      labels: [labelOf({ key: 'key-1' })],
    });
  });

  it('is refused more than fifty at once', async () => {
    expect(connector.batchSize).toBe(50);
    expect(await failureOf(push(incidents(51)))).toMatchObject({
      delivered: 'refused',
      status: 400,
      diagnosis: { message: expect.stringContaining('exceeds the limit of 50') as string },
    });
    expect(jira.issues()).toHaveLength(0);
  });

  it('gives each failed element to its own record, and each key to the record it was made for', async () => {
    const [first, second, third, fourth] = incidents(4) as [OutgoingRecord, OutgoingRecord, OutgoingRecord, OutgoingRecord];
    const outcomes = await push([
      withPayload(first, { severity: 'Blocker' }),
      second,
      withPayload(third, { colour: 'red' }),
      withPayload(fourth, { title: 'x', assignee: 'a1' }),
    ]);
    expect(outcomes).toMatchObject([
      {
        state: 'refused',
        status: 400,
        diagnosis: { message: 'The priority selected is invalid.', field: 'priority', category: 'validation', retryable: false },
      },
      { state: 'exported', externalId: 'OPS-1' },
      { state: 'refused', diagnosis: { field: 'colour', code: 'payload_unknown_key' } },
      { state: 'exported', externalId: 'OPS-2' },
    ]);
    expect(jira.issues().map(({ fields }) => fields.summary)).toEqual(['Payroll has not arrived', 'x']);
  });

  it('tells every record what is wrong when all of them are refused', async () => {
    const [first, second] = incidents(2) as [OutgoingRecord, OutgoingRecord];
    const records = [withPayload(first, { severity: 'Blocker' }), withPayload(second, { impact: 'much' })];
    expect(await push(records, { map: { impact: 'customfield_10020' } })).toMatchObject([
      { state: 'refused', diagnosis: { message: 'The priority selected is invalid.', field: 'priority' } },
      { state: 'refused', diagnosis: { message: 'Operation value must be a number', field: 'customfield_10020' } },
    ]);
  });

  it('refuses no record by itself that a refused whole says nothing of', async () => {
    const ctx = context();
    const part = (failedElementNumber: number) => ({
      failedElementNumber,
      status: 400,
      elementErrors: { errorMessages: [], errors: { priority: 'No.' } },
    });
    const body = JSON.stringify({ issues: [], errors: [part(0), part(2)] });
    const http: typeof ctx.http = {
      ...ctx.http,
      async send() {
        throw ctx.http.failure({ status: 400, headers: {}, body, requestId: null, json: () => JSON.parse(body) as unknown });
      },
    };
    expect(await failureOf(connector.push({ ...ctx, http }, incidents(3)))).toMatchObject({ delivered: 'refused', status: 400 });
  });

  it('knows which payload key stands behind the field that is blamed', () => {
    const fields = connector.fields as (of: unknown) => Record<string, string[]>;
    expect(fields(context({ map: { impact: 'customfield_10030.value' }, amountField: 'customfield_10020' }).settings)).toMatchObject({
      title: ['summary'],
      severity: ['priority'],
      impact: ['customfield_10030'],
      amount: ['customfield_10020'],
      cause: [],
    });
  });

  it('writes a description Jira takes: paragraphs, line ends, and details below', async () => {
    const [record] = incidents(1, {
      payload: { title: 'a\nb', description: 'One\ntwo\n\n\nthree <b>&', cause: 'Invalid account', link: 'https://app.example.org/x' },
    });
    expect(await push([record as OutgoingRecord])).toMatchObject([{ state: 'exported' }]);
    const text = (value: string) => ({ type: 'text', text: value });
    const rest = [text('cause: Invalid account'), { type: 'hardBreak' }, text('link: https://app.example.org/x')];
    expect(jira.issues()[0]?.fields).toMatchObject({
      summary: 'a b',
      description: {
        content: [
          { type: 'paragraph', content: [text('One'), { type: 'hardBreak' }, text('two')] },
          { type: 'paragraph', content: [text('three <b>&')] },
          { type: 'paragraph', content: rest },
        ],
      },
    });
  });

  it('writes an amount digit by digit into its field, or as a line of the description', async () => {
    const records = incidents(1, { amount: '123456789012345.67', currency: 'NOK' });
    await push(records, { amountField: 'customfield_10020' });
    expect(jira.ledger()[0]?.amount).toBe('123456789012345.67');
    await push(records);
    expect(jira.issues()[1]?.raw).toContain('"text":"amount: 123456789012345.67 NOK"');
  });

  it.each([
    ['no title', { title: null }, 'title', 'payload_missing'],
    ['a title that is too long', { title: 'x'.repeat(256) }, 'title', 'payload_invalid'],
    ['a day that is none', { dueDate: '2017-02-30' }, 'dueDate', 'payload_invalid'],
  ])('refuses a record with %s by itself', async (_, payload, field, code) => {
    const [first, second] = incidents(2) as [OutgoingRecord, OutgoingRecord];
    expect(await push([withPayload(first, payload), second])).toMatchObject([{ state: 'refused', diagnosis: { field, code } }, {
      state: 'exported',
    }]);
  });
});

describe('when the answer is lost', () => {
  it.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)(
    'finds what landed by its label after %s, and nothing else',
    async (fault) => {
      const records = incidents(45);
      jira.faults.next(fault);
      expect(await failureOf(push(records))).toMatchObject({ delivered: 'unknown' });
      const never = incidents(46).slice(45);
      expect(await find([...records, ...never])).toEqual([
        ...records.map((_, index) => ({ state: 'exported', externalId: `OPS-${index + 1}` })),
        null,
      ]);
      expect(jira.duplicates()).toEqual([]);
    },
  );

  it('waits longer than the search needs to see what is new', async () => {
    await jira.stop();
    await start({ indexDelayMs: 300_000 });
    jira.faults.next('lost_answer');
    await failureOf(push(incidents(1)));
    expect(await find(incidents(1))).toEqual([null]);
    clock.advance(connector.settlesWithinSeconds as number);
    expect(await find(incidents(1))).toMatchObject([{ state: 'exported' }]);
  });

  it('leaves a batch open in which Jira stumbled over one', async () => {
    jira.stumble(1);
    expect(await failureOf(push(incidents(3)))).toMatchObject({ delivered: 'unknown' });
    expect(await find(incidents(3))).toMatchObject([{ state: 'exported' }, null, { state: 'exported' }]);
  });

  it('reads for how long it is to be left alone', async () => {
    jira.faults.next('too_many');
    expect(await failureOf(push(incidents(1)))).toMatchObject({
      delivered: 'refused',
      retryAfterSeconds: 42,
      diagnosis: { category: 'rate_limit', retryable: true },
    });
  });
});

describe('the credential', () => {
  it('lets check say who we are', async () => {
    expect(await connector.check?.(context())).toEqual({ as: 'Robot (robot@example.org)', warnings: [] });
  });

  it('that is refused is a matter of the credential, and stands in nothing', async () => {
    const failure = await failureOf(Promise.resolve(connector.check?.(context({}, 'another-token-of-ours'))));
    expect(failure).toMatchObject({ status: 401, diagnosis: { category: 'auth', retryable: false } });
    expect(JSON.stringify(failure)).not.toContain('another-token-of-ours');
  });

  it('lets check warn of an issue type the project has not', async () => {
    expect((await connector.check?.(context({ issueType: 'Bug' })))?.warnings).toEqual([
      'The project OPS (Operations) has no issue type "Bug"; it has Task, Incident.',
    ]);
  });

  it('does not hide a project that is not there', async () => {
    expect(await failureOf(Promise.resolve(connector.check?.(context({ project: 'NONE' }))))).toMatchObject({
      status: 404,
      diagnosis: { message: "No project could be found with key 'NONE'.", category: 'not_found' },
    });
  });

  it('goes to addresses of Atlassian only', () => {
    const at = (baseUrl: string): boolean => settings.safeParse({ baseUrl, project: 'OPS' }).success;
    expect(['https://acme.atlassian.net', 'https://acme.atlassian.net.example.org', 'https://example.org'].map(at)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
