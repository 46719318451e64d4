import { beforeEach, describe, expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Counts = { in_source: number; exported: number; excluded: number; failed: number; uncertain: number; waiting: number };
type Completeness = {
  integration_id: string; counts: Counts; lines: Record<string, string>[]; fingerprint: string;
  signature: { name: string; at: string; note: string | null; current: boolean } | null;
};

let world: World;
let system: FakeSystem;
const november = ['2026-11-01', '2026-11-30'] as const;

beforeEach(async () => {
  world = await createWorld();
  system = createFakeSystem();
});

const record = (n: number, day: string, amount = '100.10') => ({
  source_type: 'claim', source_id: `C-${n}`, payload: { account: n === 3 ? '9999' : '4010' }, amount, currency: 'NOK', occurred_on: day,
});

async function handIn(...records: object[]): Promise<void> {
  await world.sql`select hand_in(${world.org}, ${world.integration}, ${world.sql.json(records as never)}, ${world.clock.iso()})`;
}

/** Four records of November and one of October; the third is refused. */
async function sendNovember(): Promise<void> {
  system.answer = ({ payload }) => (payload['account'] === '9999' ? refusal('Unknown account: 9999') : { state: 'exported' });
  await handIn(record(1, '2026-11-01'), record(2, '2026-11-15'), record(3, '2026-11-29'), record(4, '2026-11-30', '0.95'), record(5, '2026-10-31'));
  await world.sync(system.connector);
}

const completeness = (user = world.vera): Promise<Completeness[]> => world.as(user, (sql) => sql<Completeness[]>`
  select * from completeness(${world.org}, ${november[0]}, ${november[1]})`);

const sign = (fingerprint: string, { user = world.arne, at = '2026-12-01T08:00:00Z', note = null as string | null } = {}): Promise<unknown> => world.as(user, (sql) => sql`
  select private.sign_statement(${world.org}, ${world.integration}, ${november[0]}, ${november[1]}, ${fingerprint}, ${note}, ${at})`);

describe('the statement of a period', () => {
  test('accounts for every record of its days, by count and by amount to the last digit', async () => {
    await sendNovember();
    expect(await completeness()).toEqual([expect.objectContaining({
      integration_id: world.integration, counts: { in_source: 4, exported: 3, excluded: 0, failed: 1, uncertain: 0, waiting: 0 },
      lines: [{ currency: 'NOK', in_source: '301.25', exported: '201.15', failed: '100.10' }], signature: null,
    })]);
  });

  test('counts a record without a day on the day it was handed in, in the organization\'s zone', async () => {
    world.clock.set('2026-10-31T23:30:00Z');
    await handIn({ ...record(9, '2026-11-01'), occurred_on: null });
    const [{ day } = { day: '' }] = await world.sql<{ day: string }[]>`
      update records set created_at = '2026-10-31T23:30:00Z' returning (created_at at time zone 'Europe/Oslo')::date::text as day`;
    expect(day).toBe('2026-11-01');
    expect((await completeness())[0]?.counts).toMatchObject({ in_source: 1, waiting: 1 });
  });

  test('is signed by name, is current, and stays as it was when something changes', async () => {
    await sendNovember();
    const [before] = await completeness();
    await sign(before?.fingerprint ?? '', { note: 'Checked against the ledger.' });
    expect((await completeness())[0]?.signature).toMatchObject({ name: 'Arne', note: 'Checked against the ledger.', current: true });
    await world.as(world.arne, (sql) => sql`select private.dismiss_records(${world.org}, array(select id from records where state = 'failed'), 'Paid by hand', now())`);
    const [after] = await completeness();
    expect(after?.counts).toMatchObject({ excluded: 1, failed: 0 });
    expect(after?.signature).toMatchObject({ name: 'Arne', current: false });
    await sign(after?.fingerprint ?? '');
    expect((await completeness())[0]?.signature).toMatchObject({ current: true });
    expect(await world.sql`select (content -> 'counts' ->> 'failed')::int as failed from statements order by id`).toEqual([{ failed: 1 }, { failed: 0 }]);
  });

  test('is not changed by what happens to records of other days', async () => {
    await sendNovember();
    const [before] = await completeness();
    await handIn(record(6, '2026-12-01'));
    expect((await completeness())[0]?.fingerprint).toBe(before?.fingerprint);
  });

  test('lists what was left out on purpose, with who and why', async () => {
    await sendNovember();
    await world.as(world.arne, (sql) => sql`select private.dismiss_records(${world.org}, array(select id from records where state = 'failed'), 'Paid by hand', now())`);
    const rows = await world.as(world.vera, (sql) => sql`
      select source_id, amount, currency, excluded_by, reason from excluded_records(${world.org}, ${world.integration}, ${november[0]}, ${november[1]})`);
    expect(rows).toEqual([{ source_id: 'C-3', amount: '100.10', currency: 'NOK', excluded_by: 'Arne', reason: 'Paid by hand' }]);
  });

  test.each([
    ['by a viewer', () => ({ user: world.vera }), 'SW403'],
    ['by a stranger', () => ({ user: world.stine }), 'SW404'],
    ['before the period is over', () => ({ at: '2026-11-30T22:59:00Z' }), 'SW409'],
  ])('is not signed %s', async (_, how, code) => {
    await sendNovember();
    const [now] = await completeness();
    await expect(sign(now?.fingerprint ?? '', how())).rejects.toMatchObject({ code });
    expect(await world.sql`select count(*)::int from statements`).toEqual([{ count: 0 }]);
  });

  test('is not signed for figures that have changed since they were looked at', async () => {
    await sendNovember();
    const [seen] = await completeness();
    await world.sql`update records set amount = amount + 1 where source_id = 'C-1'`;
    await expect(sign(seen?.fingerprint ?? '')).rejects.toMatchObject({ code: 'SW409', message: expect.stringContaining('have changed') as string });
  });

  test('is not signed while records are still on their way', async () => {
    await sendNovember();
    await handIn(record(7, '2026-11-20'));
    const [now] = await completeness();
    await expect(sign(now?.fingerprint ?? '')).rejects.toMatchObject({ code: 'SW409', message: '1 records of this period are still on their way.' });
  });

  test('is not shown to another organization', async () => {
    await expect(completeness(world.stine)).rejects.toMatchObject({ code: 'SW404' });
  });
});

describe('the report of a period', () => {
  const report = (user = world.vera) => world.as(user, (sql) => sql<Record<string, unknown>[]>`
    select runs::int, failed_runs::int, exported::int, refused::int, amounts, red_seconds::int, incidents::int, open_incidents::int,
      detect_seconds::int, fix_seconds::int
    from period_report(${world.org}, '2026-11-10', '2026-11-11', ${world.clock.iso()})`);

  test('tells what moved, what failed, how long it was red, and how long it took to detect and to fix', async () => {
    system.before = () => { throw new Error('down'); };
    await handIn(record(1, '2026-11-10'));
    await world.sync(system.connector);
    world.clock.forward(3_600);
    await world.sync(system.connector);
    world.clock.forward(7_200);
    system.before = () => undefined;
    await world.sync(system.connector);
    world.clock.forward(7_200);
    await handIn(record(2, '2026-11-10'));
    await world.sync(system.connector);
    const [row] = await report();
    expect(row).toEqual({
      runs: 4, failed_runs: 2, exported: 2, refused: 0, amounts: [{ currency: 'NOK', amount: '200.20', records: 2 }],
      // From the first failed run to the good one; the incident opened with the second and ended with the second good one.
      red_seconds: 3 * 3_600, incidents: 1, open_incidents: 0, detect_seconds: 3_600, fix_seconds: 4 * 3_600,
    });
  });

  test('is not shown to another organization', async () => {
    await expect(report(world.stine)).rejects.toMatchObject({ code: 'SW404' });
  });
});
