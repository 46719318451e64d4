import * as z from 'zod/mini';
import { ApiError, toApiError } from './api-error.ts';
import type { Client } from './client.ts';

// Numeric keys travel as numbers, so that Postgres sees the type it expects.
export const key = (id: string): string | number => (/^\d{1,15}$/.test(id) ? Number(id) : id);

/** Calls a function of the database and parses its answer. Throws `ApiError`. */
export async function call<S extends z.ZodMiniType>(client: Client, name: string, args: object, result: S): Promise<z.output<S>> {
  const answer: { data: unknown; error: { message: string; code?: string; hint?: string } | null; status: number } =
    await client.db.rpc(name, args);
  const { data, error, status } = answer;
  if (error) throw toApiError(error, status);
  const parsed = result.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new ApiError('shape', { message: z.prettifyError(parsed.error), status });
}

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
export const Retried = z.object({
  retry_id: z.nullish(id), run_id: z.nullish(id), records: z.number(), mapped: z.nullish(z.number()), state: z.nullish(z.string()),
});
const Started = z.object({ run_id: z.nullish(id) });
const Nothing = z.unknown();

/** Which failed records to send again. */
export type Scope =
  | { kind: 'last_run' }
  | { kind: 'open'; state?: string; run?: string }
  | { kind: 'cause'; cause: string; state?: string }
  | { kind: 'records'; records: string[] };

/** A value to put right on the way: everywhere the field holds `from`, send `to`. */
export type Correction = { field: string; from: string; to: string };

export type RetryOrder = { org: string; integration: string; scope: Scope; corrections: readonly Correction[]; canary: boolean };

/** A scope as the functions of the database take it. */
export const scopeArguments = (scope: Scope) => ({
  scope: scope.kind,
  ...(scope.kind === 'cause' && { cause: key(scope.cause) }),
  ...(scope.kind === 'records' && { records: scope.records.map(key) }),
  ...('state' in scope && scope.state && { state: scope.state }),
  ...('run' in scope && scope.run && { run: key(scope.run) }),
});

/** Sends failed records again; the server leaves out whatever has landed since. Throws `ApiError`. */
export const retryFailed = (client: Client, { org, integration, scope, corrections, canary }: RetryOrder) =>
  call(client, 'retry_failed', {
    org: key(org),
    integration: key(integration),
    ...scopeArguments(scope),
    ...(corrections.length > 0 && { corrections }),
    ...(canary && { canary }),
  }, Retried);

export const syncNow = (client: Client, { org, integration }: { org: string; integration: string }) =>
  call(client, 'sync_now', { org: key(org), integration: key(integration) }, Started);

/** Marks notifications as read; `null` means all of them. */
export const markRead = (client: Client, { org, notifications }: { org: string; notifications: string[] | null }) =>
  call(client, 'mark_read', { org: key(org), notifications: notifications?.map(key) ?? null }, Nothing);

export const setEnabled = (client: Client, order: { org: string; integration: string; enabled: boolean; reason: string }) =>
  call(client, 'set_enabled', { ...order, org: key(order.org), integration: key(order.integration) }, Nothing);

/** Replaces the credential; it can never be read back. Times are ISO; `expiresAt` null where it does not expire. */
export const setCredential = (client: Client, order: { org: string; integration: string; credential: Record<string, string>; expiresAt: string | null }) =>
  call(client, 'set_credential', {
    org: key(order.org), integration: key(order.integration), credential: order.credential, expires_at: order.expiresAt,
  }, Nothing);

/** Answers how many were dismissed. */
export const dismissRecords = (client: Client, { org, records, reason }: { org: string; records: string[]; reason: string }) =>
  call(client, 'dismiss_records', { org: key(org), records: records.map(key), reason }, z.number());

/** A person's answer about a record nobody knows the fate of. */
export const decideUncertain = (client: Client, order: { org: string; record: string; landed: boolean; reason: string }) =>
  call(client, 'decide_uncertain', { ...order, org: key(order.org), record: key(order.record) }, Nothing);
