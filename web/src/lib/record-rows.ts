import * as z from 'zod/mini';
import { amounts, count, id, instant, maybe, maybeInstant } from './rows.ts';

// What the pages of an integration read.

export const Run = z.object({
  org_id: id,
  integration_id: id,
  id,
  status: z.string(),
  trigger: z.string(),
  requested_by_name: maybe,
  due_at: maybeInstant,
  started_at: maybeInstant,
  finished_at: maybeInstant,
  duration_ms: z.nullish(z.number()),
  selected: count,
  exported: count,
  accepted: count,
  failed: count,
  retrying: count,
  skipped: count,
  uncertain: count,
  error_code: maybe,
  error_field: maybe,
  error_message: maybe,
  error_category: maybe,
  error_status: z.nullish(z.number()),
  slices: count,
  retry_id: z.nullish(id),
});
export type Run = z.output<typeof Run>;

export const Cause = z.object({
  integration_id: id,
  id,
  code: maybe,
  field: maybe,
  payload_field: maybe,
  template: maybe,
  sample: maybe,
  category: maybe,
  first_seen: maybeInstant,
  last_seen: maybeInstant,
  open_records: count,
  amounts,
  offending_values: count,
  offending: z.pipe(
    z.nullish(z.array(z.object({ value: z.nullable(z.string()), records: z.number() }))),
    z.transform((list) => (list ?? []).flatMap(({ value, records }) => (value === null ? [] : [{ value, records }]))),
  ),
});
export type Cause = z.output<typeof Cause>;

/** What helped the last time a cause was met. */
export const CauseFix = z.object({
  cause_id: id,
  fixed_cause_id: id,
  how: z.string(),
  at: instant,
  record_id: id,
  record_name: maybe,
  by_name: maybe,
  refused_at: maybeInstant,
  field: maybe,
  before: maybe,
  after: maybe,
  fields: count,
  reason: maybe,
});
export type CauseFix = z.output<typeof CauseFix>;

const recordColumns = {
  integration_id: id,
  id,
  source_type: z.string(),
  source_id: z.string(),
  label: maybe,
  state: z.string(),
  amount: maybe,
  currency: maybe,
  occurred_on: maybe,
  cause_id: z.nullish(id),
  error_code: maybe,
  error_field: maybe,
  error_value: maybe,
  error_message: maybe,
  error_category: maybe,
  error_status: z.nullish(z.number()),
  failed_at: maybeInstant,
  attempts: count,
  next_attempt_at: maybeInstant,
  run_id: z.nullish(id),
};

export const FailedRecord = z.object({ ...recordColumns, failed_at: instant, payload_field: maybe });
export type FailedRecord = z.output<typeof FailedRecord>;

/** A record that waits for its turn, so without a failure of its own. */
export const WaitingRecord = z.object({
  id, source_id: z.string(), label: maybe, state: z.string(), amount: maybe, currency: maybe, occurred_on: maybe, created_at: maybeInstant,
});
export type WaitingRecord = z.output<typeof WaitingRecord>;

export const RecordDetail = z.object({
  ...recordColumns,
  payload: z.unknown(),
  version: count,
  external_id: maybe,
  created_at: maybeInstant,
  idempotency_key: maybe,
});
export type RecordDetail = z.output<typeof RecordDetail>;

export const RunDedupe = z.object({ dedupe: z.string() });

/** A record that was in trouble and is not any more. */
export const ClosedRecord = z.object({
  id, source_id: z.string(), label: maybe, state: z.string(), amount: maybe, currency: maybe, closed_at: instant, by_person: z.boolean(),
  closed_by_name: maybe, closed_reason: maybe, run_id: z.nullish(id),
});
export type ClosedRecord = z.output<typeof ClosedRecord>;

export const Attempt = z.object({
  id,
  record_id: id,
  run_id: z.nullish(id),
  at: instant,
  outcome: z.string(),
  status: z.nullish(z.number()),
  code: maybe,
  field: maybe,
  message: maybe,
  category: maybe,
  request_id: maybe,
  response: z.unknown(),
});
export type Attempt = z.output<typeof Attempt>;

export const Retry = z.object({
  integration_id: id,
  id,
  scope: z.string(),
  requested_by_name: maybe,
  requested_at: instant,
  state: z.string(),
  run_id: z.nullish(id),
  records: count,
  exported: count,
  failed: count,
  remaining: count,
  is_own: z.nullish(z.boolean()),
  mapping: z.nullish(z.array(z.object({ field: z.string(), from: maybe, to: z.string() }))),
  edited: z.boolean(),
  approved_by_name: maybe,
  approved_at: maybeInstant,
  ended_by_person: z.boolean(),
  ended_by_name: maybe,
  ended_reason: maybe,
  resume_at: maybeInstant,
  refused: z.nullish(z.object({ id, label: maybe, source_id: z.string(), message: maybe })),
});
export type Retry = z.output<typeof Retry>;
