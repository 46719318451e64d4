import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { call, key } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { readRows } from '../../lib/queries.ts';

const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'not a time'));
const maybe = z.nullish(z.string());
const maybeInstant = z.nullish(instant);
const maybeNumber = z.nullish(z.number());
const types = z.nullish(z.array(z.string()));

/** One field of a stream that is not as it was known: `new`, `gone`, or `retyped` from the types `was` to `is`. */
const Drift = z.record(z.string(), z.object({ kind: z.string(), was: types, is: types }));
export type Drift = z.output<typeof Drift>;

export const StreamState = z.object({
  stream: z.string(),
  is_active: z.boolean(),
  cursor: maybe,
  cursor_at: maybeInstant,
  as_of: maybeInstant,
  lag_minutes: maybeNumber,
  late_after_minutes: maybeNumber,
  critical_after_minutes: maybeNumber,
  page_at: maybeInstant,
  page_rows: maybeNumber,
  rows: z.number(),
  is_done: z.boolean(),
  learned_at: maybeInstant,
  drift: Drift,
});
export type StreamState = z.output<typeof StreamState>;

export const Signal = z.object({
  name: z.string(),
  about: z.string(),
  value: z.number(),
  unit: z.string(),
  at: instant,
  warning: maybeNumber,
  critical: maybeNumber,
  is_floor: z.boolean(),
  past: maybe,
  past_since: maybeInstant,
  days: z.array(z.object({ day: z.string(), value: z.number() })),
});
export type Signal = z.output<typeof Signal>;

const LIMIT = 100;

export const streamStatesQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'stream states', integration],
  queryFn: ({ signal }) => readRows(StreamState, db.from('stream_overview').select().eq('org_id', org).eq('integration_id', integration)
    .order('is_active', { ascending: false }).order('stream').limit(LIMIT).abortSignal(signal)),
});

export const signalsQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'signals', integration],
  queryFn: ({ signal }) => readRows(Signal, db.from('signal_overview').select().eq('org_id', org).eq('integration_id', integration)
    .order('name').order('about').limit(LIMIT).abortSignal(signal)),
});

type Of = { org: string; integration: string };
const id = z.nullish(z.pipe(z.union([z.string(), z.number()]), z.transform(String)));

/** Has address and credential looked at; moves nothing. */
export const checkNow = (client: Client, { org, integration }: Of) =>
  call(client, 'check_now', { org: key(org), integration: key(integration) }, z.object({ run_id: id }));

/** Accepts what is news about a stream's fields; answers how many. */
export const acceptShape = (client: Client, { org, integration, stream }: Of & { stream: string }) =>
  call(client, 'accept_shape', { org: key(org), integration: key(integration), stream }, z.number());
