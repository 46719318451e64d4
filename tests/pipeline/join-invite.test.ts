import { describe, expect, test } from 'vitest';
import type { TransactionSql } from 'postgres';
import { readDelivery } from '../../supabase/functions/deliver/rows.ts';
import type { User } from '../../scripts/stack/users.ts';
import { openSessions } from '../support/sessions.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

const invite = (world: World, who: User, email: string, role = 'viewer', name = 'Ida'): Promise<string> =>
  world.as(who, (sql) => sql<{ id: string }[]>`select private.invite_member(${world.org}, ${email}, ${name}, ${role}, ${world.clock.iso()}) as id`)
    .then(([row]) => row?.id ?? '');
const accept = (world: World, who: User): Promise<string | undefined> =>
  world.as(who, (sql) => sql<{ slug: string }[]>`select private.accept_invitation(${world.org}, ${world.clock.iso()}) as slug`).then(([row]) => row?.slug);
const withdraw = (world: World, who: User, id: string): Promise<unknown> => world.as(who, (sql) => sql`select withdraw_invitation(${world.org}, ${id})`);
const roleOf = (world: World, who: User): Promise<unknown> =>
  world.sql`select role, name, locale from members where org_id = ${world.org} and user_id = ${who.id}`.then(([row]) => row);
const NO = 'There is no such organization, or you are not a member of it.';

describe('inviting', () => {
  test('sends one mail, and says and does the same whether or not the address has an account', async () => {
    const world = await createWorld();
    await world.createUser('ida@example.org');
    const answers = [await invite(world, world.arne, ' Ida@Example.org '), await invite(world, world.arne, 'nobody@example.org')];
    expect(answers).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
    const [one, other, ...more] = await world.sql`select i.email, i.name, i.role, i.state, i.org_name, i.invited_by_name, i.expires_at - i.invited_at as good_for,
        d.address, d.locale, d.state as sending, d.notice - 'since' - 'at' as notice
      from invitations i left join deliveries d on d.org_id = i.org_id and d.invitation_id = i.id order by i.email`;
    expect(more).toEqual([]);
    expect(one).toMatchObject({ email: 'ida@example.org', address: 'ida@example.org', locale: 'en', sending: 'pending', state: 'open', org_name: 'Nord', invited_by_name: 'Arne', good_for: '7 days' });
    expect({ ...one, email: '', address: '' }).toEqual({ ...other, email: '', address: '' });
    const [claimed] = await world.sql`select * from claim_deliveries(1, gen_random_uuid(), ${world.clock.iso()})`;
    expect(readDelivery(JSON.parse(JSON.stringify(claimed)))).toMatchObject({ success: true, data: { notice: { kind: 'invited', news: { by: 'Arne', role: 'viewer' } } } });
    expect(JSON.stringify(await world.sql`select * from audit_log where action like 'invitation.%'`)).not.toContain('@');
  });

  test('a second click is nothing; later it is another mail and seven new days, and only so many a day', async () => {
    const world = await createWorld();
    const mails = (): Promise<number | undefined> => world.sql<{ n: number }[]>`select count(*)::int as n from deliveries where invitation_id is not null`.then(([row]) => row?.n);
    const ids = [await invite(world, world.arne, 'ida@example.org'), await invite(world, world.arne, 'ida@example.org')];
    expect(await mails()).toBe(1);
    world.clock.forward(3600);
    ids.push(await invite(world, world.olga, 'ida@example.org', 'admin'));
    world.clock.forward(3600);
    ids.push(await invite(world, world.olga, 'ida@example.org', 'admin'));
    expect(new Set(ids).size).toBe(1);
    expect(await mails()).toBe(3);
    world.clock.forward(3600);
    await expect(invite(world, world.olga, 'ida@example.org', 'admin')).rejects.toMatchObject({ code: 'SW429' });
    for (let n = 0; n < 27; n += 1) await invite(world, world.olga, `n${n}@example.org`);
    await expect(invite(world, world.olga, 'more@example.org')).rejects.toMatchObject({ code: 'SW429' });
    world.clock.forward(86_400);
    await invite(world, world.olga, 'more@example.org');
  });

  test('a member is not invited, an admin makes no owner, a viewer invites nobody, and what is no address is no address', async () => {
    const world = await createWorld();
    await expect(invite(world, world.olga, 'VERA@example.org')).rejects.toMatchObject({ code: 'SW409' });
    await expect(invite(world, world.arne, 'ida@example.org', 'owner')).rejects.toMatchObject({ code: 'SW403' });
    await expect(invite(world, world.vera, 'ida@example.org')).rejects.toMatchObject({ code: 'SW403' });
    await expect(invite(world, world.olga, 'ida@example.org', 'king')).rejects.toMatchObject({ code: 'SW422' });
    await expect(invite(world, world.olga, 'ida@example.org', 'viewer', 'Ida\nBcc: x')).rejects.toMatchObject({ code: 'SW422' });
    for (const bad of ['', 'ida', 'ida@nord', 'ida@example.org\nbcc: eve@example.org', `${'i'.repeat(250)}@example.org`]) {
      await expect(invite(world, world.olga, bad), bad).rejects.toMatchObject({ code: 'SW422' });
    }
  });
});

describe('accepting', () => {
  test('makes whoever confirmed the address a member, once', async () => {
    const world = await createWorld();
    await invite(world, world.arne, 'ida@example.org', 'admin');
    const ida = await world.createUser('ida@example.org');
    expect(await world.as(ida, (sql) => sql`select org_name, role from invitations`)).toEqual([{ org_name: 'Nord', role: 'admin' }]);
    expect(await accept(world, ida)).toBe('nord');
    expect(await roleOf(world, ida)).toEqual({ role: 'admin', name: 'Ida', locale: 'en' });
    await expect(accept(world, ida)).rejects.toMatchObject({ code: 'SW409' });
    expect(await world.sql`select action, actor from audit_log order by id desc limit 2`).toEqual([
      { action: 'invitation.accepted', actor: 'Ida' }, { action: 'member.added', actor: 'Ida' }]);
  });

  const spoiled: [string, (world: World, ida: User, id: string) => Promise<unknown>][] = [
    ['whose address is not confirmed', ({ sql }, ida) => sql`update auth.users set email_confirmed_at = null where id = ${ida.id}`],
    ['whose address is another', ({ sql }, ida) => sql`update auth.users set email = 'eve@example.org' where id = ${ida.id}`],
    ['who comes after seven days', async ({ clock }) => clock.forward(7 * 86_400)],
    ['whose invitation was withdrawn', (world, _, id) => withdraw(world, world.olga, id)],
    ['whom somebody invited who is no member any more', ({ sql, arne }) => sql`delete from members where user_id = ${arne.id}`],
    ['whom somebody invited who may not any more', ({ sql, arne }) => sql`update members set role = 'viewer' where user_id = ${arne.id}`],
  ];

  test.each(spoiled)('somebody %s hears that there is no such organization', async (_, spoil) => {
    const world = await createWorld();
    const ida = await world.createUser('ida@example.org');
    const id = await invite(world, world.arne, 'ida@example.org');
    await spoil(world, ida, id);
    await expect(accept(world, ida)).rejects.toMatchObject({ code: 'SW404', message: NO });
    expect(await roleOf(world, ida)).toBeUndefined();
  });

  test('an invitation is nobody else\'s: neither seen nor accepted, by a stranger or by an admin elsewhere', async () => {
    const world = await createWorld();
    await invite(world, world.arne, 'ida@example.org');
    const stranger = await world.createUser('stranger@example.org');
    for (const who of [stranger, world.stine, world.vera]) expect(await world.as(who, (sql) => sql`select * from invitations`)).toHaveLength(0);
    for (const who of [stranger, world.stine]) await expect(accept(world, who)).rejects.toMatchObject({ code: 'SW404', message: NO });
    await expect(world.as(stranger, (sql) => sql`select accept_invitation(gen_random_uuid())`)).rejects.toMatchObject({ code: 'SW404', message: NO });
  });

  test('withdrawn at the moment it is accepted, it is one of the two', async () => {
    const world = await createWorld();
    const ida = await world.createUser('ida@example.org');
    const id = await invite(world, world.arne, 'ida@example.org');
    const sessions = await openSessions(world, 2);
    const endings = await sessions.play([
      { who: ida, call: (sql: TransactionSql) => sql`select private.accept_invitation(${world.org}, ${world.clock.iso()})` },
      { who: world.olga, call: (sql: TransactionSql) => sql`select withdraw_invitation(${world.org}, ${id})` },
    ], [0, 0, 0]);
    const [row] = await world.sql`select state from invitations`;
    expect([endings.map(({ code }) => code), row?.['state'], Boolean(await roleOf(world, ida))]).toEqual(
      row?.['state'] === 'accepted' ? [[null, 'SW409'], 'accepted', true] : [['SW404', null], 'withdrawn', false]);
  });

  test('a mail that has not gone out when the invitation is withdrawn does not go out', async () => {
    const world = await createWorld();
    const id = await invite(world, world.arne, 'ida@example.org');
    await withdraw(world, world.olga, id);
    await withdraw(world, world.olga, id);
    expect(await world.sql`select * from claim_deliveries(10, gen_random_uuid(), ${world.clock.iso()})`).toHaveLength(0);
    await expect(withdraw(world, world.stine, id)).rejects.toMatchObject({ code: 'SW404' });
    await expect(withdraw(world, world.vera, id)).rejects.toMatchObject({ code: 'SW403' });
    await world.sql`select private.tick_retention('2027-06-01')`;
    expect(await world.sql`select * from invitations`).toHaveLength(0);
  });
});
