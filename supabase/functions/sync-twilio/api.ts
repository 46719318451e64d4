import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped, unexpected } from '../_kit/payload.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

const account = z.object({ friendly_name: z.string(), status: z.string(), type: z.string().nullish() });
const usage = z.object({
  usage_records: z.array(
    z.object({ category: z.string(), start_date: z.string(), price: z.coerce.number(), price_unit: z.string(), count: z.coerce.number() }),
  ),
  next_page_uri: z.string().nullish(),
});
const messages = z.object({
  messages: z.array(z.object({ direction: z.string(), status: z.string(), error_code: z.union([z.int(), z.string()]).nullish() })),
  next_page_uri: z.string().nullish(),
});

/** One day of one category: what it cost, in the account's own currency, and how often it was used. */
export type UsageDay = { day: string; price: number; count: number };
export type Message = { status: string; code: string | null };

async function call({ settings, credential: { sid, secret }, http }: Context, path: string): Promise<HttpResponse> {
  const authorization = `Basic ${Buffer.from(`${sid}:${secret}`).toString('base64')}`;
  return http.send({ url: `${settings.baseUrl.replace(/\/+$/, '')}${path}`, headers: { authorization } });
}

const pathOf = ({ settings: { accountSid } }: Context, rest: string): string => `/2010-04-01/Accounts/${accountSid}${rest}`;

/** https://www.twilio.com/docs/iam/api/account */
export async function accountOf(ctx: Context): Promise<z.infer<typeof account>> {
  return shaped(ctx.http, await call(ctx, pathOf(ctx, '.json')), account);
}

/** Days from the first to the last, both included: https://www.twilio.com/docs/usage/api/usage-record */
export async function usageOf(ctx: Context, category: string, first: string, last: string): Promise<UsageDay[]> {
  const asked = new URLSearchParams({ Category: category, StartDate: first, EndDate: last, PageSize: '1000' });
  const days: UsageDay[] = [];
  let path: string | null = pathOf(ctx, `/Usage/Records/Daily.json?${asked.toString()}`);
  while (path !== null) {
    const response = await call(ctx, path);
    const page = shaped(ctx.http, response, usage);
    days.push(
      ...page.usage_records.filter((one) => one.category === category).map(({ start_date: day, price, count }) => ({ day, price, count })),
    );
    path = following(ctx, response, path, page.next_page_uri);
  }
  return days;
}

const PAGES = 5;

/**
 * What was sent out since, the latest first; at most 5 000 messages are looked at.
 * https://www.twilio.com/docs/messaging/api/message-resource
 */
export async function messagesSince(ctx: Context, since: Date): Promise<Message[]> {
  const asked = new URLSearchParams({ 'DateSent>': `${since.toISOString().slice(0, 19)}Z`, PageSize: '1000' });
  const sent: Message[] = [];
  let path: string | null = pathOf(ctx, `/Messages.json?${asked.toString()}`);
  for (let page = 0; page < PAGES && path !== null; page += 1) {
    const response = await call(ctx, path);
    const { messages: found, next_page_uri: next } = shaped(ctx.http, response, messages);
    for (const { direction, status, error_code: code } of found) {
      if (direction.startsWith('outbound')) sent.push({ status, code: code === null || code === undefined ? null : String(code) });
    }
    path = following(ctx, response, path, next);
  }
  return sent;
}

/** The next page is a path on the same address, of the same account, and another one. */
function following(ctx: Context, response: HttpResponse, path: string, next: string | null | undefined): string | null {
  if (!next) return null;
  if (!next.startsWith(pathOf(ctx, '/')) || next === path) throw unexpected(ctx.http, response, 'the next page is none');
  return next;
}
