-- Plan: maintenance windows, made and ended by hand. While one lasts no run starts by itself, the light is grey, and alerts wait.

-- The windows a plan means, in the organization's own wall time: one, or one a week until a day. Those that follow the first are where the
-- clocks show the same times: a time that is skipped that day is the moment after it, one that comes twice is within the window both times.
create function private.planned_windows(zone text, starts text, ends text, minutes integer, weekly_until text, at timestamptz)
  returns table (starts_at timestamptz, ends_at timestamptz)
  language plpgsql
  stable
  set search_path = ''
as $$
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
end $$;

create function private.preview_maintenance(org uuid, starts text, ends text, weekly_until text, at timestamptz)
  returns jsonb
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function private.preview_maintenance(uuid, text, text, text, timestamptz) to authenticated;

-- What a plan that is not made yet comes to: how many windows, how many of them cover the accounting cut-off, and the next three.
create function public.preview_maintenance(org uuid, ends text, starts text default null, weekly_until text default null)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select private.preview_maintenance(org, starts, ends, weekly_until, now());
$$;
grant execute on function public.preview_maintenance(uuid, text, text, text) to authenticated;
comment on function public.preview_maintenance is 'The windows a plan would make: {windows, cutoffs, next: [{starts_at, ends_at, cutoff_at}]}. Refuses with SW404, SW422.';

create function private.add_maintenance(org uuid, reason text, starts text, ends text, minutes integer, integration uuid, weekly_until text, at timestamptz)
  returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function private.add_maintenance(uuid, text, text, text, integer, uuid, text, timestamptz) to authenticated;

-- Brings the lights of an integration, or of all of an organization, up to date.
create function private.look_again(org uuid, integration uuid, at timestamptz)
  returns void
  language sql
  security definer
  set search_path = ''
as $$
  select private.evaluate_health(look_again.at, array(
    select i.id from public.integrations i where i.org_id = look_again.org and (look_again.integration is null or i.id = look_again.integration)));
$$;

-- Plans work on an integration or, without one, on all. Times are wall time of the organization, `2026-11-20T07:00`; without `starts` it
-- begins now; with `weekly_until`, a day, it comes back every week. Answers the (first) window's id; the same again is the same. Owner or admin.
create function public.add_maintenance(org uuid, reason text, starts text default null, ends text default null, minutes integer default null,
  integration uuid default null, weekly_until text default null)
  returns bigint
  language sql
  set search_path = ''
as $$
  select private.add_maintenance(org, reason, starts, ends, minutes, integration, weekly_until, now());
$$;
grant execute on function public.add_maintenance(uuid, text, text, text, integer, uuid, text) to authenticated;
comment on function public.add_maintenance is 'Plans a maintenance window, or one a week; answers its id. Refuses with SW403, SW404, SW409 (overlaps another), SW422.';

create function private.end_maintenance(org uuid, maintenance_window bigint, series boolean, at timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function private.end_maintenance(uuid, bigint, boolean, timestamptz) to authenticated;

-- Ends a window now; one that has not begun is taken out; with `series` so are those that come back after it. Answers `ended` or
-- `cancelled`. Owner or admin.
create function public.end_maintenance(org uuid, maintenance_window bigint, series boolean default false)
  returns text
  language sql
  set search_path = ''
as $$
  select private.end_maintenance(org, maintenance_window, series, now());
$$;
grant execute on function public.end_maintenance(uuid, bigint, boolean) to authenticated;
comment on function public.end_maintenance is
  'Ends or cancels a maintenance window, or all that are left of its series: `ended` or `cancelled`. Refuses with SW403, SW404, SW409 (over already).';

create view public.maintenance with (security_invoker = true) as
select w.org_id, w.id, w.integration_id,
  (select i.name from public.integrations i where i.org_id = w.org_id and i.id = w.integration_id) as integration_name,
  (select i.slug from public.integrations i where i.org_id = w.org_id and i.id = w.integration_id) as integration_slug,
  w.starts_at, w.ends_at, w.reason, w.series,
  (select m.name from public.members m where m.org_id = w.org_id and m.user_id = w.created_by) as created_by_name,
  case when w.ends_at <= now() then 'past' when w.starts_at <= now() then 'running' else 'planned' end as state,
  case when w.starts_at <= now() and w.ends_at > now() then (
    select count(*) from public.health_changes c
    where c.org_id = w.org_id and not c.alerted and c.urgency is not null and (w.integration_id is null or c.integration_id = w.integration_id)
  ) else 0 end as held_alerts,
  (select c.moment from (select private.next_cutoff(w.org_id, greatest(w.starts_at, now())) as moment) c
    where c.moment <= w.ends_at and w.ends_at > now()) as cutoff_at
from public.maintenance_windows w;
comment on view public.maintenance is 'Maintenance windows with their state, the alerts they hold back, and the cut-off they cover.';
grant select on public.maintenance to authenticated;
