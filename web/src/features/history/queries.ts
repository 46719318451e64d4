import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import type { Client } from '../../lib/client.ts';
import { readRows } from '../../lib/queries.ts';
import type { Kind, Range, View } from './address.ts';
import { writeRange } from './address.ts';

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const count = z.pipe(z.nullish(z.number()), z.transform((n) => n ?? 0));
const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'not a time'));
const maybe = z.nullish(z.string());
const fields = z.nullish(z.record(z.string(), z.unknown()));

/** The runs of one stretch of time; `began` and `ended` are wall time of the organization. */
export const Bar = z.object({
  began: z.string(),
  ended: z.string(),
  began_at: instant,
  ended_at: instant,
  runs: count,
  failed_runs: count,
  active_runs: count,
  retries: count,
  read: count,
  sent: count,
  failed: count,
  typical_ms: z.nullish(z.number()),
  longest_ms: z.nullish(z.number()),
  changes: count,
  in_maintenance: z.boolean(),
});
export type Bar = z.output<typeof Bar>;

const at = { key: z.string(), happened_at: instant, first_at: instant, first_key: z.string() };

const RunDetail = z.object({
  id,
  status: z.string(),
  trigger: z.string(),
  requested_by_name: maybe,
  has_started: z.boolean(),
  duration_ms: z.nullish(z.number()),
  selected: count,
  exported: count,
  accepted: count,
  failed: count,
  retrying: count,
  skipped: count,
  uncertain: count,
  error_message: maybe,
});
export type RunDetail = z.output<typeof RunDetail>;

const RunsDetail = z.object({ runs: count, selected: count, exported: count, longest_ms: z.nullish(z.number()) });
export type RunsDetail = z.output<typeof RunsDetail>;

const ChangeDetail = z.object({
  id, at: instant, actor_id: maybe, actor: z.string(), action: z.string(), subject: maybe, before: fields, after: fields, reason: maybe,
});
export type ChangeDetail = z.output<typeof ChangeDetail>;

const WindowDetail = z.object({ id, starts_at: instant, ends_at: instant, reason: z.string(), is_for_all: z.boolean() });
export type WindowDetail = z.output<typeof WindowDetail>;

const IncidentDetail = z.object({
  id, alarm: z.string(), subject: z.string(), urgency: z.string(), state: z.string(), opened_at: instant, resolved_at: z.nullish(instant),
  message: maybe,
});
export type IncidentDetail = z.output<typeof IncidentDetail>;

/** One row of the line of time, by what it is. */
export const Happening = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), ...at, detail: RunDetail }),
  z.object({ kind: z.literal('runs'), ...at, detail: RunsDetail }),
  z.object({ kind: z.literal('change'), ...at, detail: ChangeDetail }),
  z.object({ kind: z.literal('maintenance'), ...at, detail: WindowDetail }),
  z.object({ kind: z.literal('opened'), ...at, detail: IncidentDetail }),
  z.object({ kind: z.literal('recovered'), ...at, detail: IncidentDetail }),
]);
export type Happening = z.output<typeof Happening>;

/** Rows shown at a time. */
export const HISTORY_PAGE = 50;

const ASKED: Record<Kind, string[] | null> = {
  all: null, runs: ['run'], problems: ['problem'], changes: ['change'], maintenance: ['maintenance'], incidents: ['incident'],
};

const spanOf = (range: Range | null, days: number): object => {
  const written = range && writeRange(range);
  return written ? { since: written.from, until: written.to } : { days };
};

type Of = { org: string; integration: string };

/** The runs of the last days, or of a range, counted into bars by the database. */
export const barsQuery = ({ db }: Client, { org, integration }: Of, range: Range | null, days: number) => queryOptions({
  queryKey: ['org', org, 'bars', integration, spanOf(range, days)],
  queryFn: ({ signal }) => readRows(Bar, db.rpc('chart_runs', { org, integration, ...spanOf(range, days) }).abortSignal(signal)),
  placeholderData: keepPreviousData,
});

/** A page of the line of time. */
export const historyQuery = ({ db }: Client, { org, integration }: Of, { range, days, kind, folded, before }: View) => queryOptions({
  queryKey: ['org', org, 'history', integration, spanOf(range, days), kind, folded, before],
  queryFn: ({ signal }) => readRows(Happening, db.rpc('list_history', {
    org, integration, kinds: ASKED[kind], ...spanOf(range, days), folded, size: HISTORY_PAGE,
    ...(before && { before: before.at, before_key: before.key }),
  }).abortSignal(signal)),
  placeholderData: keepPreviousData,
});
