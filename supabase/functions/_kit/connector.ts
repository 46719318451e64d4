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

/** What a look at a system proved: address and credential work. */
export type Checked = {
  /** Who we are there, in the system's own words: a user, a tenant, a company. Null where it does not say. */
  as: string | null;
  /** What works now and will not for long, or not for everything: a scope that is missing, a limit nearly used up. */
  warnings: string[];
  /** When the credential ends, where the system tells; ISO time. */
  expiresAt?: string;
};

/** One thing a system holds, as it was fetched. */
export type PulledRecord = {
  /** The system's own id: the same at every pull. */
  id: string;
  /** Null where the system says no more than that it is gone. */
  payload: Record<string, unknown> | null;
  /** When it changed over there, ISO time; null where the system does not say. */
  changedAt: string | null;
  deleted: boolean;
};

/** What is asked for: a page of what changed since the cursor. */
export type PullRequest = {
  stream: string;
  /** What the page before gave; null at the very beginning, and after somebody cleared it. */
  cursor: string | null;
  /** The first page of a run: where the cursor is a time, the place to go back a little for what was written late. */
  isFirst: boolean;
  /** Now, for systems that want an end to the time asked for. */
  at: Date;
};

export type Page = {
  records: PulledRecord[];
  /** Where the next page begins. It is stored with the records of this page or not at all. */
  cursor: string;
  /** False when the system has no more for now. */
  more: boolean;
};

/** One kind of thing that can be fetched. */
export type Stream = { name: string; title: string; docs: string };

/** A measured number about the system. Past `warning` it is a finding, past `critical` a red one. */
export type Signal = {
  /** In snake case, the same at every measuring: `bounce_rate`. */
  name: string;
  value: number;
  unit: 'percent' | 'count' | 'minutes' | 'days' | 'seconds' | 'bytes' | 'amount';
  /** When the system measured it, ISO time. */
  at: string;
  warning?: number;
  critical?: number;
  /** Bounds are the least that is well; without it, the most. */
  isFloor?: boolean;
  /** What it is about, where there are several of a name: a category, a sender, a workbook. */
  about?: string;
};

/** A call from the system, body as it came: signatures are over bytes. */
export type WebhookCall = {
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  at: Date;
  /** What follows the question mark of the address, with it; some systems prove there that the address is theirs. */
  query?: string;
};

export type WebhookAnswer =
  /** Genuine. `id` is what a repeated delivery of the same call has, too. */
  | { accepted: true; id: string; stream: string; records: PulledRecord[]; answer?: unknown }
  /** Part of setting it up: answered, and nothing else. */
  | { accepted: true; answer: unknown; id?: undefined }
  /** Not signed by the system, too old, or not to be read; `reason` is for our log, never for the caller. */
  | { accepted: false; reason: string };

export type ConnectorContext<Settings = unknown, Credential = unknown> = {
  settings: Settings;
  credential: Credential;
  /** The only way out: bound to this integration, its limits and its redaction. */
  http: Http;
  /**
   * Keeps what the system gave in exchange for a part of the credential, before it is used, and answers the credential that stands: that one,
   * or what somebody set meanwhile. With null it only looks. For `refresh.ts`; there in every slice.
   */
  renewCredential?(becomes: Partial<Credential> | null): Promise<Credential>;
};

/** How a system lets us in: what the page asks for, and what the contract test tries to get out of whatever is written down. */
export type CredentialKind = 'api-key' | 'basic' | 'oauth-client' | 'jwt-bearer' | 'oauth-refresh' | 'ws-security' | 'sigv4' | 'none';

/** The limit a vendor documents for one caller. The kit keeps to it within a slice, whatever the connector does. */
export type Rate = {
  requests: number;
  perSeconds: number;
  /** Requests that may be out at the same time, reading and sending together. */
  concurrent?: number;
};

/** A fact about a system, or how it follows from an integration's settings. */
export type OfSettings<Fact, Settings> = Fact | { of(settings: Settings): Fact }['of'];

/** What every connector says of its system. */
export type Declared<Settings = unknown, Credential = unknown> = {
  /** The slug: folder `sync-<system>`, column `integrations.system`. */
  system: string;
  title: string;
  /** The vendor's page this connector follows. */
  docs: string;
  settings: z.ZodType<Settings>;
  credential: z.ZodType<Credential>;
  credentialKind?: CredentialKind;
  rate?: OfSettings<Rate, Settings>;
};

/** How a system takes records: facts of the system, or of the settings where one connector speaks to many. */
export type Pushing<Settings = unknown, Credential = unknown> = {
  dedupe: Dedupe;
  /** Most records the system takes in one request. */
  batchSize: number;
  /** How long after a lost answer the system may still be working on the request; `find` is not believed before. */
  settlesWithinSeconds: number;
  /** Requests that may be out at the same time; 1 when left out. No more than the system allows one caller. */
  concurrency?: number;
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

/** All of pushing or none of it. */
export type NoPushing = { [Member in keyof Pushing]?: undefined };

/** Pushing with facts that follow from the settings; they are asked for once per slice. */
export type PushingAsSet<Settings = unknown, Credential = unknown> = {
  [Fact in keyof Pushing]: Fact extends 'dedupe' | 'batchSize' | 'settlesWithinSeconds' | 'replaces' | 'fields'
    ? OfSettings<Pushing[Fact], Settings> : Pushing<Settings, Credential>[Fact];
};

/** What can be asked of a system, and what it tells by itself. */
export type Reading<Settings = unknown, Credential = unknown> = {
  /** A cheap look that changes nothing. Throws what `ctx.http` threw, which says what is wrong. */
  check?(ctx: ConnectorContext<Settings, Credential>): Promise<Checked>;
  streams?: Stream[];
  /** A page of what changed, oldest first. The same page asked for twice is the same page. */
  pull?(ctx: ConnectorContext<Settings, Credential>, request: PullRequest): Promise<Page>;
  signals?(ctx: ConnectorContext<Settings, Credential>, at: Date): Promise<Signal[]>;
  /** Reads a call from the system; sends nothing. */
  webhook?(settings: Settings, credential: Credential, call: WebhookCall): Promise<WebhookAnswer>;
};

/**
 * Everything the kit needs to know about one external system that takes records. A connector never sees organizations, tables, runs,
 * retries or the clock. It returns one outcome per record, in order, or throws what `ctx.http` threw.
 */
export type Connector<Settings = unknown, Credential = unknown> =
  Declared<Settings, Credential> & Pushing<Settings, Credential> & Reading<Settings, Credential>;

/** A system that is only read: pulled from, measured, or listened to. What there is to pull may follow from the settings. */
export type ReadConnector<Settings = unknown, Credential = unknown> =
  Declared<Settings, Credential> & NoPushing & Omit<Reading<Settings, Credential>, 'streams'>
  & { streams?: OfSettings<Stream[], Settings> };

/** One connector for many systems: how records are taken is said in the settings. */
export type ConfiguredConnector<Settings = unknown, Credential = unknown> =
  Declared<Settings, Credential> & PushingAsSet<Settings, Credential> & Omit<Reading<Settings, Credential>, 'streams'>
  & { streams?: OfSettings<Stream[], Settings> };

/** What becomes an Edge Function: it takes records, or is only read. */
export type AnyConnector<Settings = unknown, Credential = unknown> =
  | Connector<Settings, Credential>
  | ReadConnector<Settings, Credential>
  | ConfiguredConnector<Settings, Credential>;
