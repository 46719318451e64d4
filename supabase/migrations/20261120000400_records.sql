-- Records: the outbox. One row per natural key, in exactly one state; what happened to it is appended beside it.

create table public.causes (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  code text not null default '',
  field text not null default '',
  template text not null,
  -- Where the field stands in our payload, when the connector knows; a mapping is applied there.
  payload_field text,
  sample text not null,
  category text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- The last time a record with this cause landed after all: which, in which version, by which retry if somebody asked for one, and
  -- which version was refused before that, when.
  fixed_at timestamptz,
  fixed_record_id bigint,
  fixed_version integer,
  fixed_retry_id bigint,
  refused_version integer,
  refused_at timestamptz,
  primary key (org_id, id),
  unique (org_id, integration_id, code, field, template),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.causes is 'Why records fail: records with the same cause are fixed together.';
create index causes_fixed on public.causes (org_id, integration_id, template, fixed_at desc) where fixed_at is not null;
comment on index public.causes_fixed is 'Serves public.cause_fixes: what fixed the same words before.';

create table public.records (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  source_type text not null check (length(source_type) between 1 and 100),
  source_id text not null check (length(source_id) between 1 and 500),
  version integer not null default 1,
  -- Above `version` while a changed content waits for the answer about the version under way.
  latest_version integer not null default 1,
  payload jsonb not null check (jsonb_typeof(payload) = 'object'),
  -- Of the content as last handed in; a correction made here does not change it, so the same file again adds nothing.
  source_hash text not null default '',
  -- Not a number, and more of them than money has, would spoil every sum they are part of.
  amount numeric check (abs(amount) < 1e18 and scale(amount) <= 9),
  currency text check (currency ~ '^[A-Z]{3}$'),
  occurred_on date check (occurred_on between '0001-01-01' and '9999-12-31'),
  label text check (length(label) <= 500),
  state text not null default 'queued' check (
    state in ('queued', 'sending', 'exported', 'accepted', 'failed', 'retrying', 'uncertain', 'dead', 'dismissed')),
  -- Fixed before the first send of a version: sha-256 of natural key and version.
  idempotency_key text not null default '',
  external_id text,
  -- The last version that landed; above all else this must never be sent again.
  exported_version integer,
  -- The run that has it or had it last, and the state it was claimed from.
  run_id bigint,
  claimed_from text,
  retry_id bigint,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  -- Since when this version has been on its way, and since when the system has had it without a verdict.
  queued_at timestamptz not null default now(),
  accepted_at timestamptz,
  -- The last refusal; null once it is across.
  failed_at timestamptz,
  cause_id bigint,
  error_message text,
  error_code text,
  error_field text,
  error_value text,
  error_category text,
  error_status integer,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  -- When trouble with it ended: it landed after all, or a person said so. Null if it never was in trouble, or is.
  closed_at timestamptz,
  closed_by uuid,
  closed_reason text,
  primary key (org_id, id),
  unique (org_id, integration_id, source_type, source_id),
  check (amount is null or currency is not null),
  foreign key (org_id, integration_id) references public.integrations (org_id, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000);
comment on table public.records is 'The outbox: one thing that must reach the other side, under its natural key.';
-- Nothing of an exported record stays in it.
create index records_not_across on public.records (org_id, integration_id, state, next_attempt_at, id)
  where state not in ('exported', 'dismissed');
comment on index public.records_not_across is 'Serves private.due_records, and counting what is not across in public.overview.';
-- Not coalesce: under row-level security only a condition that is known to leak nothing reaches an index, and that is not said of it.
create index records_in_trouble on public.records (
  org_id, integration_id, (case when failed_at is null then created_at else failed_at end) desc, id desc)
  where state in ('failed', 'retrying', 'uncertain', 'dead');
comment on index public.records_in_trouble is 'Serves public.failed_records, newest first.';
create index records_closed on public.records (org_id, integration_id, state, closed_at desc, id desc) where closed_at is not null;
comment on index public.records_closed is 'Serves public.closed_records, newest first.';
create index records_of_cause on public.records (org_id, cause_id) where cause_id is not null;
comment on index public.records_of_cause is 'Serves public.cause_overview: what is open of each.';
create index records_dismissed on public.records (org_id, cause_id, closed_at desc) where state = 'dismissed' and cause_id is not null;
comment on index public.records_dismissed is 'Serves public.cause_fixes: the last one of a cause that was dismissed.';
-- Serves claim_records for a retry, in the order it takes them.
create index records_of_retry on public.records (org_id, retry_id, next_attempt_at, id) where retry_id is not null;
comment on index public.records_of_retry is 'Serves private.due_records and private.finish_run: the records of a retry.';

create table public.record_versions (
  org_id uuid not null,
  record_id bigint not null,
  version integer not null,
  payload jsonb not null,
  amount numeric,
  currency text,
  occurred_on date,
  label text,
  handed_in_at timestamptz not null,
  -- Why this version was refused, if it was.
  cause_id bigint,
  primary key (org_id, record_id, version),
  foreign key (org_id, record_id) references public.records (org_id, id) on delete cascade
);
comment on table public.record_versions is 'The versions of a record that are not its current one: replaced earlier, or waiting for the one under way.';

-- Attempts are append-only history: partitioned by month, so that retention detaches a month instead of deleting rows.
create table public.attempts (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  record_id bigint not null,
  version integer not null,
  run_id bigint not null,
  at timestamptz not null,
  outcome text not null,
  external_id text,
  status integer,
  code text,
  field text,
  message text,
  category text,
  request_id text,
  -- The system's own answer, secrets removed, cut at 4 000 characters.
  response text,
  primary key (org_id, at, id)
) partition by range (at);
comment on table public.attempts is 'What happened to one record in one run: outcome, the system''s answer, when.';
create index attempts_of_record on public.attempts (org_id, record_id, at desc);
comment on index public.attempts_of_record is 'Serves the page, which lists the rows of public.attempts of one record.';

create table private.attempts_rest partition of public.attempts default;
alter table private.attempts_rest enable row level security;
create policy "nobody who comes through the API sees it" on private.attempts_rest
  as restrictive to anon, authenticated using (false);

-- Makes the monthly partitions around `at`. Made beside the table and then attached, which keeps nobody from reading or writing it;
-- a lock that is not to be had at once is left for the next time. Rows that fell into the default meanwhile stay there, readable,
-- and their month with them.
create function private.ensure_partitions(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '500ms'
as $$
declare
  month date;
  partition text;
begin
  for month in
    select generate_series(date_trunc('month', at at time zone 'utc') - interval '1 month',
                           date_trunc('month', at at time zone 'utc') + interval '2 months', interval '1 month')::date
  loop
    partition := format('attempts_%s', to_char(month, 'YYYY_MM'));
    if to_regclass('private.' || partition) is null and not exists (
      select from private.attempts_rest r
      where r.at >= month::timestamp at time zone 'utc' and r.at < (month + interval '1 month') at time zone 'utc'
    ) then
      begin
        execute format('create table private.%I (like public.attempts including all excluding identity)', partition);
        execute format('alter table private.%I enable row level security', partition);
        execute format('create policy "nobody who comes through the API sees it" on private.%I as restrictive to anon, authenticated using (false)', partition);
        execute format('alter table public.attempts attach partition private.%I for values from (%L) to (%L)', partition,
          month::timestamp at time zone 'utc', (month + interval '1 month') at time zone 'utc');
      exception when lock_not_available then
        raise warning 'the partition % was not made: the table is in use', partition;
      end;
    end if;
  end loop;
end $$;
select private.ensure_partitions();

-- Drops the oldest month of attempts that ended before `before`, and answers its name, or null. What happened to records that are
-- still open is kept, in the default partition: a page that shows a failure must be able to explain it however old it is. The table
-- is out of reach only between detaching and the end of the transaction (hence one month at a time), and nobody waits behind this
-- for more than half a second: a month that somebody is reading stays until the next time.
create function private.drop_attempts(before timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '500ms'
as $$
declare
  month text;
begin
  with old as (
    select a.org_id, a.at, a.id from private.attempts_rest a
    where a.at < drop_attempts.before and not exists (
      select from public.records r where r.org_id = a.org_id and r.id = a.record_id and r.state not in ('exported', 'dismissed'))
    limit 20000
  )
  delete from private.attempts_rest a using old o where a.org_id = o.org_id and a.at = o.at and a.id = o.id;
  select c.relname into month from pg_catalog.pg_inherits h
  join pg_catalog.pg_class c on c.oid = h.inhrelid
  where h.inhparent = 'public.attempts'::regclass and c.relname ~ '^attempts_\d{4}_\d{2}$'
    and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'utc' <= drop_attempts.before
  order by c.relname limit 1;
  if month is null then
    return null;
  end if;
  execute format('create temporary table kept on commit drop as select a.* from private.%I a where exists (
    select from public.records r where r.org_id = a.org_id and r.id = a.record_id and r.state not in (''exported'', ''dismissed''))', month);
  execute format('alter table public.attempts detach partition private.%I', month);
  insert into private.attempts_rest overriding system value select k.* from pg_temp.kept k;
  execute format('drop table private.%I', month);
  drop table pg_temp.kept;
  return month;
exception when lock_not_available then
  raise warning 'the month % was not dropped: it is in use', month;
  return null;
end $$;

create function private.idempotency_key(integration uuid, source_type text, source_id text, version integer)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select left(encode(sha256(convert_to(
    concat_ws(chr(31), integration::text, source_type, source_id, version::text), 'UTF8')), 'hex'), 32);
$$;

create function private.content_hash(payload jsonb, amount numeric, currency text, occurred_on date)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select encode(sha256(convert_to(concat_ws(chr(31), payload::text, coalesce(trim_scale(amount)::text, '-'), coalesce(currency, '-'),
    coalesce(to_char(occurred_on, 'YYYY-MM-DD'), '-')), 'UTF8')), 'hex');
$$;

-- Makes a version the record's current one: queued, with its own idempotency key, and no longer part of the run that had the
-- one before. What the system called it stays known.
create function private.apply_version(org uuid, record bigint, new_version integer, payload jsonb, amount numeric, currency text,
  occurred_on date, label text, at timestamptz)
  returns void
  language sql
  set search_path = ''
as $$
  update public.records r
  set version = new_version, latest_version = greatest(r.latest_version, new_version), payload = apply_version.payload,
      amount = apply_version.amount, currency = apply_version.currency, occurred_on = apply_version.occurred_on,
      label = coalesce(apply_version.label, r.label), state = 'queued', run_id = null, retry_id = null, attempts = 0, next_attempt_at = apply_version.at,
      queued_at = apply_version.at, accepted_at = null,
      settled_at = null, closed_at = null, closed_by = null, closed_reason = null, failed_at = null, cause_id = null, error_message = null, error_code = null, error_field = null,
      error_value = null, error_category = null, error_status = null,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, new_version)
  where r.org_id = org and r.id = record;
$$;

-- Keeps the current version of a record as history before another takes its place.
create function private.keep_version(org uuid, record bigint, at timestamptz)
  returns void
  language sql
  set search_path = ''
as $$
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at, cause_id)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, keep_version.at, r.cause_id
  from public.records r where r.org_id = org and r.id = record
  on conflict do nothing;
$$;

-- Every hand-in passes here, by whatever door: new key → queued; same content → nothing; changed content → a new version,
-- which waits if the answer about the one under way is still out.
create function private.receive_record()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  known public.records;
begin
  if octet_length(new.payload::text) > 1000000 then
    perform private.refuse('SW422', format('The payload of %s %s is larger than 1 MB.', new.source_type, new.source_id),
      'Hand in what the system needs and keep attachments elsewhere.');
  end if;
  new.source_hash := private.content_hash(new.payload, new.amount, new.currency, new.occurred_on);
  new.idempotency_key := private.idempotency_key(new.integration_id, new.source_type, new.source_id, 1);
  select r.* into known from public.records r
  where r.org_id = new.org_id and r.integration_id = new.integration_id
    and r.source_type = new.source_type and r.source_id = new.source_id
  for update;
  if not found then
    return new;
  end if;
  if known.source_hash = new.source_hash then
    return null;
  end if;
  update public.integration_status s set dirty = true
  where s.org_id = known.org_id and s.integration_id = known.integration_id and not s.dirty;
  if known.state in ('sending', 'uncertain', 'accepted') then
    insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at)
    values (known.org_id, known.id, known.latest_version + 1, new.payload, new.amount, new.currency, new.occurred_on, new.label, new.created_at);
    update public.records r set latest_version = r.latest_version + 1, source_hash = new.source_hash
    where r.org_id = known.org_id and r.id = known.id;
  else
    perform private.keep_version(known.org_id, known.id, new.created_at);
    perform private.apply_version(known.org_id, known.id, known.latest_version + 1, new.payload, new.amount, new.currency,
      new.occurred_on, new.label, new.created_at);
    update public.records r set source_hash = new.source_hash where r.org_id = known.org_id and r.id = known.id;
  end if;
  return null;
end $$;

create trigger records_are_received
  before insert on public.records
  for each row execute function private.receive_record();

create function private.follow_records()
  returns trigger
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  update public.integration_status s set dirty = true
  where not s.dirty and (s.org_id, s.integration_id) in (select distinct n.org_id, n.integration_id from handed_in n);
  return null;
end $$;

create trigger records_are_followed
  after insert on public.records
  referencing new table as handed_in
  for each statement execute function private.follow_records();

-- Why one handed-in record cannot be taken; null if it can.
create function private.record_problem(record jsonb)
  returns text
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  if jsonb_typeof(record) <> 'object' then
    return 'A record is a JSON object.';
  elsif jsonb_typeof(record -> 'source_type') in ('object', 'array') or jsonb_typeof(record -> 'source_id') in ('object', 'array') then
    return 'source_type and source_id are text.';
  elsif coalesce(length(record ->> 'source_type'), 0) not between 1 and 100 then
    return 'source_type is missing or longer than 100 characters.';
  elsif coalesce(length(record ->> 'source_id'), 0) not between 1 and 500 then
    return 'source_id is missing or longer than 500 characters.';
  elsif jsonb_typeof(record -> 'payload') is distinct from 'object' then
    return 'payload is missing or not a JSON object.';
  elsif octet_length((record -> 'payload')::text) > 1000000 then
    return 'payload is larger than 1 MB.';
  elsif record ->> 'amount' !~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then
    return 'amount is not a decimal number such as "1250.00".';
  elsif record ->> 'amount' is not null and record ->> 'currency' is null then
    return 'amount needs a currency.';
  elsif record ->> 'currency' !~ '^[A-Z]{3}$' then
    return 'currency is not a three-letter code such as NOK.';
  elsif record ->> 'occurred_on' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
    return 'occurred_on is not a date such as 2026-11-20.';
  end if;
  perform (record ->> 'occurred_on')::date;
  return null;
exception when datetime_field_overflow or invalid_datetime_format then
  return 'occurred_on is not a day that exists.';
end $$;

-- Hands in many records at once: good ones go in, each bad one comes back with its index and the reason.
create function public.hand_in(org uuid, integration uuid, records jsonb, at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  report jsonb;
begin
  perform private.integration_of(org, integration);
  perform private.check_time(hand_in.at);
  if jsonb_typeof(records) is distinct from 'array' or jsonb_array_length(records) > 5000 then
    perform private.refuse('SW422', 'records must be an array of at most 5 000.', 'Send them in parts.');
  end if;
  with incoming as materialized (
    select (e.ordinality - 1)::integer as index, e.value as record, private.record_problem(e.value) as problem
    from jsonb_array_elements(records) with ordinality e
  ), compared as materialized (
    select i.index, i.problem, r.source_hash as known,
           case when i.problem is null then private.content_hash(i.record -> 'payload', (i.record ->> 'amount')::numeric,
             i.record ->> 'currency', (i.record ->> 'occurred_on')::date) end as hash
    from incoming i
    left join public.records r on r.org_id = org and r.integration_id = integration
      and r.source_type = i.record ->> 'source_type' and r.source_id = i.record ->> 'source_id'
  )
  select jsonb_build_object(
    'added', count(*) filter (where problem is null and known is null),
    'changed', count(*) filter (where problem is null and known <> hash),
    'unchanged', count(*) filter (where problem is null and known = hash),
    'refused', coalesce(jsonb_agg(jsonb_build_object('index', index, 'reason', problem) order by index)
      filter (where problem is not null), '[]'))
  into report from compared;

  -- Two callers with the same keys take turns instead of tripping over each other.
  perform pg_advisory_xact_lock(hashtextextended(integration::text, 0));
  perform from public.records r
  where r.org_id = hand_in.org and r.integration_id = hand_in.integration and (r.source_type, r.source_id) in (
    select e.value ->> 'source_type', e.value ->> 'source_id' from jsonb_array_elements(records) e)
  order by r.id for update;
  insert into public.records (org_id, integration_id, source_type, source_id, payload, amount, currency, occurred_on, label,
    next_attempt_at, queued_at, created_at)
  select org, integration, e.value ->> 'source_type', e.value ->> 'source_id', e.value -> 'payload', (e.value ->> 'amount')::numeric,
    e.value ->> 'currency', (e.value ->> 'occurred_on')::date, left(e.value ->> 'label', 500), hand_in.at, hand_in.at, hand_in.at
  from jsonb_array_elements(records) e
  where private.record_problem(e.value) is null;
  return report;
end $$;
grant execute on function public.hand_in(uuid, uuid, jsonb, timestamptz) to service_role;
comment on function public.hand_in is
  'Hands in up to 5 000 records: {added, changed, unchanged, refused: [{index, reason}]}. The same content again is a no-op.';

alter table public.causes enable row level security;
alter table public.records enable row level security;
alter table public.record_versions enable row level security;
alter table public.attempts enable row level security;

create policy "members see their causes" on public.causes
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their records" on public.records
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their record versions" on public.record_versions
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their attempts" on public.attempts
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.causes, public.records, public.record_versions, public.attempts to authenticated, service_role;
-- The organization's own app hands in with the secret key; states and results are the pipeline's alone.
grant insert (org_id, integration_id, source_type, source_id, payload, amount, currency, occurred_on, label) on public.records to service_role;
