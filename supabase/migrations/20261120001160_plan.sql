-- Plan: maintenance windows, made and ended by hand. While one lasts no run starts by itself, the light is grey, and alerts wait.

create function private.add_maintenance(org uuid, reason text, starts text, ends text, minutes integer, integration uuid, at timestamptz)
  returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  zone text;
  first timestamptz := add_maintenance.at;
  last timestamptz;
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
  if starts is not null then
    first := private.read_wall_time(starts, zone);
  end if;
  if (ends is null) = (minutes is null) then
    perform private.refuse('SW422', 'A window has an end, or lasts a number of minutes.', 'Give one of the two.');
  end if;
  last := case when ends is not null then private.read_wall_time(ends, zone, true) else first + make_interval(mins => minutes) end;
  if last <= first then
    perform private.refuse('SW422', 'A window ends after it begins.', 'Choose a later end.');
  elsif last <= add_maintenance.at or first < add_maintenance.at - interval '5 minutes' then
    perform private.refuse('SW422', 'A window cannot be made for what is over: alerts were sent, runs were made.', 'Choose a time ahead.');
  elsif last > first + interval '31 days' or first > add_maintenance.at + interval '400 days' then
    perform private.refuse('SW422', 'A window lasts 31 days at most and begins within 400.', 'Switch the integration off for longer than that.');
  end if;
  select w.* into same from public.maintenance_windows w
  where w.org_id = org and w.integration_id is not distinct from add_maintenance.integration and w.starts_at < last and w.ends_at > first
  order by w.starts_at limit 1;
  if same.id is not null and same.ends_at - last between interval '-1 minute' and interval '1 minute' and same.reason = trim(add_maintenance.reason)
    and same.starts_at - first between interval '-1 minute' and interval '1 minute' then
    return same.id;
  elsif same.id is not null then
    perform private.refuse('SW409', format('There is a window already, from %s to %s.',
      to_char(same.starts_at at time zone zone, 'YYYY-MM-DD HH24:MI'), to_char(same.ends_at at time zone zone, 'YYYY-MM-DD HH24:MI')), 'End that one first, or choose a time beside it.');
  end if;
  insert into public.maintenance_windows (org_id, integration_id, starts_at, ends_at, reason, created_by)
  values (org, add_maintenance.integration, first, last, trim(add_maintenance.reason), auth.uid())
  returning id into made;
  perform private.look_again(org, add_maintenance.integration, add_maintenance.at);
  return made;
end $$;
grant execute on function private.add_maintenance(uuid, text, text, text, integer, uuid, timestamptz) to authenticated;

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
-- begins now. Answers the window's id; the same window again is the same. Owner or admin.
create function public.add_maintenance(org uuid, reason text, starts text default null, ends text default null, minutes integer default null,
  integration uuid default null)
  returns bigint
  language sql
  set search_path = ''
as $$
  select private.add_maintenance(org, reason, starts, ends, minutes, integration, now());
$$;
grant execute on function public.add_maintenance(uuid, text, text, text, integer, uuid) to authenticated;
comment on function public.add_maintenance is 'Plans a maintenance window; answers its id. Refuses with SW403, SW404, SW409 (overlaps another), SW422.';

create function private.end_maintenance(org uuid, maintenance_window bigint, at timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.maintenance_windows;
begin
  perform private.require_role(org);
  select w.* into target from public.maintenance_windows w where w.org_id = org and w.id = maintenance_window for update;
  if not found then
    perform private.refuse('SW404', 'There is no such window in this organization.', 'It may have been taken out. Reload the page.');
  elsif target.ends_at <= end_maintenance.at then
    perform private.refuse('SW409', 'This window is over already.', 'Nothing needs doing.');
  elsif target.starts_at >= end_maintenance.at then
    delete from public.maintenance_windows w where w.org_id = org and w.id = maintenance_window;
  else
    update public.maintenance_windows w set ends_at = end_maintenance.at where w.org_id = org and w.id = maintenance_window;
  end if;
  perform private.look_again(org, target.integration_id, end_maintenance.at);
  return case when target.starts_at >= end_maintenance.at then 'cancelled' else 'ended' end;
end $$;
grant execute on function private.end_maintenance(uuid, bigint, timestamptz) to authenticated;

-- Ends a window now; one that has not begun is taken out. Answers `ended` or `cancelled`. Owner or admin.
create function public.end_maintenance(org uuid, maintenance_window bigint)
  returns text
  language sql
  set search_path = ''
as $$
  select private.end_maintenance(org, maintenance_window, now());
$$;
grant execute on function public.end_maintenance(uuid, bigint) to authenticated;
comment on function public.end_maintenance is 'Ends or cancels a maintenance window: `ended` or `cancelled`. Refuses with SW403, SW404, SW409 (over already).';

create view public.maintenance with (security_invoker = true) as
select w.org_id, w.id, w.integration_id,
  (select i.name from public.integrations i where i.org_id = w.org_id and i.id = w.integration_id) as integration_name,
  (select i.slug from public.integrations i where i.org_id = w.org_id and i.id = w.integration_id) as integration_slug,
  w.starts_at, w.ends_at, w.reason,
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
