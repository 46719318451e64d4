import { z } from 'zod';
import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { prepare, shaped } from '../_kit/payload.ts';
import { call, idOf } from './api.ts';
import type { Context } from './api.ts';
import { entryOf, keyOf } from './entry.ts';

const PAGE = 1_000;

const voucher = z.object({ id: z.number(), externalVoucherNumber: z.string().nullish() });
const slip = z.object({
  id: z.number(),
  transaction: z.object({ id: z.number() }).nullish(),
  specifications: z.array(z.object({ description: z.string().nullish() })),
});

/** Down to the page that is empty: a page may hold fewer than were asked for, and the size given for the whole is not exact. */
async function* search<T>(sessions: TokenCache, ctx: Context, path: string, by: Record<string, string>, one: z.ZodType<T>): AsyncGenerator<T> {
  for (let from = 0; ;) {
    const query = new URLSearchParams({ ...by, from: String(from), count: String(PAGE) });
    const { values } = shaped(ctx.http, await call(ctx, sessions, `${path}?${query.toString()}`), z.object({ values: z.array(one) }));
    yield* values;
    if (values.length === 0) return;
    from += values.length;
  }
}

/**
 * By its number first. The vendor describes that search as one for imported vouchers, so where it finds none the vouchers of the day
 * are gone through as well, and with `sendToLedger` off those that wait for approval: only then is it not there.
 */
export async function findVoucher(sessions: TokenCache, ctx: Context, record: OutgoingRecord): Promise<Outcome | null> {
  const key = keyOf(record, 'voucher');
  const held = await searched(sessions, ctx, 'ledger/voucher/>externalVoucherNumber', { externalVoucherNumber: key }, key);
  const prepared = prepare(record, () => entryOf(record, ctx.settings));
  // What cannot be written was never sent.
  if (held !== null || 'refused' in prepared) return held;
  const dateFrom = prepared.ready.date;
  const day = { dateFrom, dateTo: new Date(Date.parse(`${dateFrom}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10) };
  return await searched(sessions, ctx, 'ledger/voucher', day, key)
    ?? (ctx.settings.sendToLedger ? null : await searched(sessions, ctx, 'ledger/voucher/>nonPosted', { ...day, includeNonApproved: 'true' }, key));
}

async function searched(sessions: TokenCache, ctx: Context, path: string, by: Record<string, string>, key: string): Promise<Outcome | null> {
  for await (const one of search(sessions, ctx, path, { ...by, fields: 'id,externalVoucherNumber' }, voucher)) {
    if (one.externalVoucherNumber === key) return { state: 'exported', externalId: String(one.id) };
  }
  return null;
}

/** Among the employee's pay slips of the year, the one with a line whose text ends in our key. */
export async function findSlip(sessions: TokenCache, ctx: Context, record: OutgoingRecord): Promise<Outcome | null> {
  const prepared = prepare(record, () => entryOf(record, ctx.settings));
  if ('refused' in prepared) return null;
  const { date, numbers, key } = prepared.ready;
  const number = numbers.find(({ target }) => target === 'employee')?.number ?? '';
  const employee = await idOf(ctx, sessions, 'employee', number);
  if (employee === null) return null;
  const year = Number(date.slice(0, 4));
  const by = { employeeId: String(employee), yearFrom: String(year), yearTo: String(year + 1), fields: 'id,transaction(id),specifications(description)' };
  for await (const { id, transaction, specifications } of search(sessions, ctx, 'salary/payslip', by, slip)) {
    const isOurs = specifications.some(({ description }) => description?.endsWith(`[${key}]`));
    if (isOurs) return { state: 'exported', externalId: String(transaction?.id ?? id) };
  }
  return null;
}
