/**
 * Who may do what, as data. A table, view or function that is in the catalog and not here fails the test, so a new one
 * cannot be forgotten; so does a right more or less than stated.
 */
type Rights = { authenticated?: string; service_role?: string };

const readable: Rights = { authenticated: 'select', service_role: 'select' };
const viewed: Rights = { authenticated: 'select' };

/** Table rights; column-level ones are listed with the columns' verb followed by `*`. `anon` has none anywhere. */
export const relations: Record<string, Rights> = {
  'public.organizations': { authenticated: 'select', service_role: 'insert select' },
  'public.members': { authenticated: 'select', service_role: 'insert select' },
  'public.audit_log': readable,
  'public.integrations': { authenticated: 'select*', service_role: 'insert* select*' },
  'public.integration_status': readable,
  'public.maintenance_windows': readable,
  'public.causes': readable,
  'public.records': { authenticated: 'select', service_role: 'insert* select' },
  'public.record_versions': readable,
  'public.attempts': readable,
  'public.retries': readable,
  'public.runs': readable,
  'public.slices': readable,
  'public.findings': readable,
  'public.health_changes': readable,
  'public.incidents': readable,
  'public.notifications': readable,
  'public.deliveries': readable,
  'public.my_organizations': viewed,
  'public.overview': viewed,
  'public.run_history': viewed,
  'public.cause_overview': viewed,
  'public.failed_records': viewed,
  'public.retry_progress': viewed,
  'public.my_notifications': viewed,
  'private.heartbeats': {},
  'private.attempts_rest': {},
};

/** Functions somebody other than the owner may execute. All others: nobody. */
export const functions: Record<string, string> = {
  'public.set_credential': 'authenticated',
  'public.set_enabled': 'authenticated',
  'public.sync_now': 'authenticated',
  'public.retry_failed': 'authenticated',
  'public.dismiss_records': 'authenticated',
  'public.decide_uncertain': 'authenticated',
  'public.mark_read': 'authenticated',
  'public.hand_in': 'service_role',
  'public.begin_slice': 'service_role',
  'public.claim_records': 'service_role',
  'public.settle_records': 'service_role',
  'public.end_slice': 'service_role',
  'public.claim_deliveries': 'service_role',
  'public.freeze_delivery': 'service_role',
  'public.settle_deliveries': 'service_role',
  'private.my_org_ids': 'authenticated',
  'private.next_cutoff': 'authenticated',
  'private.monitor_late': 'authenticated',
  'private.member_name': 'authenticated',
  'private.set_credential_as_member': 'authenticated',
  'private.set_enabled': 'authenticated',
  'private.sync_now': 'authenticated',
  'private.retry_failed': 'authenticated',
  'private.dismiss_records': 'authenticated',
  'private.decide_uncertain': 'authenticated',
  'private.mark_read': 'authenticated',
};

/** What each member sees less than the whole of their organization in. */
export const narrower: Record<string, { viewer: 'nothing' } | { everyone: 'their own' }> = {
  'public.deliveries': { viewer: 'nothing' },
  'public.notifications': { everyone: 'their own' },
  'public.my_notifications': { everyone: 'their own' },
};
