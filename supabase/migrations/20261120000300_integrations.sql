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
      or (t.key not in ('failure_rate_percent', 'deviation_percent') and (t.value)::numeric % 1 <> 0)
      or t.key not in (
        'alarm_after_failures', 'no_success_hours', 'failure_rate_percent', 'lag_minutes', 'lag_critical_minutes', 'queue_depth',
        'stuck_minutes', 'refused_open_hours', 'credential_warning_days', 'credential_rotate_days', 'max_attempts', 'deviation_percent'
      )
  );
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
  every_minutes integer not null default 60 check (every_minutes between 1 and 44640),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  thresholds jsonb not null default '{}' check (private.valid_thresholds(thresholds)),
  credential_secret_id uuid,
  -- The names of the credential's parts, so that the page can ask for new ones; never a value.
  credential_keys text[] not null default '{}',
  credential_set_at timestamptz,
  credential_expires_at timestamptz,
  next_due_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug)
);
comment on table public.integrations is 'One organization''s configured use of a system.';
-- Serves private.schedule_runs.
create index integrations_due on public.integrations (next_due_at) where enabled;

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
  primary key (org_id, integration_id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
) with (fillfactor = 70);
comment on table public.integration_status is 'What is true of an integration now: its light, its streaks, its breaker.';
-- Serve private.evaluate_health: what changed, and whose deadline passed.
create index integration_status_dirty on public.integration_status (integration_id) where dirty;
create index integration_status_deadline on public.integration_status (next_deadline);
-- Serves private.schedule_runs.
create index integration_status_asks_again on public.integration_status (asks_again_at) where asks_again_at is not null;

create table public.maintenance_windows (
  org_id uuid not null references public.organizations (id),
  id bigint generated always as identity,
  -- Null: every integration of the organization.
  integration_id uuid,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null default '',
  created_by uuid,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.maintenance_windows is 'Planned work: no run starts, the light is grey, alerts wait.';
-- Serves the foreign key and the evaluator.
create index maintenance_windows_of_integration on public.maintenance_windows (org_id, integration_id, ends_at);

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

-- Writes one audit row for the signed-in caller (or for the platform, when nobody is signed in).
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
    coalesce((select m.name from public.members m where m.org_id = audit.org and m.user_id = auth.uid()), 'platform'),
    audit.action,
    (select i.system from public.integrations i where i.org_id = audit.org and i.id = audit.integration),
    audit.integration, audit.subject, audit.before, audit.after, audit.reason
  );
$$;

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
  if target.enabled is not distinct from set_enabled.enabled then
    return;
  end if;
  update public.integrations i set enabled = set_enabled.enabled, updated_at = now()
  where i.org_id = org and i.id = integration;
  perform private.audit(org, 'integration.' || case when set_enabled.enabled then 'switched_on' else 'switched_off' end, now(), integration,
    before := jsonb_build_object('enabled', target.enabled), after := jsonb_build_object('enabled', set_enabled.enabled), reason := reason);
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

grant select (org_id, id, system, slug, name, direction, enabled, every_minutes, settings, thresholds, credential_keys, credential_set_at,
  credential_expires_at, next_due_at, created_at, updated_at) on public.integrations to authenticated, service_role;
grant select on public.integration_status, public.maintenance_windows to authenticated, service_role;
grant insert (org_id, system, slug, name, direction, enabled, every_minutes, settings, thresholds, next_due_at)
  on public.integrations to service_role;
