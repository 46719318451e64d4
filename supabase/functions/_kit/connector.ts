import type { z } from 'zod';
import type { Diagnosis } from './diagnose.ts';
import type { Http } from './http.ts';

/**
 * How a system keeps the same record from landing twice; the kit acts on it, never the connector.
 * - `upsert`: the record carries our key as the system's own external id; sending again overwrites the same thing.
 * - `key`: an idempotency header or field; sending again returns the first answer.
 * - `lookup`: neither, but the system can be asked whether it holds our key (`find`), and is, before any resend.
 * - `none`: it cannot be asked; a person decides on the page.
 */
export type Dedupe = 'upsert' | 'key' | 'lookup' | 'none';

/** One record on its way out. `key` is fixed before the first send and the same at every resend of this version. */
export type OutgoingRecord = {
  id: number;
  key: string;
  sourceType: string;
  sourceId: string;
  version: number;
  payload: Record<string, unknown>;
  /** Decimal text, never a float; null for records that carry no amount. */
  amount: string | null;
  currency: string | null;
  /** ISO date the record belongs to in the books. */
  occurredOn: string | null;
  /** What the system called it when it took it (or took an earlier version); null before that. */
  externalId: string | null;
};

/** What the system said about one record. */
export type Outcome =
  | { state: 'exported'; externalId?: string; requestId?: string }
  /** Taken now, judged later: `externalId` is what `confirm` asks with. */
  | { state: 'accepted'; externalId: string; requestId?: string }
  /** Refused. Whether it is tried again by itself is `diagnosis.retryable`; `externalId` where the system keeps what it refused. */
  | { state: 'refused'; diagnosis: Diagnosis; externalId?: string; status?: number; response?: string; requestId?: string };

export type ConnectorContext<Settings = unknown, Credential = unknown> = {
  settings: Settings;
  credential: Credential;
  /** The only way out: bound to this integration, its limits and its redaction. */
  http: Http;
};

/**
 * Everything the kit needs to know about one external system. A connector never sees organizations, tables, runs,
 * retries or the clock. It returns one outcome per record, in order, or throws what `ctx.http` threw.
 */
export type Connector<Settings = unknown, Credential = unknown> = {
  /** The slug: folder `sync-<system>`, column `integrations.system`. */
  system: string;
  title: string;
  /** The vendor's page this connector follows. */
  docs: string;
  settings: z.ZodType<Settings>;
  credential: z.ZodType<Credential>;
  dedupe: Dedupe;
  /** Most records the system takes in one request. */
  batchSize: number;
  /** Requests that may be out at the same time; 1 when left out. No more than the system allows one caller. */
  concurrency?: number;
  /** How long after a lost answer the system may still be working on the request; `find` is not believed before. */
  settlesWithinSeconds: number;
  /** Payload keys with the names and captions the system uses for them in its errors, so that a fix lands on the right key. */
  fields: Record<string, string[]>;
  /** True if a later version of an exported record may simply be sent (it replaces the first). */
  replaces: boolean;
  push(ctx: ConnectorContext<Settings, Credential>, records: OutgoingRecord[]): Promise<Outcome[]>;
  /** For `accepted` records: the verdict, or null while the system has none. */
  confirm?(ctx: ConnectorContext<Settings, Credential>, records: OutgoingRecord[]): Promise<(Outcome | null)[]>;
  /** For `lookup`: the outcome of those the system already holds, null for those it has never seen. */
  find?(ctx: ConnectorContext<Settings, Credential>, records: OutgoingRecord[]): Promise<(Outcome | null)[]>;
};
