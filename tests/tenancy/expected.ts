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
  'private.facts': {},
  'private.delivery_sender': {},
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
  'public.settle_and_claim': 'service_role',
  'public.end_slice': 'service_role',
  'public.claim_deliveries': 'service_role',
  'public.freeze_deliveries': 'service_role',
  'public.settle_deliveries': 'service_role',
  'private.my_org_ids': 'authenticated',
  'private.check_request': 'authenticated service_role',
  'private.is_time_zone': 'service_role',
  'private.valid_thresholds': 'service_role',
  'private.next_cutoff': 'authenticated',
  'private.monitor_late': 'authenticated',
  'private.set_credential_as_member': 'authenticated',
  'private.set_enabled': 'authenticated',
  'private.sync_now': 'authenticated',
  'private.retry_failed': 'authenticated',
  'private.dismiss_records': 'authenticated',
  'private.decide_uncertain': 'authenticated',
  'private.mark_read': 'authenticated',
};

/** Who the caller can be. All but the last two have signed in; the app holds the secret key. */
export const people = ['owner', 'admin', 'viewer', 'stranger', 'other admin', 'signed out', 'the app'] as const;

/**
 * What a statement without a filter answers: `ours` and `theirs` are all rows of one organization, `both` of the two, `mine` those
 * that belong to the caller, `nothing` an empty answer, `no` a refusal.
 */
export type Sight = 'ours' | 'theirs' | 'both' | 'mine' | 'nothing' | 'no';
type Row = readonly [owner: Sight, admin: Sight, viewer: Sight, stranger: Sight, otherAdmin: Sight, signedOut: Sight, app: Sight];

const shared: Row = ['ours', 'ours', 'ours', 'nothing', 'theirs', 'no', 'both'];
const view: Row = ['ours', 'ours', 'ours', 'nothing', 'theirs', 'no', 'no'];
const hidden: Row = ['no', 'no', 'no', 'no', 'no', 'no', 'no'];

/** Who sees which rows. What nobody may write (see `relations`), nobody writes; the next table says so by trying. */
export const sights: Record<string, Row> = {
  'public.organizations': shared,
  'public.members': shared,
  'public.audit_log': shared,
  'public.integrations': shared,
  'public.integration_status': shared,
  'public.maintenance_windows': shared,
  'public.causes': shared,
  'public.records': shared,
  'public.record_versions': shared,
  'public.attempts': shared,
  'public.retries': shared,
  'public.runs': shared,
  'public.slices': shared,
  'public.findings': shared,
  'public.health_changes': shared,
  'public.incidents': shared,
  'public.notifications': ['mine', 'mine', 'nothing', 'nothing', 'mine', 'no', 'both'],
  'public.deliveries': ['ours', 'ours', 'nothing', 'nothing', 'theirs', 'no', 'both'],
  'public.my_organizations': view,
  'public.overview': view,
  'public.run_history': view,
  'public.cause_overview': view,
  'public.failed_records': view,
  'public.retry_progress': view,
  'public.my_notifications': ['mine', 'mine', 'nothing', 'nothing', 'mine', 'no', 'no'],
  'private.heartbeats': hidden,
  'private.attempts_rest': hidden,
  'private.facts': hidden,
  'private.delivery_sender': hidden,
};

/** Columns that are in a table members read and that none of them reads. */
export const hiddenColumns: readonly string[] = ['public.integrations.credential_secret_id'];

/** Which members a function lets through in their own organization; the others hear SW403. */
export const allowed: Record<string, readonly ('owner' | 'admin' | 'viewer')[]> = {
  'public.set_credential': ['owner', 'admin'],
  'public.set_enabled': ['owner', 'admin'],
  'public.sync_now': ['owner', 'admin'],
  'public.retry_failed': ['owner', 'admin'],
  'public.dismiss_records': ['owner', 'admin'],
  'public.decide_uncertain': ['owner', 'admin'],
  'public.mark_read': ['owner', 'admin', 'viewer'],
};

/** Schemas and who may look into them. Nobody may create anything in any. */
export const schemas: Record<string, string> = {
  auth: 'anon authenticated service_role',
  cron: '',
  extensions: 'anon authenticated service_role',
  net: '',
  private: 'authenticated service_role',
  public: 'anon authenticated service_role',
  supabase_migrations: '',
  syncward_stack: '',
  vault: '',
};
