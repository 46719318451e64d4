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
  'public.edit_record': ['retry.requested'],
  'public.preview_retry': [],
  'public.approve_retry': ['retry.approved'],
  'public.decline_retry': ['retry.declined'],
  'public.stop_retry': ['retry.stopped'],
  'public.set_approve_changes': ['organization.changed'],
  'public.dismiss_matching': ['record.dismissed'],
  'public.restore_records': ['record.restored'],
  'public.mark_read': [],
  'public.check_now': ['check.requested'],
  'public.accept_shape': ['shape.accepted'],
  'public.clear_cursor': ['cursor.cleared'],
  'public.open_webhook': ['webhook.opened'],
  'public.period_report': [],
  'public.completeness': [],
  'public.excluded_records': [],
  'public.sign_statement': ['statement.signed'],
  'public.grant_records': [],
  'public.hand_in_grant_report': ['grant_report.handed_in'],
  'public.unlock_grant_report': ['grant_report.unlocked'],
  'public.list_grant_reports': [],
  'public.changed_grant_records': [],
  'public.kept_grant_report': [],
  'public.chart_runs': [],
  'public.list_history': [],
  'public.preview_schedule': [],
  'public.update_integration': ['integration.changed'],
  'public.preview_maintenance': [],
  'public.add_maintenance': ['maintenance_window.added'],
  'public.end_maintenance': ['maintenance_window.removed'],
  'public.list_members': [],
  'public.invite_member': ['invitation.sent'],
  'public.withdraw_invitation': ['invitation.withdrawn'],
  'public.accept_invitation': ['member.added', 'invitation.accepted'],
  'public.set_role': ['member.changed'],
  'public.remove_member': ['member.removed'],
  'public.acknowledge_incident': ['incident.acknowledged'],
  'public.assign_incident': ['incident.assigned'],
  'public.snooze_incident': ['incident.snoozed'],
  'public.set_notification': ['notification_setting.added'],
  'public.send_test': ['notification.tested'],
};

/** Tables that say how an organization is set up: every row added, changed or removed is told, by whatever door. */
export const configuration: Record<string, string> = {
  'public.organizations': 'organization',
  'public.members': 'member',
  'public.integrations': 'integration',
  'public.maintenance_windows': 'maintenance_window',
  'public.notification_settings': 'notification_setting',
};

/** Tables that only the pipeline writes; what people ask of it is told by the functions above. */
export const pipeline: readonly string[] = [
  'public.audit_log', 'public.invitations', 'public.integration_status', 'public.causes', 'public.records', 'public.record_versions', 'public.attempts',
  'public.retries', 'public.runs', 'public.slices', 'public.findings', 'public.health_changes', 'public.incidents', 'public.statements',
  'public.grant_reports',
  'public.notifications', 'public.deliveries', 'private.heartbeats', 'private.blind_spots', 'private.attempts_rest', 'private.delivery_sender',
  'public.streams', 'public.pulled_records', 'public.signals', 'public.signal_history', 'public.webhook_calls', 'private.webhook_doors',
];
