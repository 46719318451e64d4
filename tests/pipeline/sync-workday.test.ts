import { afterEach, beforeEach, expect, it } from 'vitest';
import { connector } from '../../supabase/functions/sync-workday/connector.ts';
import { startWorkday } from '../simulators/workday.ts';
import type { WorkdaySimulator } from '../simulators/workday.ts';
import { syncPlayed } from '../support/played.ts';
import { pulling, streamOf } from '../support/pulled.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let vendor: WorkdaySimulator;

beforeEach(async () => {
  world = await createWorld();
  vendor = await startWorkday({ clock: world.clock, accounts: ['BONUS'] });
});
afterEach(() => vendor.stop());

async function sync(): Promise<Record<string, unknown>> {
  world.clock.forward(3_600);
  return syncPlayed(world, {
    connector, settings: { baseUrl: vendor.url, tenant: vendor.tenant }, credential: { username: vendor.username, password: vendor.password() },
  });
}

it('each payroll input lands once though an answer is lost, and the refused one names its key', async () => {
  const handIn = (id: number, payload: object): Promise<void> =>
    world.handIn(1, { source_id: `S-${id}`, occurred_on: '2026-11-09', payload: { worker: '21001', ...payload } });
  for (let id = 0; id < 4; id += 1) await handIn(id, { earning: 'BONUS' });
  await handIn(4, { earning: 'NONE' });
  vendor.faults.next('lost_answer');
  expect(await sync()).toMatchObject({ selected: 5, uncertain: 5 });
  vendor.run();
  expect(await sync()).toMatchObject({ selected: 5, accepted: 5 });
  vendor.run();
  expect(await sync()).toMatchObject({ exported: 4, failed: 1 });
  expect(vendor.ledger()).toHaveLength(4);
  expect(vendor.duplicates()).toEqual([]);
  expect(await world.sql`select error_field, payload_field, error_value from failed_records`).toEqual([
    { error_field: 'Earning_Code', payload_field: 'earning', error_value: 'NONE' }]);
  await handIn(0, { earning: 'BONUS', comment: 'Corrected' });
  expect(await sync()).toMatchObject({ accepted: 1 });
  vendor.run();
  expect(await sync()).toMatchObject({ exported: 1 });
  expect(vendor.ledger().map(({ text }) => text).sort()).toEqual(['', '', '', 'Corrected']);
});

it('a preferred name that employees never had before is drift, and its place is named', async () => {
  await pulling(world);
  for (let id = 0; id < 120; id += 1) vendor.hire(String(21_001 + id), { phones: ['22334455'] });
  expect(await sync()).toMatchObject({ exported: 120 });
  expect((await streamOf(world, 'workers'))?.drift).toEqual({});
  vendor.change('21007', { phones: ['22334455', '99887766'] });
  expect(await sync()).toMatchObject({ exported: 1, status: 'succeeded' });
  expect((await streamOf(world, 'workers'))?.drift).toEqual({});
  vendor.change('21008', { preferred: 'Kalle' });
  await sync();
  expect((await streamOf(world, 'workers'))?.drift).toEqual({ 'Personal_Data.Name_Data.Preferred_Name_Data': { kind: 'new', is: ['object'] } });
  expect((await world.health()).rules).toContain('schema_drift');
  expect(await world.sql`select count(*)::int as people from pulled_records`).toEqual([{ people: 120 }]);
  vendor.change('21009', { terminated: '2026-11-30' });
  await sync();
  expect(await world.sql`select deleted_at, payload #>> '{Employment_Data,Worker_Status_Data,Terminated}' as gone from pulled_records
    where payload ->> 'Worker_ID' = '21009'`).toEqual([{ deleted_at: null, gone: '1' }]);
});
