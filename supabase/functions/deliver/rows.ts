import { z } from 'zod';
import { noticeSchema } from '../_kit/messages/notice.ts';

/** Who a row is; without these it cannot even be settled. */
export const identitySchema = z.object({ org_id: z.string().min(1), delivery_id: z.guid(), token: z.guid() });
export type Identity = z.output<typeof identitySchema>;

/** What a channel sends, written once before the first sending and the same at every further one. */
export const payloadSchema = z.object({ subject: z.string().min(1), text: z.string().min(1), html: z.string().min(1) });
export type Payload = z.output<typeof payloadSchema>;

/** One claimed delivery. `attempt` counts this one, from 1. */
export const deliverySchema = identitySchema.extend({
  channel: z.string().min(1),
  address: z.string().min(1),
  locale: z.enum(['nb', 'en']),
  notice: noticeSchema,
  frozen: payloadSchema.nullable().default(null),
  attempt: z.number().int().nonnegative(),
});
export type Delivery = z.output<typeof deliverySchema>;

/** What became of one claimed delivery, as `settle_deliveries` takes it. */
export type Outcome = Identity & {
  outcome: 'sent' | 'retry' | 'refused';
  provider_id?: string;
  error?: string;
  retry_after_seconds?: number;
};
