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
    'settings', target.settings, 'credential', private.credential_of(target.credential_secret_id));
end $$;
grant execute on function public.begin_slice(uuid, bigint, text, integer, timestamptz) to service_role;
comment on function public.begin_slice is
  'Takes a run''s lease: {token, slice, integration, system, settings, credential}, or null when there is nothing to take.';

-- Renews the lease for whoever holds the token; a slice that was declared dead hears SW410 and must stop.
create function private.hold_lease(org uuid, run bigint, token uuid, at timestamptz)
  returns public.runs
  language plpgsql
  set search_path = ''
as $$
declare
  held public.runs;
begin
  update public.runs r set lease_expires_at = hold_lease.at + interval '2 minutes'
  where r.org_id = org and r.id = run and r.slice_token = token and r.status = 'running'
  returning r.* into held;
  if not found then
    perform private.refuse('SW410', 'This slice has lost its lease.', 'Stop: another slice has the run.');
  end if;
  return held;
end $$;

-- Leases up to `batch` records that are due in one state (queued, retrying, uncertain, accepted), oldest first, skipping
-- what another transaction holds. A retry run takes only what was marked for it.
create function public.claim_records(org uuid, run bigint, token uuid, state text, batch integer, at timestamptz default now())
  returns table (
    id bigint, key text, source_type text, source_id text, version integer, payload jsonb, amount text, currency text,
    occurred_on date, external_id text, exported_version integer, attempts integer)
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, claim_records.at);
  if not exists (select from public.integrations i where i.org_id = org and i.id = held.integration_id and i.enabled) then
    return;
  end if;
  return query
  with due as (
    select r.id, r.state, r.run_id
    from public.records r
    where r.org_id = org and r.integration_id = held.integration_id
      and r.state = claim_records.state and r.state in ('queued', 'retrying', 'uncertain', 'accepted')
      and r.next_attempt_at <= claim_records.at
      and case when claim_records.state = 'queued' then r.retry_id is not distinct from held.retry_id
               else held.retry_id is null or r.run_id = held.id end
    order by r.next_attempt_at, r.id
    -- The Data API answers 1 000 rows at most; what it cut off would be taken and never sent.
    limit least(claim_records.batch, 1000)
    for update skip locked
  ), claimed as (
    update public.records r
    set state = 'sending', claimed_from = d.state, run_id = held.id
    from due d where r.org_id = org and r.id = d.id
    returning r.*, d.run_id as had_run
  ), counted as (
    -- A record selected again within the run leaves the counter it stood in.
    update public.runs u
    set selected = u.selected + (select count(*) from claimed c where c.had_run is distinct from held.id),
        accepted = u.accepted - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'accepted'),
        retrying = u.retrying - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'retrying'),
        uncertain = u.uncertain - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'uncertain'),
        skipped = u.skipped - (select count(*) from claimed c where c.had_run = held.id and c.claimed_from = 'queued')
    where u.org_id = org and u.id = held.id and exists (select from claimed)
  )
  select c.id, c.idempotency_key, c.source_type, c.source_id, c.version, c.payload, c.amount::text, c.currency, c.occurred_on,
         c.external_id, c.exported_version, c.attempts
  from claimed c order by c.id;
end $$;
grant execute on function public.claim_records(uuid, bigint, uuid, text, integer, timestamptz) to service_role;
comment on function public.claim_records is 'Leases up to `batch` due records of one state. Refuses with SW410 when the lease was lost.';
