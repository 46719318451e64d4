import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { call } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { readRows } from '../../lib/queries.ts';
import type { Period } from './period.ts';

const count = z.number();
const seconds = z.nullable(z.number());

export const Activity = z.object({
  integration_id: z.string(), slug: z.string(), name: z.string(), system: z.string(), runs: count, failed_runs: count, exported: count, refused: count,
  amounts: z.array(z.object({ currency: z.string(), amount: z.string(), records: count })),
  red_seconds: count, incidents: count, open_incidents: count, detect_seconds: seconds, fix_seconds: seconds,
});
export type Activity = z.output<typeof Activity>;

/** Where the records of a period are now, in the order in which they are added up. */
export const KINDS = ['exported', 'excluded', 'failed', 'uncertain', 'waiting'] as const;
export type Kind = (typeof KINDS)[number];

const amount = z.nullish(z.string());
export const Completeness = z.object({
  integration_id: z.string(),
  counts: z.object({ in_source: count, exported: count, excluded: count, failed: count, uncertain: count, waiting: count }),
  lines: z.array(z.object({
    currency: z.string(), in_source: amount, exported: amount, excluded: amount, failed: amount, uncertain: amount, waiting: amount,
  })),
  fingerprint: z.string(),
  signature: z.nullable(z.object({ name: z.string(), at: z.string(), note: z.nullable(z.string()), current: z.boolean() })),
});
export type Completeness = z.output<typeof Completeness>;

export const Excluded = z.object({
  record_id: z.pipe(z.union([z.string(), z.number()]), z.transform(String)), label: z.nullable(z.string()), source_id: z.string(), amount: z.nullable(z.string()),
  currency: z.nullable(z.string()), excluded_at: z.nullable(z.string()), excluded_by: z.nullable(z.string()), reason: z.nullable(z.string()),
});
export type Excluded = z.output<typeof Excluded>;

const days = (org: string, { from, to }: Period) => ({ org, first_day: from, last_day: to });

export const activityQuery = ({ db }: Client, org: string, period: Period) => queryOptions({
  queryKey: ['org', org, 'report', period],
  queryFn: ({ signal }) => readRows(Activity, db.rpc('period_report', days(org, period)).abortSignal(signal)),
});

export const completenessQuery = ({ db }: Client, org: string, period: Period) => queryOptions({
  queryKey: ['org', org, 'completeness', period],
  queryFn: ({ signal }) => readRows(Completeness, db.rpc('completeness', days(org, period)).abortSignal(signal)),
});

export const excludedQuery = ({ db }: Client, org: string, integration: string, period: Period) => queryOptions({
  queryKey: ['org', org, 'excluded', integration, period],
  queryFn: ({ signal }) => readRows(Excluded, db.rpc('excluded_records', { ...days(org, period), integration }).abortSignal(signal)),
});

export type Signing = { org: string; integration: string; period: Period; fingerprint: string; note: string };

/** Signs what was shown; refused when any record of the period has changed since. Throws `ApiError`. */
export const signStatement = (client: Client, { org, integration, period, fingerprint, note }: Signing) =>
  call(client, 'sign_statement', { ...days(org, period), integration, fingerprint, note: note.trim() || null }, z.unknown());
