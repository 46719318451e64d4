import type { World } from '../support/world.ts';

export type Call = { name: string; args: Record<string, unknown> };

/** Ids of rows of the attacked organization: what an attacker would have to guess, given for nothing. */
export type VictimRows = { records: number[]; run: number; cause: number; notification: number; delivery: string };

export async function victimRows({ sql, org }: World): Promise<VictimRows> {
  const [row] = await sql<VictimRows[]>`
    select (select array_agg(id::int) from records where org_id = ${org}) as records, (select max(id)::int from runs where org_id = ${org}) as run,
      (select max(id)::int from causes where org_id = ${org}) as cause, (select max(id)::int from notifications where org_id = ${org}) as notification,
      (select id from deliveries where org_id = ${org} limit 1) as delivery`;
  if (!row?.records) throw new Error('there is nothing to attack');
  return row;
}

const nothingRetried = /"records":0\b/;
const token = '00000000-0000-4000-8000-000000000000';

/** Every function the API exposes, called upon the organization attacked. */
export function foreignCalls({ org, integration }: World, { records, run, cause, notification, delivery }: VictimRows): Call[] {
  const [record = 0] = records;
  return [
    { name: 'set_credential', args: { org, integration, credential: { token: 'mine now' } } },
    { name: 'set_enabled', args: { org, integration, enabled: false, reason: 'because' } },
    { name: 'sync_now', args: { org, integration } },
    { name: 'retry_failed', args: { org, integration } },
    { name: 'retry_failed', args: { org, integration, scope: 'cause', cause } },
    { name: 'retry_failed', args: { org, integration, scope: 'records', records, field: 'account', from_value: '9999', to_value: '4010' } },
    { name: 'dismiss_records', args: { org, records, reason: 'because' } },
    { name: 'decide_uncertain', args: { org, record, landed: true, reason: 'because' } },
    { name: 'mark_read', args: { org } },
    { name: 'mark_read', args: { org, notifications: [notification] } },
    { name: 'hand_in', args: { org, integration, records: [{ source_type: 'expense', source_id: 'E-666', payload: { account: '1' } }] } },
    { name: 'begin_slice', args: { org, run, dedupe: 'key', settles_within_seconds: 60 } },
    { name: 'claim_records', args: { org, run, token, states: ['queued'], batch: 10 } },
    { name: 'settle_and_claim', args: { org, run, token, outcomes: [], states: ['queued'], batch: 10 } },
    { name: 'settle_records', args: { org, run, token, outcomes: [] } },
    { name: 'end_slice', args: { org, run, token, more: false, error: null, resume_after_seconds: 0, wall_ms: 1, cpu_ms: 1 } },
    { name: 'claim_deliveries', args: { batch: 10 } },
    { name: 'freeze_deliveries', args: { letters: [{ org_id: org, delivery_id: delivery, token, payload: {} }] } },
    { name: 'settle_deliveries', args: { outcomes: [] } },
  ];
}

/** The caller's own organization with rows that are the other's; `harmless` is the answer of one that may find nothing to do. */
export function straddlingCalls(own: World, other: World, theirs: VictimRows): (Call & { harmless: RegExp | null })[] {
  const { org } = own;
  const [record = 0] = theirs.records;
  const mixed = { org, integration: other.integration };
  return [
    { name: 'set_credential', args: { ...mixed, credential: { token: 'mine now' } }, harmless: null },
    { name: 'set_enabled', args: { ...mixed, enabled: false }, harmless: null },
    { name: 'sync_now', args: mixed, harmless: null },
    { name: 'retry_failed', args: mixed, harmless: null },
    { name: 'retry_failed', args: { org: other.org, integration: own.integration }, harmless: null },
    { name: 'retry_failed', args: { org, integration: own.integration, scope: 'records', records: theirs.records }, harmless: nothingRetried },
    { name: 'retry_failed', args: { org, integration: own.integration, scope: 'cause', cause: theirs.cause }, harmless: nothingRetried },
    { name: 'dismiss_records', args: { org, records: theirs.records, reason: 'because' }, harmless: /^0$/ },
    { name: 'decide_uncertain', args: { org, record, landed: true, reason: 'because' }, harmless: null },
    { name: 'mark_read', args: { org, notifications: [theirs.notification] }, harmless: /^0$/ },
  ];
}
