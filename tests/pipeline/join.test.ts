import { describe, expect, test } from 'vitest';
import type { TransactionSql } from 'postgres';
import type { User } from '../../scripts/stack/users.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { openSessions } from '../support/sessions.ts';

const add = (world: World, who: User, email: string, role = 'viewer'): Promise<unknown> =>
  world.as(who, (sql) => sql`select add_member(${world.org}, ${email}, 'Ida', ${role})`);
const setRole = (world: World, who: User, member: User, was: string, becomes: string): Promise<unknown> =>
  world.as(who, (sql) => sql`select set_role(${world.org}, ${member.id}, ${was}, ${becomes})`);
const remove = (world: World, who: User, member: User, was: string): Promise<unknown> =>
  world.as(who, (sql) => sql`select remove_member(${world.org}, ${member.id}, ${was})`);
const roles = (world: World): Promise<Record<string, string>> =>
  world.sql<{ name: string; role: string }[]>`select name, role from members where org_id = ${world.org} order by name`.then((rows) => Object.fromEntries(rows.map(({ name, role }) => [name, role])));
const list = (world: World, who: User): Promise<Record<string, unknown>[]> => world.as(who, (sql) => sql`select * from list_members(${world.org})`).then((rows) => [...rows]);

describe('adding', () => {
  test('somebody who has signed up becomes a member, and it is told who did it', async () => {
    const world = await createWorld();
    await world.createUser('ida@example.org');
    await add(world, world.arne, ' Ida@Example.org ');
    expect(await roles(world)).toEqual({ Arne: 'admin', Ida: 'viewer', Olga: 'owner', Vera: 'viewer' });
    expect(await world.sql`select action, actor from audit_log order by id desc limit 1`).toEqual([{ action: 'member.added', actor: 'Arne' }]);
  });

  test('somebody without an account, or whose address is not confirmed, is not added, and both sound the same', async () => {
    const world = await createWorld();
    const ida = await world.createUser('ida@example.org');
    await world.sql`update auth.users set email_confirmed_at = null where id = ${ida.id}`;
    const unknown = await add(world, world.olga, 'nobody@example.org').catch(({ message }: Error) => message);
    expect(unknown).toBe('Nobody with this address has signed up and confirmed it.');
    await expect(add(world, world.olga, 'ida@example.org')).rejects.toMatchObject({ code: 'SW422', message: unknown });
  });

  test('a member is not added twice, an admin makes no owner, a viewer adds nobody', async () => {
    const world = await createWorld();
    await world.createUser('ida@example.org');
    await expect(add(world, world.olga, 'vera@example.org')).rejects.toMatchObject({ code: 'SW409' });
    await expect(add(world, world.arne, 'ida@example.org', 'owner')).rejects.toMatchObject({ code: 'SW403' });
    await expect(add(world, world.vera, 'ida@example.org')).rejects.toMatchObject({ code: 'SW403' });
    await expect(add(world, world.olga, 'ida@example.org', 'king')).rejects.toMatchObject({ code: 'SW422' });
  });
});

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
