import { beforeEach, describe, expect, test } from 'vitest';
import { shapeOf } from '../../supabase/functions/_kit/shape.ts';
import { createSource, pulling, streamOf, thing, type Source } from '../support/pulled.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let source: Source;
let made = 0;

/** So many new things with the same payload in the next run. */
async function next(count: number, payload: Record<string, unknown>): Promise<void> {
  source.streams['issues']?.push(...Array.from({ length: count }, () => thing(`issue ${made += 1}`, payload)));
  world.clock.forward(3_600);
  await world.sync(source.connector);
}

async function drift(): Promise<unknown> {
  return (await streamOf(world, 'issues'))?.['drift'];
}

async function finding(rule: string): Promise<Record<string, unknown> | undefined> {
  return (await world.sql`select severity, urgency, subject, evidence from findings where rule = ${rule} and closed_at is null`)[0];
}

beforeEach(async () => {
  world = await createWorld();
  await pulling(world);
  source = createSource({ issues: [] });
  source.pageSize = 50;
});

describe('the shape of what is fetched', () => {
  test('is which fields there are, of which types, in how many records, and no value', () => {
    expect(shapeOf([
      thing('a', { total: 5, note: null, lines: [{ sku: 'x' }, { sku: 7 }], from: { city: 'Oslo' } }),
      thing('b', { total: 6, lines: [] }),
      thing('gone', null),
    ])).toEqual({ records: 2, fields: {
      'total': { types: ['number'], in: 2 }, 'note': { types: ['null'], in: 1 }, 'lines': { types: ['list'], in: 2 },
      'lines[].sku': { types: ['number', 'text'], in: 1 }, 'from': { types: ['object'], in: 1 }, 'from.city': { types: ['text'], in: 1 },
    } });
  });

  test('stops at tables whose keys are values, at depth and at number', () => {
    const table = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`person${n}@example.org`, n]));
    const deep = JSON.parse(`${'{"in":'.repeat(50)}1${'}'.repeat(50)}`) as Record<string, unknown>;
    expect(Object.keys(shapeOf([thing('a', { table })]).fields)).toEqual(['table']);
    expect(Object.keys(shapeOf([thing('a', deep)]).fields)).toHaveLength(7);
    const wide = Array.from({ length: 90 }, (_, n) => thing(`${n}`, Object.fromEntries(Array.from({ length: 90 }, (_, m) => [`f${n * 90 + m}`, 1]))));
    expect(Object.keys(shapeOf(wide).fields)).toHaveLength(500);
  });
});

describe('a field', () => {
  test('never seen before is drift, and yellow, once the stream was read to its end', async () => {
    await next(3, { title: 'A leak' });
    await next(1, { title: 'A leak', secret: 'hush-hush' });
    expect(await drift()).toEqual({ secret: { kind: 'new', is: ['text'] } });
    expect(await finding('schema_drift')).toEqual({
      severity: 'yellow', urgency: null, subject: 'issues',
      evidence: { stream: 'issues', fields: 1, drift: [{ field: 'secret', kind: 'new', is: ['text'] }] },
    });
    expect((await world.health()).health).toBe('yellow');
    expect(JSON.stringify(await world.sql`select f.*, s.* from findings f, streams s`)).not.toContain('hush');
  });

  test('is learned without a word while the stream is read for the first time', async () => {
    source.pageSize = 2;
    await next(3, { title: 'A leak' });
    source = createSource({ issues: [] });
    expect(await drift()).toEqual({});
    expect((await streamOf(world, 'issues'))?.['shape']).toEqual({ title: { types: ['text'], always: true } });
  });

  test('of another type is drift; that it has no value is none', async () => {
    await next(3, { title: 'A leak', due: null, count: 1 });
    await next(1, { title: null, due: '2026-12-24', count: null });
    expect(await drift()).toEqual({});
    await next(1, { title: { text: 'A leak' }, due: '2026-12-24', count: 2 });
    expect(await drift()).toMatchObject({ title: { kind: 'retyped', was: ['text'], is: ['object'] } });
  });

  test('gone from a whole page of 20 records is drift if it was in all; gone from 19 it is none', async () => {
    await next(5, { title: 'A leak', place: { city: 'Oslo', zip: '0150' } });
    await next(19, { title: 'A leak' });
    expect(await drift()).toEqual({});
    await next(20, { title: 'A leak' });
    expect(await drift()).toEqual({ place: { kind: 'gone', was: ['object'] } });
  });

  test('that some records have always lacked may be gone without a word', async () => {
    await next(5, { title: 'A leak', place: 'Oslo' });
    await next(1, { title: 'A leak' });
    source.streams['issues']?.push(thing('lacks', { title: 'x' }), thing('has', { title: 'x', place: 'Oslo' }));
    await next(1, { title: 'A leak', place: 'Oslo' });
    await next(30, { title: 'A leak' });
    expect(await drift()).toEqual({});
  });

  test('inside one that is new is not told of again', async () => {
    await next(1, { title: 'A leak' });
    await next(1, { title: 'A leak', lines: [{ sku: 'a', from: { city: 'Oslo' } }] });
    expect(await drift()).toEqual({ lines: { kind: 'new', is: ['list'] } });
  });
});

describe('drift', () => {
  beforeEach(async () => {
    await next(1, { title: 'A leak' });
    await next(1, { title: 'A leak', extra: 1 });
  });

  test('stays until an admin accepts it, whatever comes', async () => {
    await next(30, { title: 'A leak' });
    expect((await world.health()).rules).toEqual(['schema_drift']);
    const [answer] = await world.as(world.arne, (sql) => sql`select accept_shape(${world.org}, ${world.integration}, 'issues') as fields`);
    expect(answer).toEqual({ fields: 1 });
    expect((await world.health()).rules).not.toContain('schema_drift');
    expect(await world.sql`select actor, subject, after from audit_log where action = 'shape.accepted'`).toEqual([{
      actor: 'Arne', subject: 'stream issues', after: { stream: 'issues', fields: 1, drift: [{ field: 'extra', kind: 'new', was: null, is: ['number'] }] },
    }]);
    await next(1, { title: 'A leak', extra: 2 });
    expect(await drift()).toEqual({});
  });

  test('cannot be accepted by who may only look', async () => {
    const accept = (who: World['arne']): Promise<unknown> => world.as(who, (sql) => sql`select accept_shape(${world.org}, ${world.integration}, 'issues')`);
    await expect(accept(world.vera)).rejects.toMatchObject({ code: 'SW403' });
    await expect(accept(world.stine)).rejects.toMatchObject({ code: 'SW404' });
    expect((await world.health()).rules).toEqual(['schema_drift']);
  });

  test('accepted twice is accepted once', async () => {
    const accept = (): Promise<unknown> => world.as(world.arne, (sql) => sql`select accept_shape(${world.org}, ${world.integration}, 'issues')`);
    await accept();
    await accept();
    expect(await world.sql`select from audit_log where action = 'shape.accepted'`).toHaveLength(1);
  });
});

describe('the age of the data', () => {
  const evaluate = async (): Promise<void> => { await world.sql`select private.evaluate_health(${world.clock.iso()})`; };
  const wait = async (minutes: number): Promise<void> => {
    world.clock.forward(minutes * 60);
    await evaluate();
  };

  test('is yellow half an hour after the schedule should have renewed it and red after four, at the minute and by itself', async () => {
    await next(1, { title: 'A leak' });
    await wait(89);
    expect((await world.health()).rules).not.toContain('data_lag');
    await wait(1);
    expect(await finding('data_lag')).toMatchObject({ severity: 'yellow' });
    await wait(209);
    expect(await finding('data_lag')).toMatchObject({ severity: 'yellow' });
    await wait(1);
    expect(await finding('data_lag')).toMatchObject({ severity: 'red' });
  });

  test('is told by the newest record as long as the system says there is more', async () => {
    await next(1, { title: 'A leak' });
    source.before = ({ cursor }) => {
      if (cursor !== '1') throw new Error('Down.');
      return { records: [thing('late', { title: 'x' }, new Date(world.clock().getTime() - 300 * 60_000).toISOString())], cursor: '2', more: true };
    };
    // It reached its end three hours ago: what is older than that is no news.
    world.clock.forward(3 * 3_600);
    await world.sync(source.connector);
    expect(await finding('data_lag')).toMatchObject({ severity: 'yellow' });
    const { as_of: asOf } = await streamOf(world, 'issues') as { as_of: Date };
    expect(world.clock().getTime() - asOf.getTime()).toBe(3 * 3_600_000);
  });

  test('is a signal with a history, for each stream', async () => {
    await next(1, { title: 'A leak' });
    world.clock.forward(1_800);
    expect(await world.sql`select name, about, value::int, unit, past from signals`).toEqual([{ name: 'data_lag_minutes', about: 'issues', value: 0, unit: 'minutes', past: null }]);
    await next(1, { title: 'A leak' });
    expect(await world.sql`select count(*)::int as n from signal_history where name = 'data_lag_minutes'`).toEqual([{ n: 2 }]);
    expect(await world.as(world.vera, (sql) => sql`select stream, rows, lag_minutes >= 0 as aged, drift from stream_overview`)).toEqual([
      { stream: 'issues', rows: 2, aged: true, drift: {} }]);
  });

  test('of an integration that sends now counts no more', async () => {
    await next(1, { title: 'A leak' });
    await wait(120);
    expect((await world.health()).rules).toContain('data_lag');
    await world.sql`update integrations set direction = 'push'`;
    await evaluate();
    expect((await world.health()).rules).not.toContain('data_lag');
  });

  test('of a stream the connector no longer has counts no more', async () => {
    await next(1, { title: 'A leak' });
    const other = createSource({ people: [] });
    world.clock.forward(3_600);
    await world.sync(other.connector);
    await wait(60);
    expect(await world.sql`select stream, is_active from streams order by stream`).toEqual([{ stream: 'issues', is_active: false }, { stream: 'people', is_active: true }]);
    expect(await world.sql`select about from signals`).toEqual([{ about: 'people' }]);
    expect((await world.health()).rules).not.toContain('data_lag');
  });
});
