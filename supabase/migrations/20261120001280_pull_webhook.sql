-- Webhook: what a system sends by itself is taken once, from an address only it knows.

create table public.webhook_calls (
  org_id uuid not null,
  integration_id uuid not null,
  call_id text not null check (length(call_id) between 1 and 500),
  at timestamptz not null,
  stream text not null,
  rows integer not null,
  primary key (org_id, integration_id, call_id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.webhook_calls is 'Calls of a system that were taken, so that none is taken twice.';
create index webhook_calls_by_age on public.webhook_calls using brin (at);
comment on index public.webhook_calls_by_age is 'Serves private.tick_retention.';

-- Where a system may call: only the hash of what its address ends with, so that an address is seen once and never again.
create table private.webhook_doors (
  org_id uuid not null,
  integration_id uuid not null,
  secret_hash bytea not null,
  opened_at timestamptz not null,
  minute_at timestamptz not null,
  calls integer not null default 0,
  primary key (org_id, integration_id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
alter table private.webhook_doors enable row level security;
comment on table private.webhook_doors is 'The address a system may call for an integration, as a hash, and how often it was called within the minute.';
create policy "nobody who comes through the API sees it" on private.webhook_doors
  as restrictive to anon, authenticated using (false);

create function private.open_webhook(org uuid, integration uuid, at timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  secret constant text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  insert into private.webhook_doors as w (org_id, integration_id, secret_hash, opened_at, minute_at)
  values (org, integration, sha256(convert_to(secret, 'UTF8')), open_webhook.at, open_webhook.at)
  on conflict (org_id, integration_id) do update
    set secret_hash = excluded.secret_hash, opened_at = excluded.opened_at;
  perform private.audit(org, 'webhook.opened', open_webhook.at, integration);
  return format('webhook/%s/%s/%s', org, integration, secret);
end $$;
grant execute on function private.open_webhook(uuid, uuid, timestamptz) to authenticated;

-- Makes the address a system is to call, and makes the one before it useless. It is told once. Owner or admin.
create function public.open_webhook(org uuid, integration uuid)
  returns text
  language sql
  set search_path = ''
as $$
  select private.open_webhook(org, integration, now());
$$;
grant execute on function public.open_webhook(uuid, uuid) to authenticated;
comment on function public.open_webhook is 'Makes the path, below the functions'' address, that a system is to call; told once. Refuses with SW403, SW404.';

create function private.behind_door(org uuid, integration uuid, secret text)
  returns public.integrations
  language sql
  stable
  set search_path = ''
as $$
  select i.* from private.webhook_doors w
  join public.integrations i on i.org_id = w.org_id and i.id = w.integration_id
  where w.org_id = org and w.integration_id = integration and w.secret_hash = sha256(convert_to(secret, 'UTF8')) and i.enabled;
$$;

-- Whose call this is: {system}, or {wait} in seconds after 600 within a minute; null for whoever has no business here.
create function public.enter_webhook(org uuid, integration uuid, secret text, at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  door private.webhook_doors;
begin
  perform private.check_time(enter_webhook.at);
  target := private.behind_door(org, integration, secret);
  if target.id is null then
    return null;
  end if;
  update private.webhook_doors w
  set calls = case when w.minute_at > enter_webhook.at - interval '1 minute' then w.calls + 1 else 1 end,
      minute_at = case when w.minute_at > enter_webhook.at - interval '1 minute' then w.minute_at else enter_webhook.at end
  where w.org_id = org and w.integration_id = integration
  returning w.* into door;
  if door.calls > 600 then
    return jsonb_build_object('wait', greatest(1, ceil(extract(epoch from door.minute_at + interval '1 minute' - enter_webhook.at))));
  end if;
  return jsonb_build_object('system', target.system);
end $$;
grant execute on function public.enter_webhook(uuid, uuid, text, timestamptz) to service_role;
comment on function public.enter_webhook is 'Whose call this is: {system} or {wait}; null where nobody may call.';

-- What the connector needs to tell whether a call is genuine.
create function public.read_webhook(org uuid, integration uuid, secret text)
  returns jsonb
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select jsonb_build_object('system', i.system, 'settings', i.settings, 'credential', private.credential_of(i.credential_secret_id))
  from private.behind_door(org, integration, secret) i where i.id is not null;
$$;
grant execute on function public.read_webhook(uuid, uuid, text) to service_role;
comment on function public.read_webhook is 'Settings and credential for reading a call: {system, settings, credential}; null where nobody may call.';

-- Stores what a genuine call brought; a call that was taken before changes nothing. Answers {taken, news}.
create function public.store_webhook(org uuid, integration uuid, secret text, call_id text, stream text, records jsonb, shape jsonb,
  at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  news integer;
begin
  perform private.check_time(store_webhook.at);
  if (private.behind_door(org, integration, secret)).id is null then
    perform private.refuse('SW404', 'Nobody may call for this integration.', 'Open its webhook first.');
  end if;
  insert into public.webhook_calls (org_id, integration_id, call_id, at, stream, rows)
  values (org, integration, store_webhook.call_id, store_webhook.at, store_webhook.stream, jsonb_array_length(records))
  on conflict on constraint webhook_calls_pkey do nothing;
  if not found then
    return jsonb_build_object('taken', false, 'news', 0);
  end if;
  -- What only comes by itself has no end to be read to: 20 records show what it is like.
  news := private.keep_page(org, integration, store_webhook.stream, records, store_webhook.shape, coalesce((
    select s.rows >= 20 from public.streams s where s.org_id = org and s.integration_id = integration and s.stream = store_webhook.stream), false),
    store_webhook.at);
  return jsonb_build_object('taken', true, 'news', news);
end $$;
grant execute on function public.store_webhook(uuid, uuid, text, text, text, jsonb, jsonb, timestamptz) to service_role;
comment on function public.store_webhook is 'Stores what a genuine call brought, once: {taken, news}. Refuses with SW404.';

alter table public.webhook_calls enable row level security;

create policy "members see which calls were taken" on public.webhook_calls
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.webhook_calls to authenticated, service_role;
