import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped, unexpected } from '../_kit/payload.ts';
import { signedHeaders } from '../_kit/sigv4.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
/** AWS signs by the clock, so whoever calls has to know the time. */
export type Clock = () => Date;

const account = z.object({
  EnforcementStatus: z.string().nullish(),
  ProductionAccessEnabled: z.boolean().nullish(),
  SendingEnabled: z.boolean(),
  SendQuota: z.object({ Max24HourSend: z.number(), SentLast24Hours: z.number() }),
  VdmAttributes: z.object({ VdmEnabled: z.string().nullish() }).nullish(),
});
export type Account = z.infer<typeof account>;

const suppressed = z.object({ SuppressedDestinationSummaries: z.array(z.object({ Reason: z.string() })), NextToken: z.string().nullish() });
const metrics = z.object({
  Results: z.array(z.object({ Id: z.string(), Values: z.array(z.number()) })).default([]),
  Errors: z.array(z.object({ Id: z.string(), Message: z.string().nullish() })).default([]),
});

export type Sent = { sent: number; bounced: number; complained: number };

function call(ctx: Context, clock: Clock, path: string, body?: string, type = 'application/json'): Promise<HttpResponse> {
  const { region, baseUrl } = ctx.settings;
  const url = `${(baseUrl ?? `https://email.${region}.amazonaws.com`).replace(/\/+$/, '')}${path}`;
  const method = body === undefined ? 'GET' : 'POST';
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': type };
  return ctx.http.send({
    method,
    url,
    body,
    headers: signedHeaders({ method, url, body, headers, service: 'ses', region }, ctx.credential, clock()),
  });
}

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html */
export async function accountOf(ctx: Context, clock: Clock): Promise<Account> {
  return shaped(ctx.http, await call(ctx, clock, '/v2/email/account'), account);
}

/**
 * What was sent since, for the whole account. Only the older interface has it, which answers in XML:
 * https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
 */
export async function sentSince(ctx: Context, clock: Clock, since: Date): Promise<Sent> {
  const form = 'Action=GetSendStatistics&Version=2010-12-01';
  const response = await call(ctx, clock, '/', form, 'application/x-www-form-urlencoded');
  if (!/<GetSendStatisticsResult\s*\/?>/.test(response.body)) throw unexpected(ctx.http, response, 'no GetSendStatisticsResult');
  const total: Sent = { sent: 0, bounced: 0, complained: 0 };
  for (const [, member = ''] of response.body.matchAll(/<member>([\s\S]*?)<\/member>/g)) {
    const of = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(member)?.[1] ?? '';
    if (Date.parse(of('Timestamp')) < since.getTime()) continue;
    total.sent += Number(of('DeliveryAttempts'));
    total.bounced += Number(of('Bounces'));
    total.complained += Number(of('Complaints'));
  }
  return total;
}

const METRICS = { sent: 'SEND', bounced: 'PERMANENT_BOUNCE', complained: 'COMPLAINT' } as const;

/**
 * What was sent with a configuration set. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BatchGetMetricData.html
 * A metric that is missing is an error of the whole: a rate of half the numbers would be a lie.
 */
export async function sentWith(ctx: Context, clock: Clock, set: string, since: Date): Promise<Sent> {
  const [from, to] = [since, clock()].map((time) => Math.floor(time.getTime() / 1_000));
  const Queries = Object.values(METRICS).map((Metric) => ({
    Id: Metric.toLowerCase(),
    Namespace: 'VDM',
    Metric,
    Dimensions: { CONFIGURATION_SET: set },
    StartDate: from,
    EndDate: to,
  }));
  const response = await call(ctx, clock, '/v2/email/metrics/batch', JSON.stringify({ Queries }));
  const { Results, Errors } = shaped(ctx.http, response, metrics);
  const sumOf = (metric: string): number => {
    const result = Results.find(({ Id }) => Id === metric.toLowerCase());
    if (!result) throw unexpected(ctx.http, response, `no ${metric}: ${Errors[0]?.Message ?? 'not answered'}`);
    return result.Values.reduce((sum, value) => sum + value, 0);
  };
  return { sent: sumOf(METRICS.sent), bounced: sumOf(METRICS.bounced), complained: sumOf(METRICS.complained) };
}

const PAGES = 10;
const PAGE = 1_000;

/** How many addresses SES has stopped sending to since, by reason; at most 10 000 are counted. The addresses themselves are not kept. */
export async function suppressedSince(ctx: Context, clock: Clock, since: Date): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  let token: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const asked = new URLSearchParams({
      PageSize: String(PAGE),
      StartDate: since.toISOString(),
      ...(token === null ? {} : { NextToken: token }),
    });
    const response = await call(ctx, clock, `/v2/email/suppression/addresses?${asked.toString()}`);
    const { SuppressedDestinationSummaries: found, NextToken } = shaped(ctx.http, response, suppressed);
    for (const { Reason } of found) counted.set(Reason, (counted.get(Reason) ?? 0) + 1);
    token = NextToken ?? null;
    if (token === null) break;
  }
  return counted;
}
