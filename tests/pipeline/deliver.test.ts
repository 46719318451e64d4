import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Claimed = { org_id: string; delivery_id: string; token: string; attempt: number; batch_id: string | null; frozen: unknown };

/** A world in which two e-mails wait to be sent. */
async function alarmed(): Promise<World> {
  const world = await createWorld();
  const failure = { message: 'down', code: null, field: null, category: 'server', status: 503 };
  for (let round = 0; round < 2; round += 1) {
    const store = world.store((await world.schedule()) ?? 0);
    const held = await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 });
    await store.endSlice(held?.token ?? '', { more: false, resumeAfterSeconds: 0, wallMs: 0, cpuMs: 0, error: failure });
    world.clock.forward(3600);
  }
  return world;
}

const claim = async (world: World, sender: string = randomUUID(), batch = 10): Promise<Claimed[]> =>
  [...(await world.sql<Claimed[]>`select * from claim_deliveries(${batch}, ${sender}, ${world.clock.iso()})`)];
const freeze = async (world: World, deliveries: Claimed[], subject: string): Promise<unknown[]> => {
  const letters = deliveries.map((delivery) => ({ ...delivery, payload: { subject } }));
  return [...await world.sql`select frozen from freeze_deliveries(${world.sql.json(letters as never)})`];
};
const settle = (world: World, outcomes: object[]): Promise<unknown> => world.sql`select settle_deliveries(${world.sql.json(outcomes as never)}, ${world.clock.iso()})`;

test('two senders never hold the same delivery', async () => {
  const world = await alarmed();
  expect(await claim(world)).toHaveLength(2);
  expect(await claim(world)).toHaveLength(0);
});

test('a sender that dies is followed by another once its lease is over, and cannot write any more', async () => {
  const world = await alarmed();
  const dead = await claim(world);
  world.clock.forward(121);
  const alive = await claim(world);
  expect(alive.map((delivery) => delivery.attempt)).toEqual([2, 2]);
  await settle(world, dead.map((delivery) => ({ ...delivery, outcome: 'sent' })));
  expect(await world.sql`select distinct state from deliveries`).toEqual([{ state: 'sending' }]);
});

test('the text of a mail is the one first rendered, whoever sends it', async () => {
  const world = await alarmed();
  const [first] = await claim(world) as [Claimed];
  expect(await freeze(world, [first], 'one')).toEqual([{ frozen: { subject: 'one' } }]);
  world.clock.forward(121);
  const second = (await claim(world)).filter((delivery) => delivery.delivery_id === first.delivery_id);
  expect(await freeze(world, second, 'two')).toEqual([{ frozen: { subject: 'one' } }]);
  expect(await freeze(world, [first], 'three')).toEqual([]);
});

test('a failed sending is tried again later, and given up before the idempotency key is forgotten', async () => {
  const world = await alarmed();
  const fail = async (): Promise<void> => {
    await settle(world, (await claim(world)).map((delivery) => ({ ...delivery, outcome: 'retry', error: 'Resend is down' })));
  };
  await fail();
  expect(await world.sql`select distinct state, error from deliveries`).toEqual([{ state: 'pending', error: 'Resend is down' }]);
  world.clock.forward(23 * 3600);
  await fail();
  expect(await world.sql`select distinct state from deliveries`).toEqual([{ state: 'dead' }]);
});

test('what was sent is never claimed again', async () => {
  const world = await alarmed();
  await settle(world, (await claim(world)).map((delivery) => ({ ...delivery, outcome: 'sent', provider_id: 're_1' })));
  world.clock.forward(86_400);
  expect(await claim(world)).toEqual([]);
  expect(await world.sql`select distinct state, provider_id from deliveries`).toEqual([{ state: 'sent', provider_id: 're_1' }]);
});

test('a mail that may have gone out is not sent again once its idempotency key is forgotten', async () => {
  const world = await alarmed();
  const [first] = await claim(world) as [Claimed];
  await freeze(world, [first], 's');
  world.clock.forward(25 * 3600);
  expect((await claim(world)).map((delivery) => delivery.delivery_id)).not.toContain(first.delivery_id);
  expect(await world.sql`select state from deliveries where id = ${first.delivery_id}`).toEqual([{ state: 'dead' }]);
});

test('one sender at a time has what is due, until it finds nothing, leaves, or is silent for a minute', async () => {
  const world = await alarmed();
  const [first, second] = [randomUUID(), randomUUID()];
  expect(await claim(world, first, 1)).toHaveLength(1);
  expect(await claim(world, second)).toHaveLength(0);
  expect(await claim(world, first, 0)).toHaveLength(0);
  expect(await claim(world, second, 1)).toHaveLength(1);
  await world.sql`update deliveries set state = 'pending', next_attempt_at = ${world.clock.iso()}`;
  expect(await claim(world, first)).toHaveLength(0);
  world.clock.forward(61);
  expect(await claim(world, first)).toHaveLength(2);
  expect(await claim(world, first)).toHaveLength(0);
  await world.sql`update deliveries set state = 'pending', next_attempt_at = ${world.clock.iso()}`;
  expect(await claim(world, second)).toHaveLength(2);
});

test('a sender whose clock is years ahead keeps nobody from sending', async () => {
  const world = await alarmed();
  await world.sql`select claim_deliveries(1, ${randomUUID()}, '2150-01-01')`;
  expect(await claim(world)).toHaveLength(1);
});

test('nobody is rung for while a sender lives, and again once it is gone', async () => {
  const world = await alarmed();
  await world.sql`select vault.create_secret('http://127.0.0.1:9/functions/v1', 'syncward_functions_url'), vault.create_secret('k', 'syncward_secret_key')`;
  const rung = async (): Promise<number> => {
    const [calls] = await world.sql<{ calls: number }[]>`
      with ring as materialized (select private.ring_deliver(${world.clock.iso()})) select count(*)::int as calls from ring`;
    const [queue] = await world.sql<{ calls: number }[]>`select count(*)::int as calls from net.http_request_queue where url like '%/deliver'`;
    await world.sql`delete from net.http_request_queue`;
    return calls && queue ? queue.calls : -1;
  };
  expect(await rung()).toBe(1);
  const sender = randomUUID();
  await claim(world, sender, 1);
  expect(await rung()).toBe(0);
  await claim(world, sender, 0);
  expect(await rung()).toBe(1);
  await claim(world, sender);
  await world.sql`update deliveries set state = 'pending'`;
  world.clock.forward(61);
  await world.sql`update deliveries set next_attempt_at = ${world.clock.iso()}`;
  expect(await rung()).toBe(1);
});

test('a notice that is written while the sender finds nothing more is either seen by it or rung for', async () => {
  const world = await alarmed();
  const sender = randomUUID();
  await claim(world, sender);
  await world.sql`update deliveries set state = 'sent'`;
  const order: string[] = [];
  const writer = world.sql.begin(async (sql) => {
    await sql`update deliveries set state = 'pending', next_attempt_at = ${world.clock.iso()}`;
    // Looks at the sender, finds it alive, does not ring.
    await sql`select private.ring_deliver(${world.clock.iso()})`;
    const leaving = claim(world, sender).then((found) => {
      order.push('the sender looked');
      return found;
    });
    await expect.poll(() => world.sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = ${world.name}`, { interval: 5 }).toHaveLength(1);
    order.push('the writer commits');
    return { leaving };
  });
  expect(await (await writer).leaving).toHaveLength(2);
  expect(order).toEqual(['the writer commits', 'the sender looked']);
});

test('deliveries due together get one key; once frozen they are claimed together under it, whatever the limit', async () => {
  const world = await alarmed();
  const first = await claim(world);
  const keys = new Set(first.map(({ batch_id }) => batch_id));
  expect([keys.size, keys.has(null)]).toEqual([1, false]);
  await freeze(world, first, 's');
  world.clock.forward(121);
  const again = await claim(world, randomUUID(), 1);
  expect(new Set(again.map(({ batch_id }) => batch_id))).toEqual(keys);
  expect(again).toHaveLength(2);
  await settle(world, again.map((delivery) => ({ ...delivery, outcome: 'retry', error: 'Resend is down' })));
  expect(await world.sql`select from deliveries group by next_attempt_at`).toHaveLength(1);
});

test('what was never put into words gets a new key, and none when it is alone', async () => {
  const world = await alarmed();
  const first = await claim(world);
  world.clock.forward(121);
  const second = await claim(world);
  expect(second[0]?.batch_id).not.toBe(first[0]?.batch_id);
  const [one, other] = second as [Claimed, Claimed];
  await freeze(world, [one], 's');
  await settle(world, [{ ...one, outcome: 'sent' }, { ...other, outcome: 'retry' }]);
  world.clock.forward(3600);
  expect((await claim(world)).map(({ batch_id }) => batch_id)).toEqual([null]);
});

test('a batch of which nothing was taken comes back at once, each under its own id', async () => {
  const world = await alarmed();
  const first = await claim(world);
  await freeze(world, first, 's');
  await settle(world, first.map((delivery) => ({ ...delivery, outcome: 'apart', error: 'Invalid `to` field' })));
  world.clock.forward(61);
  expect((await claim(world)).map(({ batch_id, frozen }) => [batch_id, frozen])).toEqual([[null, { subject: 's' }], [null, { subject: 's' }]]);
});

test('a batch is given up whole when the key of its oldest is forgotten', async () => {
  const world = await alarmed();
  await freeze(world, await claim(world), 's');
  world.clock.forward(20 * 3600);
  await world.sql`update deliveries set created_at = ${world.clock.iso()}::timestamptz - interval '23 hours' where id = (select min(id::text)::uuid from deliveries)`;
  expect(await claim(world)).toEqual([]);
  expect(await world.sql`select state, count(*)::int from deliveries group by state`).toEqual([{ state: 'dead', count: 2 }]);
});
