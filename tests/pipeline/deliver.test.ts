import { expect, test } from 'vitest';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Claimed = { org_id: string; delivery_id: string; token: string; attempt: number };

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

const claim = async (world: World): Promise<Claimed[]> => [...(await world.sql<Claimed[]>`select * from claim_deliveries(10, ${world.clock.iso()})`)];
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
  const [first] = await claim(world);
  const freeze = (delivery: Claimed | undefined, subject: string): Promise<unknown> =>
    world.sql`select freeze_delivery(${delivery?.org_id ?? ''}, ${delivery?.delivery_id ?? ''}, ${delivery?.token ?? ''}, ${world.sql.json({ subject })}) as frozen`;
  expect(await freeze(first, 'one')).toEqual([{ frozen: { subject: 'one' } }]);
  world.clock.forward(121);
  const second = (await claim(world)).find((delivery) => delivery.delivery_id === first?.delivery_id);
  expect(await freeze(second, 'two')).toEqual([{ frozen: { subject: 'one' } }]);
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
  const [first] = await claim(world);
  await world.sql`select freeze_delivery(${first?.org_id ?? ''}, ${first?.delivery_id ?? ''}, ${first?.token ?? ''}, '{"subject": "s"}')`;
  world.clock.forward(25 * 3600);
  expect((await claim(world)).map((delivery) => delivery.delivery_id)).not.toContain(first?.delivery_id);
  expect(await world.sql`select state from deliveries where id = ${first?.delivery_id ?? ''}`).toEqual([{ state: 'dead' }]);
});
