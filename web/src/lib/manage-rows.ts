import * as z from 'zod/mini';
import { id, instant, maybe, maybeInstant } from './rows.ts';
import { Calendar } from './schedule.ts';

// What the pages read on which people manage an organization; see rows.ts for the rest.

const maybeId = z.nullish(id);

export const Configuration = z.object({
  integration_id: id,
  name: z.string(),
  every_minutes: z.nullish(z.number()),
  calendar: z.nullish(Calendar),
  next_due_at: instant,
  updated_at: z.string(),
  changed_by: maybe,
  credential_keys: z.array(z.string()),
  credential_set_at: maybeInstant,
  credential_set_by: maybe,
  credential_expires_at: maybeInstant,
  settings: z.array(z.object({ name: z.string(), value: z.unknown(), address: z.boolean() })),
  thresholds: z.array(z.object({
    name: z.string(), value: z.nullish(z.number()), preset: z.nullish(z.number()), lowest: z.number(), highest: z.number(),
  })),
  next_runs: z.array(instant),
});
export type Configuration = z.output<typeof Configuration>;

export const Maintenance = z.object({
  id,
  integration_id: maybeId,
  integration_name: maybe,
  integration_slug: maybe,
  starts_at: instant,
  ends_at: instant,
  reason: z.string(),
  created_by_name: maybe,
  state: z.enum(['running', 'planned', 'past']),
  held_alerts: z.number(),
  cutoff_at: maybeInstant,
  series: maybe,
});
export type Maintenance = z.output<typeof Maintenance>;

export const MaintenancePreview = z.object({
  windows: z.number(), cutoffs: z.number(), next: z.array(z.object({ starts_at: instant, ends_at: instant, cutoff_at: maybeInstant })),
});
export type MaintenancePreview = z.output<typeof MaintenancePreview>;

export const Member = z.object({
  user_id: id,
  name: z.string(),
  role: z.enum(['owner', 'admin', 'viewer']),
  email: maybe,
  created_at: instant,
  is_me: z.boolean(),
  told: z.boolean(),
});
export type Member = z.output<typeof Member>;

export const Stream = z.object({ stream: z.string(), cursor: maybe, as_of: maybeInstant, rows: z.number() });
export type Stream = z.output<typeof Stream>;

const fields = z.nullish(z.record(z.string(), z.unknown()));

export const AuditEntry = z.object({
  id,
  at: instant,
  actor_id: maybeId,
  actor: z.string(),
  action: z.string(),
  integration_id: maybeId,
  subject: maybe,
  before: fields,
  after: fields,
  reason: maybe,
});
export type AuditEntry = z.output<typeof AuditEntry>;

export const Incident = z.object({
  id,
  integration_id: id,
  integration_name: maybe,
  integration_slug: maybe,
  alarm: z.string(),
  subject: z.string(),
  urgency: z.string(),
  state: z.string(),
  opened_at: instant,
  acknowledged_at: maybeInstant,
  acknowledged_by_name: maybe,
  assigned_to: maybeId,
  assigned_to_name: maybe,
  snoozed_until: maybeInstant,
  snoozed_by_name: maybe,
  snooze_reason: maybe,
  evidence: fields,
});
export type Incident = z.output<typeof Incident>;

export const NotificationSetting = z.object({ event: z.string(), channel: z.string(), enabled: z.boolean() });
export type NotificationSetting = z.output<typeof NotificationSetting>;

export const Delivery = z.object({ id, state: z.string(), error: maybe, sent_at: maybeInstant, next_attempt_at: maybeInstant });
export type Delivery = z.output<typeof Delivery>;
