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
-- Serves private.alert.
create index health_changes_waiting on public.health_changes (id) where not alerted;
create index health_changes_of_integration on public.health_changes (org_id, integration_id, id desc);

-- What a rule needs to know of one integration at one time, read through indexes that begin with the organization.
create function private.facts_of(status public.integration_status, integration public.integrations, at timestamptz)
  returns table (
    last_status text, last_trigger text, last_category text, last_code text, last_message text, last_field text, last_http integer, last_finished timestamptz,
    last_selected integer, last_failed integer, last_rate_limited integer, last_seconds numeric,
    active_since timestamptz, active_quiet_since timestamptz,
    open_refused bigint, oldest_refused timestamptz, open_uncertain bigint, accepted_since timestamptz, waiting bigint, waiting_since timestamptz,
    base_runs bigint, base_selected numeric, spread_selected numeric, base_seconds numeric, spread_seconds numeric, failed_of_ten bigint)
  language sql
  stable
  set search_path = ''
as $$
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
$$;

-- The rules: one row per rule that holds for one integration at one time. docs/health.md explains each; defaults are here.
create function private.rules_of(status public.integration_status, integration public.integrations, at timestamptz)
  returns table (rule text, subject text, severity text, urgency text, evidence jsonb)
  language sql
  stable
  set search_path = ''
as $$
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
$$;

-- When the answer may change though no row does: the earliest moment after `at` at which some rule turns.
create function private.next_deadline_of(status public.integration_status, integration public.integrations, at timestamptz)
  returns timestamptz
  language sql
  stable
  set search_path = ''
as $$
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
$$;

-- Brings findings and lights up to date as of `at`: for the integrations named, or else for those that changed or whose
-- deadline passed. Writes a row for every change. Returns how many integrations it looked at.
create function private.evaluate_health(at timestamptz default now(), integrations uuid[] default null)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
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
end $$;

alter table public.findings enable row level security;
alter table public.health_changes enable row level security;

create policy "members see their findings" on public.findings
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their health changes" on public.health_changes
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.findings, public.health_changes to authenticated, service_role;
