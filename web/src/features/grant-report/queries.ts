import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { call, key } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { readRows } from '../../lib/queries.ts';
import type { Span } from './form/build.ts';
import type { Template } from './form/template.ts';

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const text = z.nullable(z.string());

const Kept = z.object({
  id, integration: z.string(), sourceType: z.string(), sourceId: z.string(), payload: z.record(z.string(), z.unknown()), amount: text, currency: text,
  occurredOn: text, dismissed: z.boolean(),
});
const Material = z.object({ records: z.array(Kept), fingerprint: z.string(), sources: z.array(z.object({ integration: z.string(), records: z.number() })) });
export type Material = z.output<typeof Material>;

export const HandedInReport = z.object({
  id, scheme: z.string(), version: z.string(), first_day: z.string(), last_day: z.string(), fields: z.record(z.string(), z.unknown()),
  totals: z.object({ records: z.number(), amounts: z.array(z.object({ currency: z.string(), amount: z.string(), records: z.number() })) }),
  csv_sha256: z.string(), xlsx_sha256: z.string(), reference: text, handed_in_on: z.string(), handed_in_name: z.string(), handed_in_at: z.string(),
  unlocked_name: text, unlocked_at: text, unlock_reason: text, changed: z.nullable(z.boolean()),
});
export type HandedInReport = z.output<typeof HandedInReport>;

const ChangedRecord = z.object({
  record_id: id, slug: text, source_id: z.string(), change: z.enum(['added', 'changed', 'gone']), before: z.nullable(Kept), after: z.nullable(Kept),
});
export type ChangedRecord = z.output<typeof ChangedRecord>;

/** A report as it was handed in; the form is parsed by whoever reads it, since it may be of an earlier kind. */
const KeptReport = z.object({
  template: z.unknown(), fields: z.record(z.string(), z.unknown()), records: z.array(Kept), first_day: z.string(), last_day: z.string(), csv: z.string(),
  xlsx: z.string(),
});
export type KeptReport = z.output<typeof KeptReport>;

const days = ({ from, to }: Span) => ({ first_day: from, last_day: to });

export const handedInQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'grant-reports'],
  queryFn: ({ signal }) => readRows(HandedInReport, db.rpc('list_grant_reports', { org }).abortSignal(signal)),
});

export const materialQuery = (client: Client, org: string, template: Template, span: Span, integrations: readonly string[] | null) => queryOptions({
  queryKey: ['org', org, 'grant-records', template.scheme, template.version, span, integrations],
  queryFn: () => call(client, 'grant_records', { org, template, ...days(span), integrations }, Material),
});

export const changedQuery = ({ db }: Client, org: string, report: string) => queryOptions({
  queryKey: ['org', org, 'grant-changes', report],
  queryFn: ({ signal }) => readRows(ChangedRecord, db.rpc('changed_grant_records', { org, report: key(report) }).abortSignal(signal)),
});

export const keptQuery = (client: Client, org: string, report: string) => queryOptions({
  queryKey: ['org', org, 'grant-kept', report],
  queryFn: () => call(client, 'kept_grant_report', { org, report: key(report) }, KeptReport),
  // What was handed in never changes.
  staleTime: Number.POSITIVE_INFINITY,
});

export type HandingIn = {
  org: string; template: Template; span: Span; integrations: readonly string[] | null; fields: Record<string, unknown>; fingerprint: string; csv: string;
  xlsx: string; day: string; reference: string;
};

/** Keeps what was handed in; refused when a record of it has changed since it was built. Throws `ApiError`. */
export const handInReport = (client: Client, { org, template, span, integrations, fields, fingerprint, csv, xlsx, day, reference }: HandingIn) =>
  call(client, 'hand_in_grant_report', {
    org, template, ...days(span), integrations, fields, fingerprint, csv, xlsx, handed_in_on: day, reference: reference.trim() || null,
  }, z.unknown());

export const unlockReport = (client: Client, { org, report, reason }: { org: string; report: string; reason: string }) =>
  call(client, 'unlock_grant_report', { org, report: key(report), reason }, z.unknown());
