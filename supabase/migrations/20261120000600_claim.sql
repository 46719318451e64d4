-- Claim: a slice takes the run's lease, then takes records a batch at a time, each in one short transaction.

create function private.credential_of(secret_id uuid)
  returns jsonb
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select s.decrypted_secret::jsonb from vault.decrypted_secrets s where s.id = secret_id;
$$;

-- Takes a run's lease for 2 minutes. Answers null when there is nothing to take: the run is over, or a slice is alive
-- (a doubled doorbell). A lease that ran out is released first, so a late doorbell finds an honest state.
create function public.begin_slice(org uuid, run bigint, dedupe text, settles_within_seconds integer, at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  current_run public.runs;
  target public.integrations;
  token constant uuid := gen_random_uuid();
begin
  perform private.check_time(begin_slice.at);
  select r.* into current_run from public.runs r where r.org_id = org and r.id = run for update;
  if not found or current_run.status not in ('scheduled', 'running') or current_run.lease_expires_at > begin_slice.at
    or current_run.resume_at > begin_slice.at then
    return null;
  end if;
  if current_run.slice_token is not null then
    perform private.release_lease(org, run, begin_slice.at);
  end if;
  update public.runs r
  set status = 'running', started_at = coalesce(r.started_at, begin_slice.at), slice = r.slice + 1, slice_token = token,
      lease_expires_at = begin_slice.at + interval '2 minutes', waiting_since = null, resume_at = null, dedupe = begin_slice.dedupe,
      settles_within_seconds = begin_slice.settles_within_seconds
  where r.org_id = org and r.id = run
  returning r.* into current_run;
  insert into public.slices (org_id, run_id, slice, started_at) values (org, run, current_run.slice, begin_slice.at);
  target := private.integration_of(org, current_run.integration_id);
  return jsonb_build_object(
    'token', token, 'slice', current_run.slice, 'trigger', current_run.trigger, 'integration', target.id, 'system', target.system,
    'settings', target.settings, 'credential', private.credential_of(target.credential_secret_id), 'direction', target.direction,
    'check_due', (
      select coalesce(greatest(target.credential_set_at, s.check_asked_at) > coalesce(s.checked_at, '-infinity'), false)
      from public.integration_status s where s.org_id = begin_slice.org and s.integration_id = target.id));
end $$;
grant execute on function public.begin_slice(uuid, bigint, text, integer, timestamptz) to service_role;
comment on function public.begin_slice is
  'Takes a run''s lease: {token, slice, integration, system, settings, credential, direction, check_due}, or null when there is nothing to take.';

-- Renews the lease for whoever holds the token; a slice that was declared dead hears SW410 and must stop.
create function private.hold_lease(org uuid, run bigint, token uuid, at timestamptz)
  returns public.runs
  language plpgsql
  set search_path = ''
as $$
declare
  held public.runs;
begin
  perform private.check_time(hold_lease.at);
  update public.runs r set lease_expires_at = hold_lease.at + interval '2 minutes'
  where r.org_id = org and r.id = run and r.slice_token = token and r.status = 'running'
  returning r.* into held;
  if not found then
    perform private.refuse('SW410', 'This slice has lost its lease.', 'Stop: another slice has the run.');
  end if;
  return held;
end $$;

-- What a slice gets to send: a record under the run's lease. `claimed_from` is the state it was taken from.
create type public.claimed_record as (
  id bigint, key text, source_type text, source_id text, version integer, payload jsonb, amount text, currency text, occurred_on date,
  external_id text, exported_version integer, attempts integer, claimed_from text);

-- Up to `batch` records that are due in one state, oldest first, skipping what another transaction holds. A retry run takes only
-- what is marked for it. Always in the order of an index and never by sorting: whatever the planner believes about a table that
-- has just been filled, a batch costs a batch.
create function private.due_records(held public.runs, state text, batch integer, at timestamptz)
  returns bigint[]
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
  set plan_cache_mode = force_generic_plan
as $$
begin
  if state = 'queued' and held.retry_id is not null then
    return array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.retry_id = held.retry_id and r.state = 'queued' and r.next_attempt_at <= due_records.at
      order by r.next_attempt_at, r.id limit batch for update skip locked);
  elsif state = 'queued' then
    return array(
      select r.id from public.records r
      where r.org_id = held.org_id and r.integration_id = held.integration_id and r.state = 'queued' and r.retry_id is null
        and r.next_attempt_at <= due_records.at
      order by r.next_attempt_at, r.id limit batch for update skip locked);
  end if;
  return array(
    select r.id from public.records r
    where r.org_id = held.org_id and r.integration_id = held.integration_id and r.state = due_records.state
      and r.state in ('retrying', 'uncertain', 'accepted') and r.next_attempt_at <= due_records.at
      and (held.retry_id is null or r.run_id = held.id)
    order by r.next_attempt_at, r.id limit batch for update skip locked);
end $$;

-- Takes the next batch for whoever holds the run: of the first of `states` in which anything is due.
create function private.claim(held public.runs, states text[], batch integer, at timestamptz)
  returns setof public.claimed_record
  language plpgsql
  set search_path = ''
  set plan_cache_mode = force_generic_plan
as $$
declare
  -- The Data API answers 1 000 rows at most; what it cut off would be taken and never sent.
  most constant integer := least(batch, 1000);
  due bigint[];
  wanted text;
begin
  if not exists (select from public.integrations i where i.org_id = held.org_id and i.id = held.integration_id and i.enabled) then
    return;
  end if;
  foreach wanted in array states loop
    due := private.due_records(held, wanted, most, claim.at);
    exit when cardinality(due) > 0;
    if wanted = 'queued' and held.retry_id is not null then
      due := private.take_retried(held, most, claim.at);
      return query
      select r.id, r.idempotency_key, r.source_type, r.source_id, r.version, r.payload, r.amount::text, r.currency, r.occurred_on,
        r.external_id, r.exported_version, r.attempts, r.claimed_from
      from public.records r where r.org_id = held.org_id and r.id = any (due) order by r.id;
      if found then
        return;
      end if;
    end if;
  end loop;
  if coalesce(cardinality(due), 0) = 0 then
    return;
  end if;
  return query
  with was as materialized (
    select r.id, r.run_id is not distinct from held.id as again from public.records r where r.org_id = held.org_id and r.id = any (due)
  ), claimed as (
    update public.records r
    set state = 'sending', claimed_from = wanted, run_id = held.id
    from was w where r.org_id = held.org_id and r.id = w.id
    returning r.id, r.idempotency_key, r.source_type, r.source_id, r.version, r.payload, r.amount::text, r.currency, r.occurred_on,
      r.external_id, r.exported_version, r.attempts, r.claimed_from
  ), counted as (
    -- A record selected again within the run leaves the counter it stood in.
    update public.runs u
    set selected = u.selected + n.taken - n.again,
        accepted = u.accepted - case when wanted = 'accepted' then n.again else 0 end,
        retrying = u.retrying - case when wanted = 'retrying' then n.again else 0 end,
        uncertain = u.uncertain - case when wanted = 'uncertain' then n.again else 0 end,
        skipped = u.skipped - case when wanted = 'queued' then n.again else 0 end
    from (select count(*) as taken, count(*) filter (where w.again) as again from was w) n
    where u.org_id = held.org_id and u.id = held.id
  )
  select c.* from claimed c order by c.id;
end $$;

-- Leases up to `batch` records of the first of `states` (queued, retrying, uncertain, accepted) in which anything is due.
create function public.claim_records(org uuid, run bigint, token uuid, states text[], batch integer, at timestamptz default now())
  returns setof public.claimed_record
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  return query select c.* from private.claim(private.hold_lease(org, run, token, claim_records.at), states, batch, claim_records.at) c;
end $$;
grant execute on function public.claim_records(uuid, bigint, uuid, text[], integer, timestamptz) to service_role;
comment on function public.claim_records is
  'Leases up to `batch` due records of the first of `states` that has any. Refuses with SW410 when the lease was lost.';
