-- Retry: a person fixes a cause and sends again only what failed. Everything here checks the caller's role and is audited.

-- The records a retry would send: failed or dead, so without a success of their present version by definition, and not in the
-- hands of another retry. `last_run` means those of the newest run that left any; `state` and `run` leave out the others.
create function private.retryable(org uuid, integration uuid, scope text, cause bigint, records bigint[], state text default null,
  run bigint default null)
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
    and (retryable.state is null or r.state = retryable.state) and (retryable.run is null or r.run_id = retryable.run)
    and r.id not in (
      select unnest(t.held[t.taken + 1:]) from public.retries t
      where t.org_id = org and t.integration_id = integration and t.state in ('asked', 'waiting', 'running', 'canary'));
$$;

-- Takes the next records of a run's retry out of failed into the slice's hands, corrected on the way; what was dismissed or
-- handed in anew since it was asked for is passed over, and what was edited in the version before that too. A retry is therefore asked
-- for in no time, however many records it has.
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
        and (asked.edit is null or r.version = (asked.edit ->> 'version')::integer)
      order by r.id for update);
  end loop;
  update public.retries t set taken = asked.taken where t.org_id = held.org_id and t.id = held.retry_id and t.taken <> asked.taken;
  if asked.mapping is not null or asked.edit is not null then
    perform private.correct_payloads(asked, picked, take_retried.at);
  end if;
  -- A fresh start: its tries and its age count from here.
  update public.records r
  set state = 'sending', claimed_from = 'queued', run_id = held.id, attempts = 0, next_attempt_at = take_retried.at, queued_at = take_retried.at
  where r.org_id = held.org_id and r.id = any (picked);
  update public.runs u set selected = u.selected + cardinality(picked)
  where u.org_id = held.org_id and u.id = held.id and cardinality(picked) > 0;
  return picked;
end $$;

-- The locks of whoever asks for a retry. The integration first, which a tick that makes a run of it holds; then the run before the
-- status, as a slice that ends its run takes them: in another order two would wait in a circle. With the status one asks at a time: a
-- double click, a second tab and a second admin meet the first one.
create function private.lock_retries(org uuid, integration uuid)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from public.integrations i where i.org_id = org and i.id = lock_retries.integration for no key update;
  perform from public.runs r
  where r.org_id = org and r.integration_id = lock_retries.integration and r.status in ('scheduled', 'running') for update;
  perform from public.integration_status s where s.org_id = org and s.integration_id = lock_retries.integration for update;
end $$;

-- Writes down a retry of the chosen records and starts it, unless a second person has to agree to its corrections first.
create function private.place_retry(org uuid, integration uuid, scope text, cause bigint, chosen bigint[], corrections jsonb, edit jsonb,
  canary boolean, at timestamptz)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  tried_first bigint;
  placed public.retries;
  waits constant boolean := private.needs_approval(org, integration, chosen, corrections, edit);
begin
  perform private.refuse_too_often(org, integration, place_retry.at);
  if waits and private.other_approvers(org) = 0 then
    perform private.refuse('SW409', 'This changes amounts, accounts or dates, and there is nobody else who could approve it.',
      'Make somebody else an owner or admin, or switch the approval off for the organization.');
  end if;
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    with c as materialized (
      select m.field, m.from, m.to from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
    )
    select r.id into tried_first from public.records r
    where r.org_id = place_retry.org and r.id = any (chosen)
    order by corrections is null or exists (
      select from c
      where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from) and r.payload ->> c.field is distinct from c.to) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, state, canary_record_id, held, mapping,
    edit, records)
  values (org, integration, scope, cause, auth.uid(), place_retry.at, case when waits then 'asked' else 'waiting' end, tried_first, chosen,
    corrections, edit, cardinality(chosen))
  returning * into placed;
  perform private.audit(org, 'retry.requested', place_retry.at, integration, subject := 'retry ' || placed.id,
    after := jsonb_strip_nulls(jsonb_build_object('scope', scope, 'cause', cause, 'records', cardinality(chosen), 'canary', canary,
      'corrections', corrections, 'edited', edit is not null or null, 'needs_approval', nullif(waits, false))));
  if not waits then
    perform private.start_retries(org, integration, place_retry.at);
  else
    perform private.tell_approval(placed, 'asked', array(
      select m.user_id from public.members m where m.org_id = org and m.user_id is distinct from auth.uid()), '{}', place_retry.at);
  end if;
  return jsonb_build_object('retry_id', placed.id, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = placed.id),
    'records', cardinality(chosen), 'state', placed.state,
    'mapped', case when corrections is not null
      then private.count_corrected(org, case when canary then chosen[1:1] else chosen end, corrections) else 0 end);
end $$;

-- Opens the way for retries that wait, and rings.
create function private.start_retries(org uuid, integration uuid, at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.integration_status s set dirty = true, circuit_open_until = null
  where s.org_id = org and s.integration_id = start_retries.integration;
  perform private.schedule_runs(start_retries.at, integration);
  perform private.ring_runs(start_retries.at);
end $$;

create function private.retry_failed(org uuid, integration uuid, scope text, cause bigint, records bigint[], field text, from_value text,
  to_value text, canary boolean, at timestamptz, corrections jsonb default null, state text default null, run bigint default null)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  chosen bigint[];
  retry bigint;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) or (field is not null and corrections is not null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or corrections, or neither.');
  end if;
  if field is not null then
    corrections := jsonb_build_array(jsonb_build_object('field', field, 'from', from_value, 'to', to_value));
  end if;
  perform private.check_corrections(corrections);
  if not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  perform private.lock_retries(org, integration);
  chosen := private.retryable(org, integration, scope, cause, records, state, run);
  if cardinality(chosen) > 0 then
    return private.place_retry(org, integration, scope, cause, chosen, corrections, null, canary, retry_failed.at);
  end if;
  select t.id into retry from public.retries t
  where t.org_id = org and t.integration_id = retry_failed.integration and t.state in ('asked', 'waiting', 'running', 'canary')
  order by t.id desc limit 1;
  -- One that waits for the system to come back is tried now.
  update public.retries t set resume_at = null where t.org_id = org and t.id = retry and t.state = 'waiting' and t.resume_at is not null;
  if found then
    perform private.schedule_runs(retry_failed.at, integration);
    perform private.ring_runs(retry_failed.at);
  end if;
  return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
    order by r.id desc limit 1), 'records', 0, 'mapped', 0, 'state', (select t.state from public.retries t where t.org_id = org and t.id = retry));
end $$;
grant execute on function private.retry_failed(uuid, uuid, text, bigint, bigint[], text, text, text, boolean, timestamptz, jsonb, text, bigint)
  to authenticated;

-- Sends failed records again and nothing else: those of the last run, all open ones, a cause's, or a chosen set; of these only those
-- in one state or of one run, if `state` or `run` is given. `corrections` ([{field, from, to}]) are put right on the way; `field`,
-- `from_value` and `to_value` are short for one. With `canary` one record is tried first. Owner or admin.
create function public.retry_failed(org uuid, integration uuid, scope text default 'open', cause bigint default null, records bigint[] default null,
  field text default null, from_value text default null, to_value text default null, canary boolean default false, corrections jsonb default null,
  state text default null, run bigint default null)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.retry_failed(org, integration, scope, cause, records, field, from_value, to_value, canary, now(), corrections, state, run);
$$;
grant execute on function public.retry_failed(uuid, uuid, text, bigint, bigint[], text, text, text, boolean, jsonb, text, bigint) to authenticated;
comment on function public.retry_failed is
  'Sends failed records again: {retry_id, run_id, records, mapped, state}. Refuses with SW403, SW404, SW409 (switched off, nobody to approve), SW422.';

create function private.edit_record(org uuid, record bigint, version integer, changes jsonb, amount text, currency text, occurred_on text, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  known public.records;
  edit jsonb;
  problem text;
begin
  perform private.require_role(org);
  select r.* into known from public.records r where r.org_id = edit_record.org and r.id = record;
  if not found then
    perform private.refuse('SW404', 'There is no such record.', 'Check the address.');
  end if;
  edit := jsonb_build_object('version', version, 'amount', coalesce(amount, known.amount::text), 'currency', coalesce(currency, known.currency),
    'occurred_on', coalesce(occurred_on, known.occurred_on::text),
    'payload', case when jsonb_typeof(changes) = 'object' then known.payload || changes end);
  problem := private.record_problem(edit || jsonb_build_object('source_type', known.source_type, 'source_id', known.source_id));
  if problem is not null or version is null then
    perform private.refuse('SW422', coalesce(problem, 'version is missing.'), 'Correct it and send again.');
  elsif not (private.integration_of(org, known.integration_id)).enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  perform private.lock_retries(org, known.integration_id);
  select r.* into known from public.records r where r.org_id = edit_record.org and r.id = record;
  if known.version <> edit_record.version then
    perform private.refuse('SW409', 'Somebody has changed this record since you opened it.', 'Reload the page and look at what it holds now.');
  elsif not private.retryable(org, known.integration_id, 'records', null, array[record]) @> array[record] then
    perform private.refuse('SW409', 'This record is on its way, or waits for approval, or is not open any more.',
      'Reload the page to see what became of it.');
  end if;
  if private.content_of(private.as_sent(null, edit, known)) = private.content_of(known) then
    perform private.refuse('SW422', 'Nothing is changed.', 'Change a value, or retry the record as it is.');
  end if;
  return private.place_retry(org, known.integration_id, 'records', null, array[record], null, edit, false, edit_record.at);
end $$;
grant execute on function private.edit_record(uuid, bigint, integer, jsonb, text, text, text, timestamptz) to authenticated;

-- Sends one failed record again as a person edited it: `changes` are fields of the payload with their new values; what is left out stays
-- as it is, to the last digit. `version` is the one they saw: if it is not the present one, somebody else was faster, and nothing is
-- overwritten. Owner or admin.
create function public.edit_record(org uuid, record bigint, version integer, changes jsonb, amount text default null, currency text default null,
  occurred_on text default null)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.edit_record(org, record, version, changes, amount, currency, occurred_on, now());
$$;
grant execute on function public.edit_record(uuid, bigint, integer, jsonb, text, text, text) to authenticated;
comment on function public.edit_record is
  'Sends a failed record again as edited: {retry_id, run_id, records, mapped, state}. Refuses with SW403, SW404, SW409 (changed meanwhile), SW422.';

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
