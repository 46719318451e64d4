import { beforeEach, describe, expect, test } from 'vitest';
import { buildReport } from '../../web/src/features/grant-report/form/build.ts';
import type { GrantRecord } from '../../web/src/features/grant-report/form/build.ts';
import { bufdir20261 } from '../../web/src/features/grant-report/form/bufdir-2026-1.ts';
import { csvOf } from '../../web/src/features/grant-report/form/csv.ts';
import { xlsxOf } from '../../web/src/features/grant-report/form/xlsx.ts';
import { createOther, createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Material = { records: (Omit<GrantRecord, 'id'> & { id: number })[]; fingerprint: string; sources: { integration: string; records: number }[] };
type Change = { record_id: string; source_id: string; change: string };

let world: World;
const half = { from: '2026-01-01', to: '2026-06-30' };
const later = '2026-07-05T10:00:00Z';
const fields = { organization: 'Example forening', spent: '300.30' };

beforeEach(async () => {
  world = await createWorld();
});

const activity = (n: number, change: object = {}): object => ({
  source_type: 'activity', source_id: `A-${n}`, amount: '100.10', currency: 'NOK', occurred_on: `2026-02-0${n}`,
  payload: { activity: 'gruppe', participants: 12, hours: 1.5, nationalNumber: 'nobody else’s business' }, ...change,
});

async function handIn(...records: object[]): Promise<void> {
  await world.sql`select hand_in(${world.org}, ${world.integration}, ${world.sql.json(records as never)}, '2026-03-01T10:00:00Z')`;
}

type Who = Parameters<World['as']>[0];
const json = (value: unknown) => world.sql.json(value as never);

async function material(who: Who = world.vera, span = half, integrations: string[] | null = null): Promise<Material> {
  const [row] = await world.as(who, (sql) => sql<{ found: Material }[]>`
    select grant_records(${world.org}, ${json(bufdir20261)}, ${span.from}, ${span.to}, ${integrations}) as found`);
  if (!row) throw new Error('there is no answer');
  return row.found;
}

const reportOf = (records: Material['records'], span = half) =>
  buildReport(bufdir20261, span, fields, records.map((record) => ({ ...record, id: String(record.id) })));

type How = { user?: Who; span?: typeof half; on?: string; at?: string; fingerprint?: string; xlsx?: string; csv?: string };

/** Hands the report of the period in, as the page does: built of what it was given, with the files made of that. */
async function report(found: Material, { user = world.arne, span = half, on = '2026-07-05', at = later, ...other }: How = {}): Promise<number> {
  const built = reportOf(found.records, span);
  const { csv, xlsx, fingerprint } = {
    csv: csvOf(bufdir20261, built), xlsx: Buffer.from(xlsxOf(bufdir20261, built)).toString('base64'), fingerprint: found.fingerprint, ...other,
  };
  const [row] = await world.as(user, (sql) => sql<{ id: string }[]>`
    select private.hand_in_grant_report(${world.org}, ${json(bufdir20261)}, ${span.from}, ${span.to}, null, ${json(fields)}, ${fingerprint}, ${csv}, ${xlsx}, ${on},
      'AR-17', ${at}) as id`);
  return Number(row?.id);
}

const unlock = (id: number, reason = 'An activity was missing', user: Who = world.arne): Promise<unknown> =>
  world.as(user, (sql) => sql`select private.unlock_grant_report(${world.org}, ${id}, ${reason}, ${later})`);

const history = (who: Who = world.vera): Promise<Record<string, unknown>[]> => world.as(who, (sql) => sql`
  select id::int, changed, totals, reference, handed_in_name, handed_in_on::text, unlocked_name, unlock_reason from list_grant_reports(${world.org})`);

const changes = (id: number): Promise<Change[]> => world.as(world.vera, (sql) => sql<Change[]>`
  select record_id::text, source_id, change from changed_grant_records(${world.org}, ${id})`);

describe('the records a grant report is built of', () => {
  test('are those of its kinds and days, with what the form asks for and nothing else, numbers as text', async () => {
    await handIn(activity(1, { payload: { activity: 'kurs', participants: 12, hours: 1.50, nationalNumber: '1', description: ['a'] } }), activity(2, { occurred_on: null }),
      activity(3, { occurred_on: '2026-07-01' }), activity(4, { source_type: 'invoice' }));
    const { records, sources } = await material();
    expect(records).toEqual([
      {
        id: expect.any(Number) as number, integration: world.integration, sourceType: 'activity', sourceId: 'A-1', amount: '100.10', currency: 'NOK', occurredOn: '2026-02-01',
        dismissed: false, payload: { activity: 'kurs', participants: '12', hours: '1.5', description: ['a'] },
      },
      expect.objectContaining({ sourceId: 'A-2', occurredOn: null }),
    ]);
    expect(sources).toEqual([{ integration: world.integration, records: 2 }]);
  });

  test('are those of the integrations chosen', async () => {
    await handIn(activity(1));
    expect((await material(world.vera, half, [])).records).toEqual([]);
    expect((await material(world.vera, half, [world.integration])).records).toHaveLength(1);
  });

  test('have a fingerprint that changes with what the form asks for and with nothing else', async () => {
    await handIn(activity(1), activity(2));
    const { fingerprint } = await material();
    await world.sql`update records set state = 'exported', payload = payload || '{"nationalNumber": "2"}', label = 'L'`;
    expect((await material()).fingerprint).toBe(fingerprint);
    await world.sql`update records set payload = payload || '{"participants": 13}' where source_id = 'A-1'`;
    expect((await material()).fingerprint).not.toBe(fingerprint);
  });
});

describe('a grant report that was handed in', () => {
  test('is kept as it was: the records, what was typed, and the files byte by byte', async () => {
    await handIn(activity(1), activity(2), activity(3));
    const found = await material();
    const id = await report(found);
    await world.sql`update records set amount = 7 where source_id = 'A-1'`;
    const [row] = await world.as(world.vera, (sql) => sql<{ kept: { records: Material['records']; fields: object; csv: string; xlsx: string } }[]>`
      select kept_grant_report(${world.org}, ${id}) as kept`);
    const built = reportOf(found.records);
    expect(row?.kept).toMatchObject({ records: found.records, fields, csv: csvOf(bufdir20261, built) });
    expect(Buffer.from(row?.kept.xlsx ?? '', 'base64').equals(Buffer.from(xlsxOf(bufdir20261, built)))).toBe(true);
    expect(await history()).toEqual([{
      id, changed: true, totals: { records: 3, amounts: [{ currency: 'NOK', amount: '300.30', records: 3 }] }, reference: 'AR-17', handed_in_name: 'Arne',
      handed_in_on: '2026-07-05', unlocked_name: null, unlock_reason: null,
    }]);
  });

  test('names the records that are other than they were', async () => {
    await handIn(activity(1), activity(2), activity(3));
    const id = await report(await material());
    expect([await changes(id), (await history())[0]?.['changed']]).toEqual([[], false]);
    await handIn(activity(4));
    await world.sql`update records set amount = 99.99 where source_id = 'A-1'`;
    await world.sql`update records set occurred_on = '2026-08-01' where source_id = 'A-2'`;
    await world.sql`update records set state = 'dismissed' where source_id = 'A-3'`;
    expect((await changes(id)).map(({ source_id, change }) => [source_id, change])).toEqual([['A-1', 'changed'], ['A-2', 'gone'], ['A-3', 'changed'], ['A-4', 'added']]);
  });

  test('locks its days until somebody unlocks them with a reason; then another is kept beside it', async () => {
    await handIn(activity(1));
    const found = await material();
    const id = await report(found);
    const locked = { code: 'SW409', message: 'The report of 2026-01-01 to 2026-06-30 was handed in on 2026-07-05 by Arne.' };
    await expect(material()).rejects.toMatchObject(locked);
    await expect(material(world.vera, { from: '2026-06-30', to: '2026-12-31' })).rejects.toMatchObject(locked);
    await expect(report(found)).rejects.toMatchObject(locked);
    expect((await material(world.vera, { from: '2026-07-01', to: '2026-12-31' })).records).toEqual([]);
    await unlock(id);
    await expect(unlock(id)).rejects.toMatchObject({ code: 'SW409', message: 'This grant report is unlocked already.' });
    await report(await material());
    expect(await history()).toMatchObject([{ unlocked_name: null, changed: false }, { id, unlocked_name: 'Arne', unlock_reason: 'An activity was missing', changed: null }]);
    await expect(material()).rejects.toMatchObject({ code: 'SW409' });
  });

  test('is told in the audit trail, and so is its unlocking with the reason', async () => {
    await handIn(activity(1));
    const id = await report(await material());
    await unlock(id);
    expect(await world.sql`select action, actor, subject, reason from audit_log where action like 'grant%' order by id`).toEqual([
      { action: 'grant_report.handed_in', actor: 'Arne', subject: `grant report ${id}`, reason: null },
      { action: 'grant_report.unlocked', actor: 'Arne', subject: `grant report ${id}`, reason: 'An activity was missing' },
    ]);
  });

  test('is taken from those who may act, once its period is over, for records as they are, with files that are files', async () => {
    await handIn(activity(1));
    const found = await material();
    const refused: [string, How, string][] = [
      ['by a viewer', { user: world.vera }, 'SW403'], ['by a stranger', { user: world.stine }, 'SW404'],
      ['before its period is over', { at: '2026-06-30T21:59:00Z', on: '2026-06-30' }, 'SW409'],
      ['on a day of its period', { on: '2026-06-30' }, 'SW422'], ['on a day to come', { on: '2026-07-06' }, 'SW422'],
      ['for records that were other when it was built', { fingerprint: '0' }, 'SW409'],
      ['with a workbook that is none', { xlsx: 'AAAA' }, 'SW422'], ['with a workbook that is not base64', { xlsx: '§' }, 'SW422'], ['without rows', { csv: '' }, 'SW422'],
    ];
    for (const [when, how, code] of refused) await expect(report(found, how), when).rejects.toMatchObject({ code });
    expect(await world.sql`select count(*)::int from grant_reports`).toEqual([{ count: 0 }]);
    await report(found, { at: '2026-06-30T22:00:00Z', on: '2026-07-01' });
  });

  test('is unlocked by nobody who may only look, and not without a reason', async () => {
    await handIn(activity(1));
    const id = await report(await material());
    await expect(unlock(id, 'because', world.vera)).rejects.toMatchObject({ code: 'SW403' });
    await expect(unlock(id, ' a ')).rejects.toMatchObject({ code: 'SW422' });
    await expect(unlock(id + 1)).rejects.toMatchObject({ code: 'SW404' });
    expect((await history())[0]).toMatchObject({ unlocked_name: null });
  });

  test('of two who hand the period in at once, one is kept', async () => {
    await handIn(activity(1));
    const found = await material();
    const outcomes = await Promise.allSettled([report(found), report(found, { user: world.olga }), report(found)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SW409' });
  });

  test('is changed, locked again, deleted or emptied by nobody, the owner of the database neither', async () => {
    await handIn(activity(1));
    await unlock(await report(await material()));
    for (const statement of [
      `update grant_reports set csv = ''`, 'update grant_reports set handed_in_on = handed_in_on - 1',
      'update grant_reports set unlocked_at = null, unlocked_name = null, unlock_reason = null', 'delete from grant_reports', 'truncate grant_reports',
    ]) {
      for (const role of ['origin', 'replica']) {
        const attempt = world.sql.begin(async (sql) => {
          await sql.unsafe(`set local session_replication_role = ${role}`);
          await sql.unsafe(statement);
        });
        await expect(attempt, `${statement} as ${role}`).rejects.toMatchObject({ code: 'SW403' });
      }
    }
  });

  test('is neither seen nor unlocked from another organization', async () => {
    await handIn(activity(1));
    const id = await report(await material());
    const other = await createOther(world);
    await expect(history(other.arne)).rejects.toMatchObject({ code: 'SW404' });
    await expect(unlock(id, 'because', other.arne)).rejects.toMatchObject({ code: 'SW404' });
    expect(await world.as(other.arne, (sql) => sql`select kept_grant_report(${other.org}, ${id}) as kept`)).toEqual([{ kept: null }]);
    expect(await world.as(other.arne, (sql) => sql`select * from changed_grant_records(${other.org}, ${id})`)).toEqual([]);
  });
});

test('a grant report is built by a form that is one, of a period that is one', async () => {
  const refused: [unknown, string, string][] = [
    [[], half.from, half.to], [{ scheme: 'a', version: '2026-1', sourceTypes: [] }, half.from, half.to], [{ ...bufdir20261, version: '1' }, half.from, half.to],
    [bufdir20261, half.to, half.from], [bufdir20261, '2022-01-01', '2026-01-01'],
  ];
  for (const [form, from, to] of refused) {
    const built = world.as(world.vera, (sql) => sql`select grant_records(${world.org}, ${json(form)}, ${from}, ${to})`);
    await expect(built, JSON.stringify([from, to])).rejects.toMatchObject({ code: 'SW422' });
  }
});
