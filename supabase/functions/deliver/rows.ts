import { z } from 'zod';
import { noticeSchema } from '../_kit/messages/notice.ts';

/** Who a row is; without these it cannot even be settled. */
export const identitySchema = z.object({ org_id: z.string().min(1), delivery_id: z.guid(), token: z.guid() });
export type Identity = z.output<typeof identitySchema>;

/** What a channel sends, written once before the first sending and the same at every further one. */
export const payloadSchema = z.object({ subject: z.string().min(1), text: z.string().min(1), html: z.string().min(1) });
export type Payload = z.output<typeof payloadSchema>;

const claimedSchema = identitySchema.extend({
  channel: z.string().min(1),
  address: z.string().min(1),
  locale: z.enum(['nb', 'en']),
  /** The key of those to be sent in one request with it. */
  batch_id: z.guid().nullable().default(null),
  /** Counts this one, from 1. */
  attempt: z.number().int().nonnegative(),
});
const freshSchema = claimedSchema.extend({ notice: noticeSchema, frozen: z.null().default(null) });
// What was put into words once needs no notice any more.
const knownSchema = claimedSchema.extend({ frozen: payloadSchema });

/** One claimed delivery. */
export type Delivery = z.output<typeof freshSchema> | z.output<typeof knownSchema>;

/** Reads a row of `claim_deliveries`. */
export function readDelivery(row: unknown): { success: true; data: Delivery } | { success: false; error: z.ZodError } {
  const known = knownSchema.safeParse(row);
  return known.success ? known : freshSchema.safeParse(row);
}

/** What `freeze_deliveries` answers: the texts that were first. */
export const frozenSchema = z.array(z.object({ delivery_id: z.guid(), frozen: payloadSchema }));

/** What became of one claimed delivery, as `settle_deliveries` takes it. */
export type Outcome = Identity & {
  outcome: 'sent' | 'retry' | 'refused' | 'apart';
  provider_id?: string;
  error?: string;
  retry_after_seconds?: number;
};
