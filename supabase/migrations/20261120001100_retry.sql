-- Retry: a person fixes a cause and sends again only what failed. Everything here checks the caller's role and is audited.

-- Whether a mapping ({field, from, to}) applies to a payload: where the field holds `from`, or whatever it holds if that is left out.
create function private.mapping_applies(mapping jsonb, payload jsonb)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select payload ? (mapping ->> 'field')
    and (mapping ->> 'from' is null or payload ->> (mapping ->> 'field') = mapping ->> 'from');
$$;

-- The records a retry would send: failed or dead, so without a success of their present version by definition, and not in the
-- hands of another retry. `last_run` means those of the newest run that left any.
create function private.retryable(org uuid, integration uuid, scope text, cause bigint, records bigint[])
  returns bigint[]
  language sql
  stable
  set search_path = ''
as $$
  select coalesce(array_agg(r.id order by r.id), '{}')
  from public.records r
  where r.org_id = org and r.integration_id = integration and r.state in ('failed', 'dead')
    and case scope
      when 'open' then true
      when 'cause' then r.cause_id = cause
      when 'records' then r.id = any (records)
      when 'last_run' then r.run_id = (
        select max(n.run_id) from public.records n
        where n.org_id = org and n.integration_id = integration and n.state in ('failed', 'dead'))
      else false end
    and r.id not in (
      select unnest(t.held[t.taken + 1:]) from public.retries t
      where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary'));
$$;

-- Corrects payloads as the mapping of a retry says. A correction is a new version with its own idempotency key; the version it
-- replaces is kept, and each is audited in the name of whoever asked. The records stay under the lease they are under.
create function private.correct_payloads(retry public.retries, records bigint[], at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  field constant text := retry.mapping ->> 'field';
  new_value constant text := retry.mapping ->> 'to';
  actor constant text := coalesce((select nullif(m.name, '') from public.members m where m.org_id = retry.org_id and m.user_id = retry.requested_by),
    retry.requested_by::text, 'platform');
begin
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, correct_payloads.at
  from public.records r where r.org_id = retry.org_id and r.id = any (records)
  on conflict do nothing;
  insert into public.audit_log (org_id, at, actor_id, actor, action, system, integration_id, subject, before, after)
  select retry.org_id, correct_payloads.at, retry.requested_by, actor, 'record.corrected', i.system,
    retry.integration_id, 'record ' || r.id, jsonb_build_object(field, r.payload -> field), jsonb_build_object(field, new_value)
  from public.records r
  join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
  where r.org_id = retry.org_id and r.id = any (records)
  order by r.id;
  update public.records r
  set version = r.latest_version + 1, latest_version = r.latest_version + 1,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, r.latest_version + 1),
      -- What was a number stays one, where it can.
      payload = jsonb_set(r.payload, array[field], case when jsonb_typeof(r.payload -> field) = 'number'
        and new_value ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$' then new_value::jsonb else to_jsonb(new_value) end)
  where r.org_id = retry.org_id and r.id = any (records);
end $$;

-- Takes the next records of a run's retry out of failed into the slice's hands, corrected on the way; what was dismissed or
-- handed in anew since it was asked for is passed over. A retry is therefore asked for in no time, however many records it has.
create function private.take_retried(held public.runs, batch integer, at timestamptz)
  returns bigint[]
  language plpgsql
  set search_path = ''
  set plan_cache_mode = force_generic_plan
as $$
declare
  asked public.retries;
  most integer;
  next_ids bigint[];
  picked bigint[] := '{}';
begin
  select t.* into asked from public.retries t where t.org_id = held.org_id and t.id = held.retry_id for update;
  most := case asked.state when 'canary' then 1 when 'running' then cardinality(asked.held) else 0 end;
  while asked.taken < most and cardinality(picked) < batch loop
    next_ids := asked.held[asked.taken + 1:least(most, asked.taken + batch - cardinality(picked))];
    asked.taken := asked.taken + cardinality(next_ids);
    picked := picked || array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.id = any (next_ids) and r.state in ('failed', 'dead')
      order by r.id for update);
  end loop;
  update public.retries t set taken = asked.taken where t.org_id = held.org_id and t.id = held.retry_id and t.taken <> asked.taken;
  if asked.mapping is not null then
    perform private.correct_payloads(asked, array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.id = any (picked) and private.mapping_applies(asked.mapping, r.payload)), take_retried.at);
  end if;
  -- A fresh start: its tries and its age count from here.
  update public.records r
  set state = 'sending', claimed_from = 'queued', run_id = held.id, attempts = 0, next_attempt_at = take_retried.at, queued_at = take_retried.at
  where r.org_id = held.org_id and r.id = any (picked);
  update public.runs u set selected = u.selected + cardinality(picked)
  where u.org_id = held.org_id and u.id = held.id and cardinality(picked) > 0;
  return picked;
end $$;

create function private.retry_failed(org uuid, integration uuid, scope text, cause bigint, records bigint[], field text, from_value text,
  to_value text, canary boolean, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  chosen bigint[];
  tried_first bigint;
  retry bigint;
  mapping constant jsonb := case when field is not null then jsonb_build_object('field', field, 'from', from_value, 'to', to_value) end;
  mapped integer := 0;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or neither.');
  elsif length(field) > 500 or length(to_value) > 10000 or length(from_value) > 1000000 then
    perform private.refuse('SW422', 'A field has at most 500 characters, the value to put there 10 000.', 'Hand the records in again instead.');
  elsif not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  -- The run before the status, as a slice that ends its run takes them: the other way round the two would wait in a circle.
  perform from public.runs r
  where r.org_id = org and r.integration_id = retry_failed.integration and r.status in ('scheduled', 'running') for update;
  -- One retry at a time for an integration: a double click, a second tab and a second admin meet the first one.
  perform from public.integration_status s where s.org_id = org and s.integration_id = integration for update;
  chosen := private.retryable(org, integration, scope, cause, records);
  if cardinality(chosen) = 0 then
    select t.id into retry from public.retries t
    where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary') order by t.id desc limit 1;
    -- One that waits for the system to come back is tried now.
    update public.retries t set resume_at = null where t.org_id = org and t.id = retry and t.state = 'waiting' and t.resume_at is not null;
    if found then
      perform private.schedule_runs(retry_failed.at, integration);
      perform private.ring_runs(retry_failed.at);
    end if;
    return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
      order by r.id desc limit 1), 'records', 0, 'mapped', 0);
  end if;
  perform private.refuse_too_often(org, integration, retry_failed.at);
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    select r.id into tried_first from public.records r
    where r.org_id = retry_failed.org and r.id = any (chosen)
    order by mapping is null or private.mapping_applies(mapping, r.payload) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, canary_record_id, held, mapping, records)
  values (org, integration, scope, cause, auth.uid(), retry_failed.at, tried_first, chosen, mapping, cardinality(chosen))
  returning id into retry;
  if mapping is not null then
    select count(*) into mapped from public.records r
    where r.org_id = retry_failed.org and r.id = any (case when canary then chosen[1:1] else chosen end) and private.mapping_applies(mapping, r.payload);
  end if;
  perform private.audit(org, 'retry.requested', retry_failed.at, integration, subject := 'retry ' || retry,
    after := jsonb_strip_nulls(jsonb_build_object('scope', scope, 'cause', cause, 'records', cardinality(chosen), 'canary', canary,
      'field', field, 'from', from_value, 'to', to_value)));
  update public.integration_status s set dirty = true, circuit_open_until = null where s.org_id = org and s.integration_id = integration;
  perform private.schedule_runs(retry_failed.at, integration);
  perform private.ring_runs(retry_failed.at);
  return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry),
    'records', cardinality(chosen), 'mapped', mapped);
end $$;
grant execute on function private.retry_failed(uuid, uuid, text, bigint, bigint[], text, text, text, boolean, timestamptz) to authenticated;

-- Sends failed records again and nothing else: those of the last run, all open ones, a cause's, or a chosen set. With `field` and
-- `to_value` the payload is corrected on the way (where it holds `from_value`, or whatever it holds); with `canary` one record is
-- tried first. Owner or admin.
create function public.retry_failed(org uuid, integration uuid, scope text default 'open', cause bigint default null, records bigint[] default null,
  field text default null, from_value text default null, to_value text default null, canary boolean default false)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.retry_failed(org, integration, scope, cause, records, field, from_value, to_value, canary, now());
$$;
grant execute on function public.retry_failed(uuid, uuid, text, bigint, bigint[], text, text, text, boolean) to authenticated;
comment on function public.retry_failed is
  'Sends failed records again: {retry_id, run_id, records, mapped}. Refuses with SW403, SW404, SW409 (switched off), SW422.';

-- After a run: a canary that landed releases the rest (with the same correction), one that was refused stops the retry. A retry
-- whose run could not go on goes on by itself later, as the circuit breaker would have it.
create function private.follow_retry(org uuid, retry bigint, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  asked public.retries;
  canary_state text;
begin
  select t.* into asked from public.retries t where t.org_id = org and t.id = retry for update;
  if asked.state not in ('running', 'canary') then
    return;
  elsif asked.taken = 0 or (asked.state = 'running' and asked.taken < cardinality(asked.held)) then
    update public.retries t
    set state = 'waiting', resume_at = greatest(follow_retry.at + interval '5 minutes', (
      select s.circuit_open_until from public.integration_status s where s.org_id = org and s.integration_id = asked.integration_id))
    where t.org_id = org and t.id = retry;
    return;
  elsif asked.state = 'running' then
    update public.retries t set state = 'done', held = '{}', taken = 0 where t.org_id = org and t.id = retry;
    return;
  end if;
  select r.state into canary_state from public.records r where r.org_id = org and r.id = asked.canary_record_id;
  if canary_state in ('failed', 'dead', 'dismissed') then
    update public.retries t set state = 'stopped', held = '{}', taken = 0 where t.org_id = org and t.id = retry;
  elsif canary_state = 'exported' then
    update public.retries t set state = 'waiting', canary_record_id = null where t.org_id = org and t.id = retry;
  end if;
end $$;

create function private.dismiss_records(org uuid, records bigint[], reason text, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  touched uuid[];
  dismissed integer;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  with gone as (
    update public.records r set state = 'dismissed', settled_at = dismiss_records.at
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) order by o.id for update) was
    where r.org_id = org and r.id = was.id and r.state in ('queued', 'failed', 'retrying', 'dead') and r.retry_id is null
    returning r.id, r.integration_id, was.state
  ), noted as (
    select private.audit(org, 'record.dismissed', dismiss_records.at, g.integration_id, 'record ' || g.id,
      jsonb_build_object('state', g.state), jsonb_build_object('state', 'dismissed'), reason) as written, g.integration_id
    from gone g
  )
  select array_agg(distinct n.integration_id), count(n.written) into touched, dismissed from noted n;
  if touched is not null then
    perform private.evaluate_health(dismiss_records.at, touched);
  end if;
  return dismissed;
end $$;
grant execute on function private.dismiss_records(uuid, bigint[], text, timestamptz) to authenticated;

-- Takes records out of the outbox for good, with a reason. What is being sent or may have landed cannot be dismissed.
create function public.dismiss_records(org uuid, records bigint[], reason text)
  returns integer
  language sql
  set search_path = ''
as $$
  select private.dismiss_records(org, records, reason, now());
$$;
grant execute on function public.dismiss_records(uuid, bigint[], text) to authenticated;
comment on function public.dismiss_records is 'Takes records out of the outbox with a reason; answers how many. Refuses with SW403, SW404, SW422.';

create function private.decide_uncertain(org uuid, record bigint, landed boolean, reason text, at timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  decided public.records;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Deciding needs a reason.', 'Say how you know, for example the voucher number you found.');
  if landed is null then
    perform private.refuse('SW422', 'landed is true or false.', 'Say whether the system holds the record.');
  end if;
  if not landed and exists (select from public.records r where r.org_id = decide_uncertain.org and r.id = record and r.state = 'uncertain'
      and r.next_attempt_at > decide_uncertain.at) then
    perform private.refuse('SW409', 'The system may still be working on this record.', 'Wait until the time of its next attempt, then look there again.');
  end if;
  update public.records r
  set state = case when landed then 'exported' else 'queued' end, exported_version = case when landed then r.version else r.exported_version end,
      run_id = case when landed then r.run_id end, retry_id = null, next_attempt_at = decide_uncertain.at,
      settled_at = case when landed then decide_uncertain.at end
  where r.org_id = org and r.id = record and r.state = 'uncertain'
  returning r.* into decided;
  if not found then
    perform private.refuse('SW409', 'This record is not uncertain any more.', 'Reload the page to see what became of it.');
  end if;
  perform private.apply_waiting_versions(org, array[record], decide_uncertain.at);
  perform private.audit(org, 'record.decided', decide_uncertain.at, decided.integration_id, subject := 'record ' || record,
    before := jsonb_build_object('state', 'uncertain'), after := jsonb_build_object('state', decided.state), reason := reason);
  perform private.evaluate_health(decide_uncertain.at, array[decided.integration_id]);
  return decided.state;
end $$;
grant execute on function private.decide_uncertain(uuid, bigint, boolean, text, timestamptz) to authenticated;

-- Settles by hand a record that may have landed, when its system cannot be asked: landed, or to be sent again.
create function public.decide_uncertain(org uuid, record bigint, landed boolean, reason text)
  returns text
  language sql
  set search_path = ''
as $$
  select private.decide_uncertain(org, record, landed, reason, now());
$$;
grant execute on function public.decide_uncertain(uuid, bigint, boolean, text) to authenticated;
comment on function public.decide_uncertain is 'Settles an uncertain record by hand; answers its new state. Refuses with SW403, SW404, SW409, SW422.';
