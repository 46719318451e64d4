import { z } from 'zod';
import { redact } from './channel.ts';
import type { Channel, Verdict } from './channel.ts';
import type { Pace } from './pace.ts';
import { frozenSchema, identitySchema, readDelivery } from './rows.ts';
import type { Delivery, Identity, Outcome, Payload } from './rows.ts';

/** Calls one of the database's functions and gives back what it returned; throws what it raised. */
export type Rpc = (name: 'claim_deliveries' | 'freeze_deliveries' | 'settle_deliveries', args: Record<string, unknown>) => Promise<unknown>;

export type DeliveryRun = {
  rpc: Rpc;
  /** Who this is: the database lets one sender at a time have what is due. */
  sender: string;
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
 * sending, so a lost answer or a second worker changes nothing for the reader. What is due at the same moment goes out in one
 * request, and in the same one when it is repeated. A delivery that cannot be sent never stops the others.
 *
 * @returns how many were sent, put off and refused. Rejects when the database cannot be reached; leases then run out.
 */
export async function runDeliveries(run: DeliveryRun): Promise<Tally> {
  const tally: Tally = { sent: 0, retry: 0, refused: 0 };
  const deadline = run.clock().getTime() + run.budgetMs;
  let rows: unknown[];
  try {
    do {
      rows = await claim(run, run.batch);
      if (rows.length === 0) return tally;
      const outcomes = await deliverBatch(run, rows);
      await settle(run, outcomes);
      for (const { outcome } of outcomes) if (outcome !== 'apart') tally[outcome] += 1;
      if (outcomes.every(({ outcome }) => outcome === 'retry')) break;
    } while (run.clock().getTime() < deadline);
  } catch (error) {
    await leave(run);
    throw error;
  }
  await leave(run);
  return tally;
}

async function claim(run: DeliveryRun, batch: number): Promise<unknown[]> {
  return z.array(z.unknown()).parse(await run.rpc('claim_deliveries', { batch, sender: run.sender, at: run.clock().toISOString() }));
}

/** Lets another sender begin at once. Where that fails, it may begin a minute later. */
async function leave(run: DeliveryRun): Promise<void> {
  await claim(run, 0).catch((error: unknown) => run.log({ event: 'leave_failed', error: wordsOf(error) }));
}

type Trouble = { failures: number; verdict: Verdict & { outcome: 'retry' } };

async function deliverBatch(run: DeliveryRun, rows: unknown[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const readable: Delivery[] = [];
  for (const row of rows) {
    const parsed = readDelivery(row);
    if (parsed.success) readable.push(parsed.data);
    else outcomes.push(...unreadable(run, row, parsed.error));
  }
  const troubles = new Map<string, Trouble>();
  for (const group of Map.groupBy(readable, ({ channel, batch_id, delivery_id }) => `${channel} ${batch_id ?? delivery_id}`).values()) {
    const name = group[0]?.channel ?? '';
    const trouble = troubles.get(name);
    if (trouble && trouble.failures >= FAILURES_TO_STOP) {
      const untried = { ...trouble.verdict, error: `Not tried: ${trouble.verdict.error}` };
      outcomes.push(...group.map((delivery) => outcomeOf(delivery, untried)));
      continue;
    }
    const { verdict, told } = await deliverGroup(run, name, group);
    if (verdict?.outcome === 'retry' && verdict.everyone) troubles.set(name, { failures: (trouble?.failures ?? 0) + 1, verdict });
    else if (verdict?.outcome === 'sent') troubles.delete(name);
    outcomes.push(...told);
  }
  return outcomes;
}

type Ready = { delivery: Delivery; payload: Payload };

/** Sends what goes out in one request: one delivery, or those of a batch. `verdict` is the channel's, null when it was not asked. */
async function deliverGroup(run: DeliveryRun, name: string, group: Delivery[]): Promise<{ verdict: Verdict | null; told: Outcome[] }> {
  const told: Outcome[] = [];
  const fail = (error: unknown, ...deliveries: Delivery[]): void => {
    for (const delivery of deliveries) {
      run.log({ event: 'delivery_failed', delivery: delivery.delivery_id, error: wordsOf(error) });
      told.push(outcomeOf(delivery, putOff(wordsOf(error))));
    }
  };
  const channel = Object.hasOwn(run.channels, name) ? run.channels[name] : undefined;
  if (!channel) return { verdict: null, told: group.map((delivery) => outcomeOf(delivery, putOff(`There is no channel called ${name}.`))) };
  const worded = group.flatMap((delivery): Ready[] => {
    try {
      return [{ delivery, payload: delivery.frozen ?? channel.render(delivery.notice, delivery.locale) }];
    } catch (error) {
      fail(error, delivery);
      return [];
    }
  });
  const ready = await freezeAll(run, worded, fail);
  if (ready.length === 0) return { verdict: null, told };
  try {
    const verdict = await sendPatiently(run, name, channel, ready);
    return { verdict, told: [...told, ...ready.map(({ delivery }, index) => outcomeOf(delivery, verdict, index))] };
  } catch (error) {
    fail(error, ...ready.map(({ delivery }) => delivery));
    return { verdict: null, told };
  }
}

/** Freezes what is not frozen yet; where that fails for all, each by itself, so that one cannot keep the others from it. */
async function freezeAll(run: DeliveryRun, worded: Ready[], fail: (error: unknown, delivery: Delivery) => void): Promise<Ready[]> {
  if (worded.every(({ delivery }) => delivery.frozen)) return inOrder(worded);
  try {
    return inOrder(await freeze(run, worded));
  } catch (error) {
    const [first] = worded;
    if (worded.length > 1) return inOrder((await Promise.all(worded.map((one) => freezeAll(run, [one], fail)))).flat());
    if (first) fail(error, first.delivery);
    return [];
  }
}

/** Those whose lease is still ours, with the texts that were first. */
async function freeze(run: DeliveryRun, worded: Ready[]): Promise<Ready[]> {
  const letters = worded.map(({ delivery: { org_id, delivery_id, token }, payload }) => ({ org_id, delivery_id, token, payload }));
  const answer = frozenSchema.parse(await run.rpc('freeze_deliveries', { letters }));
  const first = new Map(answer.map(({ delivery_id, frozen }) => [delivery_id, frozen]));
  return worded.flatMap(({ delivery }) => {
    const payload = first.get(delivery.delivery_id);
    return payload ? [{ delivery, payload }] : [];
  });
}

/** The order they have whenever they are sent: a repeated request has to be the same to the letter. */
const inOrder = (ready: Ready[]): Ready[] => ready.toSorted((a, b) => (a.delivery.delivery_id < b.delivery.delivery_id ? -1 : 1));

async function sendPatiently(run: DeliveryRun, name: string, channel: Channel, ready: Ready[]): Promise<Verdict> {
  const letters = ready.map(({ delivery: { address }, payload }) => ({ address, payload }));
  const key = ready[0]?.delivery.batch_id ?? ready[0]?.delivery.delivery_id ?? '';
  for (let attempt = 1; ; attempt += 1) {
    await run.pace(name, channel.perSecond);
    const verdict = await channel.send(key, letters);
    const pause = verdict.outcome === 'retry' ? verdict.retryAfterSeconds : undefined;
    if (pause === undefined || pause > PATIENCE.seconds || attempt >= PATIENCE.tries) return verdict;
    await run.wait(pause * 1_000);
  }
}

function putOff(error: string): Verdict {
  return { outcome: 'retry', error: redact(error), everyone: false };
}

function unreadable(run: DeliveryRun, row: unknown, error: z.ZodError): Outcome[] {
  const said = redact(error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`).join('; '));
  const identity = identitySchema.safeParse(row);
  run.log({ event: 'delivery_unreadable', error: said, ...(identity.success ? { delivery: identity.data.delivery_id } : {}) });
  return identity.success ? [outcomeOf(identity.data, putOff(`The delivery cannot be read. ${said}`))] : [];
}

/** `index`: which of the letters of the request it was. */
function outcomeOf({ org_id, delivery_id, token }: Identity, verdict: Verdict, index = 0): Outcome {
  const identity = { org_id, delivery_id, token };
  if (verdict.outcome === 'sent') return { ...identity, outcome: 'sent', provider_id: verdict.providerIds[index] ?? '' };
  if (verdict.outcome !== 'retry') return { ...identity, outcome: verdict.outcome, error: verdict.error };
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
