import { describe, expect, test } from 'vitest';
import { readDelivery } from '../../supabase/functions/deliver/rows.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import type { FakeSystem, World } from '../support/world.ts';

type Answer = { retry_id: number; run_id: number | null; records: number; state: string };

/** Two records refused, in an organization in which a second person has to approve changed amounts, accounts and dates. */
async function guarded(payload: Record<string, unknown> = { account: '9999', text: 'Taxi' }): Promise<{ world: World; system: FakeSystem }> {
  const world = await createWorld();
  await world.sql`update organizations set approve_changes = true where id = ${world.org}`;
  const system = createFakeSystem();
  system.answer = () => refusal('Not like this', { field: Object.keys(payload)[0] ?? null });
  await world.handIn(2, { payload, occurred_on: '2026-11-02' });
  await world.sync(system.connector);
  world.clock.forward(60);
  system.answer = () => ({ state: 'exported' });
  return { world, system };
}

async function retry(world: World, field: string, to: string, by = world.arne): Promise<Answer> {
  const [row] = await world.as(by, (db) => db<{ answer: Answer }[]>`
    select private.retry_failed(${world.org}, ${world.integration}, 'open', null, null, ${field}, null, ${to}, false, ${world.clock.iso()}) as answer`);
  if (!row) throw new Error('no answer');
  return row.answer;
}

const approve = (world: World, id: number, by: World['olga']): Promise<unknown> =>
  world.as(by, (db) => db`select private.approve_retry(${world.org}, ${id}, ${world.clock.iso()})`);

test('a changed account waits for a second person, whose yes starts it with the same correction', async () => {
  const { world, system } = await guarded();
  const asked = await retry(world, 'account', '4010');
  expect(asked).toMatchObject({ state: 'asked', records: 2, run_id: null });
  expect(await world.schedule()).toBeNull();
  await expect(approve(world, asked.retry_id, world.arne)).rejects.toMatchObject({ code: 'SW403' });
  await expect(approve(world, asked.retry_id, world.vera)).rejects.toMatchObject({ code: 'SW403' });
  await expect(approve(world, asked.retry_id, world.stine)).rejects.toMatchObject({ code: 'SW404' });
  await approve(world, asked.retry_id, world.olga);
  expect(await world.sync(system.connector)).toMatchObject({ trigger: 'retry', exported: 2 });
  expect(await world.sql`select distinct payload ->> 'account' as account from records`).toEqual([{ account: '4010' }]);
  expect(await world.sql`select actor, action from audit_log where action like 'retry.%' order by id`).toEqual([
    { actor: 'Arne', action: 'retry.requested' }, { actor: 'Olga', action: 'retry.approved' },
  ]);
  expect(await world.sql`select requested_by_name, approved_by_name, state from retry_progress`).toEqual([{ requested_by_name: 'Arne', approved_by_name: 'Olga', state: 'done' }]);
});

test('a second click while one waits for approval is that one', async () => {
  const { world } = await guarded();
  const asked = await retry(world, 'account', '4010');
  expect(await retry(world, 'account', '4010')).toMatchObject({ retry_id: asked.retry_id, records: 0, state: 'asked' });
});

test('two who approve at once start it once', async () => {
  const { world } = await guarded();
  const asked = await retry(world, 'account', '4010', world.olga);
  const eva = await world.createUser('eva@example.org');
  await world.sql`insert into members (org_id, user_id, role, name) values (${world.org}, ${eva.id}, 'admin', 'Eva')`;
  const ends = await Promise.allSettled([approve(world, asked.retry_id, world.arne), approve(world, asked.retry_id, eva)]);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await world.sql`select count(*)::int from runs where trigger = 'retry'`).toEqual([{ count: 1 }]);
});

test('a no needs a reason, sends nothing, and the records can be retried otherwise', async () => {
  const { world } = await guarded();
  const { retry_id: id } = await retry(world, 'account', '4010');
  const decline = (reason: string): Promise<unknown> => world.as(world.olga, (db) => db`select decline_retry(${world.org}, ${id}, ${reason})`);
  await expect(decline(' ')).rejects.toMatchObject({ code: 'SW422' });
  await decline('4010 is for travel only');
  expect(await world.sql`select state, ended_by_name, ended_reason from retry_progress`).toEqual([{ state: 'declined', ended_by_name: 'Olga', ended_reason: '4010 is for travel only' }]);
  await expect(approve(world, id, world.olga)).rejects.toMatchObject({ code: 'SW409' });
  expect(await retry(world, 'text', 'Train')).toMatchObject({ state: 'waiting', records: 2 });
});

test('whoever asked may take it back', async () => {
  const { world } = await guarded();
  const { retry_id: id } = await retry(world, 'account', '4010');
  await world.as(world.arne, (db) => db`select stop_retry(${world.org}, ${id})`);
  expect(await world.states()).toEqual({ failed: 2 });
  expect(await retry(world, 'text', 'Train')).toMatchObject({ records: 2 });
});

describe('what counts as an amount, an account or a date', () => {
  test.each([
    ['account', { account: '9999' }, '4010'], ['glAccountNo', { glAccountNo: '9999' }, '4010'], ['posting_date', { posting_date: 'soon' }, '2026-11-01'],
    ['postingDate', { postingDate: 'soon' }, '2026-11-01'], ['beløp', { beløp: 'mye' }, '10'], ['bilagsdato', { bilagsdato: 'snart' }, '2026-11-01'],
    ['by its value: the record\'s own amount', { value: '100.5' }, '99'], ['by its value: the record\'s own day', { when: '2026-11-02' }, '2026-11-03'],
    ['by what is inside', { lines: [{ account: '1' }] }, 'none'],
  ])('%s', async (_, payload: Record<string, unknown>, to) => {
    const { world } = await guarded(payload);
    expect(await retry(world, Object.keys(payload)[0] ?? '', to)).toMatchObject({ state: 'asked' });
  });

  test('a field the system itself calls by such a name', async () => {
    const { world } = await guarded({ code: '1' });
    await world.sql`update causes set field = 'Account No.', payload_field = 'code'`;
    expect(await retry(world, 'code', '2')).toMatchObject({ state: 'asked' });
  });

  test.each([['text', { text: 'Taxi' }], ['costCenter', { costCenter: '77' }], ['updatedBy', { updatedBy: 'x' }], ['summary', { summary: 'x' }]])('not %s', async (field, payload) => {
    const { world } = await guarded(payload);
    expect(await retry(world, field, 'other')).toMatchObject({ state: 'waiting' });
  });

  test('not a mapping that changes nothing', async () => {
    const { world } = await guarded();
    expect(await retry(world, 'account', '9999')).toMatchObject({ state: 'waiting' });
  });

  test('an edit that changes the amount, not one that changes the text', async () => {
    const { world } = await guarded();
    const [one, other] = await world.sql<{ id: number }[]>`select id::int from records order by id`;
    const edit = async (id: number | undefined, text: string, amount: string): Promise<unknown> => {
      const [row] = await world.as(world.arne, (db) => db`
        select edit_record(${world.org}, ${id ?? 0}, 1, ${db.json({ account: '9999', text })}, ${amount}, 'NOK', '2026-11-02') ->> 'state' as state`);
      return row?.['state'];
    };
    expect(await edit(one?.id, 'Taxi', '90.00')).toBe('asked');
    expect(await edit(other?.id, 'Train', '100.50')).toBe('waiting');
  });
});

describe('an organization with nobody else who could approve', () => {
  test('is told so, and is not locked up: whoever is alone switches the approval off', async () => {
    const { world, system } = await guarded();
    await world.sql`update members set role = 'viewer' where user_id = ${world.olga.id}`;
    await expect(retry(world, 'account', '4010')).rejects.toMatchObject({ code: 'SW409', message: expect.stringContaining('nobody else who could approve') as string });
    expect(await world.sql`select count(*)::int from retries`).toEqual([{ count: 0 }]);
    await world.as(world.arne, (db) => db`select set_approve_changes(${world.org}, false, 'I am alone here')`);
    expect(await retry(world, 'account', '4010')).toMatchObject({ state: 'waiting' });
    expect(await world.sync(system.connector)).toMatchObject({ exported: 2 });
    expect(await world.sql`select actor, action, after, reason from audit_log where action = 'organization.changed' and actor = 'Arne'`)
      .toEqual([{ actor: 'Arne', action: 'organization.changed', after: { approve_changes: false }, reason: 'I am alone here' }]);
  });

  test('whose other admin left while one waited: once switched off, it is approved by who asked', async () => {
    const { world } = await guarded();
    const { retry_id: id } = await retry(world, 'account', '4010');
    await world.sql`delete from members where user_id = ${world.olga.id}`;
    await world.as(world.arne, (db) => db`select set_approve_changes(${world.org}, false, 'Olga has left')`);
    await approve(world, id, world.arne);
    expect(await world.schedule()).not.toBeNull();
  });
});

test('where there are others, only the owner switches the approval off, with a reason, and on again without', async () => {
  const { world } = await guarded();
  const set = (by: World['olga'], required: boolean, reason: string | null): Promise<unknown> =>
    world.as(by, (db) => db`select set_approve_changes(${world.org}, ${required}, ${reason})`);
  await expect(set(world.arne, false, 'in my way')).rejects.toMatchObject({ code: 'SW403' });
  await expect(set(world.olga, false, null)).rejects.toMatchObject({ code: 'SW422' });
  await set(world.olga, false, 'we are four eyes elsewhere');
  await set(world.olga, true, null);
  expect(await world.sql`select approve_changes from organizations where id = ${world.org}`).toEqual([{ approve_changes: true }]);
});

test('whoever may say yes is told that something waits, and whoever asked what was decided, each as they want it', async () => {
  const { world } = await guarded();
  const told = (): Promise<unknown[]> => world.sql`
    select m.name, n.kind, n.in_app, d.address, n.notice -> 'news' as news from notifications n join members m using (org_id, user_id)
    left join deliveries d on d.org_id = n.org_id and d.notification_id = n.id where n.kind in ('asked', 'decided') order by n.id`.then((rows) => [...rows]);
  await world.as(world.arne, (db) => db`select set_notification(${world.org}, 'decided', 'email', false)`);
  const { retry_id: first } = await retry(world, 'account', '4010');
  const asked = { name: 'Olga', kind: 'asked', in_app: true, address: 'olga@example.org', news: { by: 'Arne', records: 2 } };
  expect(await told()).toEqual([asked]);
  await retry(world, 'account', '4010');
  expect(await told()).toEqual([asked]);
  await world.as(world.olga, (db) => db`select private.decline_retry(${world.org}, ${first}, 'Not this account', ${world.clock.iso()})`);
  const decided = { name: 'Arne', kind: 'decided', in_app: true, address: null, news: { by: 'Olga', records: 2, agreed: false, reason: 'Not this account' } };
  expect(await told()).toEqual([asked, decided]);
  const { retry_id: second } = await retry(world, 'account', '4010', world.olga);
  await approve(world, second, world.arne);
  expect((await told()).slice(2)).toMatchObject([{ name: 'Arne', kind: 'asked' }, { name: 'Olga', kind: 'decided', address: 'olga@example.org', news: { agreed: true } }]);
  const rows = await world.sql`select * from claim_deliveries(10, gen_random_uuid(), ${world.clock.iso()})`;
  const kinds = rows.map((row) => readDelivery(JSON.parse(JSON.stringify(row)))).map((read) => (read.success && 'notice' in read.data ? read.data.notice?.kind : read.success));
  expect(kinds.filter((kind) => kind === 'asked' || kind === 'decided').sort()).toEqual(['asked', 'asked', 'decided']);
});
