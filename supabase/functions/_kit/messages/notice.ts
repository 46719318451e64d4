import { z } from 'zod';

/** Alarms with their own wording; any other is told in general words, so a new one needs no release of this. */
export const ALARMS = [
  'sync_failing', 'credential_refused', 'credential_expired', 'never_started', 'stuck_run', 'no_success', 'unstable', 'cause_refused',
  'failure_rate',
] as const;
export type Alarm = (typeof ALARMS)[number];

/** Rules of health with their own advice. */
export const ADVICE = [
  ...ALARMS,
  'last_run_failed', 'last_run_warning', 'refused_open', 'uncertain_open', 'verdict_late', 'nothing_moved', 'queue_depth', 'lag', 'rate_limited',
  'volume_unusual', 'duration_unusual', 'credential_expires_soon', 'credential_old', 'nobody_told', 'never_run', 'maintenance', 'disabled',
] as const;
export type Advice = (typeof ADVICE)[number];

export type Severity = 'critical' | 'high' | 'medium' | 'low';
export type Locale = 'nb' | 'en';

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'must be an ISO date and time');
const count = z.number().int().nonnegative();
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a decimal number written as text');
const identifier = z.union([z.string().min(1), z.number().int()]).transform(String);

/** What one member should know, as the database froze it. Everything a message says comes from here. */
export const noticeSchema = z.object({
  /**
   * `reminded`: a snooze is over and it is not. `asked`, `decided`: a correction waits for approval, and what became of it.
   * `invited`: somebody is asked to become a member. `test`: somebody tries the channel. The last two are about no integration.
   */
  kind: z.enum(['opened', 'raised', 'recovered', 'reminded', 'asked', 'decided', 'invited', 'test']),
  alarm: z.string().min(1),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  organization: z.object({ name: z.string(), slug: z.string().min(1), time_zone: z.string() }),
  integration: z.object({ id: identifier, name: z.string(), slug: z.string().min(1), system: z.string() }),
  since: instant,
  at: instant,
  failures: count.default(0),
  error: z.object({
    message: z.string(),
    code: z.string().nullable().default(null),
    field: z.string().nullable().default(null),
    status: z.number().int().nullable().default(null),
  }).nullable().default(null),
  selected: count.default(0),
  failed: count.default(0),
  open_failed: count.default(0),
  amounts: z.array(z.object({ currency: z.string(), amount: decimal, records: count })).default([]),
  cause: z.object({
    id: identifier,
    code: z.string().nullable().default(null),
    field: z.string().nullable().default(null),
    /** The answer to one of its records, as the system gave it. */
    message: z.string().nullable().default(null),
    template: z.string(),
    values: z.array(z.string()).default([]),
    records: count,
  }).nullable().default(null),
  cutoff: z.object({ at: instant, records: count }).nullable().default(null),
  run_id: identifier.nullable().default(null),
  advice: z.string().default(''),
  /** What a person did: asked, decided or invited. */
  news: z.object({
    by: z.string(),
    records: count.default(0),
    agreed: z.boolean().nullable().default(null),
    reason: z.string().nullable().default(null),
    role: z.enum(['owner', 'admin', 'viewer']).nullable().default(null),
    until: instant.nullable().default(null),
  }).nullable().default(null),
});
export type Notice = z.output<typeof noticeSchema>;
