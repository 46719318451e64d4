/**
 * What leaves a row in the audit log, as data. A function a member may call, or a table, that is in the catalog and not here
 * fails the test.
 */

/** Actions written when an admin calls the function once, for one record. Reading one's own notifications is nobody's business. */
export const acts: Record<string, string[]> = {
  'public.set_credential': ['credential.set'],
  'public.set_enabled': ['integration.switched_off'],
  'public.sync_now': ['sync.requested'],
  'public.retry_failed': ['retry.requested'],
  'public.dismiss_records': ['record.dismissed'],
  'public.decide_uncertain': ['record.decided'],
  'public.mark_read': [],
};

/** Tables that say how an organization is set up: every row added, changed or removed is told, by whatever door. */
export const configuration: Record<string, string> = {
  'public.organizations': 'organization',
  'public.members': 'member',
  'public.integrations': 'integration',
  'public.maintenance_windows': 'maintenance_window',
};

/** Tables that only the pipeline writes; what people ask of it is told by the functions above. */
export const pipeline: readonly string[] = [
  'public.audit_log', 'public.integration_status', 'public.causes', 'public.records', 'public.record_versions', 'public.attempts',
  'public.retries', 'public.runs', 'public.slices', 'public.findings', 'public.health_changes', 'public.incidents',
  'public.notifications', 'public.deliveries', 'private.heartbeats', 'private.attempts_rest', 'private.delivery_sender',
];
