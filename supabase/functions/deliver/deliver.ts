import { z } from 'zod';
import { redact } from './channel.ts';
import type { Channel, Verdict } from './channel.ts';
import type { Pace } from './pace.ts';
import { deliverySchema, identitySchema, payloadSchema } from './rows.ts';
import type { Delivery, Identity, Outcome, Payload } from './rows.ts';

/** Calls one of the database's functions and gives back what it returned; throws what it raised. */
export type Rpc = (name: 'claim_deliveries' | 'freeze_delivery' | 'settle_deliveries', args: Record<string, unknown>) => Promise<unknown>;

export type DeliveryRun = {
  rpc: Rpc;
  /** By the name a delivery carries in `channel`. */
  channels: Record<string, Channel>;
  clock: () => Date;
  /** Resolves when the named channel may send again; see `createPace`. */
  pace: Pace;
  wait: (milliseconds: number) => Promise<void>;
  /** No further batch is claimed after this long. One batch takes at most a few of the channel's timeouts. */
  budgetMs: number;
  batch: number;
  log: (entry: { event: string; error: string; delivery?: string }) => void;
};

export type Tally = { sent: number; retry: number; refused: number };

/** A pause the other side asks for is waited out on the spot up to this long and this often; else the database keeps the time. */
const PATIENCE = { seconds: 5, tries: 3 };
/** So many failures in a row that are the channel's own end the batch for it: the rest would fare no better. */
const FAILURES_TO_STOP = 2;

/**
 * Sends what is due, batch after batch, until nothing is due, nothing gets through or the budget is used.
 * At least once by the database, at most once by the channel's idempotency key: the payload is frozen before the first
 * sending, so a lost answer or a second worker changes nothing for the reader. A delivery that cannot be sent never
 * stops the others.
 *
 * @returns how many were sent, put off and refused. Rejects when the database cannot be reached; leases then run out.
 */
export async function runDeliveries(run: DeliveryRun): Promise<Tally> {
  const tally: Tally = { sent: 0, retry: 0, refused: 0 };
  const deadline = run.clock().getTime() + run.budgetMs;
  do {
    const rows = z.array(z.unknown()).parse(await run.rpc('claim_deliveries', { batch: run.batch, at: run.clock().toISOString() }));
    if (rows.length === 0) return tally;
    const outcomes = await deliverBatch(run, rows);
    await settle(run, outcomes);
    for (const { outcome } of outcomes) tally[outcome] += 1;
    if (outcomes.every(({ outcome }) => outcome === 'retry')) return tally;
  } while (run.clock().getTime() < deadline);
  return tally;
}

type Trouble = { failures: number; verdict: Verdict & { outcome: 'retry' } };

async function deliverBatch(run: DeliveryRun, rows: unknown[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const troubles = new Map<string, Trouble>();
  for (const row of rows) {
    const parsed = deliverySchema.safeParse(row);
    if (!parsed.success) {
      const outcome = unreadable(run, row, parsed.error);
      if (outcome) outcomes.push(outcome);
      continue;
    }
    const trouble = troubles.get(parsed.data.channel);
    const stopped = trouble && trouble.failures >= FAILURES_TO_STOP;
    const verdict = stopped ? { ...trouble.verdict, error: `Not tried: ${trouble.verdict.error}` } : await deliverOne(run, parsed.data);
    if (verdict === null) continue;
    if (verdict.outcome === 'retry' && verdict.everyone) {
      if (!stopped) troubles.set(parsed.data.channel, { failures: (trouble?.failures ?? 0) + 1, verdict });
    } else if (verdict.outcome === 'sent') {
      troubles.delete(parsed.data.channel);
    }
    outcomes.push(outcomeOf(parsed.data, verdict));
  }
  return outcomes;
}

/** Null when the lease is no longer ours: whoever holds it now sends it. */
async function deliverOne(run: DeliveryRun, delivery: Delivery): Promise<Verdict | null> {
  const channel = Object.hasOwn(run.channels, delivery.channel) ? run.channels[delivery.channel] : undefined;
  if (!channel) return putOff(`There is no channel called ${delivery.channel}.`);
  try {
    const payload = delivery.frozen ?? await freeze(run, delivery, channel.render(delivery.notice, delivery.locale));
    return payload && await sendPatiently(run, channel, delivery, payload);
  } catch (error) {
    run.log({ event: 'delivery_failed', delivery: delivery.delivery_id, error: wordsOf(error) });
    return putOff(wordsOf(error));
  }
}

async function freeze(run: DeliveryRun, { org_id, delivery_id, token }: Identity, payload: Payload): Promise<Payload | null> {
  const frozen = await run.rpc('freeze_delivery', { org: org_id, delivery: delivery_id, token, payload });
  return payloadSchema.nullable().parse(frozen ?? null);
}

async function sendPatiently(run: DeliveryRun, channel: Channel, delivery: Delivery, payload: Payload): Promise<Verdict> {
  for (let attempt = 1; ; attempt += 1) {
    await run.pace(delivery.channel, channel.perSecond);
    const verdict = await channel.send({ key: delivery.delivery_id, address: delivery.address, payload });
    const pause = verdict.outcome === 'retry' ? verdict.retryAfterSeconds : undefined;
    if (pause === undefined || pause > PATIENCE.seconds || attempt >= PATIENCE.tries) return verdict;
    await run.wait(pause * 1_000);
  }
}

function putOff(error: string): Verdict {
  return { outcome: 'retry', error: redact(error), everyone: false };
}

function unreadable(run: DeliveryRun, row: unknown, error: z.ZodError): Outcome | null {
  const said = redact(error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`).join('; '));
  const identity = identitySchema.safeParse(row);
  run.log({ event: 'delivery_unreadable', error: said, ...(identity.success ? { delivery: identity.data.delivery_id } : {}) });
  return identity.success ? outcomeOf(identity.data, putOff(`The delivery cannot be read. ${said}`)) : null;
}

function outcomeOf({ org_id, delivery_id, token }: Identity, verdict: Verdict): Outcome {
  const identity = { org_id, delivery_id, token };
  if (verdict.outcome === 'sent') return { ...identity, outcome: 'sent', provider_id: verdict.providerId };
  if (verdict.outcome === 'refused') return { ...identity, outcome: 'refused', error: verdict.error };
  const pause = verdict.retryAfterSeconds;
  return { ...identity, outcome: 'retry', error: verdict.error, ...(pause === undefined ? {} : { retry_after_seconds: pause }) };
}

const SETTLE_PAUSES_MS = [500, 2_000];

async function settle(run: DeliveryRun, outcomes: Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await run.rpc('settle_deliveries', { outcomes, at: run.clock().toISOString() });
      return;
    } catch (error) {
      const pause = SETTLE_PAUSES_MS[attempt];
      if (pause === undefined) throw error;
      run.log({ event: 'settle_failed', error: wordsOf(error) });
      await run.wait(pause);
    }
  }
}

function wordsOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
