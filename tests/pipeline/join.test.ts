import { describe, expect, test } from 'vitest';
import type { TransactionSql } from 'postgres';
import type { User } from '../../scripts/stack/users.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { openSessions } from '../support/sessions.ts';

const setRole = (world: World, who: User, member: User, was: string, becomes: string): Promise<unknown> =>
  world.as(who, (sql) => sql`select set_role(${world.org}, ${member.id}, ${was}, ${becomes})`);
const remove = (world: World, who: User, member: User, was: string): Promise<unknown> =>
  world.as(who, (sql) => sql`select remove_member(${world.org}, ${member.id}, ${was})`);
const roles = (world: World): Promise<Record<string, string>> =>
  world.sql<{ name: string; role: string }[]>`select name, role from members where org_id = ${world.org} order by name`.then((rows) => Object.fromEntries(rows.map(({ name, role }) => [name, role])));
const list = (world: World, who: User): Promise<Record<string, unknown>[]> => world.as(who, (sql) => sql`select * from list_members(${world.org})`).then((rows) => [...rows]);

describe('roles', () => {
  test('an admin moves viewers and admins, and keeps away from owners', async () => {
    const world = await createWorld();
    await setRole(world, world.arne, world.vera, 'viewer', 'admin');
    expect(await roles(world)).toMatchObject({ Vera: 'admin' });
    await expect(setRole(world, world.arne, world.vera, 'admin', 'owner')).rejects.toMatchObject({ code: 'SW403' });
    await expect(setRole(world, world.arne, world.olga, 'owner', 'viewer')).rejects.toMatchObject({ code: 'SW403' });
    await expect(remove(world, world.arne, world.olga, 'owner')).rejects.toMatchObject({ code: 'SW403' });
    await expect(setRole(world, world.arne, world.arne, 'admin', 'owner')).rejects.toMatchObject({ code: 'SW403' });
  });

  test('the last owner is neither demoted nor removed', async () => {
    const world = await createWorld();
    await expect(setRole(world, world.olga, world.olga, 'owner', 'admin')).rejects.toMatchObject({ code: 'SW409', message: 'An organization keeps at least one owner.' });
    await expect(remove(world, world.olga, world.olga, 'owner')).rejects.toMatchObject({ code: 'SW409' });
    await setRole(world, world.olga, world.vera, 'viewer', 'owner');
    await setRole(world, world.olga, world.olga, 'owner', 'admin');
    expect(await roles(world)).toMatchObject({ Olga: 'admin', Vera: 'owner' });
  });

  test('two owners who demote each other at the same moment leave one', async () => {
    const world = await createWorld();
    await setRole(world, world.olga, world.arne, 'admin', 'owner');
    const sessions = await openSessions(world, 2);
    const demote = (who: User, whom: User) => ({ who, call: (sql: TransactionSql) => sql`select set_role(${world.org}, ${whom.id}, 'owner', 'viewer')` });
    const endings = await sessions.play([demote(world.olga, world.arne), demote(world.arne, world.olga)], [0, 0, 0]);
    expect(endings.map(({ code }) => code).sort()).toEqual(['SW403', null]);
    expect(Object.values(await roles(world)).filter((role) => role === 'owner')).toHaveLength(1);
  });

  test('a role somebody else changed meanwhile is not overwritten, and the same again is nothing', async () => {
    const world = await createWorld();
    await setRole(world, world.olga, world.vera, 'viewer', 'admin');
    await expect(setRole(world, world.arne, world.vera, 'viewer', 'viewer')).rejects.toMatchObject({ code: 'SW409' });
    await setRole(world, world.arne, world.vera, 'viewer', 'admin');
    expect(await world.sql`select count(*)::int as told from audit_log where action = 'member.changed'`).toEqual([{ told: 1 }]);
  });
});

describe('leaving', () => {
  test('who is removed sees nothing any more, and is nobody\'s assignee', async () => {
    const world = await createWorld();
    await world.sql`insert into incidents (org_id, integration_id, alarm, urgency, opened_at, assigned_to) values (${world.org}, ${world.integration}, 'stuck_run', 'high', now(), ${world.arne.id})`;
    await remove(world, world.olga, world.arne, 'admin');
    expect(await world.as(world.arne, (sql) => sql`select * from my_organizations`)).toHaveLength(0);
    expect(await world.sql`select assigned_to from incidents`).toEqual([{ assigned_to: null }]);
    await expect(remove(world, world.olga, world.arne, 'admin')).rejects.toMatchObject({ code: 'SW404' });
  });

  test('the last whom an alarm would reach stays', async () => {
    const world = await createWorld();
    await world.as(world.olga, (sql) => sql`select set_notification(${world.org}, 'opened', 'email', false)`);
    await expect(remove(world, world.olga, world.arne, 'admin')).rejects.toMatchObject({ code: 'SW409', message: 'Then an alarm would reach nobody.' });
    await expect(setRole(world, world.olga, world.arne, 'admin', 'viewer')).rejects.toMatchObject({ code: 'SW409' });
  });
});

test('the list shows addresses to owners and admins, and a viewer only the own one', async () => {
  const world = await createWorld();
  expect((await list(world, world.arne)).map(({ email }) => email)).toEqual(['olga@example.org', 'arne@example.org', 'vera@example.org']);
  expect((await list(world, world.vera)).map(({ email, is_me: me, told }) => [email, me, told])).toEqual([[null, false, true], [null, false, true], ['vera@example.org', true, false]]);
  await expect(list(world, world.stine)).rejects.toMatchObject({ code: 'SW404' });
});
