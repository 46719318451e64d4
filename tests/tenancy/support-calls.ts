import type { World } from '../support/world.ts';

export type Call = { name: string; args: Record<string, unknown> };

/** Ids of rows of the attacked organization: what an attacker would have to guess, given for nothing. */
export type VictimRows = { records: number[]; run: number; cause: number; notification: number; delivery: string; retry: number; incident: number; window: number; report: number; member: string; invitation: number };

export async function victimRows({ sql, org }: World): Promise<VictimRows> {
  const [row] = await sql<VictimRows[]>`
    select (select array_agg(id::int) from records where org_id = ${org}) as records, (select max(id)::int from runs where org_id = ${org}) as run,
      (select max(id)::int from causes where org_id = ${org}) as cause, (select max(id)::int from notifications where org_id = ${org}) as notification,
      (select id from deliveries where org_id = ${org} limit 1) as delivery, (select coalesce(max(id), 1)::int from retries where org_id = ${org}) as retry,
      (select coalesce(max(id), 1)::int from incidents where org_id = ${org}) as incident,
      (select coalesce(max(id), 1)::int from maintenance_windows where org_id = ${org}) as window,
      (select coalesce(max(id), 1)::int from grant_reports where org_id = ${org}) as report, (select coalesce(max(id), 1)::int from invitations where org_id = ${org}) as invitation,
      (select user_id from members where org_id = ${org} limit 1) as member`;
  if (!row?.records) throw new Error('there is nothing to attack');
  return row;
}

const nothingRetried = /"records":0\b/;
const token = '00000000-0000-4000-8000-000000000000';
/** A grant form, as little as is taken, and what is handed in by it. */
export const FORM = { scheme: 'peer-support', version: '2026-1', sourceTypes: ['activity'], columns: [{ from: 'amount' }] };
const period = { first_day: '1999-01-01', last_day: '1999-01-31' };
export const grantReport = { template: FORM, ...period, integrations: null, fields: {}, fingerprint: '0', csv: 'x', xlsx: 'UEsDBA==', handed_in_on: '1999-02-01' };

/** Every function the API exposes, called upon the organization attacked. */
export function foreignCalls({ org, integration }: World, { records, run, cause, notification, delivery, retry, incident, window, report, member, invitation }: VictimRows): Call[] {
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
    { name: 'edit_record', args: { org, record, version: 1, changes: { account: '1' } } },
    { name: 'preview_retry', args: { org, integration } },
    { name: 'approve_retry', args: { org, retry } },
    { name: 'decline_retry', args: { org, retry, reason: 'because' } },
    { name: 'stop_retry', args: { org, retry } },
    { name: 'set_approve_changes', args: { org, required: false, reason: 'because' } },
    { name: 'dismiss_matching', args: { org, integration, reason: 'because' } },
    { name: 'restore_records', args: { org, records } },
    { name: 'period_report', args: { org, first_day: '1999-01-01', last_day: '1999-01-31' } },
    { name: 'completeness', args: { org, first_day: '1999-01-01', last_day: '1999-01-31' } },
    { name: 'excluded_records', args: { org, integration, first_day: '1999-01-01', last_day: '1999-01-31' } },
    { name: 'sign_statement', args: { org, integration, first_day: '1999-01-01', last_day: '1999-01-31', fingerprint: '0' } },
    { name: 'grant_records', args: { org, template: FORM, ...period } },
    { name: 'hand_in_grant_report', args: { org, ...grantReport } },
    { name: 'unlock_grant_report', args: { org, report, reason: 'because' } },
    { name: 'list_grant_reports', args: { org } },
    { name: 'changed_grant_records', args: { org, report } },
    { name: 'kept_grant_report', args: { org, report } },
    { name: 'mark_read', args: { org } },
    { name: 'mark_read', args: { org, notifications: [notification] } },
    { name: 'chart_runs', args: { org, integration } },
    { name: 'list_history', args: { org, integration } },
    { name: 'preview_schedule', args: { org, integration, every_minutes: 15 } },
    { name: 'update_integration', args: { org, integration, expected: '2026-01-01T00:00:00Z', changes: { settings: { url: 'https://mine.example.com' } } } },
    { name: 'preview_maintenance', args: { org, ends: '2030-01-01T10:00' } },
    { name: 'add_maintenance', args: { org, reason: 'because', minutes: 60, integration } },
    { name: 'end_maintenance', args: { org, maintenance_window: window } },
    { name: 'list_members', args: { org } },
    { name: 'invite_member', args: { org, email: 'stine@example.org', name: 'Me', role: 'owner' } },
    { name: 'withdraw_invitation', args: { org, invitation } },
    { name: 'accept_invitation', args: { org } },
    { name: 'set_role', args: { org, member, was: 'owner', becomes: 'viewer' } },
    { name: 'remove_member', args: { org, member, was: 'owner' } },
    { name: 'acknowledge_incident', args: { org, incident } },
    { name: 'assign_incident', args: { org, incident, member } },
    { name: 'snooze_incident', args: { org, incident, minutes: 60, reason: 'because' } },
    { name: 'set_notification', args: { org, event: 'opened', channel: 'email', enabled: false } },
    { name: 'send_test', args: { org, channel: 'email' } },
    { name: 'check_now', args: { org, integration } },
    { name: 'accept_shape', args: { org, integration, stream: 'issues' } },
    { name: 'clear_cursor', args: { org, integration, stream: 'issues', reason: 'because' } },
    { name: 'open_webhook', args: { org, integration } },
    { name: 'hand_in', args: { org, integration, records: [{ source_type: 'expense', source_id: 'E-666', payload: { account: '1' } }] } },
    { name: 'begin_slice', args: { org, run, dedupe: 'key', settles_within_seconds: 60 } },
    { name: 'claim_records', args: { org, run, token, states: ['queued'], batch: 10 } },
    { name: 'settle_and_claim', args: { org, run, token, outcomes: [], states: ['queued'], batch: 10 } },
    { name: 'settle_records', args: { org, run, token, outcomes: [] } },
    { name: 'end_slice', args: { org, run, token, more: false, error: null, resume_after_seconds: 0, wall_ms: 1, cpu_ms: 1 } },
    { name: 'tell_dedupe', args: { org, run, token, dedupe: 'key', settles_within_seconds: 60 } },
    { name: 'begin_streams', args: { org, run, token, names: ['issues'] } },
    { name: 'store_page', args: { org, run, token, stream: 'issues', records: [], shape: {}, after: null, cursor: '1', more: false } },
    { name: 'record_signals', args: { org, run, token, measured: [], error: null } },
    { name: 'record_check', args: { org, run, token, result: null, error: 'no' } },
    { name: 'renew_credential', args: { org, run, token, was: {}, becomes: {} } },
    { name: 'enter_webhook', args: { org, integration, secret: token } },
    { name: 'read_webhook', args: { org, integration, secret: token } },
    { name: 'store_webhook', args: { org, integration, secret: token, call_id: '1', stream: 'issues', records: [], shape: {} } },
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
    { name: 'edit_record', args: { org, record, version: 1, changes: { account: '1' } }, harmless: null },
    { name: 'preview_retry', args: mixed, harmless: null },
    { name: 'preview_retry', args: { org, integration: own.integration, scope: 'records', records: theirs.records }, harmless: nothingRetried },
    { name: 'preview_retry', args: { org, integration: own.integration, retry: theirs.retry }, harmless: nothingRetried },
    { name: 'approve_retry', args: { org, retry: theirs.retry }, harmless: null },
    { name: 'decline_retry', args: { org, retry: theirs.retry, reason: 'because' }, harmless: null },
    { name: 'stop_retry', args: { org, retry: theirs.retry }, harmless: null },
    { name: 'dismiss_matching', args: { ...mixed, reason: 'because' }, harmless: null },
    { name: 'dismiss_matching', args: { org, integration: own.integration, cause: theirs.cause, reason: 'because' }, harmless: /"dismissed":0\b/ },
    { name: 'restore_records', args: { org, records: theirs.records }, harmless: /^0$/ },
    { name: 'mark_read', args: { org, notifications: [theirs.notification] }, harmless: /^0$/ },
    { name: 'check_now', args: mixed, harmless: null },
    { name: 'accept_shape', args: { ...mixed, stream: 'issues' }, harmless: null },
    { name: 'clear_cursor', args: { ...mixed, stream: 'issues', reason: 'because' }, harmless: null },
    { name: 'open_webhook', args: mixed, harmless: null },
    { name: 'excluded_records', args: { ...mixed, first_day: '1999-01-01', last_day: '1999-01-31' }, harmless: /^\[\]$/ },
    { name: 'sign_statement', args: { ...mixed, first_day: '1999-01-01', last_day: '1999-01-31', fingerprint: '0' }, harmless: null },
    { name: 'grant_records', args: { org, template: FORM, ...period, integrations: [other.integration] }, harmless: /"records":\[\]/ },
    { name: 'hand_in_grant_report', args: { org, ...grantReport, integrations: [other.integration] }, harmless: null },
    { name: 'unlock_grant_report', args: { org, report: theirs.report, reason: 'because' }, harmless: null },
    { name: 'changed_grant_records', args: { org, report: theirs.report }, harmless: /^\[\]$/ },
    { name: 'kept_grant_report', args: { org, report: theirs.report }, harmless: /^(null|)$/ },
    { name: 'chart_runs', args: mixed, harmless: null },
    { name: 'list_history', args: mixed, harmless: null },
    { name: 'preview_schedule', args: { ...mixed, every_minutes: 15 }, harmless: null },
    { name: 'update_integration', args: { ...mixed, expected: '2026-01-01T00:00:00Z', changes: {} }, harmless: null },
    { name: 'add_maintenance', args: { ...mixed, reason: 'because', minutes: 60 }, harmless: null },
    { name: 'end_maintenance', args: { org, maintenance_window: theirs.window }, harmless: null },
    { name: 'withdraw_invitation', args: { org, invitation: theirs.invitation }, harmless: null },
    { name: 'set_role', args: { org, member: theirs.member, was: 'owner', becomes: 'viewer' }, harmless: null },
    { name: 'remove_member', args: { org, member: theirs.member, was: 'owner' }, harmless: null },
    { name: 'acknowledge_incident', args: { org, incident: theirs.incident }, harmless: null },
    { name: 'assign_incident', args: { org, incident: theirs.incident }, harmless: null },
    { name: 'snooze_incident', args: { org, incident: theirs.incident, minutes: 60, reason: 'because' }, harmless: null },
  ];
}
