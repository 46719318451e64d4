-- Signals: numbers a system measures of itself, and the age of what was fetched; the latest of each, and what they were.

create table public.signals (
  org_id uuid not null,
  integration_id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  about text not null default '' check (length(about) <= 200),
  value numeric not null,
  unit text not null check (unit in ('percent', 'count', 'minutes', 'days', 'seconds', 'bytes', 'amount')),
  at timestamptz not null,
  warning numeric,
  critical numeric,
  -- Bounds are the least that is well; otherwise the most.
  is_floor boolean not null default false,
  past text generated always as (case
    when case when is_floor then value < critical else value > critical end then 'critical'
    when case when is_floor then value < warning else value > warning end then 'warning' end) stored,
  primary key (org_id, integration_id, name, about),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.signals is 'The latest of each number measured about an integration, with its bounds.';

create table public.signal_history (
  org_id uuid not null,
  integration_id uuid not null,
  name text not null,
  about text not null,
  at timestamptz not null,
  value numeric not null,
  primary key (org_id, integration_id, name, about, at),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.signal_history is 'What each signal was, for 90 days.';
create index signal_history_by_age on public.signal_history using brin (at);
comment on index public.signal_history_by_age is 'Serves private.tick_retention.';

-- Writes down measured numbers, [{name, about, value, unit, at, warning, critical, is_floor}], as they are; ours of the lag are kept apart.
create function private.keep_signals(org uuid, integration uuid, measured jsonb)
  returns void
  language plpgsql
  set search_path = ''
as $$
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
end $$;

-- What a system measured of itself in this run; what it no longer tells of is forgotten. With an error nothing was measured, and the
-- numbers known stay. Refuses with SW410.
create function public.record_signals(org uuid, run bigint, token uuid, measured jsonb, error text, at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function public.record_signals(uuid, bigint, uuid, jsonb, text, timestamptz) to service_role;
comment on function public.record_signals is 'Writes down what a system measured of itself. Refuses with SW410 when the lease was lost.';

-- How old the data of each stream is when a run ends, as a number; the rule about it looks at the moment itself.
create function private.measure_lag(org uuid, integration uuid, at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
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
end $$;

alter table public.signals enable row level security;
alter table public.signal_history enable row level security;

create policy "members see their signals" on public.signals
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see what their signals were" on public.signal_history
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.signals, public.signal_history to authenticated, service_role;

create view public.signal_overview with (security_invoker = true) as
select g.org_id, g.integration_id, g.name, g.about, g.value, g.unit, g.at, g.warning, g.critical, g.is_floor, g.past,
  (
    select f.since from public.findings f
    where g.past is not null and f.org_id = g.org_id and f.integration_id = g.integration_id and f.rule = 'signal' and f.closed_at is null
      and f.subject = g.name || case when g.about = '' then '' else ': ' || g.about end
  ) as past_since,
  (
    select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'value', d.value) order by d.day), '[]')
    from (
      select distinct on (day) (h.at at time zone (select o.time_zone from public.organizations o where o.id = g.org_id))::date as day, h.value
      from public.signal_history h
      where h.org_id = g.org_id and h.integration_id = g.integration_id and h.name = g.name and h.about = g.about and h.at > now() - interval '30 days'
      order by day, h.at desc
    ) d
  ) as days
from public.signals g;
comment on view public.signal_overview is 'Signals with their bounds, since when they are past them, and the last value of each of the last 30 days.';
grant select on public.signal_overview to authenticated;
create trigger views_are_read_only instead of insert or update or delete on public.signal_overview
  for each row execute function private.refuse_write();
