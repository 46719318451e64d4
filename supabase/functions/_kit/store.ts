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
  endSlice(token: string, end: SliceEnd): Promise<void>;
};

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
});
export type Slice = z.infer<typeof sliceSchema>;

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
