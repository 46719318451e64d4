import { z } from 'zod';
import type { SupabaseClient } from '@supabase/supabase-js';

/** What the engine asks of Postgres. Every write carries the slice's token; a slice that lost its lease gets `LeaseLost`. */
export type Store = {
  beginSlice(input: { dedupe: string; settlesWithinSeconds: number }): Promise<Slice | null>;
  /** The next batch: records of the first of `states` in which anything is due. */
  claim(token: string, states: ClaimState[], batch: number): Promise<ClaimedRecord[]>;
  settle(token: string, outcomes: SettledOutcome[]): Promise<void>;
  /** Both in one call and one transaction. */
  settleAndClaim(token: string, outcomes: SettledOutcome[], states: ClaimState[], batch: number): Promise<ClaimedRecord[]>;
  /** The same again once the settings are read, where they decide about it. */
  tellDedupe(token: string, told: { dedupe: string; settlesWithinSeconds: number }): Promise<void>;
  /** How far each of these streams has come. */
  beginStreams(token: string, names: string[]): Promise<StreamPlace[]>;
  /** A page with the cursor behind it, both or neither; answers where to go on. */
  storePage(token: string, page: StoredPage): Promise<{ cursor: string | null; isDone: boolean }>;
  recordSignals(token: string, measured: StoredSignal[], error: string | null): Promise<void>;
  recordCheck(token: string, result: StoredCheck | null, error: string | null): Promise<void>;
  /** Keeps a renewed credential in the place of the one it was given for; answers the one that stands. */
  renewCredential(token: string, was: Slice['credential'], becomes: Slice['credential']): Promise<Slice['credential']>;
  endSlice(token: string, end: SliceEnd): Promise<void>;
};

export type StreamPlace = { stream: string; cursor: string | null; isBegun: boolean; isDone: boolean };

export type StoredPage = {
  stream: string;
  records: { id: string; payload: Record<string, unknown> | null; changed_at: string | null; deleted: boolean }[];
  shape: PageShape;
  /** The cursor it was asked for with. */
  after: string | null;
  cursor: string | null;
  /** Null: a part of a page; the cursor stays. */
  more: boolean | null;
};

/** What the fields of a page are like: never a value. `in` is how many of the records have it. */
export type PageShape = { records: number; fields: Record<string, { types: string[]; in: number }> };

export type StoredSignal = {
  name: string; about: string; value: number; unit: string; at: string; warning: number | null; critical: number | null; is_floor: boolean;
};

export type StoredCheck = { as: string | null; warnings: string[]; expires_at: string | null };

const claimState = z.enum(['queued', 'retrying', 'uncertain', 'accepted']);
export type ClaimState = z.infer<typeof claimState>;

export type SettledOutcome = {
  id: number;
  state: 'exported' | 'accepted' | 'failed' | 'retrying' | 'uncertain' | 'queued';
  external_id?: string | null;
  code?: string | null;
  field?: string | null;
  payload_field?: string | null;
  message?: string | null;
  template?: string | null;
  value?: string | null;
  category?: string | null;
  status?: number | null;
  response?: string | null;
  request_id?: string | null;
  retry_after_seconds?: number | null;
};

/** The error of a run that could not be worked with as a whole. */
export type RunError = { message: string; code: string | null; field: string | null; category: string; status: number | null };

export type SliceEnd = { more: boolean; resumeAfterSeconds: number; error: RunError | null; wallMs: number; cpuMs: number };

/** Another slice has the run: stop without writing. What this one did is settled by asking the system. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** Postgres refused or could not be reached; the lease will run out and the next slice settles what was under way. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** Well under the lease, so that a slice finds out in time that Postgres does not answer. */
const CALL_TIMEOUT_MS = 20_000;

const answerSchema = z.object({ data: z.unknown(), error: z.object({ code: z.string().nullish(), message: z.string() }).nullable() });

const sliceSchema = z.object({
  token: z.string(),
  slice: z.number(),
  trigger: z.string(),
  integration: z.string(),
  system: z.string(),
  settings: z.record(z.string(), z.unknown()),
  credential: z.record(z.string(), z.unknown()).nullable(),
  direction: z.enum(['push', 'pull']),
  check_due: z.boolean(),
});
export type Slice = z.infer<typeof sliceSchema>;

const placesSchema = z.array(z.object({ stream: z.string(), cursor: z.string().nullable(), is_begun: z.boolean(), is_done: z.boolean() }));
const storedSchema = z.object({ cursor: z.string().nullable(), is_done: z.boolean() });

const claimedSchema = z.array(
  z.object({
    id: z.number(),
    key: z.string(),
    source_type: z.string(),
    source_id: z.string(),
    version: z.number(),
    payload: z.record(z.string(), z.unknown()),
    amount: z.string().nullable(),
    currency: z.string().nullable(),
    occurred_on: z.string().nullable(),
    external_id: z.string().nullable(),
    exported_version: z.number().nullable(),
    attempts: z.number(),
    claimed_from: claimState,
  }),
);
export type ClaimedRecord = z.infer<typeof claimedSchema>[number];

/**
 * The store behind a run, over the Data API with the secret key.
 * `clock` is given where time is made (tests, the demo's past week); without it Postgres's own clock decides.
 */
export function createStore(db: SupabaseClient, run: { org: string; run: number }, clock?: () => Date): Store {
  const call = async (name: string, input: Record<string, unknown>, tries = 3): Promise<unknown> => {
    const answer: unknown = await db
      .rpc(name, { ...run, ...input, ...(clock ? { at: clock().toISOString() } : {}) })
      .abortSignal(AbortSignal.timeout(CALL_TIMEOUT_MS));
    const { data, error } = answerSchema.parse(answer);
    if (!error) return data;
    // Rolled back whole by Postgres, and the token fences: the same call again is safe.
    if (tries > 1 && ['40P01', '40001'].includes(error.code ?? '')) return call(name, input, tries - 1);
    if (error.code === 'SW410') throw new LeaseLost(error.message);
    throw new StoreError(`${name}: ${error.message} (${error.code ?? 'no code'})`);
  };
  return {
    async beginSlice({ dedupe, settlesWithinSeconds }) {
      return sliceSchema.nullable().parse(await call('begin_slice', { dedupe, settles_within_seconds: settlesWithinSeconds }));
    },
    async claim(token, states, batch) {
      return claimedSchema.parse(await call('claim_records', { token, states, batch }));
    },
    async settleAndClaim(token, outcomes, states, batch) {
      return claimedSchema.parse(await call('settle_and_claim', { token, outcomes, states, batch }));
    },
    async settle(token, outcomes) {
      await call('settle_records', { token, outcomes });
    },
    async tellDedupe(token, { dedupe, settlesWithinSeconds }) {
      await call('tell_dedupe', { token, dedupe, settles_within_seconds: settlesWithinSeconds });
    },
    async beginStreams(token, names) {
      const places = placesSchema.parse(await call('begin_streams', { token, names }));
      return places.map(({ stream, cursor, is_begun, is_done }) => ({ stream, cursor, isBegun: is_begun, isDone: is_done }));
    },
    async storePage(token, page) {
      const { cursor, is_done } = storedSchema.parse(await call('store_page', { token, ...page }));
      return { cursor, isDone: is_done };
    },
    async recordSignals(token, measured, error) {
      await call('record_signals', { token, measured, error });
    },
    async recordCheck(token, result, error) {
      await call('record_check', { token, result, error });
    },
    async renewCredential(token, was, becomes) {
      return sliceSchema.shape.credential.parse(await call('renew_credential', { token, was, becomes }));
    },
    async endSlice(token, end) {
      await call('end_slice', {
        token,
        more: end.more,
        resume_after_seconds: end.resumeAfterSeconds,
        error: end.error,
        wall_ms: Math.round(end.wallMs),
        cpu_ms: Math.round(end.cpuMs),
      });
    },
  };
}
