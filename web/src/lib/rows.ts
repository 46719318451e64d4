import * as z from 'zod/mini';
import { Calendar } from './schedule.ts';

// Everything the page reads is parsed, once: here what every page reads, in record-rows.ts and manage-rows.ts what some do. Words that may
// grow on the server (status, rule, category) stay strings: an unknown one is shown as it is, rather than taking the page down.

export const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
export const count = z.pipe(z.nullish(z.number()), z.transform((n) => n ?? 0));
export const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'not a time'));
export const maybe = z.nullish(z.string());
export const maybeInstant = z.nullish(instant);
export const amounts = z.pipe(
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
  /** The server's clock when it answered. */
  server_now: instant,
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
  calendar: z.nullish(Calendar),
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
  /** What a look at address and credential found the last time. */
  checked_at: maybeInstant,
  checked_as: maybe,
  check_warnings: z.pipe(z.nullish(z.array(z.string())), z.transform((list) => list ?? [])),
  check_error: maybe,
  credential_set_at: maybeInstant,
  credential_expires_at: maybeInstant,
});
export type IntegrationRow = z.output<typeof IntegrationRow>;

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
  /** What a person did about a correction. */
  news: z.nullish(z.object({ by: z.string(), records: count, agreed: z.nullish(z.boolean()), reason: maybe })),
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
