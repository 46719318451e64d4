import { beforeEach, describe, expect, test } from 'vitest';
import type { Connector, Signal } from '../../supabase/functions/_kit/connector.ts';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { createSource, pulling, stored, thing } from '../support/pulled.ts';
import { createFakeSystem, createWorld, slice, type World } from '../support/world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

const measured = (value: number, more: Partial<Signal> = {}) => (_: unknown, at: Date): Promise<Signal[]> =>
  Promise.resolve([{ name: 'bounce_rate', value, unit: 'percent', at: at.toISOString(), warning: 2, critical: 5, ...more }]);

async function findings(): Promise<unknown[]> {
  return [...await world.sql`select rule, subject, severity, urgency, evidence ->> 'value' as value from findings where closed_at is null and rule like 'signal%'`];
}

function refused(category: 'auth' | 'permission' | 'server', message: string): HttpFailure {
  return new HttpFailure({
    diagnosis: { message, code: null, field: null, category, retryable: false }, delivered: 'refused', status: 401, response: null, requestId: null, retryAfterSeconds: null,
  });
}

describe('a signal', () => {
  test.each([
    [2, {}, []],
    [2.1, {}, [{ rule: 'signal', subject: 'bounce_rate', severity: 'yellow', urgency: null, value: '2.1' }]],
    [5.1, {}, [{ rule: 'signal', subject: 'bounce_rate', severity: 'red', urgency: 'high', value: '5.1' }]],
    [1, { isFloor: true, warning: 3, critical: 2, about: 'news' }, [{ rule: 'signal', subject: 'bounce_rate: news', severity: 'red', urgency: 'high', value: '1' }]],
    [9, { warning: undefined, critical: undefined }, []],
  ])('of %d with %o is a finding, with its number, where it is past a bound', async (value, more, expected) => {
    const system = createFakeSystem({ signals: measured(value, more) });
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'succeeded', exported: 1 });
    expect(await findings()).toEqual(expected);
  });

  test('that is well again closes its finding, and what it was is kept for 90 days', async () => {
    await pulling(world);
    await world.sync(createSource({ issues: [] }, { signals: measured(7) }).connector);
    world.clock.forward(3_600);
    await world.sync(createSource({ issues: [] }, { signals: measured(1) }).connector);
    expect(await findings()).toEqual([]);
    const history = async (): Promise<unknown[]> => [...await world.sql`select value::int from signal_history where name = 'bounce_rate' order by at`];
    expect(await history()).toEqual([{ value: 7 }, { value: 1 }]);
    world.clock.forward(90 * 86_400 - 1_800);
    await world.sql`select private.tick_retention(${world.clock.iso()})`;
    expect(await history()).toEqual([{ value: 1 }]);
  });

  test('is shown with since when it is past its bound, and what it last was on each of the last 30 days', async () => {
    const { sql, org, integration } = world;
    await sql`update integrations set thresholds = '{"lag_minutes": 45, "lag_critical_minutes": 120}'`;
    await sql`
      insert into signals (org_id, integration_id, name, about, value, unit, at, warning, critical)
      values (${org}, ${integration}, 'bounce_rate', 'news', 6, 'percent', now(), 2, 5), (${org}, ${integration}, 'emails_sent', '', 40, 'count', now(), null, null)`;
    await sql`
      insert into signal_history (org_id, integration_id, name, about, at, value)
      select ${org}, ${integration}, 'bounce_rate', 'news', t, extract(hour from t) from generate_series(
        (date_trunc('day', now() at time zone 'Europe/Oslo') - interval '40 days') at time zone 'Europe/Oslo', now(), interval '12 hours') t`;
    await sql`
      insert into findings (org_id, integration_id, rule, subject, severity, since, evidence)
      values (${org}, ${integration}, 'signal', 'bounce_rate: news', 'red', '2026-11-09T08:00Z', '{}')`;
    const shown = await world.as(world.vera, (db) => db<{ name: string; past: string | null; past_since: Date | null; days: { value: number }[] }[]>`
      select name, past, past_since, days from signal_overview order by name`);
    expect(shown.map(({ name, past, past_since: since }) => [name, past, since?.toISOString() ?? null])).toEqual(
      [['bounce_rate', 'critical', '2026-11-09T08:00:00.000Z'], ['emails_sent', null, null]]);
    expect(shown[0]?.days.length).toBeGreaterThanOrEqual(29);
    expect(shown[0]?.days.length).toBeLessThanOrEqual(31);
    expect(shown[1]?.days).toEqual([]);
    await sql`insert into streams (org_id, integration_id, stream, as_of) values (${org}, ${integration}, 'issues', now())`;
    expect(await world.as(world.vera, (db) => db`select late_after_minutes, critical_after_minutes from stream_overview`)).toEqual(
      [{ late_after_minutes: 105, critical_after_minutes: 180 }]);
  });

  test('that is told of no more is forgotten, and with it its finding', async () => {
    await pulling(world);
    await world.sync(createSource({ issues: [] }, { signals: measured(7) }).connector);
    world.clock.forward(3_600);
    await world.sync(createSource({ issues: [] }, { signals: () => Promise.resolve([]) }).connector);
    expect(await findings()).toEqual([]);
  });

  test('is measured once in a run, however many slices it has', async () => {
    await pulling(world);
    let times = 0;
    const source = createSource({ issues: ['a', 'b', 'c'].map((id) => thing(id, {})) }, {
      signals: (ctx, at) => {
        times += 1;
        return measured(1)(ctx, at);
      },
    });
    source.before = ({ cursor }) => { if (cursor === null) world.clock.forward(101); };
    expect(await world.sync(source.connector)).toMatchObject({ status: 'succeeded', slice: 2 });
    expect(times).toBe(1);
  });
});

describe('where nothing can be measured', () => {
  test('what was moved is moved, the numbers known stay, and that is a finding of its own', async () => {
    const system = createFakeSystem({ signals: measured(7) });
    await world.handIn(1);
    await world.sync(system.connector);
    world.clock.forward(3_600);
    await world.handIn(1);
    const silent = createFakeSystem({ signals: () => Promise.reject(refused('auth', 'The scope is missing.')) });
    expect(await world.sync(silent.connector)).toMatchObject({ status: 'succeeded', exported: 1 });
    expect((await findings()).map((one) => (one as { rule: string }).rule).sort()).toEqual(['signal', 'signals_unread']);
  });

  test('and measuring is all there is to do, the run fails', async () => {
    await pulling(world);
    const { connector } = createSource({}, { signals: () => Promise.reject(refused('auth', 'The scope is missing.')) });
    expect(await world.sync({ ...connector, pull: undefined, streams: undefined })).toMatchObject({ status: 'failed', error_message: 'The scope is missing.' });
  });

  test.each([
    ['no list', null, /no list of signals/],
    ['a number that is none', [{ name: 'x', value: Number.NaN, unit: 'count', at: '2026-11-10T08:00:00Z' }], /no number/],
    ['a unit there is not', [{ name: 'x', value: 1, unit: 'parsecs', at: '2026-11-10T08:00:00Z' }], /no known unit/],
    ['a name of two words', [{ name: 'Bounce rate', value: 1, unit: 'count', at: '2026-11-10T08:00:00Z' }], /snake case/],
  ])('because a connector gives %s, it is told in words', async (_, answer, words) => {
    await world.handIn(1);
    await world.sync(createFakeSystem({ signals: () => Promise.resolve(answer as never) }).connector);
    expect(await world.sql`select signals_error from integration_status where integration_id = ${world.integration}`).toEqual([{ signals_error: expect.stringMatching(words) as string }]);
  });
});

describe('a look at address and credential', () => {
  const status = async (): Promise<Record<string, unknown>> =>
    (await world.sql`select checked_at, checked_as, check_warnings, check_error from integration_status where integration_id = ${world.integration}`)[0] ?? {};
  const setCredential = (): Promise<unknown> =>
    world.sql`select private.set_credential(${world.org}, ${world.integration}, '{"token": "hush-hush-hush"}', null, ${world.clock.iso()})`;
  const checkNow = (who: World['arne']): Promise<unknown> =>
    world.as(who, (sql) => sql`select private.check_now(${world.org}, ${world.integration}, ${world.clock.iso()})`);
  let looks = 0;
  const looking = (answer: () => Promise<unknown>) => createFakeSystem({ check: () => {
    looks += 1;
    return answer() as never;
  } });
  const well = () => Promise.resolve({ as: 'Nord AS', warnings: ['The scope "payroll" is missing.'], expiresAt: '2026-11-20T00:00:00Z' });

  beforeEach(() => {
    looks = 0;
  });

  test('is taken once after a new credential, and says who we are, what is missing and when it ends', async () => {
    const system = looking(well);
    await setCredential();
    await world.handIn(1);
    await world.sync(system.connector);
    world.clock.forward(3_600);
    await world.sync(system.connector);
    expect(looks).toBe(1);
    expect(await status()).toEqual({ checked_at: new Date('2026-11-10T08:00:00Z'), checked_as: 'Nord AS', check_warnings: ['The scope "payroll" is missing.'], check_error: null });
    expect(await world.sql`select credential_expires_at from integrations where id = ${world.integration}`).toEqual([{ credential_expires_at: new Date('2026-11-20T00:00:00Z') }]);
    expect((await world.health()).rules).toContain('credential_expires_soon');
  });

  test('that is refused ends the run before anything is sent, in the system\'s words and without the secret', async () => {
    const system = looking(() => Promise.reject(refused('auth', 'Invalid token hush-hush-hush.')));
    await setCredential();
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'failed', error_category: 'auth', selected: 0 });
    expect(system.requests).toBe(0);
    expect(await status()).toMatchObject({ check_error: 'Invalid token [redacted].' });
    expect((await world.health()).rules).toEqual(expect.arrayContaining(['check_failed', 'credential_refused']));
  });

  test('that lacks a right only looking needs is told, and the work goes on', async () => {
    const system = looking(() => Promise.reject(refused('permission', 'Not yours to see.')));
    await setCredential();
    await world.handIn(1);
    const run = await world.schedule() ?? 0;
    const push: Connector['push'] = async (ctx, records) => {
      expect(await status()).toMatchObject({ check_error: 'Not yours to see.' });
      return system.connector.push(ctx, records);
    };
    await slice(world, { ...system.connector, push }, run);
    expect(await world.states()).toEqual({ exported: 1 });
    expect(await status()).toMatchObject({ check_error: null });
  });

  test('at a system that is down decides nothing: the work goes on, and the next run looks again', async () => {
    const system = looking(() => Promise.reject(refused('server', 'Down.')));
    await setCredential();
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'succeeded', exported: 1 });
    expect(await status()).toMatchObject({ checked_at: null, check_error: null });
  });

  test('that is told to wait has the work wait, too', async () => {
    let throttled = false;
    const system = looking(() => {
      if (throttled) return well();
      throttled = true;
      return Promise.reject(new HttpFailure({
        diagnosis: { message: 'Slow down.', code: null, field: null, category: 'rate_limit', retryable: true }, delivered: 'refused', status: 429,
        response: null, requestId: null, retryAfterSeconds: 60,
      }));
    });
    await setCredential();
    await world.handIn(1);
    const run = await world.schedule() ?? 0;
    expect(await slice(world, system.connector, run)).toBe('more');
    expect(system.requests).toBe(0);
    world.clock.forward(61);
    expect(await slice(world, system.connector, run)).toBe('done');
    expect(await world.states()).toEqual({ exported: 1 });
  });

  test('that an admin asks for looks and moves nothing, and is no success either', async () => {
    const system = looking(well);
    await world.handIn(1);
    await world.sql`update integrations set next_due_at = ${world.clock.iso()}::timestamptz + interval '1 day'`;
    await checkNow(world.arne);
    expect(await world.sync(system.connector)).toMatchObject({ trigger: 'check', status: 'succeeded', selected: 0 });
    expect(looks).toBe(1);
    expect(await world.states()).toEqual({ queued: 1 });
    expect(await status()).toMatchObject({ checked_as: 'Nord AS' });
    expect(await world.sql`select last_run_id, last_success_at, consecutive_successes from integration_status where integration_id = ${world.integration}`).toEqual([
      { last_run_id: null, last_success_at: null, consecutive_successes: 0 }]);
  });

  test('that an admin asks for and that is refused is red, adds to no streak, and the next good one ends it', async () => {
    await world.sql`update integrations set next_due_at = ${world.clock.iso()}::timestamptz + interval '1 day'`;
    await checkNow(world.arne);
    await world.sync(looking(() => Promise.reject(refused('server', 'The company is closed.'))).connector);
    expect((await world.health()).rules).toContain('check_failed');
    expect(await world.sql`select consecutive_failures, circuit_failures from integration_status where integration_id = ${world.integration}`).toEqual([
      { consecutive_failures: 0, circuit_failures: 0 }]);
    world.clock.forward(60);
    await checkNow(world.arne);
    await world.sync(looking(well).connector);
    expect((await world.health()).rules).not.toContain('check_failed');
  });

  test('asked for while a run is under way is taken by its next slice', async () => {
    const run = await world.schedule();
    expect(await checkNow(world.arne)).toEqual([{ check_now: { run_id: run } }]);
    await world.sync(looking(well).connector);
    expect(looks).toBe(1);
  });

  test('is nobody\'s to ask for who may only look', async () => {
    await expect(checkNow(world.vera)).rejects.toMatchObject({ code: 'SW403' });
    await expect(checkNow(world.stine)).rejects.toMatchObject({ code: 'SW404' });
  });

  test('where the connector has none is told as a warning', async () => {
    await checkNow(world.arne);
    await world.sync(createFakeSystem().connector);
    expect(await status()).toMatchObject({ check_warnings: ['This connector cannot look without moving something.'] });
  });
});

test('facts that follow from the settings are asked for once they are read', async () => {
  const { connector } = createFakeSystem();
  const { dedupe: _dedupe, batchSize: _size, ...rest } = connector;
  await world.sql`update integrations set settings = '{"dedupe": "key", "size": 2}' where id = ${world.integration}`;
  await world.handIn(5);
  const sizes: number[] = [];
  const push: Connector['push'] = (ctx, records) => {
    sizes.push(records.length);
    return connector.push(ctx, records);
  };
  const run = await world.sync({
    ...rest,
    dedupe: (settings: unknown) => (settings as { dedupe: 'key' }).dedupe,
    batchSize: (settings: unknown) => (settings as { size: number }).size,
    push,
  });
  expect(run).toMatchObject({ status: 'succeeded', exported: 5, dedupe: 'key' });
  expect(sizes).toEqual([2, 2, 1]);
  expect(await stored(world)).toEqual([]);
});
