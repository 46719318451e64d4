-- Schedule: what is due becomes a run; a run without a live slice is rung; one that died is taken over.

create table public.retries (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  scope text not null check (scope in ('last_run', 'open', 'cause', 'records')),
  cause_id bigint,
  requested_by uuid,
  requested_at timestamptz not null,
  -- asked: a second person has to agree first, who may decline; waiting: its run has not started; canary: one record is tried first;
  -- stopped: by a person (ended_by) or because the canary was refused: the rest stays put.
  state text not null default 'waiting' check (state in ('asked', 'waiting', 'running', 'canary', 'done', 'stopped', 'declined')),
  canary_record_id bigint,
  -- What is to be sent, in order, and how much of it slices have taken. The rest is as it was, until its turn comes.
  held bigint[] not null default '{}',
  taken integer not null default 0,
  -- Its run could not go on: not before this time, unless somebody asks again.
  resume_at timestamptz,
  -- What is corrected on the way: [{field, from, to}], or one record's content as a person edited it.
  mapping jsonb,
  edit jsonb,
  records integer not null,
  approved_by uuid,
  approved_at timestamptz,
  ended_by uuid,
  ended_reason text,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id)
);
-- Read in slices with every batch: not worth packing and unpacking.
alter table public.retries alter column held set storage external;
comment on table public.retries is 'A person asked for failed records to be sent again.';
create index retries_of_integration on public.retries (org_id, integration_id, id desc);
comment on index public.retries_of_integration is 'Serves public.retry_progress, and the foreign key to public.integrations.';
create index retries_asked on public.retries (org_id, integration_id) where state = 'asked';
comment on index public.retries_asked is 'Serves public.overview: what waits for approval.';
create index retries_waiting on public.retries (id) where state = 'waiting';
comment on index public.retries_waiting is 'Serves private.schedule_runs.';

create table public.runs (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  status text not null default 'scheduled' check (status in ('scheduled', 'running', 'succeeded', 'warning', 'failed')),
  -- follow_up: between two slots, for records that wait for a verdict or their next try. Its failure adds to no streak, nor
  -- does a retry's, which a person watches. check: looks whether address and credential work, and moves nothing.
  trigger text not null check (trigger in ('schedule', 'follow_up', 'manual', 'retry', 'check')),
  requested_by uuid,
  retry_id bigint,
  due_at timestamptz not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  -- The live slice: whoever holds the token may write until the lease ends.
  slice integer not null default 0,
  slice_token uuid,
  lease_expires_at timestamptz,
  lost_slices integer not null default 0,
  -- Since when it has been rung without a slice taking it up, and when it was last rung.
  waiting_since timestamptz,
  rung_at timestamptz,
  -- When it last had a turn: was rung, or ended a slice. Whoever waits longest comes next, so nobody holds a place by never ending.
  last_turn_at timestamptz,
  -- The system asked for time: nobody rings before.
  resume_at timestamptz,
  -- Told by the connector when a slice begins: how its system deduplicates and how long it may still be working.
  dedupe text not null default 'none' check (dedupe in ('upsert', 'key', 'lookup', 'none')),
  settles_within_seconds integer not null default 120,
  -- The balance: selected = exported + accepted + failed + retrying + skipped + uncertain once the run is over.
  selected integer not null default 0,
  exported integer not null default 0,
  accepted integer not null default 0,
  failed integer not null default 0,
  retrying integer not null default 0,
  skipped integer not null default 0,
  uncertain integer not null default 0,
  -- An index on the counter itself would have to be written with every batch.
  found_work boolean not null generated always as (selected > 0) stored,
  rate_limited integer not null default 0,
  error_message text,
  error_code text,
  error_field text,
  error_category text,
  error_status integer,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id),
  foreign key (org_id, retry_id) references public.retries (org_id, id),
  constraint runs_balance check (
    status in ('scheduled', 'running') or selected = exported + accepted + failed + retrying + skipped + uncertain)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
comment on table public.runs is 'One attempt to move everything due for an integration, made of slices.';
-- One active run per integration.
create unique index runs_active on public.runs (org_id, integration_id) where status in ('scheduled', 'running');
-- A slot of the schedule starts one run, however often the tick comes.
create unique index runs_slot on public.runs (org_id, integration_id, due_at) where trigger = 'schedule';
create index runs_of_integration on public.runs (org_id, integration_id, id desc);
comment on index public.runs_of_integration is 'Serves public.run_history, and what the evaluator calls usual.';
create index runs_of_retry on public.runs (org_id, retry_id) where retry_id is not null;
comment on index public.runs_of_retry is 'Serves public.retry_progress.';
create index runs_without_work on public.runs (finished_at) where status = 'succeeded' and not found_work;
comment on index public.runs_without_work is 'Serves private.forget_runs.';
create index runs_with_work on public.runs (finished_at) where status <> 'succeeded' or found_work;
comment on index public.runs_with_work is 'Serves private.forget_runs.';

create table public.slices (
  org_id uuid not null,
  run_id bigint not null,
  slice integer not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  ended_by text check (ended_by in ('done', 'budget', 'error', 'lost')),
  wall_ms integer,
  cpu_ms integer,
  primary key (org_id, run_id, slice),
  foreign key (org_id, run_id) references public.runs (org_id, id) on delete cascade
);
comment on table public.slices is 'One function invocation of a run, with what it cost.';

create function private.in_maintenance(org uuid, integration uuid, at timestamptz)
  returns boolean
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select exists (
    select from public.maintenance_windows w
    where w.org_id = org and (w.integration_id = integration or w.integration_id is null)
      and in_maintenance.at >= w.starts_at and in_maintenance.at < w.ends_at
  );
$$;

-- The first moment at which the clocks of a zone show this time or a later one: of an hour that comes twice the first, of one that they
-- skip the moment after it.
create function private.first_moment(wall timestamp, zone text)
  returns timestamptz
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  moment constant timestamptz := wall at time zone zone;
  skipped constant interval := (moment at time zone zone) - wall;
begin
  if skipped = interval '0' then
    return (select min(m) from unnest(array[moment - interval '1 hour', moment - interval '30 minutes', moment]) m where m at time zone zone = wall);
  end if;
  return (select min(m) from generate_series(moment - skipped, moment, interval '1 minute') m where m at time zone zone >= wall);
end $$;

-- The first slot later than `at` of a schedule by the calendar. Every hour means every hour, also when one comes twice; a time of day comes
-- once a day, whatever the clocks do.
create function private.calendar_slot(calendar jsonb, zone text, at timestamptz)
  returns timestamptz
  language plpgsql
  immutable
  strict
  set search_path = ''
as $$
declare
  clock constant time := calendar ->> 'time';
  wall timestamp := date_trunc('minute', at at time zone zone);
  slot timestamptz := date_trunc('minute', at);
begin
  if calendar ? 'minute' then
    slot := slot + make_interval(mins => 1 + mod(59 + (calendar ->> 'minute')::integer - extract(minute from wall)::integer, 60));
    -- Where the clocks change by half an hour, the minute is another one afterwards.
    return slot + make_interval(mins => mod(60 + (calendar ->> 'minute')::integer - extract(minute from slot at time zone zone)::integer, 60));
  end if;
  wall := date_trunc('day', wall) - interval '1 day';
  loop
    if (case
      when calendar ? 'weekdays' then calendar -> 'weekdays' @> to_jsonb(extract(isodow from wall)::integer)
      when calendar ->> 'day' = 'first' then extract(day from wall) = 1
      when calendar ->> 'day' = 'last' then extract(day from wall + interval '1 day') = 1
      else true
    end) then
      slot := private.first_moment(wall + clock, zone);
      exit when slot > at;
    end if;
    wall := wall + interval '1 day';
  end loop;
  return slot;
end $$;

-- The first slot later than `at` of a schedule that has one at `due`. Whole days are counted by the organization's own clocks: what
-- runs at 07:00 still does when they change. Anything else is counted by the minute. The phase is kept, however much was missed.
create function private.slot_after(due timestamptz, every_minutes integer, calendar jsonb, zone text, at timestamptz)
  returns timestamptz
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  missed integer := greatest(0, floor(extract(epoch from at - due) / (60 * every_minutes)))::integer;
  slot timestamptz;
begin
  if calendar is not null then
    return private.calendar_slot(calendar, zone, greatest(due, at));
  elsif every_minutes % 1440 <> 0 then
    return due + make_interval(mins => every_minutes) * (1 + missed);
  end if;
  missed := greatest(0, missed - 1);
  loop
    missed := missed + 1;
    slot := ((due at time zone zone) + make_interval(days => every_minutes / 1440) * missed) at time zone zone;
    exit when slot > greatest(due, at);
  end loop;
  return slot;
end $$;

-- The next `how_many` slots, the one that is due first: what the clock would do if nothing kept a run from starting.
create function private.next_slots(due timestamptz, every_minutes integer, calendar jsonb, zone text, at timestamptz, how_many integer)
  returns timestamptz[]
  language plpgsql
  immutable
  security definer
  set search_path = ''
as $$
declare
  slots timestamptz[] := array[due];
begin
  while cardinality(slots) < how_many loop
    slots := slots || private.slot_after(slots[cardinality(slots)], every_minutes, calendar, zone, greatest(at, slots[cardinality(slots)]));
  end loop;
  return slots;
end $$;
grant execute on function private.next_slots(timestamptz, integer, jsonb, text, timestamptz, integer) to authenticated;

-- An organization that moves to other clocks takes its calendars along. What is due already stays due.
create function private.follow_time_zone()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  update public.integrations i set next_due_at = private.calendar_slot(i.calendar, new.time_zone, now())
  where i.org_id = new.id and i.calendar is not null and i.next_due_at > now();
  return null;
end $$;
create trigger time_zone_changes_are_followed
  after update of time_zone on public.organizations
  for each row when (old.time_zone <> new.time_zone) execute function private.follow_time_zone();

-- Turns what is due into runs: waiting retries first, then slots of the schedule. What is due is computed from rows, so a
-- missed tick delays and nothing more. Slots missed while nothing ticked become one run, not many. Returns runs started.
create function private.schedule_runs(at timestamptz default now(), integration uuid default null)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  by_retry integer;
  by_slot integer;
begin
  with waiting as (
    select distinct on (t.org_id, t.integration_id) t.org_id, t.id, t.integration_id, t.requested_by, t.requested_at
    from public.retries t
    where t.state = 'waiting' and (t.resume_at is null or t.resume_at <= schedule_runs.at)
      and (schedule_runs.integration is null or t.integration_id = schedule_runs.integration)
      and not private.in_maintenance(t.org_id, t.integration_id, schedule_runs.at)
      and exists (select from public.integrations i where i.org_id = t.org_id and i.id = t.integration_id and i.enabled)
    order by t.org_id, t.integration_id, t.id
  ), started as (
    insert into public.runs (org_id, integration_id, trigger, requested_by, retry_id, due_at, created_at)
    select w.org_id, w.integration_id, 'retry', w.requested_by, w.id, w.requested_at, schedule_runs.at
    from waiting w
    on conflict do nothing
    returning org_id, retry_id
  )
  update public.retries t
  set state = case when t.canary_record_id is null then 'running' else 'canary' end
  from started s where t.org_id = s.org_id and t.id = s.retry_id;
  get diagnostics by_retry = row_count;

  with due as (
    select i.org_id, i.id, i.every_minutes, i.calendar, o.time_zone, i.next_due_at, i.next_due_at <= schedule_runs.at as by_slot,
           case when i.next_due_at <= schedule_runs.at then i.next_due_at else s.asks_again_at end as due_at
    from public.integrations i
    join public.organizations o on o.id = i.org_id
    join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
    where i.enabled
      and (schedule_runs.integration is null or i.id = schedule_runs.integration)
      and i.id in (
        select n.id from public.integrations n where n.enabled and n.next_due_at <= schedule_runs.at
        union select a.integration_id from public.integration_status a where a.asks_again_at <= schedule_runs.at)
      and (s.circuit_open_until is null or s.circuit_open_until <= schedule_runs.at)
      and not private.in_maintenance(i.org_id, i.id, schedule_runs.at)
      and not exists (
        select from public.runs r where r.org_id = i.org_id and r.integration_id = i.id and r.status in ('scheduled', 'running'))
    order by i.next_due_at
    limit 5000
    -- Not `for update`: whoever inserts a row that refers to the integration would wait for this.
    for no key update of i skip locked
  ), started as (
    insert into public.runs (org_id, integration_id, trigger, due_at, created_at)
    select d.org_id, d.id, case when d.by_slot then 'schedule' else 'follow_up' end, d.due_at, schedule_runs.at from due d
    on conflict do nothing
  )
  update public.integrations i
  set next_due_at = case
    when not d.by_slot then d.next_due_at
    -- What most do, without a call each: by the minute, the phase kept.
    when d.every_minutes % 1440 <> 0 then d.next_due_at + make_interval(mins => d.every_minutes)
      * (1 + floor(extract(epoch from schedule_runs.at - d.next_due_at) / (60 * d.every_minutes)))
    else private.slot_after(d.next_due_at, d.every_minutes, d.calendar, d.time_zone, schedule_runs.at) end
  from due d where i.org_id = d.org_id and i.id = d.id;
  get diagnostics by_slot = row_count;
  return by_retry + by_slot;
end $$;

-- Rings for runs that have work and no live slice: at most 4 at a time for one organization and 32 in all. Organizations take
-- turns, and so do runs: whoever has waited longest since the last turn comes next. Runs nobody can be expected to answer for come
-- last and hold 8 of the 32 places at most: those that were rung and got no answer, and with them all of a system of which that
-- is true while not one slice is alive. So neither a thousand integrations, nor runs of a hundred slices, nor a function that is
-- down keeps others waiting. Returns how many were rung.
create function private.ring_runs(at timestamptz default now())
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  rung integer := 0;
  run record;
begin
  -- One at a time, and always the last lock a transaction takes: two that count what is alive would ring for twice as many.
  perform pg_advisory_xact_lock(hashtext('syncward.ring'));
  for run in
    with alive as (
      select r.org_id, r.id, i.system, coalesce(r.last_turn_at, r.created_at) as waits_since, r.waiting_since is not null as unanswered,
             coalesce(r.rung_at > r.waiting_since, false) as again,
             coalesce(r.lease_expires_at > ring_runs.at, false) as live,
             coalesce(r.rung_at > ring_runs.at - interval '20 seconds', false) as ringing
      from public.runs r join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
      where r.status in ('scheduled', 'running') and (r.resume_at is null or r.resume_at <= ring_runs.at)
    ), silent as (
      select a.system from alive a group by a.system having bool_or(a.unanswered and not a.ringing) and not bool_or(a.live)
    ), busy as (
      select a.org_id, count(*) as slices,
             count(*) filter (where not a.live and (a.again or a.system in (select s.system from silent s))) as in_doubt
      from alive a where a.live or a.ringing group by a.org_id
    ), queue as (
      select a.org_id, a.id, a.system, a.waits_since, a.unanswered or a.system in (select s.system from silent s) as in_doubt,
             coalesce(b.slices, 0) + row_number() over (partition by a.org_id order by a.unanswered, a.waits_since, a.id) as turn
      from alive a left join busy b on b.org_id = a.org_id
      where not a.live and not a.ringing
    ), line as (
      select q.org_id, q.id, q.system, q.in_doubt,
             row_number() over (order by q.in_doubt, q.turn, q.waits_since, q.id) as place,
             row_number() over (partition by q.in_doubt order by q.turn, q.waits_since, q.id) as place_among_equals
      from queue q where q.turn <= 4
    )
    select l.org_id, l.id, l.system from line l
    where l.place <= 32 - (select coalesce(sum(b.slices), 0) from busy b)
      and (not l.in_doubt or l.place_among_equals <= 8 - (select coalesce(sum(b.in_doubt), 0) from busy b))
    order by l.place
  loop
    -- Whoever holds the run is about to change it; waiting here could wait in a circle.
    perform from public.runs r where r.org_id = run.org_id and r.id = run.id and r.status in ('scheduled', 'running') for update skip locked;
    continue when not found;
    perform private.ring_run(run.org_id, run.id, run.system, ring_runs.at);
    rung := rung + 1;
  end loop;
  return rung;
end $$;

create function private.ring_run(org uuid, run bigint, system text, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  update public.runs r set rung_at = ring_run.at, last_turn_at = ring_run.at, waiting_since = coalesce(r.waiting_since, ring_run.at)
  where r.org_id = org and r.id = run;
  perform private.ring_function('sync-' || system, jsonb_build_object('org', org, 'run', run));
end $$;

-- Takes the records of a dead slice out of its hands. What was being sent may have landed, so it becomes uncertain, to be
-- asked about after the time in which its system may still be working; what was only being asked about is accepted as before.
-- The run stays alive for the next slice.
create function private.release_lease(org uuid, run bigint, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  in_doubt integer;
  asked_again integer;
begin
  with lost as (
    update public.records r
    set state = 'uncertain', attempts = r.attempts + 1, failed_at = release_lease.at,
        error_message = 'The function stopped before the system''s answer was recorded.', error_code = 'slice_lost', error_category = 'timeout',
        next_attempt_at = release_lease.at + make_interval(secs => u.settles_within_seconds)
    from public.runs u
    where u.org_id = org and u.id = run and r.org_id = org and r.integration_id = u.integration_id and r.state = 'sending'
      and r.run_id = run and r.claimed_from <> 'accepted'
    returning r.org_id, r.integration_id, r.id, r.version, r.error_message, r.error_code, r.error_category
  ), noted as (
    insert into public.attempts (org_id, integration_id, record_id, version, run_id, at, outcome, code, message, category)
    select l.org_id, l.integration_id, l.id, l.version, run, release_lease.at, 'uncertain', l.error_code, l.error_message, l.error_category
    from lost l
  )
  select count(*) into in_doubt from lost;

  with back as (
    update public.records r set state = 'accepted'
    from public.runs u
    where u.org_id = org and u.id = run and r.org_id = org and r.integration_id = u.integration_id and r.state = 'sending'
      and r.run_id = run and r.claimed_from = 'accepted'
    returning r.id
  )
  select count(*) into asked_again from back;

  update public.integration_status s set dirty = true
  from public.runs u where u.org_id = org and u.id = run and s.org_id = org and s.integration_id = u.integration_id and not s.dirty;
  update public.slices s set ended_at = release_lease.at, ended_by = 'lost'
  where s.org_id = org and s.run_id = run and s.ended_at is null;
  update public.runs r
  set uncertain = r.uncertain + in_doubt, accepted = r.accepted + asked_again, slice_token = null, lease_expires_at = null,
      rung_at = null, last_turn_at = release_lease.at, lost_slices = r.lost_slices + 1
  where r.org_id = org and r.id = run;
end $$;

-- Finds the dead: slices whose lease ran out are released (five in a row without progress end the run as stuck), runs that no
-- function takes up for 10 minutes end as never started. Returns how many runs were touched.
create function private.reap(at timestamptz default now())
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  touched integer := 0;
  run record;
begin
  for run in
    select r.org_id, r.id, r.lost_slices from public.runs r
    where r.status = 'running' and r.lease_expires_at <= reap.at
    -- In the order in which the evaluator takes integrations, or the two would wait in a circle.
    order by r.org_id, r.integration_id
    for update skip locked
  loop
    -- One run that cannot be reaped must not keep the others from it.
    begin
      perform private.release_lease(run.org_id, run.id, reap.at);
      if run.lost_slices + 1 >= 5 then
        perform private.finish_run(run.org_id, run.id, jsonb_build_object('code', 'stuck', 'category', 'timeout',
          'message', 'Five slices in a row stopped before they could record a result.'), reap.at);
      end if;
      touched := touched + 1;
    exception when others then
      raise warning 'run % was not reaped: % (%)', run.id, sqlerrm, sqlstate;
    end;
  end loop;
  for run in
    select r.org_id, r.id, r.slice, i.system from public.runs r
    join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
    where r.status in ('scheduled', 'running') and r.slice_token is null and r.waiting_since <= reap.at - interval '10 minutes'
    order by r.org_id, r.integration_id
    for update of r skip locked
  loop
    begin
      perform private.finish_run(run.org_id, run.id, jsonb_build_object('category', 'server',
        'code', case when run.slice = 0 then 'never_started' else 'stuck' end,
        'message', format('No function answered for the system "%s" within 10 minutes.', run.system)), reap.at);
      touched := touched + 1;
    exception when others then
      raise warning 'run % was not reaped: % (%)', run.id, sqlerrm, sqlstate;
    end;
  end loop;
  return touched;
end $$;

-- Forgets up to `batch` runs that found nothing to do, after 30 days, and as many of the others after 400: an integration that
-- looks every few minutes makes more of the former than of anything else. The last run of each integration stays. Returns how many.
create function private.forget_runs(batch integer, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  forgotten integer;
begin
  with old as (
    (select r.org_id, r.id from public.runs r
     where r.status = 'succeeded' and not r.found_work and r.finished_at < forget_runs.at - interval '30 days' and not exists (
       select from public.integration_status s where s.org_id = r.org_id and s.integration_id = r.integration_id and s.last_run_id = r.id)
     order by r.finished_at limit batch)
    union all
    (select r.org_id, r.id from public.runs r
     where (r.status <> 'succeeded' or r.found_work) and r.finished_at < forget_runs.at - interval '400 days' and not exists (
       select from public.integration_status s where s.org_id = r.org_id and s.integration_id = r.integration_id and s.last_run_id = r.id)
     order by r.finished_at limit batch)
  )
  delete from public.runs r using old o where r.org_id = o.org_id and r.id = o.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

-- Refuses when people have had an integration run 60 times within a minute: whoever presses that fast is a program. A doorbell
-- that finds a run under way is not counted.
create function private.refuse_too_often(org uuid, integration uuid, at timestamptz)
  returns void
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  if (select count(*) from (
        select r.trigger, r.created_at from public.runs r
        where r.org_id = org and r.integration_id = integration and r.status not in ('scheduled', 'running')
        order by r.id desc limit 60
      ) latest
      where latest.trigger in ('manual', 'retry', 'check') and latest.created_at > refuse_too_often.at - interval '1 minute') >= 60 then
    perform private.refuse('SW429', 'People have started this integration 60 times within a minute.', 'Wait a minute.');
  end if;
end $$;

create function private.sync_now(org uuid, integration uuid, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  run bigint;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  insert into public.runs (org_id, integration_id, trigger, requested_by, due_at, created_at)
  values (org, integration, 'manual', auth.uid(), sync_now.at, sync_now.at)
  on conflict do nothing
  returning id into run;
  if run is null then
    select r.id into run from public.runs r
    where r.org_id = org and r.integration_id = integration and r.status in ('scheduled', 'running');
  else
    perform private.refuse_too_often(org, integration, sync_now.at);
    perform private.audit(org, 'sync.requested', sync_now.at, integration, subject := 'run ' || run);
  end if;
  perform private.ring_runs(sync_now.at);
  return jsonb_build_object('run_id', run);
end $$;
grant execute on function private.sync_now(uuid, uuid, timestamptz) to authenticated;

-- Starts a run now; if one is under way, answers with that one. Owner or admin.
create function public.sync_now(org uuid, integration uuid)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.sync_now(org, integration, now());
$$;
grant execute on function public.sync_now(uuid, uuid) to authenticated;
comment on function public.sync_now is 'Starts a run now: {run_id}. Refuses with SW403, SW404, SW409 (switched off).';

alter table public.retries enable row level security;
alter table public.runs enable row level security;
alter table public.slices enable row level security;

create policy "members see their retries" on public.retries
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their runs" on public.runs
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their slices" on public.slices
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.retries, public.runs, public.slices to authenticated, service_role;
