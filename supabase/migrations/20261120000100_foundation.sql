-- Foundation: nothing is granted unless a later file grants it by name, to service_role too.

alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;
revoke create on schema public from public;

-- Everything the Data API must never reach: helpers, definer functions, partitions.
create schema private;
grant usage on schema private to authenticated, service_role;
comment on schema private is 'Not exposed by the Data API. Public functions are thin callers of the ones here.';

-- Hosted Supabase has these as extensions; the embedded stack puts schemas of the same shape in place beforehand.
do $$
declare
  extension text;
begin
  for extension in select name from pg_available_extensions where name in ('pg_cron', 'pg_net', 'supabase_vault')
  loop
    execute format('create extension if not exists %I', extension);
  end loop;
end $$;

-- One way to refuse, so that every refusal has a code a program can read and a hint a person can follow.
-- Codes (docs/errors.md): SW401 signed out, SW403 role, SW404 not found, SW409 conflict, SW410 lease lost, SW422 invalid.
create function private.refuse(code text, message text, hint text default null)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  raise exception using errcode = code, message = message, hint = coalesce(hint, '');
end $$;

-- When each clock job last did its work: the monitor's own pulse, without which every light is grey.
create table private.heartbeats (
  job text primary key,
  beat_at timestamptz not null
);
alter table private.heartbeats enable row level security;
comment on table private.heartbeats is 'Last completed beat of each clock job.';

create function private.beat(job text, at timestamptz)
  returns void
  language sql
  set search_path = ''
as $$
  insert into private.heartbeats as h (job, beat_at)
  values (beat.job, beat.at)
  on conflict (job) do update
    set beat_at = greatest(h.beat_at, excluded.beat_at);
$$;

-- A secret of ours by name (addresses and keys the database needs to ring the functions); null where it is not set.
create function private.platform_secret(name text)
  returns text
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select s.decrypted_secret from vault.decrypted_secrets s where s.name = platform_secret.name;
$$;

-- Rings a function: a hint that there is work in rows, never the work itself. Lost, doubled or late, it changes only the time.
create function private.ring_function(function_name text, body jsonb)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  base constant text := private.platform_secret('syncward_functions_url');
  key constant text := private.platform_secret('syncward_secret_key');
begin
  if base is null or key is null then
    return;
  end if;
  perform net.http_post(
    url := base || '/' || function_name,
    body := body,
    headers := jsonb_build_object('content-type', 'application/json', 'apikey', key),
    timeout_milliseconds := 5000
  );
end $$;
