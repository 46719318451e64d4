-- What is not retried: records a person takes out, the way back, and those whose fate a person decides.

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
    update public.records r
    set state = 'dismissed', settled_at = dismiss_records.at, closed_at = dismiss_records.at, closed_by = auth.uid(), closed_reason = reason
    from (select o.id, o.state from public.records o where o.org_id = dismiss_records.org and o.id = any (records) order by o.id for update) was
    where r.org_id = org and r.id = was.id and r.state in ('queued', 'failed', 'retrying', 'dead') and r.retry_id is null
    returning r.id, r.integration_id, was.state
  ), noted as (
    select private.audit(org, 'record.dismissed', dismiss_records.at, g.integration_id, 'record ' || g.id,
      jsonb_build_object('state', g.state), jsonb_build_object('state', 'dismissed'), reason) as written, g.integration_id
    from gone g
  )
  select array_agg(distinct n.integration_id), count(*) into touched, dismissed from noted n;
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

create function private.dismiss_matching(org uuid, integration uuid, cause bigint, state text, run bigint, reason text, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  -- Each is audited by itself; more than these take longer than a click may.
  most constant integer := 5000;
  chosen bigint[];
  dismissed integer := 0;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  perform private.check_reason(reason, 'Dismissing needs a reason.', 'Say why these records need not be sent.');
  chosen := private.retryable(org, integration, case when cause is null then 'open' else 'cause' end, cause, null, state, run);
  if cardinality(chosen) > 0 then
    dismissed := private.dismiss_records(org, chosen[1:most], reason, dismiss_matching.at);
  end if;
  return jsonb_build_object('dismissed', dismissed, 'left', greatest(0, cardinality(chosen) - most));
end $$;
grant execute on function private.dismiss_matching(uuid, uuid, bigint, text, bigint, text, timestamptz) to authenticated;

-- Takes failed records out of the outbox with a reason: all open ones, or those of a cause, in a state, of a run; 5 000 at a time.
create function public.dismiss_matching(org uuid, integration uuid, reason text, cause bigint default null, state text default null,
  run bigint default null)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.dismiss_matching(org, integration, cause, state, run, reason, now());
$$;
grant execute on function public.dismiss_matching(uuid, uuid, text, bigint, text, bigint) to authenticated;
comment on function public.dismiss_matching is 'Dismisses failed records that match: {dismissed, left}. Refuses with SW403, SW404, SW422.';

create function private.restore_records(org uuid, records bigint[], at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  touched uuid[];
  restored integer;
begin
  perform private.require_role(org);
  with back as (
    -- What was refused waits for a person again; what never was goes with the next run.
    update public.records r
    set state = case when o.failed_at is null then 'queued' else 'failed' end, settled_at = null, closed_at = null, closed_by = null,
        closed_reason = null, next_attempt_at = restore_records.at, queued_at = restore_records.at
    from (select d.id, d.failed_at from public.records d where d.org_id = restore_records.org and d.id = any (records) order by d.id for update) o
    where r.org_id = restore_records.org and r.id = o.id and r.state = 'dismissed'
    returning r.id, r.integration_id, r.state
  ), noted as (
    select private.audit(org, 'record.restored', restore_records.at, b.integration_id, 'record ' || b.id,
      jsonb_build_object('state', 'dismissed'), jsonb_build_object('state', b.state)) as written, b.integration_id
    from back b
  )
  select array_agg(distinct n.integration_id), count(*) into touched, restored from noted n;
  if touched is not null then
    perform private.evaluate_health(restore_records.at, touched);
  end if;
  return restored;
end $$;
grant execute on function private.restore_records(uuid, bigint[], timestamptz) to authenticated;

-- Takes a dismissal back: the records are open again. Owner or admin.
create function public.restore_records(org uuid, records bigint[])
  returns integer
  language sql
  set search_path = ''
as $$
  select private.restore_records(org, records, now());
$$;
grant execute on function public.restore_records(uuid, bigint[]) to authenticated;
comment on function public.restore_records is 'Takes a dismissal back; answers how many records are open again. Refuses with SW403, SW404.';

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
      settled_at = case when landed then decide_uncertain.at end, closed_at = case when landed then decide_uncertain.at end,
      closed_by = case when landed then auth.uid() end, closed_reason = case when landed then reason end
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
