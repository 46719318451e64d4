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
  constraint audit_log_pkey PRIMARY KEY (org_id, id),
  constraint audit_log_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id)
);
CREATE INDEX audit_log_by_time ON public.audit_log USING btree (org_id, at DESC, id DESC);
CREATE TRIGGER audit_log_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_change();
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
CREATE INDEX findings_history ON public.findings USING btree (org_id, integration_id, id DESC);
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
CREATE INDEX health_changes_of_integration ON public.health_changes USING btree (org_id, integration_id, id DESC);
CREATE INDEX health_changes_waiting ON public.health_changes USING btree (id) WHERE (NOT alerted);
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
  constraint integration_status_pkey PRIMARY KEY (org_id, integration_id),
  constraint integration_status_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint integration_status_health_check CHECK (health = ANY (ARRAY['green'::text, 'yellow'::text, 'red'::text, 'grey'::text]))
) with (fillfactor=70);
CREATE INDEX integration_status_asks_again ON public.integration_status USING btree (asks_again_at) WHERE (asks_again_at IS NOT NULL);
CREATE INDEX integration_status_deadline ON public.integration_status USING btree (next_deadline);
CREATE INDEX integration_status_dirty ON public.integration_status USING btree (integration_id) WHERE dirty;
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
  constraint integrations_settings_check CHECK (jsonb_typeof(settings) = 'object'::text),
  constraint integrations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text),
  constraint integrations_system_check CHECK (system ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  constraint integrations_thresholds_check CHECK (private.valid_thresholds(thresholds))
);
CREATE INDEX integrations_due ON public.integrations USING btree (next_due_at) WHERE enabled;
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
CREATE INDEX notifications_of_member ON public.notifications USING btree (org_id, user_id, id DESC);
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
  constraint records_check CHECK (amount IS NULL OR currency IS NOT NULL),
  constraint records_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  constraint records_payload_check CHECK (jsonb_typeof(payload) = 'object'::text),
  constraint records_source_id_check CHECK (length(source_id) >= 1 AND length(source_id) <= 500),
  constraint records_source_type_check CHECK (length(source_type) >= 1 AND length(source_type) <= 100),
  constraint records_state_check CHECK (state = ANY (ARRAY['queued'::text, 'sending'::text, 'exported'::text, 'accepted'::text, 'failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text, 'dismissed'::text]))
) with (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02);
CREATE INDEX records_in_trouble ON public.records USING btree (org_id, integration_id, failed_at DESC, id DESC) WHERE (state = ANY (ARRAY['failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text]));
CREATE INDEX records_not_across ON public.records USING btree (org_id, integration_id, state, next_attempt_at, id) WHERE (state <> ALL (ARRAY['exported'::text, 'dismissed'::text]));
CREATE INDEX records_of_cause ON public.records USING btree (org_id, cause_id) WHERE (cause_id IS NOT NULL);
CREATE INDEX records_of_retry ON public.records USING btree (org_id, retry_id) WHERE (retry_id IS NOT NULL);
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
  mapping jsonb,
  records integer not null,
  constraint retries_pkey PRIMARY KEY (org_id, id),
  constraint retries_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint retries_scope_check CHECK (scope = ANY (ARRAY['last_run'::text, 'open'::text, 'cause'::text, 'records'::text])),
  constraint retries_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'running'::text, 'canary'::text, 'done'::text, 'stopped'::text]))
);
CREATE INDEX retries_of_integration ON public.retries USING btree (org_id, integration_id, id DESC);
CREATE INDEX retries_waiting ON public.retries USING btree (id) WHERE (state = 'waiting'::text);
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
);
CREATE UNIQUE INDEX runs_active ON public.runs USING btree (org_id, integration_id) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE INDEX runs_alive ON public.runs USING btree (lease_expires_at) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE INDEX runs_of_integration ON public.runs USING btree (org_id, integration_id, id DESC);
CREATE INDEX runs_of_retry ON public.runs USING btree (org_id, retry_id) WHERE (retry_id IS NOT NULL);
CREATE UNIQUE INDEX runs_slot ON public.runs USING btree (org_id, integration_id, due_at) WHERE (trigger = 'schedule'::text);
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

create table private.heartbeats (
  job text not null,
  beat_at timestamp with time zone not null,
  constraint heartbeats_pkey PRIMARY KEY (job)
);
alter table private.heartbeats enable row level security;
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
    COALESCE(( SELECT jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) ORDER BY t.currency) AS jsonb_agg
           FROM ( SELECT r.currency,
                    sum(r.amount) AS amount,
                    count(*) AS records
                   FROM public.records r
                  WHERE r.org_id = c.org_id AND r.cause_id = c.id AND (r.state = ANY (ARRAY['failed'::text, 'dead'::text, 'retrying'::text])) AND r.amount IS NOT NULL
                  GROUP BY r.currency) t), '[]'::jsonb) AS amounts,
    COALESCE(( SELECT jsonb_agg(jsonb_build_object('value', t.error_value, 'records', t.records) ORDER BY t.records DESC, t.error_value) AS jsonb_agg
           FROM ( SELECT r.error_value,
                    count(*) AS records
                   FROM public.records r
                  WHERE r.org_id = c.org_id AND r.cause_id = c.id AND (r.state = ANY (ARRAY['failed'::text, 'dead'::text, 'retrying'::text])) AND r.error_value IS NOT NULL
                  GROUP BY r.error_value
                  ORDER BY (count(*)) DESC, r.error_value
                 LIMIT 20) t), '[]'::jsonb) AS offending,
    o.offending_values
   FROM public.causes c
     CROSS JOIN LATERAL ( SELECT count(*) AS open_records,
            count(DISTINCT r.error_value) AS offending_values
           FROM public.records r
          WHERE r.org_id = c.org_id AND r.cause_id = c.id AND (r.state = ANY (ARRAY['failed'::text, 'dead'::text, 'retrying'::text]))) o;
grant select on public.cause_overview to authenticated;
comment on view public.cause_overview is 'Causes with what is open of each: records, amounts, offending values.';

create view public.failed_records with (security_invoker=true) as
 SELECT r.org_id,
    r.integration_id,
    r.id,
    r.source_type,
    r.source_id,
    r.label,
    r.state,
    r.amount::text AS amount,
    r.currency,
    r.occurred_on,
    r.cause_id,
    r.error_code,
    r.error_field,
    c.payload_field,
    r.error_value,
    r.error_message,
    r.error_category,
    r.error_status,
    r.failed_at,
    r.attempts,
    r.next_attempt_at,
    r.run_id
   FROM public.records r
     LEFT JOIN public.causes c ON c.org_id = r.org_id AND c.id = r.cause_id
  WHERE r.state = ANY (ARRAY['failed'::text, 'retrying'::text, 'uncertain'::text, 'dead'::text]);
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
    l.last_run,
    s.last_success_at,
    i.next_due_at,
    a.active_run,
    c.open_failed,
    c.open_retrying,
    c.open_uncertain,
    c.open_accepted,
    c.open_queued,
    c.open_dead,
    c.next_retry_at,
    m.amounts_open,
    h.recent_runs
   FROM public.integrations i
     JOIN public.integration_status s ON s.org_id = i.org_id AND s.integration_id = i.id
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('rule', d.rule, 'subject', d.subject, 'severity', d.severity, 'since', d.since, 'evidence', d.evidence) ORDER BY (array_position(ARRAY['red'::text, 'yellow'::text, 'grey'::text, 'info'::text], d.severity)), (d.rule = 'refused_open'::text), d.id), '[]'::jsonb) AS findings
           FROM public.findings d
          WHERE d.org_id = i.org_id AND d.integration_id = i.id AND d.closed_at IS NULL) f
     LEFT JOIN LATERAL ( SELECT jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'finished_at', r.finished_at, 'selected', r.selected, 'exported', r.exported, 'failed', r.failed, 'error_message', r.error_message) AS last_run
           FROM public.runs r
          WHERE r.org_id = i.org_id AND r.id = s.last_run_id) l ON true
     LEFT JOIN LATERAL ( SELECT jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'selected', r.selected, 'done', r.exported + r.accepted + r.failed + r.retrying + r.skipped + r.uncertain) AS active_run
           FROM public.runs r
          WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.status = ANY (ARRAY['scheduled'::text, 'running'::text]))) a ON true
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE r.state = 'failed'::text) AS open_failed,
            count(*) FILTER (WHERE r.state = 'retrying'::text) AS open_retrying,
            count(*) FILTER (WHERE r.state = 'uncertain'::text) AS open_uncertain,
            count(*) FILTER (WHERE r.state = 'accepted'::text) AS open_accepted,
            count(*) FILTER (WHERE r.state = ANY (ARRAY['queued'::text, 'sending'::text])) AS open_queued,
            count(*) FILTER (WHERE r.state = 'dead'::text) AS open_dead,
            min(r.next_attempt_at) FILTER (WHERE r.state = 'retrying'::text) AS next_retry_at
           FROM public.records r
          WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.state <> ALL (ARRAY['exported'::text, 'dismissed'::text]))) c
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) ORDER BY t.currency), '[]'::jsonb) AS amounts_open
           FROM ( SELECT r.currency,
                    sum(r.amount) AS amount,
                    count(*) AS records
                   FROM public.records r
                  WHERE r.org_id = i.org_id AND r.integration_id = i.id AND (r.state <> ALL (ARRAY['exported'::text, 'dismissed'::text])) AND r.amount IS NOT NULL
                  GROUP BY r.currency) t) m
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
    private.member_name(t.org_id, t.requested_by) AS requested_by_name,
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
    private.member_name(org_id, requested_by) AS requested_by_name,
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

CREATE OR REPLACE FUNCTION public.claim_deliveries(batch integer, at timestamp with time zone DEFAULT now())
 RETURNS TABLE(org_id uuid, delivery_id uuid, token uuid, channel text, address text, locale text, notice jsonb, frozen jsonb, attempt integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with expired as (
    update public.deliveries d set state = 'dead', token = null, error = coalesce(d.error, 'No answer within 22 hours.')
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at and d.frozen is not null
      and d.created_at < claim_deliveries.at - interval '22 hours'
  ), due as (
    select d.org_id, d.id from public.deliveries d
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at
      and (d.frozen is null or d.created_at >= claim_deliveries.at - interval '22 hours')
    order by d.next_attempt_at limit claim_deliveries.batch
    for update skip locked
  )
  update public.deliveries d
  set state = 'sending', token = gen_random_uuid(), attempts = d.attempts + 1, next_attempt_at = claim_deliveries.at + interval '2 minutes'
  from due where d.org_id = due.org_id and d.id = due.id
  returning d.org_id, d.id, d.token, d.channel, d.address, d.locale, d.notice, d.frozen, d.attempts;
$function$;
grant execute on function public.claim_deliveries(integer,timestamp with time zone) to service_role;
comment on function public.claim_deliveries(integer,timestamp with time zone) is 'Leases up to `batch` due deliveries for 2 minutes.';

CREATE OR REPLACE FUNCTION public.claim_records(org uuid, run bigint, token uuid, state text, batch integer, at timestamp with time zone DEFAULT now())
 RETURNS TABLE(id bigint, key text, source_type text, source_id text, version integer, payload jsonb, amount text, currency text, occurred_on date, external_id text, exported_version integer, attempts integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, claim_records.at);
  if not exists (select from public.integrations i where i.org_id = org and i.id = held.integration_id and i.enabled) then
    return;
  end if;
  return query
  with due as (
    select r.id, r.state, r.run_id
    from public.records r
    where r.org_id = org and r.integration_id = held.integration_id
      and r.state = claim_records.state and r.state in ('queued', 'retrying', 'uncertain', 'accepted')
      and r.next_attempt_at <= claim_records.at
      and case when claim_records.state = 'queued' then r.retry_id is not distinct from held.retry_id
               else held.retry_id is null or r.run_id = held.id end
    order by r.next_attempt_at, r.id
    -- The Data API answers 1 000 rows at most; what it cut off would be taken and never sent.
    limit least(claim_records.batch, 1000)
    for update skip locked
  ), claimed as (
    update public.records r
    set state = 'sending', claimed_from = d.state, run_id = held.id
    from due d where r.org_id = org and r.id = d.id
    returning r.*, d.run_id as had_run
  ), counted as (
    -- A record selected again within the run leaves the counter it stood in.
    update public.runs u
    set selected = u.selected + (select count(*) from claimed c where c.had_run is distinct from held.id),
        accepted = u.accepted - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'accepted'),
        retrying = u.retrying - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'retrying'),
        uncertain = u.uncertain - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'uncertain'),
        skipped = u.skipped - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'queued')
    where u.org_id = org and u.id = held.id and exists (select from claimed)
  )
  select c.id, c.idempotency_key, c.source_type, c.source_id, c.version, c.payload, c.amount::text, c.currency, c.occurred_on,
         c.external_id, c.exported_version, c.attempts
  from claimed c order by c.id;
end $function$;
grant execute on function public.claim_records(uuid,bigint,uuid,text,integer,timestamp with time zone) to service_role;
comment on function public.claim_records(uuid,bigint,uuid,text,integer,timestamp with time zone) is 'Leases up to `batch` due records of one state. Refuses with SW410 when the lease was lost.';

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
  set slice_token = null, lease_expires_at = null, rung_at = null,
      resume_at = case when resume_after_seconds > 0 then end_slice.at + make_interval(secs => resume_after_seconds) end
  where r.org_id = org and r.id = run;
  if not more then
    perform private.finish_run(org, run, error, end_slice.at);
  end if;
  perform private.ring_runs(end_slice.at);
end $function$;
grant execute on function public.end_slice(uuid,bigint,uuid,boolean,jsonb,integer,integer,integer,timestamp with time zone) to service_role;
comment on function public.end_slice(uuid,bigint,uuid,boolean,jsonb,integer,integer,integer,timestamp with time zone) is 'Ends a slice and rings for the next, or ends the run. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.freeze_delivery(org uuid, delivery uuid, token uuid, payload jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.deliveries d set frozen = coalesce(d.frozen, freeze_delivery.payload)
  where d.org_id = org and d.id = delivery and d.token = freeze_delivery.token
  returning d.frozen;
$function$;
grant execute on function public.freeze_delivery(uuid,uuid,uuid,jsonb) to service_role;
comment on function public.freeze_delivery(uuid,uuid,uuid,jsonb) is 'Keeps the rendered payload; answers the one that was first, or null when the lease was lost.';

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

CREATE OR REPLACE FUNCTION public.settle_deliveries(outcomes jsonb, at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  settled integer;
begin
  update public.deliveries d
  set state = case o.outcome
        when 'sent' then 'sent' when 'refused' then 'refused'
        else case when settle_deliveries.at > d.created_at + interval '22 hours' then 'dead' else 'pending' end end,
      sent_at = case when o.outcome = 'sent' then settle_deliveries.at end,
      provider_id = coalesce(o.provider_id, d.provider_id),
      error = case when o.outcome = 'sent' then null else left(o.error, 1000) end,
      token = null,
      next_attempt_at = settle_deliveries.at + case when o.outcome = 'retry'
        then least(private.backoff(hashtext(d.id::text)::bigint, d.attempts, o.retry_after_seconds), interval '2 hours') else interval '0' end
  from jsonb_to_recordset(outcomes) o (org_id uuid, delivery_id uuid, token uuid, outcome text, provider_id text, error text, retry_after_seconds integer)
  where d.org_id = o.org_id and d.id = o.delivery_id and d.token = o.token and d.state = 'sending'
    and o.outcome in ('sent', 'retry', 'refused');
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
declare
  held public.runs;
  moment constant timestamptz := settle_records.at;
begin
  held := private.hold_lease(org, run, token, moment);
  -- Always in the order of ids, here and where records are handed in, so that neither waits for the other in a circle.
  perform from public.records r
  where r.org_id = settle_records.org and r.id in (select (o ->> 'id')::bigint from jsonb_array_elements(outcomes) o)
  order by r.id for update;
  insert into public.causes as c (org_id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
  select org, held.integration_id, coalesce(o.code, ''), coalesce(o.field, ''), o.template, min(o.payload_field), min(o.message), min(o.category),
    moment, moment
  from jsonb_to_recordset(outcomes) o (state text, code text, field text, template text, payload_field text, message text, category text)
  where o.state in ('failed', 'retrying') and o.template is not null
  group by o.code, o.field, o.template
  on conflict (org_id, integration_id, code, field, template) do update
    set last_seen_at = excluded.last_seen_at, sample = excluded.sample, payload_field = coalesce(excluded.payload_field, c.payload_field);

  -- Begins with what was said and finds each record by its key: `state` and `run_id` are looked at here, not in the update,
  -- where they would make the planner read all outcomes once per record.
  with said as materialized (
    select o.*, c.id as cause_id, b.state = 'sending' and b.run_id = run as ours, b.attempts, b.queued_at, b.claimed_from
    from jsonb_to_recordset(outcomes) o (
      id bigint, state text, external_id text, code text, field text, payload_field text, message text, template text, value text,
      category text, status integer, response text, request_id text, retry_after_seconds integer)
    join public.records b on b.org_id = settle_records.org and b.id = o.id
    left join public.causes c on o.state in ('failed', 'retrying') and c.org_id = org and c.integration_id = held.integration_id
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
        retry_id = case when s.state = 'queued' and r.retry_id = held.retry_id then r.retry_id end,
        accepted_at = case when s.state = 'accepted' then coalesce(r.accepted_at, settle_records.at) end,
        settled_at = case when s.state = 'exported' then settle_records.at end,
        next_attempt_at = case
          when s.state = 'retrying' then settle_records.at + private.backoff(r.id, r.attempts + 1, s.retry_after_seconds)
          when s.state = 'uncertain' then settle_records.at + make_interval(secs => held.settles_within_seconds)
          -- Asked again soon at first, then at a tenth of the time it has taken already, a quarter of an hour at most.
          when s.state = 'accepted' then settle_records.at + make_interval(secs => greatest(coalesce(s.retry_after_seconds, 2),
            least(extract(epoch from settle_records.at - coalesce(r.accepted_at, settle_records.at)) / 10, 900)))
          else r.next_attempt_at end,
        failed_at = case when s.state in ('failed', 'retrying', 'uncertain') then settle_records.at when s.state = 'exported' then null else r.failed_at end,
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
                                  or moment > s.queued_at + interval '7 days') and s.attempts > 0 then 'dead'
               when s.state = 'queued' and s.claimed_from = 'uncertain' and held.dedupe = 'lookup'
                 and s.attempts >= coalesce((i.thresholds ->> 'max_attempts')::integer, 12) then 'dead'
               when s.state in ('queued', 'retrying') and s.claimed_from = 'uncertain' and held.dedupe in ('key', 'upsert') then 'uncertain'
               else s.state end as state
      from said s
      join public.integrations i on i.org_id = org and i.id = held.integration_id
      where s.ours
    ) s
    where r.org_id = org and r.id = s.id
    returning r.id, r.version, r.claimed_from, r.state, r.external_id, s.status, s.code, s.field, s.message, s.category, s.request_id, s.response
  ), noted as (
    insert into public.attempts (org_id, integration_id, record_id, version, run_id, at, outcome, external_id, status, code, field, message,
      category, request_id, response)
    select org, held.integration_id, t.id, t.version, run, moment, t.state, t.external_id, t.status, t.code, t.field, left(t.message, 2000),
      t.category, t.request_id, left(t.response, 4000)
    from settled t where t.state <> 'queued' and not (t.state = 'accepted' and t.claimed_from = 'accepted')
  )
  update public.runs u
  set exported = u.exported + n.exported, accepted = u.accepted + n.accepted, failed = u.failed + n.failed, retrying = u.retrying + n.retrying,
      uncertain = u.uncertain + n.uncertain, skipped = u.skipped + n.skipped, rate_limited = u.rate_limited + n.rate_limited,
      lost_slices = 0
  from (
    select count(*) filter (where t.state = 'exported') as exported, count(*) filter (where t.state = 'accepted') as accepted,
           count(*) filter (where t.state in ('failed', 'dead')) as failed, count(*) filter (where t.state = 'retrying') as retrying,
           count(*) filter (where t.state = 'uncertain') as uncertain, count(*) filter (where t.state = 'queued') as skipped,
           count(*) filter (where t.category = 'rate_limit') as rate_limited
    from settled t
  ) n
  where u.org_id = org and u.id = run;

  perform private.apply_waiting_versions(org, array(select (o ->> 'id')::bigint from jsonb_array_elements(outcomes) o), moment);
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
  change public.health_changes;
begin
  -- One teller at a time, so that what happened to a finding is told in the order in which it happened.
  perform pg_advisory_xact_lock(hashtext('syncward.alert'));
  for change in
    select c.* from public.health_changes c
    where not c.alerted and not private.in_maintenance(c.org_id, c.integration_id, alert.at)
    order by c.id limit 1000
    for update
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
    coalesce((select m.name from public.members m where m.org_id = audit.org and m.user_id = auth.uid()), 'platform'),
    audit.action,
    (select i.system from public.integrations i where i.org_id = audit.org and i.id = audit.integration),
    audit.integration, audit.subject, audit.before, audit.after, audit.reason
  );
$function$;

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

CREATE OR REPLACE FUNCTION private.content_hash(payload jsonb, amount numeric, currency text, occurred_on date)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select encode(sha256(convert_to(concat_ws(chr(31), payload::text, coalesce(trim_scale(amount)::text, '-'), coalesce(currency, '-'),
    coalesce(to_char(occurred_on, 'YYYY-MM-DD'), '-')), 'UTF8')), 'hex');
$function$;

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
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', 'Deciding needs a reason.', 'Say how you know, for example the voucher number you found.');
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
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  end if;
  with gone as (
    update public.records r set state = 'dismissed', settled_at = dismiss_records.at
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) for update) was
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

CREATE OR REPLACE FUNCTION private.ensure_partitions(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
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
      execute format('create table private.%I partition of public.attempts for values from (%L) to (%L)', partition,
        month::timestamp at time zone 'utc', (month + interval '1 month') at time zone 'utc');
      execute format('alter table private.%I enable row level security', partition);
    end if;
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION private.evaluate_health(at timestamp with time zone DEFAULT now(), integrations uuid[] DEFAULT NULL::uuid[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  looked integer;
  chosen uuid[];
begin
  select array_agg(l.integration_id) into chosen from (
    select s.integration_id from public.integration_status s
    where s.integration_id in (
      select unnest(evaluate_health.integrations)
      union all select d.integration_id from public.integration_status d where evaluate_health.integrations is null and d.dirty
      union all select d.integration_id from public.integration_status d where evaluate_health.integrations is null and d.next_deadline <= evaluate_health.at)
    order by s.org_id, s.integration_id
    for update) l;
  with candidate as (
    select s.org_id, s.integration_id, s as status, i as integration, s.health
    from public.integration_status s
    join public.integrations i on i.org_id = s.org_id and i.id = s.integration_id
    where i.id = any (chosen)
  ), held as materialized (
    select c.org_id, c.integration_id, r.rule, r.subject, r.severity, r.urgency, r.evidence
    from candidate c cross join lateral private.rules_of(c.status, c.integration, evaluate_health.at) r
  ), known as materialized (
    select f.org_id, f.id, f.integration_id, f.rule, f.subject, f.severity, f.urgency
    from public.findings f join candidate c on c.org_id = f.org_id and c.integration_id = f.integration_id
    where f.closed_at is null
  ), opened as (
    insert into public.findings as f (org_id, integration_id, rule, subject, severity, urgency, since, evidence)
    select h.org_id, h.integration_id, h.rule, h.subject, h.severity, h.urgency, evaluate_health.at, h.evidence from held h
    on conflict (org_id, integration_id, rule, subject) where closed_at is null do update
      set severity = excluded.severity, urgency = excluded.urgency, evidence = excluded.evidence
      where (f.severity, f.urgency, f.evidence) is distinct from (excluded.severity, excluded.urgency, excluded.evidence)
  ), closed as (
    update public.findings f set closed_at = evaluate_health.at
    from known k
    where f.org_id = k.org_id and f.id = k.id and not exists (
      select from held h where h.org_id = k.org_id and h.integration_id = k.integration_id and h.rule = k.rule and h.subject = k.subject)
    returning f.org_id, f.integration_id, f.rule, f.subject, f.severity, f.urgency, f.evidence
  ), light as materialized (
    select c.org_id, c.integration_id, c.health as before, case
        when bool_or(h.rule in ('disabled', 'maintenance')) then 'grey'
        when bool_or(h.severity = 'red') then 'red'
        when bool_or(h.severity = 'yellow') then 'yellow'
        when bool_or(h.severity = 'grey') then 'grey'
        else 'green' end as after
    from candidate c left join held h on h.org_id = c.org_id and h.integration_id = c.integration_id
    group by c.org_id, c.integration_id, c.health
  ), noted as (
    insert into public.health_changes (org_id, integration_id, at, kind, rule, subject, before, after, urgency, evidence)
    select h.org_id, h.integration_id, evaluate_health.at, case when k.id is null then 'opened' else 'changed' end, h.rule, h.subject,
           k.severity, h.severity, h.urgency, h.evidence
    from held h
    left join known k on k.org_id = h.org_id and k.integration_id = h.integration_id and k.rule = h.rule and k.subject = h.subject
    where (k.severity, k.urgency) is distinct from (h.severity, h.urgency)
    union all
    select c.org_id, c.integration_id, evaluate_health.at, 'closed', c.rule, c.subject, c.severity, null, c.urgency, c.evidence from closed c
    union all
    select l.org_id, l.integration_id, evaluate_health.at, 'light', '', '', l.before, l.after, null, '{}' from light l where l.before <> l.after
  )
  update public.integration_status s
  set health = l.after, health_since = case when l.before <> l.after then evaluate_health.at else s.health_since end,
      evaluated_at = evaluate_health.at, dirty = false,
      next_deadline = private.next_deadline_of(c.status, c.integration, evaluate_health.at)
  from light l join candidate c on c.org_id = l.org_id and c.integration_id = l.integration_id
  where s.org_id = l.org_id and s.integration_id = l.integration_id;
  get diagnostics looked = row_count;
  return looked;
end $function$;

CREATE OR REPLACE FUNCTION private.facts_of(status public.integration_status, integration public.integrations, at timestamp with time zone)
 RETURNS TABLE(last_status text, last_trigger text, last_category text, last_code text, last_message text, last_field text, last_http integer, last_finished timestamp with time zone, last_selected integer, last_failed integer, last_rate_limited integer, last_seconds numeric, active_since timestamp with time zone, active_quiet_since timestamp with time zone, open_refused bigint, oldest_refused timestamp with time zone, open_uncertain bigint, accepted_since timestamp with time zone, waiting bigint, waiting_since timestamp with time zone, base_runs bigint, base_selected numeric, spread_selected numeric, base_seconds numeric, spread_seconds numeric, failed_of_ten bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select
    l.status, l.trigger, l.error_category, l.error_code, l.error_message, l.error_field, l.error_status, l.finished_at, l.selected, l.failed, l.rate_limited,
    extract(epoch from l.finished_at - l.started_at),
    a.started_at, coalesce(a.lease_expires_at, a.resume_at, a.waiting_since,
      (select max(e.ended_at) from public.slices e where e.org_id = a.org_id and e.run_id = a.id), a.started_at),
    o.refused, o.oldest_refused, o.uncertain, o.accepted_since, o.waiting, o.waiting_since,
    b.runs, b.selected, b.spread_selected, b.seconds, b.spread_seconds, b.failed_of_ten
  from (select 1) one
  left join public.runs l on l.org_id = status.org_id and l.id = status.last_run_id
  left join public.runs a on a.org_id = status.org_id and a.integration_id = status.integration_id and a.status in ('scheduled', 'running')
  cross join lateral (
    select count(*) filter (where r.state in ('failed', 'dead')) as refused,
           min(r.failed_at) filter (where r.state in ('failed', 'dead')) as oldest_refused,
           count(*) filter (where r.state = 'uncertain') as uncertain,
           min(r.accepted_at) filter (where r.state = 'accepted') as accepted_since,
           -- Waiting: due when the last run began, and still here although that run came and went. A retry takes only its own.
           count(*) filter (where r.state = 'queued' and r.next_attempt_at < l.started_at and l.trigger <> 'retry') as waiting,
           min(r.next_attempt_at) filter (where r.state = 'queued') as waiting_since
    from public.records r
    where r.org_id = status.org_id and r.integration_id = status.integration_id and r.state not in ('exported', 'dismissed')
  ) o
  cross join lateral (
    select count(*) filter (where p.id <> l.id and p.usual) as runs,
           avg(p.selected) filter (where p.id <> l.id and p.usual) as selected,
           stddev_pop(p.selected) filter (where p.id <> l.id and p.usual) as spread_selected,
           avg(extract(epoch from p.finished_at - p.started_at) / p.selected)
             filter (where p.id <> l.id and p.usual) as seconds,
           stddev_pop(extract(epoch from p.finished_at - p.started_at) / p.selected)
             filter (where p.id <> l.id and p.usual) as spread_seconds,
           count(*) filter (where p.place <= 10 and p.status = 'failed') as failed_of_ten
    from (
      select n.id, n.status, n.selected, n.started_at, n.finished_at,
             n.status in ('succeeded', 'warning') and n.selected > 0 and n.trigger = 'schedule' as usual, row_number() over (order by n.id desc) as place
      from public.runs n
      where n.org_id = status.org_id and n.integration_id = status.integration_id and n.status not in ('scheduled', 'running')
      order by n.id desc limit 21
    ) p
  ) b
$function$;

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

  perform private.follow_retry(org, t.id, finished) from public.retries t
  where t.org_id = finish_run.org and t.integration_id = ended.integration_id and (t.id = ended.retry_id or t.state = 'canary');
  -- A fault in judging or telling must not undo what happened: the row stays dirty, and the next tick comes back to it.
  begin
    perform private.evaluate_health(finished, array[ended.integration_id]);
    perform private.alert(finished);
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
  if asked.state <> 'canary' then
    update public.retries t set state = 'done' where t.org_id = org and t.id = retry and t.state in ('waiting', 'running');
    return;
  end if;
  select r.state into canary_state from public.records r where r.org_id = org and r.id = asked.canary_record_id;
  if canary_state in ('failed', 'dead', 'dismissed') then
    update public.retries t set state = 'stopped' where t.org_id = org and t.id = retry;
    return;
  elsif canary_state <> 'exported' then
    return;
  end if;
  update public.retries t set state = 'waiting', canary_record_id = null, held = '{}' where t.org_id = org and t.id = retry;
  if asked.mapping is not null then
    perform private.map_payloads(org, array(select r.id from public.records r where r.org_id = follow_retry.org and r.id = any (asked.held) and r.state in ('failed', 'dead')),
      asked.mapping ->> 'field', asked.mapping ->> 'from', asked.mapping ->> 'to', follow_retry.at);
  end if;
  perform private.queue_for_retry(org, retry, asked.held, follow_retry.at);
end $function$;

CREATE OR REPLACE FUNCTION private.hold_lease(org uuid, run bigint, token uuid, at timestamp with time zone)
 RETURNS public.runs
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
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

CREATE OR REPLACE FUNCTION private.map_payloads(org uuid, records bigint[], field text, from_value text, to_value text, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  target record;
  mapped integer := 0;
begin
  for target in
    select r.id, r.cause_id, r.payload, r.latest_version, r.amount, r.currency, r.occurred_on, r.label, r.integration_id
    from public.records r
    where r.org_id = map_payloads.org and r.id = any (records) and r.payload ? field
      and (from_value is null or r.payload ->> field = from_value)
    order by r.id
    for update
  loop
    perform private.keep_version(org, target.id, map_payloads.at);
    perform private.apply_version(org, target.id, target.latest_version + 1,
      jsonb_set(target.payload, array[field], case when jsonb_typeof(target.payload -> field) = 'number' and to_value ~ '^-?\d+(\.\d+)?$'
        then to_value::jsonb else to_jsonb(to_value) end),
      target.amount, target.currency, target.occurred_on, target.label, map_payloads.at);
    update public.records r set cause_id = target.cause_id where r.org_id = map_payloads.org and r.id = target.id;
    perform private.audit(org, 'record.corrected', map_payloads.at, target.integration_id, subject := 'record ' || target.id,
      before := jsonb_build_object(field, target.payload -> field), after := jsonb_build_object(field, to_value));
    mapped := mapped + 1;
  end loop;
  return mapped;
end $function$;

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

CREATE OR REPLACE FUNCTION private.member_name(org uuid, member uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select m.name from public.members m where m.org_id = org and m.user_id = member;
$function$;
grant execute on function private.member_name(uuid,uuid) to authenticated;

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
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.org_id from public.members m where m.user_id = (select auth.uid()) and m.role = any (roles);
$function$;
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

CREATE OR REPLACE FUNCTION private.next_deadline_of(status public.integration_status, integration public.integrations, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select min(t.moment)
  from private.facts_of(status, integration, next_deadline_of.at) f
  cross join lateral (values
    (coalesce(status.last_success_at, integration.created_at) + make_interval(hours => coalesce((integration.thresholds ->> 'no_success_hours')::integer, 48))),
    (integration.next_due_at + interval '15 minutes'),
    (integration.next_due_at + make_interval(mins => integration.every_minutes + 1)),
    (status.circuit_open_until + make_interval(mins => integration.every_minutes + 1)),
    (integration.credential_expires_at),
    (integration.credential_expires_at - make_interval(days => coalesce((integration.thresholds ->> 'credential_warning_days')::integer, 14))),
    (integration.credential_set_at + make_interval(days => (integration.thresholds ->> 'credential_rotate_days')::integer)),
    (f.oldest_refused + make_interval(hours => coalesce((integration.thresholds ->> 'refused_open_hours')::integer, 24))),
    (f.oldest_refused + interval '24 hours'),
    (f.waiting_since + make_interval(mins => integration.every_minutes + 1 + coalesce((integration.thresholds ->> 'lag_minutes')::integer, 30))),
    (f.waiting_since + make_interval(mins => integration.every_minutes + 1 + coalesce((integration.thresholds ->> 'lag_critical_minutes')::integer, 240))),
    (f.active_since + make_interval(mins => coalesce((integration.thresholds ->> 'stuck_minutes')::integer, 60))),
    (f.active_quiet_since + interval '10 minutes'),
    (f.accepted_since + interval '2 hours'),
    (f.accepted_since + interval '24 hours'),
    (private.next_cutoff(status.org_id, next_deadline_of.at) - interval '24 hours'),
    (private.next_cutoff(status.org_id, next_deadline_of.at)),
    ((select min(w.starts_at) from public.maintenance_windows w where w.org_id = status.org_id and w.starts_at > next_deadline_of.at)),
    ((select min(w.ends_at) from public.maintenance_windows w where w.org_id = status.org_id and w.ends_at > next_deadline_of.at))
  ) t (moment)
  where t.moment > next_deadline_of.at
$function$;

CREATE OR REPLACE FUNCTION private.notice_of(incident public.incidents, kind text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
  where i.org_id = incident.org_id and i.id = incident.integration_id;
$function$;

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

CREATE OR REPLACE FUNCTION private.queue_for_retry(org uuid, retry bigint, records bigint[], at timestamp with time zone)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with queued as (
    update public.records r
    set state = 'queued', retry_id = retry, attempts = 0, next_attempt_at = queue_for_retry.at, queued_at = queue_for_retry.at
    where r.org_id = org and r.id = any (records) and r.state in ('failed', 'dead', 'queued')
    returning r.id
  )
  select count(*)::integer from queued;
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
  elsif coalesce(length(record ->> 'source_type'), 0) not between 1 and 100 then
    return 'source_type is missing or longer than 100 characters.';
  elsif coalesce(length(record ->> 'source_id'), 0) not between 1 and 500 then
    return 'source_id is missing or longer than 500 characters.';
  elsif jsonb_typeof(record -> 'payload') is distinct from 'object' then
    return 'payload is missing or not a JSON object.';
  elsif octet_length((record -> 'payload')::text) > 1000000 then
    return 'payload is larger than 1 MB.';
  elsif record ->> 'amount' !~ '^-?\d{1,18}(\.\d{1,9})?$' then
    return 'amount is not a decimal number such as "1250.00".';
  elsif record ->> 'amount' is not null and record ->> 'currency' is null then
    return 'amount needs a currency.';
  elsif record ->> 'currency' !~ '^[A-Z]{3}$' then
    return 'currency is not a three-letter code such as NOK.';
  elsif record ->> 'occurred_on' !~ '^\d{4}-\d{2}-\d{2}$' then
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
      rung_at = null, lost_slices = r.lost_slices + 1
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
  mapped integer := 0;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or neither.');
  elsif not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  -- One retry at a time for an integration: a double click, a second tab and a second admin meet the first one.
  perform from public.integration_status s where s.org_id = org and s.integration_id = integration for update;
  chosen := private.retryable(org, integration, scope, cause, records);
  if cardinality(chosen) = 0 then
    select t.id into retry from public.retries t
    where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary') order by t.id desc limit 1;
    return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
      order by r.id desc limit 1), 'records', 0, 'mapped', 0);
  end if;
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    select r.id into tried_first from public.records r
    where r.org_id = retry_failed.org and r.id = any (chosen)
    order by field is null or (r.payload ? field and (from_value is null or r.payload ->> field = from_value)) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, canary_record_id, held, mapping, records)
  values (org, integration, scope, cause, auth.uid(), retry_failed.at, tried_first,
    case when canary then chosen[2:] else '{}' end,
    case when field is not null then jsonb_build_object('field', field, 'from', from_value, 'to', to_value) end, cardinality(chosen))
  returning id into retry;
  if field is not null then
    mapped := private.map_payloads(org, case when canary then chosen[1:1] else chosen end, field, from_value, to_value, retry_failed.at);
  end if;
  perform private.queue_for_retry(org, retry, case when canary then chosen[1:1] else chosen end, retry_failed.at);
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
      else false end;
$function$;

CREATE OR REPLACE FUNCTION private.ring_deliver(at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if exists (select from public.deliveries d where d.state in ('pending', 'sending') and d.next_attempt_at <= ring_deliver.at) then
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
  update public.runs r set rung_at = ring_run.at, waiting_since = coalesce(r.waiting_since, ring_run.at)
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
  for run in
    with alive as (
      select r.org_id, r.id, r.integration_id, r.created_at,
             coalesce(r.lease_expires_at > ring_runs.at, false) as live,
             coalesce(r.rung_at > ring_runs.at - interval '20 seconds', false) as ringing
      from public.runs r
      where r.status in ('scheduled', 'running') and (r.resume_at is null or r.resume_at <= ring_runs.at)
    ), busy as (
      select a.org_id, count(*) as slices from alive a where a.live or a.ringing group by a.org_id
    ), queue as (
      select a.org_id, a.id, a.integration_id, a.created_at,
             coalesce(b.slices, 0) + row_number() over (partition by a.org_id order by a.created_at, a.id) as turn
      from alive a left join busy b on b.org_id = a.org_id
      where not a.live and not a.ringing
    )
    select q.org_id, q.id, i.system
    from queue q join public.integrations i on i.org_id = q.org_id and i.id = q.integration_id
    where q.turn <= 4
    order by q.turn, q.created_at
    limit greatest(0, 32 - (select coalesce(sum(slices), 0) from busy))
  loop
    -- Whoever holds the run is about to change it; waiting here could wait in a circle.
    perform from public.runs r where r.org_id = run.org_id and r.id = run.id and r.status in ('scheduled', 'running') for update skip locked;
    continue when not found;
    perform private.ring_run(run.org_id, run.id, run.system, ring_runs.at);
    rung := rung + 1;
  end loop;
  return rung;
end $function$;

CREATE OR REPLACE FUNCTION private.rules_of(status public.integration_status, integration public.integrations, at timestamp with time zone)
 RETURNS TABLE(rule text, subject text, severity text, urgency text, evidence jsonb)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with f as (
    select x.*,
      private.next_cutoff(status.org_id, rules_of.at) <= rules_of.at + interval '24 hours' as cutoff_near,
      greatest(0, extract(epoch from rules_of.at - (x.waiting_since + make_interval(mins => integration.every_minutes))) / 60)::integer as lag_minutes,
      coalesce((integration.thresholds ->> 'alarm_after_failures')::integer, 2) as alarm_after,
      coalesce((integration.thresholds ->> 'deviation_percent')::numeric, 20) / 100 as deviation
    from private.facts_of(status, integration, rules_of.at) x
  ), d as (
    select f.*,
      -- What a run broke stays open, without holding the light, until two good runs in a row.
      case when status.consecutive_successes < 2 then array(
        select o.rule from public.findings o
        where o.org_id = status.org_id and o.integration_id = status.integration_id and o.closed_at is null
          and o.rule in ('sync_failing', 'credential_refused', 'never_started', 'stuck_run', 'no_success')) end as recovering,
      -- Since when nothing kept the next slot from starting: a pause of the breaker or a maintenance window moves it.
      greatest(integration.next_due_at, status.circuit_open_until, (select max(w.ends_at) from public.maintenance_windows w
        where w.org_id = status.org_id and (w.integration_id = status.integration_id or w.integration_id is null) and w.ends_at <= rules_of.at)) as due_since,
      coalesce(status.last_success_at, integration.created_at)
        + make_interval(hours => coalesce((integration.thresholds ->> 'no_success_hours')::integer, 48)) as success_deadline,
      f.oldest_refused + make_interval(hours => coalesce((integration.thresholds ->> 'refused_open_hours')::integer, 24)) as refused_deadline
    from f
  )
  select r.rule, '', case when r.holds then r.severity else 'info' end, r.urgency, jsonb_strip_nulls(r.evidence)
  from d cross join lateral (values
    ('disabled', 'grey', null, not integration.enabled, '{}'::jsonb),
    ('maintenance', 'grey', null, private.in_maintenance(status.org_id, status.integration_id, rules_of.at), '{}'),
    ('never_run', 'grey', null, status.last_run_id is null
      and (d.active_since is not null or d.due_since > rules_of.at - interval '15 minutes'),
      jsonb_build_object('next_due_at', integration.next_due_at)),
    ('last_run_failed', 'red', null, d.last_status = 'failed', jsonb_build_object('message', d.last_message, 'code', d.last_code,
      'field', d.last_field, 'status', d.last_http, 'category', d.last_category, 'at', d.last_finished, 'failed', d.last_failed, 'selected', d.last_selected)),
    ('credential_refused', 'red', 'high', d.last_status = 'failed' and d.last_category = 'auth', jsonb_build_object('message', d.last_message, 'code', d.last_code, 'status', d.last_http)),
    ('credential_expired', 'red', 'high', integration.credential_expires_at <= rules_of.at, jsonb_build_object('expired_at', integration.credential_expires_at)),
    -- Known of a function, or of a first run, people are told; of later slots it may be the clock, which the whole page says.
    ('never_started', 'red', case when d.last_code = 'never_started' or status.last_run_id is null then 'high' end,
      d.last_code = 'never_started' or (d.active_since is null
        and d.due_since <= rules_of.at - case when status.last_run_id is null then interval '15 minutes'
                                              else make_interval(mins => greatest(15, integration.every_minutes)) end),
      jsonb_build_object('due_at', integration.next_due_at, 'message', d.last_message)),
    ('stuck_run', 'red', 'high', d.last_code = 'stuck' or (d.active_since <= rules_of.at - make_interval(mins =>
      coalesce((integration.thresholds ->> 'stuck_minutes')::integer, 60)) and d.active_quiet_since <= rules_of.at - interval '10 minutes'),
      jsonb_build_object('started_at', d.active_since)),
    ('no_success', 'red', 'high', d.success_deadline <= rules_of.at, jsonb_build_object('last_success_at', status.last_success_at,
      'hours', coalesce((integration.thresholds ->> 'no_success_hours')::integer, 48))),
    -- Where another rule already tells people what is wrong, this one is shown and tells nobody.
    ('sync_failing', 'red', case
        when d.last_category = 'auth' or d.last_code in ('never_started', 'stuck') or integration.credential_expires_at <= rules_of.at then null
        when d.cutoff_near then 'critical' else 'high' end,
      status.consecutive_failures >= d.alarm_after,
      jsonb_build_object('failures', nullif(status.consecutive_failures, 0))),
    ('failure_rate', 'red', null, d.last_status = 'failed' and d.last_selected > 0 and d.last_failed * 100.0 >
      d.last_selected * coalesce((integration.thresholds ->> 'failure_rate_percent')::numeric, 5),
      jsonb_build_object('failed', d.last_failed, 'selected', d.last_selected)),
    ('unstable', 'yellow', 'medium', d.failed_of_ten >= 3 and status.consecutive_failures < d.alarm_after
      and 'sync_failing' <> all (coalesce(d.recovering, '{}')), jsonb_build_object('failed_runs', d.failed_of_ten)),
    ('refused_open', case when d.refused_deadline <= rules_of.at or d.cutoff_near then 'red' else 'yellow' end, null, d.open_refused > 0,
      jsonb_build_object('records', d.open_refused, 'oldest', d.oldest_refused)),
    ('last_run_warning', 'yellow', null, d.last_status = 'warning', jsonb_build_object('failed', d.last_failed, 'selected', d.last_selected)),
    ('uncertain_open', 'yellow', null, d.open_uncertain > 0, jsonb_build_object('records', d.open_uncertain)),
    ('verdict_late', case when d.accepted_since <= rules_of.at - interval '24 hours' then 'red' else 'yellow' end, 'medium',
      d.accepted_since <= rules_of.at - interval '2 hours', jsonb_build_object('since', d.accepted_since)),
    ('nothing_moved', 'yellow', null, d.last_status = 'succeeded' and d.last_selected = 0 and d.waiting > 0, jsonb_build_object('waiting', d.waiting)),
    ('queue_depth', 'yellow', null, d.waiting > coalesce((integration.thresholds ->> 'queue_depth')::integer, 20), jsonb_build_object('waiting', d.waiting)),
    ('lag', case when d.lag_minutes > coalesce((integration.thresholds ->> 'lag_critical_minutes')::integer, 240) then 'red' else 'yellow' end, null,
      d.lag_minutes > coalesce((integration.thresholds ->> 'lag_minutes')::integer, 30), jsonb_build_object('since', d.waiting_since)),
    ('rate_limited', 'yellow', null, d.last_rate_limited > 0, jsonb_build_object('records', d.last_rate_limited)),
    ('volume_unusual', 'yellow', null, d.last_status <> 'failed' and d.last_trigger = 'schedule' and d.last_selected > 0 and d.base_runs >= 5
      and abs(d.last_selected - d.base_selected) > greatest(d.deviation * d.base_selected, 3 * d.spread_selected, 5),
      jsonb_build_object('selected', d.last_selected, 'usual', round(d.base_selected, 1))),
    ('duration_unusual', 'yellow', null, d.last_status <> 'failed' and d.last_trigger = 'schedule' and d.last_selected > 0 and d.base_runs >= 5
      and d.last_seconds > 10 and abs(d.last_seconds / d.last_selected - d.base_seconds) > greatest(d.deviation * d.base_seconds, 3 * d.spread_seconds),
      jsonb_build_object('seconds', round(d.last_seconds, 1), 'usual', round(d.base_seconds * d.last_selected, 1))),
    ('credential_expires_soon', 'yellow', null, integration.credential_expires_at > rules_of.at and integration.credential_expires_at <= rules_of.at
      + make_interval(days => coalesce((integration.thresholds ->> 'credential_warning_days')::integer, 14)),
      jsonb_build_object('expires_at', integration.credential_expires_at)),
    ('credential_old', 'yellow', null, integration.credential_set_at <= rules_of.at
      - make_interval(days => (integration.thresholds ->> 'credential_rotate_days')::integer), jsonb_build_object('set_at', integration.credential_set_at)),
    ('nobody_told', 'red', null, not exists (select from public.members m where m.org_id = status.org_id and m.role in ('owner', 'admin')), '{}')
  ) r (rule, severity, urgency, holds, evidence)
  where (r.holds or r.rule = any (d.recovering)) and (integration.enabled or r.rule = 'disabled')
  union all
  -- A cause that refuses records for good is news at once, whatever the streak; one finding per cause.
  select 'cause_refused', c.id::text, 'yellow', case when c.oldest <= rules_of.at - interval '24 hours' or (f.cutoff_near and c.amounts) then 'high' else 'medium' end,
    jsonb_build_object('records', c.records, 'code', nullif(c.code, ''), 'field', nullif(c.field, ''), 'template', c.template)
  from f cross join lateral (
    select s.id, s.code, s.field, s.template, count(*) as records, min(r.failed_at) as oldest, bool_or(r.amount is not null) as amounts
    from public.records r join public.causes s on s.org_id = r.org_id and s.id = r.cause_id
    where r.org_id = status.org_id and r.integration_id = status.integration_id
      and (r.state in ('failed', 'dead') or (r.state not in ('exported', 'dismissed') and exists (
        select from public.findings o where o.org_id = status.org_id and o.integration_id = status.integration_id and o.rule = 'cause_refused'
          and o.subject = s.id::text and o.closed_at is null)))
    group by s.id, s.org_id
    order by count(*) desc limit 50
  ) c
  where integration.enabled
$function$;

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
    where t.state = 'waiting' and (schedule_runs.integration is null or t.integration_id = schedule_runs.integration)
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
    for update of i skip locked
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
  target := private.integration_of(org, integration);
  if credential is null or jsonb_typeof(credential) <> 'object' then
    perform private.refuse('SW422', 'A credential is a JSON object, such as {"token": "…"}.', 'See the system''s page for its keys.');
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
  if target.enabled is not distinct from set_enabled.enabled then
    return;
  end if;
  update public.integrations i set enabled = set_enabled.enabled, updated_at = now()
  where i.org_id = org and i.id = integration;
  perform private.audit(org, 'integration.' || case when set_enabled.enabled then 'switched_on' else 'switched_off' end, now(), integration,
    before := jsonb_build_object('enabled', target.enabled), after := jsonb_build_object('enabled', set_enabled.enabled), reason := reason);
  perform private.evaluate_health(now(), array[integration]);
end $function$;
grant execute on function private.set_enabled(uuid,uuid,boolean,text) to authenticated;

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
    perform private.audit(org, 'sync.requested', sync_now.at, integration, subject := 'run ' || run);
  end if;
  perform private.ring_runs(sync_now.at);
  return jsonb_build_object('run_id', run);
end $function$;
grant execute on function private.sync_now(uuid,uuid,timestamp with time zone) to authenticated;

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
  old record;
begin
  perform private.ensure_partitions(tick_retention.at);
  for old in
    select c.relname from pg_catalog.pg_inherits h
    join pg_catalog.pg_class c on c.oid = h.inhrelid
    where h.inhparent = 'public.attempts'::regclass and c.relname ~ '^attempts_\d{4}_\d{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') < (tick_retention.at - interval '400 days' - interval '1 month')
  loop
    execute format('alter table public.attempts detach partition private.%I', old.relname);
    execute format('drop table private.%I', old.relname);
  end loop;
  delete from public.health_changes c where c.alerted and c.at < tick_retention.at - interval '400 days';
  delete from public.findings f where f.closed_at < tick_retention.at - interval '400 days';
  delete from cron.job_run_details d where d.end_time < tick_retention.at - interval '7 days';
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
      or (t.key not in ('failure_rate_percent', 'deviation_percent') and (t.value)::numeric % 1 <> 0)
      or t.key not in (
        'alarm_after_failures', 'no_success_hours', 'failure_rate_percent', 'lag_minutes', 'lag_critical_minutes', 'queue_depth',
        'stuck_minutes', 'refused_open_hours', 'credential_warning_days', 'credential_rotate_days', 'max_attempts', 'deviation_percent'
      )
  );
$function$;

-- by default, new functions are granted: nothing

select cron.schedule('syncward-deliver', '* * * * *', 'select private.tick_deliver()');
select cron.schedule('syncward-evaluate', '* * * * *', 'select private.tick_evaluate()');
select cron.schedule('syncward-reap', '* * * * *', 'select private.tick_reap()');
select cron.schedule('syncward-retention', '17 3 * * *', 'select private.tick_retention()');
select cron.schedule('syncward-schedule', '* * * * *', 'select private.tick_schedule()');
