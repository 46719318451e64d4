import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { rest } from '../../supabase/functions/sync-rest/connector.ts';
import { settings } from '../../supabase/functions/sync-rest/settings.ts';
import { failureOf, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startRest } from '../simulators/rest.ts';
import type { RestSimulator } from '../simulators/rest.ts';
import { contextOf, example, single } from './support/work-orders.ts';
import type { Json } from './support/work-orders.ts';

let clock: TestClock;
let vendor: RestSimulator;
let connector: ReturnType<typeof rest>;

beforeEach(async () => {
  clock = testClock();
  vendor = await startRest({ clock });
  connector = rest(createTokenCache(clock));
});
afterEach(() => vendor.stop());

describe('fetching by settings', () => {
  const pull = (own: Json, cursor: string | null, isFirst = true): Promise<Page> => {
    const asked = connector.pull?.(contextOf(vendor, clock, { pull: { ...example.pull, ...own } }, { apiKey: vendor.secret() }), {
      stream: 'items',
      cursor,
      isFirst,
      at: clock(),
    });
    return asked ?? Promise.reject(new Error('It fetches nothing.'));
  };
  const whole = async (own: Json, cursor: string | null): Promise<{ ids: string[]; cursor: string }> => {
    const ids: string[] = [];
    for (let page = await pull(own, cursor);; page = await pull(own, page.cursor, false)) {
      ids.push(...page.records.map(({ id }) => id));
      if (!page.more) return { ids, cursor: page.cursor };
    }
  };

  beforeEach(() => {
    for (let at = 1; at <= 5; at += 1) vendor.change(`w${at}`, `2017-03-01T07:0${at}:00Z`);
  });

  it.each([
    ['a cursor', { by: 'cursor', param: 'cursor', next: '/next_cursor' }],
    ['an address in the answer', { by: 'link', next: '/links/next' }],
    ['an address in a header', { by: 'link', next: 'header' }],
    ['numbers', { by: 'page', param: 'page', size: 2 }],
  ])('follows pages by %s and then asks only for what changed', async (_, paging) => {
    const first = await whole({ paging }, null);
    expect(first.ids).toEqual(['w1', 'w2', 'w3', 'w4', 'w5']);
    vendor.change('w6', '2017-03-01T07:30:00Z', { state: 'deleted' });
    expect((await whole({ paging, since: { param: 'updated_since', overlapSeconds: 0 } }, first.cursor)).ids).toEqual(['w5', 'w6']);
    expect((await whole({ paging }, first.cursor)).ids).toEqual(['w1', 'w2', 'w3', 'w4', 'w5', 'w6']);
  });

  it('begins where a cursor that is kept has ended', async () => {
    const keeps = { since: undefined, changedAt: undefined, paging: { by: 'cursor', param: 'cursor', next: '/next_cursor', keeps: true } };
    const first = await whole(keeps, null);
    expect(first.ids).toEqual(['w1', 'w2', 'w3', 'w4', 'w5']);
    vendor.change('w6', '2017-03-01T07:30:00Z');
    expect((await whole(keeps, first.cursor)).ids).toEqual(['w5', 'w6']);
  });

  it('gives the same page for the same cursor', async () => {
    const first = await pull({}, null);
    expect(await pull({}, first.cursor, false)).toEqual(await pull({}, first.cursor, false));
  });

  it('says what changed when, and what is gone', async () => {
    vendor.change('w1', '2017-03-01T07:01:00Z', { state: 'deleted' });
    expect((await pull({}, null)).records).toEqual([
      { id: 'w1', payload: null, changedAt: '2017-03-01T07:01:00.000Z', deleted: true },
      { id: 'w2', payload: { id: 'w2', updated_at: '2017-03-01T07:02:00Z' }, changedAt: '2017-03-01T07:02:00.000Z', deleted: false },
    ]);
  });

  it('does not follow a page that leads elsewhere, or in a circle', async () => {
    const astray = JSON.stringify({ since: null, page: 'https://elsewhere.example.org/', latest: null });
    const paging = { by: 'link', next: '/links/next' };
    expect(await failureOf(pull({ paging }, astray, false))).toMatchObject({ delivered: 'no', diagnosis: { code: 'address_elsewhere' } });
    const circle = JSON.stringify({ since: null, page: '2', latest: null });
    expect(await failureOf(pull({ paging: { by: 'cursor', param: 'other', next: '/next_cursor' } }, circle, false)))
      .toMatchObject({ diagnosis: { code: 'answer_unexpected' } });
  });

  it('is told when an entry has no id', async () => {
    expect(await failureOf(pull({ id: '/number' }, null))).toMatchObject({ diagnosis: { code: 'answer_unexpected', category: 'schema' } });
  });
});

describe('settings that cannot be true together', () => {
  const issues = (own: Json): string[] =>
    settings.safeParse({ ...example, ...own }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  const changed = (part: 'send' | 'body' | 'answer' | 'dedupe', change: Json): Json => ({
    push: { ...example.push, [part]: { ...example.push[part], ...change } },
  });

  it('are none in the worked example', () => {
    expect(issues({})).toEqual([]);
  });

  it.each<[string, Json, RegExp]>([
    ['nothing to move', { push: undefined, pull: undefined }, /^push: Neither push nor pull/],
    ['an unknown placeholder', changed('send', { path: '/{colour}', batch: undefined }), /{colour} is not known/],
    ['a batch to the path of one', changed('send', { path: '/{key}' }), /A batch goes to one path/],
    ['a batch without results', { push: { ...example.push, answer: {} } }, /^push\.answer\.results: A batch needs results/],
    ['results of single records', changed('send', { batch: undefined }), /Results belong to a batch/],
    ['results without a sign', changed('answer', { ok: undefined }), /^push\.answer\.ok: Results need a sign/],
    ['results without their place', changed('answer', { results: { by: 'index' } }), /^push\.answer\.results\.place/],
    ['two keys for one place', changed('body', { constants: { '/title': 'x' } }), /the constant \/title and "title" both go to \/title/],
    ['a place inside another', changed('body', { constants: { '/cost': 'x' } }), /go into each other/],
    ['a header of the connector', changed('send', { headers: { 'x-api-key': 'mine' } }), /written by the connector itself/],
    ['upsert by POST', single({ by: 'upsert' }, { path: '/{key}' }), /^push\.send\.method: A POST adds/],
    ['upsert without an id', single({ by: 'upsert' }, { method: 'PUT' }), /the path must hold it/],
    ['upsert under ids of two kinds', single({ by: 'upsert' }, { method: 'PUT', path: '/{sourceId}' }), /Records of two kinds/],
    [
      'replacing under a key that changes',
      single({ by: 'upsert', replaces: true }, { method: 'PUT', path: '/{key}' }),
      /Every version has a key of its own/,
    ],
    [
      'one header for a batch',
      changed('dedupe', { by: 'key', path: undefined, items: undefined, key: undefined, externalId: undefined }),
      /One header cannot stand/,
    ],
    ['a question without the key', changed('dedupe', { path: '/work-orders' }), /The question must hold {key}/],
    ['looking up a key that was never sent', changed('body', { key: undefined }), /must carry it/],
    ['more questions than there is time for', changed('send', { batch: { size: 101, at: '/items' } }), /at most 100 at once/],
    ['a time that is nowhere', { pull: { ...example.pull, changedAt: undefined } }, /^pull\.changedAt/],
    ['a parameter twice', { pull: { ...example.pull, path: '/changes?cursor=1' } }, /cursor would stand in the address twice/],
    ['two beginnings', { pull: { ...example.pull, paging: { by: 'cursor', param: 'c', next: '/n', keeps: true } } }, /two beginnings/],
    ['an id for each of a whole', changed('answer', { results: 'all_or_nothing' }), /has no id for each/],
    ['plain http', { baseUrl: 'http://api.example.org' }, /^baseUrl: Must be an https address/],
    ['a path out of the address', changed('send', { path: '//elsewhere.example.org' }), /^push\.send\.path: Must be a path/],
  ])('are refused with a sentence: %s', (_, own, sentence) => {
    expect(issues(own).join('\n')).toMatch(new RegExp(sentence.source, 'm'));
  });
});
