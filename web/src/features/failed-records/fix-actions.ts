import * as z from 'zod/mini';
import { Retried, call, key, scopeArguments } from '../../lib/actions.ts';
import type { Correction, Scope } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const Content = z.record(z.string(), z.unknown());
const Nothing = z.unknown();

export const Preview = z.object({
  records: z.number(),
  corrected: z.number(),
  needs_approval: z.boolean(),
  sample: z.array(z.object({ id, source_id: z.string(), label: z.nullish(z.string()), version: z.number(), before: Content, after: Content })),
});
export type Preview = z.output<typeof Preview>;

/** What would be sent: by a retry yet to be asked for, or by one that waits for approval. */
export type PreviewOrder = { integration: string } & ({ scope: Scope; corrections: readonly Correction[] } | { retry: string });

/** Asks what a retry would send; nothing is stored. Throws `ApiError`. */
export const previewRetry = (client: Client, org: string, order: PreviewOrder): Promise<Preview> =>
  call(client, 'preview_retry', {
    org: key(org),
    integration: key(order.integration),
    ...('retry' in order ? { retry: key(order.retry) } : { ...scopeArguments(order.scope), corrections: order.corrections }),
  }, Preview);

export type EditOrder = {
  org: string; record: string; version: number; changes: Record<string, unknown>;
  amount: string | null; currency: string | null; occurredOn: string | null;
};

/** Sends one record again with these fields changed, unless somebody else has changed it since `version`. */
export const editRecord = (client: Client, { org, record, version, changes, amount, currency, occurredOn }: EditOrder) =>
  call(client, 'edit_record', {
    org: key(org), record: key(record), version, changes,
    ...(amount !== null && { amount }), ...(currency !== null && { currency }), ...(occurredOn !== null && { occurred_on: occurredOn }),
  }, Retried);

type OneRetry = { org: string; retry: string };

export const approveRetry = (client: Client, { org, retry }: OneRetry) =>
  call(client, 'approve_retry', { org: key(org), retry: key(retry) }, z.object({ records: z.number() }));

export const declineRetry = (client: Client, { org, retry, reason }: OneRetry & { reason: string }) =>
  call(client, 'decline_retry', { org: key(org), retry: key(retry), reason }, Nothing);

/** Answers how many were not sent and stay failed. */
export const stopRetry = (client: Client, { org, retry }: OneRetry) =>
  call(client, 'stop_retry', { org: key(org), retry: key(retry) }, z.object({ not_sent: z.number() }));

export const setApproveChanges = (client: Client, { org, required, reason }: { org: string; required: boolean; reason: string | null }) =>
  call(client, 'set_approve_changes', { org: key(org), required, reason }, Nothing);

/** Takes a dismissal back; answers how many records are open again. */
export const restoreRecords = (client: Client, { org, records }: { org: string; records: string[] }) =>
  call(client, 'restore_records', { org: key(org), records: records.map(key) }, z.number());

const Dismissed = z.object({ dismissed: z.number(), left: z.number() });

/** Dismisses all failed records that match, part by part; answers how many. */
export async function dismissMatching(client: Client, order: { org: string; integration: string; scope: Scope; reason: string }): Promise<number> {
  const { scope: _, records: __, ...filter } = { records: null, ...scopeArguments(order.scope) };
  let total = 0;
  for (;;) {
    const { dismissed, left } = await call(client, 'dismiss_matching', {
      org: key(order.org), integration: key(order.integration), reason: order.reason, ...filter,
    }, Dismissed);
    total += dismissed;
    if (left === 0 || dismissed === 0) return total;
  }
}
