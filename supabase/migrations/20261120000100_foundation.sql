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

-- Times from outside lie within two centuries: nothing of ours can reckon with infinity, and neither can a page.
create function private.check_time(at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if (at between '2000-01-01 00:00:00+00' and '2200-01-01 00:00:00+00') is not true then
    perform private.refuse('SW422', 'A time must lie between the years 2000 and 2200.', 'Give it as in 2026-11-20T10:00:00Z, or leave it out.');
  end if;
end $$;

-- A reason is what somebody will read in the audit log one day: a sentence or a few, not a book for every record.
create function private.check_reason(reason text, lacking text, hint text)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if length(trim(coalesce(reason, ''))) < 3 then
    perform private.refuse('SW422', lacking, hint);
  elsif length(reason) > 2000 then
    perform private.refuse('SW422', 'A reason has at most 2 000 characters.', 'Say it in a few sentences.');
  end if;
end $$;

-- When each clock job last did its work: the monitor's own pulse, without which every light is grey.
create table private.heartbeats (
  job text primary key,
  beat_at timestamptz not null
);
alter table private.heartbeats enable row level security;
comment on table private.heartbeats is 'Last completed beat of each clock job.';
create policy "nobody who comes through the API sees it" on private.heartbeats
  as restrictive to anon, authenticated using (false);

-- When the clock stood still, so that nobody knows how things were: never bridged by what was seen before.
create table private.blind_spots (
  job text not null,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  primary key (job, began_at)
);
alter table private.blind_spots enable row level security;
comment on table private.blind_spots is 'Times between two beats of a clock job that were too far apart.';
create policy "nobody who comes through the API sees it" on private.blind_spots
  as restrictive to anon, authenticated using (false);

-- Notes that a job has done its work. A beat that comes over 3 minutes after the one before ends a blind spot.
create function private.beat(job text, at timestamptz)
  returns void
  language sql
  set search_path = ''
as $$
  insert into private.blind_spots (job, began_at, ended_at)
  select h.job, h.beat_at, beat.at
  from private.heartbeats h
  where h.job = beat.job and h.job <> 'retention' and h.beat_at < beat.at - interval '3 minutes'
  on conflict do nothing;
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

-- What the Data API calls before every request. The planner's guess at a count knows nothing of row-level security: it would tell
-- a member how many rows the others have. `count=exact` counts what the caller may see.
create function private.check_request()
  returns void
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  if nullif(current_setting('request.headers', true), '')::json ->> 'prefer' ~* 'count\s*=\s*"?(planned|estimated)' then
    raise exception using errcode = 'SW422', message = 'Counts are exact here: planned and estimated ones are not answered.',
      hint = 'Ask with count=exact.';
  end if;
end $$;
-- Not to anon, who is refused by this as by everything else.
grant execute on function private.check_request() to authenticated, service_role;
alter role authenticator set pgrst.db_pre_request = 'private.check_request';
notify pgrst, 'reload config';
