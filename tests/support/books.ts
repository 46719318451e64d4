import type { World } from './world.ts';

export type State = 'queued' | 'sending' | 'exported' | 'accepted' | 'failed' | 'retrying' | 'uncertain' | 'dead' | 'dismissed';

/** One record, with the content that was handed in last and the account as it stands in the payload now. */
export type Entry = {
  id: number; source: string; state: State; key: string; version: number; latest: number; exported: number | null; attempts: number;
  from: State | null; run: number | null; retry: number | null; due: number; queued: number; code: string | null; cause: number | null;
  content: string | null; account: string;
};

export type RunEntry = {
  id: number; status: string; over: boolean; trigger: string; retry: number | null; slice: number; held: boolean; lease: number | null;
  dedupe: string; selected: number; exported: number; accepted: number; failed: number; retrying: number; skipped: number; uncertain: number;
};

export type Mapping = { field: string; from: string | null; to: string };

export type RetryEntry = { id: number; state: string; waiting: number[]; mapping: Mapping | null };

/** All that the pipeline has written down about one integration. */
export type Books = {
  records: Entry[]; runs: RunEntry[]; retries: RetryEntry[]; enabled: boolean;
  /** Rows of `attempts`, and of the audit log by action. */
  tries: number; audit: Record<string, number>;
};

/** Times are milliseconds; what was never is null. */
export async function readBooks({ sql, org }: World, integration: string): Promise<Books> {
  const [row] = await sql<{ books: Books }[]>`
    select jsonb_build_object(
      'records', coalesce((
        select jsonb_agg(jsonb_build_object('id', r.id, 'source', r.source_id, 'state', r.state, 'key', r.idempotency_key, 'version', r.version,
          'latest', r.latest_version, 'exported', r.exported_version, 'attempts', r.attempts, 'from', r.claimed_from, 'run', r.run_id,
          'retry', r.retry_id, 'due', extract(epoch from r.next_attempt_at) * 1000, 'queued', extract(epoch from r.queued_at) * 1000,
          'code', r.error_code, 'cause', r.cause_id, 'content', coalesce(v.payload, r.payload) ->> 'content', 'account', r.payload ->> 'account')
          order by r.next_attempt_at, r.id)
        from records r left join record_versions v
          on v.org_id = r.org_id and v.record_id = r.id and v.version = r.latest_version and r.latest_version > r.version
        where r.org_id = ${org} and r.integration_id = ${integration}), '[]'),
      'runs', coalesce((
        select jsonb_agg(jsonb_build_object('id', u.id, 'status', u.status, 'over', u.finished_at is not null, 'trigger', u.trigger,
          'retry', u.retry_id, 'slice', u.slice, 'held', u.slice_token is not null, 'lease', extract(epoch from u.lease_expires_at) * 1000,
          'dedupe', u.dedupe, 'selected', u.selected, 'exported', u.exported, 'accepted', u.accepted, 'failed', u.failed,
          'retrying', u.retrying, 'skipped', u.skipped, 'uncertain', u.uncertain) order by u.id)
        from runs u where u.org_id = ${org} and u.integration_id = ${integration}), '[]'),
      'retries', coalesce((
        select jsonb_agg(jsonb_build_object('id', t.id, 'state', t.state, 'waiting', to_jsonb(t.held[t.taken + 1:]), 'mapping', t.mapping -> 0) order by t.id)
        from retries t where t.org_id = ${org} and t.integration_id = ${integration}), '[]'),
      'enabled', (select i.enabled from integrations i where i.id = ${integration}),
      'tries', (select count(*) from attempts a where a.org_id = ${org} and a.integration_id = ${integration}),
      'audit', coalesce((select jsonb_object_agg(l.action, l.rows) from (
        select a.action, count(*) as rows from audit_log a where a.org_id = ${org} and a.integration_id = ${integration} group by a.action) l), '{}')) as books`;
  if (!row) throw new Error('nothing to see');
  return row.books;
}
