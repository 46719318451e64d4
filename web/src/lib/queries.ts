import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { ApiError, toApiError } from './api-error.ts';
import type { Client } from './client.ts';
import { setServerTime } from './now.ts';
import { IntegrationRow, Notification, Organization } from './rows.ts';

export type Answer = PromiseLike<{ data: unknown; error: { message: string; code?: string; hint?: string } | null; status: number }>;

/** Waits for an answer and parses it. Throws `ApiError`: a read never ends in silent nothing. */
export async function readRows<S extends z.ZodMiniType>(row: S, answer: Answer): Promise<z.output<S>[]> {
  const { data, error, status } = await answer;
  if (error) throw toApiError(error, status);
  const parsed = z.array(row).safeParse(data);
  if (parsed.success) return parsed.data;
  throw new ApiError('shape', { message: z.prettifyError(parsed.error), status });
}

export const organizationsQuery = ({ db }: Client) => queryOptions({
  queryKey: ['organizations'],
  queryFn: async ({ signal }) => {
    const asked = Date.now();
    const rows = await readRows(Organization, db.from('my_organizations').select().order('name').order('id').abortSignal(signal));
    if (rows[0]) setServerTime(rows[0].server_now, asked, Date.now());
    return rows;
  },
  staleTime: 60_000,
});

export const overviewQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'overview'],
  queryFn: ({ signal }) => readRows(IntegrationRow, db.from('overview').select().eq('org_id', org).abortSignal(signal)),
});

export const notificationsQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'notifications'],
  queryFn: ({ signal }) => readRows(Notification, db.from('my_notifications').select().eq('org_id', org)
    .order('created_at', { ascending: false }).order('id', { ascending: false }).limit(100).abortSignal(signal)),
});
