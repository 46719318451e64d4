-- Check: a look whether address and credential work, and a credential that renews itself.

-- What a look at address and credential found: who we are there and what will not last, or what is wrong. Refuses with SW410.
create function public.record_check(org uuid, run bigint, token uuid, result jsonb, error text, at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
begin
  -- The integration before the run, as whoever asks for a retry takes them: the other way round the two would wait in a circle.
  perform from public.integrations i where i.org_id = record_check.org and i.id = (
    select r.integration_id from public.runs r where r.org_id = record_check.org and r.id = record_check.run) for no key update;
  held := private.hold_lease(org, run, token, record_check.at);
  update public.integration_status s
  set checked_at = record_check.at, check_error = left(error, 2000), dirty = true,
      checked_as = case when error is null then left(result ->> 'as', 500) else s.checked_as end,
      check_warnings = case when error is null then array(select left(w, 500) from jsonb_array_elements_text(result -> 'warnings') w limit 20) else s.check_warnings end
  where s.org_id = record_check.org and s.integration_id = held.integration_id;
  update public.integrations i set credential_expires_at = (result ->> 'expires_at')::timestamptz, updated_at = record_check.at
  where i.org_id = record_check.org and i.id = held.integration_id and error is null
    and (result ->> 'expires_at')::timestamptz is distinct from i.credential_expires_at and result ->> 'expires_at' is not null;
end $$;
grant execute on function public.record_check(uuid, bigint, uuid, jsonb, text, timestamptz) to service_role;
comment on function public.record_check is 'Writes down what a look at address and credential found. Refuses with SW410 when the lease was lost.';

create function private.check_now(org uuid, integration uuid, at timestamptz)
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
  values (org, integration, 'check', auth.uid(), check_now.at, check_now.at)
  on conflict do nothing
  returning id into run;
  if run is not null then
    perform private.refuse_too_often(org, integration, check_now.at);
    perform private.audit(org, 'check.requested', check_now.at, integration, subject := 'run ' || run);
  else
    select r.id into run from public.runs r
    where r.org_id = org and r.integration_id = integration and r.status in ('scheduled', 'running');
  end if;
  -- Where a run is under way already, its next slice looks first.
  update public.integration_status s set check_asked_at = check_now.at where s.org_id = org and s.integration_id = integration;
  perform private.ring_runs(check_now.at);
  return jsonb_build_object('run_id', run);
end $$;
grant execute on function private.check_now(uuid, uuid, timestamptz) to authenticated;

-- Looks whether address and credential work, and moves nothing. Owner or admin.
create function public.check_now(org uuid, integration uuid)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.check_now(org, integration, now());
$$;
grant execute on function public.check_now(uuid, uuid) to authenticated;
comment on function public.check_now is
  'Looks whether address and credential work: {run_id}; the answer is in integration_status. Refuses with SW403, SW404, SW409 (switched off).';

-- Keeps what a system gave in exchange for a credential, unless somebody has replaced that one meanwhile. Answers the credential that
-- stands. Refuses with SW410.
create function public.renew_credential(org uuid, run bigint, token uuid, was jsonb, becomes jsonb, at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
  target public.integrations;
begin
  -- The integration before the run, as whoever asks for a retry takes them: the other way round the two would wait in a circle.
  perform from public.integrations i where i.org_id = renew_credential.org and i.id = (
    select r.integration_id from public.runs r where r.org_id = renew_credential.org and r.id = renew_credential.run) for no key update;
  held := private.hold_lease(org, run, token, renew_credential.at);
  target := private.integration_of(org, held.integration_id);
  if becomes is not null and private.credential_of(target.credential_secret_id) = was and jsonb_typeof(becomes) = 'object' and octet_length(becomes::text) <= 65536 then
    perform vault.update_secret(target.credential_secret_id, becomes::text);
    return becomes;
  end if;
  return private.credential_of(target.credential_secret_id);
end $$;
grant execute on function public.renew_credential(uuid, bigint, uuid, jsonb, jsonb, timestamptz) to service_role;
comment on function public.renew_credential is
  'Keeps a renewed credential in the place of the one it was given for; answers the one that stands. Refuses with SW410 when the lease was lost.';
