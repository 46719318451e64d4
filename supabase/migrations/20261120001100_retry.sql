-- Retry: a person fixes a cause and sends again only what failed. Everything here checks the caller's role and is audited.

-- The records a retry would send: failed or dead, so without a success of their present version by definition. `last_run`
-- means those of the newest run that left any.
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
      else false end;
$$;

-- Puts a value in place of another at one key of the payload; a correction is a new version with its own idempotency key,
-- and the version it replaces is kept.
create function private.map_payloads(org uuid, records bigint[], field text, from_value text, to_value text, at timestamptz)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  target record;
  mapped integer := 0;
begin
  for target in
    select r.id, r.cause_id, r.payload, r.latest_version, r.amount, r.currency, r.occurred_on, r.label, r.integration_id
    from public.records r
    where r.org_id = map_payloads.org and r.id = any (records) and r.payload ? field
      and (from_value is null or r.payload ->> field = from_value)
    order by r.id
    for update
  loop
    perform private.keep_version(org, target.id, map_payloads.at);
    perform private.apply_version(org, target.id, target.latest_version + 1,
      jsonb_set(target.payload, array[field], case when jsonb_typeof(target.payload -> field) = 'number' and to_value ~ '^-?\d+(\.\d+)?$'
        then to_value::jsonb else to_jsonb(to_value) end),
      target.amount, target.currency, target.occurred_on, target.label, map_payloads.at);
    update public.records r set cause_id = target.cause_id where r.org_id = map_payloads.org and r.id = target.id;
    perform private.audit(org, 'record.corrected', map_payloads.at, target.integration_id, subject := 'record ' || target.id,
      before := jsonb_build_object(field, target.payload -> field), after := jsonb_build_object(field, to_value));
    mapped := mapped + 1;
  end loop;
  return mapped;
end $$;

create function private.queue_for_retry(org uuid, retry bigint, records bigint[], at timestamptz)
  returns integer
  language sql
  set search_path = ''
as $$
  with queued as (
    update public.records r
    set state = 'queued', retry_id = retry, attempts = 0, next_attempt_at = queue_for_retry.at, queued_at = queue_for_retry.at
    where r.org_id = org and r.id = any (records) and r.state in ('failed', 'dead', 'queued')
    returning r.id
  )
  select count(*)::integer from queued;
$$;

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
  mapped integer := 0;
begin
  perform private.require_role(org);
  target := private.integration_of(org, integration);
  if scope is null or scope not in ('last_run', 'open', 'cause', 'records') or (scope = 'cause') <> (cause is not null)
    or (scope = 'records') <> (records is not null) then
    perform private.refuse('SW422', 'scope is one of last_run, open, cause (with cause) or records (with records).', 'Say which records to retry.');
  elsif (field is null) <> (to_value is null) then
    perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to_value, or neither.');
  elsif not target.enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  -- One retry at a time for an integration: a double click, a second tab and a second admin meet the first one.
  perform from public.integration_status s where s.org_id = org and s.integration_id = integration for update;
  chosen := private.retryable(org, integration, scope, cause, records);
  if cardinality(chosen) = 0 then
    select t.id into retry from public.retries t
    where t.org_id = org and t.integration_id = integration and t.state in ('waiting', 'running', 'canary') order by t.id desc limit 1;
    return jsonb_build_object('retry_id', retry, 'run_id', (select r.id from public.runs r where r.org_id = org and r.retry_id = retry
      order by r.id desc limit 1), 'records', 0, 'mapped', 0);
  end if;
  canary := coalesce(canary, false) and cardinality(chosen) > 1;
  if canary then
    -- The one tried first is one the correction is for.
    select r.id into tried_first from public.records r
    where r.org_id = retry_failed.org and r.id = any (chosen)
    order by field is null or (r.payload ? field and (from_value is null or r.payload ->> field = from_value)) desc, r.id
    limit 1;
    chosen := tried_first || array_remove(chosen, tried_first);
  end if;
  insert into public.retries (org_id, integration_id, scope, cause_id, requested_by, requested_at, canary_record_id, held, mapping, records)
  values (org, integration, scope, cause, auth.uid(), retry_failed.at, tried_first,
    case when canary then chosen[2:] else '{}' end,
    case when field is not null then jsonb_build_object('field', field, 'from', from_value, 'to', to_value) end, cardinality(chosen))
  returning id into retry;
  if field is not null then
    mapped := private.map_payloads(org, case when canary then chosen[1:1] else chosen end, field, from_value, to_value, retry_failed.at);
  end if;
  perform private.queue_for_retry(org, retry, case when canary then chosen[1:1] else chosen end, retry_failed.at);
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

-- After a retry's run: a canary that landed releases the rest (with the same correction), one that was refused stops it.
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
  if asked.state <> 'canary' then
    update public.retries t set state = 'done' where t.org_id = org and t.id = retry and t.state in ('waiting', 'running');
    return;
  end if;
  select r.state into canary_state from public.records r where r.org_id = org and r.id = asked.canary_record_id;
  if canary_state in ('failed', 'dead', 'dismissed') then
    update public.retries t set state = 'stopped' where t.org_id = org and t.id = retry;
    return;
  elsif canary_state <> 'exported' then
    return;
  end if;
  update public.retries t set state = 'waiting', canary_record_id = null, held = '{}' where t.org_id = org and t.id = retry;
  if asked.mapping is not null then
    perform private.map_payloads(org, array(select r.id from public.records r where r.org_id = follow_retry.org and r.id = any (asked.held) and r.state in ('failed', 'dead')),
      asked.mapping ->> 'field', asked.mapping ->> 'from', asked.mapping ->> 'to', follow_retry.at);
  end if;
  perform private.queue_for_retry(org, retry, asked.held, follow_retry.at);
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
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  end if;
  with gone as (
    update public.records r set state = 'dismissed', settled_at = dismiss_records.at
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) for update) was
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
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', 'Deciding needs a reason.', 'Say how you know, for example the voucher number you found.');
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
