import { randomUUID } from 'node:crypto';
import type { Rpc } from '../../supabase/functions/deliver/deliver.ts';
import type { Outcome, Payload } from '../../supabase/functions/deliver/rows.ts';
import { aNotice } from './messages-notices.ts';

export type OutboxRow = {
  org_id: string;
  delivery_id: string;
  token: string;
  channel: string;
  address: string;
  locale: string;
  notice: unknown;
  frozen: Payload | null;
  batch_id: string | null;
  attempt: number;
  state: 'due' | 'claimed' | 'sent' | 'refused';
};

export type Outbox = {
  rpc: Rpc;
  rows: OutboxRow[];
  add(changes?: Partial<OutboxRow>): OutboxRow;
  /** Every outcome settled, in order. */
  outcomes: Outcome[];
  /** Leases run out: what was claimed or put off is due again. */
  nextTick(): void;
};

type Held = { delivery_id: string; token: string };

/** The deliveries as the database keeps them, in memory, behind the same three functions. */
export function createOutbox(): Outbox {
  const rows: OutboxRow[] = [];
  const outcomes: Outcome[] = [];
  const putOff = new Set<OutboxRow>();
  const held = (wanted: Held) =>
    rows.find(({ delivery_id, token, state }) => delivery_id === wanted.delivery_id && token === wanted.token && state === 'claimed');

  const functions: Record<Parameters<Rpc>[0], (args: Record<string, unknown>) => unknown> = {
    claim_deliveries({ batch }) {
      const due = rows.filter((row) => row.state === 'due' && !putOff.has(row)).slice(0, Number(batch));
      const fresh = due.filter(({ frozen }) => !frozen);
      const together = fresh.length > 1 ? randomUUID() : null;
      for (const row of fresh) row.batch_id = together;
      return due.map((row) => {
        Object.assign(row, { state: 'claimed', token: randomUUID(), attempt: row.attempt + 1 });
        const { state: _, ...claimed } = row;
        return structuredClone(claimed);
      });
    },
    freeze_deliveries({ letters }) {
      return (letters as (Held & { payload: Payload })[]).flatMap(({ payload, ...wanted }) => {
        const row = held(wanted);
        if (!row) return [];
        row.frozen ??= payload;
        return [{ delivery_id: row.delivery_id, frozen: row.frozen }];
      });
    },
    settle_deliveries(args) {
      for (const outcome of args.outcomes as Outcome[]) {
        outcomes.push(outcome);
        const row = held(outcome);
        if (!row) continue;
        row.state = outcome.outcome === 'retry' || outcome.outcome === 'apart' ? 'due' : outcome.outcome;
        if (outcome.outcome === 'retry') putOff.add(row);
        if (outcome.outcome === 'apart') row.batch_id = null;
      }
      return null;
    },
  };

  return {
    rows,
    outcomes,
    rpc: async (name, args) => functions[name](args),
    add(changes = {}) {
      const row: OutboxRow = {
        org_id: randomUUID(), delivery_id: randomUUID(), token: randomUUID(), channel: 'email', address: 'kari@example.org',
        locale: 'nb', notice: aNotice(), frozen: null, batch_id: null, attempt: 0, state: 'due', ...changes,
      };
      rows.push(row);
      return row;
    },
    nextTick() {
      putOff.clear();
      for (const row of rows) if (row.state === 'claimed') row.state = 'due';
    },
  };
}
