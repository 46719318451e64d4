import { beforeEach, expect, test } from 'vitest';
import { LeaseLost } from '../../supabase/functions/_kit/store.ts';
import { createSource, pulling, thing } from '../support/pulled.ts';
import { createWorld, slice, type World } from '../support/world.ts';

let world: World;
const first = { clientSecret: 'the secret of the app', refreshToken: 'refresh-token-one' };

beforeEach(async () => {
  world = await createWorld();
  await pulling(world);
  await world.sql`select private.set_credential(${world.org}, ${world.integration}, ${world.sql.json(first)}, null, ${world.clock.iso()})`;
});

async function kept(): Promise<unknown> {
  return (await world.sql<{ secret: string }[]>`select decrypted_secret as secret from vault.decrypted_secrets where name = ${`integration:${world.integration}`}`)
    .map(({ secret }) => JSON.parse(secret) as unknown)[0];
}

test('a connector keeps what the system gave for a part of its credential, and goes on with it', async () => {
  const seen: unknown[] = [];
  const { connector } = createSource({ issues: [thing('a', {})] }, { async signals(ctx) {
    seen.push(await ctx.renewCredential?.({ refreshToken: 'refresh-token-two' }));
    seen.push(await ctx.renewCredential?.({ refreshToken: 'refresh-token-three' }));
    throw new Error('The system would not have refresh-token-two nor refresh-token-three.');
  } });
  expect(await world.sync(connector)).toMatchObject({ status: 'succeeded' });
  expect(seen).toEqual([{ ...first, refreshToken: 'refresh-token-two' }, { ...first, refreshToken: 'refresh-token-three' }]);
  expect(await kept()).toEqual({ ...first, refreshToken: 'refresh-token-three' });
  expect(await world.sql`select signals_error from integration_status where integration_id = ${world.integration}`).toEqual([
    { signals_error: 'The connector failed: The system would not have [redacted] nor [redacted].' }]);
});

test('what somebody set meanwhile stands, and the run is told', async () => {
  const run = await world.schedule() ?? 0;
  const store = world.store(run);
  const begun = await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 });
  const set = { clientSecret: 'another secret of the app', refreshToken: 'set by hand' };
  await world.sql`select private.set_credential(${world.org}, ${world.integration}, ${world.sql.json(set)}, null, ${world.clock.iso()})`;
  expect(await store.renewCredential(begun?.token ?? '', first, { ...first, refreshToken: 'too late' })).toEqual(set);
  expect(await kept()).toEqual(set);
});

test('of two that renew the same at once, one is kept and the other is told which', async () => {
  const run = await world.schedule() ?? 0;
  const store = world.store(run);
  const token = (await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 }))?.token ?? '';
  const answers = await Promise.all(['one more', 'another one'].map((refreshToken) => store.renewCredential(token, first, { ...first, refreshToken })));
  expect(answers[0]).toEqual(answers[1]);
  expect(await kept()).toEqual(answers[0]);
});

test('a slice that has lost its lease keeps nothing', async () => {
  const run = await world.schedule() ?? 0;
  const store = world.store(run);
  const old = (await store.beginSlice({ dedupe: 'none', settlesWithinSeconds: 60 }))?.token ?? '';
  world.clock.forward(121);
  expect(await slice(world, createSource({ issues: [] }).connector, run)).toBe('done');
  await expect(store.renewCredential(old, first, { ...first, refreshToken: 'stolen' })).rejects.toThrow(LeaseLost);
  expect(await kept()).toEqual(first);
});
