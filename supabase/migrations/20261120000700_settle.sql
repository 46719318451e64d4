-- Settle: what the system said becomes the state of each record, and a run that is over becomes its balance.

-- How long to wait before the next try: 30 s doubling to 6 h, spread by a fifth either way so that failures do not march in
-- step; never sooner than the system asked for. The spread is a function of the record, so a decision can be repeated.
create function private.backoff(record bigint, attempts integer, retry_after_seconds integer)
  returns interval
  language sql
  immutable
  set search_path = ''
as $$
  select make_interval(secs => greatest(
    least(30 * power(2, least(greatest(attempts, 1), 20) - 1), 21600) * (0.8 + 0.4 * (abs(hashint8(record * 31 + attempts)::bigint) % 1000) / 1000),
    coalesce(retry_after_seconds, 0)));
$$;

-- Notes of each cause which of its records lands now, so that the next one who meets it is told what helped. A version that replaced a
-- refused one counts too: what was wrong may have been put right where the record comes from.
create function private.note_fixes(held public.runs, outcomes jsonb, at timestamptz)
  returns void
  language sql
  set search_path = ''
as $$
  update public.causes c
  set fixed_at = note_fixes.at, fixed_record_id = l.id, fixed_version = l.version, refused_version = a.version, refused_at = a.at,
      -- Where the system judges later, the run that hears its verdict is not the retry's.
      fixed_retry_id = coalesce(held.retry_id, (
        select u.retry_id from public.attempts s
        join public.runs u on u.org_id = s.org_id and u.id = s.run_id
        where s.org_id = held.org_id and s.record_id = l.id and s.at > a.at and u.retry_id is not null
        order by s.at desc limit 1))
  from (
    select distinct on (w.cause_id) w.cause_id, r.id, r.version
    from jsonb_to_recordset(outcomes) o (id bigint, state text)
    join public.records r on r.org_id = held.org_id and r.id = o.id
    cross join lateral (
      select coalesce(r.cause_id, (
        select v.cause_id from public.record_versions v
        where v.org_id = r.org_id and v.record_id = r.id and v.version > coalesce(r.exported_version, 0) and v.version < r.version
          and v.cause_id is not null
        order by v.version desc limit 1)) as cause_id
    ) w
    where o.state = 'exported' and r.state = 'sending' and r.run_id = held.id and w.cause_id is not null
    order by w.cause_id, r.version desc, r.id
  ) l
  cross join lateral (
    select s.version, s.at from public.attempts s
    where s.org_id = held.org_id and s.record_id = l.id and s.outcome in ('failed', 'retrying', 'dead')
    order by s.at desc limit 1
  ) a
  where c.org_id = held.org_id and c.id = l.cause_id;
$$;

-- Records what the system said of each leased record: [{id, state, external_id, code, field, payload_field, message, template,
-- value, category, status, response, request_id, retry_after_seconds}]. `state` is exported, accepted, failed, retrying, uncertain,
-- or queued for one put back unsent.
create function private.settle(held public.runs, outcomes jsonb, at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
  set plan_cache_mode = force_generic_plan
as $$
declare
  ids bigint[];
  refusals boolean;
  waiting boolean;
  mended boolean;
begin
  select array_agg((o ->> 'id')::bigint), bool_or(o ->> 'template' is not null) into ids, refusals from jsonb_array_elements(outcomes) o;
  if ids is null then
    return;
  end if;
  -- Always in the order of ids, here and where records are handed in, so that neither waits for the other in a circle.
  with locked as (
    select r.latest_version > r.version as waits, r.cause_id is not null or r.version > 1 as mends from public.records r
    where r.org_id = held.org_id and r.id = any (ids)
    order by r.id for update
  )
  select bool_or(l.waits), bool_or(l.mends) into waiting, mended from locked l;
  if mended then
    perform private.note_fixes(held, outcomes, settle.at);
  end if;
  if refusals then
    insert into public.causes as c (org_id, integration_id, code, field, template, payload_field, sample, category, first_seen_at, last_seen_at)
    select held.org_id, held.integration_id, coalesce(o.code, ''), coalesce(o.field, ''), o.template, min(o.payload_field), min(o.message),
      min(o.category), settle.at, settle.at
    from jsonb_to_recordset(outcomes) o (state text, code text, field text, template text, payload_field text, message text, category text)
    where o.state in ('failed', 'retrying') and o.template is not null
    group by o.code, o.field, o.template
    on conflict (org_id, integration_id, code, field, template) do update
      set last_seen_at = excluded.last_seen_at, sample = excluded.sample, payload_field = coalesce(excluded.payload_field, c.payload_field);
  end if;
  -- Begins with what was said and finds each record by its key: `state` and `run_id` are looked at here, not in the update,
  -- where they would make the planner read all outcomes once per record.
  with said as materialized (
    select o.*, c.id as cause_id, b.state = 'sending' and b.run_id = held.id as ours, b.attempts, b.queued_at, b.claimed_from
    from jsonb_to_recordset(outcomes) o (
      id bigint, state text, external_id text, code text, field text, payload_field text, message text, template text, value text,
      category text, status integer, response text, request_id text, retry_after_seconds integer)
    join public.records b on b.org_id = held.org_id and b.id = o.id
    left join public.causes c on o.state in ('failed', 'retrying') and c.org_id = held.org_id and c.integration_id = held.integration_id
      and c.code = coalesce(o.code, '') and c.field = coalesce(o.field, '') and c.template = o.template
  ), settled as (
    update public.records r
    set state = s.state,
        -- Only a send is a try: being put back, throttled or asked about in vain is none.
        attempts = r.attempts + case when s.state in ('queued', 'accepted') or s.category = 'rate_limit'
          or (s.state = 'uncertain' and r.claimed_from = 'uncertain' and held.dedupe = 'lookup') then 0 else 1 end,
        external_id = coalesce(s.external_id, r.external_id),
        exported_version = case when s.state = 'exported' then r.version else r.exported_version end,
        -- Only the retry that is running can take it up again; without it, it is the schedule's.
        retry_id = case when s.state = 'queued' then held.retry_id end,
        accepted_at = case when s.state = 'accepted' then coalesce(r.accepted_at, settle.at) end,
        settled_at = case when s.state = 'exported' then settle.at end,
        closed_at = case when s.state = 'exported' and r.failed_at is not null then settle.at else r.closed_at end,
        next_attempt_at = case
          when s.state = 'retrying' then settle.at + private.backoff(r.id, r.attempts + 1, s.retry_after_seconds)
          when s.state = 'uncertain' then settle.at + make_interval(secs => held.settles_within_seconds)
          -- Asked again soon at first, then at a tenth of the time it has taken already, a quarter of an hour at most.
          when s.state = 'accepted' then settle.at + make_interval(secs => greatest(coalesce(s.retry_after_seconds, 2),
            least(extract(epoch from settle.at - coalesce(r.accepted_at, settle.at)) / 10, 900)))
          else r.next_attempt_at end,
        failed_at = case when s.state in ('failed', 'retrying', 'uncertain') then settle.at when s.state = 'exported' then null else r.failed_at end,
        cause_id = case when s.state = 'exported' then null else coalesce(s.cause_id, r.cause_id) end,
        error_message = case when s.state = 'exported' then null else coalesce(left(s.message, 2000), r.error_message) end,
        error_code = case when s.state = 'exported' then null when s.message is null then r.error_code else s.code end,
        error_field = case when s.state = 'exported' then null when s.message is null then r.error_field else s.field end,
        error_value = case when s.state = 'exported' then null when s.message is null then r.error_value else left(s.value, 500) end,
        error_category = case when s.state = 'exported' then null when s.message is null then r.error_category else s.category end,
        error_status = case when s.state = 'exported' then null when s.message is null then r.error_status else s.status end
    from (
      -- Attempts or age used up: kept and listed, but no longer tried by itself.
      select s.id, s.external_id, s.code, s.field, s.message, s.value, s.category, s.status, s.retry_after_seconds, s.cause_id, s.response,
             s.request_id, case when s.state = 'retrying' and (s.attempts + 1 >= coalesce((i.thresholds ->> 'max_attempts')::integer, 12)
                                  or settle.at > s.queued_at + interval '7 days') and s.attempts > 0 then 'dead'
               when s.state = 'queued' and s.claimed_from = 'uncertain' and held.dedupe = 'lookup'
                 and s.attempts >= coalesce((i.thresholds ->> 'max_attempts')::integer, 12) then 'dead'
               when s.state in ('queued', 'retrying') and s.claimed_from = 'uncertain' and held.dedupe in ('key', 'upsert') then 'uncertain'
               else s.state end as state
      from said s
      join public.integrations i on i.org_id = held.org_id and i.id = held.integration_id
      where s.ours
    ) s
    where r.org_id = held.org_id and r.id = s.id
    returning r.id, r.version, r.claimed_from, r.state, r.external_id, s.status, s.code, s.field, s.message, s.category, s.request_id, s.response
  ), noted as (
    insert into public.attempts (org_id, integration_id, record_id, version, run_id, at, outcome, external_id, status, code, field, message,
      category, request_id, response)
    select held.org_id, held.integration_id, t.id, t.version, held.id, settle.at, t.state, t.external_id, t.status, t.code, t.field, left(t.message, 2000),
      t.category, t.request_id, left(t.response, 4000)
    from settled t where t.state <> 'queued' and not (t.state = 'accepted' and t.claimed_from = 'accepted')
  )
  update public.runs u
  set exported = u.exported + n.exported, accepted = u.accepted + n.accepted, failed = u.failed + n.failed, retrying = u.retrying + n.retrying,
      uncertain = u.uncertain + n.uncertain, skipped = u.skipped + n.skipped, rate_limited = u.rate_limited + n.rate_limited,
      -- What was asked about and put back has not come any further: a slice may still be lost at the same place each time.
      lost_slices = case when n.skipped < n.settled then 0 else u.lost_slices end
  from (
    select count(*) filter (where t.state = 'exported') as exported, count(*) filter (where t.state = 'accepted') as accepted,
           count(*) filter (where t.state in ('failed', 'dead')) as failed, count(*) filter (where t.state = 'retrying') as retrying,
           count(*) filter (where t.state = 'uncertain') as uncertain, count(*) filter (where t.state = 'queued') as skipped, count(*) as settled,
           count(*) filter (where t.category = 'rate_limit') as rate_limited
    from settled t
  ) n
  where u.org_id = held.org_id and u.id = held.id;

  if waiting then
    perform private.apply_waiting_versions(held.org_id, ids, settle.at);
  end if;
end $$;

-- Records what the system said of each leased record. Refuses with SW410 when the lease was lost.
create function public.settle_records(org uuid, run bigint, token uuid, outcomes jsonb, at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.settle(private.hold_lease(org, run, token, settle_records.at), outcomes, settle_records.at);
end $$;
grant execute on function public.settle_records(uuid, bigint, uuid, jsonb, timestamptz) to service_role;
comment on function public.settle_records is 'Records what the system said of each leased record. Refuses with SW410 when the lease was lost.';

-- Settles one batch and claims the next in one call: a batch costs one round trip to Postgres.
create function public.settle_and_claim(org uuid, run bigint, token uuid, outcomes jsonb, states text[], batch integer,
  at timestamptz default now())
  returns setof public.claimed_record
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, settle_and_claim.at);
  perform private.settle(held, outcomes, settle_and_claim.at);
  return query select c.* from private.claim(held, states, batch, settle_and_claim.at) c;
end $$;
grant execute on function public.settle_and_claim(uuid, bigint, uuid, jsonb, text[], integer, timestamptz) to service_role;
comment on function public.settle_and_claim is
  'Records what the system said of one batch and leases the next: settle_records and claim_records in one. Refuses with SW410.';

-- A changed content that waited for the answer about its predecessor takes its place now that there is one.
create function private.apply_waiting_versions(org uuid, records bigint[], at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  waiting record;
begin
  for waiting in
    select r.id, v.version, v.payload, v.amount, v.currency, v.occurred_on, v.label
    from public.records r
    join public.record_versions v on v.org_id = r.org_id and v.record_id = r.id and v.version = r.latest_version
    where r.org_id = apply_waiting_versions.org and r.id = any (records) and r.latest_version > r.version
      and r.state not in ('sending', 'uncertain', 'accepted')
  loop
    perform private.keep_version(org, waiting.id, apply_waiting_versions.at);
    delete from public.record_versions v where v.org_id = apply_waiting_versions.org and v.record_id = waiting.id and v.version = waiting.version;
    perform private.apply_version(org, waiting.id, waiting.version, waiting.payload, waiting.amount, waiting.currency, waiting.occurred_on,
      waiting.label, apply_waiting_versions.at);
  end loop;
end $$;

-- Ends a slice. `more`: the run goes on in the next slice, which is rung at once, or after `resume_after_seconds`. Otherwise the run is over, with `error`
-- ({message, code, field, category, status}) when the system could not be worked with at all. Refuses with SW410.
create function public.end_slice(org uuid, run bigint, token uuid, more boolean, error jsonb, resume_after_seconds integer, wall_ms integer,
  cpu_ms integer, at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, end_slice.at);
  if exists (select from public.records r where r.org_id = org and r.integration_id = held.integration_id and r.state = 'sending' and r.run_id = run) then
    perform private.release_lease(org, run, end_slice.at);
  end if;
  update public.slices s
  set ended_at = end_slice.at, wall_ms = end_slice.wall_ms, cpu_ms = end_slice.cpu_ms,
      ended_by = case when error is not null then 'error' when more then 'budget' else 'done' end
  where s.org_id = org and s.run_id = run and s.slice = held.slice;
  update public.integration_status s set dirty = true
  where s.org_id = end_slice.org and s.integration_id = held.integration_id and not s.dirty;
  update public.runs r
  set slice_token = null, lease_expires_at = null, rung_at = null, last_turn_at = end_slice.at,
      resume_at = case when resume_after_seconds > 0 then end_slice.at + make_interval(secs => resume_after_seconds) end
  where r.org_id = org and r.id = run;
  -- Refused with a credential that has been replaced meanwhile: the next slice brings the new one.
  if not more and not (coalesce(error ->> 'category' in ('auth', 'permission'), false) and exists (
    select from public.integrations i
    join public.slices s on s.org_id = i.org_id and s.run_id = held.id and s.slice = held.slice
    where i.org_id = end_slice.org and i.id = held.integration_id and i.credential_set_at > s.started_at
  )) then
    perform private.finish_run(org, run, error, end_slice.at);
  end if;
  perform private.ring_runs(end_slice.at);
end $$;
grant execute on function public.end_slice(uuid, bigint, uuid, boolean, jsonb, integer, integer, integer, timestamptz) to service_role;
comment on function public.end_slice is 'Ends a slice and rings for the next, or ends the run. Refuses with SW410 when the lease was lost.';

-- Ends a run: its status from its balance, the integration's streaks and breaker, then health and alerts in the same
-- transaction, so that red is never later than the failure.
create function private.finish_run(org uuid, run bigint, error jsonb, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  ended public.runs;
  finished constant timestamptz := finish_run.at;
  proof text;
begin
  update public.records r set retry_id = null
  from public.runs u
  where u.org_id = org and u.id = run and r.org_id = org and r.retry_id = u.retry_id and r.state = 'queued';

  update public.runs r
  set finished_at = finished, started_at = coalesce(r.started_at, finished), slice_token = null, lease_expires_at = null,
      error_message = left(error ->> 'message', 2000), error_code = error ->> 'code', error_field = error ->> 'field',
      error_category = error ->> 'category', error_status = (error ->> 'status')::integer,
      status = case
        when error is not null then 'failed'
        when r.selected > 0 and r.exported + r.accepted = 0 and r.failed + r.retrying + r.uncertain > 0 then 'failed'
        when r.failed * 100.0 > r.selected * coalesce((i.thresholds ->> 'failure_rate_percent')::numeric, 5) then 'failed'
        -- What is fetched again because pages overlap is skipped, and nothing is wrong with that.
        when r.failed + r.retrying + r.uncertain > 0 or (r.skipped > 0 and i.direction = 'push') then 'warning'
        else 'succeeded' end
  from public.integrations i
  where r.org_id = org and r.id = run and r.status in ('scheduled', 'running') and i.org_id = org and i.id = r.integration_id
  returning r.* into ended;
  if not found then
    return;
  end if;

  -- A look moves nothing, so it proves nothing about what moves: what it found stands in the status already.
  if ended.trigger = 'check' then
    update public.integration_status s set dirty = true where s.org_id = finish_run.org and s.integration_id = ended.integration_id;
    perform private.judge_run(ended, finished);
    return;
  end if;

  -- A run that failed by its records, not as a whole, is told by the cause that refused most.
  if ended.status = 'failed' and error is null then
    update public.runs r
    set error_message = worst.error_message, error_code = worst.error_code, error_field = worst.error_field,
        error_category = worst.error_category, error_status = worst.error_status
    from (
      select p.error_message, p.error_code, p.error_field, p.error_category, p.error_status
      from public.records p
      where p.org_id = org and p.integration_id = ended.integration_id and p.run_id = run
        and p.state in ('failed', 'dead', 'retrying', 'uncertain')
      order by count(*) over (partition by p.cause_id) desc, p.id
      limit 1
    ) worst
    where r.org_id = org and r.id = run
    returning r.* into ended;
  end if;

  -- What the run proves. One that found nothing because everything waits for its next try, or because the retry was stopped, proves
  -- nothing, nor does one whose records wait for a verdict.
  proof := case
    when ended.status = 'failed' then case when ended.trigger = 'retry' or (ended.trigger = 'follow_up' and ended.failed = 0) then 'nothing' else 'bad' end
    when ended.selected = 0 and (ended.trigger = 'retry' or exists (select from public.records r where r.org_id = finish_run.org and r.integration_id = ended.integration_id and r.state = 'retrying')
      or not (select i.enabled from public.integrations i where i.org_id = finish_run.org and i.id = ended.integration_id)) then 'blank'
    when ended.accepted > 0 and ended.exported = 0 then 'nothing'
    else 'good' end;
  update public.integration_status s
  set last_run_id = case when proof = 'blank' then s.last_run_id else ended.id end, dirty = true,
      last_success_at = case when proof = 'good' then finished else s.last_success_at end,
      check_error = case when proof = 'good' then null else s.check_error end,
      -- Records that wait for a verdict or for their next try do not wait for the schedule.
      asks_again_at = (select min(greatest(r.next_attempt_at, finished + interval '30 seconds')) from public.records r
        where r.org_id = finish_run.org and r.integration_id = ended.integration_id
          and (r.state in ('accepted', 'retrying') or (r.state = 'uncertain' and ended.dedupe <> 'none'))),
      consecutive_failures = case proof when 'good' then 0 when 'bad' then s.consecutive_failures + 1 else s.consecutive_failures end,
      consecutive_successes = case when proof = 'good' then s.consecutive_successes + 1 when ended.status = 'failed' then 0 else s.consecutive_successes end,
      circuit_failures = case when proof = 'blank' then s.circuit_failures when ended.status <> 'failed' then 0 when error is null then s.circuit_failures else s.circuit_failures + 1 end,
      circuit_open_until = case
        when ended.status <> 'failed' then null
        when error is not null and s.circuit_failures + 1 >= 3
          then finished + make_interval(mins => least(5 * power(2, least(s.circuit_failures - 2, 6))::integer, 120))
        else s.circuit_open_until end
  where s.org_id = org and s.integration_id = ended.integration_id;
  perform private.keep_usual(org, ended.integration_id);
  perform private.measure_lag(org, ended.integration_id, finished);

  perform private.follow_retry(org, t.id, finished) from public.retries t
  where t.org_id = finish_run.org and t.integration_id = ended.integration_id and (t.id = ended.retry_id or t.state = 'canary');
  perform private.judge_run(ended, finished);
end $$;

-- Health and alerts of a run that just ended, and the next run if one is due already.
create function private.judge_run(ended public.runs, at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  -- A fault in judging or telling must not undo what happened: the row stays dirty, and the next tick comes back to it.
  begin
    perform private.evaluate_health(judge_run.at, array[ended.integration_id]);
    perform private.alert_integration(ended.org_id, ended.integration_id, judge_run.at);
    perform private.ring_deliver(judge_run.at);
  exception when others then
    raise warning 'run % was not judged at once: % (%)', ended.id, sqlerrm, sqlstate;
  end;
  perform private.schedule_runs(judge_run.at, ended.integration_id);
end $$;

-- Keeps what the 20 runs before the last one were like: records, and seconds per record, of the scheduled ones that moved any;
-- five at least are something to compare with. Off the usual is what differs by more than three standard deviations, too.
create function private.keep_usual(org uuid, integration uuid)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.integration_status s
  set usual_selected = u.selected, usual_seconds = u.seconds, failed_of_ten = u.failed_of_ten,
      volume_off = case when u.comparable and abs(u.last_selected - u.selected) > greatest(3 * u.selected_spread, 5)
        then abs(u.last_selected - u.selected) * 100 / u.selected end,
      duration_off = case when u.comparable and u.last_length > 10 and abs(u.last_seconds - u.seconds) > 3 * u.seconds_spread
        then coalesce(abs(u.last_seconds - u.seconds) * 100 / nullif(u.seconds, 0), 'Infinity') end
  from (
    select avg(p.selected) filter (where p.usual) as selected, stddev_pop(p.selected) filter (where p.usual) as selected_spread,
           avg(p.seconds) filter (where p.usual) as seconds, stddev_pop(p.seconds) filter (where p.usual) as seconds_spread,
           count(*) filter (where p.place <= 10 and p.status = 'failed') as failed_of_ten,
           count(*) filter (where p.usual) >= 5 as comparable,
           min(p.selected) filter (where p.last) as last_selected, min(p.seconds) filter (where p.last) as last_seconds,
           min(p.length) filter (where p.last) as last_length
    from (
      select n.selected, n.status, l.length, l.length / nullif(n.selected, 0) as seconds,
             n.id = t.last_run_id and n.status <> 'failed' and n.selected > 0 and n.trigger = 'schedule' as last,
             n.id <> t.last_run_id and n.status in ('succeeded', 'warning') and n.selected > 0 and n.trigger = 'schedule' as usual,
             row_number() over (order by n.id desc) as place
      from public.integration_status t
      join public.runs n on n.org_id = t.org_id and n.integration_id = t.integration_id and n.status not in ('scheduled', 'running')
        and n.trigger <> 'check'
      cross join lateral (select extract(epoch from n.finished_at - n.started_at) as length) l
      where t.org_id = keep_usual.org and t.integration_id = keep_usual.integration
      order by n.id desc limit 21
    ) p
  ) u
  where s.org_id = keep_usual.org and s.integration_id = keep_usual.integration;
end $$;
