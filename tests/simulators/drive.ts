import type { AnyConnector, ConnectorContext, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { pushingFor } from '../../supabase/functions/_kit/facts.ts';
import { inParts } from '../../supabase/functions/_kit/parts.ts';
import { sendBatch, settleDoubt } from '../../supabase/functions/_kit/send.ts';
import type { Target } from '../../supabase/functions/_kit/send.ts';
import type { ClaimedRecord, SettledOutcome } from '../../supabase/functions/_kit/store.ts';

export type Driven = { states: Map<number, string>; last: Map<number, SettledOutcome>; rounds: number };

type Held = { record: OutgoingRecord; state: SettledOutcome['state']; attempts: number };

/**
 * Sends records the way a run does, with the kit's own code and no database: doubts are settled first, what failed for now is sent
 * again, and a run that was stopped is followed by another.
 */
export async function drive(connector: AnyConnector, ctx: ConnectorContext, records: OutgoingRecord[], most = 400): Promise<Driven> {
  const pushing = pushingFor(connector, ctx.settings);
  if (!pushing) throw new Error('It takes no records.');
  const held = new Map<number, Held>(records.map((record) => [record.id, { record, state: 'queued', attempts: 0 }]));
  const last = new Map<number, SettledOutcome>();
  const target: Target = {
    connector: pushing,
    ctx,
    waiting: new Set(),
    trips: { worked: false, inARow: 0 },
    record: async () => undefined,
    isOver: () => false,
    log: () => undefined,
    async settle(outcomes) {
      for (const outcome of outcomes) {
        const one = held.get(outcome.id);
        if (!one) throw new Error(`It settled ${outcome.id}, which was never claimed.`);
        one.state = outcome.state;
        if (outcome.state === 'retrying' || outcome.state === 'uncertain') one.attempts += 1;
        last.set(outcome.id, outcome);
      }
    },
  };
  let rounds = 0;
  for (; rounds < most; rounds++) {
    const open = (['uncertain', 'retrying', 'queued'] as const).find((state) => [...held.values()].some((one) => one.state === state));
    if (!open) break;
    const due = [...held.values()].filter(({ state }) => state === open).slice(0, pushing.batchSize);
    const work = open === 'uncertain' && pushing.dedupe === 'lookup' ? settleDoubt : sendBatch;
    await inParts(target, due.map(({ record, attempts }) => claimed(record, attempts, open)), work);
  }
  return { states: new Map([...held].map(([id, { state }]) => [id, state])), last, rounds };
}

function claimed(record: OutgoingRecord, attempts: number, state: ClaimedRecord['claimed_from']): ClaimedRecord {
  return {
    id: record.id, key: record.key, source_type: record.sourceType, source_id: record.sourceId, version: record.version, payload: record.payload,
    amount: record.amount, currency: record.currency, occurred_on: record.occurredOn, external_id: record.externalId, exported_version: null,
    attempts, claimed_from: state,
  };
}
