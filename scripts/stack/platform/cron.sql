-- Stands in for the extension pg_cron: the same tables and functions, https://github.com/citusdata/pg_cron.
-- The stack's clock reads cron.job and writes cron.job_run_details.

create schema if not exists cron;
revoke all on schema cron from public;

create sequence if not exists cron.jobid_seq;
create sequence if not exists cron.runid_seq;

create table if not exists cron.job (
    jobid    bigint primary key default nextval('cron.jobid_seq'),
    schedule text not null,
    command  text not null,
    nodename text not null default 'localhost',
    nodeport int not null default inet_server_port(),
    database text not null default current_database(),
    username text not null default current_user,
    active   bool not null default true,
    jobname  text,
    constraint jobname_username_uniq unique (jobname, username)
);

create table if not exists cron.job_run_details (
    jobid          bigint,
    runid          bigint primary key default nextval('cron.runid_seq'),
    job_pid        int,
    database       text,
    username       text,
    command        text,
    status         text,
    return_message text,
    start_time     timestamptz,
    end_time       timestamptz
);

-- One field of a five-field schedule: lists, ranges and steps of numbers (or month and day names) within its bounds.
create or replace function cron._is_field(field text, lowest int, highest int, names text[])
returns bool
language plpgsql
immutable
set search_path = ''
as $$
declare
    item text;
    parts text[];
    first int; -- null for a star
    last int;
begin
    for place in 1 .. coalesce(array_length(names, 1), 0) loop
        field := regexp_replace(field, '\m' || names[place] || '\M', (place - 1 + lowest)::text, 'gi');
    end loop;
    foreach item in array string_to_array(field, ',') loop
        -- a step needs a range or a star before it
        parts := regexp_match(item, '^(?:(\d{1,2})|(?:\*|(\d{1,2})-(\d{1,2}))(?:/(\d{1,2}))?)$');
        if parts is null then
            return false;
        end if;
        first := coalesce(parts[1], parts[2])::int;
        last := coalesce(parts[1], parts[3])::int;
        if first < lowest or last > highest or first > last or parts[4]::int = 0 then
            return false;
        end if;
    end loop;
    return true;
end
$$;

create or replace function cron._is_schedule(schedule text)
returns bool
language plpgsql
immutable
set search_path = ''
as $$
declare
    fields text[] := regexp_split_to_array(btrim(schedule), '\s+');
begin
    if schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$' then
        return true;
    end if;
    return array_length(fields, 1) = 5
        and cron._is_field(fields[1], 0, 59, '{}')
        and cron._is_field(fields[2], 0, 23, '{}')
        -- $ is the last day of the month
        and (fields[3] = '$' or cron._is_field(fields[3], 1, 31, '{}'))
        and cron._is_field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}')
        and cron._is_field(fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
end
$$;

create or replace function cron.schedule(job_name text, schedule text, command text)
returns bigint
language plpgsql
volatile
set search_path = ''
as $$
declare
    job_id bigint;
begin
    if not cron._is_schedule(schedule) then
        raise exception 'invalid schedule: %', schedule
        using hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
    end if;
    insert into cron.job (jobname, schedule, command)
    values (job_name, schedule, command)
    on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command, active = true
    returning jobid
    into job_id;
    return job_id;
end
$$;

create or replace function cron.schedule(schedule text, command text)
returns bigint
language sql
volatile
set search_path = ''
as $$
    select cron.schedule(null, schedule, command)
$$;

create or replace function cron.alter_job(
    job_id bigint,
    schedule text default null,
    command text default null,
    database text default null,
    username text default null,
    active bool default null
)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
    if not cron._is_schedule(coalesce(alter_job.schedule, '* * * * *')) then
        raise exception 'invalid schedule: %', alter_job.schedule;
    end if;
    update cron.job
    set schedule = coalesce(alter_job.schedule, job.schedule)
      , command = coalesce(alter_job.command, job.command)
      , database = coalesce(alter_job.database, job.database)
      , username = coalesce(alter_job.username, job.username)
      , active = coalesce(alter_job.active, job.active)
    where jobid = job_id;
    if not found then
        raise exception 'could not find valid entry for job %', job_id;
    end if;
end
$$;

create or replace function cron.unschedule(job_id bigint)
returns bool
language plpgsql
volatile
set search_path = ''
as $$
begin
    delete from cron.job where jobid = job_id;
    if not found then
        raise exception 'could not find valid entry for job %', job_id;
    end if;
    return true;
end
$$;

create or replace function cron.unschedule(job_name text)
returns bool
language plpgsql
volatile
set search_path = ''
as $$
begin
    delete from cron.job where jobname = job_name and username = current_user;
    if not found then
        raise exception 'could not find valid entry for job ''%''', job_name;
    end if;
    return true;
end
$$;

revoke all on all tables in schema cron from public;
revoke all on all sequences in schema cron from public;
revoke all on all functions in schema cron from public;
