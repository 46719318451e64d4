import type { Budget } from './budget.ts';
import { checkFirst } from './check.ts';
import type { AnyConnector, ConnectorContext } from './connector.ts';
import { pushingFor, rateFor, toldAtOnce } from './facts.ts';
import type { Http } from './http.ts';
import { paced } from './pace.ts';
import { pullStreams } from './pull.ts';
import { pushDue } from './push.ts';
import { createRedactor } from './redact.ts';
import type { Redactor } from './redact.ts';
import { secretsIn } from './secrets.ts';
import { measure } from './signals.ts';
import { LeaseLost } from './store.ts';
import type { RunError, Slice, Store } from './store.ts';
import { redactError } from './told.ts';

export type SliceOptions = {
  store: Store;
  /** Makes the one HTTP client of this integration; `secrets` are kept out of everything it writes down. */
  http: (system: string, secrets: string[]) => Http;
  budget: Budget;
  /** Waits inside a slice (for a system that judges later); resolves at once where time is made. */
  delay: (ms: number) => Promise<void>;
  /** Keeps what became secret during the slice out of the worker's log. */
  hush?: (secrets: string[]) => void;
  /** What the systems are told the time is; the machine's own clock when left out. */
  clock?: () => Date;
  log: (event: Record<string, unknown>) => void;
};

/** How the work of a slice came to its end. */
export type Ended =
  | { kind: 'done' }
  /** There is more, for the next slice. */
  | { kind: 'spent' }
  /** The system asked for time. */
  | { kind: 'pause'; seconds: number; error: RunError }
  | { kind: 'stop'; error: RunError };

/**
 * One slice of a run: takes the lease, looks whether we are let in where that is not known, moves what is due until nothing is or the
 * budget is spent, and leaves. A kill at any moment loses nothing and doubles nothing.
 *
 * @returns what ended it: `idle` (nothing to take), `done`, `more` (the next slice was rung), `failed`, `lost` (another has the run).
 */
export async function runSlice(connector: AnyConnector, options: SliceOptions): Promise<'idle' | 'done' | 'more' | 'failed' | 'lost'> {
  const slice = await options.store.beginSlice(toldAtOnce(connector));
  if (!slice) return 'idle';
  const end = async (more: boolean, error: RunError | null, resumeAfterSeconds = 0): Promise<void> => {
    await options.store.endSlice(slice.token, { more, error, resumeAfterSeconds, ...options.budget.spent() });
  };
  try {
    const secrets = secretsIn(slice.credential);
    let redactor = createRedactor(secrets);
    const redact: Redactor = (text) => redactor(text);
    const learn = (more: string[]): void => {
      secrets.push(...more);
      redactor = createRedactor(secrets);
      options.hush?.(more);
    };
    const ended = await work(connector, slice, { redact, learn }, options);
    if (ended.kind === 'stop') {
      await end(false, redactError(ended.error, redact));
      return 'failed';
    }
    await end(ended.kind !== 'done', null, ended.kind === 'pause' ? ended.seconds : 0);
    return ended.kind === 'done' ? 'done' : 'more';
  } catch (error) {
    if (error instanceof LeaseLost) {
      options.log({ event: 'lease_lost', slice: slice.slice });
      return 'lost';
    }
    throw error;
  }
}

type Secrecy = { redact: Redactor; learn(secrets: string[]): void };

async function work(connector: AnyConnector, slice: Slice, { redact, learn }: Secrecy, options: SliceOptions): Promise<Ended> {
  const prepared = prepare(connector, slice, learn, options);
  if ('error' in prepared) return { kind: 'stop', error: prepared.error };
  const { ctx } = prepared;
  const ended = await checkFirst(connector, ctx, slice, redact, options);
  if (ended) return ended;
  if (slice.trigger === 'check') return { kind: 'done' };
  const moved = await move(connector, ctx, slice, redact, options);
  return moved.kind === 'done' ? measure(connector, ctx, slice, redact, options) : moved;
}

async function move(connector: AnyConnector, ctx: ConnectorContext, slice: Slice, redact: Redactor, options: SliceOptions): Promise<Ended> {
  if (slice.direction === 'pull') return pullStreams(connector, ctx, slice.token, redact, options);
  const pushing = pushingFor(connector, ctx.settings);
  if (!pushing) {
    const message = `${connector.title} takes no records here: this integration can only fetch.`;
    return { kind: 'stop', error: { message, code: 'direction_unsupported', field: null, category: 'schema', status: null } };
  }
  if (!toldAtOnce(connector).isWhole) await options.store.tellDedupe(slice.token, pushing);
  return pushDue(pushing, ctx, slice.token, redact, options);
}

/** Settings and credential are outside input: parsed once, and what is wrong with them is the run's error. */
function prepare(
  connector: AnyConnector, slice: Slice, learn: Secrecy['learn'], options: SliceOptions,
): { ctx: ConnectorContext } | { error: RunError } {
  const settings = connector.settings.safeParse(slice.settings);
  if (!settings.success) {
    const issue = settings.error.issues[0];
    const field = issue?.path.join('.') || null;
    return { error: { message: `The setting ${field ?? '(all)'} is not right: ${issue?.message}`, code: 'settings_invalid', field, category: 'schema', status: null } };
  }
  const credential = connector.credential.safeParse(slice.credential ?? {});
  if (!credential.success) {
    const field = credential.error.issues[0]?.path.join('.') || null;
    const message = slice.credential ? `The credential lacks a usable "${field}".` : 'No credential is set for this integration.';
    return { error: { message, code: 'credential_missing', field, category: 'auth', status: null } };
  }
  const http = options.http(connector.system, secretsIn(slice.credential));
  const rate = rateFor(connector, settings.data);
  const time = { now: () => options.budget.spent().wallMs, wait: options.delay };
  const renewCredential = renewing(connector, slice, learn, options.store);
  return { ctx: { settings: settings.data, credential: credential.data, http: rate ? paced(http, rate, time) : http, renewCredential } };
}

/** What is kept is the credential as it was set, with the renewed parts in place. */
function renewing({ credential }: AnyConnector, slice: Slice, learn: Secrecy['learn'], store: Store): ConnectorContext['renewCredential'] {
  let was = slice.credential;
  return async (becomes) => {
    learn(secretsIn(becomes));
    was = await store.renewCredential(slice.token, was, becomes === null ? null : { ...was, ...becomes });
    learn(secretsIn(was));
    return credential.parse(was ?? {});
  };
}
