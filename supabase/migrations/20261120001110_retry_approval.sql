-- What stands between asking for a retry and its end: a look at what would be sent, a second person's yes or no, and a stop.

create function private.preview_retry(org uuid, integration uuid, scope text, cause bigint, records bigint[], corrections jsonb, state text, run bigint,
  retry bigint, most integer)
  returns jsonb
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
declare
  asked public.retries;
  chosen bigint[];
  mapped integer;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  if retry is not null then
    select t.* into asked from public.retries t
    where t.org_id = preview_retry.org and t.integration_id = preview_retry.integration and t.id = retry;
    chosen := coalesce(asked.held[asked.taken + 1:], '{}');
  else
    perform private.check_corrections(corrections);
    asked.mapping := corrections;
    chosen := private.retryable(org, integration, coalesce(scope, ''), cause, records, state, run);
  end if;
  mapped := case when asked.mapping is not null then private.count_corrected(org, chosen, asked.mapping)
    when asked.edit is not null then 1 else 0 end;
  return jsonb_build_object(
    'records', cardinality(chosen), 'corrected', mapped,
    'needs_approval', private.needs_approval(org, integration, chosen, asked.mapping, asked.edit),
    'sample', (
      with c as materialized (
        select m.field, m.from, m.to from jsonb_to_recordset(asked.mapping) m (field text, "from" text, "to" text)
      ), shown as (
        -- The corrected ones first, one of each refused value in turn.
        select t.id, row_number() over (order by t.first desc, t.turn, t.id) as place
        from (
          select f.id, f.first, row_number() over (partition by f.first, f.error_value order by f.id) as turn
          from (
            select r.id, r.error_value, asked.edit is not null or exists (
              select from c where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from)) as first
            from public.records r where r.org_id = preview_retry.org and r.id = any (chosen)
          ) f
        ) t
        order by place limit greatest(1, least(coalesce(most, 3), 20))
      )
      select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'source_id', r.source_id, 'label', r.label, 'version', r.version,
        'before', private.content_of(r), 'after', private.content_of(private.as_sent(asked.mapping, asked.edit, r))) order by n.place), '[]')
      from shown n
      join public.records r on r.org_id = preview_retry.org and r.id = n.id));
end $$;
grant execute on function private.preview_retry(uuid, uuid, text, bigint, bigint[], jsonb, text, bigint, bigint, integer) to authenticated;

-- What `retry_failed` with the same arguments would send, or what the retry that waits for approval would: how many records, how many
-- of them corrected, and of up to 20 the whole content before and after. Stores nothing. Owner or admin.
create function public.preview_retry(org uuid, integration uuid, scope text default 'open', cause bigint default null, records bigint[] default null,
  corrections jsonb default null, state text default null, run bigint default null, retry bigint default null, most integer default 3)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select private.preview_retry(org, integration, scope, cause, records, corrections, state, run, retry, most);
$$;
grant execute on function public.preview_retry(uuid, uuid, text, bigint, bigint[], jsonb, text, bigint, bigint, integer) to authenticated;
comment on function public.preview_retry is
  'What a retry would send: {records, corrected, needs_approval, sample: [{id, source_id, label, version, before, after}]}. Refuses with SW403, SW404, SW422.';

-- The retry asked about, under lock and in one of these states, or a refusal in words.
create function private.hold_retry(org uuid, retry bigint, states text[])
  returns public.retries
  language plpgsql
  set search_path = ''
as $$
declare
  asked public.retries;
begin
  select t.* into asked from public.retries t where t.org_id = hold_retry.org and t.id = retry;
  if not found then
    perform private.refuse('SW404', 'There is no such retry.', 'Reload the page.');
  end if;
  perform private.lock_retries(org, asked.integration_id);
  select t.* into asked from public.retries t where t.org_id = hold_retry.org and t.id = retry for update;
  if asked.state <> all (states) then
    perform private.refuse('SW409', 'This retry is not in that state any more.', 'Reload the page to see what became of it.');
  end if;
  return asked;
end $$;

-- Tells these people of a correction that waits for a second person's yes (`asked`), or what became of it (`decided`).
create function private.tell_approval(retry public.retries, kind text, people uuid[], news jsonb, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  facts jsonb;
begin
  select jsonb_build_object('kind', tell_approval.kind, 'alarm', tell_approval.kind, 'severity', 'medium', 'since', retry.requested_at,
    'at', tell_approval.at,
    'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
    'integration', jsonb_build_object('id', i.id, 'name', i.name, 'slug', i.slug, 'system', i.system),
    'news', news || jsonb_build_object('records', retry.records, 'by', coalesce((
      select nullif(m.name, '') from public.members m where m.org_id = i.org_id and m.user_id = auth.uid()), o.name)))
  into facts
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  where i.org_id = retry.org_id and i.id = retry.integration_id;
  -- Told under a number no change of health has or will have.
  perform private.tell(retry.org_id, people, retry.integration_id, null, nextval(pg_get_serial_sequence('public.health_changes', 'id')),
    tell_approval.kind, 'medium', facts, tell_approval.at);
  perform private.ring_deliver(tell_approval.at);
end $$;

-- Whoever asked hears what somebody else decided.
create function private.tell_asker(retry public.retries, agreed boolean, reason text, at timestamptz)
  returns void
  language sql
  security definer
  set search_path = ''
as $$
  select private.tell_approval(retry, 'decided', array[retry.requested_by], jsonb_build_object('agreed', agreed, 'reason', reason), tell_asker.at)
  where retry.requested_by is distinct from auth.uid();
$$;

create function private.approve_retry(org uuid, retry bigint, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  asked public.retries;
begin
  perform private.require_role(org);
  asked := private.hold_retry(org, retry, array['asked']);
  -- Once the organization asks for no second person, the first one need not wait for any.
  if asked.requested_by is not distinct from auth.uid() and (select o.approve_changes from public.organizations o where o.id = org) then
    perform private.refuse('SW403', 'You asked for this yourself: somebody else has to approve it.', 'Ask another owner or admin.');
  elsif not (private.integration_of(org, asked.integration_id)).enabled then
    perform private.refuse('SW409', 'The integration is switched off.', 'Switch it on first.');
  end if;
  update public.retries t set state = 'waiting', approved_by = auth.uid(), approved_at = approve_retry.at
  where t.org_id = approve_retry.org and t.id = retry;
  perform private.audit(org, 'retry.approved', approve_retry.at, asked.integration_id, subject := 'retry ' || retry,
    after := jsonb_build_object('records', asked.records));
  perform private.start_retries(org, asked.integration_id, approve_retry.at);
  perform private.tell_asker(asked, true, null, approve_retry.at);
  return jsonb_build_object('retry_id', retry, 'records', asked.records);
end $$;
grant execute on function private.approve_retry(uuid, bigint, timestamptz) to authenticated;

-- A second person's yes to a retry that changes amounts, accounts or dates: it starts. Owner or admin, and not who asked.
create function public.approve_retry(org uuid, retry bigint)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.approve_retry(org, retry, now());
$$;
grant execute on function public.approve_retry(uuid, bigint) to authenticated;
comment on function public.approve_retry is 'Approves a retry that waits for it: {retry_id, records}. Refuses with SW403 (your own), SW404, SW409.';

create function private.decline_retry(org uuid, retry bigint, reason text, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  asked public.retries;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Declining needs a reason.', 'Say what is wrong with the change, for whoever asked for it.');
  asked := private.hold_retry(org, retry, array['asked']);
  update public.retries t set state = 'declined', held = '{}', taken = 0, ended_by = auth.uid(), ended_reason = reason
  where t.org_id = decline_retry.org and t.id = retry;
  perform private.audit(org, 'retry.declined', decline_retry.at, asked.integration_id, subject := 'retry ' || retry,
    after := jsonb_build_object('records', asked.records), reason := reason);
  perform private.tell_asker(asked, false, reason, decline_retry.at);
end $$;
grant execute on function private.decline_retry(uuid, bigint, text, timestamptz) to authenticated;

-- A second person's no, with a reason: nothing is sent, the records stay as they are. Owner or admin.
create function public.decline_retry(org uuid, retry bigint, reason text)
  returns void
  language sql
  set search_path = ''
as $$
  select private.decline_retry(org, retry, reason, now());
$$;
grant execute on function public.decline_retry(uuid, bigint, text) to authenticated;
comment on function public.decline_retry is 'Declines a retry that waits for approval. Refuses with SW403, SW404, SW409, SW422.';

create function private.stop_retry(org uuid, retry bigint, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  asked public.retries;
  rest integer;
begin
  perform private.require_role(org);
  asked := private.hold_retry(org, retry, array['asked', 'waiting', 'running', 'canary']);
  rest := cardinality(asked.held) - asked.taken;
  update public.retries t set state = 'stopped', held = '{}', taken = 0, resume_at = null, ended_by = auth.uid()
  where t.org_id = stop_retry.org and t.id = retry;
  perform private.audit(org, 'retry.stopped', stop_retry.at, asked.integration_id, subject := 'retry ' || retry,
    before := jsonb_build_object('state', asked.state), after := jsonb_build_object('not_sent', rest));
  return jsonb_build_object('retry_id', retry, 'not_sent', rest);
end $$;
grant execute on function private.stop_retry(uuid, bigint, timestamptz) to authenticated;

-- Ends a retry where it stands: what a slice has taken goes on, the rest stays failed. Owner or admin.
create function public.stop_retry(org uuid, retry bigint)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.stop_retry(org, retry, now());
$$;
grant execute on function public.stop_retry(uuid, bigint) to authenticated;
comment on function public.stop_retry is 'Stops a retry: {retry_id, not_sent}. Refuses with SW403, SW404, SW409 (over already).';

create function private.set_approve_changes(org uuid, required boolean, reason text)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  -- Whoever is alone must not be locked up, whatever they are called.
  if private.other_approvers(org) = 0 then
    perform private.require_role(org);
  else
    perform private.require_role(org, array['owner']);
  end if;
  if required is null then
    perform private.refuse('SW422', 'required is true or false.', 'Say whether a second person has to approve changes.');
  elsif not required then
    perform private.check_reason(reason, 'Switching the approval off needs a reason.',
      'Say why nobody else needs to look at changed amounts, accounts and dates.');
  end if;
  perform set_config('syncward.reason', coalesce(reason, ''), true);
  update public.organizations o set approve_changes = required where o.id = org and o.approve_changes <> required;
  perform set_config('syncward.reason', '', true);
end $$;
grant execute on function private.set_approve_changes(uuid, boolean, text) to authenticated;

-- Whether changed amounts, accounts and dates need a second person's yes. The owner; or whoever is the only one who may act.
create function public.set_approve_changes(org uuid, required boolean, reason text default null)
  returns void
  language sql
  set search_path = ''
as $$
  select private.set_approve_changes(org, required, reason);
$$;
grant execute on function public.set_approve_changes(uuid, boolean, text) to authenticated;
comment on function public.set_approve_changes is 'Switches the second person''s approval on or off. Refuses with SW403, SW404, SW422.';
