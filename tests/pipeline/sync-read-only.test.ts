import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { rest } from '../../supabase/functions/sync-rest/connector.ts';
import { ses } from '../../supabase/functions/sync-ses/connector.ts';
import { connector as twilio } from '../../supabase/functions/sync-twilio/connector.ts';
import { zoom } from '../../supabase/functions/sync-zoom/connector.ts';
import { example } from '../connectors/support/work-orders.ts';
import { startRest } from '../simulators/rest.ts';
import type { Simulator } from '../simulators/server.ts';
import { startSes } from '../simulators/ses.ts';
import { startTwilio } from '../simulators/twilio.ts';
import { startZoom } from '../simulators/zoom.ts';
import { syncPlayed } from '../support/played.ts';
import { pulling, stored } from '../support/pulled.ts';
import { createWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let vendor: Simulator | undefined;

beforeEach(async () => {
  world = await createWorld();
  await pulling(world);
});
afterEach(() => vendor?.stop());

const before = (seconds: number): string => new Date(world.clock().getTime() - seconds * 1_000).toISOString();
const held = async (): Promise<string[]> => (await stored(world)).map((row) => `${String(row.stream)}/${String(row.source_id)}`).sort();

describe('fetched', () => {
  it('by settings: everything at first, then what changed', async () => {
    const source = await startRest({ clock: world.clock });
    vendor = source;
    const credential = { hosts: ['127.0.0.1'], apiKey: source.secret() };
    const played = { connector: rest(createTokenCache(world.clock)), settings: { ...example, baseUrl: source.url }, credential };
    for (let n = 1; n <= 5; n++) source.change(`w${n}`, before(6_000 - n * 60));
    expect(await syncPlayed(world, played)).toMatchObject({ status: 'succeeded', selected: 5, exported: 5 });
    source.change('w6', before(0));
    source.change('w2', before(0), { state: 'deleted' });
    world.clock.forward(3_600);
    expect(await syncPlayed(world, played)).toMatchObject({ status: 'succeeded', exported: 2 });
    expect(await held()).toEqual(['items/w1', 'items/w2', 'items/w3', 'items/w4', 'items/w5', 'items/w6']);
  });

  it('from Zoom: meetings and registrants, anew with every run and stored once', async () => {
    const source = await startZoom({ clock: world.clock, pageSize: 1 });
    vendor = source;
    source.host('kari@example.org');
    source.meet('kari@example.org', 11, ['a@example.org', 'b@example.org']);
    source.meet('kari@example.org', 12);
    const credential = { accountId: source.accountId, clientId: source.clientId, clientSecret: source.secret() };
    const settings = { baseUrl: source.url, loginUrl: source.url, hosts: ['kari@example.org'] };
    const played = { connector: zoom(createTokenCache(world.clock)), settings, credential };
    expect(await syncPlayed(world, played)).toMatchObject({ status: 'succeeded', exported: 4 });
    source.meet('kari@example.org', 13);
    world.clock.forward(3_600);
    expect(await syncPlayed(world, played)).toMatchObject({ status: 'succeeded', exported: 1, skipped: 4 });
    expect(await held()).toEqual(['meetings/11', 'meetings/12', 'meetings/13', 'registrants/11:r1', 'registrants/11:r2']);
  });
});

describe('measured', () => {
  const findings = async (): Promise<unknown[]> => [
    ...await world
      .sql`select subject, severity, evidence ->> 'value' as value from findings where closed_at is null and rule = 'signal' order by subject`,
  ];

  it('4.3 % bounces on digests are a yellow finding', async () => {
    const source = await startSes({ clock: world.clock });
    vendor = source;
    source.send(before(86_400), { sent: 1_000, bounced: 43, complained: 0 }, 'digest');
    source.send(before(86_000), { sent: 9_000, bounced: 9, complained: 0 });
    const credential = { accessKeyId: source.accessKeyId, secretAccessKey: source.secret() };
    const settings = { region: 'eu-north-1', baseUrl: source.url, configurationSets: ['digest'] };
    expect(await syncPlayed(world, { connector: ses(world.clock), settings, credential })).toMatchObject({ status: 'succeeded' });
    expect(await findings()).toEqual([{ subject: 'bounce_rate: digest', severity: 'yellow', value: '4.3' }]);
  });

  it('a day of messages that costs four times the usual is a red one', async () => {
    const source = await startTwilio({ clock: world.clock });
    vendor = source;
    for (let back = 1; back <= 15; back++) {
      source.use('sms-outbound', before(back * 86_400).slice(0, 10), back === 1 ? '44' : `1${back % 3}`);
    }
    const settings = { baseUrl: source.url, accountSid: source.accountSid, categories: ['sms-outbound'] };
    await syncPlayed(world, { connector: twilio, settings, credential: { sid: source.keySid, secret: source.secret() } });
    expect(await findings()).toEqual([{ subject: 'cost_above_usual: sms-outbound', severity: 'red', value: '300' }]);
  });
});
