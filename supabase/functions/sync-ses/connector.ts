import type { Checked, ReadConnector, Signal } from '../_kit/connector.ts';
import { accountOf, sentSince, sentWith, suppressedSince } from './api.ts';
import type { Account, Clock, Context, Sent } from './api.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const DAY = 86_400_000;
const percentOf = (part: number, whole: number): number => Math.round((part / whole) * 100_000) / 1_000;

/** Rates over too few messages are left out: one bounce of two is no rate. Without bounds a number is only shown. */
function ratesOf({ sent, bounced, complained }: Sent, set: Settings, at: string, about?: string): Signal[] {
  const own = { at, ...(about === undefined ? {} : { about }) };
  const volume: Signal = { name: 'emails_sent', value: sent, unit: 'count', ...own };
  if (sent < set.leastSent) return [volume];
  return [
    volume,
    { name: 'bounce_rate', value: percentOf(bounced, sent), unit: 'percent', ...set.bounceRate, ...own },
    { name: 'complaint_rate', value: percentOf(complained, sent), unit: 'percent', ...set.complaintRate, ...own },
  ];
}

function stateOf({ SendingEnabled, EnforcementStatus, SendQuota }: Account, { quotaUsed }: Settings, at: string): Signal[] {
  const { Max24HourSend: most, SentLast24Hours: sent } = SendQuota;
  const stopped = !SendingEnabled || EnforcementStatus === 'SHUTDOWN';
  return [
    { name: 'sending_stopped', value: stopped ? 1 : 0, unit: 'count', critical: 0, at },
    { name: 'under_review', value: EnforcementStatus === 'PROBATION' ? 1 : 0, unit: 'count', warning: 0, at },
    // -1 is no limit.
    ...(most > 0 ? [{ name: 'quota_used', value: percentOf(sent, most), unit: 'percent', ...quotaUsed, at } satisfies Signal] : []),
  ];
}

async function signals(ctx: Context, at: Date): Promise<Signal[]> {
  const clock: Clock = () => at;
  const { settings: set } = ctx;
  const since = new Date(at.getTime() - set.days * DAY);
  const time = at.toISOString();
  const found = stateOf(await accountOf(ctx, clock), set, time);
  found.push(...ratesOf(await sentSince(ctx, clock, since), set, time));
  for (const name of set.configurationSets) found.push(...ratesOf(await sentWith(ctx, clock, name, since), set, time, name));
  const counted = await suppressedSince(ctx, clock, since);
  for (const reason of ['BOUNCE', 'COMPLAINT']) {
    found.push({ name: 'newly_suppressed', value: counted.get(reason) ?? 0, unit: 'count', at: time, about: reason.toLowerCase() });
  }
  return found;
}

async function check(clock: Clock, ctx: Context): Promise<Checked> {
  const { ProductionAccessEnabled, SendingEnabled, EnforcementStatus, VdmAttributes } = await accountOf(ctx, clock);
  const { configurationSets, region } = ctx.settings;
  const warnings = [
    ...(ProductionAccessEnabled === false ? ['The account is in the sandbox: it sends to verified addresses only.'] : []),
    ...(SendingEnabled ? [] : ['Sending is switched off for the account.']),
    ...(EnforcementStatus === 'PROBATION' ? ['AWS has the account under review; it may be stopped.'] : []),
    ...(EnforcementStatus === 'SHUTDOWN' ? ['AWS has stopped the account.'] : []),
    ...(configurationSets.length === 0
      ? ['No configuration set is named: bounces can be told for the account as a whole only, not for a kind of mail.']
      : []),
    ...(configurationSets.length > 0 && VdmAttributes?.VdmEnabled !== 'ENABLED'
      ? ['The Virtual Deliverability Manager is off, so nothing can be told of a single configuration set.']
      : []),
  ];
  return { as: `SES in ${region}`, warnings };
}

/**
 * How mail sent with Amazon SES arrives: bounces and complaints of the account and of each configuration set, the quota, and how many
 * addresses SES gave up. AWS puts an account under review from 5 % bounces or 0.1 % complaints, and may stop it from 10 % or 0.5 %:
 * https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
 */
export function ses(clock: Clock): ReadConnector<Settings, Credential> {
  return {
    system: 'ses',
    title: 'Amazon SES',
    docs: 'https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html',
    settings,
    credential,
    credentialKind: 'sigv4',
    // Most of these operations may be called once a second.
    rate: { requests: 1, perSeconds: 1, concurrent: 1 },
    check: (ctx) => check(clock, ctx),
    signals,
  };
}

export const connector = ses(() => new Date());
