-- Organizations: the tenants, who is in them, and what was done by whom.

create function private.is_time_zone(zone text)
  returns boolean
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  perform timestamptz '2026-01-01' at time zone zone;
  return true;
exception when invalid_parameter_value then
  return false;
end $$;

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  time_zone text not null default 'Europe/Oslo' check (private.is_time_zone(time_zone)),
  currency text not null default 'NOK' check (currency ~ '^[A-Z]{3}$'),
  -- The accounting cut-off: this time of day, on this day of every month (null: the last day).
  cutoff_time time not null default '16:00',
  cutoff_day smallint check (cutoff_day between 1 and 28),
  -- Whether a second owner or admin must agree before amounts, accounts or dates are changed on the way.
  approve_changes boolean not null default true,
  created_at timestamptz not null default now()
);
comment on table public.organizations is 'The tenant. Everything else belongs to exactly one.';

create table public.members (
  org_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'viewer')),
  name text not null default '',
  locale text not null default 'nb' check (locale in ('nb', 'en')),
  created_at timestamptz not null default now(),
  primary key (org_id, user_id)
);
comment on table public.members is 'A user in an organization: owner and admin may act, a viewer may look.';
create index members_of_user on public.members (user_id, org_id);
comment on index public.members_of_user is 'Serves private.my_org_ids, which every policy calls.';

create table public.audit_log (
  -- No foreign key: the log outlives what it tells of.
  org_id uuid not null,
  id bigint generated always as identity,
  at timestamptz not null,
  actor_id uuid,
  actor text not null,
  action text not null,
  system text,
  integration_id uuid,
  subject text,
  before jsonb,
  after jsonb,
  reason text,
  primary key (org_id, id)
);
comment on table public.audit_log is 'Append-only: who did what, with before and after.';

create function private.refuse_change()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  perform private.refuse('SW403', format('%I is append-only.', tg_table_name), 'Write a new row instead.');
end $$;

create trigger audit_log_is_append_only
  before update or delete or truncate on public.audit_log
  for each statement execute function private.refuse_change();
-- In a session that plays a replica, too, where ordinary triggers are silent.
alter table public.audit_log enable always trigger audit_log_is_append_only;

-- The caller's organizations. Policies use it as `org_id = any(array(select …))`: one index condition, not a call per row.
-- PL/pgSQL keeps the plan for the session; a function in SQL is planned again for every table of every query.
create function private.my_org_ids(roles text[] default array['owner', 'admin', 'viewer'])
  returns setof uuid
  language plpgsql
  stable
  rows 5
  security definer
  set search_path = ''
as $$
begin
  return query
  select m.org_id from public.members m where m.user_id = (select auth.uid()) and m.role = any (roles);
end $$;
grant execute on function private.my_org_ids(text[]) to authenticated;

-- Refuses unless the caller has one of the roles. A stranger hears "not found", so that nothing is confirmed to exist.
create function private.require_role(org uuid, roles text[] default array['owner', 'admin'])
  returns void
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
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
end $$;

-- The next accounting cut-off after `at`, as an instant; wall time in the organization's own zone, so daylight saving is right.
create function private.next_cutoff(org uuid, at timestamptz default now())
  returns timestamptz
  language sql
  stable
  security definer
  set search_path = ''
as $$
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
$$;
grant execute on function private.next_cutoff(uuid, timestamptz) to authenticated;

alter table public.organizations enable row level security;
alter table public.members enable row level security;
alter table public.audit_log enable row level security;

create policy "members see their organization" on public.organizations
  for select to authenticated using (id = any (array(select private.my_org_ids())));
create policy "members see who is in their organization" on public.members
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their organization's audit log" on public.audit_log
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.organizations, public.members, public.audit_log to authenticated, service_role;
grant insert on public.organizations, public.members to service_role;
-- Whoever inserts runs the checks.
grant execute on function private.is_time_zone(text) to service_role;
