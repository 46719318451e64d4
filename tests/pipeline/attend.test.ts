import { describe, expect, test } from 'vitest';
import type { User } from '../../scripts/stack/users.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

const MINUTE = 60_000;
const later = (minutes: number): string => new Date(Date.now() + minutes * MINUTE).toISOString();

/** Opens an incident of a finding, and tells of it. */
async function opened(world: World, urgency = 'medium'): Promise<number> {
  await world.sql`insert into findings (org_id, integration_id, rule, severity, urgency, since, evidence) values (${world.org}, ${world.integration}, 'verdict_late', 'yellow', ${urgency}, now(), '{}')`;
  await changed(world, 'opened', urgency, 'yellow');
  const [row] = await world.sql<{ id: number }[]>`select id::int from incidents where state = 'open'`;
  return row?.id ?? 0;
}

async function changed(world: World, kind: string, urgency: string, after: string | null): Promise<void> {
  await world.sql`insert into health_changes (org_id, integration_id, at, kind, rule, after, urgency) values (${world.org}, ${world.integration}, now(), ${kind}, 'verdict_late', ${after}, ${urgency})`;
  await world.sql`select private.alert()`;
}

const kinds = (world: World, who: User = world.arne): Promise<string[]> =>
  world.sql<{ kind: string }[]>`select kind from notifications where user_id = ${who.id} order by id`.then((rows) => rows.map(({ kind }) => kind));
const snooze = (world: World, incident: number, minutes: number | null, reason: string | null = 'the vendor knows'): Promise<unknown> =>
  world.as(world.arne, (sql) => sql`select snooze_incident(${world.org}, ${incident}, ${minutes}, ${reason})`);
const trail = (world: World): Promise<unknown[]> => world.sql`select action, before, after, reason from audit_log where actor = 'Arne' and action like 'incident%' order by id`.then((rows) => [...rows]);
const setting = (world: World, who: User, event: string, channel: string, enabled: boolean): Promise<unknown> =>
  world.as(who, (sql) => sql`select set_notification(${world.org}, ${event}, ${channel}, ${enabled})`);

describe('an incident', () => {
  test('is acknowledged once, by name and with the reason, and that can be taken back', async () => {
    const world = await createWorld();
    const incident = await opened(world);
    const acknowledge = (yes: boolean) => world.as(world.arne, (sql) => sql`select acknowledge_incident(${world.org}, ${incident}, ${yes}, 'calling them')`);
    await acknowledge(true);
    await acknowledge(true);
    expect(await world.as(world.vera, (sql) => sql`select acknowledged_by_name from open_incidents`)).toEqual([{ acknowledged_by_name: 'Arne' }]);
    await acknowledge(false);
    expect(await trail(world)).toMatchObject([{ action: 'incident.acknowledged', before: { acknowledged_at: null }, reason: 'calling them' }, { action: 'incident.acknowledgement_withdrawn', after: { acknowledged_at: null } }]);
  });

  test('is given to somebody who may act, and to nobody else', async () => {
    const world = await createWorld();
    const incident = await opened(world);
    const assign = (member: User | null) => world.as(world.arne, (sql) => sql`select assign_incident(${world.org}, ${incident}, ${member?.id ?? null})`);
    await assign(world.olga);
    await expect(assign(world.vera)).rejects.toMatchObject({ code: 'SW422' });
    await expect(assign(world.stine)).rejects.toMatchObject({ code: 'SW422' });
    await assign(null);
    expect(await trail(world)).toMatchObject([{ after: { assigned_to: 'Olga' } }, { before: { assigned_to: 'Olga' }, after: { assigned_to: null } }]);
  });

  test('that is over is neither acknowledged, assigned nor snoozed', async () => {
    const world = await createWorld();
    const incident = await opened(world);
    await changed(world, 'closed', 'medium', null);
    await expect(snooze(world, incident, 60)).rejects.toMatchObject({ code: 'SW409' });
    await expect(world.as(world.arne, (sql) => sql`select acknowledge_incident(${world.org}, ${incident})`)).rejects.toMatchObject({ code: 'SW409' });
    await expect(world.as(world.arne, (sql) => sql`select assign_incident(${world.org}, ${incident}, ${world.olga.id})`)).rejects.toMatchObject({ code: 'SW409' });
  });
});

describe('a snooze', () => {
  test('keeps a worsening quiet, and reminds once when its time is over', async () => {
    const world = await createWorld();
    const incident = await opened(world);
    await snooze(world, incident, 60);
    await changed(world, 'changed', 'high', 'red');
    expect(await kinds(world)).toEqual(['opened']);
    await world.sql`select private.alert(${later(59)})`;
    expect(await kinds(world)).toEqual(['opened']);
    await world.sql`select private.alert(${later(61)})`;
    await world.sql`select private.alert(${later(62)})`;
    expect(await kinds(world)).toEqual(['opened', 'reminded']);
    expect(await world.sql`select kind, urgency, notice ->> 'kind' as notice from notifications order by id desc limit 1`).toEqual([{ kind: 'reminded', urgency: 'high', notice: 'reminded' }]);
  });

  test('never holds back what becomes critical', async () => {
    const world = await createWorld();
    await snooze(world, await opened(world), 60);
    await changed(world, 'changed', 'critical', 'red');
    expect(await kinds(world)).toEqual(['opened', 'raised']);
    expect(await world.sql`select snoozed_until from incidents`).toEqual([{ snoozed_until: null }]);
  });

  test('ends by itself when the incident is over, which is told', async () => {
    const world = await createWorld();
    await snooze(world, await opened(world), 60);
    await changed(world, 'closed', 'medium', null);
    await world.sql`select private.alert(${later(61)})`;
    expect(await kinds(world)).toEqual(['opened', 'recovered']);
    expect(await world.sql`select snoozed_until, snooze_reason from incidents`).toEqual([{ snoozed_until: null, snooze_reason: null }]);
  });

  test('wakes after a maintenance window, not during it', async () => {
    const world = await createWorld();
    await snooze(world, await opened(world), 60);
    await world.sql`insert into maintenance_windows (org_id, starts_at, ends_at) values (${world.org}, ${later(30)}, ${later(90)})`;
    await world.sql`select private.alert(${later(61)})`;
    expect(await kinds(world)).toEqual(['opened']);
    await world.sql`select private.alert(${later(91)})`;
    expect(await kinds(world)).toEqual(['opened', 'reminded']);
  });

  test('has a reason and bounds, is one however often it is clicked, and can be ended', async () => {
    const world = await createWorld();
    const incident = await opened(world);
    await expect(snooze(world, incident, 60, '')).rejects.toMatchObject({ code: 'SW422' });
    await expect(snooze(world, incident, 4)).rejects.toMatchObject({ code: 'SW422' });
    await expect(snooze(world, incident, 10_081)).rejects.toMatchObject({ code: 'SW422' });
    await snooze(world, incident, 60);
    await snooze(world, incident, 60);
    await snooze(world, incident, null, null);
    await snooze(world, incident, null, null);
    expect(await trail(world)).toMatchObject([{ action: 'incident.snoozed', reason: 'the vendor knows' }, { action: 'incident.snooze_ended', after: { snoozed_until: null } }]);
  });
});

describe('what a member wants to hear of', () => {
  test('is respected for each channel on its own', async () => {
    const world = await createWorld();
    await setting(world, world.arne, 'opened', 'email', false);
    await setting(world, world.olga, 'opened', 'in_app', false);
    await opened(world);
    expect(await world.sql`select address from deliveries`).toEqual([{ address: 'olga@example.org' }]);
    expect(await world.as(world.olga, (sql) => sql`select * from my_notifications`)).toHaveLength(0);
    expect(await world.as(world.arne, (sql) => sql`select * from my_notifications`)).toHaveLength(1);
  });

  test('is nothing at all where both channels are off', async () => {
    const world = await createWorld();
    await setting(world, world.arne, 'recovered', 'email', false);
    await setting(world, world.arne, 'recovered', 'in_app', false);
    await opened(world);
    await changed(world, 'closed', 'medium', null);
    expect(await kinds(world)).toEqual(['opened']);
    expect(await kinds(world, world.olga)).toEqual(['opened', 'recovered']);
  });

  test('is seen by the member alone, and the last who would be reached cannot opt out', async () => {
    const world = await createWorld();
    await setting(world, world.arne, 'opened', 'email', false);
    expect(await world.as(world.olga, (sql) => sql`select * from notification_settings`)).toHaveLength(0);
    await expect(setting(world, world.olga, 'opened', 'email', false)).rejects.toMatchObject({ code: 'SW409', message: 'You are the last whom an alarm would reach.' });
    await setting(world, world.olga, 'raised', 'email', false);
    await expect(setting(world, world.vera, 'opened', 'email', false)).rejects.toMatchObject({ code: 'SW403' });
    await expect(setting(world, world.olga, 'sunrise', 'email', false)).rejects.toMatchObject({ code: 'SW422' });
  });

  test('an organization where nobody has an address is red for it', async () => {
    const world = await createWorld();
    await world.sql`update auth.users set email = null where id in (${world.olga.id}, ${world.arne.id})`;
    await world.sql`select private.evaluate_health(now(), ${[world.integration]}::uuid[])`;
    expect((await world.health()).rules).toContain('nobody_told');
  });
});

describe('a test', () => {
  const send = (world: World, channel: string, who: User = world.arne): Promise<{ notification_id: number; delivery_id: string | null } | undefined> =>
    world.as(who, (sql) => sql<{ sent: { notification_id: number; delivery_id: string | null } }[]>`select send_test(${world.org}, ${channel}) as sent`).then(([row]) => row?.sent);

  test('by e-mail is a delivery like any other, to the caller alone', async () => {
    const world = await createWorld();
    const sent = await send(world, 'email');
    expect(await world.sql`select id, address, locale, state, notice ->> 'kind' as kind from deliveries`).toEqual([
      { id: sent?.delivery_id, address: 'arne@example.org', locale: 'en', state: 'pending', kind: 'test' }]);
    expect(await world.as(world.arne, (sql) => sql`select * from my_notifications`)).toHaveLength(0);
  });

  test('in the page is a notification, and five within ten minutes are enough', async () => {
    const world = await createWorld();
    for (let tries = 0; tries < 5; tries += 1) await send(world, 'in_app');
    expect(await world.as(world.arne, (sql) => sql`select kind from my_notifications limit 1`)).toEqual([{ kind: 'test' }]);
    await expect(send(world, 'email')).rejects.toMatchObject({ code: 'SW429' });
    await send(world, 'email', world.olga);
    await expect(send(world, 'pigeon', world.olga)).rejects.toMatchObject({ code: 'SW422' });
    await expect(send(world, 'email', world.vera)).rejects.toMatchObject({ code: 'SW403' });
  });
});
