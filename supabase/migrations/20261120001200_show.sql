-- Show: what the page reads. Every view runs with the reader's own rights, so row-level security is the only gate.
--
-- What a row has exactly one of (its last run, somebody's name) is a subquery and no join: the planner takes the policy's condition
-- and the reader's own `org_id = …` for independent, expects one row, and would as soon read the organization's whole table for each.

-- True when the pulse of one of the clock's jobs is late: then no light can be trusted, and the page says so.
create function private.monitor_late()
  returns boolean
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select count(*) < 4 or min(h.beat_at) < now() - interval '3 minutes'
  from private.heartbeats h where h.job in ('schedule', 'reap', 'evaluate', 'deliver');
$$;
grant execute on function private.monitor_late() to authenticated;

-- When nobody looked in the last 7 days, up to now if nobody does.
create function private.blind_times()
  returns table (began_at timestamptz, ended_at timestamptz)
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select b.began_at, b.ended_at from private.blind_spots b where b.ended_at > now() - interval '7 days'
  union all
  select h.beat_at, now() from private.heartbeats h where h.job <> 'retention' and h.beat_at < now() - interval '3 minutes';
$$;
grant execute on function private.blind_times() to authenticated;

create view public.my_organizations with (security_invoker = true) as
select o.id, o.slug, o.name, o.time_zone, o.currency, m.role, m.locale, m.name as member_name, private.next_cutoff(o.id) as next_cutoff,
  o.approve_changes, private.other_approvers(o.id) as other_approvers, now() as server_now
from public.organizations o
join public.members m on m.org_id = o.id and m.user_id = (select auth.uid());
comment on view public.my_organizations is 'The caller''s organizations with the caller''s role, the next accounting cut-off, and what time it is here.';

create view public.overview with (security_invoker = true) as
with blind as materialized (
  select b.began_at, b.ended_at from private.blind_times() b
)
select
  i.org_id, i.id as integration_id, i.slug, i.name, i.system, i.direction, i.enabled, i.every_minutes, i.calendar, i.credential_keys, i.credential_set_at, i.credential_expires_at,
  s.health, s.health_since, s.evaluated_at, private.monitor_late() as monitor_late,
  f.findings -> 0 as reason, f.findings,
  (
    select jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'finished_at', r.finished_at,
      'selected', r.selected, 'exported', r.exported, 'failed', r.failed, 'error_message', r.error_message)
    from public.runs r where r.org_id = i.org_id and r.integration_id = i.id and r.id = s.last_run_id
  ) as last_run,
  s.last_success_at, i.next_due_at,
  (
    select jsonb_build_object('id', r.id, 'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'selected', r.selected,
      'done', r.exported + r.accepted + r.failed + r.retrying + r.skipped + r.uncertain)
    from public.runs r where r.org_id = i.org_id and r.integration_id = i.id and r.status in ('scheduled', 'running')
  ) as active_run,
  o.open_failed, o.open_retrying, o.open_uncertain, o.open_accepted, o.open_queued, o.open_dead, o.next_retry_at,
  o.amounts_open, h.recent_runs, w.week, s.checked_at, s.checked_as, s.check_warnings, s.check_error, s.data_as_of,
  (select count(*) from public.retries t where t.org_id = i.org_id and t.integration_id = i.id and t.state = 'asked') as asked_retries
from public.integrations i
join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
cross join lateral (
  select coalesce(jsonb_agg(jsonb_build_object('rule', d.rule, 'subject', d.subject, 'severity', d.severity, 'since', d.since, 'evidence', d.evidence)
    order by array_position(array['red', 'yellow', 'grey', 'info'], d.severity), d.rule = 'refused_open', d.id), '[]') as findings
  from public.findings d
  where d.org_id = i.org_id and d.integration_id = i.id and d.closed_at is null
) f
cross join lateral (
  -- What is open is read once, whatever is asked about it.
  with g as materialized (
    select r.state, r.currency, count(*) as records, count(r.amount) as priced, sum(r.amount) as amount, min(r.next_attempt_at) as next_attempt_at
    from public.records r
    where r.org_id = i.org_id and r.integration_id = i.id and r.state not in ('exported', 'dismissed')
    group by r.state, r.currency
  )
  select
    coalesce(sum(g.records) filter (where g.state = 'failed'), 0)::bigint as open_failed,
    coalesce(sum(g.records) filter (where g.state = 'retrying'), 0)::bigint as open_retrying,
    coalesce(sum(g.records) filter (where g.state = 'uncertain'), 0)::bigint as open_uncertain,
    coalesce(sum(g.records) filter (where g.state = 'accepted'), 0)::bigint as open_accepted,
    coalesce(sum(g.records) filter (where g.state in ('queued', 'sending')), 0)::bigint as open_queued,
    coalesce(sum(g.records) filter (where g.state = 'dead'), 0)::bigint as open_dead,
    min(g.next_attempt_at) filter (where g.state = 'retrying') as next_retry_at,
    (
      select coalesce(jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) order by t.currency), '[]')
      from (select p.currency, sum(p.amount) as amount, sum(p.priced)::bigint as records from g p where p.priced > 0 group by p.currency) t
    ) as amounts_open
  from g
) o
cross join lateral (
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'status', t.status, 'finished_at', t.finished_at, 'selected', t.selected,
    'exported', t.exported, 'failed', t.failed, 'duration_ms', t.duration_ms) order by t.id), '[]') as recent_runs
  from (
    select r.id, r.status, r.finished_at, r.selected, r.exported, r.failed,
           (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint as duration_ms
    from public.runs r
    where r.org_id = i.org_id and r.integration_id = i.id and r.status not in ('scheduled', 'running')
    order by r.id desc limit 30
  ) t
) h
cross join lateral (
  -- The last 7 days as 84 letters, two hours each, oldest first: the worst light of the time (r, y, g, off: -), or ? where nobody
  -- knows: before the first light, and while the clock stood still.
  select string_agg(case k.worst when 4 then 'r' when 2 then 'y' when 1 then 'g' when 0 then '-' else '?' end, '' order by p.place) as week
  from generate_series(0, 83) p (place)
  left join (
    select t.place, max(l.rank) as worst
    from (
      select b.began_at as since, b.ended_at as until, 3 as rank from blind b
      union all
      select c.at, lead(c.at, 1, now()) over (order by c.at, c.id), case c.after when 'red' then 4 when 'yellow' then 2 when 'green' then 1 else 0 end
      from public.health_changes c
      where c.org_id = i.org_id and c.integration_id = i.id and c.kind = 'light' and c.at >= coalesce((
        select max(e.at) from public.health_changes e
        where e.org_id = i.org_id and e.integration_id = i.id and e.kind = 'light' and e.at <= now() - interval '7 days'), '-infinity')
    ) l
    cross join lateral generate_series(
      greatest(84 - ceil(extract(epoch from now() - l.since) / 7200), 0)::integer, 83 - floor(extract(epoch from now() - l.until) / 7200)::integer) t (place)
    group by t.place
  ) k on k.place = p.place
) w;
comment on view public.overview is
  'One row per integration: its light and why, what is not across, its last and next sync, its last 30 runs, its last 7 days.';

create view public.run_history with (security_invoker = true) as
select
  r.org_id, r.integration_id, r.id, r.status, r.trigger,
  (select m.name from public.members m where m.org_id = r.org_id and m.user_id = r.requested_by) as requested_by_name,
  r.due_at, r.started_at, r.finished_at, (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint as duration_ms,
  r.selected, r.exported, r.accepted, r.failed, r.retrying, r.skipped, r.uncertain,
  r.error_code, r.error_field, r.error_message, r.error_category, r.error_status, r.slice as slices, r.retry_id
from public.runs r;
comment on view public.run_history is 'Runs with their balance, duration, and the error of those that failed.';

create view public.cause_overview with (security_invoker = true) as
select
  c.org_id, c.integration_id, c.id, c.code, c.field, c.payload_field, c.template, c.sample, c.category, c.first_seen_at as first_seen, c.last_seen_at as last_seen,
  o.open_records, o.amounts, o.offending, o.offending_values
from public.causes c
cross join lateral (
  with g as materialized (
    select r.error_value, r.currency, count(*) as records, count(r.amount) as priced, sum(r.amount) as amount
    from public.records r
    where r.org_id = c.org_id and r.cause_id = c.id and r.state in ('failed', 'dead', 'retrying')
    group by r.error_value, r.currency
  )
  select coalesce(sum(g.records), 0)::bigint as open_records, count(distinct g.error_value) as offending_values,
    (
      select coalesce(jsonb_agg(jsonb_build_object('currency', t.currency, 'amount', t.amount::text, 'records', t.records) order by t.currency), '[]')
      from (select p.currency, sum(p.amount) as amount, sum(p.priced)::bigint as records from g p where p.priced > 0 group by p.currency) t
    ) as amounts,
    (
      select coalesce(jsonb_agg(jsonb_build_object('value', t.error_value, 'records', t.records) order by t.records desc, t.error_value), '[]')
      from (
        select v.error_value, sum(v.records)::bigint as records from g v
        where v.error_value is not null
        group by v.error_value order by 2 desc, 1 limit 20
      ) t
    ) as offending
  from g
) o;
comment on view public.cause_overview is 'Causes with what is open of each: records, amounts, offending values.';

create view public.failed_records with (security_invoker = true) as
select
  r.org_id, r.integration_id, r.id, r.source_type, r.source_id, r.label, r.state, r.amount::text as amount, r.currency, r.occurred_on, r.cause_id,
  r.error_code, r.error_field,
  (select c.payload_field from public.causes c where c.org_id = r.org_id and c.id = r.cause_id) as payload_field,
  r.error_value, r.error_message, r.error_category, r.error_status,
  -- Never null, so that a page can begin after any row of the one before.
  case when r.failed_at is null then r.created_at else r.failed_at end as failed_at, r.attempts, r.next_attempt_at, r.run_id
from public.records r
where r.state in ('failed', 'retrying', 'uncertain', 'dead');
comment on view public.failed_records is 'Records that are not across because something went wrong, with the system''s message and the field at fault.';

create view public.retry_progress with (security_invoker = true) as
select
  t.org_id, t.integration_id, t.id, t.scope, t.cause_id, t.requested_by = (select auth.uid()) as is_own,
  (select m.name from public.members m where m.org_id = t.org_id and m.user_id = t.requested_by) as requested_by_name, t.requested_at, t.state,
  u.run_id, t.records, t.mapping, t.edit is not null as edited, u.exported, u.failed, greatest(0, t.records - u.exported - u.failed) as remaining,
  (select m.name from public.members m where m.org_id = t.org_id and m.user_id = t.approved_by) as approved_by_name, t.approved_at,
  t.ended_by is not null as ended_by_person,
  (select m.name from public.members m where m.org_id = t.org_id and m.user_id = t.ended_by) as ended_by_name, t.ended_reason, t.resume_at,
  -- Why the one tried first was refused.
  (
    select jsonb_build_object('id', r.id, 'label', r.label, 'source_id', r.source_id, 'message', r.error_message)
    from public.records r where t.state = 'stopped' and t.ended_by is null and r.org_id = t.org_id and r.id = t.canary_record_id
  ) as refused
from public.retries t
cross join lateral (
  select max(r.id) as run_id, coalesce(sum(r.exported + r.accepted), 0) as exported, coalesce(sum(r.failed + r.retrying + r.uncertain + r.skipped), 0) as failed
  from public.runs r where r.org_id = t.org_id and r.retry_id = t.id
) u;
comment on view public.retry_progress is 'Retries people asked for, and how far each has come.';

create view public.closed_records with (security_invoker = true) as
select
  r.org_id, r.integration_id, r.id, r.source_type, r.source_id, r.label, r.state, r.amount::text as amount, r.currency, r.occurred_on, r.version,
  r.closed_at, r.closed_by is not null as by_person,
  -- Who said so, or else who asked for the retry it landed in.
  coalesce(
    (select m.name from public.members m where m.org_id = r.org_id and m.user_id = r.closed_by),
    (select (select m.name from public.members m where m.org_id = u.org_id and m.user_id = u.requested_by)
     from public.runs u where r.closed_by is null and u.org_id = r.org_id and u.id = r.run_id and u.retry_id is not null)) as closed_by_name,
  r.closed_reason, r.run_id
from public.records r
where r.closed_at is not null;
comment on view public.closed_records is 'Records that were in trouble and are not any more: across after all, or dismissed; by whom and why.';

create view public.my_notifications with (security_invoker = true) as
select n.org_id, n.id, n.incident_id, n.integration_id, i.slug as integration_slug, i.name as integration_name, n.kind, n.urgency as severity,
  n.notice, n.created_at, n.read_at
from public.notifications n
left join public.integrations i on i.org_id = n.org_id and i.id = n.integration_id
where n.user_id = (select auth.uid()) and n.in_app;
comment on view public.my_notifications is 'The caller''s own notifications.';

grant select on public.my_organizations, public.overview, public.run_history, public.cause_overview, public.failed_records,
  public.retry_progress, public.closed_records, public.my_notifications to authenticated;

-- Nobody may write through a view, and that is what whoever tries is told (403). Without these Postgres finds out first that it could
-- not do it, and the Data API makes a fault of the server (500) of that.
create function private.refuse_write()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  perform private.refuse('SW403', format('%I is a view: nothing is written through it.', tg_table_name), 'Call one of the functions instead.');
end $$;

do $$
declare
  view text;
begin
  for view in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' loop
    execute format('create trigger views_are_read_only instead of insert or update or delete on public.%I for each row execute function private.refuse_write()', view);
  end loop;
end $$;
