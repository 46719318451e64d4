import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../supabase/functions/_kit/connector.ts';
import { standingOf } from '../../supabase/functions/sync-twilio/baseline.ts';
import { connector } from '../../supabase/functions/sync-twilio/connector.ts';
import { credential, settings } from '../../supabase/functions/sync-twilio/settings.ts';
import { failureOf, localHttp, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startTwilio } from '../simulators/twilio.ts';
import type { TwilioOptions, TwilioSimulator } from '../simulators/twilio.ts';

let clock: TestClock;
let twilio: TwilioSimulator;

function context(own: Record<string, unknown> = {}, given: Record<string, string> = {}) {
  return {
    settings: settings.parse({ baseUrl: twilio.url, accountSid: twilio.accountSid, categories: ['sms-outbound'], ...own }),
    credential: credential.parse({ sid: twilio.keySid, secret: twilio.secret(), ...given }),
    http: localHttp('twilio', clock, [given.secret ?? twilio.secret()], 5_000),
  };
}

async function start(more: Partial<TwilioOptions> = {}): Promise<void> {
  clock = testClock();
  twilio = await startTwilio({ clock, ...more });
}

const measured = async (own: Record<string, unknown> = {}): Promise<Signal[]> => (await connector.signals?.(context(own), clock())) ?? [];
const named = (signals: Signal[], name: string, about?: string): Signal | undefined =>
  signals.find((one) => one.name === name && one.about === about);
const check = async (given: Record<string, string> = {}, own: Record<string, unknown> = {}) => connector.check?.(context(own, given));
const day = (back: number): string => new Date(clock().getTime() - back * 86_400_000).toISOString().slice(0, 10);

/** Two weeks that cost about ten a day, and yesterday. */
function spent(yesterday: string, usual: (back: number) => string = (back) => `1${back % 3}.00000`): void {
  for (let back = 2; back <= 15; back += 1) twilio.use('sms-outbound', day(back), usual(back), 200);
  twilio.use('sms-outbound', day(1), yesterday, 950);
}

beforeEach(() => start());
afterEach(() => twilio.stop());

describe('what Twilio tells of costs', () => {
  it('is what the last whole day cost and used, by category', async () => {
    spent('11.50000');
    const signals = await measured();
    expect(named(signals, 'daily_cost', 'sms-outbound')).toEqual({
      name: 'daily_cost',
      value: 11.5,
      unit: 'amount',
      at: '2017-03-01T08:00:00.000Z',
      about: 'sms-outbound',
    });
    expect(named(signals, 'daily_usage', 'sms-outbound')?.value).toBe(950);
  });

  it('is a spike against its own days before, when a route falls back', async () => {
    spent('44.00000');
    expect(named(await measured(), 'cost_above_usual', 'sms-outbound')).toMatchObject({
      value: 300,
      unit: 'percent',
      warning: 50,
      critical: 200,
    });
  });

  it('is no finding inside the normal spread, however many percent it is', async () => {
    spent('31.00000', (back) => (back % 2 === 0 ? '30.00000' : '10.00000'));
    const signal = named(await measured(), 'cost_above_usual', 'sms-outbound');
    expect(signal?.value).toBe(55);
    expect(signal).not.toHaveProperty('warning');
  });

  it('is no finding for pennies', async () => {
    spent('0.90000', () => '0.10000');
    expect(named(await measured(), 'cost_above_usual', 'sms-outbound')).not.toHaveProperty('warning');
  });

  it('says nothing of a spike before there are days to compare with', async () => {
    twilio.use('sms-outbound', day(3), '1.00000');
    twilio.use('sms-outbound', day(1), '90.00000');
    const signals = await measured();
    expect(named(signals, 'daily_cost', 'sms-outbound')?.value).toBe(90);
    expect(named(signals, 'cost_above_usual', 'sms-outbound')).toBeUndefined();
  });

  it('takes a day without usage for a day that cost nothing', async () => {
    twilio.use('sms-outbound', day(15), '10.00000');
    twilio.use('sms-outbound', day(1), '10.00000');
    expect(named(await measured(), 'cost_above_usual', 'sms-outbound')).toMatchObject({ value: 1_000, warning: 50 });
  });

  it('is read page by page', async () => {
    await twilio.stop();
    await start({ pageSize: 4 });
    spent('44.00000');
    expect(named(await measured(), 'cost_above_usual', 'sms-outbound')?.value).toBe(300);
  });

  it('does not let one spike hide the next', () => {
    const before = [10, 11, 10, 12, 11, 10, 400];
    expect(standingOf(60, before, 5)).toEqual({ percentAbove: 445.5, isSpike: true });
    expect(standingOf(60, before.slice(1), 5)).toBeNull();
  });
});

describe('what Twilio tells of deliveries', () => {
  it('is how many failed of those that were judged, and by which code', async () => {
    twilio.send({ status: 'delivered' }, 90);
    twilio.send({ status: 'undelivered', error_code: 30003 }, 7);
    twilio.send({ status: 'failed', error_code: 30007 }, 3);
    twilio.send({ status: 'queued' }, 50);
    twilio.send({ status: 'received', direction: 'inbound' }, 50);
    twilio.send({ status: 'failed', error_code: 30005, at: '2017-02-27T07:00:00Z' }, 50);
    const signals = await measured();
    expect(named(signals, 'delivery_failure_rate')).toMatchObject({ value: 10, warning: 5, critical: 15 });
    expect(named(signals, 'messages_looked_at')?.value).toBe(150);
    expect(signals.filter(({ name }) => name === 'delivery_errors')).toMatchObject([{ about: '30003', value: 7 }, {
      about: '30007',
      value: 3,
    }]);
  });

  it('is no rate where hardly anything was sent, and never a number somebody was called by', async () => {
    twilio.send({ status: 'failed', error_code: 30003 }, 3);
    const signals = await measured();
    expect(named(signals, 'delivery_failure_rate')).toBeUndefined();
    expect(named(signals, 'delivery_errors', '30003')?.value).toBe(3);
    expect(JSON.stringify(signals)).not.toContain('+47');
  });

  it('looks at five pages of messages, and says at how many it looked', async () => {
    await twilio.stop();
    await start({ pageSize: 10 });
    twilio.send({ status: 'delivered' }, 60);
    expect(named(await measured(), 'messages_looked_at')?.value).toBe(50);
  });

  it('takes a throttling for what it is', async () => {
    twilio.faults.next('too_many');
    expect(await failureOf(measured())).toMatchObject({
      status: 429,
      diagnosis: { code: '20429', category: 'rate_limit', retryable: true },
    });
  });
});

describe('check', () => {
  it('says whose account it is', async () => {
    expect(await check()).toEqual({ as: 'Example forening', warnings: [] });
  });

  it('warns of a suspended account, a trial, and a token that can do everything', async () => {
    Object.assign(twilio.account, { status: 'suspended', type: 'Trial' });
    expect((await check({ sid: twilio.accountSid }))?.warnings).toEqual([
      'The account is suspended; nothing is sent for it.',
      'The account is a trial: it sends to verified numbers only.',
      'The credential is the account’s own token, which can do everything. An API key would do.',
    ]);
  });

  it('says of a wrong secret that it is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({ secret: 'another-secret-of-ours' }));
    expect(failure).toMatchObject({ status: 401, diagnosis: { code: '20003', category: 'auth' } });
    expect(JSON.stringify(failure)).not.toContain('another-secret-of-ours');
  });

  it('goes to addresses of Twilio only', () => {
    const at = (baseUrl: string): boolean => settings.safeParse({ accountSid: twilio.accountSid, baseUrl }).success;
    expect(['https://api.dublin.ie1.twilio.com', 'https://twilio.com.example.org'].map(at)).toEqual([true, false]);
  });
});
