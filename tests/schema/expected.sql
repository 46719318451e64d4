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
CREATE INDEX audit_log_of_integration ON public.audit_log USING btree (org_id, integration_id, id DESC);
comment on index public.audit_log_of_integration is 'Serves public.configuration and public.audit_trail, by integration.';
CREATE INDEX audit_log_of_person ON public.audit_log USING btree (org_id, actor_id, id DESC);
comment on index public.audit_log_of_person is 'Serves public.audit_trail, by person.';
CREATE INDEX audit_log_of_setup ON public.audit_log USING btree (org_id, integration_id, at DESC) WHERE (action = ANY (ARRAY['credential.set'::text, 'integration.changed'::text]));
comment on index public.audit_log_of_setup is 'Serves public.cause_fixes: what was changed between a refusal and the success after it.';
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
  fixed_at timestamp with time zone,
  fixed_record_id bigint,
  fixed_version integer,
  fixed_retry_id bigint,
  refused_version integer,
  refused_at timestamp with time zone,
  constraint causes_pkey PRIMARY KEY (org_id, id),
  constraint causes_org_id_integration_id_code_field_template_key UNIQUE (org_id, integration_id, code, field, template),
  constraint causes_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE
);
CREATE INDEX causes_fixed ON public.causes USING btree (org_id, integration_id, template, fixed_at DESC) WHERE (fixed_at IS NOT NULL);
comment on index public.causes_fixed is 'Serves public.cause_fixes: what fixed the same words before.';
alter table public.causes enable row level security;
create policy "members see their causes" on public.causes for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.causes to authenticated, service_role;
comment on table public.causes is 'Why records fail: records with the same cause are fixed together.';

create table public.deliveries (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  notification_id bigint,
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
  invitation_id bigint,
  constraint deliveries_pkey PRIMARY KEY (org_id, id),
  constraint deliveries_org_id_notification_id_channel_key UNIQUE (org_id, notification_id, channel),
  constraint deliveries_org_id_invitation_id_fkey FOREIGN KEY (org_id, invitation_id) REFERENCES public.invitations(org_id, id) ON DELETE CASCADE,
  constraint deliveries_org_id_notification_id_fkey FOREIGN KEY (org_id, notification_id) REFERENCES public.notifications(org_id, id) ON DELETE CASCADE,
  constraint deliveries_are_of_one_thing CHECK (num_nonnulls(notification_id, invitation_id) = 1),
  constraint deliveries_channel_check CHECK (channel = 'email'::text),
  constraint deliveries_state_check CHECK (state = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'refused'::text, 'dead'::text]))
);
CREATE INDEX deliveries_due ON public.deliveries USING btree (next_attempt_at) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text]));
comment on index public.deliveries_due is 'Serves public.claim_deliveries.';
CREATE INDEX deliveries_of_batch ON public.deliveries USING btree (batch) WHERE ((batch IS NOT NULL) AND (state = ANY (ARRAY['pending'::text, 'sending'::text])));
comment on index public.deliveries_of_batch is 'Serves public.claim_deliveries: a batch is sent again whole.';
CREATE INDEX deliveries_of_invitation ON public.deliveries USING btree (org_id, invitation_id, created_at) WHERE (invitation_id IS NOT NULL);
comment on index public.deliveries_of_invitation is 'Serves private.check_invitation_rate.';
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

create table public.grant_reports (
  org_id uuid not null,
  id bigint not null generated always as identity,
  scheme text not null,
  version text not null,
  first_day date not null,
  last_day date not null,
  integrations uuid[],
  template jsonb not null,
  fields jsonb not null,
  records jsonb not null,
  fingerprint text not null,
  totals jsonb not null,
  csv text not null,
  xlsx bytea not null,
  csv_sha256 text not null,
  xlsx_sha256 text not null,
  reference text,
  handed_in_on date not null,
  handed_in_by uuid,
  handed_in_name text not null,
  handed_in_at timestamp with time zone not null,
  unlocked_by uuid,
  unlocked_name text,
  unlocked_at timestamp with time zone,
  unlock_reason text,
  constraint grant_reports_pkey PRIMARY KEY (org_id, id),
  constraint grant_reports_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id),
  constraint grant_reports_check CHECK (first_day <= last_day),
  constraint grant_reports_check1 CHECK (num_nulls(unlocked_name, unlocked_at, unlock_reason) = ANY (ARRAY[0, 3])),
  constraint grant_reports_reference_check CHECK (length(reference) >= 1 AND length(reference) <= 200),
  constraint grant_reports_scheme_check CHECK (length(scheme) >= 1 AND length(scheme) <= 100),
  constraint grant_reports_version_check CHECK (length(version) >= 1 AND length(version) <= 20),
  constraint grant_reports_locked EXCLUDE USING gist (org_id WITH =, scheme WITH =, daterange(first_day, last_day, '[]'::text) WITH &&) WHERE (unlocked_at IS NULL)
);
CREATE TRIGGER grant_reports_are_kept BEFORE DELETE OR UPDATE ON public.grant_reports FOR EACH ROW EXECUTE FUNCTION private.keep_grant_report();
alter table public.grant_reports enable always trigger grant_reports_are_kept;
CREATE TRIGGER grant_reports_are_not_emptied BEFORE TRUNCATE ON public.grant_reports FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_change();
alter table public.grant_reports enable always trigger grant_reports_are_not_emptied;
alter table public.grant_reports enable row level security;
create policy "members see their grant reports" on public.grant_reports for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.grant_reports to authenticated, service_role;
comment on table public.grant_reports is 'Append-only but for the unlocking: what was handed in for a period, the files as they were, by whom and when.';

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
CREATE INDEX health_changes_of_light ON public.health_changes USING btree (org_id, integration_id, at) WHERE (kind = 'light'::text);
comment on index public.health_changes_of_light is 'Serves public.overview: how the light was in the last 7 days.';
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
  assigned_to uuid,
  snoozed_until timestamp with time zone,
  snoozed_by uuid,
  snooze_reason text,
  constraint incidents_pkey PRIMARY KEY (org_id, id),
  constraint incidents_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint incidents_state_check CHECK (state = ANY (ARRAY['open'::text, 'recovering'::text, 'resolved'::text])),
  constraint incidents_urgency_check CHECK (urgency = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text]))
);
CREATE INDEX incidents_history ON public.incidents USING btree (org_id, integration_id, id DESC);
comment on index public.incidents_history is 'Serves the foreign key to public.integrations.';
CREATE UNIQUE INDEX incidents_open ON public.incidents USING btree (org_id, integration_id, alarm, subject) WHERE (state <> 'resolved'::text);
CREATE INDEX incidents_snoozed ON public.incidents USING btree (snoozed_until) WHERE (snoozed_until IS NOT NULL);
comment on index public.incidents_snoozed is 'Serves private.wake_incidents.';
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
  check_asked_at timestamp with time zone,
  checked_at timestamp with time zone,
  checked_as text,
  check_warnings text[] not null default '{}'::text[],
  check_error text,
  data_as_of timestamp with time zone,
  drifted_streams integer not null default 0,
  signals_past integer not null default 0,
  signals_error text,
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
  every_minutes integer default 60,
  calendar jsonb,
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
  constraint integrations_calendar_check CHECK (private.valid_calendar(calendar)),
  constraint integrations_direction_check CHECK (direction = ANY (ARRAY['push'::text, 'pull'::text])),
  constraint integrations_every_minutes_check CHECK (every_minutes >= 1 AND every_minutes <= 44640),
  constraint integrations_name_check CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint integrations_next_due_at_check CHECK (next_due_at >= '2000-01-01 00:00:00+00'::timestamp with time zone AND next_due_at <= '2200-01-01 00:00:00+00'::timestamp with time zone),
  constraint integrations_one_schedule CHECK ((every_minutes IS NULL) <> (calendar IS NULL)),
  constraint integrations_settings_check CHECK (jsonb_typeof(settings) = 'object'::text AND octet_length(settings::text) <= 100000),
  constraint integrations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text),
  constraint integrations_system_check CHECK (system ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  constraint integrations_thresholds_check CHECK (private.valid_thresholds(thresholds))
);
CREATE INDEX integrations_due ON public.integrations USING btree (next_due_at) WHERE enabled;
comment on index public.integrations_due is 'Serves private.schedule_runs.';
CREATE TRIGGER integration_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.audit_change('integration');
CREATE TRIGGER integration_changes_are_followed AFTER INSERT OR UPDATE ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.follow_integration();
CREATE TRIGGER integration_changes_are_stamped BEFORE UPDATE OF name, enabled, every_minutes, calendar, settings, thresholds, credential_secret_id, credential_set_at ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.stamp_integration();
alter table public.integrations enable row level security;
create policy "members see their integrations" on public.integrations for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, calendar, settings, thresholds, credential_keys, credential_set_at, credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to authenticated;
grant insert (org_id, system, slug, name, direction, enabled, every_minutes, calendar, settings, thresholds, next_due_at) on public.integrations to service_role;
grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, calendar, settings, thresholds, credential_keys, credential_set_at, credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to service_role;
comment on table public.integrations is 'One organization''s configured use of a system.';

create table public.invitations (
  org_id uuid not null,
  id bigint not null generated always as identity,
  email text not null,
  name text not null,
  role text not null,
  state text not null default 'open'::text,
  org_name text not null,
  invited_by uuid not null,
  invited_by_name text not null,
  invited_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint invitations_pkey PRIMARY KEY (org_id, id),
  constraint invitations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE,
  constraint invitations_email_check CHECK (email = lower(email) AND length(email) <= 254 AND email ~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+\.[^@\s[:cntrl:]]+$'::text),
  constraint invitations_name_check CHECK (length(name) >= 1 AND length(name) <= 100),
  constraint invitations_role_check CHECK (role = ANY (ARRAY['owner'::text, 'admin'::text, 'viewer'::text])),
  constraint invitations_state_check CHECK (state = ANY (ARRAY['open'::text, 'accepted'::text, 'withdrawn'::text]))
);
CREATE INDEX invitations_of_address ON public.invitations USING btree (email);
comment on index public.invitations_of_address is 'Serves private.accept_invitation, and whoever reads what their own address was invited to.';
CREATE UNIQUE INDEX invitations_open ON public.invitations USING btree (org_id, email) WHERE (state = 'open'::text);
comment on index public.invitations_open is 'Serves private.invite_member: one open invitation per address.';
alter table public.invitations enable row level security;
create policy "owners and admins see invitations, and so does whoever they are" on public.invitations for select to authenticated
  using (((org_id = ANY (ARRAY( SELECT private.my_org_ids(ARRAY['owner'::text, 'admin'::text]) AS my_org_ids))) OR (email = ( SELECT private.my_address() AS my_address))));
grant select on public.invitations to authenticated, service_role;
comment on table public.invitations is 'Who was asked to become a member, by address; good for 7 days, and only for that address.';

create table public.maintenance_windows (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  reason text not null default ''::text,
  created_by uuid,
  series uuid,
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

create table public.notification_settings (
  org_id uuid not null,
  user_id uuid not null,
  event text not null,
  channel text not null,
  enabled boolean not null,
  constraint notification_settings_pkey PRIMARY KEY (org_id, user_id, event, channel),
  constraint notification_settings_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES public.members(org_id, user_id) ON DELETE CASCADE,
  constraint notification_settings_channel_check CHECK (channel = ANY (ARRAY['in_app'::text, 'email'::text])),
  constraint notification_settings_event_check CHECK (event = ANY (ARRAY['opened'::text, 'raised'::text, 'recovered'::text, 'reminded'::text, 'asked'::text, 'decided'::text]))
);
CREATE TRIGGER notification_setting_changes_are_audited AFTER INSERT OR DELETE OR UPDATE ON public.notification_settings FOR EACH ROW EXECUTE FUNCTION private.audit_change('notification_setting');
CREATE TRIGGER notification_setting_changes_are_followed AFTER INSERT OR DELETE OR UPDATE ON public.notification_settings FOR EACH ROW EXECUTE FUNCTION private.follow_members();
alter table public.notification_settings enable row level security;
create policy "members see their own notification settings" on public.notification_settings for select to authenticated
  using (((user_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids)))));
grant select on public.notification_settings to authenticated, service_role;
comment on table public.notification_settings is 'What a member is told of by which channel, where it is not everything.';

create table public.notifications (
  org_id uuid not null,
  id bigint not null generated always as identity,
  user_id uuid not null,
  integration_id uuid,
  incident_id bigint,
  change_id bigint not null,
  kind text not null,
  urgency text not null,
  in_app boolean not null default true,
  notice jsonb not null,
  created_at timestamp with time zone not null,
  read_at timestamp with time zone,
  constraint notifications_pkey PRIMARY KEY (org_id, id),
  constraint notifications_org_id_change_id_user_id_key UNIQUE (org_id, change_id, user_id),
  constraint notifications_org_id_incident_id_fkey FOREIGN KEY (org_id, incident_id) REFERENCES public.incidents(org_id, id) ON DELETE CASCADE,
  constraint notifications_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES public.members(org_id, user_id) ON DELETE CASCADE,
  constraint notifications_are_about_an_incident CHECK (kind = 'test'::text OR integration_id IS NOT NULL AND (incident_id IS NOT NULL OR (kind = ANY (ARRAY['asked'::text, 'decided'::text])))),
  constraint notifications_kind_check CHECK (kind = ANY (ARRAY['opened'::text, 'raised'::text, 'recovered'::text, 'reminded'::text, 'asked'::text, 'decided'::text, 'test'::text]))
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
  approve_changes boolean not null default true,
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
CREATE TRIGGER time_zone_changes_are_followed AFTER UPDATE OF time_zone ON public.organizations FOR EACH ROW WHEN (old.time_zone <> new.time_zone) EXECUTE FUNCTION private.follow_time_zone();
alter table public.organizations enable row level security;
create policy "members see their organization" on public.organizations for select to authenticated
  using ((id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.organizations to authenticated;
grant insert, select on public.organizations to service_role;
comment on table public.organizations is 'The tenant. Everything else belongs to exactly one.';

create table public.pulled_records (
  org_id uuid not null,
  integration_id uuid not null,
  stream text not null,
  source_id text not null,
  payload jsonb,
  changed_at timestamp with time zone,
  deleted_at timestamp with time zone,
  pulled_at timestamp with time zone not null,
  version integer not null default 1,
  constraint pulled_records_pkey PRIMARY KEY (org_id, integration_id, stream, source_id),
  constraint pulled_records_org_id_integration_id_stream_fkey FOREIGN KEY (org_id, integration_id, stream) REFERENCES public.streams(org_id, integration_id, stream) ON DELETE CASCADE,
  constraint pulled_records_payload_check CHECK (pg_column_size(payload) <= 2000000),
  constraint pulled_records_source_id_check CHECK (length(source_id) >= 1 AND length(source_id) <= 500)
);
CREATE INDEX pulled_records_deleted ON public.pulled_records USING btree (pulled_at) WHERE (deleted_at IS NOT NULL);
comment on index public.pulled_records_deleted is 'Serves private.forget_tombstones.';
alter table public.pulled_records enable row level security;
create policy "members see what was fetched for them" on public.pulled_records for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.pulled_records to authenticated, service_role;
comment on table public.pulled_records is 'What was fetched, as it was last seen. What was deleted over there is kept as a tombstone for 90 days.';

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
  cause_id bigint,
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
  closed_at timestamp with time zone,
  closed_by uuid,
  closed_reason text,
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
CREATE INDEX records_closed ON public.records USING btree (org_id, integration_id, state, closed_at DESC, id DESC) WHERE (closed_at IS NOT NULL);
comment on index public.records_closed is 'Serves public.closed_records, newest first.';
CREATE INDEX records_dismissed ON public.records USING btree (org_id, cause_id, closed_at DESC) WHERE ((state = 'dismissed'::text) AND (cause_id IS NOT NULL));
comment on index public.records_dismissed is 'Serves public.cause_fixes: the last one of a cause that was dismissed.';
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
  edit jsonb,
  records integer not null,
  approved_by uuid,
  approved_at timestamp with time zone,
  ended_by uuid,
  ended_reason text,
  constraint retries_pkey PRIMARY KEY (org_id, id),
  constraint retries_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint retries_scope_check CHECK (scope = ANY (ARRAY['last_run'::text, 'open'::text, 'cause'::text, 'records'::text])),
  constraint retries_state_check CHECK (state = ANY (ARRAY['asked'::text, 'waiting'::text, 'running'::text, 'canary'::text, 'done'::text, 'stopped'::text, 'declined'::text]))
);
CREATE INDEX retries_asked ON public.retries USING btree (org_id, integration_id) WHERE (state = 'asked'::text);
comment on index public.retries_asked is 'Serves public.overview: what waits for approval.';
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
  constraint runs_trigger_check CHECK (trigger = ANY (ARRAY['schedule'::text, 'follow_up'::text, 'manual'::text, 'retry'::text, 'check'::text]))
) with (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02);
CREATE UNIQUE INDEX runs_active ON public.runs USING btree (org_id, integration_id) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE INDEX runs_by_time ON public.runs USING btree (org_id, integration_id, COALESCE(started_at, created_at), id);
comment on index public.runs_by_time is 'Serves public.chart_runs and public.list_history.';
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

create table public.signal_history (
  org_id uuid not null,
  integration_id uuid not null,
  name text not null,
  about text not null,
  at timestamp with time zone not null,
  value numeric not null,
  constraint signal_history_pkey PRIMARY KEY (org_id, integration_id, name, about, at),
  constraint signal_history_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE
);
CREATE INDEX signal_history_by_age ON public.signal_history USING brin (at);
comment on index public.signal_history_by_age is 'Serves private.tick_retention.';
alter table public.signal_history enable row level security;
create policy "members see what their signals were" on public.signal_history for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.signal_history to authenticated, service_role;
comment on table public.signal_history is 'What each signal was, for 90 days.';

create table public.signals (
  org_id uuid not null,
  integration_id uuid not null,
  name text not null,
  about text not null default ''::text,
  value numeric not null,
  unit text not null,
  at timestamp with time zone not null,
  warning numeric,
  critical numeric,
  is_floor boolean not null default false,
  past text generated always as (
CASE
    WHEN
    CASE
        WHEN is_floor THEN (value < critical)
        ELSE (value > critical)
    END THEN 'critical'::text
    WHEN
    CASE
        WHEN is_floor THEN (value < warning)
        ELSE (value > warning)
    END THEN 'warning'::text
    ELSE NULL::text
END) stored,
  constraint signals_pkey PRIMARY KEY (org_id, integration_id, name, about),
  constraint signals_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint signals_about_check CHECK (length(about) <= 200),
  constraint signals_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'::text),
  constraint signals_unit_check CHECK (unit = ANY (ARRAY['percent'::text, 'count'::text, 'minutes'::text, 'days'::text, 'seconds'::text, 'bytes'::text, 'amount'::text]))
);
alter table public.signals enable row level security;
create policy "members see their signals" on public.signals for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.signals to authenticated, service_role;
comment on table public.signals is 'The latest of each number measured about an integration, with its bounds.';

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

create table public.statements (
  org_id uuid not null,
  id bigint not null generated always as identity,
  integration_id uuid not null,
  first_day date not null,
  last_day date not null,
  content jsonb not null,
  fingerprint text not null,
  signed_by uuid,
  signed_name text not null,
  signed_at timestamp with time zone not null,
  note text,
  constraint statements_pkey PRIMARY KEY (org_id, id),
  constraint statements_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id),
  constraint statements_check CHECK (first_day <= last_day),
  constraint statements_note_check CHECK (length(note) <= 2000)
);
CREATE INDEX statements_of_period ON public.statements USING btree (org_id, integration_id, first_day, last_day, id DESC);
comment on index public.statements_of_period is 'Serves public.completeness, and the foreign key to public.integrations.';
alter table public.statements enable row level security;
create policy "members see their statements" on public.statements for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.statements to authenticated, service_role;
comment on table public.statements is 'Append-only: who signed that a period of an integration is complete, and what it held then.';

create table public.streams (
  org_id uuid not null,
  integration_id uuid not null,
  stream text not null,
  cursor text,
  cursor_at timestamp with time zone,
  as_of timestamp with time zone,
  is_active boolean not null default true,
  run_id bigint,
  is_done boolean not null default false,
  page_at timestamp with time zone,
  page_rows integer,
  rows integer not null default 0,
  shape jsonb not null default '{}'::jsonb,
  learned_at timestamp with time zone,
  drift jsonb not null default '{}'::jsonb,
  constraint streams_pkey PRIMARY KEY (org_id, integration_id, stream),
  constraint streams_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint streams_cursor_check CHECK (length(cursor) <= 8000),
  constraint streams_stream_check CHECK (length(stream) >= 1 AND length(stream) <= 100)
);
alter table public.streams enable row level security;
create policy "members see their streams" on public.streams for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.streams to authenticated, service_role;
comment on table public.streams is 'One kind of thing that is fetched: how far we have come, and what its fields are like.';

create table public.webhook_calls (
  org_id uuid not null,
  integration_id uuid not null,
  call_id text not null,
  at timestamp with time zone not null,
  stream text not null,
  rows integer not null,
  constraint webhook_calls_pkey PRIMARY KEY (org_id, integration_id, call_id),
  constraint webhook_calls_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE,
  constraint webhook_calls_call_id_check CHECK (length(call_id) >= 1 AND length(call_id) <= 500)
);
CREATE INDEX webhook_calls_by_age ON public.webhook_calls USING brin (at);
comment on index public.webhook_calls_by_age is 'Serves private.tick_retention.';
alter table public.webhook_calls enable row level security;
create policy "members see which calls were taken" on public.webhook_calls for select to authenticated
  using ((org_id = ANY (ARRAY( SELECT private.my_org_ids() AS my_org_ids))));
grant select on public.webhook_calls to authenticated, service_role;
comment on table public.webhook_calls is 'Calls of a system that were taken, so that none is taken twice.';

create table private.attempts_rest partition of public.attempts default;
alter table private.attempts_rest enable row level security;
create policy "nobody who comes through the API sees it" on private.attempts_rest as restrictive for all to anon, authenticated
  using (false);

create table private.blind_spots (
  job text not null,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint blind_spots_pkey PRIMARY KEY (job, began_at)
);
alter table private.blind_spots enable row level security;
create policy "nobody who comes through the API sees it" on private.blind_spots as restrictive for all to anon, authenticated
  using (false);
comment on table private.blind_spots is 'Times between two beats of a clock job that were too far apart.';

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

create table private.webhook_doors (
  org_id uuid not null,
  integration_id uuid not null,
  secret_hash bytea not null,
  opened_at timestamp with time zone not null,
  minute_at timestamp with time zone not null,
  calls integer not null default 0,
  constraint webhook_doors_pkey PRIMARY KEY (org_id, integration_id),
  constraint webhook_doors_org_id_integration_id_fkey FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON DELETE CASCADE
);
alter table private.webhook_doors enable row level security;
create policy "nobody who comes through the API sees it" on private.webhook_doors as restrictive for all to anon, authenticated
  using (false);
comment on table private.webhook_doors is 'The address a system may call for an integration, as a hash, and how often it was called within the minute.';

create view public.audit_trail with (security_invoker=true) as
 SELECT org_id,
    id,
    at,
    actor_id,
    actor,
    action,
    integration_id,
    subject,
    before,
    after,
    reason
   FROM public.audit_log a;
grant select on public.audit_trail to authenticated;
comment on view public.audit_trail is 'Who did what, when and why, with what differs before and after.';

create view public.cause_fixes with (security_invoker=true) as
 SELECT c.org_id,
    c.integration_id,
    c.id AS cause_id,
        CASE
            WHEN d.id IS NULL THEN f.id
            ELSE c.id
        END AS fixed_cause_id,
        CASE
            WHEN d.id IS NOT NULL THEN 'dismissed'::text
            WHEN h.changed_field IS NOT NULL THEN
            CASE
                WHEN t.edit IS NOT NULL THEN 'edited'::text
                WHEN t.mapping IS NOT NULL THEN 'corrected'::text
                ELSE 'handed_in'::text
            END
            WHEN s.action = 'credential.set'::text THEN 'credential'::text
            WHEN s.action IS NOT NULL THEN 'settings'::text
            WHEN t.id IS NOT NULL THEN 'retried'::text
            ELSE 'by_itself'::text
        END AS how,
    COALESCE(d.closed_at, f.fixed_at) AS at,
    COALESCE(d.id, f.fixed_record_id) AS record_id,
    ( SELECT COALESCE(r.label, r.source_id) AS "coalesce"
           FROM public.records r
          WHERE r.org_id = c.org_id AND r.id = COALESCE(d.id, f.fixed_record_id)) AS record_name,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = c.org_id AND m.user_id =
                CASE
                    WHEN d.id IS NOT NULL THEN d.closed_by
                    WHEN h.changed_field IS NULL AND s.action IS NOT NULL THEN s.actor_id
                    ELSE t.requested_by
                END) AS by_name,
        CASE
            WHEN d.id IS NULL THEN f.refused_at
            ELSE NULL::timestamp with time zone
        END AS refused_at,
        CASE
            WHEN d.id IS NULL THEN h.changed_field
            ELSE NULL::text
        END AS field,
        CASE
            WHEN d.id IS NULL THEN h.before
            ELSE NULL::text
        END AS before,
        CASE
            WHEN d.id IS NULL THEN h.after
            ELSE NULL::text
        END AS after,
        CASE
            WHEN d.id IS NULL THEN h.fields
            ELSE NULL::bigint
        END AS fields,
    d.closed_reason AS reason
   FROM public.causes c
     LEFT JOIN LATERAL ( SELECT p.id,
            p.fixed_at,
            p.fixed_record_id,
            p.fixed_version,
            p.fixed_retry_id,
            p.refused_version,
            p.refused_at,
            p.payload_field
           FROM public.causes p
          WHERE p.org_id = c.org_id AND p.integration_id = c.integration_id AND p.template = c.template AND p.fixed_at IS NOT NULL
          ORDER BY (p.id = c.id) DESC, p.fixed_at DESC
         LIMIT 1) f ON true
     LEFT JOIN LATERAL ( SELECT r.id,
            r.closed_at,
            r.closed_by,
            r.closed_reason
           FROM public.records r
          WHERE r.org_id = c.org_id AND r.cause_id = c.id AND r.state = 'dismissed'::text AND (f.fixed_at IS NULL OR r.closed_at > f.fixed_at)
          ORDER BY r.closed_at DESC
         LIMIT 1) d ON true
     LEFT JOIN public.retries t ON t.org_id = c.org_id AND t.id = f.fixed_retry_id
     LEFT JOIN LATERAL private.version_change(c.org_id, f.fixed_record_id, f.refused_version, f.fixed_version, f.payload_field) h(changed_field, before, after, fields) ON true
     LEFT JOIN LATERAL ( SELECT a.action,
            a.actor_id
           FROM public.audit_log a
          WHERE a.org_id = c.org_id AND a.integration_id = c.integration_id AND (a.action = ANY (ARRAY['credential.set'::text, 'integration.changed'::text])) AND (a.action = 'credential.set'::text OR a.after ? 'settings'::text) AND a.at > f.refused_at AND a.at <= f.fixed_at
          ORDER BY a.at DESC
         LIMIT 1) s ON true
  WHERE f.id IS NOT NULL OR d.id IS NOT NULL;
grant select on public.cause_fixes to authenticated;
comment on view public.cause_fixes is 'What helped the last time records of a cause got across, or why they were dismissed. Causes that were never fixed are not in it.';

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

create view public.closed_records with (security_invoker=true) as
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
    version,
    closed_at,
    closed_by IS NOT NULL AS by_person,
    COALESCE(( SELECT m.name
           FROM public.members m
          WHERE m.org_id = r.org_id AND m.user_id = r.closed_by), ( SELECT ( SELECT m.name
                   FROM public.members m
                  WHERE m.org_id = u.org_id AND m.user_id = u.requested_by) AS name
           FROM public.runs u
          WHERE r.closed_by IS NULL AND u.org_id = r.org_id AND u.id = r.run_id AND u.retry_id IS NOT NULL)) AS closed_by_name,
    closed_reason,
    run_id
   FROM public.records r
  WHERE closed_at IS NOT NULL;
grant select on public.closed_records to authenticated;
comment on view public.closed_records is 'Records that were in trouble and are not any more: across after all, or dismissed; by whom and why.';

create view public.configuration with (security_invoker=true) as
 SELECT org_id,
    id AS integration_id,
    slug,
    name,
    system,
    direction,
    enabled,
    every_minutes,
    calendar,
    next_due_at,
    updated_at,
    credential_keys,
    credential_set_at,
    credential_expires_at,
    ( SELECT a.actor
           FROM public.audit_log a
          WHERE a.org_id = i.org_id AND a.integration_id = i.id AND (a.action = ANY (ARRAY['integration.changed'::text, 'integration.switched_on'::text, 'integration.switched_off'::text, 'integration.added'::text]))
          ORDER BY a.id DESC
         LIMIT 1) AS changed_by,
    ( SELECT a.actor
           FROM public.audit_log a
          WHERE a.org_id = i.org_id AND a.integration_id = i.id AND a.action = 'credential.set'::text
          ORDER BY a.id DESC
         LIMIT 1) AS credential_set_by,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('name', s.key, 'value', s.value, 'address', private.server_of(s.value) IS NOT NULL) ORDER BY s.key), '[]'::jsonb) AS "coalesce"
           FROM jsonb_each(i.settings) s(key, value)) AS settings,
    ( SELECT jsonb_agg(jsonb_build_object('name', k.name, 'value', i.thresholds -> k.name, 'preset', k.preset, 'lowest', k.lowest, 'highest', k.highest)) AS jsonb_agg
           FROM private.known_thresholds() k(name, preset, lowest, highest)) AS thresholds,
    private.next_slots(next_due_at, every_minutes, calendar, ( SELECT o.time_zone
           FROM public.organizations o
          WHERE o.id = i.org_id), now(), 5) AS next_runs
   FROM public.integrations i;
grant select on public.configuration to authenticated;
comment on view public.configuration is 'How each integration is set up, who changed it last, and its next five runs.';

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

create view public.maintenance with (security_invoker=true) as
 SELECT org_id,
    id,
    integration_id,
    ( SELECT i.name
           FROM public.integrations i
          WHERE i.org_id = w.org_id AND i.id = w.integration_id) AS integration_name,
    ( SELECT i.slug
           FROM public.integrations i
          WHERE i.org_id = w.org_id AND i.id = w.integration_id) AS integration_slug,
    starts_at,
    ends_at,
    reason,
    series,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = w.org_id AND m.user_id = w.created_by) AS created_by_name,
        CASE
            WHEN ends_at <= now() THEN 'past'::text
            WHEN starts_at <= now() THEN 'running'::text
            ELSE 'planned'::text
        END AS state,
        CASE
            WHEN starts_at <= now() AND ends_at > now() THEN ( SELECT count(*) AS count
               FROM public.health_changes c
              WHERE c.org_id = w.org_id AND NOT c.alerted AND c.urgency IS NOT NULL AND (w.integration_id IS NULL OR c.integration_id = w.integration_id))
            ELSE 0::bigint
        END AS held_alerts,
    ( SELECT c.moment
           FROM ( SELECT private.next_cutoff(w.org_id, GREATEST(w.starts_at, now())) AS moment) c
          WHERE c.moment <= w.ends_at AND w.ends_at > now()) AS cutoff_at
   FROM public.maintenance_windows w;
grant select on public.maintenance to authenticated;
comment on view public.maintenance is 'Maintenance windows with their state, the alerts they hold back, and the cut-off they cover.';

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
     LEFT JOIN public.integrations i ON i.org_id = n.org_id AND i.id = n.integration_id
  WHERE n.user_id = (( SELECT auth.uid() AS uid)) AND n.in_app;
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
    private.next_cutoff(o.id) AS next_cutoff,
    o.approve_changes,
    private.other_approvers(o.id) AS other_approvers,
    now() AS server_now
   FROM public.organizations o
     JOIN public.members m ON m.org_id = o.id AND m.user_id = (( SELECT auth.uid() AS uid));
grant select on public.my_organizations to authenticated;
comment on view public.my_organizations is 'The caller''s organizations with the caller''s role, the next accounting cut-off, and what time it is here.';

create view public.open_incidents with (security_invoker=true) as
 SELECT org_id,
    id,
    integration_id,
    ( SELECT i.name
           FROM public.integrations i
          WHERE i.org_id = n.org_id AND i.id = n.integration_id) AS integration_name,
    ( SELECT i.slug
           FROM public.integrations i
          WHERE i.org_id = n.org_id AND i.id = n.integration_id) AS integration_slug,
    alarm,
    subject,
    urgency,
    state,
    opened_at,
    acknowledged_at,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = n.org_id AND m.user_id = n.acknowledged_by) AS acknowledged_by_name,
    assigned_to,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = n.org_id AND m.user_id = n.assigned_to) AS assigned_to_name,
    snoozed_until,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = n.org_id AND m.user_id = n.snoozed_by) AS snoozed_by_name,
    snooze_reason,
    ( SELECT f.evidence
           FROM public.findings f
          WHERE f.org_id = n.org_id AND f.integration_id = n.integration_id AND f.rule = n.alarm AND f.subject = n.subject AND f.closed_at IS NULL) AS evidence
   FROM public.incidents n
  WHERE state <> 'resolved'::text;
grant select on public.open_incidents to authenticated;
comment on view public.open_incidents is 'Incidents that are not over, with who has seen them, whose they are and until when they are snoozed.';

create view public.overview with (security_invoker=true) as
 WITH blind AS MATERIALIZED (
         SELECT b.began_at,
            b.ended_at
           FROM private.blind_times() b(began_at, ended_at)
        )
 SELECT i.org_id,
    i.id AS integration_id,
    i.slug,
    i.name,
    i.system,
    i.direction,
    i.enabled,
    i.every_minutes,
    i.calendar,
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
    h.recent_runs,
    w.week,
    s.checked_at,
    s.checked_as,
    s.check_warnings,
    s.check_error,
    s.data_as_of,
    ( SELECT count(*) AS count
           FROM public.retries t
          WHERE t.org_id = i.org_id AND t.integration_id = i.id AND t.state = 'asked'::text) AS asked_retries
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
                 LIMIT 30) t) h
     CROSS JOIN LATERAL ( SELECT string_agg(
                CASE k.worst
                    WHEN 4 THEN 'r'::text
                    WHEN 2 THEN 'y'::text
                    WHEN 1 THEN 'g'::text
                    WHEN 0 THEN '-'::text
                    ELSE '?'::text
                END, ''::text ORDER BY p.place) AS week
           FROM generate_series(0, 83) p(place)
             LEFT JOIN ( SELECT t.place,
                    max(l.rank) AS worst
                   FROM ( SELECT b.began_at AS since,
                            b.ended_at AS until,
                            3 AS rank
                           FROM blind b
                        UNION ALL
                         SELECT c.at,
                            lead(c.at, 1, now()) OVER (ORDER BY c.at, c.id) AS lead,
                                CASE c.after
                                    WHEN 'red'::text THEN 4
                                    WHEN 'yellow'::text THEN 2
                                    WHEN 'green'::text THEN 1
                                    ELSE 0
                                END AS "case"
                           FROM public.health_changes c
                          WHERE c.org_id = i.org_id AND c.integration_id = i.id AND c.kind = 'light'::text AND c.at >= COALESCE(( SELECT max(e.at) AS max
                                   FROM public.health_changes e
                                  WHERE e.org_id = i.org_id AND e.integration_id = i.id AND e.kind = 'light'::text AND e.at <= (now() - '7 days'::interval)), '-infinity'::timestamp with time zone)) l
                     CROSS JOIN LATERAL generate_series(GREATEST(84::numeric - ceil(EXTRACT(epoch FROM now() - l.since) / 7200::numeric), 0::numeric)::integer, 83 - floor(EXTRACT(epoch FROM now() - l.until) / 7200::numeric)::integer) t(place)
                  GROUP BY t.place) k ON k.place = p.place) w;
grant select on public.overview to authenticated;
comment on view public.overview is 'One row per integration: its light and why, what is not across, its last and next sync, its last 30 runs, its last 7 days.';

create view public.retry_progress with (security_invoker=true) as
 SELECT t.org_id,
    t.integration_id,
    t.id,
    t.scope,
    t.cause_id,
    t.requested_by = (( SELECT auth.uid() AS uid)) AS is_own,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = t.org_id AND m.user_id = t.requested_by) AS requested_by_name,
    t.requested_at,
    t.state,
    u.run_id,
    t.records,
    t.mapping,
    t.edit IS NOT NULL AS edited,
    u.exported,
    u.failed,
    GREATEST(0::bigint, t.records - u.exported - u.failed) AS remaining,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = t.org_id AND m.user_id = t.approved_by) AS approved_by_name,
    t.approved_at,
    t.ended_by IS NOT NULL AS ended_by_person,
    ( SELECT m.name
           FROM public.members m
          WHERE m.org_id = t.org_id AND m.user_id = t.ended_by) AS ended_by_name,
    t.ended_reason,
    t.resume_at,
    ( SELECT jsonb_build_object('id', r.id, 'label', r.label, 'source_id', r.source_id, 'message', r.error_message) AS jsonb_build_object
           FROM public.records r
          WHERE t.state = 'stopped'::text AND t.ended_by IS NULL AND r.org_id = t.org_id AND r.id = t.canary_record_id) AS refused
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

create view public.signal_overview with (security_invoker=true) as
 SELECT org_id,
    integration_id,
    name,
    about,
    value,
    unit,
    at,
    warning,
    critical,
    is_floor,
    past,
    ( SELECT f.since
           FROM public.findings f
          WHERE g.past IS NOT NULL AND f.org_id = g.org_id AND f.integration_id = g.integration_id AND f.rule = 'signal'::text AND f.closed_at IS NULL AND f.subject = (g.name ||
                CASE
                    WHEN g.about = ''::text THEN ''::text
                    ELSE ': '::text || g.about
                END)) AS past_since,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('day', d.day, 'value', d.value) ORDER BY d.day), '[]'::jsonb) AS "coalesce"
           FROM ( SELECT DISTINCT ON (((h.at AT TIME ZONE (( SELECT o.time_zone
                           FROM public.organizations o
                          WHERE o.id = g.org_id)))::date)) (h.at AT TIME ZONE (( SELECT o.time_zone
                           FROM public.organizations o
                          WHERE o.id = g.org_id)))::date AS day,
                    h.value
                   FROM public.signal_history h
                  WHERE h.org_id = g.org_id AND h.integration_id = g.integration_id AND h.name = g.name AND h.about = g.about AND h.at > (now() - '30 days'::interval)
                  ORDER BY ((h.at AT TIME ZONE (( SELECT o.time_zone
                           FROM public.organizations o
                          WHERE o.id = g.org_id)))::date), h.at DESC) d) AS days
   FROM public.signals g;
grant select on public.signal_overview to authenticated;
comment on view public.signal_overview is 'Signals with their bounds, since when they are past them, and the last value of each of the last 30 days.';

create view public.stream_overview with (security_invoker=true) as
 SELECT org_id,
    integration_id,
    stream,
    is_active,
    cursor,
    cursor_at,
    as_of,
        CASE
            WHEN is_active THEN floor(GREATEST(EXTRACT(epoch FROM now() - as_of), 0::numeric) / 60::numeric)::integer
            ELSE NULL::integer
        END AS lag_minutes,
    ( SELECT i.every_minutes + COALESCE((i.thresholds ->> 'lag_minutes'::text)::integer, 30)
           FROM public.integrations i
          WHERE i.org_id = s.org_id AND i.id = s.integration_id) AS late_after_minutes,
    ( SELECT i.every_minutes + COALESCE((i.thresholds ->> 'lag_critical_minutes'::text)::integer, 240)
           FROM public.integrations i
          WHERE i.org_id = s.org_id AND i.id = s.integration_id) AS critical_after_minutes,
    page_at,
    page_rows,
    rows,
    run_id,
    is_done,
    learned_at,
    drift
   FROM public.streams s;
grant select on public.stream_overview to authenticated;
comment on view public.stream_overview is 'Streams: how far each has come, how old its data is, and what is news about its fields.';

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
    s.check_error,
    s.checked_at,
    s.data_as_of,
    s.drifted_streams,
    s.signals_past,
    s.signals_error,
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
    GREATEST(COALESCE(s.last_success_at, i.created_at) + make_interval(hours => t.no_success_hours), private.calendar_slot(i.calendar, z.time_zone, COALESCE(s.last_success_at, i.created_at)) + make_interval(mins => COALESCE((i.thresholds ->> 'stuck_minutes'::text)::integer, 60))) AS success_deadline,
        CASE
            WHEN a.started_at IS NOT NULL THEN GREATEST(a.started_at + make_interval(mins => COALESCE((i.thresholds ->> 'stuck_minutes'::text)::integer, 60)), a.quiet_since + '00:10:00'::interval)
            ELSE NULL::timestamp with time zone
        END AS stuck_deadline,
        CASE
            WHEN o.refused > 0 THEN o.refused_at + make_interval(hours => COALESCE((i.thresholds ->> 'refused_open_hours'::text)::integer, 24))
            ELSE NULL::timestamp with time zone
        END AS refused_deadline,
    w.waits_until + make_interval(mins => COALESCE((i.thresholds ->> 'lag_minutes'::text)::integer, 30), secs => 30::double precision) AS lag_deadline,
    w.waits_until + make_interval(mins => COALESCE((i.thresholds ->> 'lag_critical_minutes'::text)::integer, 240), secs => 30::double precision) AS lag_critical_deadline,
    w.fresh_until + make_interval(mins => COALESCE((i.thresholds ->> 'lag_minutes'::text)::integer, 30)) AS data_deadline,
    w.fresh_until + make_interval(mins => COALESCE((i.thresholds ->> 'lag_critical_minutes'::text)::integer, 240)) AS data_critical_deadline,
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
     JOIN public.organizations z ON z.id = s.org_id
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
     CROSS JOIN LATERAL ( SELECT COALESCE(o.waiting_since + make_interval(mins => i.every_minutes), private.calendar_slot(i.calendar, z.time_zone, o.waiting_since)) AS waits_until,
                CASE
                    WHEN i.direction = 'pull'::text THEN COALESCE(s.data_as_of + make_interval(mins => i.every_minutes), private.calendar_slot(i.calendar, z.time_zone, s.data_as_of))
                    ELSE NULL::timestamp with time zone
                END AS fresh_until) w
     CROSS JOIN LATERAL ( SELECT COALESCE((i.thresholds ->> 'alarm_after_failures'::text)::integer, 2) AS alarm_after,
            COALESCE((i.thresholds ->> 'no_success_hours'::text)::integer, 48) AS no_success_hours,
            COALESCE((i.thresholds ->> 'failure_rate_percent'::text)::numeric, 5::numeric) AS failure_rate_percent,
            COALESCE((i.thresholds ->> 'queue_depth'::text)::integer, 20) AS queue_depth,
            COALESCE((i.thresholds ->> 'deviation_percent'::text)::numeric, 20::numeric) AS deviation_percent) t;
comment on view private.facts is 'What the rules of private.rules_of need to know of each integration.';

create view private.told_members with (security_invoker=true) as
 SELECT m.org_id,
    m.user_id
   FROM public.members m
     JOIN auth.users u ON u.id = m.user_id
  WHERE (m.role = ANY (ARRAY['owner'::text, 'admin'::text])) AND u.email IS NOT NULL AND NOT (EXISTS ( SELECT
           FROM public.notification_settings s
          WHERE s.org_id = m.org_id AND s.user_id = m.user_id AND s.event = 'opened'::text AND s.channel = 'email'::text AND NOT s.enabled));
comment on view private.told_members is 'Members who would be told of a new problem by e-mail.';

CREATE OR REPLACE FUNCTION public.accept_invitation(org uuid)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.accept_invitation(org, now());
$function$;
grant execute on function public.accept_invitation(uuid) to authenticated;
comment on function public.accept_invitation(uuid) is 'Accepts the invitation to the caller''s confirmed address; answers the slug. Refuses with SW401, SW404, SW409 (a member already).';

CREATE OR REPLACE FUNCTION public.accept_shape(org uuid, integration uuid, stream text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.accept_shape(org, integration, stream, now());
$function$;
grant execute on function public.accept_shape(uuid,uuid,text) to authenticated;
comment on function public.accept_shape(uuid,uuid,text) is 'Accepts a stream''s drift; answers how many fields. Refuses with SW403, SW404.';

CREATE OR REPLACE FUNCTION public.acknowledge_incident(org uuid, incident bigint, acknowledged boolean DEFAULT true, reason text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.acknowledge_incident(org, incident, acknowledged, reason, now());
$function$;
grant execute on function public.acknowledge_incident(uuid,bigint,boolean,text) to authenticated;
comment on function public.acknowledge_incident(uuid,bigint,boolean,text) is 'Acknowledges an open incident, or takes that back. Refuses with SW403, SW404, SW409 (over), SW422.';

CREATE OR REPLACE FUNCTION public.add_maintenance(org uuid, reason text, starts text DEFAULT NULL::text, ends text DEFAULT NULL::text, minutes integer DEFAULT NULL::integer, integration uuid DEFAULT NULL::uuid, weekly_until text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.add_maintenance(org, reason, starts, ends, minutes, integration, weekly_until, now());
$function$;
grant execute on function public.add_maintenance(uuid,text,text,text,integer,uuid,text) to authenticated;
comment on function public.add_maintenance(uuid,text,text,text,integer,uuid,text) is 'Plans a maintenance window, or one a week; answers its id. Refuses with SW403, SW404, SW409 (overlaps another), SW422.';

CREATE OR REPLACE FUNCTION public.approve_retry(org uuid, retry bigint)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.approve_retry(org, retry, now());
$function$;
grant execute on function public.approve_retry(uuid,bigint) to authenticated;
comment on function public.approve_retry(uuid,bigint) is 'Approves a retry that waits for it: {retry_id, records}. Refuses with SW403 (your own), SW404, SW409.';

CREATE OR REPLACE FUNCTION public.assign_incident(org uuid, incident bigint, member uuid DEFAULT NULL::uuid, reason text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.assign_incident(org, incident, member, reason, now());
$function$;
grant execute on function public.assign_incident(uuid,bigint,uuid,text) to authenticated;
comment on function public.assign_incident(uuid,bigint,uuid,text) is 'Assigns an open incident to an owner or admin, or to nobody. Refuses with SW403, SW404, SW409 (over), SW422.';

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
    'settings', target.settings, 'credential', private.credential_of(target.credential_secret_id), 'direction', target.direction,
    'check_due', (
      select coalesce(greatest(target.credential_set_at, s.check_asked_at) > coalesce(s.checked_at, '-infinity'), false)
      from public.integration_status s where s.org_id = begin_slice.org and s.integration_id = target.id));
end $function$;
grant execute on function public.begin_slice(uuid,bigint,text,integer,timestamp with time zone) to service_role;
comment on function public.begin_slice(uuid,bigint,text,integer,timestamp with time zone) is 'Takes a run''s lease: {token, slice, integration, system, settings, credential, direction, check_due}, or null when there is nothing to take.';

CREATE OR REPLACE FUNCTION public.begin_streams(org uuid, run bigint, token uuid, names text[], at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, begin_streams.at);
  insert into public.streams (org_id, integration_id, stream, as_of)
  select org, held.integration_id, n.name, begin_streams.at from unnest(names) n (name)
  on conflict (org_id, integration_id, stream) do update
    set is_active = true, as_of = coalesce(streams.as_of, excluded.as_of) where not streams.is_active or streams.as_of is null;
  update public.streams s set is_active = false
  where s.org_id = begin_streams.org and s.integration_id = held.integration_id and s.is_active and s.as_of is not null and s.stream <> all (names);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('stream', s.stream, 'cursor', s.cursor, 'is_begun', s.run_id is not distinct from held.id,
      'is_done', s.is_done and s.run_id is not distinct from held.id)), '[]')
    from public.streams s where s.org_id = begin_streams.org and s.integration_id = held.integration_id and s.stream = any (names));
end $function$;
grant execute on function public.begin_streams(uuid,bigint,uuid,text[],timestamp with time zone) to service_role;
comment on function public.begin_streams(uuid,bigint,uuid,text[],timestamp with time zone) is 'The streams of a run with their cursors: [{stream, cursor, is_begun, is_done}]. Refuses with SW410.';

CREATE OR REPLACE FUNCTION public.changed_grant_records(org uuid, report bigint)
 RETURNS TABLE(record_id bigint, slug text, source_id text, change text, before jsonb, after jsonb)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with kept as (
    select g.org_id, g.records, private.grant_rows(g.org_id, g.template, g.first_day, g.last_day, g.integrations) as present
    from public.grant_reports g where g.org_id = org and g.id = report
  ), was as (
    select e.value as record, (e.value ->> 'id')::bigint as id from kept k cross join jsonb_array_elements(k.records) e
  ), is_now as (
    select e.value as record, (e.value ->> 'id')::bigint as id from kept k cross join jsonb_array_elements(k.present) e
  )
  select coalesce(w.id, n.id), i.slug, coalesce(w.record, n.record) ->> 'sourceId',
         case when w.id is null then 'added' when n.id is null then 'gone' else 'changed' end, w.record, n.record
  from was w
  full join is_now n on n.id = w.id
  left join public.integrations i on i.org_id = org and i.id = (coalesce(w.record, n.record) ->> 'integration')::uuid
  where w.record is distinct from n.record
  order by 1
  limit 500;
$function$;
grant execute on function public.changed_grant_records(uuid,bigint) to authenticated;
comment on function public.changed_grant_records(uuid,bigint) is 'The records of a grant report that are other than when it was handed in. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.chart_runs(org uuid, integration uuid, days integer DEFAULT 7, since text DEFAULT NULL::text, until text DEFAULT NULL::text, at timestamp with time zone DEFAULT now())
 RETURNS TABLE(began text, ended text, began_at timestamp with time zone, ended_at timestamp with time zone, runs integer, failed_runs integer, active_runs integer, retries integer, read bigint, sent bigint, failed bigint, typical_ms bigint, longest_ms bigint, changes integer, in_maintenance boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with span as materialized (
    select s.* from private.history_span(chart_runs.org, chart_runs.integration, chart_runs.days, chart_runs.since, chart_runs.until, chart_runs.at) s
  ), bars as materialized (
    select b.place::integer as place, b.wall as began, w.ended, b.wall at time zone s.zone as began_at, w.ended at time zone s.zone as ended_at
    from span s
    cross join lateral generate_series(s.began, s.ended - interval '1 second', s.step) with ordinality b (wall, place)
    cross join lateral (select least(b.wall + s.step, s.ended) as ended) w
  ), edges as materialized (
    select array_agg(b.began_at order by b.place) as list from bars b
  ), counted as (
    select width_bucket(r.moment, (select e.list from edges e)) as place, count(*)::integer as runs,
      (count(*) filter (where r.status = 'failed'))::integer as failed_runs,
      (count(*) filter (where r.status in ('scheduled', 'running')))::integer as active_runs,
      (count(*) filter (where r.trigger = 'retry'))::integer as retries,
      sum(r.selected)::bigint as read, sum(r.exported + r.accepted)::bigint as sent, sum(r.failed)::bigint as failed,
      round(percentile_cont(0.5) within group (order by r.took))::bigint as typical_ms, round(max(r.took))::bigint as longest_ms
    from (
      select coalesce(r.started_at, r.created_at) as moment, r.status, r.trigger, r.selected, r.exported, r.accepted, r.failed,
        (extract(epoch from r.finished_at - r.started_at) * 1000)::float8 as took
      from public.runs r
      where r.org_id = chart_runs.org and r.integration_id = chart_runs.integration
        and coalesce(r.started_at, r.created_at) >= (select s.since_at from span s) and coalesce(r.started_at, r.created_at) < (select s.until_at from span s)
    ) r
    group by 1
  ), changed as (
    select width_bucket(a.at, (select e.list from edges e)) as place, count(*)::integer as changes
    from public.audit_log a
    where a.org_id = chart_runs.org and a.integration_id = chart_runs.integration and private.is_setup(a.action)
      and a.at >= (select s.since_at from span s) and a.at < (select s.until_at from span s)
    group by 1
  )
  select to_char(b.began, 'YYYY-MM-DD"T"HH24:MI'), to_char(b.ended, 'YYYY-MM-DD"T"HH24:MI'), b.began_at, b.ended_at,
    coalesce(c.runs, 0), coalesce(c.failed_runs, 0), coalesce(c.active_runs, 0), coalesce(c.retries, 0),
    coalesce(c.read, 0), coalesce(c.sent, 0), coalesce(c.failed, 0), c.typical_ms, c.longest_ms, coalesce(h.changes, 0),
    exists (
      select from public.maintenance_windows w
      where w.org_id = chart_runs.org and (w.integration_id = chart_runs.integration or w.integration_id is null)
        and w.starts_at < b.ended_at and w.ends_at > b.began_at)
  from bars b
  left join counted c on c.place = b.place
  left join changed h on h.place = b.place
  order by b.place;
$function$;
grant execute on function public.chart_runs(uuid,uuid,integer,text,text,timestamp with time zone) to authenticated;
comment on function public.chart_runs(uuid,uuid,integer,text,text,timestamp with time zone) is 'An integration''s runs, counted into about thirty bars. Refuses with SW404, SW422.';

CREATE OR REPLACE FUNCTION public.check_now(org uuid, integration uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.check_now(org, integration, now());
$function$;
grant execute on function public.check_now(uuid,uuid) to authenticated;
comment on function public.check_now(uuid,uuid) is 'Looks whether address and credential work: {run_id}; the answer is in integration_status. Refuses with SW403, SW404, SW409 (switched off).';

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

CREATE OR REPLACE FUNCTION public.clear_cursor(org uuid, integration uuid, stream text, reason text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.clear_cursor(org, integration, stream, reason, now());
$function$;
grant execute on function public.clear_cursor(uuid,uuid,text,text) to authenticated;
comment on function public.clear_cursor(uuid,uuid,text,text) is 'Has a stream fetched from its beginning again; answers how many rows were known. Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.completeness(org uuid, first_day date, last_day date)
 RETURNS TABLE(integration_id uuid, counts jsonb, lines jsonb, fingerprint text, signature jsonb)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with dated as (
    select r.integration_id, r.id, r.version, r.amount, r.currency, case
        when r.state = 'exported' then 'exported'
        when r.state = 'dismissed' then 'excluded'
        when r.state in ('failed', 'dead') then 'failed'
        when r.state = 'uncertain' then 'uncertain'
        else 'waiting' end as kind
    from public.records r
    join public.organizations o on o.id = r.org_id
    where r.org_id = org
      and coalesce(r.occurred_on, (r.created_at at time zone o.time_zone)::date) between completeness.first_day and completeness.last_day
  ), kinds as (
    select d.integration_id, d.currency, d.kind, count(*) as records, sum(d.amount) as amount,
           bit_xor(hashtextextended(concat_ws(' ', d.id, d.version, d.kind, d.amount, d.currency), 0)) as print
    from dated d
    group by d.integration_id, d.currency, d.kind
  ), lines as (
    select k.integration_id, jsonb_build_object('currency', k.currency, 'in_source', sum(k.amount)::text) || jsonb_object_agg(k.kind, k.amount::text) as line
    from kinds k
    where k.currency is not null
    group by k.integration_id, k.currency
  ), totals as (
    select k.integration_id, k.kind, sum(k.records)::bigint as records from kinds k group by k.integration_id, k.kind
  ), prints as (
    select k.integration_id, sum(k.records) || '-' || to_hex(bit_xor(k.print)) as fingerprint from kinds k group by k.integration_id
  )
  select i.id,
    (select jsonb_build_object('in_source', coalesce(sum(t.records), 0), 'exported', 0, 'excluded', 0, 'failed', 0, 'uncertain', 0, 'waiting', 0)
       || coalesce(jsonb_object_agg(t.kind, t.records), '{}')
     from totals t where t.integration_id = i.id),
    coalesce((select jsonb_agg(l.line order by l.line ->> 'currency') from lines l where l.integration_id = i.id), '[]'),
    coalesce((select p.fingerprint from prints p where p.integration_id = i.id), '0'),
    (select jsonb_build_object('name', s.signed_name, 'at', s.signed_at, 'note', s.note, 'current',
       s.fingerprint = coalesce((select p.fingerprint from prints p where p.integration_id = i.id), '0'))
     from public.statements s
     where s.org_id = i.org_id and s.integration_id = i.id and s.first_day = completeness.first_day and s.last_day = completeness.last_day
     order by s.id desc limit 1)
  from public.integrations i
  where i.org_id = org
  order by i.name, i.id;
$function$;
grant execute on function public.completeness(uuid,date,date) to authenticated;
comment on function public.completeness(uuid,date,date) is 'Per integration: what a period holds by where it is now, the latest signature under it, and whether that is still true. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.decide_uncertain(org uuid, record bigint, landed boolean, reason text)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.decide_uncertain(org, record, landed, reason, now());
$function$;
grant execute on function public.decide_uncertain(uuid,bigint,boolean,text) to authenticated;
comment on function public.decide_uncertain(uuid,bigint,boolean,text) is 'Settles an uncertain record by hand; answers its new state. Refuses with SW403, SW404, SW409, SW422.';

CREATE OR REPLACE FUNCTION public.decline_retry(org uuid, retry bigint, reason text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.decline_retry(org, retry, reason, now());
$function$;
grant execute on function public.decline_retry(uuid,bigint,text) to authenticated;
comment on function public.decline_retry(uuid,bigint,text) is 'Declines a retry that waits for approval. Refuses with SW403, SW404, SW409, SW422.';

CREATE OR REPLACE FUNCTION public.dismiss_matching(org uuid, integration uuid, reason text, cause bigint DEFAULT NULL::bigint, state text DEFAULT NULL::text, run bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.dismiss_matching(org, integration, cause, state, run, reason, now());
$function$;
grant execute on function public.dismiss_matching(uuid,uuid,text,bigint,text,bigint) to authenticated;
comment on function public.dismiss_matching(uuid,uuid,text,bigint,text,bigint) is 'Dismisses failed records that match: {dismissed, left}. Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.dismiss_records(org uuid, records bigint[], reason text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.dismiss_records(org, records, reason, now());
$function$;
grant execute on function public.dismiss_records(uuid,bigint[],text) to authenticated;
comment on function public.dismiss_records(uuid,bigint[],text) is 'Takes records out of the outbox with a reason; answers how many. Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.edit_record(org uuid, record bigint, version integer, changes jsonb, amount text DEFAULT NULL::text, currency text DEFAULT NULL::text, occurred_on text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.edit_record(org, record, version, changes, amount, currency, occurred_on, now());
$function$;
grant execute on function public.edit_record(uuid,bigint,integer,jsonb,text,text,text) to authenticated;
comment on function public.edit_record(uuid,bigint,integer,jsonb,text,text,text) is 'Sends a failed record again as edited: {retry_id, run_id, records, mapped, state}. Refuses with SW403, SW404, SW409 (changed meanwhile), SW422.';

CREATE OR REPLACE FUNCTION public.end_maintenance(org uuid, maintenance_window bigint, series boolean DEFAULT false)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.end_maintenance(org, maintenance_window, series, now());
$function$;
grant execute on function public.end_maintenance(uuid,bigint,boolean) to authenticated;
comment on function public.end_maintenance(uuid,bigint,boolean) is 'Ends or cancels a maintenance window, or all that are left of its series: `ended` or `cancelled`. Refuses with SW403, SW404, SW409 (over already).';

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

CREATE OR REPLACE FUNCTION public.enter_webhook(org uuid, integration uuid, secret text, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  door private.webhook_doors;
begin
  perform private.check_time(enter_webhook.at);
  target := private.behind_door(org, integration, secret);
  if target.id is null then
    return null;
  end if;
  update private.webhook_doors w
  set calls = case when w.minute_at > enter_webhook.at - interval '1 minute' then w.calls + 1 else 1 end,
      minute_at = case when w.minute_at > enter_webhook.at - interval '1 minute' then w.minute_at else enter_webhook.at end
  where w.org_id = org and w.integration_id = integration
  returning w.* into door;
  if door.calls > 600 then
    return jsonb_build_object('wait', greatest(1, ceil(extract(epoch from door.minute_at + interval '1 minute' - enter_webhook.at))));
  end if;
  return jsonb_build_object('system', target.system);
end $function$;
grant execute on function public.enter_webhook(uuid,uuid,text,timestamp with time zone) to service_role;
comment on function public.enter_webhook(uuid,uuid,text,timestamp with time zone) is 'Whose call this is: {system} or {wait}; null where nobody may call.';

CREATE OR REPLACE FUNCTION public.excluded_records(org uuid, integration uuid, first_day date, last_day date)
 RETURNS TABLE(record_id bigint, label text, source_id text, amount text, currency text, excluded_at timestamp with time zone, excluded_by text, reason text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select r.id, r.label, r.source_id, r.amount::text, r.currency, coalesce(a.at, r.settled_at), a.actor, a.reason
  from public.records r
  join public.organizations o on o.id = r.org_id
  left join lateral (
    select l.at, l.actor, l.reason from public.audit_log l
    where l.org_id = r.org_id and l.integration_id = r.integration_id and l.action = 'record.dismissed' and l.subject = 'record ' || r.id
    order by l.id desc limit 1
  ) a on true
  where r.org_id = org and r.integration_id = integration and r.state = 'dismissed'
    and coalesce(r.occurred_on, (r.created_at at time zone o.time_zone)::date) between excluded_records.first_day and excluded_records.last_day
  order by coalesce(a.at, r.settled_at) desc, r.id desc
  limit 500;
$function$;
grant execute on function public.excluded_records(uuid,uuid,date,date) to authenticated;
comment on function public.excluded_records(uuid,uuid,date,date) is 'The records of a period that were taken out on purpose, with who, when and why. Refuses with SW404.';

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

CREATE OR REPLACE FUNCTION public.grant_records(org uuid, template jsonb, first_day date, last_day date, integrations uuid[] DEFAULT NULL::uuid[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.grant_records(org, template, first_day, last_day, integrations);
$function$;
grant execute on function public.grant_records(uuid,jsonb,date,date,uuid[]) to authenticated;
comment on function public.grant_records(uuid,jsonb,date,date,uuid[]) is 'The records a grant report of a period is built of, and their fingerprint. Refuses with SW404, SW409 (handed in and locked), SW422.';

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

CREATE OR REPLACE FUNCTION public.hand_in_grant_report(org uuid, template jsonb, first_day date, last_day date, integrations uuid[], fields jsonb, fingerprint text, csv text, xlsx text, handed_in_on date, reference text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.hand_in_grant_report(org, template, first_day, last_day, integrations, fields, fingerprint, csv, xlsx, handed_in_on, reference, now());
$function$;
grant execute on function public.hand_in_grant_report(uuid,jsonb,date,date,uuid[],jsonb,text,text,text,date,text) to authenticated;
comment on function public.hand_in_grant_report(uuid,jsonb,date,date,uuid[],jsonb,text,text,text,date,text) is 'Keeps a grant report as handed in and locks its period; answers its id. Refuses with SW403, SW404, SW409 (locked, changed, not over), SW422.';

CREATE OR REPLACE FUNCTION public.invite_member(org uuid, email text, name text, role text)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.invite_member(org, email, name, role, now());
$function$;
grant execute on function public.invite_member(uuid,text,text,text) to authenticated;
comment on function public.invite_member(uuid,text,text,text) is 'Invites somebody by e-mail; answers the invitation''s id. Refuses with SW403, SW404, SW409 (a member already), SW422, SW429.';

CREATE OR REPLACE FUNCTION public.kept_grant_report(org uuid, report bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select jsonb_build_object('template', g.template, 'fields', g.fields, 'records', g.records, 'first_day', g.first_day, 'last_day', g.last_day,
    'csv', g.csv, 'xlsx', translate(encode(g.xlsx, 'base64'), e'\n', ''))
  from public.grant_reports g where g.org_id = org and g.id = report;
$function$;
grant execute on function public.kept_grant_report(uuid,bigint) to authenticated;
comment on function public.kept_grant_report(uuid,bigint) is 'A grant report and its files, byte by byte as handed in. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.list_grant_reports(org uuid)
 RETURNS TABLE(id bigint, scheme text, version text, first_day date, last_day date, integrations uuid[], fields jsonb, totals jsonb, csv_sha256 text, xlsx_sha256 text, reference text, handed_in_on date, handed_in_name text, handed_in_at timestamp with time zone, unlocked_name text, unlocked_at timestamp with time zone, unlock_reason text, changed boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select g.id, g.scheme, g.version, g.first_day, g.last_day, g.integrations, g.fields, g.totals, g.csv_sha256, g.xlsx_sha256, g.reference,
         g.handed_in_on, g.handed_in_name, g.handed_in_at, g.unlocked_name, g.unlocked_at, g.unlock_reason,
         case when g.unlocked_at is null then
           private.grant_fingerprint(private.grant_rows(g.org_id, g.template, g.first_day, g.last_day, g.integrations)) <> g.fingerprint end
  from public.grant_reports g
  where g.org_id = org
  order by g.id desc
  limit 50;
$function$;
grant execute on function public.list_grant_reports(uuid) to authenticated;
comment on function public.list_grant_reports(uuid) is 'The grant reports that were handed in, and whether a record of them has changed since. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.list_history(org uuid, integration uuid, kinds text[] DEFAULT NULL::text[], days integer DEFAULT 7, since text DEFAULT NULL::text, until text DEFAULT NULL::text, folded boolean DEFAULT false, before timestamp with time zone DEFAULT NULL::timestamp with time zone, before_key text DEFAULT NULL::text, size integer DEFAULT 50, at timestamp with time zone DEFAULT now())
 RETURNS TABLE(kind text, key text, happened_at timestamp with time zone, first_at timestamp with time zone, first_key text, detail jsonb)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with span as materialized (
    select s.zone, s.since_at, s.until_at, coalesce(list_history.before, 'infinity') as before, split_part(list_history.before_key, '-', 1) as before_kind,
      case when split_part(list_history.before_key, '-', 2) ~ '^[0-9]{1,18}$' then split_part(list_history.before_key, '-', 2)::bigint else 0 end as before_id,
      least(greatest(list_history.size, 1), 100) as size, coalesce(list_history.kinds, array['run', 'change', 'maintenance', 'incident']) as kinds
    from private.history_span(list_history.org, list_history.integration, list_history.days, list_history.since, list_history.until, list_history.at) s
  ), runs as (
    select 'run' as kind, r.id, coalesce(r.started_at, r.created_at) as moment,
      r.status = 'succeeded' and r.failed = 0 and r.trigger in ('schedule', 'follow_up') as quiet, r.selected, r.exported + r.accepted as sent,
      r.finished_at - r.started_at as took
    from public.runs r
    where r.org_id = list_history.org and r.integration_id = list_history.integration
      and coalesce(r.started_at, r.created_at) >= (select s.since_at from span s) and coalesce(r.started_at, r.created_at) < (select s.until_at from span s)
      and coalesce(r.started_at, r.created_at) <= (select s.before from span s)
      and ((select 'run' = any (s.kinds) from span s) or ((select 'problem' = any (s.kinds) from span s) and r.status in ('warning', 'failed')))
      and (coalesce(r.started_at, r.created_at), 'run', r.id) < (select s.before, s.before_kind, s.before_id from span s)
    order by coalesce(r.started_at, r.created_at) desc, r.id desc
    limit case when list_history.folded then null else (select s.size from span s) end
  ), others as (
    select 'change' as kind, a.id, a.at as moment
    from public.audit_log a
    where a.org_id = list_history.org and a.integration_id = list_history.integration and private.is_setup(a.action)
      and (select 'change' = any (s.kinds) from span s)
    union all
    select 'maintenance', w.id, w.starts_at
    from public.maintenance_windows w
    where w.org_id = list_history.org and (w.integration_id = list_history.integration or w.integration_id is null)
      and (select 'maintenance' = any (s.kinds) from span s)
    union all
    select 'opened', n.id, n.opened_at
    from public.incidents n
    where n.org_id = list_history.org and n.integration_id = list_history.integration and (select 'incident' = any (s.kinds) from span s)
    union all
    select 'recovered', n.id, n.resolved_at
    from public.incidents n
    where n.org_id = list_history.org and n.integration_id = list_history.integration and n.resolved_at is not null
      and (select 'incident' = any (s.kinds) from span s)
  ), events as (
    select r.kind, r.id, r.moment, r.quiet, r.selected, r.sent, r.took from runs r
    union all
    select o.kind, o.id, o.moment, false, null, null, null
    from others o
    where o.moment >= (select s.since_at from span s) and o.moment < (select s.until_at from span s)
      and (o.moment, o.kind, o.id) < (select s.before, s.before_kind, s.before_id from span s)
  ), stretches as (
    -- What nothing comes between has as many others before it.
    select e.*, list_history.folded and e.quiet as folds, (e.moment at time zone (select s.zone from span s))::date as day,
      count(*) filter (where not (list_history.folded and e.quiet)) over (order by e.moment desc, e.kind desc, e.id desc rows unbounded preceding) as stretch
    from events e
  ), shown as (
    select min(e.kind) as kind, max(e.id) as id, max(e.moment) as moment, min(e.moment) as first_moment, min(e.id) as first_id, count(*) as events,
      sum(e.selected) as selected, sum(e.sent) as sent, max(e.took) as longest
    from stretches e
    group by e.folds, e.day, e.stretch
    order by 3 desc, 1 desc, 2 desc
    limit (select s.size from span s)
  )
  select case when e.events > 1 then 'runs' else e.kind end, e.kind || '-' || e.id, e.moment, e.first_moment, e.kind || '-' || e.first_id,
    case when e.events > 1 then jsonb_build_object('runs', e.events, 'selected', e.selected, 'exported', e.sent,
      'longest_ms', (extract(epoch from e.longest) * 1000)::bigint)
    when e.kind = 'run' then (
      select jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger,
        'requested_by_name', (select m.name from public.members m where m.org_id = r.org_id and m.user_id = r.requested_by),
        'has_started', r.started_at is not null, 'duration_ms', (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint,
        'selected', r.selected, 'exported', r.exported, 'accepted', r.accepted, 'failed', r.failed, 'retrying', r.retrying, 'skipped', r.skipped,
        'uncertain', r.uncertain, 'error_message', left(r.error_message, 300))
      from public.runs r where r.org_id = list_history.org and r.id = e.id)
    when e.kind = 'change' then (
      select jsonb_build_object('id', a.id, 'at', a.at, 'actor_id', a.actor_id, 'actor', a.actor, 'action', a.action, 'subject', a.subject,
        'before', a.before, 'after', a.after, 'reason', a.reason)
      from public.audit_log a where a.org_id = list_history.org and a.id = e.id)
    when e.kind = 'maintenance' then (
      select jsonb_build_object('id', w.id, 'starts_at', w.starts_at, 'ends_at', w.ends_at, 'reason', w.reason, 'is_for_all', w.integration_id is null)
      from public.maintenance_windows w where w.org_id = list_history.org and w.id = e.id)
    else (
      select jsonb_build_object('id', n.id, 'alarm', n.alarm, 'subject', n.subject, 'urgency', n.urgency, 'state', n.state, 'opened_at', n.opened_at,
        'resolved_at', n.resolved_at, 'message', (
          select left(c.sample, 300) from public.causes c
          where c.org_id = n.org_id and c.id = case when n.alarm = 'cause_refused' and n.subject ~ '^[0-9]{1,18}$' then n.subject::bigint end))
      from public.incidents n where n.org_id = list_history.org and n.id = e.id)
    end
  from shown e
  order by e.moment desc, e.kind desc, e.id desc;
$function$;
grant execute on function public.list_history(uuid,uuid,text[],integer,text,text,boolean,timestamp with time zone,text,integer,timestamp with time zone) to authenticated;
comment on function public.list_history(uuid,uuid,text[],integer,text,text,boolean,timestamp with time zone,text,integer,timestamp with time zone) is 'An integration''s line of time, newest first: runs, changes, maintenance, incidents. Refuses with SW404, SW422.';

CREATE OR REPLACE FUNCTION public.list_members(org uuid)
 RETURNS TABLE(user_id uuid, name text, role text, locale text, email text, created_at timestamp with time zone, is_me boolean, told boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.list_members(org);
$function$;
grant execute on function public.list_members(uuid) to authenticated;
comment on function public.list_members(uuid) is 'Members with role and whether an alarm would reach them by e-mail. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.mark_read(org uuid, notifications bigint[] DEFAULT NULL::bigint[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.mark_read(org, notifications);
$function$;
grant execute on function public.mark_read(uuid,bigint[]) to authenticated;
comment on function public.mark_read(uuid,bigint[]) is 'Marks the caller''s own notifications as read; null means all. Answers how many.';

CREATE OR REPLACE FUNCTION public.open_webhook(org uuid, integration uuid)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.open_webhook(org, integration, now());
$function$;
grant execute on function public.open_webhook(uuid,uuid) to authenticated;
comment on function public.open_webhook(uuid,uuid) is 'Makes the path, below the functions'' address, that a system is to call; told once. Refuses with SW403, SW404.';

CREATE OR REPLACE FUNCTION public.period_report(org uuid, first_day date, last_day date, at timestamp with time zone DEFAULT now())
 RETURNS TABLE(integration_id uuid, slug text, name text, system text, runs bigint, failed_runs bigint, exported bigint, refused bigint, amounts jsonb, red_seconds bigint, incidents bigint, open_incidents bigint, detect_seconds bigint, fix_seconds bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with span as (
    select o.id as org_id, period_report.first_day::timestamp at time zone o.time_zone as from_at,
           (period_report.last_day + 1)::timestamp at time zone o.time_zone as to_at
    from public.organizations o where o.id = org
  )
  select i.id, i.slug, i.name, i.system, r.runs, r.failed_runs, m.exported, r.refused, m.amounts, h.red_seconds, n.incidents, n.open_incidents,
         n.detect_seconds, n.fix_seconds
  from span s
  join public.integrations i on i.org_id = s.org_id
  cross join lateral (
    select count(*) as runs, count(*) filter (where r.status = 'failed') as failed_runs, coalesce(sum(r.failed), 0)::bigint as refused
    from public.runs r
    where r.org_id = i.org_id and r.integration_id = i.id and r.finished_at >= s.from_at and r.finished_at < s.to_at
  ) r
  cross join lateral (
    select coalesce(sum(c.records), 0)::bigint as exported,
           coalesce(jsonb_agg(jsonb_build_object('currency', c.currency, 'amount', c.amount::text, 'records', c.priced) order by c.currency)
             filter (where c.priced > 0), '[]') as amounts
    from (
      select x.currency, count(*) as records, count(x.amount) as priced, sum(x.amount) as amount
      from public.records x
      where x.org_id = i.org_id and x.integration_id = i.id and x.state = 'exported' and x.settled_at >= s.from_at and x.settled_at < s.to_at
      group by x.currency
    ) c
  ) m
  cross join lateral (
    select coalesce(sum(extract(epoch from c.until - greatest(c.since, s.from_at))), 0)::bigint as red_seconds
    from (
      select l.at as since, l.after, lead(l.at, 1, least(s.to_at, period_report.at)) over (order by l.id) as until
      from public.health_changes l
      where l.org_id = i.org_id and l.integration_id = i.id and l.kind = 'light' and l.at < s.to_at
    ) c
    where c.after = 'red' and c.until > s.from_at
  ) h
  cross join lateral (
    select count(*) as incidents, count(*) filter (where t.state <> 'resolved') as open_incidents,
           percentile_cont(0.5) within group (order by extract(epoch from t.opened_at - coalesce(b.began_at, t.opened_at)))::bigint as detect_seconds,
           percentile_cont(0.5) within group (order by extract(epoch from t.resolved_at - t.opened_at))::bigint as fix_seconds
    from public.incidents t
    cross join lateral (
      select min(f.finished_at) as began_at
      from public.runs f
      where f.org_id = t.org_id and f.integration_id = t.integration_id and f.status = 'failed' and f.finished_at <= t.opened_at
        and f.id > coalesce((
          select max(g.id) from public.runs g
          where g.org_id = t.org_id and g.integration_id = t.integration_id and g.status in ('succeeded', 'warning') and g.finished_at < t.opened_at), 0)
    ) b
    where t.org_id = i.org_id and t.integration_id = i.id and t.opened_at >= s.from_at and t.opened_at < s.to_at
  ) n
  order by i.name, i.id;
$function$;
grant execute on function public.period_report(uuid,date,date,timestamp with time zone) to authenticated;
comment on function public.period_report(uuid,date,date,timestamp with time zone) is 'Per integration: runs, what went across and its amounts, refusals, time red, incidents, and the times to detect and to fix them. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.preview_maintenance(org uuid, ends text, starts text DEFAULT NULL::text, weekly_until text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.preview_maintenance(org, starts, ends, weekly_until, now());
$function$;
grant execute on function public.preview_maintenance(uuid,text,text,text) to authenticated;
comment on function public.preview_maintenance(uuid,text,text,text) is 'The windows a plan would make: {windows, cutoffs, next: [{starts_at, ends_at, cutoff_at}]}. Refuses with SW404, SW422.';

CREATE OR REPLACE FUNCTION public.preview_retry(org uuid, integration uuid, scope text DEFAULT 'open'::text, cause bigint DEFAULT NULL::bigint, records bigint[] DEFAULT NULL::bigint[], corrections jsonb DEFAULT NULL::jsonb, state text DEFAULT NULL::text, run bigint DEFAULT NULL::bigint, retry bigint DEFAULT NULL::bigint, most integer DEFAULT 3)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.preview_retry(org, integration, scope, cause, records, corrections, state, run, retry, most);
$function$;
grant execute on function public.preview_retry(uuid,uuid,text,bigint,bigint[],jsonb,text,bigint,bigint,integer) to authenticated;
comment on function public.preview_retry(uuid,uuid,text,bigint,bigint[],jsonb,text,bigint,bigint,integer) is 'What a retry would send: {records, corrected, needs_approval, sample: [{id, source_id, label, version, before, after}]}. Refuses with SW403, SW404, SW422.';

CREATE OR REPLACE FUNCTION public.preview_schedule(org uuid, integration uuid, every_minutes integer DEFAULT NULL::integer, calendar jsonb DEFAULT NULL::jsonb, first_run text DEFAULT NULL::text)
 RETURNS timestamp with time zone[]
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.preview_schedule(org, integration, every_minutes, calendar, first_run, now());
$function$;
grant execute on function public.preview_schedule(uuid,uuid,integer,jsonb,text) to authenticated;
comment on function public.preview_schedule(uuid,uuid,integer,jsonb,text) is 'The next five runs under a schedule that is not saved yet. Refuses with SW404, SW422.';

CREATE OR REPLACE FUNCTION public.read_webhook(org uuid, integration uuid, secret text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('system', i.system, 'settings', i.settings, 'credential', private.credential_of(i.credential_secret_id))
  from private.behind_door(org, integration, secret) i where i.id is not null;
$function$;
grant execute on function public.read_webhook(uuid,uuid,text) to service_role;
comment on function public.read_webhook(uuid,uuid,text) is 'Settings and credential for reading a call: {system, settings, credential}; null where nobody may call.';

CREATE OR REPLACE FUNCTION public.record_check(org uuid, run bigint, token uuid, result jsonb, error text, at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  -- The integration before the run, as whoever asks for a retry takes them: the other way round the two would wait in a circle.
  perform from public.integrations i where i.org_id = record_check.org and i.id = (
    select r.integration_id from public.runs r where r.org_id = record_check.org and r.id = record_check.run) for no key update;
  held := private.hold_lease(org, run, token, record_check.at);
  update public.integration_status s
  set checked_at = record_check.at, check_error = left(error, 2000), dirty = true,
      checked_as = case when error is null then left(result ->> 'as', 500) else s.checked_as end,
      check_warnings = case when error is null then array(select left(w, 500) from jsonb_array_elements_text(result -> 'warnings') w limit 20) else s.check_warnings end
  where s.org_id = record_check.org and s.integration_id = held.integration_id;
  update public.integrations i set credential_expires_at = (result ->> 'expires_at')::timestamptz, updated_at = record_check.at
  where i.org_id = record_check.org and i.id = held.integration_id and error is null
    and (result ->> 'expires_at')::timestamptz is distinct from i.credential_expires_at and result ->> 'expires_at' is not null;
end $function$;
grant execute on function public.record_check(uuid,bigint,uuid,jsonb,text,timestamp with time zone) to service_role;
comment on function public.record_check(uuid,bigint,uuid,jsonb,text,timestamp with time zone) is 'Writes down what a look at address and credential found. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.record_signals(org uuid, run bigint, token uuid, measured jsonb, error text, at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, record_signals.at);
  update public.integration_status s set signals_error = left(record_signals.error, 2000)
  where s.org_id = record_signals.org and s.integration_id = held.integration_id;
  if record_signals.error is null then
    delete from public.signals g
    where g.org_id = record_signals.org and g.integration_id = held.integration_id and g.name <> 'data_lag_minutes' and not exists (
      select from jsonb_array_elements(measured) m where m ->> 'name' = g.name and coalesce(m ->> 'about', '') = g.about);
    perform private.keep_signals(org, held.integration_id, measured);
  end if;
end $function$;
grant execute on function public.record_signals(uuid,bigint,uuid,jsonb,text,timestamp with time zone) to service_role;
comment on function public.record_signals(uuid,bigint,uuid,jsonb,text,timestamp with time zone) is 'Writes down what a system measured of itself. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.remove_member(org uuid, member uuid, was text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.move_member(org, member, was, null);
$function$;
grant execute on function public.remove_member(uuid,uuid,text) to authenticated;
comment on function public.remove_member(uuid,uuid,text) is 'Removes a member. Refuses with SW403, SW404, SW409 (last owner, changed meanwhile).';

CREATE OR REPLACE FUNCTION public.renew_credential(org uuid, run bigint, token uuid, was jsonb, becomes jsonb, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
  target public.integrations;
begin
  -- The integration before the run, as whoever asks for a retry takes them: the other way round the two would wait in a circle.
  perform from public.integrations i where i.org_id = renew_credential.org and i.id = (
    select r.integration_id from public.runs r where r.org_id = renew_credential.org and r.id = renew_credential.run) for no key update;
  held := private.hold_lease(org, run, token, renew_credential.at);
  target := private.integration_of(org, held.integration_id);
  if becomes is not null and private.credential_of(target.credential_secret_id) = was and jsonb_typeof(becomes) = 'object' and octet_length(becomes::text) <= 65536 then
    perform vault.update_secret(target.credential_secret_id, becomes::text);
    return becomes;
  end if;
  return private.credential_of(target.credential_secret_id);
end $function$;
grant execute on function public.renew_credential(uuid,bigint,uuid,jsonb,jsonb,timestamp with time zone) to service_role;
comment on function public.renew_credential(uuid,bigint,uuid,jsonb,jsonb,timestamp with time zone) is 'Keeps a renewed credential in the place of the one it was given for; answers the one that stands. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.restore_records(org uuid, records bigint[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.restore_records(org, records, now());
$function$;
grant execute on function public.restore_records(uuid,bigint[]) to authenticated;
comment on function public.restore_records(uuid,bigint[]) is 'Takes a dismissal back; answers how many records are open again. Refuses with SW403, SW404.';

CREATE OR REPLACE FUNCTION public.retry_failed(org uuid, integration uuid, scope text DEFAULT 'open'::text, cause bigint DEFAULT NULL::bigint, records bigint[] DEFAULT NULL::bigint[], field text DEFAULT NULL::text, from_value text DEFAULT NULL::text, to_value text DEFAULT NULL::text, canary boolean DEFAULT false, corrections jsonb DEFAULT NULL::jsonb, state text DEFAULT NULL::text, run bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.retry_failed(org, integration, scope, cause, records, field, from_value, to_value, canary, now(), corrections, state, run);
$function$;
grant execute on function public.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean,jsonb,text,bigint) to authenticated;
comment on function public.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean,jsonb,text,bigint) is 'Sends failed records again: {retry_id, run_id, records, mapped, state}. Refuses with SW403, SW404, SW409 (switched off, nobody to approve), SW422.';

CREATE OR REPLACE FUNCTION public.send_test(org uuid, channel text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.send_test(org, channel, now());
$function$;
grant execute on function public.send_test(uuid,text) to authenticated;
comment on function public.send_test(uuid,text) is 'Sends the caller a test: {notification_id, delivery_id}. Refuses with SW403, SW404, SW422, SW429 (five in ten minutes).';

CREATE OR REPLACE FUNCTION public.set_approve_changes(org uuid, required boolean, reason text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_approve_changes(org, required, reason);
$function$;
grant execute on function public.set_approve_changes(uuid,boolean,text) to authenticated;
comment on function public.set_approve_changes(uuid,boolean,text) is 'Switches the second person''s approval on or off. Refuses with SW403, SW404, SW422.';

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

CREATE OR REPLACE FUNCTION public.set_notification(org uuid, event text, channel text, enabled boolean)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_notification(org, event, channel, enabled);
$function$;
grant execute on function public.set_notification(uuid,text,text,boolean) to authenticated;
comment on function public.set_notification(uuid,text,text,boolean) is 'Switches an event on or off for one of the caller''s channels. Refuses with SW403, SW404, SW409 (the last reached), SW422.';

CREATE OR REPLACE FUNCTION public.set_role(org uuid, member uuid, was text, becomes text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.move_member(org, member, was, coalesce(becomes, ''));
end $function$;
grant execute on function public.set_role(uuid,uuid,text,text) to authenticated;
comment on function public.set_role(uuid,uuid,text,text) is 'Changes a member''s role. Refuses with SW403, SW404, SW409 (last owner, changed meanwhile), SW422.';

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

CREATE OR REPLACE FUNCTION public.sign_statement(org uuid, integration uuid, first_day date, last_day date, fingerprint text, note text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.sign_statement(org, integration, first_day, last_day, fingerprint, note, now());
$function$;
grant execute on function public.sign_statement(uuid,uuid,date,date,text,text) to authenticated;
comment on function public.sign_statement(uuid,uuid,date,date,text,text) is 'Signs that a period is accounted for; answers the statement''s id. Refuses with SW403, SW404, SW409 (not over, changed, still moving), SW422.';

CREATE OR REPLACE FUNCTION public.snooze_incident(org uuid, incident bigint, minutes integer DEFAULT NULL::integer, reason text DEFAULT NULL::text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.snooze_incident(org, incident, minutes, reason, now());
$function$;
grant execute on function public.snooze_incident(uuid,bigint,integer,text) to authenticated;
comment on function public.snooze_incident(uuid,bigint,integer,text) is 'Snoozes an open incident, or ends its snooze; answers until when. Refuses with SW403, SW404, SW409 (over), SW422.';

CREATE OR REPLACE FUNCTION public.stop_retry(org uuid, retry bigint)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.stop_retry(org, retry, now());
$function$;
grant execute on function public.stop_retry(uuid,bigint) to authenticated;
comment on function public.stop_retry(uuid,bigint) is 'Stops a retry: {retry_id, not_sent}. Refuses with SW403, SW404, SW409 (over already).';

CREATE OR REPLACE FUNCTION public.store_page(org uuid, run bigint, token uuid, stream text, records jsonb, shape jsonb, after text, cursor text, more boolean, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.runs;
  target public.streams;
  given constant integer := jsonb_array_length(records);
  news integer;
  newest timestamptz;
begin
  held := private.hold_lease(org, run, token, store_page.at);
  news := private.keep_page(org, held.integration_id, store_page.stream, records, store_page.shape, more is false, store_page.at);
  select max((r ->> 'changed_at')::timestamptz) into newest from jsonb_array_elements(records) r;
  update public.streams s
  set run_id = case when more is null then s.run_id else held.id end,
      cursor = case when more is null or s.cursor is distinct from store_page.after then s.cursor else store_page.cursor end,
      cursor_at = case when more is null or s.cursor is distinct from store_page.after then s.cursor_at else store_page.at end,
      is_done = more is false and s.cursor is not distinct from store_page.after,
      as_of = case
        when s.cursor is distinct from store_page.after then s.as_of
        when more is false then store_page.at
        else greatest(s.as_of, least(newest, store_page.at)) end
  where s.org_id = store_page.org and s.integration_id = held.integration_id and s.stream = store_page.stream
  returning s.* into target;
  update public.runs u
  set selected = u.selected + given, exported = u.exported + news, skipped = u.skipped + given - news, lost_slices = 0
  where u.org_id = store_page.org and u.id = held.id;
  return jsonb_build_object('cursor', target.cursor, 'is_done', target.is_done, 'news', news);
end $function$;
grant execute on function public.store_page(uuid,bigint,uuid,text,jsonb,jsonb,text,text,boolean,timestamp with time zone) to service_role;
comment on function public.store_page(uuid,bigint,uuid,text,jsonb,jsonb,text,text,boolean,timestamp with time zone) is 'Stores fetched records and the cursor behind them in one transaction: {cursor, is_done, news}. Refuses with SW410 when the lease was lost.';

CREATE OR REPLACE FUNCTION public.store_webhook(org uuid, integration uuid, secret text, call_id text, stream text, records jsonb, shape jsonb, at timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  news integer;
begin
  perform private.check_time(store_webhook.at);
  if (private.behind_door(org, integration, secret)).id is null then
    perform private.refuse('SW404', 'Nobody may call for this integration.', 'Open its webhook first.');
  end if;
  insert into public.webhook_calls (org_id, integration_id, call_id, at, stream, rows)
  values (org, integration, store_webhook.call_id, store_webhook.at, store_webhook.stream, jsonb_array_length(records))
  on conflict on constraint webhook_calls_pkey do nothing;
  if not found then
    return jsonb_build_object('taken', false, 'news', 0);
  end if;
  -- What only comes by itself has no end to be read to: 20 records show what it is like.
  news := private.keep_page(org, integration, store_webhook.stream, records, store_webhook.shape, coalesce((
    select s.rows >= 20 from public.streams s where s.org_id = org and s.integration_id = integration and s.stream = store_webhook.stream), false),
    store_webhook.at);
  return jsonb_build_object('taken', true, 'news', news);
end $function$;
grant execute on function public.store_webhook(uuid,uuid,text,text,text,jsonb,jsonb,timestamp with time zone) to service_role;
comment on function public.store_webhook(uuid,uuid,text,text,text,jsonb,jsonb,timestamp with time zone) is 'Stores what a genuine call brought, once: {taken, news}. Refuses with SW404.';

CREATE OR REPLACE FUNCTION public.sync_now(org uuid, integration uuid)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.sync_now(org, integration, now());
$function$;
grant execute on function public.sync_now(uuid,uuid) to authenticated;
comment on function public.sync_now(uuid,uuid) is 'Starts a run now: {run_id}. Refuses with SW403, SW404, SW409 (switched off).';

CREATE OR REPLACE FUNCTION public.tell_dedupe(org uuid, run bigint, token uuid, dedupe text, settles_within_seconds integer, at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.hold_lease(org, run, token, tell_dedupe.at);
  update public.runs r set dedupe = tell_dedupe.dedupe, settles_within_seconds = tell_dedupe.settles_within_seconds
  where r.org_id = org and r.id = run;
end $function$;
grant execute on function public.tell_dedupe(uuid,bigint,uuid,text,integer,timestamp with time zone) to service_role;
comment on function public.tell_dedupe(uuid,bigint,uuid,text,integer,timestamp with time zone) is 'Tells a run how its system deduplicates, once the settings are read. Refuses with SW410.';

CREATE OR REPLACE FUNCTION public.unlock_grant_report(org uuid, report bigint, reason text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.unlock_grant_report(org, report, reason, now());
$function$;
grant execute on function public.unlock_grant_report(uuid,bigint,text) to authenticated;
comment on function public.unlock_grant_report(uuid,bigint,text) is 'Unlocks the period of a grant report that was handed in. Refuses with SW403, SW404, SW409 (unlocked already), SW422 (no reason).';

CREATE OR REPLACE FUNCTION public.update_integration(org uuid, integration uuid, expected timestamp with time zone, changes jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.update_integration(org, integration, expected, changes, now());
$function$;
grant execute on function public.update_integration(uuid,uuid,timestamp with time zone,jsonb) to authenticated;
comment on function public.update_integration(uuid,uuid,timestamp with time zone,jsonb) is 'Changes an integration''s configuration: {updated_at, credential_forgotten}. Refuses with SW403, SW404, SW409 (changed meanwhile), SW422.';

CREATE OR REPLACE FUNCTION public.withdraw_invitation(org uuid, invitation bigint)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.withdraw_invitation(org, invitation, now());
$function$;
grant execute on function public.withdraw_invitation(uuid,bigint) to authenticated;
comment on function public.withdraw_invitation(uuid,bigint) is 'Withdraws an invitation. Refuses with SW403, SW404, SW409 (accepted already).';

CREATE OR REPLACE FUNCTION private.accept_invitation(org uuid, at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  invitation public.invitations;
begin
  if auth.uid() is null then
    perform private.refuse('SW401', 'You are signed out.', 'Sign in and try again.');
  elsif exists (select from public.members m where m.org_id = accept_invitation.org and m.user_id = auth.uid()) then
    perform private.refuse('SW409', 'You are a member already.', 'Go to the overview.');
  end if;
  -- Locked like every move of members, so that whoever invited is not removed at the same moment.
  perform from public.members m where m.org_id = accept_invitation.org order by m.user_id for update;
  select i.* into invitation from public.invitations i
  where i.org_id = accept_invitation.org and i.email = private.my_address() and i.state = 'open' for update;
  if not found or not private.still_stands(invitation, accept_invitation.at) then
    perform private.refuse('SW404', 'There is no such organization, or you are not a member of it.', 'Check the address, or ask an owner to add you.');
  end if;
  insert into public.members (org_id, user_id, role, name, locale)
  values (invitation.org_id, auth.uid(), invitation.role, invitation.name, (
    select d.locale from public.deliveries d where d.org_id = invitation.org_id and d.invitation_id = invitation.id order by d.created_at desc limit 1));
  update public.invitations i set state = 'accepted', ended_at = accept_invitation.at where i.org_id = invitation.org_id and i.id = invitation.id;
  perform private.audit(org, 'invitation.accepted', accept_invitation.at, subject := 'invitation ' || invitation.id,
    after := jsonb_build_object('role', invitation.role, 'invited_by', invitation.invited_by_name));
  return (select o.slug from public.organizations o where o.id = invitation.org_id);
end $function$;
grant execute on function private.accept_invitation(uuid,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.accept_shape(org uuid, integration uuid, stream text, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.streams;
  accepted integer;
begin
  perform private.require_role(org);
  target := private.stream_of(org, integration, accept_shape.stream);
  select count(*) into accepted from jsonb_object_keys(target.drift);
  if accepted > 0 then
    update public.streams s set drift = '{}' where s.org_id = org and s.integration_id = integration and s.stream = target.stream;
    perform private.count_drift(org, integration);
    perform private.audit(org, 'shape.accepted', accept_shape.at, integration, subject := 'stream ' || target.stream,
      after := private.drift_evidence(target.stream, target.drift));
    perform private.evaluate_health(accept_shape.at, array[integration]);
  end if;
  return accepted;
end $function$;
grant execute on function private.accept_shape(uuid,uuid,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.acknowledge_incident(org uuid, incident bigint, acknowledged boolean, reason text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target constant public.incidents := private.open_incident(org, incident);
  why constant text := private.check_optional_reason(reason);
begin
  if acknowledged is null then
    perform private.refuse('SW422', 'acknowledged is true or false.', 'Say whether somebody is on it.');
  elsif acknowledged = (target.acknowledged_at is not null) then
    return;
  end if;
  update public.incidents i
  set acknowledged_at = case when acknowledged then acknowledge_incident.at end, acknowledged_by = case when acknowledged then auth.uid() end
  where i.org_id = org and i.id = incident;
  perform private.audit(org, case when acknowledged then 'incident.acknowledged' else 'incident.acknowledgement_withdrawn' end,
    acknowledge_incident.at, target.integration_id, 'incident ' || incident, jsonb_build_object('acknowledged_at', target.acknowledged_at),
    jsonb_build_object('acknowledged_at', case when acknowledged then acknowledge_incident.at end), why);
end $function$;
grant execute on function private.acknowledge_incident(uuid,bigint,boolean,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.add_maintenance(org uuid, reason text, starts text, ends text, minutes integer, integration uuid, weekly_until text, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  zone text;
  firsts timestamptz[];
  lasts timestamptz[];
  made bigint;
  same public.maintenance_windows;
begin
  perform private.require_role(org);
  if integration is not null then
    perform private.integration_of(org, integration);
  end if;
  perform private.check_reason(reason, 'Planned work needs a reason.', 'Say what is being done, for those who wonder why nothing runs.');
  -- One planner at a time, so that a double click meets the window it made.
  select o.time_zone into zone from public.organizations o where o.id = org for no key update;
  select array_agg(p.starts_at order by p.starts_at), array_agg(p.ends_at order by p.starts_at) into firsts, lasts
  from private.planned_windows(zone, starts, ends, minutes, weekly_until, add_maintenance.at) p;
  select w.* into same
  from unnest(firsts, lasts) p (starts_at, ends_at)
  join public.maintenance_windows w on w.org_id = org and w.integration_id is not distinct from add_maintenance.integration
    and w.starts_at < p.ends_at and w.ends_at > p.starts_at
  order by w.starts_at limit 1;
  if same.id is not null and same.ends_at - lasts[1] between interval '-1 minute' and interval '1 minute' and same.reason = trim(add_maintenance.reason)
    and same.starts_at - firsts[1] between interval '-1 minute' and interval '1 minute' and (same.series is null) = (weekly_until is null) then
    return same.id;
  elsif same.id is not null then
    perform private.refuse('SW409', format('There is a window already, from %s to %s.',
      to_char(same.starts_at at time zone zone, 'YYYY-MM-DD HH24:MI'), to_char(same.ends_at at time zone zone, 'YYYY-MM-DD HH24:MI')), 'End that one first, or choose a time beside it.');
  end if;
  with added as (
    insert into public.maintenance_windows (org_id, integration_id, starts_at, ends_at, reason, created_by, series)
    select org, add_maintenance.integration, p.starts_at, p.ends_at, trim(add_maintenance.reason), auth.uid(), s.series
    from unnest(firsts, lasts) p (starts_at, ends_at)
    cross join (select case when weekly_until is not null then gen_random_uuid() end as series) s
    order by p.starts_at
    returning id
  )
  select min(a.id) into made from added a;
  if weekly_until is not null then
    perform private.audit(org, 'maintenance_window.repeated', add_maintenance.at, add_maintenance.integration, 'maintenance window ' || made,
      after := jsonb_build_object('starts_at', firsts[1], 'ends_at', lasts[1], 'weekly_until', weekly_until, 'windows', cardinality(firsts),
        'reason', trim(add_maintenance.reason)));
  end if;
  perform private.look_again(org, add_maintenance.integration, add_maintenance.at);
  return made;
end $function$;
grant execute on function private.add_maintenance(uuid,text,text,text,integer,uuid,text,timestamp with time zone) to authenticated;

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
  perform private.wake_incidents(alert.at);
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
      update public.incidents i set state = 'resolved', resolved_at = change.at, snoozed_until = null, snoozed_by = null, snooze_reason = null
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
      -- A snooze holds back what is no worse than it was known to be; what becomes critical ends it.
      if incident.urgency = 'critical' or (incident.snoozed_until > change.at) is not true then
        update public.incidents i set snoozed_until = null, snoozed_by = null, snooze_reason = null
        where i.org_id = incident.org_id and i.id = incident.id and i.snoozed_until is not null;
        perform private.notify(incident, 'raised', change.id, change.at);
      end if;
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
      settled_at = null, closed_at = null, closed_by = null, closed_reason = null, failed_at = null, cause_id = null, error_message = null, error_code = null, error_field = null,
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

CREATE OR REPLACE FUNCTION private.approve_retry(org uuid, retry bigint, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
begin
  perform private.require_role(org);
  asked := private.hold_retry(org, retry, array['asked']);
  -- Once the organization asks for no second person, the first one need not wait for any.
  if asked.requested_by is not distinct from auth.uid() and (select o.approve_changes from public.organizations o where o.id = org) then
    perform private.refuse('SW403', 'You asked for this yourself: somebody else has to approve it.', 'Ask another owner or admin.');
  elsif not (private.integration_of(org, asked.integration_id)).enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  update public.retries t set state = 'waiting', approved_by = auth.uid(), approved_at = approve_retry.at
  where t.org_id = approve_retry.org and t.id = retry;
  perform private.audit(org, 'retry.approved', approve_retry.at, asked.integration_id, subject := 'retry ' || retry,
    after := jsonb_build_object('records', asked.records));
  perform private.start_retries(org, asked.integration_id, approve_retry.at);
  perform private.tell_asker(asked, true, null, approve_retry.at);
  return jsonb_build_object('retry_id', retry, 'records', asked.records);
end $function$;
grant execute on function private.approve_retry(uuid,bigint,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.as_sent(corrections jsonb, edit jsonb, record public.records)
 RETURNS public.records
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if edit is not null then
    record.payload := edit -> 'payload';
    record.amount := (edit ->> 'amount')::numeric;
    record.currency := edit ->> 'currency';
    record.occurred_on := (edit ->> 'occurred_on')::date;
  elsif corrections is not null then
    record.payload := private.corrected(corrections, record.payload);
  end if;
  return record;
end $function$;

CREATE OR REPLACE FUNCTION private.assign_incident(org uuid, incident bigint, member uuid, reason text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target constant public.incidents := private.open_incident(org, incident);
  why constant text := private.check_optional_reason(reason);
begin
  if target.assigned_to is not distinct from member then
    return;
  -- Locked, so that nobody is removed while the incident becomes theirs.
  elsif member is not null then
    perform from public.members m where m.org_id = org and m.user_id = member and m.role in ('owner', 'admin') for share;
    if not found then
      perform private.refuse('SW422', 'An incident is assigned to an owner or admin of the organization.', 'Choose somebody who may act.');
    end if;
  end if;
  update public.incidents i set assigned_to = member where i.org_id = org and i.id = incident;
  perform private.audit(org, 'incident.assigned', assign_incident.at, target.integration_id, 'incident ' || incident,
    jsonb_build_object('assigned_to', (select m.name from public.members m where m.org_id = org and m.user_id = target.assigned_to)),
    jsonb_build_object('assigned_to', (select m.name from public.members m where m.org_id = org and m.user_id = member)), why);
end $function$;
grant execute on function private.assign_incident(uuid,bigint,uuid,text,timestamp with time zone) to authenticated;

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
  -- Fifty windows made or taken out at once are one act, which whoever does it tells: private.add_maintenance, private.end_maintenance.
  if tg_op <> 'UPDATE' and kind = 'maintenance_window' and this ->> 'series' is not null then
    return null;
  elsif tg_op = 'UPDATE' then
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
  insert into private.blind_spots (job, began_at, ended_at)
  select h.job, h.beat_at, beat.at
  from private.heartbeats h
  where h.job = beat.job and h.job <> 'retention' and h.beat_at < beat.at - interval '3 minutes'
  on conflict do nothing;
  insert into private.heartbeats as h (job, beat_at)
  values (beat.job, beat.at)
  on conflict (job) do update
    set beat_at = greatest(h.beat_at, excluded.beat_at);
$function$;

CREATE OR REPLACE FUNCTION private.behind_door(org uuid, integration uuid, secret text)
 RETURNS public.integrations
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select i.* from private.webhook_doors w
  join public.integrations i on i.org_id = w.org_id and i.id = w.integration_id
  where w.org_id = org and w.integration_id = integration and w.secret_hash = sha256(convert_to(secret, 'UTF8')) and i.enabled;
$function$;

CREATE OR REPLACE FUNCTION private.blind_times()
 RETURNS TABLE(began_at timestamp with time zone, ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select b.began_at, b.ended_at from private.blind_spots b where b.ended_at > now() - interval '7 days'
  union all
  select h.beat_at, now() from private.heartbeats h where h.job <> 'retention' and h.beat_at < now() - interval '3 minutes';
$function$;
grant execute on function private.blind_times() to authenticated;

CREATE OR REPLACE FUNCTION private.calendar_slot(calendar jsonb, zone text, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 IMMUTABLE STRICT
 SET search_path TO ''
AS $function$
declare
  clock constant time := calendar ->> 'time';
  wall timestamp := date_trunc('minute', at at time zone zone);
  slot timestamptz := date_trunc('minute', at);
begin
  if calendar ? 'minute' then
    slot := slot + make_interval(mins => 1 + mod(59 + (calendar ->> 'minute')::integer - extract(minute from wall)::integer, 60));
    -- Where the clocks change by half an hour, the minute is another one afterwards.
    return slot + make_interval(mins => mod(60 + (calendar ->> 'minute')::integer - extract(minute from slot at time zone zone)::integer, 60));
  end if;
  wall := date_trunc('day', wall) - interval '1 day';
  loop
    if (case
      when calendar ? 'weekdays' then calendar -> 'weekdays' @> to_jsonb(extract(isodow from wall)::integer)
      when calendar ->> 'day' = 'first' then extract(day from wall) = 1
      when calendar ->> 'day' = 'last' then extract(day from wall + interval '1 day') = 1
      else true
    end) then
      slot := private.first_moment(wall + clock, zone);
      exit when slot > at;
    end if;
    wall := wall + interval '1 day';
  end loop;
  return slot;
end $function$;

CREATE OR REPLACE FUNCTION private.changes(before jsonb, after jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'before', coalesce((select jsonb_object_agg(b.key, b.value) from jsonb_each(before) b where b.value is distinct from after -> b.key), '{}'),
    'after', coalesce((select jsonb_object_agg(a.key, a.value) from jsonb_each(after) a where a.value is distinct from before -> a.key), '{}'));
$function$;

CREATE OR REPLACE FUNCTION private.check_corrections(corrections jsonb)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  one jsonb;
begin
  if corrections is null then
    return;
  elsif jsonb_typeof(corrections) <> 'array' or jsonb_array_length(corrections) not between 1 and 100 then
    perform private.refuse('SW422', 'corrections is a list of 1 to 100 of {field, from, to}.', 'Leave it out to send the records as they are.');
  end if;
  for one in select e.value from jsonb_array_elements(corrections) e loop
    if jsonb_typeof(one) <> 'object' or coalesce(jsonb_typeof(one -> 'field'), 'null') <> 'string'
      or coalesce(jsonb_typeof(one -> 'to'), 'null') <> 'string' or coalesce(jsonb_typeof(one -> 'from'), 'null') not in ('string', 'null') then
      perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to as text, and from as text or not at all.');
    elsif length(one ->> 'field') not between 1 and 500 or length(one ->> 'to') > 10000 or length(one ->> 'from') > 1000000 then
      perform private.refuse('SW422', 'A field has at most 500 characters, the value to put there 10 000.', 'Hand the records in again instead.');
    elsif one ->> 'from' = one ->> 'to' then
      perform private.refuse('SW422', 'A mapping from a value to itself changes nothing.', 'Leave it out.');
    end if;
  end loop;
  if exists (select from jsonb_array_elements(corrections) e group by e.value ->> 'field', e.value ->> 'from' having count(*) > 1) then
    perform private.refuse('SW422', 'The same value of the same field is mapped twice.', 'Say once what to put in its place.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_grant_form(template jsonb, first_day date, last_day date)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if jsonb_typeof(template) is distinct from 'object' or jsonb_typeof(template -> 'columns') is distinct from 'array'
    or jsonb_typeof(template -> 'sourceTypes') is distinct from 'array' or coalesce(template ->> 'scheme', '') !~ '^[a-z0-9]+(-[a-z0-9]+)*$'
    or coalesce(template ->> 'version', '') !~ '^\d{4}-\d{1,3}$' or octet_length(template::text) > 200000 then
    perform private.refuse('SW422', 'A form has a scheme, a version, kinds of records and columns.', 'Load the page again.');
  elsif first_day is null or last_day is null or first_day > last_day or last_day - first_day > 1100 then
    perform private.refuse('SW422', 'A grant report is of a period of at most three years.', 'Choose the period again.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_grant_lock(org uuid, grant_scheme text, first_day date, last_day date)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  locked record;
begin
  select g.first_day, g.last_day, g.handed_in_on, g.handed_in_name into locked
  from public.grant_reports g
  where g.org_id = org and g.scheme = grant_scheme and g.unlocked_at is null
    and daterange(g.first_day, g.last_day, '[]') && daterange(check_grant_lock.first_day, check_grant_lock.last_day, '[]')
  order by g.id desc limit 1;
  if found then
    perform private.refuse('SW409', format('The report of %s to %s was handed in on %s by %s.', locked.first_day, locked.last_day,
      locked.handed_in_on, locked.handed_in_name), 'Take a copy of what was handed in, or unlock it with a reason to build it anew.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_invitation_rate(org uuid, email text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  sent integer;
  sent_here integer;
begin
  select count(*), count(*) filter (where d.address = check_invitation_rate.email) into sent, sent_here
  from public.deliveries d
  where d.org_id = check_invitation_rate.org and d.invitation_id is not null and d.created_at > check_invitation_rate.at - interval '1 day';
  if sent >= 30 or sent_here >= 3 then
    perform private.refuse('SW429', 'Three invitations a day to an address, and thirty in all, are enough.', 'Try again tomorrow.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_left(org uuid, told_before boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not exists (select from public.members m where m.org_id = org and m.role = 'owner') then
    perform private.refuse('SW409', 'An organization keeps at least one owner.', 'Make somebody else an owner first.');
  elsif told_before and not exists (select from private.told_members t where t.org_id = check_left.org) then
    perform private.refuse('SW409', 'Then an alarm would reach nobody.', 'Let another owner or admin get e-mail about new problems first.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_move(org uuid, before text, after text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  mine text;
begin
  perform private.require_role(org);
  perform from public.members m where m.org_id = org order by m.user_id for update;
  select m.role into mine from public.members m where m.org_id = org and m.user_id = auth.uid();
  if after is not null and after not in ('owner', 'admin', 'viewer') then
    perform private.refuse('SW422', 'A role is owner, admin or viewer.', 'Choose one of the three.');
  elsif mine <> 'owner' and 'owner' in (before, after) then
    perform private.refuse('SW403', 'Only an owner makes owners, and only an owner changes or removes one.', 'Ask an owner.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_now(org uuid, integration uuid, at timestamp with time zone)
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
  values (org, integration, 'check', auth.uid(), check_now.at, check_now.at)
  on conflict do nothing
  returning id into run;
  if run is not null then
    perform private.refuse_too_often(org, integration, check_now.at);
    perform private.audit(org, 'check.requested', check_now.at, integration, subject := 'run ' || run);
  else
    select r.id into run from public.runs r
    where r.org_id = org and r.integration_id = integration and r.status in ('scheduled', 'running');
  end if;
  -- Where a run is under way already, its next slice looks first.
  update public.integration_status s set check_asked_at = check_now.at where s.org_id = org and s.integration_id = integration;
  perform private.ring_runs(check_now.at);
  return jsonb_build_object('run_id', run);
end $function$;
grant execute on function private.check_now(uuid,uuid,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.check_optional_reason(reason text)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if nullif(trim(reason), '') is not null then
    perform private.check_reason(reason, 'A reason has at least 3 characters.', 'Say why, or leave it out.');
  end if;
  return nullif(trim(reason), '');
end $function$;

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

CREATE OR REPLACE FUNCTION private.check_setting(name text, before jsonb, after jsonb)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  said constant text := after #>> '{}';
begin
  if before is null then
    perform private.refuse('SW422', format('There is no setting "%s".', left(name, 100)), 'Change those that are there.');
  elsif jsonb_typeof(after) <> jsonb_typeof(before) or jsonb_typeof(before) not in ('string', 'number', 'boolean') then
    perform private.refuse('SW422', format('The setting "%s" is a %s and stays one.', name, jsonb_typeof(before)),
      'Texts, numbers and switches are changed here.');
  elsif jsonb_typeof(after) = 'string' and (length(trim(said)) = 0 or length(said) > 2000 or said ~ '[[:cntrl:]]') then
    perform private.refuse('SW422', format('The setting "%s" has 1 to 2 000 characters, without line breaks.', name), 'Write it in full.');
  elsif before #>> '{}' ~* '^https?://' and (said !~* '^https?://[^/?#@\s]+([/?#]\S*)?$'
    or (before #>> '{}' ~* '^https://' and said !~* '^https://')) then
    perform private.refuse('SW422', format('The setting "%s" is an address that begins with https://, without a user name.', name),
      'Write it as in https://example.org/api.');
  end if;
end $function$;

CREATE OR REPLACE FUNCTION private.check_threshold(name text, value jsonb)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  known record;
begin
  select k.* into known from private.known_thresholds() k where k.name = check_threshold.name;
  if not found then
    perform private.refuse('SW422', format('There is no threshold "%s".', left(name, 100)), 'Change those that are there.');
  elsif jsonb_typeof(value) = 'null' then
    return;
  elsif jsonb_typeof(value) <> 'number' or (value #>> '{}')::numeric not between known.lowest and known.highest
    or ((value #>> '{}') !~ '^[0-9]+$' and name not in ('failure_rate_percent', 'deviation_percent')) then
    perform private.refuse('SW422', format('The threshold "%s" is a number from %s to %s.', name, known.lowest, known.highest),
      'Leave it empty for the usual value.');
  end if;
end $function$;

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

CREATE OR REPLACE FUNCTION private.clear_cursor(org uuid, integration uuid, stream text, reason text, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.streams;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Say why the cursor is cleared.', 'It is kept in the audit log.');
  target := private.stream_of(org, integration, clear_cursor.stream);
  if target.cursor is not null then
    update public.streams s set cursor = null, cursor_at = null, is_done = false
    where s.org_id = org and s.integration_id = integration and s.stream = target.stream;
    perform private.audit(org, 'cursor.cleared', clear_cursor.at, integration, subject := 'stream ' || target.stream,
      before := jsonb_build_object('cursor', left(target.cursor, 500), 'cursor_at', target.cursor_at, 'rows', target.rows),
      after := jsonb_build_object('cursor', null), reason := clear_cursor.reason);
  end if;
  return target.rows;
end $function$;
grant execute on function private.clear_cursor(uuid,uuid,text,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.content_hash(payload jsonb, amount numeric, currency text, occurred_on date)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select encode(sha256(convert_to(concat_ws(chr(31), payload::text, coalesce(trim_scale(amount)::text, '-'), coalesce(currency, '-'),
    coalesce(to_char(occurred_on, 'YYYY-MM-DD'), '-')), 'UTF8')), 'hex');
$function$;

CREATE OR REPLACE FUNCTION private.content_of(record public.records)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select record.payload || jsonb_strip_nulls(jsonb_build_object(
    'record.amount', trim_scale(record.amount)::text, 'record.currency', record.currency,
    'record.occurred_on', to_char(record.occurred_on, 'YYYY-MM-DD')));
$function$;

CREATE OR REPLACE FUNCTION private.correct_payloads(retry public.retries, records bigint[], at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  actor constant text := coalesce(
    (select nullif(m.name, '') from public.members m where m.org_id = retry.org_id and m.user_id = retry.requested_by),
    retry.requested_by::text, 'platform');
  changed bigint[];
begin
  select array_agg(r.id) into changed from public.records r
  where r.org_id = retry.org_id and r.id = any (records)
    and private.content_of(private.as_sent(retry.mapping, retry.edit, r)) <> private.content_of(r);
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at, cause_id)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, correct_payloads.at, r.cause_id
  from public.records r where r.org_id = retry.org_id and r.id = any (changed)
  on conflict do nothing;
  insert into public.audit_log (org_id, at, actor_id, actor, action, system, integration_id, subject, before, after)
  select retry.org_id, correct_payloads.at, retry.requested_by, actor, 'record.corrected', i.system,
    retry.integration_id, 'record ' || r.id, c -> 'before', c -> 'after'
  from public.records r
  join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
  cross join lateral private.changes(private.content_of(r), private.content_of(private.as_sent(retry.mapping, retry.edit, r))) c
  where r.org_id = retry.org_id and r.id = any (changed)
  order by r.id;
  update public.records r
  set version = r.latest_version + 1, latest_version = r.latest_version + 1,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, r.latest_version + 1),
      payload = s.payload, amount = s.amount, currency = s.currency, occurred_on = s.occurred_on
  from public.records was
  cross join lateral private.as_sent(retry.mapping, retry.edit, was) s
  where r.org_id = retry.org_id and r.id = any (changed) and was.org_id = r.org_id and was.id = r.id;
end $function$;

CREATE OR REPLACE FUNCTION private.corrected(corrections jsonb, payload jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select payload || coalesce(jsonb_object_agg(c.field, case
      when jsonb_typeof(payload -> c.field) = 'number' and c.to ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$' then c.to::jsonb
      else to_jsonb(c.to) end), '{}')
  from (
    select distinct on (m.field) m.field, m.to
    from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
    where payload ? m.field and (m.from is null or payload ->> m.field = m.from)
    -- The value named goes before whatever else there is.
    order by m.field, m.from is null
  ) c;
$function$;

CREATE OR REPLACE FUNCTION private.count_corrected(org uuid, records bigint[], corrections jsonb)
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with c as materialized (
    select m.field, m.from, m.to from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
  )
  select count(*)::integer from public.records r
  where r.org_id = org and r.id = any (records) and exists (
    select from c
    where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from) and r.payload ->> c.field is distinct from c.to);
$function$;

CREATE OR REPLACE FUNCTION private.count_drift(org uuid, integration uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.integration_status s
  set dirty = true, drifted_streams = (
    select count(*) from public.streams t where t.org_id = org and t.integration_id = integration and t.is_active and t.drift <> '{}')
  where s.org_id = org and s.integration_id = integration;
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
      settled_at = case when landed then decide_uncertain.at end, closed_at = case when landed then decide_uncertain.at end,
      closed_by = case when landed then auth.uid() end, closed_reason = case when landed then reason end
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

CREATE OR REPLACE FUNCTION private.decline_retry(org uuid, retry bigint, reason text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Declining needs a reason.', 'Say what is wrong with the change, for whoever asked for it.');
  asked := private.hold_retry(org, retry, array['asked']);
  update public.retries t set state = 'declined', held = '{}', taken = 0, ended_by = auth.uid(), ended_reason = reason
  where t.org_id = decline_retry.org and t.id = retry;
  perform private.audit(org, 'retry.declined', decline_retry.at, asked.integration_id, subject := 'retry ' || retry,
    after := jsonb_build_object('records', asked.records), reason := reason);
  perform private.tell_asker(asked, false, reason, decline_retry.at);
end $function$;
grant execute on function private.decline_retry(uuid,bigint,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.dismiss_matching(org uuid, integration uuid, cause bigint, state text, run bigint, reason text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  -- Each is audited by itself; more than these take longer than a click may.
  most constant integer := 5000;
  chosen bigint[];
  dismissed integer := 0;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  perform private.check_reason(reason, 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  chosen := private.retryable(org, integration, case when cause is null then 'open' else 'cause' end, cause, null, state, run);
  if cardinality(chosen) > 0 then
    dismissed := private.dismiss_records(org, chosen[1:most], reason, dismiss_matching.at);
  end if;
  return jsonb_build_object('dismissed', dismissed, 'left', greatest(0, cardinality(chosen) - most));
end $function$;
grant execute on function private.dismiss_matching(uuid,uuid,bigint,text,bigint,text,timestamp with time zone) to authenticated;

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
    update public.records r
    set state = 'dismissed', settled_at = dismiss_records.at, closed_at = dismiss_records.at, closed_by = auth.uid(), closed_reason = reason
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) order by o.id for update) was
    where r.org_id = org and r.id = was.id and r.state in ('queued', 'failed', 'retrying', 'dead') and r.retry_id is null
    returning r.id, r.integration_id, was.state
  ), noted as (
    select private.audit(org, 'record.dismissed', dismiss_records.at, g.integration_id, 'record ' || g.id,
      jsonb_build_object('state', g.state), jsonb_build_object('state', 'dismissed'), reason) as written, g.integration_id
    from gone g
  )
  select array_agg(distinct n.integration_id), count(*) into touched, dismissed from noted n;
  if touched is not null then
    perform private.evaluate_health(dismiss_records.at, touched);
  end if;
  return dismissed;
end $function$;
grant execute on function private.dismiss_records(uuid,bigint[],text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.drift_evidence(stream text, drift jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('stream', stream, 'fields', count(*), 'drift', jsonb_agg(jsonb_build_object('field', d.path, 'kind', d.kind, 'was', d.was, 'is', d.is_now))
    filter (where d.place <= 20))
  from (
    select e.key as path, e.value ->> 'kind' as kind, e.value -> 'was' as was, e.value -> 'is' as is_now, row_number() over (order by e.key) as place
    from jsonb_each(drift) e
  ) d;
$function$;

CREATE OR REPLACE FUNCTION private.drift_of(known jsonb, page jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  with news as (
    select p.key as path, 'new' as kind, null::jsonb as was, private.real_types(p.value) as is_now
    from jsonb_each(page -> 'fields') p where not known ? p.key
    union all
    select p.key, 'retyped', private.real_types(known -> p.key), private.real_types(p.value)
    from jsonb_each(page -> 'fields') p
    where private.real_types(known -> p.key) <> '[]' and not private.real_types(known -> p.key) @> private.real_types(p.value)
    union all
    select k.key, 'gone', private.real_types(k.value), null
    from jsonb_each(known) k
    where (page ->> 'records')::integer >= 20 and (k.value ->> 'always')::boolean and not page -> 'fields' ? k.key
  )
  select coalesce(jsonb_object_agg(n.path, jsonb_strip_nulls(jsonb_build_object('kind', n.kind, 'was', n.was, 'is', n.is_now))), '{}')
  from news n
  where not exists (select from news o where n.kind = o.kind and (starts_with(n.path, o.path || '.') or starts_with(n.path, o.path || '[]')));
$function$;

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

CREATE OR REPLACE FUNCTION private.edit_record(org uuid, record bigint, version integer, changes jsonb, amount text, currency text, occurred_on text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known public.records;
  edit jsonb;
  problem text;
begin
  perform private.require_role(org);
  select r.* into known from public.records r where r.org_id = edit_record.org and r.id = record;
  if not found then
    perform private.refuse('SW404', 'There is no such record.', 'Check the address.');
  end if;
  edit := jsonb_build_object('version', version, 'amount', coalesce(amount, known.amount::text), 'currency', coalesce(currency, known.currency),
    'occurred_on', coalesce(occurred_on, known.occurred_on::text),
    'payload', case when jsonb_typeof(changes) = 'object' then known.payload || changes end);
  problem := private.record_problem(edit || jsonb_build_object('source_type', known.source_type, 'source_id', known.source_id));
  if problem is not null or version is null then
    perform private.refuse('SW422', coalesce(problem, 'version is missing.'), 'Correct it and send again.');
  elsif not (private.integration_of(org, known.integration_id)).enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  perform private.lock_retries(org, known.integration_id);
  select r.* into known from public.records r where r.org_id = edit_record.org and r.id = record;
  if known.version <> edit_record.version then
    perform private.refuse('SW409', 'Somebody has changed this record since you opened it.', 'Reload the page and look at what it holds now.');
  elsif not private.retryable(org, known.integration_id, 'records', null, array[record]) @> array[record] then
    perform private.refuse('SW409', 'This record is on its way, or waits for approval, or is not open any more.',
      'Reload the page to see what became of it.');
  end if;
  if private.content_of(private.as_sent(null, edit, known)) = private.content_of(known) then
    perform private.refuse('SW422', 'Nothing is changed.', 'Change a value, or retry the record as it is.');
  end if;
  return private.place_retry(org, known.integration_id, 'records', null, array[record], null, edit, false, edit_record.at);
end $function$;
grant execute on function private.edit_record(uuid,bigint,integer,jsonb,text,text,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.end_maintenance(org uuid, maintenance_window bigint, series boolean, at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.maintenance_windows;
  removed bigint;
begin
  perform private.require_role(org);
  select w.* into target from public.maintenance_windows w where w.org_id = org and w.id = maintenance_window for update;
  if not found then
    perform private.refuse('SW404', 'There is no such window in this organization.', 'It may have been taken out. Reload the page.');
  elsif target.ends_at <= end_maintenance.at then
    perform private.refuse('SW409', 'This window is over already.', 'Nothing needs doing.');
  end if;
  with gone as (
    delete from public.maintenance_windows w
    where w.org_id = org and w.starts_at >= end_maintenance.at
      and (w.id = maintenance_window or (end_maintenance.series and w.series = target.series))
    returning w.id
  )
  select count(*) into removed from gone;
  if target.starts_at < end_maintenance.at then
    update public.maintenance_windows w set ends_at = end_maintenance.at where w.org_id = org and w.id = maintenance_window;
  end if;
  if removed > 0 and target.series is not null then
    perform private.audit(org, 'maintenance_window.removed', end_maintenance.at, target.integration_id, 'maintenance window ' || maintenance_window,
      before := jsonb_build_object('starts_at', target.starts_at, 'ends_at', target.ends_at, 'reason', target.reason, 'windows', removed));
  end if;
  perform private.look_again(org, target.integration_id, end_maintenance.at);
  return case when target.starts_at >= end_maintenance.at then 'cancelled' else 'ended' end;
end $function$;
grant execute on function private.end_maintenance(uuid,bigint,boolean,timestamp with time zone) to authenticated;

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
        -- What is fetched again because pages overlap is skipped, and nothing is wrong with that.
        when r.failed + r.retrying + r.uncertain > 0 or (r.skipped > 0 and i.direction = 'push') then 'warning'
        else 'succeeded' end
  from public.integrations i
  where r.org_id = org and r.id = run and r.status in ('scheduled', 'running') and i.org_id = org and i.id = r.integration_id
  returning r.* into ended;
  if not found then
    return;
  end if;

  -- A look moves nothing, so it proves nothing about what moves: what it found stands in the status already.
  if ended.trigger = 'check' then
    update public.integration_status s set dirty = true where s.org_id = finish_run.org and s.integration_id = ended.integration_id;
    perform private.judge_run(ended, finished);
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

  -- What the run proves. One that found nothing because everything waits for its next try, or because the retry was stopped, proves
  -- nothing, nor does one whose records wait for a verdict.
  proof := case
    when ended.status = 'failed' then case when ended.trigger = 'retry' or (ended.trigger = 'follow_up' and ended.failed = 0) then 'nothing' else 'bad' end
    when ended.selected = 0 and (ended.trigger = 'retry' or exists (select from public.records r where r.org_id = finish_run.org and r.integration_id = ended.integration_id and r.state = 'retrying')
      or not (select i.enabled from public.integrations i where i.org_id = finish_run.org and i.id = ended.integration_id)) then 'blank'
    when ended.accepted > 0 and ended.exported = 0 then 'nothing'
    else 'good' end;
  update public.integration_status s
  set last_run_id = case when proof = 'blank' then s.last_run_id else ended.id end, dirty = true,
      last_success_at = case when proof = 'good' then finished else s.last_success_at end,
      check_error = case when proof = 'good' then null else s.check_error end,
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
  perform private.measure_lag(org, ended.integration_id, finished);

  perform private.follow_retry(org, t.id, finished) from public.retries t
  where t.org_id = finish_run.org and t.integration_id = ended.integration_id and (t.id = ended.retry_id or t.state = 'canary');
  perform private.judge_run(ended, finished);
end $function$;

CREATE OR REPLACE FUNCTION private.first_moment(wall timestamp without time zone, zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  moment constant timestamptz := wall at time zone zone;
  skipped constant interval := (moment at time zone zone) - wall;
begin
  if skipped = interval '0' then
    return (select min(m) from unnest(array[moment - interval '1 hour', moment - interval '30 minutes', moment]) m where m at time zone zone = wall);
  end if;
  return (select min(m) from generate_series(moment - skipped, moment, interval '1 minute') m where m at time zone zone >= wall);
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

CREATE OR REPLACE FUNCTION private.follow_time_zone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.integrations i set next_due_at = private.calendar_slot(i.calendar, new.time_zone, now())
  where i.org_id = new.id and i.calendar is not null and i.next_due_at > now();
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.forget_credential(org uuid, integration uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target constant public.integrations := private.integration_of(org, integration);
begin
  if target.credential_secret_id is null then
    return;
  end if;
  delete from vault.secrets s where s.id = target.credential_secret_id;
  update public.integrations i set credential_secret_id = null, credential_set_at = null, credential_expires_at = null
  where i.org_id = org and i.id = integration;
  perform private.audit(org, 'credential.forgotten', at, integration,
    before := jsonb_build_object('set_at', target.credential_set_at), after := jsonb_build_object('set_at', null),
    reason := 'The address changed: a credential is sent to no other server than the one it was entered for.');
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

CREATE OR REPLACE FUNCTION private.forget_tombstones(batch integer, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  forgotten integer;
begin
  with old as (
    select p.org_id, p.integration_id, p.stream, p.source_id from public.pulled_records p
    where p.deleted_at is not null and p.pulled_at < forget_tombstones.at - interval '90 days'
    order by p.pulled_at limit batch
    for update skip locked
  ), gone as (
    delete from public.pulled_records p using old o
    where p.org_id = o.org_id and p.integration_id = o.integration_id and p.stream = o.stream and p.source_id = o.source_id
    returning p.org_id, p.integration_id, p.stream
  ), counted as (
    update public.streams s set rows = greatest(0, s.rows - g.n)
    from (select o.org_id, o.integration_id, o.stream, count(*)::integer as n from gone o group by 1, 2, 3) g
    where s.org_id = g.org_id and s.integration_id = g.integration_id and s.stream = g.stream
  )
  select count(*) into forgotten from gone;
  return forgotten;
end $function$;

CREATE OR REPLACE FUNCTION private.grant_fingerprint(records jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select encode(sha256(convert_to(records::text, 'UTF8')), 'hex');
$function$;
grant execute on function private.grant_fingerprint(jsonb) to authenticated;

CREATE OR REPLACE FUNCTION private.grant_records(org uuid, template jsonb, first_day date, last_day date, integrations uuid[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  every jsonb;
  chosen jsonb;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  perform private.check_grant_form(template, grant_records.first_day, grant_records.last_day);
  perform private.check_grant_lock(org, template ->> 'scheme', grant_records.first_day, grant_records.last_day);
  every := private.grant_rows(org, template, grant_records.first_day, grant_records.last_day, null);
  chosen := case when integrations is null then every
    else private.grant_rows(org, template, grant_records.first_day, grant_records.last_day, integrations) end;
  if jsonb_array_length(chosen) > 20000 then
    perform private.refuse('SW422', 'A grant report has at most 20 000 records.', 'Choose a shorter period.');
  end if;
  return jsonb_build_object('records', chosen, 'fingerprint', private.grant_fingerprint(chosen), 'sources', (
    select coalesce(jsonb_agg(jsonb_build_object('integration', s.integration, 'records', s.records) order by s.integration), '[]')
    from (select e.value ->> 'integration' as integration, count(*) as records from jsonb_array_elements(every) e group by 1) s));
end $function$;
grant execute on function private.grant_records(uuid,jsonb,date,date,uuid[]) to authenticated;

CREATE OR REPLACE FUNCTION private.grant_rows(org uuid, template jsonb, first_day date, last_day date, integrations uuid[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with keys as materialized (
    select distinct c.value ->> 'from' as key from jsonb_array_elements(template -> 'columns') c
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', r.id, 'integration', r.integration_id, 'sourceType', r.source_type, 'sourceId', r.source_id, 'amount', r.amount::text,
      'currency', r.currency, 'occurredOn', r.occurred_on, 'dismissed', r.state = 'dismissed', 'payload', p.payload) order by r.id), '[]')
  from public.integrations i
  join public.records r on r.org_id = i.org_id and r.integration_id = i.id
    and r.source_type = any (array(select jsonb_array_elements_text(template -> 'sourceTypes')))
  cross join lateral (
    select coalesce(jsonb_object_agg(k.key,
      case when jsonb_typeof(r.payload -> k.key) in ('object', 'array') then r.payload -> k.key else to_jsonb(r.payload ->> k.key) end), '{}') as payload
    from keys k
    where r.payload ->> k.key is not null
  ) p
  where i.org_id = org and (integrations is null or i.id = any (integrations))
    and (r.occurred_on is null or r.occurred_on between grant_rows.first_day and grant_rows.last_day);
$function$;
grant execute on function private.grant_rows(uuid,jsonb,date,date,uuid[]) to authenticated;

CREATE OR REPLACE FUNCTION private.hand_in_grant_report(org uuid, template jsonb, first_day date, last_day date, integrations uuid[], fields jsonb, fingerprint text, csv text, xlsx text, handed_in_on date, reference text, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  today date;
  rows_now jsonb;
  sums jsonb;
  workbook bytea;
  made bigint;
begin
  perform private.require_role(org);
  perform private.check_grant_form(template, hand_in_grant_report.first_day, hand_in_grant_report.last_day);
  perform private.check_grant_lock(org, template ->> 'scheme', hand_in_grant_report.first_day, hand_in_grant_report.last_day);
  select (hand_in_grant_report.at at time zone o.time_zone)::date into today from public.organizations o where o.id = org;
  if hand_in_grant_report.last_day >= today then
    perform private.refuse('SW409', 'The period of this grant report is not over yet.', 'Hand it in on the day after its last.');
  elsif (hand_in_grant_report.handed_in_on > hand_in_grant_report.last_day and hand_in_grant_report.handed_in_on <= today) is not true then
    perform private.refuse('SW422', 'A report is handed in after its period and not on a day to come.', 'Give the day it was handed in.');
  elsif length(hand_in_grant_report.reference) > 200 then
    perform private.refuse('SW422', 'A reference has at most 200 characters.', 'Give the receipt''s number alone.');
  elsif jsonb_typeof(hand_in_grant_report.fields) is distinct from 'object' or octet_length(hand_in_grant_report.fields::text) > 200000 then
    perform private.refuse('SW422', 'The fields of a report are texts by their keys.', 'Load the page again.');
  end if;
  begin
    workbook := decode(hand_in_grant_report.xlsx, 'base64');
  exception when invalid_parameter_value then
    workbook := null;
  end;
  if (octet_length(workbook) <= 30000000 and substring(workbook for 4) = '\x504b0304' and length(hand_in_grant_report.csv) between 1 and 10000000) is not true then
    perform private.refuse('SW422', 'The files of a report are a CSV and a workbook of at most 30 MB.', 'Load the page again.');
  end if;
  -- Read here and not taken from the caller: what is kept is what was there.
  rows_now := private.grant_rows(org, template, hand_in_grant_report.first_day, hand_in_grant_report.last_day, hand_in_grant_report.integrations);
  if private.grant_fingerprint(rows_now) is distinct from hand_in_grant_report.fingerprint then
    perform private.refuse('SW409', 'The records of this report have changed since it was built.', 'Look at it again, download it again, then hand it in.');
  end if;
  select jsonb_build_object('records', coalesce(sum(s.records), 0), 'amounts', coalesce(jsonb_agg(
      jsonb_build_object('currency', s.currency, 'amount', s.amount::text, 'records', s.records) order by s.currency)
      filter (where s.currency is not null), '[]')) into sums
  from (
    select e.value ->> 'currency' as currency, count(*) as records, sum((e.value ->> 'amount')::numeric) as amount
    from jsonb_array_elements(rows_now) e where not (e.value ->> 'dismissed')::boolean group by 1
  ) s;
  insert into public.grant_reports (org_id, scheme, version, first_day, last_day, integrations, template, fields, records, fingerprint, totals,
    csv, xlsx, csv_sha256, xlsx_sha256, reference, handed_in_on, handed_in_by, handed_in_name, handed_in_at)
  select org, template ->> 'scheme', template ->> 'version', hand_in_grant_report.first_day, hand_in_grant_report.last_day,
         hand_in_grant_report.integrations, hand_in_grant_report.template, hand_in_grant_report.fields, rows_now,
         hand_in_grant_report.fingerprint, sums, hand_in_grant_report.csv, workbook,
         encode(sha256(convert_to(hand_in_grant_report.csv, 'UTF8')), 'hex'), encode(sha256(workbook), 'hex'),
         nullif(trim(hand_in_grant_report.reference), ''), hand_in_grant_report.handed_in_on, m.user_id, coalesce(nullif(m.name, ''), u.email),
         hand_in_grant_report.at
  from public.members m join auth.users u on u.id = m.user_id
  where m.org_id = org and m.user_id = auth.uid()
  returning id into made;
  perform private.audit(org, 'grant_report.handed_in', hand_in_grant_report.at, null, subject := 'grant report ' || made,
    after := jsonb_build_object('scheme', template ->> 'scheme', 'version', template ->> 'version', 'first_day', hand_in_grant_report.first_day,
      'last_day', hand_in_grant_report.last_day, 'records', sums -> 'records', 'handed_in_on', hand_in_grant_report.handed_in_on,
      'reference', nullif(trim(hand_in_grant_report.reference), '')));
  return made;
exception when exclusion_violation then
  perform private.refuse('SW409', 'Somebody else has handed this period in meanwhile.', 'Look at the history of the period.');
end $function$;
grant execute on function private.hand_in_grant_report(uuid,jsonb,date,date,uuid[],jsonb,text,text,text,date,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.history_span(org uuid, integration uuid, days integer, since text, until text, at timestamp with time zone)
 RETURNS TABLE(zone text, began timestamp without time zone, ended timestamp without time zone, since_at timestamp with time zone, until_at timestamp with time zone, step interval)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  written constant text := '^2[01]\d\d-\d\d-\d\d(T\d\d:\d\d)?$';
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  perform private.integration_of(org, integration);
  select o.time_zone into zone from public.organizations o where o.id = org;
  if since is null and until is null and days between 1 and 400 then
    ended := date_trunc('day', history_span.at at time zone zone) + interval '1 day';
    began := ended - make_interval(days => days);
  elsif since ~ written and until ~ written and pg_input_is_valid(since, 'timestamp') and pg_input_is_valid(until, 'timestamp') then
    began := since::timestamp;
    ended := until::timestamp + case when length(until) = 10 then interval '1 day' else interval '0' end;
  end if;
  if (ended > began and ended <= began + interval '400 days') is not true then
    perform private.refuse('SW422', 'A range is from 1 to 400 days, or two times such as 2026-11-20 and 2026-11-20T06:00, the earlier first.',
      'Choose another range.');
  end if;
  since_at := began at time zone zone;
  until_at := ended at time zone zone;
  step := case when ended <= began + interval '2 days' then interval '1 hour' when ended <= began + interval '8 days' then interval '6 hours'
    when ended <= began + interval '45 days' then interval '1 day'
    else make_interval(days => ceil(extract(epoch from ended - began) / 2592000)::integer) end;
  return next;
end $function$;
grant execute on function private.history_span(uuid,uuid,integer,text,text,timestamp with time zone) to authenticated;

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

CREATE OR REPLACE FUNCTION private.hold_retry(org uuid, retry bigint, states text[])
 RETURNS public.retries
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
begin
  select t.* into asked from public.retries t where t.org_id = hold_retry.org and t.id = retry;
  if not found then
    perform private.refuse('SW404', 'There is no such retry.', 'Reload the page.');
  end if;
  perform private.lock_retries(org, asked.integration_id);
  select t.* into asked from public.retries t where t.org_id = hold_retry.org and t.id = retry for update;
  if asked.state <> all (states) then
    perform private.refuse('SW409', 'This retry is not in that state any more.', 'Reload the page to see what became of it.');
  end if;
  return asked;
end $function$;

CREATE OR REPLACE FUNCTION private.holds_money(value jsonb, amount numeric, occurred_on date)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if jsonb_typeof(value) in ('object', 'array') then
    return exists (
      select from jsonb_path_query(value, '$.** ? (@.type() == "object").keyvalue().key') k where private.names_money(k #>> '{}'));
  end if;
  return coalesce(value #>> '{}' = to_char(occurred_on, 'YYYY-MM-DD')
    or (case when value #>> '{}' ~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then (value #>> '{}')::numeric end) = amount, false);
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

CREATE OR REPLACE FUNCTION private.invite_member(org uuid, email text, name text, role text, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  address constant text := lower(trim(coalesce(invite_member.email, '')));
  called constant text := trim(coalesce(invite_member.name, ''));
  me public.members;
  place public.organizations;
  invitation public.invitations;
begin
  perform private.check_move(org, null, coalesce(invite_member.role, ''));
  if length(called) not between 1 and 100 or called ~ '[[:cntrl:]]' then
    perform private.refuse('SW422', 'A member has a name of 1 to 100 characters.', 'Write the name colleagues know.');
  elsif length(address) > 254 or address !~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+\.[^@\s[:cntrl:]]+$' then
    perform private.refuse('SW422', 'That is not an e-mail address.', 'Write it as in ida@example.org.');
  elsif exists (select from public.members m join auth.users u on u.id = m.user_id where m.org_id = org and lower(u.email) = address) then
    perform private.refuse('SW409', 'This person is a member already.', 'Change the role in the list.');
  end if;
  select m.* into me from public.members m where m.org_id = org and m.user_id = auth.uid();
  select o.* into place from public.organizations o where o.id = org;
  select i.* into invitation from public.invitations i where i.org_id = org and i.email = address and i.state = 'open';
  -- A second click is no second act.
  if invitation.invited_at > invite_member.at - interval '1 minute' and invitation.role = invite_member.role and invitation.name = called then
    return invitation.id;
  end if;
  perform private.check_invitation_rate(org, address, invite_member.at);
  -- One at a time for an organization: its members are locked.
  if invitation.id is null then
    insert into public.invitations (org_id, email, name, role, org_name, invited_by, invited_by_name, invited_at, expires_at)
    values (org, address, called, invite_member.role, place.name, me.user_id, coalesce(nullif(me.name, ''), place.name), invite_member.at,
      invite_member.at + interval '7 days')
    returning * into invitation;
  else
    update public.invitations i
    set name = called, role = invite_member.role, org_name = place.name, invited_by = me.user_id,
        invited_by_name = coalesce(nullif(me.name, ''), place.name), invited_at = invite_member.at, expires_at = invite_member.at + interval '7 days'
    where i.org_id = org and i.id = invitation.id
    returning i.* into invitation;
  end if;
  insert into public.deliveries (org_id, invitation_id, channel, address, locale, notice, next_attempt_at, created_at)
  values (org, invitation.id, 'email', address, me.locale, jsonb_build_object(
    'kind', 'invited', 'alarm', 'invited', 'severity', 'low', 'since', invite_member.at, 'at', invite_member.at,
    'organization', jsonb_build_object('name', place.name, 'slug', place.slug, 'time_zone', place.time_zone),
    'integration', jsonb_build_object('id', org, 'name', place.name, 'slug', place.slug, 'system', 'syncward'),
    'news', jsonb_build_object('by', invitation.invited_by_name, 'role', invitation.role, 'until', invitation.expires_at)), invite_member.at, invite_member.at);
  perform private.ring_deliver(invite_member.at);
  -- Without the address, which is not for everybody who reads the trail.
  perform private.audit(org, 'invitation.sent', invite_member.at, subject := 'invitation ' || invitation.id,
    after := jsonb_build_object('name', invitation.name, 'role', invitation.role, 'expires_at', invitation.expires_at));
  return invitation.id;
end $function$;
grant execute on function private.invite_member(uuid,text,text,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.is_sending(holder private.delivery_sender, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(holder.until > at and holder.until <= at + interval '1 minute', false);
$function$;

CREATE OR REPLACE FUNCTION private.is_setup(action text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select split_part(action, '.', 1) in ('integration', 'credential', 'cursor', 'shape', 'webhook');
$function$;
grant execute on function private.is_setup(text) to authenticated;

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

CREATE OR REPLACE FUNCTION private.judge_run(ended public.runs, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- A fault in judging or telling must not undo what happened: the row stays dirty, and the next tick comes back to it.
  begin
    perform private.evaluate_health(judge_run.at, array[ended.integration_id]);
    perform private.alert_integration(ended.org_id, ended.integration_id, judge_run.at);
    perform private.ring_deliver(judge_run.at);
  exception when others then
    raise warning 'run % was not judged at once: % (%)', ended.id, sqlerrm, sqlstate;
  end;
  perform private.schedule_runs(judge_run.at, ended.integration_id);
end $function$;

CREATE OR REPLACE FUNCTION private.keep_grant_report()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  otherwise public.grant_reports := new;
begin
  if tg_op = 'UPDATE' and old.unlocked_at is null then
    otherwise.unlocked_by := old.unlocked_by;
    otherwise.unlocked_name := old.unlocked_name;
    otherwise.unlocked_at := old.unlocked_at;
    otherwise.unlock_reason := old.unlock_reason;
    if otherwise is not distinct from old then
      return new;
    end if;
  end if;
  perform private.refuse('SW403', 'A grant report that was handed in stays as it was.', 'Unlock its period with a reason and hand in another.');
  return null;
end $function$;

CREATE OR REPLACE FUNCTION private.keep_page(org uuid, integration uuid, stream text, records jsonb, shape jsonb, ends boolean, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  target public.streams;
  news integer;
  fresh integer;
  differs jsonb := '{}';
  learning boolean;
begin
  insert into public.streams (org_id, integration_id, stream) values (org, integration, keep_page.stream) on conflict do nothing;
  select s.* into target from public.streams s
  where s.org_id = org and s.integration_id = integration and s.stream = keep_page.stream for update;
  with given as (
    -- The last of several is the newest: a page is oldest first.
    select distinct on (g.id) g.id, g.payload, g.changed_at, case when g.deleted then coalesce(g.changed_at, keep_page.at) end as deleted_at
    from rows from (jsonb_to_recordset(records) as (id text, payload jsonb, changed_at timestamptz, deleted boolean)) with ordinality
      as g (id, payload, changed_at, deleted, place)
    order by g.id, g.place desc
  ), stored as (
    insert into public.pulled_records as p (org_id, integration_id, stream, source_id, payload, changed_at, deleted_at, pulled_at)
    select org, integration, keep_page.stream, g.id, g.payload, g.changed_at, g.deleted_at, keep_page.at from given g
    on conflict on constraint pulled_records_pkey do update
      set payload = excluded.payload, changed_at = coalesce(excluded.changed_at, p.changed_at), deleted_at = excluded.deleted_at,
          pulled_at = excluded.pulled_at, version = p.version + 1
      where coalesce(excluded.changed_at >= p.changed_at, true)
        and (p.payload is distinct from excluded.payload or (p.deleted_at is null) <> (excluded.deleted_at is null))
    returning p.version
  )
  select count(*), count(*) filter (where s.version = 1) into news, fresh from stored s;

  learning := target.learned_at is null;
  if (keep_page.shape ->> 'records')::integer > 0 and not learning then
    differs := private.drift_of(target.shape, keep_page.shape);
  end if;
  update public.streams s
  set rows = s.rows + fresh, page_at = keep_page.at, page_rows = jsonb_array_length(records),
      shape = case when (keep_page.shape ->> 'records')::integer > 0 then private.merge_shape(s.shape, keep_page.shape, learning) else s.shape end,
      -- What is seen once is known; that it is news stays until somebody has accepted it.
      drift = differs || s.drift,
      learned_at = case when learning and ends and s.rows + fresh > 0 then keep_page.at else s.learned_at end
  where s.org_id = org and s.integration_id = integration and s.stream = keep_page.stream;
  if not target.drift @> differs then
    perform private.count_drift(org, integration);
  end if;
  return news;
end $function$;

CREATE OR REPLACE FUNCTION private.keep_signals(org uuid, integration uuid, measured jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  with given as (
    select distinct on (g.name, coalesce(g.about, '')) g.name, coalesce(g.about, '') as about, g.value, g.unit, g.at, g.warning, g.critical,
      coalesce(g.is_floor, false) as is_floor
    from jsonb_to_recordset(measured) g (name text, about text, value numeric, unit text, at timestamptz, warning numeric, critical numeric, is_floor boolean)
    order by g.name, coalesce(g.about, ''), g.at desc
  ), latest as (
    insert into public.signals as s (org_id, integration_id, name, about, value, unit, at, warning, critical, is_floor)
    select org, integration, g.name, g.about, g.value, g.unit, g.at, g.warning, g.critical, g.is_floor from given g
    on conflict (org_id, integration_id, name, about) do update
      set value = excluded.value, unit = excluded.unit, at = excluded.at, warning = excluded.warning, critical = excluded.critical,
          is_floor = excluded.is_floor
      where excluded.at >= s.at
  )
  insert into public.signal_history (org_id, integration_id, name, about, at, value)
  select org, integration, g.name, g.about, g.at, g.value from given g
  on conflict do nothing;
  update public.integration_status s
  set dirty = true, signals_past = (
    select count(*) from public.signals g where g.org_id = org and g.integration_id = integration and g.past is not null)
  where s.org_id = org and s.integration_id = integration;
end $function$;

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
        and n.trigger <> 'check'
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
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at, cause_id)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, keep_version.at, r.cause_id
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

CREATE OR REPLACE FUNCTION private.known_thresholds()
 RETURNS TABLE(name text, preset numeric, lowest numeric, highest numeric)
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  values ('alarm_after_failures', 2::numeric, 1::numeric, 20::numeric), ('no_success_hours', 48, 1, 720), ('failure_rate_percent', 5, 0, 100),
    ('lag_minutes', 30, 0, 10080), ('lag_critical_minutes', 240, 0, 20160), ('queue_depth', 20, 0, 1000000), ('stuck_minutes', 60, 10, 1440),
    ('refused_open_hours', 24, 1, 720), ('credential_warning_days', 14, 1, 365), ('credential_rotate_days', null, 1, 3650),
    ('max_attempts', 12, 1, 100), ('deviation_percent', 20, 1, 1000);
$function$;
grant execute on function private.known_thresholds() to authenticated;

CREATE OR REPLACE FUNCTION private.list_members(org uuid)
 RETURNS TABLE(user_id uuid, name text, role text, locale text, email text, created_at timestamp with time zone, is_me boolean, told boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  return query
  select m.user_id, m.name, m.role, m.locale,
         -- Addresses are for those who look after the members, and each sees their own.
         case when m.user_id = auth.uid() or mine.role <> 'viewer' then u.email::text end, m.created_at, m.user_id = auth.uid(),
         exists (select from private.told_members t where t.org_id = m.org_id and t.user_id = m.user_id)
  from public.members m
  join auth.users u on u.id = m.user_id
  join public.members mine on mine.org_id = m.org_id and mine.user_id = auth.uid()
  where m.org_id = list_members.org
  order by array_position(array['owner', 'admin', 'viewer'], m.role), m.name, m.user_id;
end $function$;
grant execute on function private.list_members(uuid) to authenticated;

CREATE OR REPLACE FUNCTION private.lock_retries(org uuid, integration uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform from public.integrations i where i.org_id = org and i.id = lock_retries.integration for no key update;
  perform from public.runs r
  where r.org_id = org and r.integration_id = lock_retries.integration and r.status in ('scheduled', 'running') for update;
  perform from public.integration_status s where s.org_id = org and s.integration_id = lock_retries.integration for update;
end $function$;

CREATE OR REPLACE FUNCTION private.look_again(org uuid, integration uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select private.evaluate_health(look_again.at, array(
    select i.id from public.integrations i where i.org_id = look_again.org and (look_again.integration is null or i.id = look_again.integration)));
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

CREATE OR REPLACE FUNCTION private.measure_lag(org uuid, integration uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  oldest timestamptz;
  measured jsonb;
begin
  select min(s.as_of), jsonb_agg(jsonb_build_object('name', 'data_lag_minutes', 'about', s.stream, 'unit', 'minutes', 'at', measure_lag.at,
    'value', floor(greatest(extract(epoch from measure_lag.at - s.as_of), 0) / 60)))
  into oldest, measured
  from public.streams s where s.org_id = org and s.integration_id = integration and s.is_active and s.as_of is not null;
  if measured is null then
    return;
  end if;
  delete from public.signals g where g.org_id = org and g.integration_id = integration and g.name = 'data_lag_minutes'
    and g.about not in (select m ->> 'about' from jsonb_array_elements(measured) m);
  perform private.keep_signals(org, integration, measured);
  update public.integration_status s set data_as_of = oldest where s.org_id = org and s.integration_id = integration;
end $function$;

CREATE OR REPLACE FUNCTION private.merge_shape(known jsonb, page jsonb, learning boolean)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_object_agg(f.path, jsonb_build_object(
    'types', (select jsonb_agg(distinct t.type order by t.type) from (
      select jsonb_array_elements_text(coalesce(f.was -> 'types', '[]')) union select jsonb_array_elements_text(coalesce(f.is_now -> 'types', '[]'))) t (type)),
    'always', case
      when f.was is null then known = '{}' and f.present
      when f.is_now is null then (f.was ->> 'always')::boolean and not learning and (page ->> 'records')::integer < 20
      else (f.was ->> 'always')::boolean and f.present end)), '{}')
  from (
    select coalesce(k.key, p.key) as path, k.value as was, p.value as is_now, (p.value ->> 'in')::integer = (page ->> 'records')::integer as present
    from jsonb_each(known) k
    full join jsonb_each(page -> 'fields') p on p.key = k.key
  ) f;
$function$;

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

CREATE OR REPLACE FUNCTION private.move_member(org uuid, member uuid, was text, becomes text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.members;
  told_before boolean;
begin
  perform private.check_move(org, null, becomes);
  select m.* into target from public.members m where m.org_id = org and m.user_id = member;
  if target.user_id is null then
    perform private.refuse('SW404', 'There is no such member in this organization.', 'Somebody may have removed them. Reload the page.');
  elsif target.role = becomes then
    return;
  elsif target.role <> was then
    perform private.refuse('SW409', format('Somebody else has made this member %s meanwhile.', target.role), 'Reload the page and decide again.');
  end if;
  perform private.check_move(org, target.role, becomes);
  told_before := exists (select from private.told_members t where t.org_id = move_member.org);
  if becomes is null then
    update public.incidents i set assigned_to = null where i.org_id = org and i.assigned_to = member;
    delete from public.members m where m.org_id = org and m.user_id = member;
  else
    update public.members m set role = becomes where m.org_id = org and m.user_id = member;
    update public.incidents i set assigned_to = null where i.org_id = org and i.assigned_to = member and becomes = 'viewer';
  end if;
  perform private.check_left(org, told_before);
end $function$;
grant execute on function private.move_member(uuid,uuid,text,text) to authenticated;

CREATE OR REPLACE FUNCTION private.my_address()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select lower(u.email) from auth.users u where u.id = (select auth.uid()) and u.email_confirmed_at is not null;
$function$;
grant execute on function private.my_address() to authenticated;

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

CREATE OR REPLACE FUNCTION private.names_money(field text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select field ~* '^record\.|amount|account|beløp|belop|konto|currency|valuta'
    -- A word that ends so: postingDate, bilagsdato, due_date.
    or field ~* '(debit|credit|debet|kredit|sum|total|price|pris|date|dato|period|periode)($|[^a-zæøå])'
    -- A word before a capital: dateOfPosting.
    or regexp_replace(field, '([a-zæøå0-9])([A-ZÆØÅ])', '\1 \2', 'g')
      ~* '(^|[^a-zæøå])(debit|credit|debet|kredit|sum|total|price|pris|date|dato|period|periode)($|[^a-zæøå])';
$function$;

CREATE OR REPLACE FUNCTION private.needs_approval(org uuid, integration uuid, records bigint[], corrections jsonb, edit jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  fields text[];
begin
  if not (select o.approve_changes from public.organizations o where o.id = org) or (corrections is null and edit is null) then
    return false;
  elsif corrections is not null then
    fields := array(select distinct e.value ->> 'field' from jsonb_array_elements(corrections) e);
    if private.count_corrected(org, records, corrections) = 0 then
      return false;
    end if;
  else
    fields := array(
      select jsonb_object_keys((d.c -> 'before') || (d.c -> 'after'))
      from public.records r
      cross join lateral private.changes(private.content_of(r), private.content_of(private.as_sent(null, edit, r))) d (c)
      where r.org_id = org and r.id = any (records));
  end if;
  return exists (select from unnest(fields) f where private.names_money(f))
    or exists (
      select from public.causes c
      where c.org_id = org and c.integration_id = integration and c.payload_field = any (fields) and private.names_money(c.field))
    or exists (
      select from public.records r, unnest(fields) f
      where r.org_id = org and r.id = any (records) and r.payload ? f and private.holds_money(r.payload -> f, r.amount, r.occurred_on))
    or exists (
      select from unnest(fields) f
      where private.holds_money(edit -> 'payload' -> f, (edit ->> 'amount')::numeric, (edit ->> 'occurred_on')::date));
end $function$;

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

CREATE OR REPLACE FUNCTION private.next_due_of(due timestamp with time zone, every_minutes integer, calendar jsonb, zone text, first_run text, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  chosen timestamptz;
begin
  if (every_minutes is null) = (calendar is null) then
    perform private.refuse('SW422', 'A schedule goes either by the minute or by the calendar.', 'Give one of the two.');
  elsif calendar is not null and private.valid_calendar(calendar) is not true then
    perform private.refuse('SW422', 'A calendar says a minute of every hour, or a time of day with its days.',
      'Write it as {"minute": 15}, {"time": "06:30"}, {"time": "06:30", "weekdays": [1, 5]} or {"time": "06:30", "day": "last"}.');
  elsif (every_minutes not between 1 and 44640) then
    perform private.refuse('SW422', 'A schedule has from 1 to 44 640 minutes between its runs.', 'That is at least once in 31 days.');
  elsif first_run is not null then
    chosen := private.read_wall_time(first_run, zone);
    if chosen < at - interval '1 minute' or chosen > at + interval '400 days' then
      perform private.refuse('SW422', 'The next run lies ahead, within 400 days.', 'Choose a later time.');
    end if;
    return chosen;
  elsif calendar is not null then
    return private.calendar_slot(calendar, zone, at);
  end if;
  return due - greatest(0, floor((extract(epoch from due - at)) / (60 * every_minutes)))::integer * make_interval(mins => every_minutes);
end $function$;

CREATE OR REPLACE FUNCTION private.next_slots(due timestamp with time zone, every_minutes integer, calendar jsonb, zone text, at timestamp with time zone, how_many integer)
 RETURNS timestamp with time zone[]
 LANGUAGE plpgsql
 IMMUTABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  slots timestamptz[] := array[due];
begin
  while cardinality(slots) < how_many loop
    slots := slots || private.slot_after(slots[cardinality(slots)], every_minutes, calendar, zone, greatest(at, slots[cardinality(slots)]));
  end loop;
  return slots;
end $function$;
grant execute on function private.next_slots(timestamp with time zone,integer,jsonb,text,timestamp with time zone,integer) to authenticated;

CREATE OR REPLACE FUNCTION private.note_fixes(held public.runs, outcomes jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.causes c
  set fixed_at = note_fixes.at, fixed_record_id = l.id, fixed_version = l.version, refused_version = a.version, refused_at = a.at,
      -- Where the system judges later, the run that hears its verdict is not the retry's.
      fixed_retry_id = coalesce(held.retry_id, (
        select u.retry_id from public.attempts s
        join public.runs u on u.org_id = s.org_id and u.id = s.run_id
        where s.org_id = held.org_id and s.record_id = l.id and s.at > a.at and u.retry_id is not null
        order by s.at desc limit 1))
  from (
    select distinct on (w.cause_id) w.cause_id, r.id, r.version
    from jsonb_to_recordset(outcomes) o (id bigint, state text)
    join public.records r on r.org_id = held.org_id and r.id = o.id
    cross join lateral (
      select coalesce(r.cause_id, (
        select v.cause_id from public.record_versions v
        where v.org_id = r.org_id and v.record_id = r.id and v.version > coalesce(r.exported_version, 0) and v.version < r.version
          and v.cause_id is not null
        order by v.version desc limit 1)) as cause_id
    ) w
    where o.state = 'exported' and r.state = 'sending' and r.run_id = held.id and w.cause_id is not null
    order by w.cause_id, r.version desc, r.id
  ) l
  cross join lateral (
    select s.version, s.at from public.attempts s
    where s.org_id = held.org_id and s.record_id = l.id and s.outcome in ('failed', 'retrying', 'dead')
    order by s.at desc limit 1
  ) a
  where c.org_id = held.org_id and c.id = l.cause_id;
$function$;

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
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select private.tell(incident.org_id, null, incident.integration_id, incident.id, notify.change, notify.kind, incident.urgency,
    private.notice_of(incident, notify.kind, notify.at), notify.at);
$function$;

CREATE OR REPLACE FUNCTION private.open_incident(org uuid, incident bigint)
 RETURNS public.incidents
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  found_one public.incidents;
begin
  perform private.require_role(org);
  select i.* into found_one from public.incidents i where i.org_id = org and i.id = incident for update;
  if not found then
    perform private.refuse('SW404', 'There is no such incident in this organization.', 'Check the address.');
  elsif found_one.state = 'resolved' then
    perform private.refuse('SW409', 'This incident is over.', 'Reload the page.');
  end if;
  return found_one;
end $function$;

CREATE OR REPLACE FUNCTION private.open_webhook(org uuid, integration uuid, at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  secret constant text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  insert into private.webhook_doors as w (org_id, integration_id, secret_hash, opened_at, minute_at)
  values (org, integration, sha256(convert_to(secret, 'UTF8')), open_webhook.at, open_webhook.at)
  on conflict (org_id, integration_id) do update
    set secret_hash = excluded.secret_hash, opened_at = excluded.opened_at;
  perform private.audit(org, 'webhook.opened', open_webhook.at, integration);
  return format('webhook/%s/%s/%s', org, integration, secret);
end $function$;
grant execute on function private.open_webhook(uuid,uuid,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.other_approvers(org uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select count(*)::integer from public.members m
  where m.org_id = org and m.role in ('owner', 'admin') and m.user_id is distinct from auth.uid()
    and org = any (array(select private.my_org_ids()));
$function$;
grant execute on function private.other_approvers(uuid) to authenticated;

CREATE OR REPLACE FUNCTION private.place_retry(org uuid, integration uuid, scope text, cause bigint, chosen bigint[], corrections jsonb, edit jsonb, canary boolean, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  tried_first bigint;
  placed public.retries;
  waits constant boolean := private.needs_approval(org, integration, chosen, corrections, edit);
begin
  perform private.refuse_too_often(org, integration, place_retry.at);
  if waits and private.other_approvers(org) = 0 then
    perform private.refuse('SW409', 'This changes amounts, accounts or dates, and there is nobody else who could approve it.',
      'Make somebody else an owner or admin, or switch the approval off for the organization.');
  end if;
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    with c as materialized (
      select m.field, m.from, m.to from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
    )
    select r.id into tried_first from public.records r
    where r.org_id = place_retry.org and r.id = any (chosen)
    order by corrections is null or exists (
      select from c
      where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from) and r.payload ->> c.field is distinct from c.to) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, state, canary_record_id, held, mapping,
    edit, records)
  values (org, integration, scope, cause, auth.uid(), place_retry.at, case when waits then 'asked' else 'waiting' end, tried_first, chosen,
    corrections, edit, cardinality(chosen))
  returning * into placed;
  perform private.audit(org, 'retry.requested', place_retry.at, integration, subject := 'retry ' || placed.id,
    after := jsonb_strip_nulls(jsonb_build_object('scope', scope, 'cause', cause, 'records', cardinality(chosen), 'canary', canary,
      'corrections', corrections, 'edited', edit is not null or null, 'needs_approval', nullif(waits, false))));
  if not waits then
    perform private.start_retries(org, integration, place_retry.at);
  else
    perform private.tell_approval(placed, 'asked', array(
      select m.user_id from public.members m where m.org_id = org and m.user_id is distinct from auth.uid()), '{}', place_retry.at);
  end if;
  return jsonb_build_object('retry_id', placed.id, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = placed.id),
    'records', cardinality(chosen), 'state', placed.state,
    'mapped', case when corrections is not null
      then private.count_corrected(org, case when canary then chosen[1:1] else chosen end, corrections) else 0 end);
end $function$;

CREATE OR REPLACE FUNCTION private.planned_windows(zone text, starts text, ends text, minutes integer, weekly_until text, at timestamp with time zone)
 RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  first timestamptz := planned_windows.at;
  last timestamptz;
begin
  if starts is not null then
    first := private.read_wall_time(starts, zone);
  end if;
  if (ends is null) = (minutes is null) then
    perform private.refuse('SW422', 'A window has an end, or lasts a number of minutes.', 'Give one of the two.');
  end if;
  last := case when ends is not null then private.read_wall_time(ends, zone, true) else first + make_interval(mins => minutes) end;
  if last <= first then
    perform private.refuse('SW422', 'A window ends after it begins.', 'Choose a later end.');
  elsif last <= planned_windows.at or first < planned_windows.at - interval '5 minutes' then
    perform private.refuse('SW422', 'A window cannot be made for what is over: alerts were sent, runs were made.', 'Choose a time ahead.');
  elsif last > first + interval '31 days' or first > planned_windows.at + interval '400 days' then
    perform private.refuse('SW422', 'A window lasts 31 days at most and begins within 400.', 'Switch the integration off for longer than that.');
  elsif weekly_until is null then
    return query select first, last;
    return;
  elsif starts is null or ends is null or last >= first + interval '7 days' then
    perform private.refuse('SW422', 'What comes back every week has a start and an end within a week.', 'Give both.');
  elsif weekly_until !~ '^2[01]\d\d-\d\d-\d\d$' or not pg_input_is_valid(weekly_until, 'date')
    or weekly_until::date < starts::timestamp::date or weekly_until::date > (planned_windows.at + interval '400 days')::date then
    perform private.refuse('SW422', 'A weekly window goes on until a day within 400, not before the first.', 'Choose another last day, and renew it when it is near.');
  end if;
  return query
    select w.begins, greatest(w.stops, case when (w.stop at time zone zone) at time zone zone = w.stop then w.stop at time zone zone end)
    from (
      select private.first_moment(starts::timestamp + n * interval '7 days', zone) as begins,
             private.first_moment(ends::timestamp + n * interval '7 days', zone) as stops, ends::timestamp + n * interval '7 days' as stop
      from generate_series(0, 57) n
      where (starts::timestamp + n * interval '7 days')::date <= weekly_until::date
    ) w
    -- One that lies in a skipped hour altogether does not take place.
    where w.stops > w.begins;
end $function$;

CREATE OR REPLACE FUNCTION private.platform_secret(name text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.decrypted_secret from vault.decrypted_secrets s where s.name = platform_secret.name;
$function$;

CREATE OR REPLACE FUNCTION private.preview_maintenance(org uuid, starts text, ends text, weekly_until text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  return (
    select jsonb_build_object('windows', count(*), 'cutoffs', count(*) filter (where w.cutoff_at <= w.ends_at), 'next',
      coalesce(jsonb_agg(jsonb_build_object('starts_at', w.starts_at, 'ends_at', w.ends_at, 'cutoff_at', case when w.cutoff_at <= w.ends_at then w.cutoff_at end)
        order by w.starts_at) filter (where w.place <= 3), '[]'))
    from (
      select p.starts_at, p.ends_at, private.next_cutoff(org, p.starts_at) as cutoff_at, row_number() over (order by p.starts_at) as place
      from public.organizations o cross join private.planned_windows(o.time_zone, starts, ends, null, weekly_until, preview_maintenance.at) p
      where o.id = preview_maintenance.org
    ) w);
end $function$;
grant execute on function private.preview_maintenance(uuid,text,text,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.preview_retry(org uuid, integration uuid, scope text, cause bigint, records bigint[], corrections jsonb, state text, run bigint, retry bigint, most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
  chosen bigint[];
  mapped integer;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  if retry is not null then
    select t.* into asked from public.retries t
    where t.org_id = preview_retry.org and t.integration_id = preview_retry.integration and t.id = retry;
    chosen := coalesce(asked.held[asked.taken + 1:], '{}');
  else
    perform private.check_corrections(corrections);
    asked.mapping := corrections;
    chosen := private.retryable(org, integration, coalesce(scope, ''), cause, records, state, run);
  end if;
  mapped := case when asked.mapping is not null then private.count_corrected(org, chosen, asked.mapping)
    when asked.edit is not null then 1 else 0 end;
  return jsonb_build_object(
    'records', cardinality(chosen), 'corrected', mapped,
    'needs_approval', private.needs_approval(org, integration, chosen, asked.mapping, asked.edit),
    'sample', (
      with c as materialized (
        select m.field, m.from, m.to from jsonb_to_recordset(asked.mapping) m (field text, "from" text, "to" text)
      ), shown as (
        -- The corrected ones first, one of each refused value in turn.
        select t.id, row_number() over (order by t.first desc, t.turn, t.id) as place
        from (
          select f.id, f.first, row_number() over (partition by f.first, f.error_value order by f.id) as turn
          from (
            select r.id, r.error_value, asked.edit is not null or exists (
              select from c where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from)) as first
            from public.records r where r.org_id = preview_retry.org and r.id = any (chosen)
          ) f
        ) t
        order by place limit greatest(1, least(coalesce(most, 3), 20))
      )
      select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'source_id', r.source_id, 'label', r.label, 'version', r.version,
        'before', private.content_of(r), 'after', private.content_of(private.as_sent(asked.mapping, asked.edit, r))) order by n.place), '[]')
      from shown n
      join public.records r on r.org_id = preview_retry.org and r.id = n.id));
end $function$;
grant execute on function private.preview_retry(uuid,uuid,text,bigint,bigint[],jsonb,text,bigint,bigint,integer) to authenticated;

CREATE OR REPLACE FUNCTION private.preview_schedule(org uuid, integration uuid, every_minutes integer, calendar jsonb, first_run text, at timestamp with time zone)
 RETURNS timestamp with time zone[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  zone text;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  target := private.integration_of(org, integration);
  select o.time_zone into zone from public.organizations o where o.id = org;
  return private.next_slots(
    private.next_due_of(target.next_due_at, preview_schedule.every_minutes, preview_schedule.calendar, zone, first_run, preview_schedule.at),
    preview_schedule.every_minutes, preview_schedule.calendar, zone, preview_schedule.at, 5);
end $function$;
grant execute on function private.preview_schedule(uuid,uuid,integer,jsonb,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.read_wall_time(said text, zone text, later boolean DEFAULT false)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if said !~ '^2[01]\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d)?$' or not pg_input_is_valid(said, 'timestamp') then
    perform private.refuse('SW422', 'A time is written as 2026-11-20T07:00, in the organization''s own zone.', 'Give date and time.');
  end if;
  return private.wall_time(said::timestamp, zone, later);
end $function$;

CREATE OR REPLACE FUNCTION private.real_types(field jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(field -> 'types', '[]') - 'null';
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
    -- In the order in which the evaluator takes integrations, or the two would wait in a circle.
    order by r.org_id, r.integration_id
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
    order by r.org_id, r.integration_id
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
      where latest.trigger in ('manual', 'retry', 'check') and latest.created_at > refuse_too_often.at - interval '1 minute') >= 60 then
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
grant execute on function private.require_role(uuid,text[]) to authenticated;

CREATE OR REPLACE FUNCTION private.restore_records(org uuid, records bigint[], at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  touched uuid[];
  restored integer;
begin
  perform private.require_role(org);
  with back as (
    -- What was refused waits for a person again; what never was goes with the next run.
    update public.records r
    set state = case when o.failed_at is null then 'queued' else 'failed' end, settled_at = null, closed_at = null, closed_by = null,
        closed_reason = null, next_attempt_at = restore_records.at, queued_at = restore_records.at
    from (select d.id, d.failed_at from public.records d where d.org_id = restore_records.org and d.id = any (records) order by d.id for update) o
    where r.org_id = restore_records.org and r.id = o.id and r.state = 'dismissed'
    returning r.id, r.integration_id, r.state
  ), noted as (
    select private.audit(org, 'record.restored', restore_records.at, b.integration_id, 'record ' || b.id,
      jsonb_build_object('state', 'dismissed'), jsonb_build_object('state', b.state)) as written, b.integration_id
    from back b
  )
  select array_agg(distinct n.integration_id), count(*) into touched, restored from noted n;
  if touched is not null then
    perform private.evaluate_health(restore_records.at, touched);
  end if;
  return restored;
end $function$;
grant execute on function private.restore_records(uuid,bigint[],timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.retry_failed(org uuid, integration uuid, scope text, cause bigint, records bigint[], field text, from_value text, to_value text, canary boolean, at timestamp with time zone, corrections jsonb DEFAULT NULL::jsonb, state text DEFAULT NULL::text, run bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  chosen bigint[];
  retry bigint;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) or (field is not null and corrections is not null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or corrections, or neither.');
  end if;
  if field is not null then
    corrections := jsonb_build_array(jsonb_build_object('field', field, 'from', from_value, 'to', to_value));
  end if;
  perform private.check_corrections(corrections);
  if not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  perform private.lock_retries(org, integration);
  chosen := private.retryable(org, integration, scope, cause, records, state, run);
  if cardinality(chosen) > 0 then
    return private.place_retry(org, integration, scope, cause, chosen, corrections, null, canary, retry_failed.at);
  end if;
  select t.id into retry from public.retries t
  where t.org_id = org and t.integration_id = retry_failed.integration and t.state in ('asked', 'waiting', 'running', 'canary')
  order by t.id desc limit 1;
  -- One that waits for the system to come back is tried now.
  update public.retries t set resume_at = null where t.org_id = org and t.id = retry and t.state = 'waiting' and t.resume_at is not null;
  if found then
    perform private.schedule_runs(retry_failed.at, integration);
    perform private.ring_runs(retry_failed.at);
  end if;
  return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
    order by r.id desc limit 1), 'records', 0, 'mapped', 0, 'state', (select t.state from public.retries t where t.org_id = org and t.id = retry));
end $function$;
grant execute on function private.retry_failed(uuid,uuid,text,bigint,bigint[],text,text,text,boolean,timestamp with time zone,jsonb,text,bigint) to authenticated;

CREATE OR REPLACE FUNCTION private.retryable(org uuid, integration uuid, scope text, cause bigint, records bigint[], state text DEFAULT NULL::text, run bigint DEFAULT NULL::bigint)
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
    and (retryable.state is null or r.state = retryable.state) and (retryable.run is null or r.run_id = retryable.run)
    and r.id not in (
      select unnest(t.held[t.taken + 1:]) from public.retries t
      where t.org_id = org and t.integration_id = integration and t.state in ('asked', 'waiting', 'running', 'canary'));
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
           not exists (select from private.told_members m where m.org_id = c.org_id) as nobody
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
           nullif(greatest(f.data_deadline, rules_of.at), rules_of.at), nullif(greatest(f.data_critical_deadline, rules_of.at), rules_of.at),
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
        -- By the calendar every slot is as a first one: to wait for the one after it may mean a month.
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
    union all select 'check_failed', '', 'red', null, f.check_error is not null, jsonb_build_object('message', f.check_error, 'at', f.checked_at)
    union all select 'data_lag', '', case when f.data_critical_deadline <= rules_of.at then 'red' else 'yellow' end, null,
      f.data_deadline <= rules_of.at, jsonb_build_object('since', f.data_as_of)
    union all select 'signals_unread', '', 'yellow', null, f.signals_error is not null, jsonb_build_object('message', f.signals_error)
    union all select 'schema_drift', d.stream, 'yellow', null, true, d.evidence
    from (
      select t.stream, private.drift_evidence(t.stream, t.drift) as evidence from public.streams t
      where f.drifted_streams > 0 and t.org_id = f.org_id and t.integration_id = f.integration_id and t.is_active and t.drift <> '{}'
    ) d
    -- The 50 worst are plenty for one light.
    union all select 'signal', g.subject, g.severity, case when g.severity = 'red' then 'high' end, true, g.evidence
    from (
      select m.name || case when m.about = '' then '' else ': ' || m.about end as subject, case m.past when 'critical' then 'red' else 'yellow' end as severity,
             jsonb_build_object('name', m.name, 'about', nullif(m.about, ''), 'value', m.value, 'unit', m.unit, 'warning', m.warning,
               'critical', m.critical, 'is_floor', m.is_floor, 'at', m.at) as evidence
      from public.signals m
      where f.signals_past > 0 and m.org_id = f.org_id and m.integration_id = f.integration_id and m.past is not null
      order by m.past, m.name, m.about limit 50
    ) g
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
    select i.org_id, i.id, i.every_minutes, i.calendar, o.time_zone, i.next_due_at, i.next_due_at <= schedule_runs.at as by_slot,
           case when i.next_due_at <= schedule_runs.at then i.next_due_at else s.asks_again_at end as due_at
    from public.integrations i
    join public.organizations o on o.id = i.org_id
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
  set next_due_at = case
    when not d.by_slot then d.next_due_at
    -- What most do, without a call each: by the minute, the phase kept.
    when d.every_minutes % 1440 <> 0 then d.next_due_at + make_interval(mins => d.every_minutes)
      * (1 + floor(extract(epoch from schedule_runs.at - d.next_due_at) / (60 * d.every_minutes)))
    else private.slot_after(d.next_due_at, d.every_minutes, d.calendar, d.time_zone, schedule_runs.at) end
  from due d where i.org_id = d.org_id and i.id = d.id;
  get diagnostics by_slot = row_count;
  return by_retry + by_slot;
end $function$;

CREATE OR REPLACE FUNCTION private.send_test(org uuid, channel text, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  me public.members;
  facts jsonb;
  notification bigint;
  delivery uuid;
  address text;
begin
  perform private.require_role(org);
  if (channel in ('in_app', 'email')) is not true then
    perform private.refuse('SW422', 'A channel is in_app or email.', 'Say which one to try.');
  end if;
  select m.* into me from public.members m where m.org_id = org and m.user_id = auth.uid() for update;
  if (select count(*) from public.notifications n where n.org_id = org and n.user_id = me.user_id and n.kind = 'test'
      and n.created_at > send_test.at - interval '10 minutes') >= 5 then
    perform private.refuse('SW429', 'Five tests within ten minutes are enough.', 'Wait ten minutes.');
  end if;
  -- It is about no integration, and carries the organization in its place.
  select jsonb_build_object('kind', 'test', 'alarm', 'test', 'severity', 'low', 'since', send_test.at, 'at', send_test.at,
      'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
      'integration', jsonb_build_object('id', o.id, 'name', o.name, 'slug', o.slug, 'system', 'syncward'))
  into facts from public.organizations o where o.id = org;
  insert into public.notifications (org_id, user_id, change_id, kind, urgency, in_app, notice, created_at)
  values (org, me.user_id, nextval(pg_get_serial_sequence('public.health_changes', 'id')), 'test', 'low', channel = 'in_app', facts, send_test.at)
  returning id into notification;
  if channel = 'email' then
    select u.email into address from auth.users u where u.id = me.user_id;
    if address is null then
      perform private.refuse('SW409', 'Your account has no e-mail address.', 'Add one to your account.');
    end if;
    insert into public.deliveries (org_id, notification_id, channel, address, locale, notice, next_attempt_at, created_at)
    values (org, notification, 'email', address, me.locale, facts, send_test.at, send_test.at)
    returning id into delivery;
    perform private.ring_deliver(send_test.at);
  end if;
  perform private.audit(org, 'notification.tested', send_test.at, after := jsonb_build_object('channel', channel));
  return jsonb_build_object('notification_id', notification, 'delivery_id', delivery);
end $function$;
grant execute on function private.send_test(uuid,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.server_of(setting jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select lower((regexp_match(setting #>> '{}', '^(https?://[^/?#\s]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::[0-9]+)?(?=/|$))', 'i'))[1])
  where jsonb_typeof(setting) = 'string';
$function$;
grant execute on function private.server_of(jsonb) to authenticated;

CREATE OR REPLACE FUNCTION private.set_approve_changes(org uuid, required boolean, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- Whoever is alone must not be locked up, whatever they are called.
  if private.other_approvers(org) = 0 then
    perform private.require_role(org);
  else
    perform private.require_role(org, array['owner']);
  end if;
  if required is null then
    perform private.refuse('SW422', 'required is true or false.', 'Say whether a second person has to approve changes.');
  elsif not required then
    perform private.check_reason(reason, 'Switching the approval off needs a reason.',
      'Say why nobody else needs to look at changed amounts, accounts and dates.');
  end if;
  perform set_config('syncward.reason', coalesce(reason, ''), true);
  update public.organizations o set approve_changes = required where o.id = org and o.approve_changes <> required;
  perform set_config('syncward.reason', '', true);
end $function$;
grant execute on function private.set_approve_changes(uuid,boolean,text) to authenticated;

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

CREATE OR REPLACE FUNCTION private.set_notification(org uuid, event text, channel text, enabled boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  told_before boolean;
begin
  perform private.require_role(org);
  if (event in ('opened', 'raised', 'recovered', 'reminded', 'asked', 'decided') and channel in ('in_app', 'email') and enabled is not null) is not true then
    perform private.refuse('SW422', 'An event is opened, raised, recovered, reminded, asked or decided, a channel in_app or email.', 'Say whether you want it.');
  end if;
  -- All of them, so that two who each leave it to the other take turns.
  perform from public.members m where m.org_id = org order by m.user_id for update;
  told_before := exists (select from private.told_members t where t.org_id = set_notification.org);
  insert into public.notification_settings as s (org_id, user_id, event, channel, enabled)
  values (org, auth.uid(), set_notification.event, set_notification.channel, set_notification.enabled)
  on conflict on constraint notification_settings_pkey do update set enabled = excluded.enabled where s.enabled <> excluded.enabled;
  if told_before and not exists (select from private.told_members t where t.org_id = set_notification.org) then
    perform private.refuse('SW409', 'You are the last whom an alarm would reach.',
      'Let another owner or admin get e-mail about new problems first.');
  end if;
end $function$;
grant execute on function private.set_notification(uuid,text,text,boolean) to authenticated;

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
  mended boolean;
begin
  select array_agg((o ->> 'id')::bigint), bool_or(o ->> 'template' is not null) into ids, refusals from jsonb_array_elements(outcomes) o;
  if ids is null then
    return;
  end if;
  -- Always in the order of ids, here and where records are handed in, so that neither waits for the other in a circle.
  with locked as (
    select r.latest_version > r.version as waits, r.cause_id is not null or r.version > 1 as mends from public.records r
    where r.org_id = held.org_id and r.id = any (ids)
    order by r.id for update
  )
  select bool_or(l.waits), bool_or(l.mends) into waiting, mended from locked l;
  if mended then
    perform private.note_fixes(held, outcomes, settle.at);
  end if;
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
        closed_at = case when s.state = 'exported' and r.failed_at is not null then settle.at else r.closed_at end,
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

CREATE OR REPLACE FUNCTION private.sign_statement(org uuid, integration uuid, first_day date, last_day date, fingerprint text, note text, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  found_now record;
  zone text;
  signed bigint;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  select o.time_zone into zone from public.organizations o where o.id = org;
  if first_day is null or last_day is null or first_day > last_day or last_day - first_day > 400 then
    perform private.refuse('SW422', 'A period has a first and a last day, at most 400 days apart.', 'Choose the period again.');
  elsif last_day >= (sign_statement.at at time zone zone)::date then
    perform private.refuse('SW409', 'The period is not over yet.', 'Sign on the day after its last.');
  end if;
  select c.counts, c.lines, c.fingerprint into found_now
  from public.completeness(org, sign_statement.first_day, sign_statement.last_day) c where c.integration_id = integration;
  if found_now.fingerprint is distinct from sign_statement.fingerprint then
    perform private.refuse('SW409', 'The records of this period have changed since you looked.', 'Look at the figures again, then sign.');
  elsif (found_now.counts ->> 'waiting')::bigint > 0 then
    perform private.refuse('SW409', format('%s records of this period are still on their way.', found_now.counts ->> 'waiting'),
      'Wait until they are across, or take them out with a reason.');
  end if;
  insert into public.statements (org_id, integration_id, first_day, last_day, content, fingerprint, signed_by, signed_name, signed_at, note)
  select org, integration, sign_statement.first_day, sign_statement.last_day,
         jsonb_build_object('counts', found_now.counts, 'lines', found_now.lines), found_now.fingerprint, m.user_id,
         coalesce(nullif(m.name, ''), u.email), sign_statement.at, nullif(trim(sign_statement.note), '')
  from public.members m join auth.users u on u.id = m.user_id
  where m.org_id = org and m.user_id = auth.uid()
  returning id into signed;
  perform private.audit(org, 'statement.signed', sign_statement.at, integration, subject := 'statement ' || signed,
    after := jsonb_build_object('first_day', first_day, 'last_day', last_day, 'counts', found_now.counts), reason := nullif(trim(note), ''));
  return signed;
end $function$;
grant execute on function private.sign_statement(uuid,uuid,date,date,text,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.slot_after(due timestamp with time zone, every_minutes integer, calendar jsonb, zone text, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  missed integer := greatest(0, floor(extract(epoch from at - due) / (60 * every_minutes)))::integer;
  slot timestamptz;
begin
  if calendar is not null then
    return private.calendar_slot(calendar, zone, greatest(due, at));
  elsif every_minutes % 1440 <> 0 then
    return due + make_interval(mins => every_minutes) * (1 + missed);
  end if;
  missed := greatest(0, missed - 1);
  loop
    missed := missed + 1;
    slot := ((due at time zone zone) + make_interval(days => every_minutes / 1440) * missed) at time zone zone;
    exit when slot > greatest(due, at);
  end loop;
  return slot;
end $function$;

CREATE OR REPLACE FUNCTION private.snooze_incident(org uuid, incident bigint, minutes integer, reason text, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target constant public.incidents := private.open_incident(org, incident);
  until constant timestamptz := case when minutes is not null then snooze_incident.at + make_interval(mins => least(minutes, 100000)) end;
begin
  if minutes is null then
    if target.snoozed_until is null then
      return null;
    end if;
  elsif minutes not between 5 and 10080 then
    perform private.refuse('SW422', 'A snooze lasts from 5 minutes to 7 days.', 'Choose a time in between.');
  else
    perform private.check_reason(reason, 'A snooze needs a reason.', 'Say why nobody need hear of this for a while.');
    -- A second click is no second act.
    if target.snoozed_until - until between interval '-1 minute' and interval '1 minute' and target.snooze_reason = trim(reason) then
      return target.snoozed_until;
    end if;
  end if;
  update public.incidents i
  set snoozed_until = until, snoozed_by = case when until is not null then auth.uid() end,
      snooze_reason = case when until is not null then trim(reason) end
  where i.org_id = org and i.id = incident;
  perform private.audit(org, case when until is null then 'incident.snooze_ended' else 'incident.snoozed' end, snooze_incident.at,
    target.integration_id, 'incident ' || incident, jsonb_build_object('snoozed_until', target.snoozed_until),
    jsonb_build_object('snoozed_until', until), nullif(trim(reason), ''));
  return until;
end $function$;
grant execute on function private.snooze_incident(uuid,bigint,integer,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.stamp_integration()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if to_jsonb(new) - array['updated_at', 'next_due_at'] is distinct from to_jsonb(old) - array['updated_at', 'next_due_at'] then
    new.updated_at := greatest(new.updated_at, now(), old.updated_at + interval '1 microsecond');
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION private.start_retries(org uuid, integration uuid, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.integration_status s set dirty = true, circuit_open_until = null
  where s.org_id = org and s.integration_id = start_retries.integration;
  perform private.schedule_runs(start_retries.at, integration);
  perform private.ring_runs(start_retries.at);
end $function$;

CREATE OR REPLACE FUNCTION private.still_stands(invitation public.invitations, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select invitation.state = 'open' and invitation.expires_at > still_stands.at and exists (
    select from public.members m
    where m.org_id = invitation.org_id and m.user_id = invitation.invited_by
      and m.role = any (case invitation.role when 'owner' then array['owner'] else array['owner', 'admin'] end));
$function$;

CREATE OR REPLACE FUNCTION private.stop_retry(org uuid, retry bigint, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  asked public.retries;
  rest integer;
begin
  perform private.require_role(org);
  asked := private.hold_retry(org, retry, array['asked', 'waiting', 'running', 'canary']);
  rest := cardinality(asked.held) - asked.taken;
  update public.retries t set state = 'stopped', held = '{}', taken = 0, resume_at = null, ended_by = auth.uid()
  where t.org_id = stop_retry.org and t.id = retry;
  perform private.audit(org, 'retry.stopped', stop_retry.at, asked.integration_id, subject := 'retry ' || retry,
    before := jsonb_build_object('state', asked.state), after := jsonb_build_object('not_sent', rest));
  return jsonb_build_object('retry_id', retry, 'not_sent', rest);
end $function$;
grant execute on function private.stop_retry(uuid,bigint,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.stream_of(org uuid, integration uuid, stream text)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  found_one public.streams;
begin
  perform private.integration_of(org, integration);
  select s.* into found_one from public.streams s
  where s.org_id = org and s.integration_id = integration and s.stream = stream_of.stream for update;
  if not found then
    perform private.refuse('SW404', 'This integration has no such stream.', 'See stream_overview for those it has.');
  end if;
  return found_one;
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
        and (asked.edit is null or r.version = (asked.edit ->> 'version')::integer)
      order by r.id for update);
  end loop;
  update public.retries t set taken = asked.taken where t.org_id = held.org_id and t.id = held.retry_id and t.taken <> asked.taken;
  if asked.mapping is not null or asked.edit is not null then
    perform private.correct_payloads(asked, picked, take_retried.at);
  end if;
  -- A fresh start: its tries and its age count from here.
  update public.records r
  set state = 'sending', claimed_from = 'queued', run_id = held.id, attempts = 0, next_attempt_at = take_retried.at, queued_at = take_retried.at
  where r.org_id = held.org_id and r.id = any (picked);
  update public.runs u set selected = u.selected + cardinality(picked)
  where u.org_id = held.org_id and u.id = held.id and cardinality(picked) > 0;
  return picked;
end $function$;

CREATE OR REPLACE FUNCTION private.tell(org uuid, people uuid[], integration uuid, incident bigint, change bigint, kind text, urgency text, facts jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  with wanted as materialized (
    select m.org_id, m.user_id, m.locale,
           not exists (select from public.notification_settings s where s.org_id = m.org_id and s.user_id = m.user_id
             and s.event = tell.kind and s.channel = 'in_app' and not s.enabled) as in_app,
           not exists (select from public.notification_settings s where s.org_id = m.org_id and s.user_id = m.user_id
             and s.event = tell.kind and s.channel = 'email' and not s.enabled) as by_email
    from public.members m
    where m.org_id = tell.org and m.role in ('owner', 'admin') and (people is null or m.user_id = any (people))
  ), told as (
    insert into public.notifications (org_id, user_id, integration_id, incident_id, change_id, kind, urgency, in_app, notice, created_at)
    select w.org_id, w.user_id, tell.integration, tell.incident, tell.change, tell.kind, tell.urgency, w.in_app, facts, tell.at
    from wanted w
    where w.in_app or w.by_email
    on conflict (org_id, change_id, user_id) do nothing
    returning org_id, id, user_id
  )
  insert into public.deliveries (org_id, notification_id, channel, address, locale, notice, next_attempt_at, created_at)
  select t.org_id, t.id, 'email', u.email, w.locale, facts, tell.at, tell.at
  from told t
  join wanted w on w.org_id = t.org_id and w.user_id = t.user_id
  join auth.users u on u.id = t.user_id
  where u.email is not null and w.by_email
  on conflict (org_id, notification_id, channel) do nothing;
end $function$;

CREATE OR REPLACE FUNCTION private.tell_approval(retry public.retries, kind text, people uuid[], news jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  facts jsonb;
begin
  select jsonb_build_object('kind', tell_approval.kind, 'alarm', tell_approval.kind, 'severity', 'medium', 'since', retry.requested_at,
    'at', tell_approval.at,
    'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
    'integration', jsonb_build_object('id', i.id, 'name', i.name, 'slug', i.slug, 'system', i.system),
    'news', news || jsonb_build_object('records', retry.records, 'by', coalesce((
      select nullif(m.name, '') from public.members m where m.org_id = i.org_id and m.user_id = auth.uid()), o.name)))
  into facts
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  where i.org_id = retry.org_id and i.id = retry.integration_id;
  -- Told under a number no change of health has or will have.
  perform private.tell(retry.org_id, people, retry.integration_id, null, nextval(pg_get_serial_sequence('public.health_changes', 'id')),
    tell_approval.kind, 'medium', facts, tell_approval.at);
  perform private.ring_deliver(tell_approval.at);
end $function$;

CREATE OR REPLACE FUNCTION private.tell_asker(retry public.retries, agreed boolean, reason text, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select private.tell_approval(retry, 'decided', array[retry.requested_by], jsonb_build_object('agreed', agreed, 'reason', reason), tell_asker.at)
  where retry.requested_by is distinct from auth.uid();
$function$;

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
  delete from private.blind_spots b where b.ended_at < horizon;
  -- Their notifications and deliveries go with them.
  delete from public.incidents i where i.resolved_at < horizon;
  perform private.forget_tombstones(20000, tick_retention.at);
  delete from public.signal_history g where g.at < tick_retention.at - interval '90 days';
  delete from public.invitations i where coalesce(i.ended_at, i.expires_at) < tick_retention.at - interval '90 days';
  delete from public.webhook_calls w where w.at < tick_retention.at - interval '30 days';
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

CREATE OR REPLACE FUNCTION private.unlock_grant_report(org uuid, report bigint, reason text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  kept record;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Unlocking a grant report needs a reason.', 'Say why it must be handed in anew.');
  select g.scheme, g.first_day, g.last_day, g.unlocked_at into kept from public.grant_reports g where g.org_id = org and g.id = report for update;
  if not found then
    perform private.refuse('SW404', 'There is no such grant report in this organization.', 'Look at the history of grant reports.');
  elsif kept.unlocked_at is not null then
    perform private.refuse('SW409', 'This grant report is unlocked already.', 'Look at the history of grant reports.');
  end if;
  update public.grant_reports g
  set unlocked_by = m.user_id, unlocked_name = coalesce(nullif(m.name, ''), u.email), unlocked_at = unlock_grant_report.at,
      unlock_reason = trim(unlock_grant_report.reason)
  from public.members m join auth.users u on u.id = m.user_id
  where g.org_id = org and g.id = report and m.org_id = org and m.user_id = auth.uid();
  perform private.audit(org, 'grant_report.unlocked', unlock_grant_report.at, null, subject := 'grant report ' || report,
    after := jsonb_build_object('scheme', kept.scheme, 'first_day', kept.first_day, 'last_day', kept.last_day), reason := trim(unlock_grant_report.reason));
end $function$;
grant execute on function private.unlock_grant_report(uuid,bigint,text,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.update_integration(org uuid, integration uuid, expected timestamp with time zone, changes jsonb, at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.integrations;
  zone text;
  every integer;
  by_calendar jsonb;
  due timestamptz;
  wanted jsonb;
  moved boolean;
begin
  perform private.require_role(org);
  perform from public.integrations i where i.org_id = org and i.id = integration for no key update;
  target := private.integration_of(org, integration);
  if jsonb_typeof(changes) is distinct from 'object' or changes - array['name', 'every_minutes', 'calendar', 'first_run', 'settings', 'thresholds'] <> '{}'
    or octet_length(changes::text) > 100000
    or coalesce(jsonb_typeof(changes -> 'settings'), 'object') <> 'object'
    or coalesce(jsonb_typeof(changes -> 'thresholds'), 'object') <> 'object' then
    perform private.refuse('SW422', 'Changes are of name, every_minutes, calendar, first_run, settings and thresholds.', 'Leave out what stays as it is.');
  elsif target.updated_at is distinct from expected then
    perform private.refuse('SW409', 'Somebody else changed this integration while you were editing it.', 'Read what it is now, then decide again.');
  elsif changes ? 'name' and (jsonb_typeof(changes -> 'name') <> 'string'
    or length(trim(changes ->> 'name')) not between 1 and 200 or changes ->> 'name' ~ '[[:cntrl:]]') then
    perform private.refuse('SW422', 'A name has 1 to 200 characters.', 'Give it a name people know it by.');
  elsif changes ? 'every_minutes' and (changes ->> 'every_minutes' ~ '^[0-9]{1,5}$') is not true then
    perform private.refuse('SW422', 'A schedule is a whole number of minutes.', 'Say how often it is to run.');
  end if;
  perform private.check_setting(c.key, target.settings -> c.key, c.value) from jsonb_each(changes -> 'settings') c;
  perform private.check_threshold(c.key, c.value) from jsonb_each(changes -> 'thresholds') c;
  wanted := jsonb_strip_nulls(target.thresholds || coalesce(changes -> 'thresholds', '{}'));
  if coalesce((wanted ->> 'lag_critical_minutes')::integer, 240) < coalesce((wanted ->> 'lag_minutes')::integer, 30) then
    perform private.refuse('SW422', 'Too late by so much that it is red cannot come before late at all.',
      'Make lag_critical_minutes the larger of the two.');
  end if;
  select o.time_zone into zone from public.organizations o where o.id = org;
  every := target.every_minutes;
  by_calendar := target.calendar;
  due := target.next_due_at;
  if changes ?| array['every_minutes', 'calendar'] then
    every := (changes ->> 'every_minutes')::integer;
    by_calendar := changes -> 'calendar';
  end if;
  if changes ?| array['every_minutes', 'calendar', 'first_run'] then
    due := private.next_due_of(due, every, by_calendar, zone, changes ->> 'first_run', update_integration.at);
  end if;
  select coalesce(bool_or(private.server_of(target.settings -> c.key) is distinct from private.server_of(c.value)), false) into moved
  from jsonb_each(changes -> 'settings') c;
  if moved then
    perform private.forget_credential(org, integration, update_integration.at);
  end if;
  update public.integrations i
  set name = coalesce(trim(changes ->> 'name'), i.name), every_minutes = every, calendar = by_calendar, next_due_at = due,
      settings = i.settings || coalesce(changes -> 'settings', '{}'), thresholds = wanted
  where i.org_id = org and i.id = integration
  returning i.* into target;
  -- When it runs next is no part of the row's own audit, which leaves out what the clock moves.
  if changes ? 'first_run' then
    perform private.audit(org, 'integration.next_run_set', update_integration.at, integration, after := jsonb_build_object('next_due_at', due));
  end if;
  perform private.evaluate_health(update_integration.at, array[integration]);
  return jsonb_build_object('updated_at', target.updated_at, 'credential_forgotten', moved);
end $function$;
grant execute on function private.update_integration(uuid,uuid,timestamp with time zone,jsonb,timestamp with time zone) to authenticated;

CREATE OR REPLACE FUNCTION private.urgency_rank(urgency text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array_position(array['low', 'medium', 'high', 'critical'], urgency);
$function$;

CREATE OR REPLACE FUNCTION private.valid_calendar(calendar jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO ''
AS $function$
  select case
    when jsonb_typeof(calendar) <> 'object' then false
    when calendar ? 'minute' then calendar - 'minute' = '{}' and jsonb_typeof(calendar -> 'minute') = 'number'
      and calendar ->> 'minute' ~ '^[1-5]?[0-9]$'
    else jsonb_typeof(calendar -> 'time') is not distinct from 'string' and calendar ->> 'time' ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
      and case
        when calendar ? 'weekdays' then calendar - array['time', 'weekdays'] = '{}' and calendar ->> 'weekdays' ~ '^\[[1-7](, [1-7])*\]$'
          and calendar -> 'weekdays' = (select jsonb_agg(distinct d.value) from jsonb_array_elements(calendar -> 'weekdays') d)
        when calendar ? 'day' then calendar - array['time', 'day'] = '{}' and calendar -> 'day' in ('"first"', '"last"')
        else calendar - 'time' = '{}'
      end
  end;
$function$;
grant execute on function private.valid_calendar(jsonb) to service_role;

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

CREATE OR REPLACE FUNCTION private.version_change(org uuid, record bigint, was integer, became integer, field text)
 RETURNS TABLE(changed_field text, before text, after text, fields bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with v as (
    select h.version, h.payload, h.amount, h.currency, h.occurred_on from public.record_versions h
    where h.org_id = version_change.org and h.record_id = version_change.record and h.version in (was, became)
    union all
    select r.version, r.payload, r.amount, r.currency, r.occurred_on from public.records r
    where r.org_id = version_change.org and r.id = version_change.record and r.version in (was, became)
  ), c as (
    select v.version, v.payload || jsonb_strip_nulls(jsonb_build_object('record.amount', trim_scale(v.amount)::text,
      'record.currency', v.currency, 'record.occurred_on', to_char(v.occurred_on, 'YYYY-MM-DD'))) as content
    from v
  ), d as (
    select k.key, o.content ->> k.key as before, n.content ->> k.key as after
    from c o
    join c n on o.version = was and n.version = became
    cross join lateral jsonb_object_keys(o.content || n.content) k (key)
    where o.content -> k.key is distinct from n.content -> k.key
  )
  select d.key, left(d.before, 500), left(d.after, 500), count(*) over () from d order by d.key is distinct from field, d.key limit 1;
$function$;
grant execute on function private.version_change(uuid,bigint,integer,integer,text) to authenticated;

CREATE OR REPLACE FUNCTION private.wake_incidents(at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  woken integer := 0;
  incident public.incidents;
begin
  for incident in
    select i.* from public.incidents i
    where i.snoozed_until <= wake_incidents.at and not private.in_maintenance(i.org_id, i.integration_id, wake_incidents.at)
    order by i.snoozed_until limit 1000
    for update skip locked
  loop
    update public.incidents i set snoozed_until = null, snoozed_by = null, snooze_reason = null
    where i.org_id = incident.org_id and i.id = incident.id;
    -- Told under a number no change of health has or will have.
    if incident.state = 'open' then
      perform private.notify(incident, 'reminded', nextval(pg_get_serial_sequence('public.health_changes', 'id')), wake_incidents.at);
    end if;
    woken := woken + 1;
  end loop;
  return woken;
end $function$;

CREATE OR REPLACE FUNCTION private.wall_time(wall timestamp without time zone, zone text, later boolean DEFAULT false)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  instant constant timestamptz := wall at time zone zone;
begin
  if instant at time zone zone is distinct from wall then
    perform private.refuse('SW422', format('%s does not exist in %s: the clocks are put forward over it.',
      to_char(wall, 'YYYY-MM-DD HH24:MI'), zone), 'Choose a time an hour earlier or later.');
  elsif not later and (instant - interval '1 hour') at time zone zone = wall then
    return instant - interval '1 hour';
  end if;
  return instant;
end $function$;

CREATE OR REPLACE FUNCTION private.withdraw_invitation(org uuid, invitation bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  target public.invitations;
begin
  perform private.require_role(org);
  select i.* into target from public.invitations i where i.org_id = withdraw_invitation.org and i.id = withdraw_invitation.invitation for update;
  if not found then
    perform private.refuse('SW404', 'There is no such invitation in this organization.', 'Reload the page.');
  elsif target.state = 'withdrawn' then
    return;
  elsif target.state = 'accepted' then
    perform private.refuse('SW409', 'The invitation has been accepted already.', 'Remove the member instead.');
  end if;
  update public.invitations i set state = 'withdrawn', ended_at = withdraw_invitation.at where i.org_id = target.org_id and i.id = target.id;
  -- What has not gone out need not.
  update public.deliveries d set state = 'refused', error = 'The invitation was withdrawn.'
  where d.org_id = target.org_id and d.invitation_id = target.id and d.state = 'pending' and d.frozen is null;
  perform private.audit(org, 'invitation.withdrawn', withdraw_invitation.at, subject := 'invitation ' || target.id,
    before := jsonb_build_object('name', target.name, 'role', target.role));
end $function$;
grant execute on function private.withdraw_invitation(uuid,bigint,timestamp with time zone) to authenticated;

-- by default, new functions are granted: nothing

select cron.schedule('syncward-deliver', '* * * * *', 'select private.tick_deliver()');
select cron.schedule('syncward-evaluate', '* * * * *', 'select private.tick_evaluate()');
select cron.schedule('syncward-reap', '* * * * *', 'select private.tick_reap()');
select cron.schedule('syncward-retention', '17 * * * *', 'select private.tick_retention()');
select cron.schedule('syncward-schedule', '* * * * *', 'select private.tick_schedule()');
