import { beforeEach, describe, expect, test } from 'vitest';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { LeaseLost } from '../../supabase/functions/_kit/store.ts';
import { createSource, pulling, stored, streamOf, thing } from '../support/pulled.ts';
import { createFakeSystem, createWorld, slice, type World } from '../support/world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await pulling(world);
});

const five = (): ReturnType<typeof thing>[] => ['a', 'b', 'c', 'd', 'e'].map((id, n) => thing(id, { n }, `2026-11-10T07:0${n}:00.000Z`));

function failure(category: 'server' | 'rate_limit' | 'auth' | 'permission', retryAfterSeconds: number | null = null): HttpFailure {
  return new HttpFailure({
    diagnosis: { message: `It said ${category}.`, code: category, field: null, category, retryable: category === 'server' },
    delivered: 'refused', status: null, response: null, requestId: null, retryAfterSeconds,
  });
}

describe('a run of an integration that fetches', () => {
  test('brings every page, and its balance says so', async () => {
    const source = createSource({ issues: five() });
    const run = await world.sync(source.connector);
    expect(run).toMatchObject({ status: 'succeeded', selected: 5, exported: 5, skipped: 0 });
    expect(source.asked.map(({ cursor, isFirst }) => [cursor, isFirst])).toEqual([[null, true], ['2', false], ['4', false]]);
    expect((await stored(world)).map(({ source_id, payload }) => [source_id, payload])).toEqual([
      ['a', { n: 0 }], ['b', { n: 1 }], ['c', { n: 2 }], ['d', { n: 3 }], ['e', { n: 4 }]]);
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '5', rows: 5, is_done: true });
    expect(await world.health()).toEqual({ health: 'green', rules: [] });
  });

  test('goes on where the one before ended, and tells that its first page is the first', async () => {
    const source = createSource({ issues: five() });
    await world.sync(source.connector);
    source.streams['issues']?.push(thing('f', { n: 5 }));
    source.asked = [];
    world.clock.forward(3_600);
    expect(await world.sync(source.connector)).toMatchObject({ status: 'succeeded', selected: 1, exported: 1 });
    expect(source.asked.map(({ cursor, isFirst }) => [cursor, isFirst])).toEqual([['5', true]]);
  });

  test('skips what it has already, without a warning: pages overlap', async () => {
    const source = createSource({ issues: five() });
    await world.sync(source.connector);
    source.before = () => ({ records: [...five().slice(3), thing('f', { n: 5 })], cursor: '6', more: false });
    world.clock.forward(3_600);
    expect(await world.sync(source.connector)).toMatchObject({ status: 'succeeded', selected: 3, exported: 1, skipped: 2 });
    expect(await world.health()).toEqual({ health: 'green', rules: [] });
  });

  test('keeps changed content as a next version and what is deleted as a tombstone', async () => {
    const source = createSource({ issues: five().slice(0, 2) });
    await world.sync(source.connector);
    source.streams['issues']?.push(thing('a', { n: 9 }), thing('b', null));
    world.clock.forward(3_600);
    await world.sync(source.connector);
    expect(await stored(world)).toEqual([
      { stream: 'issues', source_id: 'a', payload: { n: 9 }, gone: false, version: 2 },
      { stream: 'issues', source_id: 'b', payload: null, gone: true, version: 2 },
    ]);
    expect(await streamOf(world, 'issues')).toMatchObject({ rows: 2 });
  });

  test('takes the last of one thing that stands in a page twice, and never an older one over a newer', async () => {
    const source = createSource({ issues: [thing('a', { n: 1 }, '2026-11-10T07:00:00Z'), thing('a', { n: 2 }, '2026-11-10T07:05:00Z')] });
    expect(await world.sync(source.connector)).toMatchObject({ selected: 2, exported: 1, skipped: 1 });
    source.streams['issues']?.push(thing('a', { n: 0 }, '2026-11-10T06:00:00Z'));
    world.clock.forward(3_600);
    expect(await world.sync(source.connector)).toMatchObject({ selected: 1, exported: 0, skipped: 1 });
    expect(await stored(world)).toMatchObject([{ payload: { n: 2 }, version: 1 }]);
  });

  test('carries text that Postgres cannot hold as near as it can', async () => {
    const source = createSource({ issues: [thing('a', { text: 'a\0b', lines: [{ half: '\ud800' }] })] });
    await world.sync(source.connector);
    expect(await stored(world)).toMatchObject([{ payload: { text: 'a\ufffdb', lines: [{ half: '\ufffd' }] } }]);
  });
});

describe('a cursor', () => {
  test('does not move when its page cannot be stored', async () => {
    const source = createSource({ issues: five() });
    await world.sql`alter table pulled_records add constraint no_c check (source_id <> 'c')`;
    const run = await world.schedule() ?? 0;
    await expect(slice(world, source.connector, run)).rejects.toThrow(/no_c/);
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '2', rows: 2 });
    expect((await stored(world)).map(({ source_id }) => source_id)).toEqual(['a', 'b']);
  });

  test('is not moved by a slice that has lost its lease', async () => {
    const source = createSource({ issues: five() });
    const run = await world.schedule() ?? 0;
    source.before = ({ cursor }) => { if (cursor === '2') world.clock.forward(121); };
    const other = world.store(run);
    const first = slice(world, { ...source.connector, pull: async (ctx, request) => {
      const page = await source.connector.pull?.(ctx, request);
      if (request.cursor === '2') expect(await other.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 })).not.toBeNull();
      if (!page) throw new Error('no page');
      return page;
    } }, run);
    expect(await first).toBe('lost');
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '2', rows: 2 });
  });

  test('that leads in a circle ends the run and says so, with what was fetched kept', async () => {
    const source = createSource({ issues: [] });
    source.before = ({ cursor }) => ({ records: [thing(`from ${cursor}`, {})], cursor: cursor === '1' ? '2' : '1', more: true });
    expect(await world.sync(source.connector)).toMatchObject({ status: 'failed', error_code: 'cursor_stuck' });
    expect((await stored(world)).map(({ source_id }) => source_id)).toEqual(['from 1', 'from 2', 'from null']);
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '2' });
  });

  test('can be cleared by an admin with a reason, and then all is read again and nothing is news', async () => {
    const source = createSource({ issues: five() });
    await world.sync(source.connector);
    const [answer] = await world.as(world.arne, (sql) => sql`select clear_cursor(${world.org}, ${world.integration}, 'issues', 'the vendor restored a backup') as rows`);
    expect(answer).toEqual({ rows: 5 });
    expect(await world.sql`select action, actor, reason, before ->> 'rows' as rows from audit_log where action = 'cursor.cleared'`).toEqual([
      { action: 'cursor.cleared', actor: 'Arne', reason: 'the vendor restored a backup', rows: '5' }]);
    world.clock.forward(3_600);
    expect(await world.sync(source.connector)).toMatchObject({ status: 'succeeded', selected: 5, exported: 0, skipped: 5 });
  });

  test('that is cleared while a page is out is not put back by it', async () => {
    const source = createSource({ issues: five() });
    const run = await world.schedule() ?? 0;
    let cleared = false;
    const outcome = await slice(world, { ...source.connector, pull: async (ctx, request) => {
      const page = await source.connector.pull?.(ctx, request);
      if (request.cursor === '2' && !cleared) {
        cleared = true;
        await world.as(world.arne, (sql) => sql`select clear_cursor(${world.org}, ${world.integration}, 'issues', 'begin again')`);
      }
      if (!page) throw new Error('no page');
      return page;
    } }, run);
    expect(outcome).toBe('done');
    expect(source.asked.map(({ cursor }) => cursor)).toEqual([null, '2', null, '2', '4']);
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '5', rows: 5 });
  });

  test('is nobody\'s to clear who may only look, nor without a reason, nor of a stream there is not', async () => {
    await world.sync(createSource({ issues: five() }).connector);
    const clear = (who: World['arne'], stream: string, reason: string): Promise<unknown> =>
      world.as(who, (sql) => sql`select clear_cursor(${world.org}, ${world.integration}, ${stream}, ${reason})`);
    await expect(clear(world.vera, 'issues', 'because')).rejects.toMatchObject({ code: 'SW403' });
    await expect(clear(world.stine, 'issues', 'because')).rejects.toMatchObject({ code: 'SW404' });
    await expect(clear(world.arne, 'issues', '')).rejects.toMatchObject({ code: 'SW422' });
    await expect(clear(world.arne, 'others', 'because')).rejects.toMatchObject({ code: 'SW404' });
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: '5' });
  });
});

describe('several streams', () => {
  test('are read one after the other, and the next slice goes on with the first that is not at its end', async () => {
    const source = createSource({ issues: five(), people: five().slice(0, 3) });
    const run = await world.schedule() ?? 0;
    source.before = ({ stream, cursor }) => { if (stream === 'people' && cursor === null) world.clock.forward(101); };
    expect(await slice(world, source.connector, run)).toBe('more');
    source.asked = [];
    expect(await slice(world, source.connector, run)).toBe('done');
    expect(source.asked.map(({ stream, cursor, isFirst }) => [stream, cursor, isFirst])).toEqual([['people', '2', false]]);
    expect(await world.sql`select status, selected, exported from runs where id = ${run}`).toEqual([{ status: 'succeeded', selected: 8, exported: 8 }]);
  });

  test('do not wait for one we may not read, which fails the run in the system\'s words', async () => {
    const source = createSource({ salaries: five(), people: five() });
    source.before = ({ stream }) => { if (stream === 'salaries') throw failure('permission'); };
    expect(await world.sync(source.connector)).toMatchObject({ status: 'failed', exported: 5, error_message: 'salaries: It said permission.', error_code: 'permission' });
    expect(await streamOf(world, 'people')).toMatchObject({ cursor: '5' });
  });

  test('all wait when the credential is refused: the system is asked once', async () => {
    const source = createSource({ issues: five(), people: five() });
    source.before = () => { throw failure('auth'); };
    expect(await world.sync(source.connector)).toMatchObject({ status: 'failed', error_category: 'auth' });
    expect(source.asked).toHaveLength(1);
    expect((await world.health()).rules).toContain('credential_refused');
  });
});

describe('a system in trouble', () => {
  test('is asked again for the same page after a moment', async () => {
    const source = createSource({ issues: five() });
    let failures = 0;
    source.before = ({ cursor }) => { if (cursor === '2' && (failures += 1) <= 2) throw failure('server'); };
    expect(await world.sync(source.connector)).toMatchObject({ status: 'succeeded', exported: 5 });
    expect(source.asked.map(({ cursor }) => cursor)).toEqual([null, '2', '2', '2', '4']);
  });

  test('that asks for time gets it, and the run goes on', async () => {
    const source = createSource({ issues: five() });
    let throttled = false;
    source.before = ({ cursor }) => { if (cursor === '2' && !throttled) { throttled = true; throw failure('rate_limit', 60); } };
    const run = await world.schedule() ?? 0;
    expect(await slice(world, source.connector, run)).toBe('more');
    expect(await slice(world, source.connector, run)).toBe('idle');
    world.clock.forward(61);
    expect(await slice(world, source.connector, run)).toBe('done');
    expect(await streamOf(world, 'issues')).toMatchObject({ rows: 5 });
  });

  test.each([
    ['a page without a cursor', { records: [], more: false } as never, /cursor/],
    ['no page', null as never, /no page/],
    ['a record without an id', { records: [{ id: '', payload: {}, changedAt: null, deleted: false }], cursor: '1', more: false }, /id of record 1/],
    ['a list for a payload', { records: [{ id: 'a', payload: [] as never, changedAt: null, deleted: false }], cursor: '1', more: false }, /payload of record 1/],
    ['a time that is none', { records: [{ id: 'a', payload: {}, changedAt: 'soon', deleted: false }], cursor: '1', more: false }, /changedAt of record 1/],
  ])('or a connector that gives %s stores nothing of it', async (_, page, words) => {
    const source = createSource({ issues: five() });
    const run = await world.sync({ ...source.connector, pull: () => Promise.resolve(page) });
    expect(run).toMatchObject({ status: 'failed', error_code: 'connector_error', error_message: expect.stringMatching(words) as string });
    expect(await stored(world)).toEqual([]);
    expect(await streamOf(world, 'issues')).toMatchObject({ cursor: null });
  });
});

describe('what a connector cannot do', () => {
  test('fails a run that asks for it: fetching from what can only be sent to', async () => {
    expect(await world.sync(createFakeSystem().connector)).toMatchObject({ status: 'failed', error_code: 'direction_unsupported' });
  });

  test('fails a run that asks for it: sending to what can only be read', async () => {
    await world.sql`update integrations set direction = 'push'`;
    expect(await world.sync(createSource({ issues: five() }).connector)).toMatchObject({ status: 'failed', error_code: 'direction_unsupported' });
  });
});

test('a lost lease is told by its own error', async () => {
  const run = await world.schedule() ?? 0;
  const page = { stream: 'issues', records: [], shape: { records: 0, fields: {} }, after: null, cursor: '1', more: false };
  await expect(world.store(run).storePage('00000000-0000-4000-8000-000000000000', page)).rejects.toThrow(LeaseLost);
});
