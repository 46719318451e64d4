-- Evaluate: health is a function of rows and the time given. One set-based statement over what changed or fell due.

create table public.findings (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  rule text not null,
  -- What the rule found within the integration (a cause's id), or '' for the integration itself.
  subject text not null default '',
  -- What it does to the light; info does nothing to it.
  severity text not null check (severity in ('red', 'yellow', 'grey', 'info')),
  -- How soon people must know; null: shown on the page, no incident.
  urgency text check (urgency in ('critical', 'high', 'medium', 'low')),
  since timestamptz not null,
  evidence jsonb not null,
  closed_at timestamptz,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.findings is 'Open conditions of an integration (and closed ones): rule, severity, since, evidence. Health is their roll-up.';
-- Serves private.evaluate_health: one open finding per rule and subject.
create unique index findings_open on public.findings (org_id, integration_id, rule, subject) where closed_at is null;
create index findings_history on public.findings (org_id, integration_id, id desc);
comment on index public.findings_history is 'Serves the foreign key to public.integrations.';
create index findings_closed on public.findings (closed_at) where closed_at is not null;
comment on index public.findings_closed is 'Serves private.tick_retention.';

create table public.health_changes (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  at timestamptz not null,
  -- light: the colour changed. opened, changed, closed: a finding did.
  kind text not null check (kind in ('light', 'opened', 'changed', 'closed')),
  rule text not null default '',
  subject text not null default '',
  before text,
  after text,
  urgency text,
  evidence jsonb not null default '{}',
  alerted boolean not null default false,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.health_changes is 'Every change of health or of a finding. Alerting reads these rows and nothing else.';
create index health_changes_waiting on public.health_changes (org_id, integration_id, id) where not alerted;
comment on index public.health_changes_waiting is 'Serves private.alert.';
create index health_changes_of_integration on public.health_changes (org_id, integration_id, id desc);
comment on index public.health_changes_of_integration is 'Serves the foreign key to public.integrations.';
create index health_changes_of_light on public.health_changes (org_id, integration_id, at) where kind = 'light';
comment on index public.health_changes_of_light is 'Serves public.overview: how the light was in the last 7 days.';
create index health_changes_by_age on public.health_changes using brin (at);
comment on index public.health_changes_by_age is 'Serves private.tick_retention.';

-- What the rules need to know of each integration, whatever the time: its row, its last run, the one under way, what is not
-- across, and the moments at which a rule turns by itself. A view, so that the planner sees through it; defaults are here.
create view private.facts with (security_invoker = true) as
select
  s.org_id, s.integration_id, s.health, s.last_run_id, s.last_success_at, s.consecutive_failures, s.consecutive_successes, s.circuit_open_until,
  s.usual_selected, s.volume_off, s.usual_seconds, s.duration_off, s.failed_of_ten,
  s.check_error, s.checked_at, s.data_as_of, s.drifted_streams, s.signals_past, s.signals_error,
  i.enabled, i.next_due_at, i.every_minutes, i.credential_expires_at, i.credential_set_at,
  l.status as last_status, l.error_category as last_category, l.error_code as last_code, l.error_message as last_message, l.error_field as last_field,
  l.error_status as last_http, l.started_at as last_started, l.finished_at as last_finished, l.selected as last_selected, l.failed as last_failed,
  l.rate_limited as last_rate_limited,
  a.started_at as active_since, o.*, t.*,
  -- By the calendar, days off are no silence: the next slot is due first, and has the time a run is given.
  greatest(coalesce(s.last_success_at, i.created_at) + make_interval(hours => t.no_success_hours), private.calendar_slot(i.calendar, z.time_zone,
    coalesce(s.last_success_at, i.created_at)) + make_interval(mins => coalesce((i.thresholds ->> 'stuck_minutes')::integer, 60))) as success_deadline,
  case when a.started_at is not null then greatest(
    a.started_at + make_interval(mins => coalesce((i.thresholds ->> 'stuck_minutes')::integer, 60)),
    a.quiet_since + interval '10 minutes') end as stuck_deadline,
  case when o.refused > 0 then o.refused_at + make_interval(hours => coalesce((i.thresholds ->> 'refused_open_hours')::integer, 24)) end as refused_deadline,
  -- To the nearest minute.
  w.waits_until + make_interval(mins => coalesce((i.thresholds ->> 'lag_minutes')::integer, 30), secs => 30) as lag_deadline,
  w.waits_until + make_interval(mins => coalesce((i.thresholds ->> 'lag_critical_minutes')::integer, 240), secs => 30) as lag_critical_deadline,
  -- What is fetched is as old as the schedule lets it be, and no older.
  w.fresh_until + make_interval(mins => coalesce((i.thresholds ->> 'lag_minutes')::integer, 30)) as data_deadline,
  w.fresh_until + make_interval(mins => coalesce((i.thresholds ->> 'lag_critical_minutes')::integer, 240)) as data_critical_deadline,
  case when i.credential_expires_at is not null then i.credential_expires_at
    - make_interval(days => coalesce((i.thresholds ->> 'credential_warning_days')::integer, 14)) end as expires_soon_deadline,
  case when i.credential_set_at is not null then i.credential_set_at
    + make_interval(days => (i.thresholds ->> 'credential_rotate_days')::integer) end as rotate_deadline
from public.integration_status s
join public.integrations i on i.org_id = s.org_id and i.id = s.integration_id
join public.organizations z on z.id = s.org_id
left join public.runs l on l.org_id = s.org_id and l.id = s.last_run_id
left join lateral (
  select n.started_at, coalesce(n.lease_expires_at, n.resume_at, n.waiting_since,
    (select max(e.ended_at) from public.slices e where e.org_id = n.org_id and e.run_id = n.id), n.started_at) as quiet_since
  from public.runs n
  where n.org_id = s.org_id and n.integration_id = s.integration_id and n.status in ('scheduled', 'running')
) a on true
cross join lateral (
  select count(*) filter (where r.state in ('failed', 'dead')) as refused,
         min(r.failed_at) filter (where r.state in ('failed', 'dead')) as refused_at,
         count(r.cause_id) as with_cause,
         count(*) filter (where r.state = 'uncertain') as uncertain,
         min(r.accepted_at) filter (where r.state = 'accepted') as accepted_since,
         -- Waiting: due when the last run began, and still here although that run came and went. A retry takes only its own.
         count(*) filter (where r.state = 'queued' and r.next_attempt_at < l.started_at and l.trigger <> 'retry') as waiting,
         min(r.next_attempt_at) filter (where r.state = 'queued') as waiting_since
  from public.records r
  where r.org_id = s.org_id and r.integration_id = s.integration_id and r.state not in ('exported', 'dismissed')
) o
-- When, by the schedule, a run comes at the latest for what waits, and for what is fetched.
cross join lateral (
  select coalesce(o.waiting_since + make_interval(mins => i.every_minutes), private.calendar_slot(i.calendar, z.time_zone, o.waiting_since)) as waits_until,
         case when i.direction = 'pull' then coalesce(
           s.data_as_of + make_interval(mins => i.every_minutes), private.calendar_slot(i.calendar, z.time_zone, s.data_as_of)) end as fresh_until
) w
cross join lateral (
  select coalesce((i.thresholds ->> 'alarm_after_failures')::integer, 2) as alarm_after,
         coalesce((i.thresholds ->> 'no_success_hours')::integer, 48) as no_success_hours,
         coalesce((i.thresholds ->> 'failure_rate_percent')::numeric, 5) as failure_rate_percent,
         coalesce((i.thresholds ->> 'queue_depth')::integer, 20) as queue_depth,
         coalesce((i.thresholds ->> 'deviation_percent')::numeric, 20) as deviation_percent
) t;
comment on view private.facts is 'What the rules of private.rules_of need to know of each integration.';

-- The rules: one row per rule that holds for one of these integrations at one time, and a row without a rule where none does.
-- docs/health.md explains each. `next_deadline` is the earliest moment after `at` at which a rule may turn though no row changes.
create function private.rules_of(at timestamptz, orgs uuid[], integrations uuid[])
  returns table (org_id uuid, integration_id uuid, light text, next_deadline timestamptz,
    rule text, subject text, severity text, urgency text, evidence jsonb)
  language plpgsql
  stable
  set search_path = ''
as $$
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
end $$;

-- Brings findings and lights up to date as of `at`: for the integrations named, or else for those that changed or whose
-- deadline passed. Writes a row for every change. Returns how many integrations it looked at.
create function private.evaluate_health(at timestamptz default now(), integrations uuid[] default null)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
  -- Planned once, and always to go by index: a plan made while the tables were small must still be right when they have grown.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_memoize = off
as $$
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
end $$;

alter table public.findings enable row level security;
alter table public.health_changes enable row level security;

create policy "members see their findings" on public.findings
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their health changes" on public.health_changes
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.findings, public.health_changes to authenticated, service_role;
