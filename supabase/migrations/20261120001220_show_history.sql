-- Show history: one line of time for an integration. Its runs, what people changed in its configuration, planned work and incidents; and the
-- runs counted into bars. Both are read over a stretch of the organization's own days and counted here, however many runs it has.

create index runs_by_time on public.runs (org_id, integration_id, (coalesce(started_at, created_at)), id);
comment on index public.runs_by_time is 'Serves public.chart_runs and public.list_history.';

-- The stretch of time an address asks for: the last `days` days of the organization, today's among them, or from `since` until `until`
-- by its clocks (2026-11-20, the whole day, or 2026-11-20T06:00). Bars are as wide as lets about thirty stand side by side.
create function private.history_span(org uuid, integration uuid, days integer, since text, until text, at timestamptz)
  returns table (zone text, began timestamp, ended timestamp, since_at timestamptz, until_at timestamptz, step interval)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
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
end $$;
grant execute on function private.history_span(uuid, uuid, integer, text, text, timestamptz) to authenticated;

-- Whether an entry of the audit log tells of how an integration is set up, and not of the work done with it.
create function private.is_setup(action text)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select split_part(action, '.', 1) in ('integration', 'credential', 'cursor', 'shape', 'webhook');
$$;
grant execute on function private.is_setup(text) to authenticated;

-- The runs of an integration counted into bars of equal width, oldest first: how many, what they read and sent, how long they took.
create function public.chart_runs(org uuid, integration uuid, days integer default 7, since text default null, until text default null,
  at timestamptz default now())
  returns table (began text, ended text, began_at timestamptz, ended_at timestamptz, runs integer, failed_runs integer, active_runs integer, retries integer,
    read bigint, sent bigint, failed bigint, typical_ms bigint, longest_ms bigint, changes integer, in_maintenance boolean)
  language sql
  stable
  set search_path = ''
as $$
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
$$;
grant execute on function public.chart_runs(uuid, uuid, integer, text, text, timestamptz) to authenticated;
comment on function public.chart_runs is 'An integration''s runs, counted into about thirty bars. Refuses with SW404, SW422.';

-- What happened to an integration, newest first, at most 100 rows at a time: its runs (`run`, or `problem` for those that did not go well), changes
-- of its configuration (`change`), planned work (`maintenance`), incidents opened and recovered (`incident`). Where `folded`, healthy runs by
-- schedule that follow each other within a day are one row. `before` and `before_key` are `first_at` and `first_key` of the row to start after.
create function public.list_history(org uuid, integration uuid, kinds text[] default null, days integer default 7, since text default null,
  until text default null, folded boolean default false, before timestamptz default null, before_key text default null, size integer default 50,
  at timestamptz default now())
  returns table (kind text, key text, happened_at timestamptz, first_at timestamptz, first_key text, detail jsonb)
  language sql
  stable
  set search_path = ''
as $$
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
$$;
grant execute on function public.list_history(uuid, uuid, text[], integer, text, text, boolean, timestamptz, text, integer, timestamptz) to authenticated;
comment on function public.list_history is 'An integration''s line of time, newest first: runs, changes, maintenance, incidents. Refuses with SW404, SW422.';
