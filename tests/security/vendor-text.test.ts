import { describe, expect, test } from 'vitest';
import { createFakeSystem, createWorld, refusal } from '../support/world.ts';
import { HOSTILE_TEXTS, UNSTORABLE_TEXTS } from './support/hostile-text.ts';

/** Random enough that no compression makes a key of the index smaller. */
const cjk = (length: number, seed: number): string =>
  Array.from({ length }, (_, n) => String.fromCharCode(0x4e00 + ((n * 7_919 + seed * 104_729 + n * n * 31) % 20_000))).join('');

describe('whatever a system says of a record is recorded, and the run ends', () => {
  test.each(Object.entries({ ...HOSTILE_TEXTS, ...UNSTORABLE_TEXTS }))('%s', async (_, text) => {
    const world = await createWorld();
    const system = createFakeSystem();
    const short = text.slice(0, 200);
    const { diagnosis } = refusal(`Invalid ${text}`, { code: short, field: short });
    system.answer = () => ({ state: 'refused', diagnosis, externalId: short, response: `{"said": "${text}"}`, requestId: short });
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'failed', failed: 1 });
    const [attempt] = await world.sql<{ message: string; response: string }[]>`select message, response from attempts`;
    expect(attempt?.message).toContain('Invalid');
    expect(attempt?.response).toContain('said');
  });

  test('code, field and message of full length in letters of three bytes', async () => {
    const world = await createWorld();
    const system = createFakeSystem();
    system.answer = () => refusal(cjk(2_000, 1), { code: cjk(200, 2), field: cjk(200, 3) });
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ failed: 1 });
    expect(await world.sql`select count(*)::int from causes`).toEqual([{ count: 1 }]);
  });

  test.each(Object.entries(UNSTORABLE_TEXTS))('%s in what a system calls a record it took', async (_, text) => {
    const world = await createWorld();
    const system = createFakeSystem();
    system.answer = () => ({ state: 'exported', externalId: text, requestId: text });
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'succeeded', exported: 1 });
  });

  test.each(Object.entries(UNSTORABLE_TEXTS))('%s in the words of a connector that breaks', async (_, text) => {
    const world = await createWorld();
    const system = createFakeSystem();
    system.before = () => { throw new Error(text); };
    await world.handIn(1);
    expect(await world.sync(system.connector)).toMatchObject({ status: 'failed', error_code: 'connector_error' });
  });
});
