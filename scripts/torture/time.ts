import type { ISql } from 'postgres';

// Every moment that decides what happens next. What is only history keeps its date.
const PASSING: Record<string, { columns: string[]; where?: string }> = {
  'public.integrations': { columns: ['next_due_at', 'created_at'] },
  'public.integration_status': { columns: ['health_since', 'evaluated_at', 'next_deadline', 'last_success_at', 'circuit_open_until', 'asks_again_at'] },
  // Slots of the past grow older too, so that no later slot can fall on the same moment.
  'public.runs': { columns: ['due_at', 'created_at', 'started_at', 'finished_at', 'waiting_since', 'rung_at', 'resume_at', 'last_turn_at'] },
  'public.records': {
    columns: ['next_attempt_at', 'queued_at', 'accepted_at', 'failed_at', 'created_at'], where: `state not in ('queued', 'exported', 'dismissed')`,
  },
  'public.deliveries': { columns: ['next_attempt_at', 'created_at'], where: `state in ('pending', 'sending')` },
  'public.retries': { columns: ['requested_at', 'resume_at'] },
  'private.heartbeats': { columns: ['beat_at'] },
};

/**
 * Lets time pass for everything in the rows: each moment in them becomes older by `seconds` (younger, for a clock that is set
 * back). Leases pass only for the holders named, because one at work would lose its own while its own clock stood still; 'all'
 * is what a jump of the database's clock does. Refused with 55P03 where somebody writes for long.
 */
export async function growOlder(sql: ISql, seconds: number, dead: 'all' | readonly string[]): Promise<void> {
  const statements = Object.entries(PASSING).map(([table, { columns, where }]) =>
    `update ${table} set ${columns.map((column) => `${column} = ${column} - age`).join(', ')}${where ? ` where ${where}` : ''};`);
  const heldBy = (column: string): string => (dead === 'all' ? 'true' : `${column} = any (array[${dead.map((token) => `'${token}'`).join(', ')}]::uuid[])`);
  await sql.unsafe(`
    do $$
    declare
      age constant interval := make_interval(secs => ${seconds});
    begin
      -- All at once or not at all: whoever waited for long with some of them in hand could wait in a circle.
      perform set_config('lock_timeout', '100ms', true);
      lock table ${[...Object.keys(PASSING), 'private.delivery_sender'].join(', ')} in exclusive mode;
      ${statements.join('\n      ')}
      update public.runs set lease_expires_at = lease_expires_at - age where lease_expires_at is not null and ${heldBy('slice_token')};
      update private.delivery_sender set until = until - age where until is not null and ${heldBy('sender')};
    end $$`);
}

/** The tokens of all that hold a lease, alive or not: slices, and who sends mail. */
export async function leases(sql: ISql): Promise<string[]> {
  const rows = await sql<{ token: string }[]>`
    select slice_token as token from runs where slice_token is not null
    union all select sender from private.delivery_sender where sender is not null`;
  return rows.map((row) => row.token);
}
