-- Integrations: what an organization has connected, how it is configured, and the one narrow row that changes often.

-- Thresholds an integration may set for itself; unknown names and non-numbers are refused, so that no row can poison evaluation.
create function private.valid_thresholds(thresholds jsonb)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
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
$$;

-- A schedule by the clocks of the organization: {"minute": 15} every hour at that minute, {"time": "06:30"} every day at that time,
-- with "weekdays" (1 is Monday) on those alone, with "day" on the first or the last of each month.
create function private.valid_calendar(calendar jsonb)
  returns boolean
  language sql
  immutable
  strict
  set search_path = ''
as $$
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
$$;

create table public.integrations (
  org_id uuid not null references public.organizations (id),
  id uuid not null default gen_random_uuid() unique,
  -- The folder of the connector: 'xledger' means function sync-xledger. Only the shape is checked; there is no list to keep.
  system text not null check (system ~ '^[a-z][a-z0-9-]{0,62}$'),
  slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  direction text not null default 'push' check (direction in ('push', 'pull')),
  enabled boolean not null default true,
  -- Either by the minute or by the calendar, which is in private.valid_calendar.
  every_minutes integer default 60 check (every_minutes between 1 and 44640),
  calendar jsonb check (private.valid_calendar(calendar)),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 100000),
  thresholds jsonb not null default '{}' check (private.valid_thresholds(thresholds)),
  credential_secret_id uuid,
  -- The names of the credential's parts, so that the page can ask for new ones; never a value.
  credential_keys text[] not null default '{}',
  credential_set_at timestamptz,
  credential_expires_at timestamptz,
  next_due_at timestamptz not null default now() check (next_due_at between '2000-01-01 00:00:00+00' and '2200-01-01 00:00:00+00'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug),
  constraint integrations_one_schedule check ((every_minutes is null) <> (calendar is null))
);
comment on table public.integrations is 'One organization''s configured use of a system.';
create index integrations_due on public.integrations (next_due_at) where enabled;
comment on index public.integrations_due is 'Serves private.schedule_runs.';

create table public.integration_status (
  org_id uuid not null,
  integration_id uuid not null,
  health text not null default 'grey' check (health in ('green', 'yellow', 'red', 'grey')),
  health_since timestamptz not null,
  evaluated_at timestamptz,
  -- The evaluator looks only where inputs changed (dirty) or a deadline passed, so a tick costs what changed.
  dirty boolean not null default true,
  next_deadline timestamptz,
  last_run_id bigint,
  last_success_at timestamptz,
  consecutive_failures integer not null default 0,
  consecutive_successes integer not null default 0,
  -- The circuit breaker: after three run-level errors in a row the schedule pauses, longer each time.
  circuit_failures integer not null default 0,
  circuit_open_until timestamptz,
  -- Records the system took but has not judged: a run comes this early to ask.
  asks_again_at timestamptz,
  -- What its runs are usually like and by how many percent the last one was off, kept at the end of each run, so that judging
  -- reads no history. Off is null where the difference is within the usual spread or there is nothing to compare.
  usual_selected numeric,
  volume_off numeric,
  usual_seconds numeric,
  duration_off numeric,
  failed_of_ten integer not null default 0,
  -- The last look at address and credential: when, as whom the system knows us, what will not last, what was wrong. Asked for at a
  -- later time than it was done, or with a credential set later, the next slice does it.
  check_asked_at timestamptz,
  checked_at timestamptz,
  checked_as text,
  check_warnings text[] not null default '{}',
  check_error text,
  -- For what is fetched: everything up to this moment is here. For what is measured: how many signals are past a bound, and why none could be read.
  data_as_of timestamptz,
  drifted_streams integer not null default 0,
  signals_past integer not null default 0,
  signals_error text,
  primary key (org_id, integration_id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
) with (fillfactor = 70);
comment on table public.integration_status is 'What is true of an integration now: its light, its streaks, its breaker.';
create index integration_status_dirty on public.integration_status (integration_id) where dirty;
comment on index public.integration_status_dirty is 'Serves private.evaluate_health: what changed.';
create index integration_status_deadline on public.integration_status (next_deadline);
comment on index public.integration_status_deadline is 'Serves private.evaluate_health: whose deadline passed.';
create index integration_status_asks_again on public.integration_status (asks_again_at) where asks_again_at is not null;
comment on index public.integration_status_asks_again is 'Serves private.schedule_runs.';

create table public.maintenance_windows (
  org_id uuid not null references public.organizations (id),
  id bigint generated always as identity,
  -- Null: every integration of the organization.
  integration_id uuid,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null default '',
  created_by uuid,
  -- What windows that come back every week have in common. Each of them is a row like any other.
  series uuid,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.maintenance_windows is 'Planned work: no run starts, the light is grey, alerts wait.';
create index maintenance_windows_of_integration on public.maintenance_windows (org_id, integration_id, ends_at);
comment on index public.maintenance_windows_of_integration is 'Serves private.in_maintenance, and the foreign key to public.integrations.';

create function private.follow_integration()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.integration_status (org_id, integration_id, health_since)
    values (new.org_id, new.id, new.created_at);
  else
    update public.integration_status s set dirty = true
    where s.org_id = new.org_id and s.integration_id = new.id and not s.dirty;
  end if;
  return null;
end $$;

create trigger integration_changes_are_followed
  after insert or update on public.integrations
  for each row execute function private.follow_integration();

-- Who would be told decides about a light too.
create function private.follow_members()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  update public.integration_status s set dirty = true
  where not s.dirty and s.org_id = coalesce(new.org_id, old.org_id);
  return null;
end $$;

create trigger member_changes_are_followed
  after insert or update or delete on public.members
  for each row execute function private.follow_members();

-- Writes one audit row for the signed-in caller; when nobody is signed in, for the role whose rights were used.
create function private.audit(
  org uuid, action text, at timestamptz, integration uuid default null, subject text default null,
  before jsonb default null, after jsonb default null, reason text default null
)
  returns void
  language sql
  security definer
  set search_path = ''
as $$
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
$$;

-- Whoever changes how an organization is set up, by whatever door, leaves a row: what was added or removed and, of a change, the
-- fields that differ. What the pipeline moves by itself is left out. A function that has a reason puts it into `syncward.reason`.
create function private.audit_change()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;

create trigger organization_changes_are_audited
  after insert or update or delete on public.organizations
  for each row execute function private.audit_change('organization');
create trigger member_changes_are_audited
  after insert or update or delete on public.members
  for each row execute function private.audit_change('member');
create trigger integration_changes_are_audited
  after insert or update or delete on public.integrations
  for each row execute function private.audit_change('integration');
create trigger maintenance_window_changes_are_audited
  after insert or update or delete on public.maintenance_windows
  for each row execute function private.audit_change('maintenance_window');

-- The integration, or a refusal that says so. For callers whose role was checked.
create function private.integration_of(org uuid, integration uuid)
  returns public.integrations
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  found_one public.integrations;
begin
  select i.* into found_one from public.integrations i where i.org_id = org and i.id = integration;
  if not found then
    perform private.refuse('SW404', 'There is no such integration in this organization.', 'Check the address.');
  end if;
  return found_one;
end $$;

-- Puts a credential into Vault, where no role a browser can hold reads it, and forgets the old one.
create function private.set_credential(org uuid, integration uuid, credential jsonb, expires_at timestamptz, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;

create function private.set_credential_as_member(org uuid, integration uuid, credential jsonb, expires_at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.require_role(org);
  perform private.set_credential(org, integration, credential, expires_at, now());
end $$;
grant execute on function private.set_credential_as_member(uuid, uuid, jsonb, timestamptz) to authenticated;

-- Sets an integration's credential; it can be replaced but never read back. Owner or admin.
create function public.set_credential(org uuid, integration uuid, credential jsonb, expires_at timestamptz default null)
  returns void
  language sql
  set search_path = ''
as $$
  select private.set_credential_as_member(org, integration, credential, expires_at);
$$;
grant execute on function public.set_credential(uuid, uuid, jsonb, timestamptz) to authenticated;
comment on function public.set_credential is 'Sets an integration''s credential (write-only). Refuses with SW403, SW404, SW422.';

create function private.set_enabled(org uuid, integration uuid, enabled boolean, reason text)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function private.set_enabled(uuid, uuid, boolean, text) to authenticated;

-- Switches an integration on or off. Owner or admin; nothing queued is lost.
create function public.set_enabled(org uuid, integration uuid, enabled boolean, reason text default null)
  returns void
  language sql
  set search_path = ''
as $$
  select private.set_enabled(org, integration, enabled, reason);
$$;
grant execute on function public.set_enabled(uuid, uuid, boolean, text) to authenticated;
comment on function public.set_enabled is 'Switches an integration on or off. Refuses with SW403, SW404.';

alter table public.integrations enable row level security;
alter table public.integration_status enable row level security;
alter table public.maintenance_windows enable row level security;

create policy "members see their integrations" on public.integrations
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their integrations' status" on public.integration_status
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their maintenance windows" on public.maintenance_windows
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, calendar, settings, thresholds, credential_keys, credential_set_at,
  credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to authenticated, service_role;
grant select on public.integration_status, public.maintenance_windows to authenticated, service_role;
grant insert (org_id, system, slug, name, direction, enabled, every_minutes, calendar, settings, thresholds, next_due_at)
  on public.integrations to service_role;
-- Whoever inserts runs the checks.
grant execute on function private.valid_thresholds(jsonb), private.valid_calendar(jsonb) to service_role;
