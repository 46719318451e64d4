import type { TransactionSql } from 'postgres';
import { expect, test } from 'vitest';
import { openSessions } from '../support/sessions.ts';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';

test('a credential can be set at the moment at which the clock makes a run of the integration', async () => {
  const world = await createWorld();
  const { sql, org, integration, clock } = world;
  const scheduled = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const tick = sql.begin(async (transaction) => {
    await transaction`select private.schedule_runs(${clock.iso()})`;
    scheduled.resolve();
    await commit.promise;
  });
  await scheduled.promise;
  const set = sql`select private.set_credential(${org}, ${integration}, ${sql.json({ token: 'a-new-token' })}, null, ${clock.iso()})`.execute();
  await waitsForALock(world);
  commit.resolve();
  await tick;
  await set;

  const [row] = await sql`select private.credential_of(credential_secret_id) as credential from integrations where id = ${integration}`;
  expect(row).toEqual({ credential: { token: 'a-new-token' } });
});

// Who writes first, as an order of turns: the clock until it has to wait, the person until they have to, and by turns.
test.each([['the clock', [0]], ['the person', [1]], ['each by turns', [0, 1]]])(
  'Retry can be pressed at the moment at which the clock makes a run of the integration: first %s',
  async (_who, turns) => {
    const world = await createWorld();
    const { sql, org, integration, arne, clock } = world;
    const system = createFakeSystem();
    system.answer = () => refusal('Unknown account 9999');
    await world.handIn(2);
    await world.sync(system.connector);
    clock.forward(3_600);
    const sessions = await openSessions(world, 2);

    const endings = await sessions.play([
      { who: 'postgres', call: (session) => session`select private.schedule_runs(${clock.iso()})` },
      { who: arne, call: (session) => session`select private.retry_failed(${org}, ${integration}, 'open', null, null, null, null, null, false, ${clock.iso()})` },
    ], Array.from({ length: 40 }, (_, turn) => turns[turn % turns.length] ?? 0));

    expect(endings.map(({ code }) => code)).toEqual([null, null]);
    expect(await sql`select records from retries where org_id = ${org}`).toEqual([{ records: 2 }]);
    expect(await sql`select from runs where org_id = ${org} and finished_at is null`).toHaveLength(1);
  },
);

// The first has one of the two in hand when the second comes.
test.each([3, 9])('runs of several integrations that nobody took up can be ended while the same integrations are judged: after %i writes', async (headStart) => {
  const world = await createWorld();
  const { sql, org, clock } = world;
  // Made against the order in which the evaluator takes them.
  const [low = '', high = ''] = [1, 9].map((digit) => `${digit}0000000-0000-4000-8000-000000000000`);
  for (const id of [high, low]) {
    await sql`
      insert into integrations (id, org_id, system, slug, name, next_due_at, created_at)
      values (${id}, ${org}, 'fake', 'dead-' || left(${id}, 1), 'Dead', ${clock.iso()}, ${clock.iso()})`;
    await sql`select private.schedule_runs(${clock.iso()}, ${id}), private.ring_runs(${clock.iso()})`;
  }
  clock.forward(700);
  const sessions = await openSessions(world, 2);
  const giveUp = (session: TransactionSql): Promise<unknown> => session`select private.reap(${clock.iso()})`;
  async function judge(session: TransactionSql): Promise<void> {
    // Stops here, at a write of nothing, until it is let go.
    await session`update retries set state = state where false`;
    await session`select private.evaluate_health(${clock.iso()})`;
  }

  const endings = await sessions.play([{ who: 'postgres', call: giveUp }, { who: 'postgres', call: judge }],
    [...Array.from({ length: headStart }, () => 0), ...Array.from({ length: 40 }, () => 1)]);

  expect(endings.map(({ code }) => code)).toEqual([null, null]);
  expect(await sql`select status from runs`).toEqual([{ status: 'failed' }, { status: 'failed' }]);
});

async function waitsForALock({ sql }: { sql: Awaited<ReturnType<typeof createWorld>>['sql'] }): Promise<void> {
  for (let looks = 0; looks < 2_000; looks += 1) {
    const waiting = await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    if (waiting.length > 0) return;
  }
  throw new Error('Nothing waits for a lock.');
}
