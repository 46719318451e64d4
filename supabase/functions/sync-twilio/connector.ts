import type { Checked, ReadConnector, Signal } from '../_kit/connector.ts';
import { accountOf, messagesSince, usageOf } from './api.ts';
import type { Context, Message } from './api.ts';
import { standingOf } from './baseline.ts';
import { credential, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const DAY = 86_400_000;

/** Twilio's days are days in GMT; the last whole one is yesterday. */
const dayBefore = (at: Date, days: number): string => new Date(at.getTime() - days * DAY).toISOString().slice(0, 10);

async function costs(ctx: Context, category: string, at: Date): Promise<Signal[]> {
  const { spike } = ctx.settings;
  const yesterday = dayBefore(at, 1);
  const days = new Map((await usageOf(ctx, category, dayBefore(at, spike.days + 1), yesterday)).map((one) => [one.day, one]));
  const last = days.get(yesterday) ?? { price: 0, count: 0 };
  // A day without usage may be left out of the list; it cost nothing. Days before the first use say nothing.
  const known = [...days.keys()].sort()[0] ?? yesterday;
  const before: number[] = [];
  for (let back = 2; back <= spike.days + 1; back += 1) {
    const day = dayBefore(at, back);
    if (day >= known) before.push(days.get(day)?.price ?? 0);
  }
  const own = { at: at.toISOString(), about: category };
  const found: Signal[] = [
    { name: 'daily_cost', value: last.price, unit: 'amount', ...own },
    { name: 'daily_usage', value: last.count, unit: 'count', ...own },
  ];
  const standing = standingOf(last.price, before, spike.least);
  // Inside the normal spread it is a number like any other, and no finding.
  const bounds = standing?.isSpike ? { warning: spike.warning, critical: spike.critical } : {};
  if (standing) found.push({ name: 'cost_above_usual', value: standing.percentAbove, unit: 'percent', ...bounds, ...own });
  return found;
}

const hasFailed = ({ status }: Message): boolean => status === 'failed' || status === 'undelivered';

async function deliveries(ctx: Context, at: Date): Promise<Signal[]> {
  const { failureRate, leastSent } = ctx.settings;
  const time = at.toISOString();
  const sent = await messagesSince(ctx, new Date(at.getTime() - DAY));
  const judged = sent.filter((one) => hasFailed(one) || one.status === 'delivered' || one.status === 'sent' || one.status === 'read');
  const failed = judged.filter(hasFailed);
  const found: Signal[] = [{ name: 'messages_looked_at', value: sent.length, unit: 'count', at: time }];
  if (judged.length >= leastSent) {
    const value = Math.round((failed.length / judged.length) * 1_000) / 10;
    found.push({ name: 'delivery_failure_rate', value, unit: 'percent', ...failureRate, at: time });
  }
  const byCode = Map.groupBy(failed, ({ code }) => code ?? 'no code');
  for (const [about, ones] of [...byCode].sort((a, b) => b[1].length - a[1].length).slice(0, 10)) {
    found.push({ name: 'delivery_errors', value: ones.length, unit: 'count', at: time, about });
  }
  return found;
}

async function signals(ctx: Context, at: Date): Promise<Signal[]> {
  const found: Signal[] = [];
  for (const category of ctx.settings.categories) found.push(...await costs(ctx, category, at));
  return [...found, ...await deliveries(ctx, at)];
}

async function check(ctx: Context): Promise<Checked> {
  const { friendly_name: as, status, type } = await accountOf(ctx);
  return {
    as,
    warnings: [
      ...(status === 'active' ? [] : [`The account is ${status}; nothing is sent for it.`]),
      ...(type === 'Trial' ? ['The account is a trial: it sends to verified numbers only.'] : []),
      ...(ctx.credential.sid.startsWith('AC')
        ? ['The credential is the account’s own token, which can do everything. An API key would do.']
        : []),
    ],
  };
}

/** What a Twilio account uses and costs by category, a spike against its own days before, and deliveries that fail, by code. */
export const connector: ReadConnector<Settings, Credential> = {
  system: 'twilio',
  title: 'Twilio',
  docs: 'https://www.twilio.com/docs/usage/api/usage-record',
  settings,
  credential,
  credentialKind: 'basic',
  check,
  signals,
};
