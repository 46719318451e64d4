import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../supabase/functions/_kit/connector.ts';
import { ses } from '../../supabase/functions/sync-ses/connector.ts';
import { credential, settings } from '../../supabase/functions/sync-ses/settings.ts';
import { failureOf, localHttp, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startSes } from '../simulators/ses.ts';
import type { SesOptions, SesSimulator } from '../simulators/ses.ts';

let clock: TestClock;
let aws: SesSimulator;
let connector: ReturnType<typeof ses>;

function context(own: Record<string, unknown> = {}, secretAccessKey = aws.secret()) {
  return {
    settings: settings.parse({ region: 'eu-north-1', baseUrl: aws.url, configurationSets: ['digest'], ...own }),
    credential: credential.parse({ accessKeyId: aws.accessKeyId, secretAccessKey }),
    http: localHttp('ses', clock, [secretAccessKey], 5_000),
  };
}

async function start(more: Partial<SesOptions> = {}): Promise<void> {
  clock = testClock();
  aws = await startSes({ clock, ...more });
  connector = ses(clock);
}

const measured = async (own: Record<string, unknown> = {}): Promise<Signal[]> => (await connector.signals?.(context(own), clock())) ?? [];
const named = (signals: Signal[], name: string, about?: string): Signal | undefined =>
  signals.find((one) => one.name === name && one.about === about);
const check = async (own: Record<string, unknown> = {}, secret?: string) => connector.check?.(context(own, secret));

beforeEach(() => start());
afterEach(() => aws.stop());

describe('what SES tells', () => {
  it('is a bounce rate of 4.3 % on digests, past its warning, while the account as a whole is well', async () => {
    aws.send('2017-02-27T06:00:00Z', { sent: 1_000, bounced: 43, complained: 0 }, 'digest');
    aws.send('2017-02-27T07:00:00Z', { sent: 9_000, bounced: 9, complained: 1 });
    const signals = await measured();
    expect(named(signals, 'bounce_rate', 'digest')).toEqual({
      name: 'bounce_rate',
      value: 4.3,
      unit: 'percent',
      warning: 3,
      critical: 5,
      at: '2017-03-01T08:00:00.000Z',
      about: 'digest',
    });
    expect(named(signals, 'bounce_rate')).toMatchObject({ value: 0.52, warning: 3 });
    expect(named(signals, 'complaint_rate')).toMatchObject({ value: 0.01, warning: 0.08, critical: 0.1 });
    expect(named(signals, 'emails_sent')).toMatchObject({ value: 10_000 });
  });

  it('is taken over the days asked for', async () => {
    aws.send('2017-02-20T07:00:00Z', { sent: 1_000, bounced: 900, complained: 0 }, 'digest');
    aws.send('2017-02-27T07:00:00Z', { sent: 1_000, bounced: 10, complained: 0 }, 'digest');
    expect(named(await measured(), 'bounce_rate', 'digest')?.value).toBe(1);
    expect(named(await measured(), 'bounce_rate')?.value).toBe(1);
    expect(named(await measured({ days: 14 }), 'bounce_rate')?.value).toBe(45.5);
  });

  it('is no rate where hardly anything was sent', async () => {
    aws.send('2017-02-27T07:00:00Z', { sent: 2, bounced: 1, complained: 1 }, 'digest');
    const signals = await measured();
    expect(named(signals, 'emails_sent', 'digest')).toMatchObject({ value: 2 });
    expect(signals.filter(({ name }) => name.endsWith('_rate'))).toEqual([]);
  });

  it('is how much of the quota is used, unless there is none', async () => {
    aws.account.SendQuota = { Max24HourSend: 1_000, SentLast24Hours: 850 };
    expect(named(await measured(), 'quota_used')).toMatchObject({ value: 85, warning: 80, critical: 95 });
    aws.account.SendQuota = { Max24HourSend: -1, SentLast24Hours: 850 };
    expect(named(await measured(), 'quota_used')).toBeUndefined();
  });

  it.each([
    ['stopped by AWS', { EnforcementStatus: 'SHUTDOWN' }, 1, 0],
    ['switched off', { SendingEnabled: false }, 1, 0],
    ['under review', { EnforcementStatus: 'PROBATION' }, 0, 1],
    ['well', {}, 0, 0],
  ])('is whether the account is %s', async (_, state, stopped, review) => {
    Object.assign(aws.account, state);
    const signals = await measured();
    expect(named(signals, 'sending_stopped')).toMatchObject({ value: stopped, critical: 0 });
    expect(named(signals, 'under_review')).toMatchObject({ value: review, warning: 0 });
  });

  it('is how many addresses were given up, page by page, and never which', async () => {
    await aws.stop();
    await start({ pageSize: 2 });
    for (let index = 0; index < 5; index += 1) aws.suppress(`reader${index}@example.org`, 'BOUNCE', '2017-02-28T00:00:00.000Z');
    aws.suppress('reader9@example.org', 'COMPLAINT', '2017-02-28T00:00:00.000Z');
    aws.suppress('reader8@example.org', 'BOUNCE', '2017-01-01T00:00:00.000Z');
    const signals = await measured();
    expect([named(signals, 'newly_suppressed', 'bounce')?.value, named(signals, 'newly_suppressed', 'complaint')?.value]).toEqual([5, 1]);
    expect(JSON.stringify(signals)).not.toContain('@');
  });

  it('is not made up where a configuration set cannot be measured', async () => {
    aws.account.VdmAttributes.VdmEnabled = 'DISABLED';
    expect(await failureOf(measured())).toMatchObject({ diagnosis: { message: expect.stringContaining('VDM is not enabled') as string } });
    expect(named(await measured({ configurationSets: [] }), 'quota_used')).toBeDefined();
  });

  it('takes a throttling for what it is', async () => {
    aws.faults.next('too_many');
    expect(await failureOf(measured())).toMatchObject({
      status: 429,
      diagnosis: { code: 'TooManyRequestsException', category: 'rate_limit', retryable: true },
    });
  });
});

describe('check', () => {
  it('says where we are let in', async () => {
    expect(await check()).toEqual({ as: 'SES in eu-north-1', warnings: [] });
  });

  it('warns of the sandbox, and of what cannot be told apart', async () => {
    aws.account.ProductionAccessEnabled = false;
    expect((await check({ configurationSets: [] }))?.warnings).toEqual([
      'The account is in the sandbox: it sends to verified addresses only.',
      'No configuration set is named: bounces can be told for the account as a whole only, not for a kind of mail.',
    ]);
    aws.account.VdmAttributes.VdmEnabled = 'DISABLED';
    expect((await check())?.warnings[1]).toContain('Virtual Deliverability Manager is off');
  });

  it('says of a wrong secret that the signature is wrong, and keeps it to itself', async () => {
    const failure = await failureOf(check({}, 'another-secret-access-key'));
    expect(failure).toMatchObject({ status: 403, diagnosis: { code: 'InvalidSignatureException', category: 'auth' } });
    expect(JSON.stringify(failure)).not.toContain('another-secret-access-key');
  });

  it('is refused when our clock is off', async () => {
    connector = ses(() => new Date(clock().getTime() - 600_000));
    expect(await failureOf(check())).toMatchObject({
      diagnosis: { message: expect.stringContaining('Signature expired') as string, category: 'auth' },
    });
  });

  it('goes to addresses of AWS only', () => {
    const at = (baseUrl: string): boolean => settings.safeParse({ region: 'eu-north-1', baseUrl }).success;
    expect(['https://email.eu-north-1.amazonaws.com', 'https://amazonaws.com.example.org'].map(at)).toEqual([true, false]);
  });

  it('is of a system that takes no records', () => {
    expect(connector.push).toBeUndefined();
  });
});
