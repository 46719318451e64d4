-- The schema as the migrations leave it: the one page to read it on, and what the tests compare the migrations with.
-- Written by `npm run generate`; do not edit.

create schema public;
grant usage on schema public to anon, authenticated, public, service_role;
comment on schema public is 'standard public schema';

create schema private;
grant usage on schema private to authenticated, service_role;
comment on schema private is 'Not exposed by the Data API. Public functions are thin callers of the ones here.';

create table public.attempts (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  record_id bigint not null,
  version integer not null,
  run_id bigint not null,
  at timestamp with time zone not null,
  outcome text not null,
  external_id text,
  status integer,
  code text,
  field text,
  message text,
  category text,
  request_id text,
  response text,
  constraint attempts_pkey PRIMARY KEY (org_id, at, id)
) partition by range (at);
CREATE INDEX attempts_of_record ON ONLY public.attempts USING btree (org_id, record_id, at DESC);
comment on index public.attempts_of_record is 'Serves the page, which lists the rows of public.attempts of one record.';
alter table public.attempts enable row level security;
create policy "members see their attempts" on public.attempts for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.attempts to authenticated, service_role;
comment on table public.attempts is 'What happened to one record in one run: outcome, the system''s answer, when.';

create table public.audit_log (
  org_id uuid not null,
  id bigint not null generated always as identity,
  at timestamp with time zone not null,
  actor_id uuid,
  actor text not null,
  action text not null,
  system text,
  integration_id uuid,
  subject text,
  before jsonb,
  after jsonb,
  reason text,
  constraint audit_log_pkey PRIMARY KEY (org_id, id)
);
CREATE TRIGGER audit_log_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_change();
alter table public.audit_log enable always trigger audit_log_is_append_only;
alter table public.audit_log enable row level security;
create policy "members see their organization's audit log" on public.audit_log for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.audit_log to authenticated, service_role;
comment on table public.audit_log is 'Append-only: who did what, with before and after.';

create table public.causes (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  code text not null default ''::text,
  field text not null default ''::text,
  template text not null,
  payload_field text,
  sample text not null,
  category text not null,
  first_seen_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  constraint causes_pkey PRIMARY KEY (org_id, id),
  constraint causes_org_id_integration_id_code_field_template_key UNIQUE (org_id, integration_id, code, field, template),
  constraint causes_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE
);
alter table public.causes enable row level security;
create policy "members see their causes" on public.causes for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.causes to authenticated, service_role;
comment on table public.causes is 'Why records fail: records with the same cause are fixed together.';

create table public.deliveries (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  notification_id bigint not null,
  channel text not null,
  address text not null,
  locale text not null,
  notice jsonb not null,
  batch uuid,
  frozen jsonb,
  state text not null default 'pending'::text,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null,
  token uuid,
  provider_id text,
  error text,
  created_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  constraint deliveries_pkey PRIMARY KEY (org_id, id),
  constraint deliveries_org_id_notification_id_channel_key UNIQUE (org_id, notification_id, channel),
  constraint deliveries_org_id_notification_id_fkey FOREIGN KEY (org_id, notification_id) REFERENCES public.notifications(org_id, id) ON DELETE CASCADE,
  constraint deliveries_channel_check CHECK (channel = 'email'::text),
  constraint deliveries_state_check CHECK (state = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'refused'::text, 'dead'::text]))
);
CREATE INDEX deliveries_due ON public.deliveries USING btree (next_attempt_at) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text]));
comment on index public.deliveries_due is 'Serves public.claim_deliveries.';
CREATE INDEX deliveries_of_batch ON public.deliveries USING btree (batch) WHERE ((batch IS NOT NULL) AND (state = ANY (ARRAY['pending'::text, 'sending'::text])));
comment on index public.deliveries_of_batch is 'Serves public.claim_deliveries: a batch is sent again whole.';
alter table public.deliveries enable row level security;
create policy "owners and admins see deliveries" on public.deliveries for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids(ARRAY['owner'::text, 'admin'::text]) AS my_org_ids))));
grant select on public.deliveries to authenticated, service_role;
comment on table public.deliveries is 'One sending of one notification through one channel: a row before it is sent.';

create table public.findings (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  rule text not null,
  subject text not null default ''::text,
  severity text not null,
  urgency text,
  since timestamp with time zone not null,
  evidence jsonb not null,
  closed_at timestamp with time zone,
  constraint findings_pkey PRIMARY KEY (org_id, id),
  constraint findings_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint findings_severity_check CHECK (severity = ANY (ARRAY['red'::text, 'yellow'::text, 'grey'::text, 'info'::text])),
  constraint findings_urgency_check CHECK (urgency = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text]))
);
CREATE INDEX findings_closed ON public.findings USING btree (closed_at) WHERE (closed_at IS NOT NULL);
comment on index public.findings_closed is 'Serves private.tick_retention.';
CREATE INDEX findings_history ON public.findings USING btree (org_id, integration_id, id DESC);
comment on index public.findings_history is 'Serves the foreign key to public.integrations.';
CREATE UNIQUE INDEX findings_open ON public.findings USING btree (org_id, integration_id, rule, subject) WHERE (closed_at IS NULL);
alter table public.findings enable row level security;
create policy "members see their findings" on public.findings for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.findings to authenticated, service_role;
comment on table public.findings is 'Open conditions of an integration (and closed ones): rule, severity, since, evidence. Health is their roll-up.';

create table public.health_changes (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  at timestamp with time zone not null,
  kind text not null,
  rule text not null default ''::text,
  subject text not null default ''::text,
  before text,
  after text,
  urgency text,
  evidence jsonb not null default '{}'::jsonb,
  alerted boolean not null default false,
  constraint health_changes_pkey PRIMARY KEY (org_id, id),
  constraint health_changes_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint health_changes_kind_check CHECK (kind = ANY (ARRAY['light'::text, 'opened'::text, 'changed'::text, 'closed'::text]))
);
CREATE INDEX health_changes_by_age ON public.health_changes USING brin (at);
comment on index public.health_changes_by_age is 'Serves private.tick_retention.';
CREATE INDEX health_changes_of_integration ON public.health_changes USING btree (org_id, integration_id, id DESC);
comment on index public.health_changes_of_integration is 'Serves the foreign key to public.integrations.';
CREATE INDEX health_changes_waiting ON public.health_changes USING btree (org_id, integration_id, id) WHERE (NOT alerted);
comment on index public.health_changes_waiting is 'Serves private.alert.';
alter table public.health_changes enable row level security;
create policy "members see their health changes" on public.health_changes for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.health_changes to authenticated, service_role;
comment on table public.health_changes is 'Every change of health or of a finding. Alerting reads these rows and nothing else.';

create table public.incidents (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  alarm text not null,
  subject text not null default ''::text,
  urgency text not null,
  state text not null default 'open'::text,
  opened_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  acknowledged_at timestamp with time zone,
  acknowledged_by uuid,
  constraint incidents_pkey PRIMARY KEY (org_id, id),
  constraint incidents_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint incidents_state_check CHECK (state = ANY (ARRAY['open'::text, 'recovering'::text, 'resolved'::text])),
  constraint incidents_urgency_check CHECK (urgency = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text]))
);
CREATE INDEX incidents_history ON public.incidents USING btree (org_id, integration_id, id DESC);
comment on index public.incidents_history is 'Serves the foreign key to public.integrations.';
CREATE UNIQUE INDEX incidents_open ON public.incidents USING btree (org_id, integration_id, alarm, subject) WHERE (state <> 'resolved'::text);
alter table public.incidents enable row level security;
create policy "members see their incidents" on public.incidents for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.incidents to authenticated, service_role;
comment on table public.incidents is 'An episode for people: opens, is acknowledged, recovers, resolves.';

create table public.integration_status (
  org_id uuid not null,
  integration_id uuid not null,
  health text not null default 'grey'::text,
  health_since timestamp with time zone not null,
  evaluated_at timestamp with time zone,
  dirty boolean not null default true,
  next_deadline timestamp with time zone,
  last_run_id bigint,
  last_success_at timestamp with time zone,
  consecutive_failures integer not null default 0,
  consecutive_successes integer not null default 0,
  circuit_failures integer not null default 0,
  circuit_open_until timestamp with time zone,
  asks_again_at timestamp with time zone,
  usual_selected numeric,
  volume_off numeric,
  usual_seconds numeric,
  duration_off numeric,
  failed_of_ten integer not null default 0,
  constraint integration_status_pkey PRIMARY KEY (org_id, integration_id),
  constraint integration_status_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint integration_status_health_check CHECK (health = ANY (ARRAY['green'::text, 'yellow'::text, 'red'::text, 'grey'::text]))
) with (fillfactor=70);
CREATE INDEX integration_status_asks_again ON public.integration_status USING btree (asks_again_at) WHERE (asks_again_at IS NOT NULL);
comment on index public.integration_status_asks_again is 'Serves private.schedule_runs.';
CREATE INDEX integration_status_deadline ON public.integration_status USING btree (next_deadline);
comment on index public.integration_status_deadline is 'Serves private.evaluate_health: whose deadline passed.';
CREATE INDEX integration_status_dirty ON public.integration_status USING btree (integration_id) WHERE dirty;
comment on index public.integration_status_dirty is 'Serves private.evaluate_health: what changed.';
alter table public.integration_status enable row level security;
create policy "members see their integrations' status" on public.integration_status for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.integration_status to authenticated, service_role;
comment on table public.integration_status is 'What is true of an integration now: its light, its streaks, its breaker.';

create table public.integrations (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  system text not null,
  slug text not null,
  name text not null,
  direction text not null default 'push'::text,
  enabled boolean not null default true,
  every_minutes integer not null default 60,
  settings jsonb not null default '{}'::jsonb,
  thresholds jsonb not null default '{}'::jsonb,
  credential_secret_id uuid,
  credential_keys text[] not null default '{}'::text[],
  credential_set_at timestamp with time zone,
  credential_expires_at timestamp with time zone,
  next_due_at timestamp with time zone not null default now(),
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint integrations_pkey PRIMARY KEY (org_id, id),
  constraint integrations_id_key UNIQUE (id),
  constraint integrations_org_id_slug_key UNIQUE (org_id, slug),
  constraint integrations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id),
  constraint integrations_direction_check CHECK (direction = ANY (ARRAY['push'::text, 'pull'::text])),
  constraint integrations_every_minutes_check CHECK (every_minutes >= 1 AND every_minutes <= 44640),
  constraint integrations_name_check CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint integrations_next_due_at_check CHECK (next_due_at >= '2000-01-01 00:00:00+00'::timestamp with time zone AND next_due_at <= '2200-01-01 00:00:00+00'::timestamp with time zone),
  constraint integrations_settings_check CHECK (jsonb_typeof(settings) = 'object'::text AND octet_length(settings::text) <= 100000),
  constraint integrations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text),
  constraint integrations_system_check CHECK (system ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  constraint integrations_thresholds_check CHECK (private.valid_thresholds(thresholds))
);
CREATE INDEX integrations_due ON public.integrations USING btree (next_due_at) WHERE enabled;
comment on index public.integrations_due is 'Serves private.schedule_runs.';
CREATE TRIGGER integration_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.audit_change('integration');
CREATE TRIGGER integration_changes_are_followed AFTER INSERT OR UPDATE ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.follow_integration();
alter table public.integrations enable row level security;
create policy "members see their integrations" on public.integrations for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, settings, thresholds, credential_keys, credential_set_at, credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to authenticated;
grant insert (org_id, system, slug, name, direction, enabled, every_minutes, settings, thresholds, next_due_at) on public.integrations to service_role;
grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, settings, thresholds, credential_keys, credential_set_at, credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to service_role;
comment on table public.integrations is 'One organization''s configured use of a system.';

create table public.maintenance_windows (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  reason text not null default ''::text,
  created_by uuid,
  constraint maintenance_windows_pkey PRIMARY KEY (org_id, id),
  constraint maintenance_windows_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id),
  constraint maintenance_windows_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint maintenance_windows_check CHECK (ends_at > starts_at)
);
CREATE INDEX maintenance_windows_of_integration ON public.maintenance_windows USING btree (org_id, integration_id, ends_at);
comment on index public.maintenance_windows_of_integration is 'Serves private.in_maintenance, and the foreign key to public.integrations.';
CREATE TRIGGER maintenance_window_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.maintenance_windows FOR EACH ROW EXECUTE FUNCTION private.audit_change('maintenance_window');
alter table public.maintenance_windows enable row level security;
create policy "members see their maintenance windows" on public.maintenance_windows for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.maintenance_windows to authenticated, service_role;
comment on table public.maintenance_windows is 'Planned work: no run starts, the light is grey, alerts wait.';

create table public.members (
  org_id uuid not null,
  user_id uuid not null,
  role text not null,
  name text not null default ''::text,
  locale text not null default 'nb'::text,
  created_at timestamp with time zone not null default now(),
  constraint members_pkey PRIMARY KEY (org_id, user_id),
  constraint members_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE,
  constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  constraint members_locale_check CHECK (locale = ANY (ARRAY['nb'::text, 'en'::text])),
  constraint members_role_check CHECK (role = ANY (ARRAY['owner'::text, 'admin'::text, 'viewer'::text]))
);
CREATE INDEX members_of_user ON public.members USING btree (user_id, org_id);
comment on index public.members_of_user is 'Serves private.my_org_ids, which every policy calls.';
CREATE TRIGGER member_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.members FOR EACH ROW EXECUTE FUNCTION private.audit_change('member');
CREATE TRIGGER member_changes_are_followed AFTER INSERT OR DELETE OR UPDATE ON public.members FOR EACH ROW EXECUTE FUNCTION private.follow_members();
alter table public.members enable row level security;
create policy "members see who is in their organization" on public.members for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.members to authenticated;
grant insert, select on public.members to service_role;
comment on table public.members is 'A user in an organization: owner and admin may act, a viewer may look.';

create table public.notifications (
  org_id uuid not null,
  id bigint not null generated always as identity,
  user_id uuid not null,
  integration_id uuid not null,
  incident_id bigint not null,
  change_id bigint not null,
  kind text not null,
  urgency text not null,
  notice jsonb not null,
  created_at timestamp with time zone not null,
  read_at timestamp with time zone,
  constraint notifications_pkey PRIMARY KEY (org_id, id),
  constraint notifications_org_id_change_id_user_id_key UNIQUE (org_id, change_id, user_id),
  constraint notifications_org_id_incident_id_fkey FOREIGN KEY (org_id, incident_id) REFERENCES public.incidents(org_id, id) ON DELETE CASCADE,
  constraint notifications_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES public.members(org_id, user_id) ON DELETE CASCADE,
  constraint notifications_kind_check CHECK (kind = ANY (ARRAY['opened'::text, 'raised'::text, 'recovered'::text]))
);
CREATE INDEX notifications_of_incident ON public.notifications USING btree (org_id, incident_id);
comment on index public.notifications_of_incident is 'Serves the foreign key to public.incidents.';
CREATE INDEX notifications_of_member ON public.notifications USING btree (org_id, user_id, created_at DESC, id DESC);
comment on index public.notifications_of_member is 'Serves public.my_notifications.';
alter table public.notifications enable row level security;
create policy "members see their own notifications" on public.notifications for select to authenticated
  using (((user_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids)))));
grant select on public.notifications to authenticated, service_role;
comment on table public.notifications is 'What one member should know about one change of an incident.';

create table public.organizations (
  id uuid not null default gen_random_uuid(),
  slug text not null,
  name text not null,
  time_zone text not null default 'Europe/Oslo'::text,
  currency text not null default 'NOK'::text,
  cutoff_time time without time zone not null default '16:00:00'::time without time zone,
  cutoff_day smallint,
  created_at timestamp with time zone not null default now(),
  constraint organizations_pkey PRIMARY KEY (id),
  constraint organizations_slug_key UNIQUE (slug),
  constraint organizations_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  constraint organizations_cutoff_day_check CHECK (cutoff_day >= 1 AND cutoff_day <= 28),
  constraint organizations_name_check CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint organizations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text),
  constraint organizations_time_zone_check CHECK (private.is_time_zone(time_zone))
);
CREATE TRIGGER organization_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.audit_change('organization');
alter table public.organizations enable row level security;
create policy "members see their organization" on public.organizations for select to authenticated
  using ((id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.organizations to authenticated;
grant insert, select on public.organizations to service_role;
comment on table public.organizations is 'The tenant. Everything else belongs to exactly one.';

create table public.record_versions (
  org_id uuid not null,
  record_id bigint not null,
  version integer not null,
  payload jsonb not null,
  amount numeric,
  currency text,
  occurred_on date,
  label text,
  handed_in_at timestamp with time zone not null,
  constraint record_versions_pkey PRIMARY KEY (org_id, record_id, version),
  constraint record_versions_org_id_record_id_fkey FOREIGN KEY (org_id, record_id) REFERENCES public.records(org_id, id) ON DELETE CASCADE
);
alter table public.record_versions enable row level security;
create policy "members see their record versions" on public.record_versions for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.record_versions to authenticated, service_role;
comment on table public.record_versions is 'The versions of a record that are not its current one: replaced earlier, or waiting for the one under way.';

create table public.records (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  source_type text not null,
  source_id text not null,
  version integer not null default 1,
  latest_version integer not null default 1,
  payload jsonb not null,
  source_hash text not null default ''::text,
  amount numeric,
  currency text,
  occurred_on date,
  label text,
  state text not null default 'queued'::text,
  idempotency_key text not null default ''::text,
  external_id text,
  exported_version integer,
  run_id bigint,
  claimed_from text,
  retry_id bigint,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null default now(),
  queued_at timestamp with time zone not null default now(),
  accepted_at timestamp with time zone,
  failed_at timestamp with time zone,
  cause_id bigint,
  error_message text,
  error_code text,
  error_field text,
  error_value text,
  error_category text,
  error_status integer,
  created_at timestamp with time zone not null default now(),
  settled_at timestamp with time zone,
  constraint records_pkey PRIMARY KEY (org_id, id),
  constraint records_org_id_integration_id_source_type_source_id_key UNIQUE (org_id, integration_id, source_type, source_id),
  constraint records_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint records_amount_check CHECK (abs(amount) < '1000000000000000000'::numeric AND scale(amount) <= 9),
  constraint records_check CHECK (amount IS NULL OR currency IS NOT NULL),
  constraint records_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  constraint records_label_check CHECK (length(label) <= 500),
  constraint records_occurred_on_check CHECK (occurred_on >= '0001-01-01'::date AND occurred_on <= '9999-12-31'::date),
  constraint records_payload_check CHECK (jsonb_typeof(payload) = 'object'::text),
  constraint records_source_id_check CHECK (length(source_id) >= 1 AND length(source_id) <= 500),
  constraint records_source_type_check CHECK (length(source_type) >= 1 AND length(source_type) <= 100),
  constraint records_state_check CHECK (state = ANY (ARRAY['queued'::text, 'sending'::text, 'exported'::text, 'accepted'::text, 'failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text, 'dismissed'::text]))
) with (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_cost_limit=2000);
CREATE INDEX records_in_trouble ON public.records USING btree (org_id, integration_id, (
CASE
    WHEN (failed_at IS NULL) THEN created_at
    ELSE failed_at
END) DESC, id DESC) WHERE (state = ANY (ARRAY['failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text]));
comment on index public.records_in_trouble is 'Serves public.failed_records, newest first.';
CREATE INDEX records_not_across ON public.records USING btree (org_id, integration_id, state, next_attempt_at, id) WHERE (state <> ALL (ARRAY['exported'::text, 'dismissed'::text]));
comment on index public.records_not_across is 'Serves private.due_records, and counting what is not across in public.overview.';
CREATE INDEX records_of_cause ON public.records USING btree (org_id, cause_id) WHERE (cause_id IS NOT NULL);
comment on index public.records_of_cause is 'Serves public.cause_overview: what is open of each.';
CREATE INDEX records_of_retry ON public.records USING btree (org_id, retry_id, next_attempt_at, id) WHERE (retry_id IS NOT NULL);
comment on index public.records_of_retry is 'Serves private.due_records and private.finish_run: the records of a retry.';
CREATE TRIGGER records_are_followed AFTER INSERT ON public.records REFERENCING NEW TABLE AS handed_in FOR EACH STATEMENT EXECUTE FUNCTION private.follow_records();
CREATE TRIGGER records_are_received BEFORE INSERT ON public.records FOR EACH ROW EXECUTE FUNCTION private.receive_record();
alter table public.records enable row level security;
create policy "members see their records" on public.records for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.records to authenticated, service_role;
grant insert (org_id, integration_id, source_type, source_id, payload, amount, currency, occurred_on, label) on public.records to service_role;
comment on table public.records is 'The outbox: one thing that must reach the other side, under its natural key.';

create table public.retries (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  scope text not null,
  cause_id bigint,
  requested_by uuid,
  requested_at timestamp with time zone not null,
  state text not null default 'waiting'::text,
  canary_record_id bigint,
  held bigint[] not null default '{}'::bigint[],
  taken integer not null default 0,
  resume_at timestamp with time zone,
  mapping jsonb,
  records integer not null,
  constraint retries_pkey PRIMARY KEY (org_id, id),
  constraint retries_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint retries_scope_check CHECK (scope = ANY (ARRAY['last_run'::text, 'open'::text, 'cause'::text, 'records'::text])),
  constraint retries_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'running'::text, 'canary'::text, 'done'::text, 'stopped'::text]))
);
CREATE INDEX retries_of_integration ON public.retries USING btree (org_id, integration_id, id DESC);
comment on index public.retries_of_integration is 'Serves public.retry_progress, and the foreign key to public.integrations.';
CREATE INDEX retries_waiting ON public.retries USING btree (id) WHERE (state = 'waiting'::text);
comment on index public.retries_waiting is 'Serves private.schedule_runs.';
alter table public.retries enable row level security;
create policy "members see their retries" on public.retries for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.retries to authenticated, service_role;
comment on table public.retries is 'A person asked for failed records to be sent again.';

create table public.runs (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  status text not null default 'scheduled'::text,
  trigger text not null,
  requested_by uuid,
  retry_id bigint,
  due_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  slice integer not null default 0,
  slice_token uuid,
  lease_expires_at timestamp with time zone,
  lost_slices integer not null default 0,
  waiting_since timestamp with time zone,
  rung_at timestamp with time zone,
  last_turn_at timestamp with time zone,
  resume_at timestamp with time zone,
  dedupe text not null default 'none'::text,
  settles_within_seconds integer not null default 120,
  selected integer not null default 0,
  exported integer not null default 0,
  accepted integer not null default 0,
  failed integer not null default 0,
  retrying integer not null default 0,
  skipped integer not null default 0,
  uncertain integer not null default 0,
  found_work boolean not null generated always as ((selected > 0)) stored,
  rate_limited integer not null default 0,
  error_message text,
  error_code text,
  error_field text,
  error_category text,
  error_status integer,
  constraint runs_pkey PRIMARY KEY (org_id, id),
  constraint runs_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint runs_org_id_retry_id_fkey FOREIGN KEY (org_id, retry_id) REFERENCES public.retries(org_id, id),
  constraint runs_balance CHECK ((status = ANY (ARRAY['scheduled'::text, 'running'::text])) OR selected = (exported + accepted + failed + retrying + skipped + uncertain)),
  constraint runs_dedupe_check CHECK (dedupe = ANY (ARRAY['upsert'::text, 'key'::text, 'lookup'::text, 'none'::text])),
  constraint runs_status_check CHECK (status = ANY (ARRAY['scheduled'::text, 'running'::text, 'succeeded'::text, 'warning'::text, 'failed'::text])),
  constraint runs_trigger_check CHECK (trigger = ANY (ARRAY['schedule'::text, 'follow_up'::text, 'manual'::text, 'retry'::text]))
) with (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02);
CREATE UNIQUE INDEX runs_active ON public.runs USING btree (org_id, integration_id) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE INDEX runs_of_integration ON public.runs USING btree (org_id, integration_id, id DESC);
comment on index public.runs_of_integration is 'Serves public.run_history, and what the evaluator calls usual.';
CREATE INDEX runs_of_retry ON public.runs USING btree (org_id, retry_id) WHERE (retry_id IS NOT NULL);
comment on index public.runs_of_retry is 'Serves public.retry_progress.';
CREATE UNIQUE INDEX runs_slot ON public.runs USING btree (org_id, integration_id, due_at) WHERE (trigger = 'schedule'::text);
CREATE INDEX runs_with_work ON public.runs USING btree (finished_at) WHERE ((status <> 'succeeded'::text) OR found_work);
comment on index public.runs_with_work is 'Serves private.forget_runs.';
CREATE INDEX runs_without_work ON public.runs USING btree (finished_at) WHERE ((status = 'succeeded'::text) AND (NOT found_work));
comment on index public.runs_without_work is 'Serves private.forget_runs.';
alter table public.runs enable row level security;
create policy "members see their runs" on public.runs for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.runs to authenticated, service_role;
comment on table public.runs is 'One attempt to move everything due for an integration, made of slices.';

create table public.slices (
  org_id uuid not null,
  run_id bigint not null,
  slice integer not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by text,
  wall_ms integer,
  cpu_ms integer,
  constraint slices_pkey PRIMARY KEY (org_id, run_id, slice),
  constraint slices_org_id_run_id_fkey FOREIGN KEY (org_id, run_id) REFERENCES public.runs(org_id, id) ON DELETE CASCADE,
  constraint slices_ended_by_check CHECK (ended_by = ANY (ARRAY['done'::text, 'budget'::text, 'error'::text, 'lost'::text]))
);
alter table public.slices enable row level security;
create policy "members see their slices" on public.slices for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.slices to authenticated, service_role;
comment on table public.slices is 'One function invocation of a run, with what it cost.';

create table private.attempts_rest partition of public.attempts default;
alter table private.attempts_rest enable row level security;
create policy "nobody who comes through the API sees it" on private.attempts_rest as restrictive for all to anon, authenticated
  using (false);

create table private.delivery_sender (
  only_row boolean not null default true,
  sender uuid,
  until timestamp with time zone,
  constraint delivery_sender_pkey PRIMARY KEY (only_row),
  constraint delivery_sender_only_row_check CHECK (only_row)
);
alter table private.delivery_sender enable row level security;
create policy "nobody who comes through the API sees it" on private.delivery_sender as restrictive for all to anon, authenticated
  using (false);
comment on table private.delivery_sender is 'The invocation of `deliver` that sends at the moment, and until when it is believed to live.';

create table private.heartbeats (
  job text not null,
  beat_at timestamp with time zone not null,
  constraint heartbeats_pkey PRIMARY KEY (job)
);
alter table private.heartbeats enable row level security;
create policy "nobody who comes through the API sees it" on private.heartbeats as restrictive for all to anon, authenticated
  using (false);
comment on table private.heartbeats is 'Last completed beat of each clock job.';

create view public.cause_overview with (security_invoker=true) as
 SELECT c.org_id,
    c.integration_id,
    c.id,
    c.code,
    c.field,
    c.payload_field,
    c.template,
    c.sample,
    c.category,
    c.first_seen_at AS first_seen,
    c.last_seen_at AS last_seen,
    o.open_records,
    o.amounts,
    o.offending,
    o.offending_values
   FROM public.causes c
     CROSS JOIN LATERAL ( WITH g AS MATERIALIZED (
                 SELECT r.error_value,
                    r.currency,
                    count(*) AS records,
                    count(r.amount) AS priced,
                    sum(r.amount) AS amount
                   FROM public.records r
                  WHERE r.org_id = c.org_id AND r.cause_id = c.id AND (r.state = ANY (ARRAY['failed'::text, 'dead'::text, 'retrying'::text]))
                  GROUP BY r.error_value, r.currency
                )
         SELECT COALESCE(sum(g.records), 0::numeric)::bigint AS open_records,
            count(DISTINCT g.error_value) AS offending_values,
            ( SELECT COALESCE(jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) ORDER BY t.currency), '[]'::jsonb) AS "coalesce"
                   FROM ( SELECT p.currency,
                            sum(p.amount) AS amount,
                            sum(p.priced)::bigint AS records
                           FROM g p
                          WHERE p.priced > 0
                          GROUP BY p.currency) t) AS amounts,
            ( SELECT COALESCE(jsonb_agg(jsonb_build_object('value', t.error_value, 'records', t.records) ORDER BY t.records DESC, t.error_value), '[]'::jsonb) AS "coalesce"
                   FROM ( SELECT v.error_value,
                            sum(v.records)::bigint AS records
                           FROM g v
                          WHERE v.error_value IS NOT NULL
                          GROUP BY v.error_value
                          ORDER BY (sum(v.records)::bigint) DESC, v.error_value
                         LIMIT 20) t) AS offending
           FROM g) o;
grant select on public.cause_overview to authenticated;
comment on view public.cause_overview is 'Causes with what is open of each: records, amounts, offending values.';

create view public.failed_records with (security_invoker=true) as
 SELECT org_id,
    integration_id,
    id,
    source_type,
    source_id,
    label,
    state,
    amount::text AS amount,
    currency,
    occurred_on,
    cause_id,
    error_code,
    error_field,
    ( SELECT c.payload_field
           FROM public.causes c
          WHERE c.org_id = r.org_id AND c.id = r.cause_id) AS payload_field,
    error_value,
    error_message,
    error_category,
    error_status,
        CASE
            WHEN failed_at IS NULL THEN created_at
            ELSE failed_at
        END AS failed_at,
    attempts,
    next_attempt_at,
    run_id
   FROM public.records r
  WHERE state = ANY (ARRAY['failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text]);
grant select on public.failed_records to authenticated;
comment on view public.failed_records is 'Records that are not across because something went wrong, with the system''s message and the field at fault.';

create view public.my_notifications with (security_invoker=true) as
 SELECT n.org_id,
    n.id,
    n.incident_id,
    n.integration_id,
    i.slug AS integration_slug,
    i.name AS integration_name,
    n.kind,
    n.urgency AS severity,
    n.notice,
    n.created_at,
    n.read_at
   FROM public.notifications n
     JOIN public.integrations i ON i.org_id = n.org_id AND i.id = n.integration_id
  WHERE n.user_id = (( SELECT auth.uid() AS uid));
grant select on public.my_notifications to authenticated;
comment on view public.my_notifications is 'The caller''s own notifications.';

create view public.my_organizations with (security_invoker=true) as
 SELECT o.id,
    o.slug,
    o.name,
    o.time_zone,
    o.currency,
    m.role,
    m.locale,
    m.name AS member_name,
    private.next_cutoff(o.id) AS next_cutoff
   FROM public.organizations o
     JOIN public.members m ON m.org_id = o.id AND m.user_id = (( SELECT auth.uid() AS uid));
grant select on public.my_organizations to authenticated;
comment on view public.my_organizations is 'The caller''s organizations with the caller''s role, and the next accounting cut-off.';

create view public.overview with (security_invoker=true) as
 SELECT i.org_id,
    i.id AS integration_id,
    i.slug,
    i.name,
    i.system,
    i.direction,
    i.enabled,
    i.every_minutes,
    i.credential_keys,
    i.credential_set_at,
    i.credential_expires_at,
    s.health,
    s.health_since,
    s.evaluated_at,
    private.monitor_late() AS monitor_late,
    f.findings -> 0 AS reason,
    f.findings,
    ( SELECT jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'finished_at', r.finished_at, 'selected', r.selected, 'exported', r.exported, 'failed', r.failed, 'error_message', r.error_message) AS jsonb_build_object
           FROM public.runs r
          WHERE r.org_id = i.org_id AND r.integration_id = i.id AND r.id = s.last_run_id) AS last_run,
    s.last_success_at,
    i.next_due_at,
    ( SELECT jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'selected', r.selected, 'done', r.exported + r.accepted + r.failed + r.retrying + r.skipped + r.uncertain) AS jsonb_build_object
           FROM public.runs r
          WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.status = ANY (ARRAY['scheduled'::text, 'running'::text]))) AS active_run,
    o.open_failed,
    o.open_retrying,
    o.open_uncertain,
    o.open_accepted,
    o.open_queued,
    o.open_dead,
    o.next_retry_at,
    o.amounts_open,
    h.recent_runs
   FROM public.integrations i
     JOIN public.integration_status s ON s.org_id = i.org_id AND s.integration_id = i.id
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('rule', d.rule, 'subject', d.subject, 'severity', d.severity, 'since', d.since, 'evidence', d.evidence) ORDER BY (array_position(ARRAY['red'::text, 'yellow'::text, 'grey'::text, 'info'::text], d.severity)), (d.rule = 'refused_open'::text), d.id), '[]'::jsonb) AS findings
           FROM public.findings d
          WHERE d.org_id = i.org_id AND d.integration_id = i.id AND d.closed_at IS NULL) f
     CROSS JOIN LATERAL ( WITH g AS MATERIALIZED (
                 SELECT r.state,
                    r.currency,
                    count(*) AS records,
                    count(r.amount) AS priced,
                    sum(r.amount) AS amount,
                    min(r.next_attempt_at) AS next_attempt_at
                   FROM public.records r
                  WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.state <> ALL (ARRAY['exported'::text, 'dismissed'::text]))
                  GROUP BY r.state, r.currency
                )
         SELECT COALESCE(sum(g.records) FILTER (WHERE g.state = 'failed'::text), 0::numeric)::bigint AS open_failed,
            COALESCE(sum(g.records) FILTER (WHERE g.state = 'retrying'::text), 0::numeric)::bigint AS open_retrying,
            COALESCE(sum(g.records) FILTER (WHERE g.state = 'uncertain'::text), 0::numeric)::bigint AS open_uncertain,
            COALESCE(sum(g.records) FILTER (WHERE g.state = 'accepted'::text), 0::numeric)::bigint AS open_accepted,
            COALESCE(sum(g.records) FILTER (WHERE g.state = ANY (ARRAY['queued'::text, 'sending'::text])), 0::numeric)::bigint AS open_queued,
            COALESCE(sum(g.records) FILTER (WHERE g.state = 'dead'::text), 0::numeric)::bigint AS open_dead,
            min(g.next_attempt_at) FILTER (WHERE g.state = 'retrying'::text) AS next_retry_at,
            ( SELECT COALESCE(jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) ORDER BY t.currency), '[]'::jsonb) AS "coalesce"
                   FROM ( SELECT p.currency,
                            sum(p.amount) AS amount,
                            sum(p.priced)::bigint AS records
                           FROM g p
                          WHERE p.priced > 0
                          GROUP BY p.currency) t) AS amounts_open
           FROM g) o
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('id', t.id, 'status', t.status, 'finished_at', t.finished_at, 'selected', t.selected, 'exported', t.exported, 'failed', t.failed, 'duration_ms', t.duration_ms) ORDER BY t.id), '[]'::jsonb) AS recent_runs
           FROM ( SELECT r.id,
                    r.status,
                    r.finished_at,
                    r.selected,
                    r.exported,
                    r.failed,
                    (EXTRACT(epoch FROM r.finished_at - r.started_at) * 1000::numeric)::bigint AS duration_ms
                   FROM public.runs r
                  WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.status <> ALL (ARRAY['scheduled'::text, 'running'::text]))
                  ORDER BY r.id DESC
                 LIMIT 30) t) h;
grant select on public.overview to authenticated;
comment on view public.overview is 'One row per integration: its light and why, what is not across, its last and next sync, its last 30 runs.';

create view public.retry_progress with (security_invoker=true) as
 SELECT t.org_id,
    t.integration_id,
    t.id,
    t.scope,
    t.cause_id,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = t.org_id AND m.user_id = t.requested_by) AS requested_by_name,
    t.requested_at,
    t.state,
    u.run_id,
    t.records,
    t.mapping,
    u.exported,
    u.failed,
    GREATEST(0::bigint, t.records - u.exported - u.failed) AS remaining
   FROM public.retries t
     CROSS JOIN LATERAL ( SELECT max(r.id) AS run_id,
            COALESCE(sum(r.exported + r.accepted), 0::bigint) AS exported,
            COALESCE(sum(r.failed + r.retrying + r.uncertain + r.skipped), 0::bigint) AS failed
           FROM public.runs r
          WHERE r.org_id = t.org_id AND r.retry_id = t.id) u;
grant select on public.retry_progress to authenticated;
comment on view public.retry_progress is 'Retries people asked for, and how far each has come.';

create view public.run_history with (security_invoker=true) as
 SELECT org_id,
    integration_id,
    id,
    status,
    trigger,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = r.org_id AND m.user_id = r.requested_by) AS requested_by_name,
    due_at,
    started_at,
    finished_at,
    (EXTRACT(epoch FROM finished_at - started_at) * 1000::numeric)::bigint AS duration_ms,
    selected,
    exported,
    accepted,
    failed,
    retrying,
    skipped,
    uncertain,
    error_code,
    error_field,
    error_message,
    error_category,
    error_status,
    slice AS slices,
    retry_id
   FROM public.runs r;
grant select on public.run_history to authenticated;
comment on view public.run_history is 'Runs with their balance, duration, and the error of those that failed.';

create view private.facts with (security_invoker=true) as
 SELECT s.org_id,
    s.integration_id,
    s.health,
    s.last_run_id,
    s.last_success_at,
    s.consecutive_failures,
    s.consecutive_successes,
    s.circuit_open_until,
    s.usual_selected,
    s.volume_off,
    s.usual_seconds,
    s.duration_off,
    s.failed_of_ten,
    i.enabled,
    i.next_due_at,
    i.every_minutes,
    i.credential_expires_at,
    i.credential_set_at,
    l.status AS last_status,
    l.error_category AS last_category,
    l.error_code AS last_code,
    l.error_message AS last_message,
    l.error_field AS last_field,
    l.error_status AS last_http,
    l.started_at AS last_started,
    l.finished_at AS last_finished,
    l.selected AS last_selected,
    l.failed AS last_failed,
    l.rate_limited AS last_rate_limited,
    a.started_at AS active_since,
    o.refused,
    o.refused_at,
    o.with_cause,
    o.uncertain,
    o.accepted_since,
    o.waiting,
    o.waiting_since,
    t.alarm_after,
    t.no_success_hours,
    t.failure_rate_percent,
    t.queue_depth,
    t.deviation_percent,
    COALESCE(s.last_success_at, i.created_at) + make_interval(hours => t.no_success_hours) AS success_deadline,
        CASE
            WHEN a.started_at IS NOT NULL THEN GREATEST(a.started_at + make_interval(mins => COALESCE((i.thresholds ->> 'stuck_minutes'::text)::integer, 60)), a.quiet_since + '00:10:00'::interval)
            ELSE NULL::timestamp with time zone
        END AS stuck_deadline,
        CASE
            WHEN o.refused > 0 THEN o.refused_at + make_interval(hours => COALESCE((i.thresholds ->> 'refused_open_hours'::text)::integer, 24))
            ELSE NULL::timestamp with time zone
        END AS refused_deadline,
        CASE
            WHEN o.waiting_since IS NOT NULL THEN o.waiting_since + make_interval(mins => i.every_minutes + COALESCE((i.thresholds ->> 'lag_minutes'::text)::integer, 30), secs => 30::double precision)
            ELSE NULL::timestamp with time zone
        END AS lag_deadline,
        CASE
            WHEN o.waiting_since IS NOT NULL THEN o.waiting_since + make_interval(mins => i.every_minutes + COALESCE((i.thresholds ->> 'lag_critical_minutes'::text)::integer, 240), secs => 30::double precision)
            ELSE NULL::timestamp with time zone
        END AS lag_critical_deadline,
        CASE
            WHEN i.credential_expires_at IS NOT NULL THEN i.credential_expires_at - make_interval(days => COALESCE((i.thresholds ->> 'credential_warning_days'::text)::integer, 14))
            ELSE NULL::timestamp with time zone
        END AS expires_soon_deadline,
        CASE
            WHEN i.credential_set_at IS NOT NULL THEN i.credential_set_at + make_interval(days => (i.thresholds ->> 'credential_rotate_days'::text)::integer)
            ELSE NULL::timestamp with time zone
        END AS rotate_deadline
   FROM public.integration_status s
     JOIN public.integrations i ON i.org_id = s.org_id AND i.id = s.integration_id
     LEFT JOIN public.runs l ON l.org_id = s.org_id AND l.id = s.last_run_id
     LEFT JOIN LATERAL ( SELECT n.started_at,
            COALESCE(n.lease_expires_at, n.resume_at, n.waiting_since, ( SELECT max(e.ended_at) AS max
                   FROM public.slices e
                  WHERE e.org_id = n.org_id AND e.run_id = n.id), n.started_at) AS quiet_since
           FROM public.runs n
          WHERE n.org_id = s.org_id AND n.integration_id = s.integration_id AND (n.status = ANY (ARRAY['scheduled'::text, 'running'::text]))) a ON true
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE r.state = ANY (ARRAY['failed'::text, 'dead'::text])) AS refused,
            min(r.failed_at) FILTER (WHERE r.state = ANY (ARRAY['failed'::text, 'dead'::text])) AS refused_at,
            count(r.cause_id) AS with_cause,
            count(*) FILTER (WHERE r.state = 'uncertain'::text) AS uncertain,
            min(r.accepted_at) FILTER (WHERE r.state = 'accepted'::text) AS accepted_since,
            count(*) FILTER (WHERE r.state = 'queued'::text AND r.next_attempt_at < l.started_at AND l.trigger <> 'retry'::text) AS waiting,
            min(r.next_attempt_at) FILTER (WHERE r.state = 'queued'::text) AS waiting_since
           FROM public.records r
          WHERE r.org_id = s.org_id AND r.integration_id = s.integration_id AND (r.state <> ALL (ARRAY['exported'::text, 'dismissed'::text]))) o
     CROSS JOIN LATERAL ( SELECT COALESCE((i.thresholds ->> 'alarm_after_failures'::text)::integer, 2) AS alarm_after,
            COALESCE((i.thresholds ->> 'no_success_hours'::text)::integer, 48) AS no_success_hours,
            COALESCE((i.thresholds ->> 'failure_rate_percent'::text)::numeric, 5::numeric) AS failure_rate_percent,
            COALESCE((i.thresholds ->> 'queue_depth'::text)::integer, 20) AS queue_depth,
            COALESCE((i.thresholds ->> 'deviation_percent'::text)::numeric, 20::numeric) AS deviation_percent) t;
comment on view private.facts is 'What the rules of private.rules_of need to know of each integration.';

CREATE OR REPLACE FUNCTION public.begin_slice(org uuid, run bigint, dedupe text, settles_within_seconds integer, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  current_run public.runs;
  target public.integrations;
  token constant uuid := gen_random_uuid();
begin
  perform private.check_time(begin_slice.at);
  select r.* into current_run from public.runs r where r.org_id = org and r.id = run for update;
  if not found or current_run.status not in ('scheduled', 'running') or current_run.lease_expires_at > begin_slice.at
    or current_run.resume_at > begin_slice.at then
    return null;
  end if;
  if current_run.slice_token is not null then
    perform private.release_lease(org, run, begin_slice.at);
  end if;
  update public.runs r
  set status = 'running', started_at = coalesce(r.started_at, begin_slice.at), slice = r.slice + 1, slice_token = token,
      lease_expires_at = begin_slice.at + interval '2 minutes', waiting_since = null, resume_at = null, dedupe = begin_slice.dedupe,
      settles_within_seconds = begin_slice.settles_within_seconds
  where r.org_id = org and r.id = run
  returning r.* into current_run;
  insert into public.slices (org_id, run_id, slice, started_at) values (org, run, current_run.slice, begin_slice.at);
  target := private.integration_of(org, current_run.integration_id);
  return jsonb_build_object(
    'token', token, 'slice', current_run.slice, 'trigger', current_run.trigger, 'integration', target.id, 'system', target.system,
    'settings', target.settings, 'credential', private.credential_of(target.credential_secret_id));
end $function$;
grant execute on function public.begin_slice(uuid,bigint,text,integer,timestamp with time zone) to service_role;
comment on function public.begin_slice(uuid,bigint,text,integer,timestamp with time zone) is 'Takes a run''s lease: {token, slice, integration, system, settings, credential}, or null when there is nothing to take.';

CREATE OR REPLACE FUNCTION public.claim_deliveries(batch integer, sender uuid DEFAULT gen_random_uuid(), at timestamp with time zone DEFAULT now())
 RETURNS TABLE(org_id uuid, delivery_id uuid, token uuid, channel text, address text, locale text, notice jsonb, frozen jsonb, batch_id uuid, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  holder private.delivery_sender;
  together constant uuid := gen_random_uuid();
  claimed boolean;
begin
  perform private.check_time(claim_deliveries.at);
  select s.* into holder from private.delivery_sender s for update;
  if private.is_sending(holder, claim_deliveries.at) and holder.sender is distinct from claim_deliveries.sender then
    return;
  end if;
  update public.deliveries d set state = 'dead', token = null, error = coalesce(d.error, 'No answer within 22 hours.')
  where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at and private.key_is_old(d, claim_deliveries.at);
  return query
  with due as materialized (
    select d.org_id, d.id, d.frozen is null as fresh, d.batch from public.deliveries d
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at
    order by d.next_attempt_at, d.batch limit least(claim_deliveries.batch, 100)
  ), whole as (
    select u.org_id, u.id, u.fresh from due u
    union
    select d.org_id, d.id, false from due u
    join public.deliveries d on d.batch = u.batch and d.frozen is not null and d.state in ('pending', 'sending')
    where not u.fresh
  )
  update public.deliveries d
  set state = 'sending', token = gen_random_uuid(), attempts = d.attempts + 1, next_attempt_at = claim_deliveries.at + interval '2 minutes',
      batch = case when not w.fresh then d.batch when (select count(*) from due u where u.fresh) > 1 then together end
  from whole w where d.org_id = w.org_id and d.id = w.id
  returning d.org_id, d.id, d.token, d.channel, d.address, d.locale, d.notice, d.frozen, d.batch, d.attempts;
  claimed := found;
  update private.delivery_sender s
  set sender = case when claimed then claim_deliveries.sender end,
      until = case when claimed then claim_deliveries.at + interval '1 minute' end;
end $function$;
grant execute on function public.claim_deliveries(integer,uuid,timestamp with time zone) to service_role;
comment on function public.claim_deliveries(integer,uuid,timestamp with time zone) is 'Leases up to `batch` due deliveries for 2 minutes, to one `sender` at a time; none when another is at it. A `batch` of 0 ends that.';

CREATE OR REPLACE FUNCTION public.claim_records(org uuid, run bigint, token uuid, states text[], batch integer, at timestamp with time zone DEFAULT now())
 RETURNS SETOF public.claimed_record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query select c.* from private.claim(private.hold_lease(org, run, token, claim_records.at), states, batch, claim_records.at) c;
end $function$;
grant execute on function public.claim_records(uuid,bigint,uuid,text[],integer,timestamp with time zone) to service_role;
comment on function public.claim_records(uuid,bigint,uuid,text[],integer,timestamp with time zone) is 'Leases up to `batch` due records of the first of `states` that has any. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.decide_uncertain(org uuid, record bigint, landed boolean, reason text)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.decide_uncertain(org, record, landed, reason, now());
$function$;
grant execute on function public.decide_uncertain(uuid,bigint,boolean,text) to authenticated;
comment on function public.decide_uncertain(uuid,bigint,boolean,text) is 'Settles an uncertain record by hand; answers its new state. Refuses with SW403, SW404, SW409, SW422.';

CREATE OR REPLACE FUNCTION public.dismiss_records(org uuid, records bigint[], reason text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.dismiss_records(org, records, reason, now());
$function$;
grant execute on function public.dismiss_records(uuid,bigint[],text) to authenticated;
comment on function public.dismiss_records(uuid,bigint[],text) is 'Takes records out of the outbox with a reason; answers how many. Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.end_slice(org uuid, run bigint, token uuid, more boolean, error jsonb, resume_after_seconds integer, wall_ms integer, cpu_ms integer, at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, end_slice.at);
  if exists (select from public.records r where r.org_id = org and r.integration_id = held.integration_id and r.state = 'sending' and r.run_id = run) then
    perform private.release_lease(org, run, end_slice.at);
  end if;
  update public.slices s
  set ended_at = end_slice.at, wall_ms = end_slice.wall_ms, cpu_ms = end_slice.cpu_ms,
      ended_by = case when error is not null then 'error' when more then 'budget' else 'done' end
  where s.org_id = org and s.run_id = run and s.slice = held.slice;
  update public.integration_status s set dirty = true
  where s.org_id = end_slice.org and s.integration_id = held.integration_id and not s.dirty;
  update public.runs r
  set slice_token = null, lease_expires_at = null, rung_at = null, last_turn_at = end_slice.at,
      resume_at = case when resume_after_seconds > 0 then end_slice.at + make_interval(secs => resume_after_seconds) end
  where r.org_id = org and r.id = run;
  -- Refused with a credential that has been replaced meanwhile: the next slice brings the new one.
  if not more and not (coalesce(error ->> 'category' in ('auth', 'permission'), false) and exists (
    select from public.integrations i
    join public.slices s on s.org_id = i.org_id and s.run_id = held.id and s.slice = held.slice
    where i.org_id = end_slice.org and i.id = held.integration_id and i.credential_set_at > s.started_at
  )) then
    perform private.finish_run(org, run, error, end_slice.at);
  end if;
  perform private.ring_runs(end_slice.at);
end $function$;
grant execute on function public.end_slice(uuid,bigint,uuid,boolean,jsonb,integer,integer,integer,timestamp with time zone) to service_role;
comment on function public.end_slice(uuid,bigint,uuid,boolean,jsonb,integer,integer,integer,timestamp with time zone) is 'Ends a slice and rings for the next, or ends the run. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.freeze_deliveries(letters jsonb)
 RETURNS TABLE(delivery_id uuid, frozen jsonb)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.deliveries d set frozen = coalesce(d.frozen, l.payload)
  from jsonb_to_recordset(letters) l (org_id uuid, delivery_id uuid, token uuid, payload jsonb)
  where d.org_id = l.org_id and d.id = l.delivery_id and d.token = l.token
  returning d.id, d.frozen;
$function$;
grant execute on function public.freeze_deliveries(jsonb) to service_role;
comment on function public.freeze_deliveries(jsonb) is 'Keeps the rendered payloads; answers those that were first. One whose lease was lost is left out.';

CREATE OR REPLACE FUNCTION public.hand_in(org uuid, integration uuid, records jsonb, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  report jsonb;
begin
  perform private.integration_of(org, integration);
  perform private.check_time(hand_in.at);
  if jsonb_typeof(records) is distinct from 'array' or jsonb_array_length(records) > 5000 then
    perform private.refuse('SW422', 'records must be an array of at most 5 000.', 'Send them in parts.');
  end if;
  with incoming as materialized (
    select (e.ordinality - 1)::integer as index, e.value as record, private.record_problem(e.value) as problem
    from jsonb_array_elements(records) with ordinality e
  ), compared as materialized (
    select i.index, i.problem, r.source_hash as known,
           case when i.problem is null then private.content_hash(i.record -> 'payload', (i.record ->> 'amount')::numeric,
             i.record ->> 'currency', (i.record ->> 'occurred_on')::date) end as hash
    from incoming i
    left join public.records r on r.org_id = org and r.integration_id = integration
      and r.source_type = i.record ->> 'source_type' and r.source_id = i.record ->> 'source_id'
  )
  select jsonb_build_object(
    'added', count(*) filter (where problem is null and known is null),
    'changed', count(*) filter (where problem is null and known <> hash),
    'unchanged', count(*) filter (where problem is null and known = hash),
    'refused', coalesce(jsonb_agg(jsonb_build_object('index', index, 'reason', problem) order by index)
      filter (where problem is not null), '[]'))
  into report from compared;

  -- Two callers with the same keys take turns instead of tripping over each other.
  perform pg_advisory_xact_lock(hashtextextended(integration::text, 0));
  perform from public.records r
  where r.org_id = hand_in.org and r.integration_id = hand_in.integration and (r.source_type, r.source_id) in (
    select e.value ->> 'source_type', e.value ->> 'source_id' from jsonb_array_elements(records) e)
  order by r.id for update;
  insert into public.records (org_id, integration_id, source_type, source_id, payload, amount, currency, occurred_on, label,
    next_attempt_at, queued_at, created_at)
  select org, integration, e.value ->> 'source_type', e.value ->> 'source_id', e.value -> 'payload', (e.value ->> 'amount')::numeric,
    e.value ->> 'currency', (e.value ->> 'occurred_on')::date, left(e.value ->> 'label', 500), hand_in.at, hand_in.at, hand_in.at
  from jsonb_array_elements(records) e
  where private.record_problem(e.value) is null;
  return report;
end $function$;
grant execute on function public.hand_in(uuid,uuid,jsonb,timestamp with time zone) to service_role;
comment on function public.hand_in(uuid,uuid,jsonb,timestamp with time zone) is 'Hands in up to 5 000 records: {added, changed, unchanged, refused: [{index, reason}]}. The same content again is a no-op.';

CREATE OR REPLACE FUNCTION public.mark_read(org uuid, notifications bigint[] DEFAULT NULL::bigint[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.mark_read(org, notifications);
$function$;
grant execute on function public.mark_read(uuid,bigint[]) to authenticated;
comment on function public.mark_read(uuid,bigint[]) is 'Marks the caller''s own notifications as read; null means all. Answers how many.';

CREATE OR REPLACE FUNCTION public.retry_failed(org uuid, integration uuid, scope text DEFAULT 'open'::text, cause bigint DEFAULT NULL::bigint, records bigint[] DEFAULT NULL::bigint[], field text DEFAULT NULL::text, from_value text DEFAULT NULL::text, to_value text DEFAULT NULL::text, canary boolean DEFAULT false)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.retry_failed(org, integration, scope, cause, records, field, from_value, to_value, canary, now());
$function$;
grant execute on function public.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean) to authenticated;
comment on function public.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean) is 'Sends failed records again: {retry_id, run_id, records, mapped}. Refuses with SW403, SW404, SW409 (switched off), SW422.';

CREATE OR REPLACE FUNCTION public.set_credential(org uuid, integration uuid, credential jsonb, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_credential_as_member(org, integration, credential, expires_at);
$function$;
grant execute on function public.set_credential(uuid,uuid,jsonb,timestamp with time zone) to authenticated;
comment on function public.set_credential(uuid,uuid,jsonb,timestamp with time zone) is 'Sets an integration''s credential (write-only). Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.set_enabled(org uuid, integration uuid, enabled boolean, reason text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_enabled(org, integration, enabled, reason);
$function$;
grant execute on function public.set_enabled(uuid,uuid,boolean,text) to authenticated;
comment on function public.set_enabled(uuid,uuid,boolean,text) is 'Switches an integration on or off. Refuses with SW403, SW404.';

CREATE OR REPLACE FUNCTION public.settle_and_claim(org uuid, run bigint, token uuid, outcomes jsonb, states text[], batch integer, at timestamp with time zone DEFAULT now())
 RETURNS SETOF public.claimed_record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, settle_and_claim.at);
  perform private.settle(held, outcomes, settle_and_claim.at);
  return query select c.* from private.claim(held, states, batch, settle_and_claim.at) c;
end $function$;
grant execute on function public.settle_and_claim(uuid,bigint,uuid,jsonb,text[],integer,timestamp with time zone) to service_role;
comment on function public.settle_and_claim(uuid,bigint,uuid,jsonb,text[],integer,timestamp with time zone) is 'Records what the system said of one batch and leases the next: settle_records and claim_records in one. Refuses with SW410.';

CREATE OR REPLACE FUNCTION public.settle_deliveries(outcomes jsonb, at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  settled integer;
begin
  perform private.check_time(settle_deliveries.at);
  -- Who claims and who settles take turns, so that neither waits for a row of the other in a circle.
  perform from private.delivery_sender for update;
  with said as (
    select o.*, max(d.attempts) over same as tries, min(d.created_at) over same as oldest
    from jsonb_to_recordset(outcomes) o (org_id uuid, delivery_id uuid, token uuid, outcome text, provider_id text, error text, retry_after_seconds integer)
    join public.deliveries d on d.org_id = o.org_id and d.id = o.delivery_id and d.token = o.token and d.state = 'sending'
    where o.outcome in ('sent', 'retry', 'refused', 'apart')
    window same as (partition by coalesce(d.batch, d.id))
  )
  update public.deliveries d
  set state = case s.outcome
        when 'sent' then 'sent' when 'refused' then 'refused'
        else case when settle_deliveries.at > s.oldest + interval '22 hours' then 'dead' else 'pending' end end,
      batch = case when s.outcome <> 'apart' then d.batch end,
      sent_at = case when s.outcome = 'sent' then settle_deliveries.at end,
      provider_id = coalesce(s.provider_id, d.provider_id),
      error = case when s.outcome = 'sent' then null else left(s.error, 1000) end,
      token = null,
      next_attempt_at = settle_deliveries.at + case when s.outcome = 'retry'
        then least(private.backoff(hashtext(coalesce(d.batch, d.id)::text)::bigint, s.tries, s.retry_after_seconds), interval '2 hours')
        else interval '0' end
  from said s
  where d.org_id = s.org_id and d.id = s.delivery_id;
  get diagnostics settled = row_count;
  return settled;
end $function$;
grant execute on function public.settle_deliveries(jsonb,timestamp with time zone) to service_role;
comment on function public.settle_deliveries(jsonb,timestamp with time zone) is 'Writes back what became of deliveries; answers how many. A lost lease is ignored.';

CREATE OR REPLACE FUNCTION public.settle_records(org uuid, run bigint, token uuid, outcomes jsonb, at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.settle(private.hold_lease(org, run, token, settle_records.at), outcomes, settle_records.at);
end $function$;
grant execute on function public.settle_records(uuid,bigint,uuid,jsonb,timestamp with time zone) to service_role;
comment on function public.settle_records(uuid,bigint,uuid,jsonb,timestamp with time zone) is 'Records what the system said of each leased record. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.sync_now(org uuid, integration uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.sync_now(org, integration, now());
$function$;
grant execute on function public.sync_now(uuid,uuid) to authenticated;
comment on function public.sync_now(uuid,uuid) is 'Starts a run now: {run_id}. Refuses with SW403, SW404, SW409 (switched off).';

CREATE OR REPLACE FUNCTION private.alert(at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  handled integer := 0;
  waiting record;
begin
  for waiting in
    select c.org_id, c.integration_id from public.health_changes c
    where not c.alerted
    group by c.org_id, c.integration_id
    order by min(c.id) limit 1000
  loop
    handled := handled + private.alert_integration(waiting.org_id, waiting.integration_id, alert.at);
  end loop;
  perform private.ring_deliver(alert.at);
  return handled;
end $function$;

CREATE OR REPLACE FUNCTION private.alert_change(change public.health_changes)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  incident public.incidents;
begin
  select i.* into incident from public.incidents i
  where i.org_id = change.org_id and i.integration_id = change.integration_id and i.alarm = change.rule and i.subject = change.subject
    and i.state <> 'resolved'
  for update;
  if change.kind = 'closed' then
    if found then
      update public.incidents i set state = 'resolved', resolved_at = change.at
      where i.org_id = incident.org_id and i.id = incident.id returning i.* into incident;
      -- Switching an integration off ends its alarms; it is not a recovery.
      if exists (select from public.integrations i where i.org_id = incident.org_id and i.id = incident.integration_id and i.enabled) then
        perform private.notify(incident, 'recovered', change.id, change.at);
      end if;
    end if;
  elsif not found then
    -- What came and went before anybody could be told (in a maintenance window) is history, not news.
    if change.after = 'info' or not exists (
      select from public.findings f where f.org_id = change.org_id and f.integration_id = change.integration_id and f.rule = change.rule
        and f.subject = change.subject and f.closed_at is null) then
      return;
    end if;
    insert into public.incidents (org_id, integration_id, alarm, subject, urgency, opened_at)
    values (change.org_id, change.integration_id, change.rule, change.subject, change.urgency, change.at)
    returning * into incident;
    perform private.notify(incident, 'opened', change.id, change.at);
  else
    update public.incidents i set state = case when change.after = 'info' then 'recovering' else 'open' end,
      urgency = case when private.urgency_rank(change.urgency) > private.urgency_rank(i.urgency) then change.urgency else i.urgency end
    where i.org_id = incident.org_id and i.id = incident.id;
    if private.urgency_rank(change.urgency) > private.urgency_rank(incident.urgency) then
      incident.urgency := change.urgency;
      perform private.notify(incident, 'raised', change.id, change.at);
    end if;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.alert_integration(org uuid, integration uuid, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  handled integer := 0;
  change public.health_changes;
begin
  if private.in_maintenance(org, integration, alert_integration.at) then
    return 0;
  end if;
  -- One teller at a time for an integration, so that what happened to a finding is told in the order in which it happened. Whoever
  -- ends a run has this row already; what somebody else holds is left to the next tick.
  perform from public.integration_status s
  where s.org_id = alert_integration.org and s.integration_id = alert_integration.integration
  for update skip locked;
  if not found then
    return 0;
  end if;
  for change in
    select c.* from public.health_changes c
    where c.org_id = alert_integration.org and c.integration_id = alert_integration.integration and not c.alerted
    order by c.id
  loop
    begin
      if change.kind <> 'light' and (change.urgency is not null or change.kind = 'closed') then
        perform private.alert_change(change);
      end if;
      update public.health_changes c set alerted = true where c.org_id = change.org_id and c.id = change.id;
      handled := handled + 1;
    exception when others then
      raise warning 'health change % was not alerted: % (%)', change.id, sqlerrm, sqlstate;
    end;
  end loop;
  return handled;
end $function$;

CREATE OR REPLACE FUNCTION private.amounts_open(org uuid, integration uuid, cause bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('currency', a.currency, 'amount', a.amount::text, 'records', a.records) order by a.currency), '[]')
  from (
    select r.currency, sum(r.amount) as amount, count(*) as records
    from public.records r
    where r.org_id = org and r.integration_id = integration and r.state not in ('exported', 'dismissed') and r.amount is not null
      and (amounts_open.cause is null or (r.cause_id = amounts_open.cause and r.state in ('failed', 'dead')))
    group by r.currency
  ) a;
$function$;

CREATE OR REPLACE FUNCTION private.apply_version(org uuid, record bigint, new_version integer, payload jsonb, amount numeric, currency text, occurred_on date, label text, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.records r
  set version = new_version, latest_version = greatest(r.latest_version, new_version), payload = apply_version.payload,
      amount = apply_version.amount, currency = apply_version.currency, occurred_on = apply_version.occurred_on,
      label = coalesce(apply_version.label, r.label), state = 'queued', run_id = null, retry_id = null, attempts = 0, next_attempt_at = apply_version.at,
      queued_at = apply_version.at, accepted_at = null,
      settled_at = null, failed_at = null, cause_id = null, error_message = null, error_code = null, error_field = null,
      error_value = null, error_category = null, error_status = null,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, new_version)
  where r.org_id = org and r.id = record;
$function$;

CREATE OR REPLACE FUNCTION private.apply_waiting_versions(org uuid, records bigint[], at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  waiting record;
begin
  for waiting in
    select r.id, v.version, v.payload, v.amount, v.currency, v.occurred_on, v.label
    from public.records r
    join public.record_versions v on v.org_id = r.org_id and v.record_id = r.id and v.version = r.latest_version
    where r.org_id = apply_waiting_versions.org and r.id = any (records) and r.latest_version > r.version
      and r.state not in ('sending', 'uncertain', 'accepted')
  loop
    perform private.keep_version(org, waiting.id, apply_waiting_versions.at);
    delete from public.record_versions v where v.org_id = apply_waiting_versions.org and v.record_id = waiting.id and v.version = waiting.version;
    perform private.apply_version(org, waiting.id, waiting.version, waiting.payload, waiting.amount, waiting.currency, waiting.occurred_on,
      waiting.label, apply_waiting_versions.at);
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION private.audit(org uuid, action text, at timestamp with time zone, integration uuid DEFAULT NULL::uuid, subject text DEFAULT NULL::text, before jsonb DEFAULT NULL::jsonb, after jsonb DEFAULT NULL::jsonb, reason text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.audit_log (org_id, at, actor_id, actor, action, system, integration_id, subject, before, after, reason)
  values (
    audit.org, audit.at, auth.uid(),
    coalesce(
      (select nullif(m.name, '') from public.members m where m.org_id = audit.org and m.user_id = auth.uid()),
      auth.uid()::text, nullif(current_setting('role', true), 'none'), session_user),
    audit.action,
    (select i.system from public.integrations i where i.org_id = audit.org and i.id = audit.integration),
    audit.integration, audit.subject, audit.before, audit.after, audit.reason
  );
$function$;

CREATE OR REPLACE FUNCTION private.audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  kind text := tg_argv[0];
  verb text := case tg_op when 'INSERT' then 'added' when 'DELETE' then 'removed' else 'changed' end;
  unsaid text[] := array['next_due_at', 'updated_at', 'credential_secret_id'];
  before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  this constant jsonb := coalesce(after, before);
begin
  if tg_op = 'UPDATE' then
    -- Whoever sets a credential tells of it: private.set_credential.
    if before -> 'credential_set_at' is distinct from after -> 'credential_set_at' then
      unsaid := unsaid || array['credential_set_at', 'credential_expires_at', 'credential_keys'];
    end if;
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, a.value) into before, after
    from jsonb_each(before) b join jsonb_each(after) a on a.key = b.key
    where a.value is distinct from b.value and b.key <> all (unsaid);
    if before is null then
      return null;
    elsif kind = 'integration' and after in ('{"enabled": true}', '{"enabled": false}') then
      verb := case when (after -> 'enabled')::boolean then 'switched_on' else 'switched_off' end;
    end if;
  end if;
  perform private.audit(
    org := (case kind when 'organization' then this -> 'id' else this -> 'org_id' end #>> '{}')::uuid,
    action := kind || '.' || verb, at := now(),
    integration := (case kind when 'integration' then this -> 'id' else this -> 'integration_id' end #>> '{}')::uuid,
    subject := case kind when 'member' then 'member ' || (this ->> 'user_id') when 'maintenance_window' then 'maintenance window ' || (this ->> 'id') end,
    before := before - unsaid, after := after - unsaid, reason := nullif(current_setting('syncward.reason', true), ''));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.backoff(record bigint, attempts integer, retry_after_seconds integer)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select make_interval(secs => greatest(
    least(30 * power(2, least(greatest(attempts, 1), 20) - 1), 21600) * (0.8 + 0.4 * (abs(hashint8(record * 31 + attempts)::bigint) % 1000) / 1000),
    coalesce(retry_after_seconds, 0)));
$function$;

CREATE OR REPLACE FUNCTION private.beat(job text, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into private.heartbeats as h (job, beat_at)
  values (beat.job, beat.at)
  on conflict (job) do update
    set beat_at = greatest(h.beat_at, excluded.beat_at);
$function$;

CREATE OR REPLACE FUNCTION private.check_reason(reason text, lacking text, hint text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', lacking, hint);
  elsif length(reason) > 2000 then
    perform private.refuse('SW422', 'A reason has at most 2 000 characters.', 'Say it in a few sentences.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_request()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if nullif(current_setting('request.headers', true), '')::json ->> 'prefer' ~* 'count\s*=\s*"?(planned|estimated)' then
    raise exception using errcode = 'SW422', message = 'Counts are exact here: planned and estimated ones are not answered.',
      hint = 'Ask with count=exact.';
  end if;
end $function$;
grant execute on function private.check_request() to authenticated, service_role;

CREATE OR REPLACE FUNCTION private.check_time(at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (at between '2000-01-01 00:00:00+00' and '2200-01-01 00:00:00+00') is not true then
    perform private.refuse('SW422', 'A time must lie between the years 2000 and 2200.', 'Give it as in 2026-11-20T10:00:00Z, or leave it out.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.claim(held public.runs, states text[], batch integer, at timestamp with time zone)
 RETURNS SETOF public.claimed_record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  -- The Data API answers 1 000 rows at most; what it cut off would be taken and never sent.
  most constant integer := least(batch, 1000);
  due bigint[];
  wanted text;
begin
  if not exists (select from public.integrations i where i.org_id = held.org_id and i.id = held.integration_id and i.enabled) then
    return;
  end if;
  foreach wanted in array states loop
    due := private.due_records(held, wanted, most, claim.at);
    exit when cardinality(due) > 0;
    if wanted = 'queued' and held.retry_id is not null then
      due := private.take_retried(held, most, claim.at);
      return query
      select r.id, r.idempotency_key, r.source_type, r.source_id, r.version, r.payload, r.amount::text, r.currency, r.occurred_on,
        r.external_id, r.exported_version, r.attempts, r.claimed_from
      from public.records r where r.org_id = held.org_id and r.id = any (due) order by r.id;
      if found then
        return;
      end if;
    end if;
  end loop;
  if coalesce(cardinality(due), 0) = 0 then
    return;
  end if;
  return query
  with was as materialized (
    select r.id, r.run_id is not distinct from held.id as again from public.records r where r.org_id = held.org_id and r.id = any (due)
  ), claimed as (
    update public.records r
    set state = 'sending', claimed_from = wanted, run_id = held.id
    from was w where r.org_id = held.org_id and r.id = w.id
    returning r.id, r.idempotency_key, r.source_type, r.source_id, r.version, r.payload, r.amount::text, r.currency, r.occurred_on,
      r.external_id, r.exported_version, r.attempts, r.claimed_from
  ), counted as (
    -- A record selected again within the run leaves the counter it stood in.
    update public.runs u
    set selected = u.selected + n.taken - n.again,
        accepted = u.accepted - case when wanted = 'accepted' then n.again else 0 end,
        retrying = u.retrying - case when wanted = 'retrying' then n.again else 0 end,
        uncertain = u.uncertain - case when wanted = 'uncertain' then n.again else 0 end,
        skipped = u.skipped - case when wanted = 'queued' then n.again else 0 end
    from (select count(*) as taken, count(*) filter (where w.again) as again from was w) n
    where u.org_id = held.org_id and u.id = held.id
  )
  select c.* from claimed c order by c.id;
end $function$;

CREATE OR REPLACE FUNCTION private.content_hash(payload jsonb, amount numeric, currency text, occurred_on date)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select encode(sha256(convert_to(concat_ws(chr(31), payload::text, coalesce(trim_scale(amount)::text, '-'), coalesce(currency, '-'),
    coalesce(to_char(occurred_on, 'YYYY-MM-DD'), '-')), 'UTF8')), 'hex');
$function$;

CREATE OR REPLACE FUNCTION private.correct_payloads(retry public.retries, records bigint[], at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  field constant text := retry.mapping ->> 'field';
  new_value constant text := retry.mapping ->> 'to';
  actor constant text := coalesce((select nullif(m.name, '') from public.members m where m.org_id = retry.org_id and m.user_id = retry.requested_by),
    retry.requested_by::text, 'platform');
begin
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, correct_payloads.at
  from public.records r where r.org_id = retry.org_id and r.id = any (records)
  on conflict do nothing;
  insert into public.audit_log (org_id, at, actor_id, actor, action, system, integration_id, subject, before, after)
  select retry.org_id, correct_payloads.at, retry.requested_by, actor, 'record.corrected', i.system,
    retry.integration_id, 'record ' || r.id, jsonb_build_object(field, r.payload -> field), jsonb_build_object(field, new_value)
  from public.records r
  join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
  where r.org_id = retry.org_id and r.id = any (records)
  order by r.id;
  update public.records r
  set version = r.latest_version + 1, latest_version = r.latest_version + 1,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, r.latest_version + 1),
      -- What was a number stays one, where it can.
      payload = jsonb_set(r.payload, array[field], case when jsonb_typeof(r.payload -> field) = 'number'
        and new_value ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$' then new_value::jsonb else to_jsonb(new_value) end)
  where r.org_id = retry.org_id and r.id = any (records);
end $function$;

CREATE OR REPLACE FUNCTION private.credential_of(secret_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.decrypted_secret::jsonb from vault.decrypted_secrets s where s.id = secret_id;
$function$;

CREATE OR REPLACE FUNCTION private.decide_uncertain(org uuid, record bigint, landed boolean, reason text, at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  decided public.records;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Deciding needs a reason.', 'Say how you know, for example the voucher number you found.');
  if landed is null then
    perform private.refuse('SW422', 'landed is true or false.', 'Say whether the system holds the record.');
  end if;
  if not landed and exists (select from public.records r where r.org_id = decide_uncertain.org and r.id = record and r.state = 'uncertain'
      and r.next_attempt_at > decide_uncertain.at) then
    perform private.refuse('SW409', 'The system may still be working on this record.', 'Wait until the time of its next attempt, then look there again.');
  end if;
  update public.records r
  set state = case when landed then 'exported' else 'queued' end, exported_version = case when landed then r.version else r.exported_version end,
      run_id = case when landed then r.run_id end, retry_id = null, next_attempt_at = decide_uncertain.at,
      settled_at = case when landed then decide_uncertain.at end
  where r.org_id = org and r.id = record and r.state = 'uncertain'
  returning r.* into decided;
  if not found then
    perform private.refuse('SW409', 'This record is not uncertain any more.', 'Reload the page to see what became of it.');
  end if;
  perform private.apply_waiting_versions(org, array[record], decide_uncertain.at);
  perform private.audit(org, 'record.decided', decide_uncertain.at, decided.integration_id, subject := 'record ' || record,
    before := jsonb_build_object('state', 'uncertain'), after := jsonb_build_object('state', decided.state), reason := reason);
  perform private.evaluate_health(decide_uncertain.at, array[decided.integration_id]);
  return decided.state;
end $function$;
grant execute on function private.decide_uncertain(uuid,bigint,boolean,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.dismiss_records(org uuid, records bigint[], reason text, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  touched uuid[];
  dismissed integer;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  with gone as (
    update public.records r set state = 'dismissed', settled_at = dismiss_records.at
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) order by o.id for update) was
    where r.org_id = org and r.id = was.id and r.state in ('queued', 'failed', 'retrying', 'dead') and r.retry_id is null
    returning r.id, r.integration_id, was.state
  ), noted as (
    select private.audit(org, 'record.dismissed', dismiss_records.at, g.integration_id, 'record ' || g.id,
      jsonb_build_object('state', g.state), jsonb_build_object('state', 'dismissed'), reason) as written, g.integration_id
    from gone g
  )
  select array_agg(distinct n.integration_id), count(n.written) into touched, dismissed from noted n;
  if touched is not null then
    perform private.evaluate_health(dismiss_records.at, touched);
  end if;
  return dismissed;
end $function$;
grant execute on function private.dismiss_records(uuid,bigint[],text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.drop_attempts(before timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET lock_timeout TO '500ms'
AS $function$
declare
  month text;
begin
  with old as (
    select a.org_id, a.at, a.id from private.attempts_rest a
    where a.at < drop_attempts.before and not exists (
      select from public.records r where r.org_id = a.org_id and r.id = a.record_id and r.state not in ('exported', 'dismissed'))
    limit 20000
  )
  delete from private.attempts_rest a using old o where a.org_id = o.org_id and a.at = o.at and a.id = o.id;
  select c.relname into month from pg_catalog.pg_inherits h
  join pg_catalog.pg_class c on c.oid = h.inhrelid
  where h.inhparent = 'public.attempts'::regclass and c.relname ~ '^attempts_\d{4}_\d{2}$'
    and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'utc' <= drop_attempts.before
  order by c.relname limit 1;
  if month is null then
    return null;
  end if;
  execute format('create temporary table kept on commit drop as select a.* from private.%I a where exists (
    select from public.records r where r.org_id = a.org_id and r.id = a.record_id and r.state not in (''exported'', ''dismissed''))', month);
  execute format('alter table public.attempts detach partition private.%I', month);
  insert into private.attempts_rest overriding system value select k.* from pg_temp.kept k;
  execute format('drop table private.%I', month);
  drop table pg_temp.kept;
  return month;
exception when lock_not_available then
  raise warning 'the month % was not dropped: it is in use', month;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.due_records(held public.runs, state text, batch integer, at timestamp with time zone)
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  if state = 'queued' and held.retry_id is not null then
    return array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.retry_id = held.retry_id and r.state = 'queued' and r.next_attempt_at <= due_records.at
      order by r.next_attempt_at, r.id limit batch for update skip locked);
  elsif state = 'queued' then
    return array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.integration_id = held.integration_id and r.state = 'queued' and r.retry_id is null
        and r.next_attempt_at <= due_records.at
      order by r.next_attempt_at, r.id limit batch for update skip locked);
  end if;
  return array(
    select r.id from public.records r
    where r.org_id = held.org_id and r.integration_id = held.integration_id and r.state = due_records.state
      and r.state in ('retrying', 'uncertain', 'accepted') and r.next_attempt_at <= due_records.at
      and (held.retry_id is null or r.run_id = held.id)
    order by r.next_attempt_at, r.id limit batch for update skip locked);
end $function$;

CREATE OR REPLACE FUNCTION private.ensure_partitions(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET lock_timeout TO '500ms'
AS $function$
declare
  month date;
  partition text;
begin
  for month in
    select generate_series(date_trunc('month', at at time zone 'utc') - interval '1 month',
                           date_trunc('month', at at time zone 'utc') + interval '2 months', interval '1 month')::date
  loop
    partition := format('attempts_%s', to_char(month, 'YYYY_MM'));
    if to_regclass('private.' || partition) is null and not exists (
      select from private.attempts_rest r
      where r.at >= month::timestamp at time zone 'utc' and r.at < (month + interval '1 month') at time zone 'utc'
    ) then
      begin
        execute format('create table private.%I (like public.attempts including all excluding identity)', partition);
        execute format('alter table private.%I enable row level security', partition);
        execute format('create policy "nobody who comes through the API sees it" on private.%I as restrictive to anon, authenticated using (false)', partition);
        execute format('alter table public.attempts attach partition private.%I for values from (%L) to (%L)', partition,
          month::timestamp at time zone 'utc', (month + interval '1 month') at time zone 'utc');
      exception when lock_not_available then
        raise warning 'the partition % was not made: the table is in use', partition;
      end;
    end if;
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION private.evaluate_health(at timestamp with time zone DEFAULT now(), integrations uuid[] DEFAULT NULL::uuid[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_memoize TO 'off'
AS $function$
declare
  looked integer;
  chosen_orgs uuid[];
  chosen uuid[];
begin
  -- Locked first and read afterwards, so that what whoever held the lock did is seen.
  if evaluate_health.integrations is null then
    select array_agg(l.org_id), array_agg(l.integration_id) into chosen_orgs, chosen from (
      select s.org_id, s.integration_id from public.integration_status s
      where s.dirty or s.next_deadline <= evaluate_health.at
      order by s.org_id, s.integration_id
      for update) l;
  else
    select array_agg(l.org_id), array_agg(l.integration_id) into chosen_orgs, chosen from (
      select s.org_id, s.integration_id
      from public.integrations i
      join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
      where i.id = any (evaluate_health.integrations)
      order by s.org_id, s.integration_id
      for update of s) l;
  end if;
  with judged as materialized (
    select r.*, r.rule || ' ' || r.subject as name from private.rules_of(evaluate_health.at, chosen_orgs, chosen) r
  ), light as materialized (
    select j.org_id, j.integration_id, j.light as before, j.next_deadline, case
        when bool_or(j.rule in ('disabled', 'maintenance')) then 'grey'
        when bool_or(j.severity = 'red') then 'red'
        when bool_or(j.severity = 'yellow') then 'yellow'
        when bool_or(j.severity = 'grey') then 'grey'
        else 'green' end as after,
      coalesce(array_agg(j.name) filter (where j.rule is not null), '{}') as held
    from judged j
    group by j.org_id, j.integration_id, j.light, j.next_deadline
  ), news as materialized (
    select j.*, k.id as known, k.severity as before,
      (k.severity, k.urgency) is distinct from (j.severity, j.urgency) as told
    from judged j
    left join public.findings k on k.org_id = j.org_id and k.integration_id = j.integration_id and k.rule = j.rule and k.subject = j.subject
      and k.closed_at is null
    where j.rule is not null and (k.severity, k.urgency, k.evidence) is distinct from (j.severity, j.urgency, j.evidence)
  ), opened as (
    insert into public.findings as f (org_id, integration_id, rule, subject, severity, urgency, since, evidence)
    select n.org_id, n.integration_id, n.rule, n.subject, n.severity, n.urgency, evaluate_health.at, n.evidence from news n
    on conflict (org_id, integration_id, rule, subject) where closed_at is null do update
      set severity = excluded.severity, urgency = excluded.urgency, evidence = excluded.evidence
  ), closed as (
    update public.findings f set closed_at = evaluate_health.at
    from light l
    where f.org_id = l.org_id and f.integration_id = l.integration_id and f.closed_at is null
      and f.rule || ' ' || f.subject <> all (l.held)
    returning f.org_id, f.integration_id, f.rule, f.subject, f.severity, f.urgency, f.evidence
  ), noted as (
    insert into public.health_changes (org_id, integration_id, at, kind, rule, subject, before, after, urgency, evidence, alerted)
    select n.org_id, n.integration_id, evaluate_health.at, case when n.known is null then 'opened' else 'changed' end, n.rule, n.subject,
           n.before, n.severity, n.urgency, n.evidence, n.urgency is null
    from news n where n.told
    union all
    select c.org_id, c.integration_id, evaluate_health.at, 'closed', c.rule, c.subject, c.severity, null, c.urgency, c.evidence, false from closed c
    union all
    select l.org_id, l.integration_id, evaluate_health.at, 'light', '', '', l.before, l.after, null, '{}', true from light l where l.before <> l.after
  )
  update public.integration_status s
  set health = l.after, health_since = case when l.before <> l.after then evaluate_health.at else s.health_since end,
      evaluated_at = evaluate_health.at, dirty = false, next_deadline = l.next_deadline
  from light l
  where s.org_id = l.org_id and s.integration_id = l.integration_id;
  get diagnostics looked = row_count;
  return looked;
end $function$;

CREATE OR REPLACE FUNCTION private.finish_run(org uuid, run bigint, error jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  ended public.runs;
  finished constant timestamptz := finish_run.at;
  proof text;
begin
  update public.records r set retry_id = null
  from public.runs u
  where u.org_id = org and u.id = run and r.org_id = org and r.retry_id = u.retry_id and r.state = 'queued';

  update public.runs r
  set finished_at = finished, started_at = coalesce(r.started_at, finished), slice_token = null, lease_expires_at = null,
      error_message = left(error ->> 'message', 2000), error_code = error ->> 'code', error_field = error ->> 'field',
      error_category = error ->> 'category', error_status = (error ->> 'status')::integer,
      status = case
        when error is not null then 'failed'
        when r.selected > 0 and r.exported + r.accepted = 0 and r.failed + r.retrying + r.uncertain > 0 then 'failed'
        when r.failed * 100.0 > r.selected * coalesce((i.thresholds ->> 'failure_rate_percent')::numeric, 5) then 'failed'
        when r.failed + r.retrying + r.skipped + r.uncertain > 0 then 'warning'
        else 'succeeded' end
  from public.integrations i
  where r.org_id = org and r.id = run and r.status in ('scheduled', 'running') and i.org_id = org and i.id = r.integration_id
  returning r.* into ended;
  if not found then
    return;
  end if;

  -- A run that failed by its records, not as a whole, is told by the cause that refused most.
  if ended.status = 'failed' and error is null then
    update public.runs r
    set error_message = worst.error_message, error_code = worst.error_code, error_field = worst.error_field,
        error_category = worst.error_category, error_status = worst.error_status
    from (
      select p.error_message, p.error_code, p.error_field, p.error_category, p.error_status
      from public.records p
      where p.org_id = org and p.integration_id = ended.integration_id and p.run_id = run
        and p.state in ('failed', 'dead', 'retrying', 'uncertain')
      order by count(*) over (partition by p.cause_id) desc, p.id
      limit 1
    ) worst
    where r.org_id = org and r.id = run
    returning r.* into ended;
  end if;

  -- What the run proves. One that found nothing because everything waits for its next try, or whose records wait for a verdict, proves nothing.
  proof := case
    when ended.status = 'failed' then case when ended.trigger = 'retry' or (ended.trigger = 'follow_up' and ended.failed = 0) then 'nothing' else 'bad' end
    when ended.selected = 0 and (exists (select from public.records r where r.org_id = finish_run.org and r.integration_id = ended.integration_id and r.state = 'retrying')
      or not (select i.enabled from public.integrations i where i.org_id = finish_run.org and i.id = ended.integration_id)) then 'blank'
    when ended.accepted > 0 and ended.exported = 0 then 'nothing'
    else 'good' end;
  update public.integration_status s
  set last_run_id = case when proof = 'blank' then s.last_run_id else ended.id end, dirty = true,
      last_success_at = case when proof = 'good' then finished else s.last_success_at end,
      -- Records that wait for a verdict or for their next try do not wait for the schedule.
      asks_again_at = (select min(greatest(r.next_attempt_at, finished + interval '30 seconds')) from public.records r
        where r.org_id = finish_run.org and r.integration_id = ended.integration_id
          and (r.state in ('accepted', 'retrying') or (r.state = 'uncertain' and ended.dedupe <> 'none'))),
      consecutive_failures = case proof when 'good' then 0 when 'bad' then s.consecutive_failures + 1 else s.consecutive_failures end,
      consecutive_successes = case when proof = 'good' then s.consecutive_successes + 1 when ended.status = 'failed' then 0 else s.consecutive_successes end,
      circuit_failures = case when proof = 'blank' then s.circuit_failures when ended.status <> 'failed' then 0 when error is null then s.circuit_failures else s.circuit_failures + 1 end,
      circuit_open_until = case
        when ended.status <> 'failed' then null
        when error is not null and s.circuit_failures + 1 >= 3
          then finished + make_interval(mins => least(5 * power(2, least(s.circuit_failures - 2, 6))::integer, 120))
        else s.circuit_open_until end
  where s.org_id = org and s.integration_id = ended.integration_id;
  perform private.keep_usual(org, ended.integration_id);

  perform private.follow_retry(org, t.id, finished) from public.retries t
  where t.org_id = finish_run.org and t.integration_id = ended.integration_id and (t.id = ended.retry_id or t.state = 'canary');
  -- A fault in judging or telling must not undo what happened: the row stays dirty, and the next tick comes back to it.
  begin
    perform private.evaluate_health(finished, array[ended.integration_id]);
    perform private.alert_integration(org, ended.integration_id, finished);
    perform private.ring_deliver(finished);
  exception when others then
    raise warning 'run % was not judged at once: % (%)', ended.id, sqlerrm, sqlstate;
  end;
  perform private.schedule_runs(finished, ended.integration_id);
end $function$;

CREATE OR REPLACE FUNCTION private.follow_integration()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into public.integration_status (org_id, integration_id, health_since)
    values (new.org_id, new.id, new.created_at);
  else
    update public.integration_status s set dirty = true
    where s.org_id = new.org_id and s.integration_id = new.id and not s.dirty;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.follow_members()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.integration_status s set dirty = true
  where not s.dirty and s.org_id = coalesce(new.org_id, old.org_id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.follow_records()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.integration_status s set dirty = true
  where not s.dirty and (s.org_id, s.integration_id) in (select distinct n.org_id, n.integration_id from handed_in n);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.follow_retry(org uuid, retry bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
  canary_state text;
begin
  select t.* into asked from public.retries t where t.org_id = org and t.id = retry for update;
  if asked.state not in ('running', 'canary') then
    return;
  elsif asked.taken = 0 or (asked.state = 'running' and asked.taken < cardinality(asked.held)) then
    update public.retries t
    set state = 'waiting', resume_at = greatest(follow_retry.at + interval '5 minutes', (
      select s.circuit_open_until from public.integration_status s where s.org_id = org and s.integration_id = asked.integration_id))
    where t.org_id = org and t.id = retry;
    return;
  elsif asked.state = 'running' then
    update public.retries t set state = 'done', held = '{}', taken = 0 where t.org_id = org and t.id = retry;
    return;
  end if;
  select r.state into canary_state from public.records r where r.org_id = org and r.id = asked.canary_record_id;
  if canary_state in ('failed', 'dead', 'dismissed') then
    update public.retries t set state = 'stopped', held = '{}', taken = 0 where t.org_id = org and t.id = retry;
  elsif canary_state = 'exported' then
    update public.retries t set state = 'waiting', canary_record_id = null where t.org_id = org and t.id = retry;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.forget_runs(batch integer, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
begin
  with old as (
    (select r.org_id, r.id from public.runs r
     where r.status = 'succeeded' and not r.found_work and r.finished_at < forget_runs.at - interval '30 days' and not exists (
       select from public.integration_status s where s.org_id = r.org_id and s.integration_id = r.integration_id and s.last_run_id = r.id)
     order by r.finished_at limit batch)
    union all
    (select r.org_id, r.id from public.runs r
     where (r.status <> 'succeeded' or r.found_work) and r.finished_at < forget_runs.at - interval '400 days' and not exists (
       select from public.integration_status s where s.org_id = r.org_id and s.integration_id = r.integration_id and s.last_run_id = r.id)
     order by r.finished_at limit batch)
  )
  delete from public.runs r using old o where r.org_id = o.org_id and r.id = o.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $function$;

CREATE OR REPLACE FUNCTION private.hold_lease(org uuid, run bigint, token uuid, at timestamp with time zone)
 RETURNS public.runs
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  perform private.check_time(hold_lease.at);
  update public.runs r set lease_expires_at = hold_lease.at + interval '2 minutes'
  where r.org_id = org and r.id = run and r.slice_token = token and r.status = 'running'
  returning r.* into held;
  if not found then
    perform private.refuse('SW410', 'This slice has lost its lease.', 'Stop: another slice has the run.');
  end if;
  return held;
end $function$;

CREATE OR REPLACE FUNCTION private.idempotency_key(integration uuid, source_type text, source_id text, version integer)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select left(encode(sha256(convert_to(
    concat_ws(chr(31), integration::text, source_type, source_id, version::text), 'UTF8')), 'hex'), 32);
$function$;

CREATE OR REPLACE FUNCTION private.in_maintenance(org uuid, integration uuid, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.maintenance_windows w
    where w.org_id = org and (w.integration_id = integration or w.integration_id is null)
      and in_maintenance.at >= w.starts_at and in_maintenance.at < w.ends_at
  );
$function$;

CREATE OR REPLACE FUNCTION private.integration_of(org uuid, integration uuid)
 RETURNS public.integrations
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  found_one public.integrations;
begin
  select i.* into found_one from public.integrations i where i.org_id = org and i.id = integration;
  if not found then
    perform private.refuse('SW404', 'There is no such integration in this organization.', 'Check the address.');
  end if;
  return found_one;
end $function$;

CREATE OR REPLACE FUNCTION private.is_sending(holder private.delivery_sender, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(holder.until > at and holder.until <= at + interval '1 minute', false);
$function$;

CREATE OR REPLACE FUNCTION private.is_time_zone(zone text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  perform timestamptz '2026-01-01' at time zone zone;
  return true;
exception when invalid_parameter_value then
  return false;
end $function$;
grant execute on function private.is_time_zone(text) to service_role;

CREATE OR REPLACE FUNCTION private.keep_usual(org uuid, integration uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.integration_status s
  set usual_selected = u.selected, usual_seconds = u.seconds, failed_of_ten = u.failed_of_ten,
      volume_off = case when u.comparable and abs(u.last_selected - u.selected) > greatest(3 * u.selected_spread, 5)
        then abs(u.last_selected - u.selected) * 100 / u.selected end,
      duration_off = case when u.comparable and u.last_length > 10 and abs(u.last_seconds - u.seconds) > 3 * u.seconds_spread
        then coalesce(abs(u.last_seconds - u.seconds) * 100 / nullif(u.seconds, 0), 'Infinity') end
  from (
    select avg(p.selected) filter (where p.usual) as selected, stddev_pop(p.selected) filter (where p.usual) as selected_spread,
           avg(p.seconds) filter (where p.usual) as seconds, stddev_pop(p.seconds) filter (where p.usual) as seconds_spread,
           count(*) filter (where p.place <= 10 and p.status = 'failed') as failed_of_ten,
           count(*) filter (where p.usual) >= 5 as comparable,
           min(p.selected) filter (where p.last) as last_selected, min(p.seconds) filter (where p.last) as last_seconds,
           min(p.length) filter (where p.last) as last_length
    from (
      select n.selected, n.status, l.length, l.length / nullif(n.selected, 0) as seconds,
             n.id = t.last_run_id and n.status <> 'failed' and n.selected > 0 and n.trigger = 'schedule' as last,
             n.id <> t.last_run_id and n.status in ('succeeded', 'warning') and n.selected > 0 and n.trigger = 'schedule' as usual,
             row_number() over (order by n.id desc) as place
      from public.integration_status t
      join public.runs n on n.org_id = t.org_id and n.integration_id = t.integration_id and n.status not in ('scheduled', 'running')
      cross join lateral (select extract(epoch from n.finished_at - n.started_at) as length) l
      where t.org_id = keep_usual.org and t.integration_id = keep_usual.integration
      order by n.id desc limit 21
    ) p
  ) u
  where s.org_id = keep_usual.org and s.integration_id = keep_usual.integration;
end $function$;

CREATE OR REPLACE FUNCTION private.keep_version(org uuid, record bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, keep_version.at
  from public.records r where r.org_id = org and r.id = record
  on conflict do nothing;
$function$;

CREATE OR REPLACE FUNCTION private.key_is_old(delivery public.deliveries, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select delivery.frozen is not null and least(delivery.created_at, (
    select min(b.created_at) from public.deliveries b
    where b.batch = delivery.batch and b.frozen is not null and b.state in ('pending', 'sending'))) < key_is_old.at - interval '22 hours';
$function$;

CREATE OR REPLACE FUNCTION private.mapping_applies(mapping jsonb, payload jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select payload ? (mapping ->> 'field')
    and (mapping ->> 'from' is null or payload ->> (mapping ->> 'field') = mapping ->> 'from');
$function$;

CREATE OR REPLACE FUNCTION private.mark_read(org uuid, notifications bigint[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  marked integer;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  update public.notifications n set read_at = now()
  where n.org_id = org and n.user_id = auth.uid() and n.read_at is null
    and (mark_read.notifications is null or n.id = any (mark_read.notifications));
  get diagnostics marked = row_count;
  return marked;
end $function$;
grant execute on function private.mark_read(uuid,bigint[]) to authenticated;

CREATE OR REPLACE FUNCTION private.monitor_late()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select count(*) < 4 or min(h.beat_at) < now() - interval '3 minutes'
  from private.heartbeats h where h.job in ('schedule', 'reap', 'evaluate', 'deliver');
$function$;
grant execute on function private.monitor_late() to authenticated;

CREATE OR REPLACE FUNCTION private.my_org_ids(roles text[] DEFAULT ARRAY['owner'::text, 'admin'::text, 'viewer'::text])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 5
 SET search_path TO ''
AS $function$
begin
  return query
  select m.org_id from public.members m where m.user_id = (select auth.uid()) and m.role = any (roles);
end $function$;
grant execute on function private.my_org_ids(text[]) to authenticated;

CREATE OR REPLACE FUNCTION private.next_cutoff(org uuid, at timestamp with time zone DEFAULT now())
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select min(moment)
  from public.organizations o
  cross join generate_series(0, 2) as months_ahead
  cross join lateral (
    select date_trunc('month', next_cutoff.at at time zone o.time_zone)::date + make_interval(months => months_ahead) as first_day
  ) month
  cross join lateral (
    select ((case when o.cutoff_day is null then (first_day + interval '1 month' - interval '1 day')::date
                  else first_day::date + (o.cutoff_day - 1) end) + o.cutoff_time) at time zone o.time_zone as moment
  ) cut
  where o.id = next_cutoff.org and moment > next_cutoff.at;
$function$;
grant execute on function private.next_cutoff(uuid,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.notice_of(incident public.incidents, kind text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (
    select jsonb_build_object(
      'kind', notice_of.kind, 'alarm', incident.alarm, 'severity', incident.urgency, 'since', incident.opened_at, 'at', notice_of.at,
      'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
      'integration', jsonb_build_object('id', i.id, 'name', i.name, 'slug', i.slug, 'system', i.system),
      'failures', s.consecutive_failures,
      'error', case when l.error_message is not null then jsonb_build_object('message', l.error_message, 'code', l.error_code,
        'field', l.error_field, 'status', l.error_status) end,
      'selected', coalesce(l.selected, 0), 'failed', coalesce(l.failed, 0), 'run_id', l.id,
      'open_failed', (select count(*) from public.records r where r.org_id = i.org_id and r.integration_id = i.id and r.state in ('failed', 'dead')),
      'amounts', private.amounts_open(i.org_id, i.id, c.id),
      'cause', case when c.id is not null then jsonb_build_object('id', c.id, 'code', nullif(c.code, ''), 'field', nullif(c.field, ''),
        'message', c.sample, 'template', c.template,
        'values', (select coalesce(jsonb_agg(v.error_value), '[]') from (
          select r.error_value from public.records r
          where r.org_id = i.org_id and r.cause_id = c.id and r.state in ('failed', 'dead') and r.error_value is not null
          group by r.error_value order by count(*) desc, r.error_value limit 5) v),
        'records', (select count(*) from public.records r where r.org_id = i.org_id and r.cause_id = c.id and r.state in ('failed', 'dead'))) end,
      'cutoff', case when t.moment <= notice_of.at + interval '24 hours' then jsonb_build_object('at', t.moment, 'records',
        (select count(*) from public.records r where r.org_id = i.org_id and r.integration_id = i.id and r.state not in ('exported', 'dismissed'))) end,
      'advice', incident.alarm)
    from public.integrations i
    join public.organizations o on o.id = i.org_id
    join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
    left join public.runs l on l.org_id = i.org_id and l.id = s.last_run_id
    left join public.causes c on incident.alarm = 'cause_refused' and c.org_id = i.org_id and c.id::text = incident.subject
    cross join lateral (select private.next_cutoff(i.org_id, notice_of.at) as moment) t
    where i.org_id = incident.org_id and i.id = incident.integration_id
  );
end $function$;

CREATE OR REPLACE FUNCTION private.notify(incident public.incidents, kind text, change bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  facts constant jsonb := private.notice_of(incident, kind, notify.at);
begin
  with told as (
    insert into public.notifications (org_id, user_id, integration_id, incident_id, change_id, kind, urgency, notice, created_at)
    select m.org_id, m.user_id, incident.integration_id, incident.id, notify.change, notify.kind, incident.urgency, facts, notify.at
    from public.members m
    where m.org_id = incident.org_id and m.role in ('owner', 'admin')
    on conflict (org_id, change_id, user_id) do nothing
    returning org_id, id, user_id
  )
  insert into public.deliveries (org_id, notification_id, channel, address, locale, notice, next_attempt_at, created_at)
  select t.org_id, t.id, 'email', u.email, m.locale, facts, notify.at, notify.at
  from told t
  join public.members m on m.org_id = t.org_id and m.user_id = t.user_id
  join auth.users u on u.id = t.user_id
  where u.email is not null
  on conflict (org_id, notification_id, channel) do nothing;
end $function$;

CREATE OR REPLACE FUNCTION private.platform_secret(name text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.decrypted_secret from vault.decrypted_secrets s where s.name = platform_secret.name;
$function$;

CREATE OR REPLACE FUNCTION private.reap(at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  touched integer := 0;
  run record;
begin
  for run in
    select r.org_id, r.id, r.lost_slices from public.runs r
    where r.status = 'running' and r.lease_expires_at <= reap.at
    for update skip locked
  loop
    -- One run that cannot be reaped must not keep the others from it.
    begin
      perform private.release_lease(run.org_id, run.id, reap.at);
      if run.lost_slices + 1 >= 5 then
        perform private.finish_run(run.org_id, run.id, jsonb_build_object('code', 'stuck', 'category', 'timeout',
          'message', 'Five slices in a row stopped before they could record a result.'), reap.at);
      end if;
      touched := touched + 1;
    exception when others then
      raise warning 'run % was not reaped: % (%)', run.id, sqlerrm, sqlstate;
    end;
  end loop;
  for run in
    select r.org_id, r.id, r.slice, i.system from public.runs r
    join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
    where r.status in ('scheduled', 'running') and r.slice_token is null and r.waiting_since <= reap.at - interval '10 minutes'
    for update of r skip locked
  loop
    begin
      perform private.finish_run(run.org_id, run.id, jsonb_build_object('category', 'server',
        'code', case when run.slice = 0 then 'never_started' else 'stuck' end,
        'message', format('No function answered for the system "%s" within 10 minutes.', run.system)), reap.at);
      touched := touched + 1;
    exception when others then
      raise warning 'run % was not reaped: % (%)', run.id, sqlerrm, sqlstate;
    end;
  end loop;
  return touched;
end $function$;

CREATE OR REPLACE FUNCTION private.receive_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known public.records;
begin
  if octet_length(new.payload::text) > 1000000 then
    perform private.refuse('SW422', format('The payload of %s %s is larger than 1 MB.', new.source_type, new.source_id),
      'Hand in what the system needs and keep attachments elsewhere.');
  end if;
  new.source_hash := private.content_hash(new.payload, new.amount, new.currency, new.occurred_on);
  new.idempotency_key := private.idempotency_key(new.integration_id, new.source_type, new.source_id, 1);
  select r.* into known from public.records r
  where r.org_id = new.org_id and r.integration_id = new.integration_id
    and r.source_type = new.source_type and r.source_id = new.source_id
  for update;
  if not found then
    return new;
  end if;
  if known.source_hash = new.source_hash then
    return null;
  end if;
  update public.integration_status s set dirty = true
  where s.org_id = known.org_id and s.integration_id = known.integration_id and not s.dirty;
  if known.state in ('sending', 'uncertain', 'accepted') then
    insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at)
    values (known.org_id, known.id, known.latest_version + 1, new.payload, new.amount, new.currency, new.occurred_on, new.label, new.created_at);
    update public.records r set latest_version = r.latest_version + 1, source_hash = new.source_hash
    where r.org_id = known.org_id and r.id = known.id;
  else
    perform private.keep_version(known.org_id, known.id, new.created_at);
    perform private.apply_version(known.org_id, known.id, known.latest_version + 1, new.payload, new.amount, new.currency,
      new.occurred_on, new.label, new.created_at);
    update public.records r set source_hash = new.source_hash where r.org_id = known.org_id and r.id = known.id;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.record_problem(record jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if jsonb_typeof(record) <> 'object' then
    return 'A record is a JSON object.';
  elsif jsonb_typeof(record -> 'source_type') in ('object', 'array') or jsonb_typeof(record -> 'source_id') in ('object', 'array') then
    return 'source_type and source_id are text.';
  elsif coalesce(length(record ->> 'source_type'), 0) not between 1 and 100 then
    return 'source_type is missing or longer than 100 characters.';
  elsif coalesce(length(record ->> 'source_id'), 0) not between 1 and 500 then
    return 'source_id is missing or longer than 500 characters.';
  elsif jsonb_typeof(record -> 'payload') is distinct from 'object' then
    return 'payload is missing or not a JSON object.';
  elsif octet_length((record -> 'payload')::text) > 1000000 then
    return 'payload is larger than 1 MB.';
  elsif record ->> 'amount' !~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then
    return 'amount is not a decimal number such as "1250.00".';
  elsif record ->> 'amount' is not null and record ->> 'currency' is null then
    return 'amount needs a currency.';
  elsif record ->> 'currency' !~ '^[A-Z]{3}$' then
    return 'currency is not a three-letter code such as NOK.';
  elsif record ->> 'occurred_on' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
    return 'occurred_on is not a date such as 2026-11-20.';
  end if;
  perform (record ->> 'occurred_on')::date;
  return null;
exception when datetime_field_overflow or invalid_datetime_format then
  return 'occurred_on is not a day that exists.';
end $function$;

CREATE OR REPLACE FUNCTION private.refuse(code text, message text, hint text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception using errcode = code, message = message, hint = coalesce(hint, '');
end $function$;

CREATE OR REPLACE FUNCTION private.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.refuse('SW403', format('%I is append-only.', tg_table_name), 'Write a new row instead.');
end $function$;

CREATE OR REPLACE FUNCTION private.refuse_too_often(org uuid, integration uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if (select count(*) from (
        select r.trigger, r.created_at from public.runs r
        where r.org_id = org and r.integration_id = integration and r.status not in ('scheduled', 'running')
        order by r.id desc limit 60
      ) latest
      where latest.trigger in ('manual', 'retry') and latest.created_at > refuse_too_often.at - interval '1 minute') >= 60 then
    perform private.refuse('SW429', 'People have started this integration 60 times within a minute.', 'Wait a minute.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.refuse_write()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.refuse('SW403', format('%I is a view: nothing is written through it.', tg_table_name), 'Call one of the functions instead.');
end $function$;

CREATE OR REPLACE FUNCTION private.release_lease(org uuid, run bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  in_doubt integer;
  asked_again integer;
begin
  with lost as (
    update public.records r
    set state = 'uncertain', attempts = r.attempts + 1, failed_at = release_lease.at,
        error_message = 'The function stopped before the system''s answer was recorded.', error_code = 'slice_lost', error_category = 'timeout',
        next_attempt_at = release_lease.at + make_interval(secs => u.settles_within_seconds)
    from public.runs u
    where u.org_id = org and u.id = run and r.org_id = org and r.integration_id = u.integration_id and r.state = 'sending'
      and r.run_id = run and r.claimed_from <> 'accepted'
    returning r.org_id, r.integration_id, r.id, r.version, r.error_message, r.error_code, r.error_category
  ), noted as (
    insert into public.attempts (org_id, integration_id, record_id, version, run_id, at, outcome, code, message, category)
    select l.org_id, l.integration_id, l.id, l.version, run, release_lease.at, 'uncertain', l.error_code, l.error_message, l.error_category
    from lost l
  )
  select count(*) into in_doubt from lost;

  with back as (
    update public.records r set state = 'accepted'
    from public.runs u
    where u.org_id = org and u.id = run and r.org_id = org and r.integration_id = u.integration_id and r.state = 'sending'
      and r.run_id = run and r.claimed_from = 'accepted'
    returning r.id
  )
  select count(*) into asked_again from back;

  update public.integration_status s set dirty = true
  from public.runs u where u.org_id = org and u.id = run and s.org_id = org and s.integration_id = u.integration_id and not s.dirty;
  update public.slices s set ended_at = release_lease.at, ended_by = 'lost'
  where s.org_id = org and s.run_id = run and s.ended_at is null;
  update public.runs r
  set uncertain = r.uncertain + in_doubt, accepted = r.accepted + asked_again, slice_token = null, lease_expires_at = null,
      rung_at = null, last_turn_at = release_lease.at, lost_slices = r.lost_slices + 1
  where r.org_id = org and r.id = run;
end $function$;

CREATE OR REPLACE FUNCTION private.require_role(org uuid, roles text[] DEFAULT ARRAY['owner'::text, 'admin'::text])
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  mine text;
begin
  if auth.uid() is null then
    perform private.refuse('SW401', 'You are signed out.', 'Sign in and try again.');
  end if;
  select m.role into mine from public.members m where m.org_id = org and m.user_id = auth.uid();
  if mine is null then
    perform private.refuse('SW404', 'There is no such organization, or you are not a member of it.', 'Check the address, or ask an owner to add you.');
  elsif mine <> all (roles) then
    perform private.refuse('SW403', format('Your role (%s) may look but not do this.', mine),
      format('Ask somebody who is %s.', array_to_string(roles, ' or ')));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.retry_failed(org uuid, integration uuid, scope text, cause bigint, records bigint[], field text, from_value text, to_value text, canary boolean, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  chosen bigint[];
  tried_first bigint;
  retry bigint;
  mapping constant jsonb := case when field is not null then jsonb_build_object('field', field, 'from', from_value, 'to', to_value) end;
  mapped integer := 0;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or neither.');
  elsif length(field) > 500 or length(to_value) > 10000 or length(from_value) > 1000000 then
    perform private.refuse('SW422', 'A field has at most 500 characters, the value to put there 10 000.', 'Hand the records in again instead.');
  elsif not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  -- The run before the status, as a slice that ends its run takes them: the other way round the two would wait in a circle.
  perform from public.runs r
  where r.org_id = org and r.integration_id = retry_failed.integration and r.status in ('scheduled', 'running') for update;
  -- One retry at a time for an integration: a double click, a second tab and a second admin meet the first one.
  perform from public.integration_status s where s.org_id = org and s.integration_id = integration for update;
  chosen := private.retryable(org, integration, scope, cause, records);
  if cardinality(chosen) = 0 then
    select t.id into retry from public.retries t
    where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary') order by t.id desc limit 1;
    -- One that waits for the system to come back is tried now.
    update public.retries t set resume_at = null where t.org_id = org and t.id = retry and t.state = 'waiting' and t.resume_at is not null;
    if found then
      perform private.schedule_runs(retry_failed.at, integration);
      perform private.ring_runs(retry_failed.at);
    end if;
    return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
      order by r.id desc limit 1), 'records', 0, 'mapped', 0);
  end if;
  perform private.refuse_too_often(org, integration, retry_failed.at);
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    select r.id into tried_first from public.records r
    where r.org_id = retry_failed.org and r.id = any (chosen)
    order by mapping is null or private.mapping_applies(mapping, r.payload) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, canary_record_id, held, mapping, records)
  values (org, integration, scope, cause, auth.uid(), retry_failed.at, tried_first, chosen, mapping, cardinality(chosen))
  returning id into retry;
  if mapping is not null then
    select count(*) into mapped from public.records r
    where r.org_id = retry_failed.org and r.id = any (case when canary then chosen[1:1] else chosen end) and private.mapping_applies(mapping, r.payload);
  end if;
  perform private.audit(org, 'retry.requested', retry_failed.at, integration, subject := 'retry ' || retry,
    after := jsonb_strip_nulls(jsonb_build_object('scope', scope, 'cause', cause, 'records', cardinality(chosen), 'canary', canary,
      'field', field, 'from', from_value, 'to', to_value)));
  update public.integration_status s set dirty = true, circuit_open_until = null where s.org_id = org and s.integration_id = integration;
  perform private.schedule_runs(retry_failed.at, integration);
  perform private.ring_runs(retry_failed.at);
  return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry),
    'records', cardinality(chosen), 'mapped', mapped);
end $function$;
grant execute on function private.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.retryable(org uuid, integration uuid, scope text, cause bigint, records bigint[])
 RETURNS bigint[]
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(array_agg(r.id order by r.id), '{}')
  from public.records r
  where r.org_id = org and r.integration_id = integration and r.state in ('failed', 'dead')
    and case scope
      when 'open' then true
      when 'cause' then r.cause_id = cause
      when 'records' then r.id = any (records)
      when 'last_run' then r.run_id = (
        select max(n.run_id) from public.records n
        where n.org_id = org and n.integration_id = integration and n.state in ('failed', 'dead'))
      else false end
    and r.id not in (
      select unnest(t.held[t.taken + 1:]) from public.retries t
      where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary'));
$function$;

CREATE OR REPLACE FUNCTION private.ring_deliver(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  holder private.delivery_sender;
begin
  if not exists (select from public.deliveries d where d.state in ('pending', 'sending') and d.next_attempt_at <= ring_deliver.at) then
    return;
  end if;
  -- Held until this transaction ends: a sender about to stop waits for it and then finds what is new, or has stopped and is rung again.
  select s.* into holder from private.delivery_sender s for share;
  if not private.is_sending(holder, ring_deliver.at) then
    perform private.ring_function('deliver', '{}');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.ring_function(function_name text, body jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  base constant text := private.platform_secret('syncward_functions_url');
  key constant text := private.platform_secret('syncward_secret_key');
begin
  if base is null or key is null then
    return;
  end if;
  perform net.http_post(
    url := base || '/' || function_name,
    body := body,
    headers := jsonb_build_object('content-type', 'application/json', 'apikey', key),
    timeout_milliseconds := 5000
  );
end $function$;

CREATE OR REPLACE FUNCTION private.ring_run(org uuid, run bigint, system text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.runs r set rung_at = ring_run.at, last_turn_at = ring_run.at, waiting_since = coalesce(r.waiting_since, ring_run.at)
  where r.org_id = org and r.id = run;
  perform private.ring_function('sync-' || system, jsonb_build_object('org', org, 'run', run));
end $function$;

CREATE OR REPLACE FUNCTION private.ring_runs(at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  rung integer := 0;
  run record;
begin
  -- One at a time, and always the last lock a transaction takes: two that count what is alive would ring for twice as many.
  perform pg_advisory_xact_lock(hashtext('syncward.ring'));
  for run in
    with alive as (
      select r.org_id, r.id, i.system, coalesce(r.last_turn_at, r.created_at) as waits_since, r.waiting_since is not null as unanswered,
             coalesce(r.rung_at > r.waiting_since, false) as again,
             coalesce(r.lease_expires_at > ring_runs.at, false) as live,
             coalesce(r.rung_at > ring_runs.at - interval '20 seconds', false) as ringing
      from public.runs r join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
      where r.status in ('scheduled', 'running') and (r.resume_at is null or r.resume_at <= ring_runs.at)
    ), silent as (
      select a.system from alive a group by a.system having bool_or(a.unanswered and not a.ringing) and not bool_or(a.live)
    ), busy as (
      select a.org_id, count(*) as slices,
             count(*) filter (where not a.live and (a.again or a.system in (select s.system from silent s))) as in_doubt
      from alive a where a.live or a.ringing group by a.org_id
    ), queue as (
      select a.org_id, a.id, a.system, a.waits_since, a.unanswered or a.system in (select s.system from silent s) as in_doubt,
             coalesce(b.slices, 0) + row_number() over (partition by a.org_id order by a.unanswered, a.waits_since, a.id) as turn
      from alive a left join busy b on b.org_id = a.org_id
      where not a.live and not a.ringing
    ), line as (
      select q.org_id, q.id, q.system, q.in_doubt,
             row_number() over (order by q.in_doubt, q.turn, q.waits_since, q.id) as place,
             row_number() over (partition by q.in_doubt order by q.turn, q.waits_since, q.id) as place_among_equals
      from queue q where q.turn <= 4
    )
    select l.org_id, l.id, l.system from line l
    where l.place <= 32 - (select coalesce(sum(b.slices), 0) from busy b)
      and (not l.in_doubt or l.place_among_equals <= 8 - (select coalesce(sum(b.in_doubt), 0) from busy b))
    order by l.place
  loop
    -- Whoever holds the run is about to change it; waiting here could wait in a circle.
    perform from public.runs r where r.org_id = run.org_id and r.id = run.id and r.status in ('scheduled', 'running') for update skip locked;
    continue when not found;
    perform private.ring_run(run.org_id, run.id, run.system, ring_runs.at);
    rung := rung + 1;
  end loop;
  return rung;
end $function$;

CREATE OR REPLACE FUNCTION private.rules_of(at timestamp with time zone, orgs uuid[], integrations uuid[])
 RETURNS TABLE(org_id uuid, integration_id uuid, light text, next_deadline timestamp with time zone, rule text, subject text, severity text, urgency text, evidence jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
  with org as materialized (
    select c.org_id, c.integrations, w.first_turn, w.next_turn,
           not exists (select from public.members m where m.org_id = c.org_id and m.role in ('owner', 'admin')) as nobody
    from (
      select u.org_id, array_agg(u.integration_id) as integrations
      from unnest(rules_of.orgs, rules_of.integrations) u (org_id, integration_id)
      group by u.org_id
    ) c
    cross join lateral (
      select min(m.starts_at) as first_turn,
             least(min(m.starts_at) filter (where m.starts_at > rules_of.at), min(m.ends_at) filter (where m.ends_at > rules_of.at)) as next_turn
      from public.maintenance_windows m where m.org_id = c.org_id
    ) w
  )
  select f.org_id, f.integration_id, f.health,
         -- The earliest still to come: what is past falls away.
         least(
           nullif(greatest(f.start_deadline, rules_of.at), rules_of.at), nullif(greatest(f.success_deadline, rules_of.at), rules_of.at),
           nullif(greatest(f.stuck_deadline, rules_of.at), rules_of.at), nullif(greatest(f.refused_deadline, rules_of.at), rules_of.at),
           nullif(greatest(f.refused_at + interval '24 hours', rules_of.at), rules_of.at),
           nullif(greatest(f.lag_deadline, rules_of.at), rules_of.at), nullif(greatest(f.lag_critical_deadline, rules_of.at), rules_of.at),
           nullif(greatest(f.accepted_since + interval '2 hours', rules_of.at), rules_of.at),
           nullif(greatest(f.accepted_since + interval '24 hours', rules_of.at), rules_of.at),
           nullif(greatest(f.credential_expires_at, rules_of.at), rules_of.at), nullif(greatest(f.expires_soon_deadline, rules_of.at), rules_of.at),
           nullif(greatest(f.rotate_deadline, rules_of.at), rules_of.at),
           nullif(greatest(f.next_cutoff - interval '24 hours', rules_of.at), rules_of.at), f.next_cutoff, f.next_turn),
         r.rule, r.subject, case when r.holds then r.severity when r.rule is not null then 'info' end, r.urgency,
         case when r.rule = 'cause_refused' then r.evidence else jsonb_strip_nulls(r.evidence) end
  from (
    select k.*, o.nobody, o.next_turn, c.next_cutoff, c.next_cutoff - interval '24 hours' <= rules_of.at as cutoff_near,
      case when o.first_turn <= rules_of.at then private.in_maintenance(k.org_id, k.integration_id, rules_of.at) end as in_maintenance,
      -- Nothing kept the next slot from starting since then: a pause of the breaker or a maintenance window moves it.
      greatest(k.next_due_at, k.circuit_open_until, case when o.first_turn <= rules_of.at then (
          select max(m.ends_at) from public.maintenance_windows m
          where m.org_id = k.org_id and (m.integration_id = k.integration_id or m.integration_id is null) and m.ends_at <= rules_of.at) end)
        + case when k.last_run_id is null then interval '15 minutes' else make_interval(mins => greatest(15, k.every_minutes)) end as start_deadline
    from org o
    cross join lateral (select unnest(o.integrations) as id) n
    cross join lateral (
      select s.*,
        -- What a run broke stays open, without holding the light, until two good runs in a row.
        case when s.consecutive_successes < 2 then array(
          select f.rule from public.findings f
          where f.org_id = s.org_id and f.integration_id = s.integration_id and f.closed_at is null
            and f.rule in ('sync_failing', 'credential_refused', 'never_started', 'stuck_run', 'no_success')) end as recovering
      from private.facts s where s.org_id = o.org_id and s.integration_id = n.id offset 0
    ) k
    -- The cut-off matters only to what is refused or failing.
    cross join lateral (
      select case when k.refused > 0 or k.with_cause > 0 or k.consecutive_failures > 0 or k.recovering <> '{}'
        then private.next_cutoff(k.org_id, rules_of.at) end as next_cutoff offset 0
    ) c
    offset 0
  ) f
  left join lateral (
    select 'disabled' as rule, '' as subject, 'grey' as severity, null as urgency, not f.enabled as holds, '{}'::jsonb as evidence
    union all select 'maintenance', '', 'grey', null, f.in_maintenance, '{}'
    union all select 'never_run', '', 'grey', null, f.last_run_id is null and (f.active_since is not null or f.start_deadline > rules_of.at),
      jsonb_build_object('next_due_at', f.next_due_at)
    union all select 'last_run_failed', '', 'red', null, f.last_status = 'failed', jsonb_build_object('message', f.last_message, 'code', f.last_code,
      'field', f.last_field, 'status', f.last_http, 'category', f.last_category, 'at', f.last_finished, 'failed', f.last_failed, 'selected', f.last_selected)
    union all select 'credential_refused', '', 'red', 'high', f.last_status = 'failed' and f.last_category = 'auth',
      jsonb_build_object('message', f.last_message, 'code', f.last_code, 'status', f.last_http)
    union all select 'credential_expired', '', 'red', 'high', f.credential_expires_at <= rules_of.at, jsonb_build_object('expired_at', f.credential_expires_at)
    -- Known of a function, or of a first run, people are told; of later slots it may be the clock, which the whole page says.
    union all select 'never_started', '', 'red', case when f.last_code = 'never_started' or f.last_run_id is null then 'high' end,
      f.last_code = 'never_started' or (f.active_since is null and f.start_deadline <= rules_of.at),
      jsonb_build_object('due_at', f.next_due_at, 'message', f.last_message)
    union all select 'stuck_run', '', 'red', 'high', f.last_code = 'stuck' or f.stuck_deadline <= rules_of.at,
      jsonb_build_object('started_at', f.active_since)
    union all select 'no_success', '', 'red', 'high', f.success_deadline <= rules_of.at,
      jsonb_build_object('last_success_at', f.last_success_at, 'hours', f.no_success_hours)
    -- Where another rule already tells people what is wrong, this one is shown and tells nobody.
    union all select 'sync_failing', '', 'red', case
        when f.last_category = 'auth' or f.last_code in ('never_started', 'stuck') or f.credential_expires_at <= rules_of.at then null
        when f.cutoff_near then 'critical' else 'high' end,
      f.consecutive_failures >= f.alarm_after, jsonb_build_object('failures', nullif(f.consecutive_failures, 0))
    union all select 'failure_rate', '', 'red', null, f.last_status = 'failed' and f.last_selected > 0
      and f.last_failed * 100.0 > f.last_selected * f.failure_rate_percent, jsonb_build_object('failed', f.last_failed, 'selected', f.last_selected)
    union all select 'unstable', '', 'yellow', 'medium', f.failed_of_ten >= 3 and f.consecutive_failures < f.alarm_after
      and 'sync_failing' <> all (coalesce(f.recovering, '{}')), jsonb_build_object('failed_runs', f.failed_of_ten)
    union all select 'refused_open', '', case when f.refused_deadline <= rules_of.at or f.cutoff_near then 'red' else 'yellow' end, null, f.refused > 0,
      jsonb_build_object('records', f.refused, 'oldest', f.refused_at)
    union all select 'last_run_warning', '', 'yellow', null, f.last_status = 'warning', jsonb_build_object('failed', f.last_failed, 'selected', f.last_selected)
    union all select 'uncertain_open', '', 'yellow', null, f.uncertain > 0, jsonb_build_object('records', f.uncertain)
    union all select 'verdict_late', '', case when f.accepted_since + interval '24 hours' <= rules_of.at then 'red' else 'yellow' end, 'medium',
      f.accepted_since + interval '2 hours' <= rules_of.at, jsonb_build_object('since', f.accepted_since)
    union all select 'nothing_moved', '', 'yellow', null, f.last_status = 'succeeded' and f.last_selected = 0 and f.waiting > 0,
      jsonb_build_object('waiting', f.waiting)
    union all select 'queue_depth', '', 'yellow', null, f.waiting > f.queue_depth, jsonb_build_object('waiting', f.waiting)
    union all select 'lag', '', case when f.lag_critical_deadline <= rules_of.at then 'red' else 'yellow' end, null, f.lag_deadline <= rules_of.at,
      jsonb_build_object('since', f.waiting_since)
    union all select 'rate_limited', '', 'yellow', null, f.last_rate_limited > 0, jsonb_build_object('records', f.last_rate_limited)
    union all select 'volume_unusual', '', 'yellow', null, f.volume_off > f.deviation_percent,
      jsonb_build_object('selected', f.last_selected, 'usual', round(f.usual_selected, 1))
    union all select 'duration_unusual', '', 'yellow', null, f.duration_off > f.deviation_percent, jsonb_build_object(
      'seconds', round(extract(epoch from f.last_finished - f.last_started), 1), 'usual', round(f.usual_seconds * f.last_selected, 1))
    union all select 'credential_expires_soon', '', 'yellow', null, f.expires_soon_deadline <= rules_of.at and f.credential_expires_at > rules_of.at,
      jsonb_build_object('expires_at', f.credential_expires_at)
    union all select 'credential_old', '', 'yellow', null, f.rotate_deadline <= rules_of.at, jsonb_build_object('set_at', f.credential_set_at)
    union all select 'nobody_told', '', 'red', null, f.nobody, '{}'
    -- A cause that refuses records for good is news at once, whatever the streak; one finding per cause.
    union all select 'cause_refused', c.id::text, 'yellow',
      case when c.oldest <= rules_of.at - interval '24 hours' or (f.cutoff_near and c.amounts) then 'high' else 'medium' end, true,
      jsonb_build_object('records', c.records, 'code', nullif(c.code, ''), 'field', nullif(c.field, ''), 'template', c.template)
    from (
      select s.id, s.code, s.field, s.template, count(*) as records, min(r.failed_at) as oldest, bool_or(r.amount is not null) as amounts
      from public.records r
      join public.causes s on s.org_id = r.org_id and s.id = r.cause_id
      where f.with_cause > 0 and r.org_id = f.org_id and r.integration_id = f.integration_id
        and (r.state in ('failed', 'dead') or (r.state not in ('exported', 'dismissed') and exists (
          select from public.findings n where n.org_id = f.org_id and n.integration_id = f.integration_id and n.rule = 'cause_refused'
            and n.subject = s.id::text and n.closed_at is null)))
      group by s.org_id, s.id
      order by count(*) desc limit 50
    ) c
  ) r on (r.holds or r.rule = any (f.recovering)) and (f.enabled or r.rule = 'disabled');
end $function$;

CREATE OR REPLACE FUNCTION private.schedule_runs(at timestamp with time zone DEFAULT now(), integration uuid DEFAULT NULL::uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  by_retry integer;
  by_slot integer;
begin
  with waiting as (
    select distinct on (t.org_id, t.integration_id) t.org_id, t.id, t.integration_id, t.requested_by, t.requested_at
    from public.retries t
    where t.state = 'waiting' and (t.resume_at is null or t.resume_at <= schedule_runs.at)
      and (schedule_runs.integration is null or t.integration_id = schedule_runs.integration)
      and not private.in_maintenance(t.org_id, t.integration_id, schedule_runs.at)
      and exists (select from public.integrations i where i.org_id = t.org_id and i.id = t.integration_id and i.enabled)
    order by t.org_id, t.integration_id, t.id
  ), started as (
    insert into public.runs (org_id, integration_id, trigger, requested_by, retry_id, due_at, created_at)
    select w.org_id, w.integration_id, 'retry', w.requested_by, w.id, w.requested_at, schedule_runs.at
    from waiting w
    on conflict do nothing
    returning org_id, retry_id
  )
  update public.retries t
  set state = case when t.canary_record_id is null then 'running' else 'canary' end
  from started s where t.org_id = s.org_id and t.id = s.retry_id;
  get diagnostics by_retry = row_count;

  with due as (
    select i.org_id, i.id, i.every_minutes, i.next_due_at, i.next_due_at <= schedule_runs.at as by_slot,
           case when i.next_due_at <= schedule_runs.at then i.next_due_at else s.asks_again_at end as due_at
    from public.integrations i
    join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
    where i.enabled
      and (schedule_runs.integration is null or i.id = schedule_runs.integration)
      and i.id in (
        select n.id from public.integrations n where n.enabled and n.next_due_at <= schedule_runs.at
        union select a.integration_id from public.integration_status a where a.asks_again_at <= schedule_runs.at)
      and (s.circuit_open_until is null or s.circuit_open_until <= schedule_runs.at)
      and not private.in_maintenance(i.org_id, i.id, schedule_runs.at)
      and not exists (
        select from public.runs r where r.org_id = i.org_id and r.integration_id = i.id and r.status in ('scheduled', 'running'))
    order by i.next_due_at
    limit 5000
    -- Not `for update`: whoever inserts a row that refers to the integration would wait for this.
    for no key update of i skip locked
  ), started as (
    insert into public.runs (org_id, integration_id, trigger, due_at, created_at)
    select d.org_id, d.id, case when d.by_slot then 'schedule' else 'follow_up' end, d.due_at, schedule_runs.at from due d
    on conflict do nothing
  )
  update public.integrations i
  set next_due_at = d.next_due_at + case when d.by_slot then make_interval(mins => d.every_minutes
      * (1 + floor(extract(epoch from schedule_runs.at - d.next_due_at) / (60 * d.every_minutes)))::integer) else interval '0' end
  from due d where i.org_id = d.org_id and i.id = d.id;
  get diagnostics by_slot = row_count;
  return by_retry + by_slot;
end $function$;

CREATE OR REPLACE FUNCTION private.set_credential(org uuid, integration uuid, credential jsonb, expires_at timestamp with time zone, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  secret_name constant text := format('integration:%s', integration);
begin
  -- A tick that changes the row meanwhile would have the secret made twice, which is refused.
  perform from public.integrations i where i.org_id = org and i.id = integration for no key update;
  target := private.integration_of(org, integration);
  if credential is null or jsonb_typeof(credential) <> 'object' then
    perform private.refuse('SW422', 'A credential is a JSON object, such as {"token": "…"}.', 'See the system''s page for its keys.');
  elsif octet_length(credential::text) > 65536 or exists (
    select from jsonb_object_keys(credential) with ordinality k (name, place) where length(k.name) not between 1 and 100 or k.place > 50)
  then
    perform private.refuse('SW422', 'A credential has at most 50 keys of at most 100 characters, and 64 KB in all.', 'See the system''s page for its keys.');
  end if;
  if expires_at is not null then
    perform private.check_time(expires_at);
  end if;
  if target.credential_secret_id is null then
    update public.integrations i
    set credential_secret_id = vault.create_secret(credential::text, secret_name),
        credential_keys = array(select jsonb_object_keys(credential)), credential_set_at = at, credential_expires_at = expires_at, updated_at = at
    where i.org_id = org and i.id = integration;
  else
    perform vault.update_secret(target.credential_secret_id, credential::text);
    update public.integrations i
    set credential_keys = array(select jsonb_object_keys(credential)), credential_set_at = at, credential_expires_at = expires_at, updated_at = at
    where i.org_id = org and i.id = integration;
  end if;
  -- A new credential deserves a try at once, whatever the breaker thinks.
  update public.integration_status s set circuit_failures = 0, circuit_open_until = null
  where s.org_id = org and s.integration_id = integration;
  perform private.audit(org, 'credential.set', at, integration,
    before := jsonb_build_object('set_at', target.credential_set_at, 'expires_at', target.credential_expires_at),
    after := jsonb_build_object('set_at', at, 'expires_at', expires_at));
end $function$;

CREATE OR REPLACE FUNCTION private.set_credential_as_member(org uuid, integration uuid, credential jsonb, expires_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_role(org);
  perform private.set_credential(org, integration, credential, expires_at, now());
end $function$;
grant execute on function private.set_credential_as_member(uuid,uuid,jsonb,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.set_enabled(org uuid, integration uuid, enabled boolean, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if set_enabled.enabled is null then
    perform private.refuse('SW422', 'enabled is true or false.', 'Say whether the integration is to be on.');
  elsif reason is not null then
    perform private.check_reason(reason, 'A reason has at least 3 characters.', 'Say why, or leave it out.');
  end if;
  if target.enabled is not distinct from set_enabled.enabled then
    return;
  end if;
  -- For the audit row, and for no other change of the transaction.
  perform set_config('syncward.reason', coalesce(set_enabled.reason, ''), true);
  update public.integrations i set enabled = set_enabled.enabled, updated_at = now()
  where i.org_id = org and i.id = integration;
  perform set_config('syncward.reason', '', true);
  perform private.evaluate_health(now(), array[integration]);
end $function$;
grant execute on function private.set_enabled(uuid,uuid,boolean,text) to authenticated;

CREATE OR REPLACE FUNCTION private.settle(held public.runs, outcomes jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  ids bigint[];
  refusals boolean;
  waiting boolean;
begin
  select array_agg((o ->> 'id')::bigint), bool_or(o ->> 'template' is not null) into ids, refusals from jsonb_array_elements(outcomes) o;
  if ids is null then
    return;
  end if;
  -- Always in the order of ids, here and where records are handed in, so that neither waits for the other in a circle.
  with locked as (
    select r.latest_version > r.version as waits from public.records r
    where r.org_id = held.org_id and r.id = any (ids)
    order by r.id for update
  )
  select bool_or(l.waits) into waiting from locked l;
  if refusals then
    insert into public.causes as c (org_id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
    select held.org_id, held.integration_id, coalesce(o.code, ''), coalesce(o.field, ''), o.template, min(o.payload_field), min(o.message),
      min(o.category), settle.at, settle.at
    from jsonb_to_recordset(outcomes) o (state text, code text, field text, template text, payload_field text, message text, category text)
    where o.state in ('failed', 'retrying') and o.template is not null
    group by o.code, o.field, o.template
    on conflict (org_id, integration_id, code, field, template) do update
      set last_seen_at = excluded.last_seen_at, sample = excluded.sample, payload_field = coalesce(excluded.payload_field, c.payload_field);
  end if;
  -- Begins with what was said and finds each record by its key: `state` and `run_id` are looked at here, not in the update,
  -- where they would make the planner read all outcomes once per record.
  with said as materialized (
    select o.*, c.id as cause_id, b.state = 'sending' and b.run_id = held.id as ours, b.attempts, b.queued_at, b.claimed_from
    from jsonb_to_recordset(outcomes) o (
      id bigint, state text, external_id text, code text, field text, payload_field text, message text, template text, value text,
      category text, status integer, response text, request_id text, retry_after_seconds integer)
    join public.records b on b.org_id = held.org_id and b.id = o.id
    left join public.causes c on o.state in ('failed', 'retrying') and c.org_id = held.org_id and c.integration_id = held.integration_id
      and c.code = coalesce(o.code, '') and c.field = coalesce(o.field, '') and c.template = o.template
  ), settled as (
    update public.records r
    set state = s.state,
        -- Only a send is a try: being put back, throttled or asked about in vain is none.
        attempts = r.attempts + case when s.state in ('queued', 'accepted') or s.category = 'rate_limit'
          or (s.state = 'uncertain' and r.claimed_from = 'uncertain' and held.dedupe = 'lookup') then 0 else 1 end,
        external_id = coalesce(s.external_id, r.external_id),
        exported_version = case when s.state = 'exported' then r.version else r.exported_version end,
        -- Only the retry that is running can take it up again; without it, it is the schedule's.
        retry_id = case when s.state = 'queued' then held.retry_id end,
        accepted_at = case when s.state = 'accepted' then coalesce(r.accepted_at, settle.at) end,
        settled_at = case when s.state = 'exported' then settle.at end,
        next_attempt_at = case
          when s.state = 'retrying' then settle.at + private.backoff(r.id, r.attempts + 1, s.retry_after_seconds)
          when s.state = 'uncertain' then settle.at + make_interval(secs => held.settles_within_seconds)
          -- Asked again soon at first, then at a tenth of the time it has taken already, a quarter of an hour at most.
          when s.state = 'accepted' then settle.at + make_interval(secs => greatest(coalesce(s.retry_after_seconds, 2),
            least(extract(epoch from settle.at - coalesce(r.accepted_at, settle.at)) / 10, 900)))
          else r.next_attempt_at end,
        failed_at = case when s.state in ('failed', 'retrying', 'uncertain') then settle.at when s.state = 'exported' then null else r.failed_at end,
        cause_id = case when s.state = 'exported' then null else coalesce(s.cause_id, r.cause_id) end,
        error_message = case when s.state = 'exported' then null else coalesce(left(s.message, 2000), r.error_message) end,
        error_code = case when s.state = 'exported' then null when s.message is null then r.error_code else s.code end,
        error_field = case when s.state = 'exported' then null when s.message is null then r.error_field else s.field end,
        error_value = case when s.state = 'exported' then null when s.message is null then r.error_value else left(s.value, 500) end,
        error_category = case when s.state = 'exported' then null when s.message is null then r.error_category else s.category end,
        error_status = case when s.state = 'exported' then null when s.message is null then r.error_status else s.status end
    from (
      -- Attempts or age used up: kept and listed, but no longer tried by itself.
      select s.id, s.external_id, s.code, s.field, s.message, s.value, s.category, s.status, s.retry_after_seconds, s.cause_id, s.response,
             s.request_id, case when s.state = 'retrying' and (s.attempts + 1 >= coalesce((i.thresholds ->> 'max_attempts')::integer, 12)
                                  or settle.at > s.queued_at + interval '7 days') and s.attempts > 0 then 'dead'
               when s.state = 'queued' and s.claimed_from = 'uncertain' and held.dedupe = 'lookup'
                 and s.attempts >= coalesce((i.thresholds ->> 'max_attempts')::integer, 12) then 'dead'
               when s.state in ('queued', 'retrying') and s.claimed_from = 'uncertain' and held.dedupe in ('key', 'upsert') then 'uncertain'
               else s.state end as state
      from said s
      join public.integrations i on i.org_id = held.org_id and i.id = held.integration_id
      where s.ours
    ) s
    where r.org_id = held.org_id and r.id = s.id
    returning r.id, r.version, r.claimed_from, r.state, r.external_id, s.status, s.code, s.field, s.message, s.category, s.request_id, s.response
  ), noted as (
    insert into public.attempts (org_id, integration_id, record_id, version, run_id, at, outcome, external_id, status, code, field, message,
      category, request_id, response)
    select held.org_id, held.integration_id, t.id, t.version, held.id, settle.at, t.state, t.external_id, t.status, t.code, t.field, left(t.message, 2000),
      t.category, t.request_id, left(t.response, 4000)
    from settled t where t.state <> 'queued' and not (t.state = 'accepted' and t.claimed_from = 'accepted')
  )
  update public.runs u
  set exported = u.exported + n.exported, accepted = u.accepted + n.accepted, failed = u.failed + n.failed, retrying = u.retrying + n.retrying,
      uncertain = u.uncertain + n.uncertain, skipped = u.skipped + n.skipped, rate_limited = u.rate_limited + n.rate_limited,
      -- What was asked about and put back has not come any further: a slice may still be lost at the same place each time.
      lost_slices = case when n.skipped < n.settled then 0 else u.lost_slices end
  from (
    select count(*) filter (where t.state = 'exported') as exported, count(*) filter (where t.state = 'accepted') as accepted,
           count(*) filter (where t.state in ('failed', 'dead')) as failed, count(*) filter (where t.state = 'retrying') as retrying,
           count(*) filter (where t.state = 'uncertain') as uncertain, count(*) filter (where t.state = 'queued') as skipped, count(*) as settled,
           count(*) filter (where t.category = 'rate_limit') as rate_limited
    from settled t
  ) n
  where u.org_id = held.org_id and u.id = held.id;

  if waiting then
    perform private.apply_waiting_versions(held.org_id, ids, settle.at);
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.sync_now(org uuid, integration uuid, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  run bigint;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  insert into public.runs (org_id, integration_id, trigger, requested_by, due_at, created_at)
  values (org, integration, 'manual', auth.uid(), sync_now.at, sync_now.at)
  on conflict do nothing
  returning id into run;
  if run is null then
    select r.id into run from public.runs r
    where r.org_id = org and r.integration_id = integration and r.status in ('scheduled', 'running');
  else
    perform private.refuse_too_often(org, integration, sync_now.at);
    perform private.audit(org, 'sync.requested', sync_now.at, integration, subject := 'run ' || run);
  end if;
  perform private.ring_runs(sync_now.at);
  return jsonb_build_object('run_id', run);
end $function$;
grant execute on function private.sync_now(uuid,uuid,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.take_retried(held public.runs, batch integer, at timestamp with time zone)
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  asked public.retries;
  most integer;
  next_ids bigint[];
  picked bigint[] := '{}';
begin
  select t.* into asked from public.retries t where t.org_id = held.org_id and t.id = held.retry_id for update;
  most := case asked.state when 'canary' then 1 when 'running' then cardinality(asked.held) else 0 end;
  while asked.taken < most and cardinality(picked) < batch loop
    next_ids := asked.held[asked.taken + 1:least(most, asked.taken + batch - cardinality(picked))];
    asked.taken := asked.taken + cardinality(next_ids);
    picked := picked || array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.id = any (next_ids) and r.state in ('failed', 'dead')
      order by r.id for update);
  end loop;
  update public.retries t set taken = asked.taken where t.org_id = held.org_id and t.id = held.retry_id and t.taken <> asked.taken;
  if asked.mapping is not null then
    perform private.correct_payloads(asked, array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.id = any (picked) and private.mapping_applies(asked.mapping, r.payload)), take_retried.at);
  end if;
  -- A fresh start: its tries and its age count from here.
  update public.records r
  set state = 'sending', claimed_from = 'queued', run_id = held.id, attempts = 0, next_attempt_at = take_retried.at, queued_at = take_retried.at
  where r.org_id = held.org_id and r.id = any (picked);
  update public.runs u set selected = u.selected + cardinality(picked)
  where u.org_id = held.org_id and u.id = held.id and cardinality(picked) > 0;
  return picked;
end $function$;

CREATE OR REPLACE FUNCTION private.tick_deliver(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.ring_deliver(tick_deliver.at);
  perform private.beat('deliver', tick_deliver.at);
end $function$;

CREATE OR REPLACE FUNCTION private.tick_evaluate(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.evaluate_health(tick_evaluate.at);
  perform private.alert(tick_evaluate.at);
  perform private.beat('evaluate', tick_evaluate.at);
end $function$;

CREATE OR REPLACE FUNCTION private.tick_reap(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.reap(tick_reap.at);
  perform private.ring_runs(tick_reap.at);
  perform private.beat('reap', tick_reap.at);
end $function$;

CREATE OR REPLACE FUNCTION private.tick_retention(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  horizon constant timestamptz := tick_retention.at - interval '400 days';
begin
  perform private.forget_runs(20000, tick_retention.at);
  delete from public.health_changes c where c.alerted and c.at < horizon;
  delete from public.findings f where f.closed_at < horizon;
  -- Their notifications and deliveries go with them.
  delete from public.incidents i where i.resolved_at < horizon;
  delete from cron.job_run_details d where d.end_time < tick_retention.at - interval '7 days';
  perform private.ensure_partitions(tick_retention.at);
  perform private.drop_attempts(horizon);
  perform private.beat('retention', tick_retention.at);
end $function$;

CREATE OR REPLACE FUNCTION private.tick_schedule(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.schedule_runs(tick_schedule.at);
  perform private.ring_runs(tick_schedule.at);
  perform private.beat('schedule', tick_schedule.at);
end $function$;

CREATE OR REPLACE FUNCTION private.urgency_rank(urgency text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array_position(array['low', 'medium', 'high', 'critical'], urgency);
$function$;

CREATE OR REPLACE FUNCTION private.valid_thresholds(thresholds jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_typeof(thresholds) = 'object' and not exists (
    select from jsonb_each(case when jsonb_typeof(thresholds) = 'object' then thresholds else '{}' end) t
    where jsonb_typeof(t.value) <> 'number'
      or (t.value)::numeric not between 0 and 1000000
      -- By its text: `3.0` is a whole number that cannot be read as an integer.
      or (t.key not in ('failure_rate_percent', 'deviation_percent') and t.value::text !~ '^[0-9]+$')
      or t.key not in (
        'alarm_after_failures', 'no_success_hours', 'failure_rate_percent', 'lag_minutes', 'lag_critical_minutes', 'queue_depth',
        'stuck_minutes', 'refused_open_hours', 'credential_warning_days', 'credential_rotate_days', 'max_attempts', 'deviation_percent'
      )
  );
$function$;
grant execute on function private.valid_thresholds(jsonb) to service_role;

-- by default, new functions are granted: nothing

select cron.schedule('syncward-deliver', '* * * * *', 'select private.tick_deliver()');
select cron.schedule('syncward-evaluate', '* * * * *', 'select private.tick_evaluate()');
select cron.schedule('syncward-reap', '* * * * *', 'select private.tick_reap()');
select cron.schedule('syncward-retention', '17 * * * *', 'select private.tick_retention()');
select cron.schedule('syncward-schedule', '* * * * *', 'select private.tick_schedule()');
