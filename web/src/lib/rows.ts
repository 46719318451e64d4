import * as z from 'zod/mini';

// Everything the page reads is parsed here, once. Words that may grow on the server (status, rule, category) stay strings:
// an unknown one is shown as it is, rather than taking the page down.

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const count = z.pipe(z.nullish(z.number()), z.transform((n) => n ?? 0));
const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'not a time'));
const maybe = z.nullish(z.string());
const maybeInstant = z.nullish(instant);
const amounts = z.pipe(
  z.nullish(z.array(z.object({ currency: z.string(), amount: z.string(), records: z.number() }))),
  z.transform((list) => list ?? []),
);

export const Organization = z.object({
  id,
  slug: z.string(),
  name: z.string(),
  time_zone: z.string(),
  currency: maybe,
  role: z.enum(['owner', 'admin', 'viewer']),
  locale: z.enum(['nb', 'en']),
  next_cutoff: maybeInstant,
  /** Whether changed amounts, accounts and dates need a second person's yes, and how many others could give it. */
  approve_changes: z.boolean(),
  other_approvers: count,
});
export type Organization = z.output<typeof Organization>;

export const Finding = z.object({
  rule: z.string(),
  subject: maybe,
  severity: z.string(),
  since: maybeInstant,
  evidence: z.nullish(z.record(z.string(), z.unknown())),
});
export type Finding = z.output<typeof Finding>;

const RecentRun = z.object({
  id,
  status: z.string(),
  finished_at: maybeInstant,
  selected: count,
  exported: count,
  failed: count,
  duration_ms: z.nullish(z.number()),
});
export type RecentRun = z.output<typeof RecentRun>;

export const IntegrationRow = z.object({
  org_id: id,
  integration_id: id,
  slug: z.string(),
  name: z.string(),
  system: z.string(),
  direction: z.string(),
  enabled: z.boolean(),
  every_minutes: z.nullish(z.number()),
  credential_keys: z.array(z.string()),
  health: z.catch(z.enum(['green', 'yellow', 'red', 'grey']), 'grey'),
  health_since: maybeInstant,
  reason: z.nullish(Finding),
  findings: z.pipe(z.nullish(z.array(Finding)), z.transform((list) => list ?? [])),
  monitor_late: z.boolean(),
  evaluated_at: maybeInstant,
  last_run: z.nullish(z.object({
    id,
    status: z.string(),
    trigger: z.string(),
    started_at: maybeInstant,
    finished_at: maybeInstant,
    selected: count,
    exported: count,
    failed: count,
    error_message: maybe,
  })),
  last_success_at: maybeInstant,
  next_due_at: maybeInstant,
  active_run: z.nullish(z.object({
    id, status: z.string(), trigger: z.string(), started_at: maybeInstant, selected: count, done: count,
  })),
  open_failed: count,
  open_retrying: count,
  open_uncertain: count,
  open_accepted: count,
  open_queued: count,
  open_dead: count,
  /** Changes that wait for a second person's yes. */
  asked_retries: count,
  next_retry_at: maybeInstant,
  amounts_open: amounts,
  recent_runs: z.pipe(z.nullish(z.array(RecentRun)), z.transform((list) => list ?? [])),
  /** The last 7 days, two hours a letter. */
  week: maybe,
});
export type IntegrationRow = z.output<typeof IntegrationRow>;

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

const Notice = z.object({
  kind: maybe,
  alarm: maybe,
  since: maybe,
  failures: z.nullish(z.number()),
  error: z.nullish(z.object({ message: maybe, code: maybe, field: maybe, status: z.nullish(z.number()) })),
  cause: z.nullish(z.object({ id, message: maybe, field: maybe, records: z.nullish(z.number()) })),
  failed: z.nullish(z.number()),
  open_failed: z.nullish(z.number()),
  amounts,
});

export const Notification = z.object({
  id,
  incident_id: z.nullish(id),
  integration_id: z.nullish(id),
  integration_slug: maybe,
  integration_name: maybe,
  kind: z.string(),
  severity: maybe,
  notice: z.pipe(z.nullish(Notice), z.transform((notice) => notice ?? null)),
  created_at: instant,
  read_at: maybeInstant,
});
export type Notification = z.output<typeof Notification>;
