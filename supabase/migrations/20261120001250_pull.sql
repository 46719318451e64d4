-- Pull: what is fetched from a system is stored with the cursor that leads to the next page, in one transaction or not at all. Its
-- shape is watched, and its age.

create table public.streams (
  org_id uuid not null,
  integration_id uuid not null,
  stream text not null check (length(stream) between 1 and 100),
  -- Where the next page begins, in the system's own words; null: at the very beginning.
  cursor text check (length(cursor) <= 8000),
  cursor_at timestamptz,
  -- Everything up to this moment is here. Null for what only comes by itself (webhooks).
  as_of timestamptz,
  -- False once the connector no longer has it.
  is_active boolean not null default true,
  -- The run that stored the last page, and whether that page was its last.
  run_id bigint,
  is_done boolean not null default false,
  page_at timestamptz,
  page_rows integer,
  rows integer not null default 0,
  -- What the fields are like, by path: {"lines[].amount": {"types": ["number"], "always": true}}. Learned until the stream has been read
  -- to its end once; from then on, what is news is drift until somebody accepts it.
  shape jsonb not null default '{}',
  learned_at timestamptz,
  drift jsonb not null default '{}',
  primary key (org_id, integration_id, stream),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.streams is 'One kind of thing that is fetched: how far we have come, and what its fields are like.';

create table public.pulled_records (
  org_id uuid not null,
  integration_id uuid not null,
  stream text not null,
  source_id text not null check (length(source_id) between 1 and 500),
  -- Null once the system says no more than that it is gone.
  payload jsonb check (pg_column_size(payload) <= 2000000),
  changed_at timestamptz,
  deleted_at timestamptz,
  pulled_at timestamptz not null,
  version integer not null default 1,
  primary key (org_id, integration_id, stream, source_id),
  foreign key (org_id, integration_id, stream) references public.streams (org_id, integration_id, stream) on delete cascade
);
comment on table public.pulled_records is 'What was fetched, as it was last seen. What was deleted over there is kept as a tombstone for 90 days.';
create index pulled_records_deleted on public.pulled_records (pulled_at) where deleted_at is not null;
comment on index public.pulled_records_deleted is 'Serves private.forget_tombstones.';

-- Types but for "no value", which any field may have.
create function private.real_types(field jsonb)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select coalesce(field -> 'types', '[]') - 'null';
$$;

-- One page's fields put to those known: types add up, and `always` holds for what no record has lacked. Once a stream is learned, a page
-- that lacks a field altogether says so only if it is large enough to be believed (20).
create function private.merge_shape(known jsonb, page jsonb, learning boolean)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select coalesce(jsonb_object_agg(f.path, jsonb_build_object(
    'types', (select jsonb_agg(distinct t.type order by t.type) from (
      select jsonb_array_elements_text(coalesce(f.was -> 'types', '[]')) union select jsonb_array_elements_text(coalesce(f.is_now -> 'types', '[]'))) t (type)),
    'always', case
      when f.was is null then known = '{}' and f.present
      when f.is_now is null then (f.was ->> 'always')::boolean and not learning and (page ->> 'records')::integer < 20
      else (f.was ->> 'always')::boolean and f.present end)), '{}')
  from (
    select coalesce(k.key, p.key) as path, k.value as was, p.value as is_now, (p.value ->> 'in')::integer = (page ->> 'records')::integer as present
    from jsonb_each(known) k
    full join jsonb_each(page -> 'fields') p on p.key = k.key
  ) f;
$$;

-- What a page has that was not known of the stream: {path: {kind, was, is}}. Never a value. A field inside one that is news itself is not told.
create function private.drift_of(known jsonb, page jsonb)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  with news as (
    select p.key as path, 'new' as kind, null::jsonb as was, private.real_types(p.value) as is_now
    from jsonb_each(page -> 'fields') p where not known ? p.key
    union all
    select p.key, 'retyped', private.real_types(known -> p.key), private.real_types(p.value)
    from jsonb_each(page -> 'fields') p
    where private.real_types(known -> p.key) <> '[]' and not private.real_types(known -> p.key) @> private.real_types(p.value)
    union all
    select k.key, 'gone', private.real_types(k.value), null
    from jsonb_each(known) k
    where (page ->> 'records')::integer >= 20 and (k.value ->> 'always')::boolean and not page -> 'fields' ? k.key
  )
  select coalesce(jsonb_object_agg(n.path, jsonb_strip_nulls(jsonb_build_object('kind', n.kind, 'was', n.was, 'is', n.is_now))), '{}')
  from news n
  where not exists (select from news o where n.kind = o.kind and (starts_with(n.path, o.path || '.') or starts_with(n.path, o.path || '[]')));
$$;

-- Drift as a finding tells it: the first 20 fields, and how many there are.
create function private.drift_evidence(stream text, drift jsonb)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select jsonb_build_object('stream', stream, 'fields', count(*), 'drift', jsonb_agg(jsonb_build_object('field', d.path, 'kind', d.kind, 'was', d.was, 'is', d.is_now))
    filter (where d.place <= 20))
  from (
    select e.key as path, e.value ->> 'kind' as kind, e.value -> 'was' as was, e.value -> 'is' as is_now, row_number() over (order by e.key) as place
    from jsonb_each(drift) e
  ) d;
$$;

create function private.count_drift(org uuid, integration uuid)
  returns void
  language sql
  set search_path = ''
as $$
  update public.integration_status s
  set dirty = true, drifted_streams = (
    select count(*) from public.streams t where t.org_id = org and t.integration_id = integration and t.is_active and t.drift <> '{}')
  where s.org_id = org and s.integration_id = integration;
$$;

-- Stores fetched records, [{id, payload, changed_at, deleted}], and what their fields are like, {records, fields: {path: {types, in}}}. One that
-- is older than what is here changes nothing. Answers how many were news.
create function private.keep_page(org uuid, integration uuid, stream text, records jsonb, shape jsonb, ends boolean, at timestamptz)
  returns integer
  language plpgsql
  set search_path = ''
  set plan_cache_mode = force_generic_plan
as $$
declare
  target public.streams;
  news integer;
  fresh integer;
  differs jsonb := '{}';
  learning boolean;
begin
  insert into public.streams (org_id, integration_id, stream) values (org, integration, keep_page.stream) on conflict do nothing;
  select s.* into target from public.streams s
  where s.org_id = org and s.integration_id = integration and s.stream = keep_page.stream for update;
  with given as (
    -- The last of several is the newest: a page is oldest first.
    select distinct on (g.id) g.id, g.payload, g.changed_at, case when g.deleted then coalesce(g.changed_at, keep_page.at) end as deleted_at
    from rows from (jsonb_to_recordset(records) as (id text, payload jsonb, changed_at timestamptz, deleted boolean)) with ordinality
      as g (id, payload, changed_at, deleted, place)
    order by g.id, g.place desc
  ), stored as (
    insert into public.pulled_records as p (org_id, integration_id, stream, source_id, payload, changed_at, deleted_at, pulled_at)
    select org, integration, keep_page.stream, g.id, g.payload, g.changed_at, g.deleted_at, keep_page.at from given g
    on conflict on constraint pulled_records_pkey do update
      set payload = excluded.payload, changed_at = coalesce(excluded.changed_at, p.changed_at), deleted_at = excluded.deleted_at,
          pulled_at = excluded.pulled_at, version = p.version + 1
      where coalesce(excluded.changed_at >= p.changed_at, true)
        and (p.payload is distinct from excluded.payload or (p.deleted_at is null) <> (excluded.deleted_at is null))
    returning p.version
  )
  select count(*), count(*) filter (where s.version = 1) into news, fresh from stored s;

  learning := target.learned_at is null;
  if (keep_page.shape ->> 'records')::integer > 0 and not learning then
    differs := private.drift_of(target.shape, keep_page.shape);
  end if;
  update public.streams s
  set rows = s.rows + fresh, page_at = keep_page.at, page_rows = jsonb_array_length(records),
      shape = case when (keep_page.shape ->> 'records')::integer > 0 then private.merge_shape(s.shape, keep_page.shape, learning) else s.shape end,
      -- What is seen once is known; that it is news stays until somebody has accepted it.
      drift = differs || s.drift,
      learned_at = case when learning and ends and s.rows + fresh > 0 then keep_page.at else s.learned_at end
  where s.org_id = org and s.integration_id = integration and s.stream = keep_page.stream;
  if not target.drift @> differs then
    perform private.count_drift(org, integration);
  end if;
  return news;
end $$;

-- Forgets up to `batch` records that were deleted over there, 90 days after we learned of it. What is there still is never forgotten, however old:
-- it is the only copy of the latest. Returns how many.
create function private.forget_tombstones(batch integer, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  forgotten integer;
begin
  with old as (
    select p.org_id, p.integration_id, p.stream, p.source_id from public.pulled_records p
    where p.deleted_at is not null and p.pulled_at < forget_tombstones.at - interval '90 days'
    order by p.pulled_at limit batch
    for update skip locked
  ), gone as (
    delete from public.pulled_records p using old o
    where p.org_id = o.org_id and p.integration_id = o.integration_id and p.stream = o.stream and p.source_id = o.source_id
    returning p.org_id, p.integration_id, p.stream
  ), counted as (
    update public.streams s set rows = greatest(0, s.rows - g.n)
    from (select o.org_id, o.integration_id, o.stream, count(*)::integer as n from gone o group by 1, 2, 3) g
    where s.org_id = g.org_id and s.integration_id = g.integration_id and s.stream = g.stream
  )
  select count(*) into forgotten from gone;
  return forgotten;
end $$;

-- Which streams the connector has: their rows, with the cursor of each and how far this run has come. Refuses with SW410.
create function public.begin_streams(org uuid, run bigint, token uuid, names text[], at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
begin
  held := private.hold_lease(org, run, token, begin_streams.at);
  insert into public.streams (org_id, integration_id, stream, as_of)
  select org, held.integration_id, n.name, begin_streams.at from unnest(names) n (name)
  on conflict (org_id, integration_id, stream) do update
    set is_active = true, as_of = coalesce(streams.as_of, excluded.as_of) where not streams.is_active or streams.as_of is null;
  update public.streams s set is_active = false
  where s.org_id = begin_streams.org and s.integration_id = held.integration_id and s.is_active and s.as_of is not null and s.stream <> all (names);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('stream', s.stream, 'cursor', s.cursor, 'is_begun', s.run_id is not distinct from held.id,
      'is_done', s.is_done and s.run_id is not distinct from held.id)), '[]')
    from public.streams s where s.org_id = begin_streams.org and s.integration_id = held.integration_id and s.stream = any (names));
end $$;
grant execute on function public.begin_streams(uuid, bigint, uuid, text[], timestamptz) to service_role;
comment on function public.begin_streams is 'The streams of a run with their cursors: [{stream, cursor, is_begun, is_done}]. Refuses with SW410.';

-- Stores a page and, with `more` given, moves the cursor from `after` to `cursor` in the same transaction. A cursor that somebody cleared
-- meanwhile stays where it is. Answers where to go on: {cursor, news}. Refuses with SW410.
create function public.store_page(org uuid, run bigint, token uuid, stream text, records jsonb, shape jsonb, after text, cursor text, more boolean,
  at timestamptz default now())
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  held public.runs;
  target public.streams;
  given constant integer := jsonb_array_length(records);
  news integer;
  newest timestamptz;
begin
  held := private.hold_lease(org, run, token, store_page.at);
  news := private.keep_page(org, held.integration_id, store_page.stream, records, store_page.shape, more is false, store_page.at);
  select max((r ->> 'changed_at')::timestamptz) into newest from jsonb_array_elements(records) r;
  update public.streams s
  set run_id = case when more is null then s.run_id else held.id end,
      cursor = case when more is null or s.cursor is distinct from store_page.after then s.cursor else store_page.cursor end,
      cursor_at = case when more is null or s.cursor is distinct from store_page.after then s.cursor_at else store_page.at end,
      is_done = more is false and s.cursor is not distinct from store_page.after,
      as_of = case
        when s.cursor is distinct from store_page.after then s.as_of
        when more is false then store_page.at
        else greatest(s.as_of, least(newest, store_page.at)) end
  where s.org_id = store_page.org and s.integration_id = held.integration_id and s.stream = store_page.stream
  returning s.* into target;
  update public.runs u
  set selected = u.selected + given, exported = u.exported + news, skipped = u.skipped + given - news, lost_slices = 0
  where u.org_id = store_page.org and u.id = held.id;
  return jsonb_build_object('cursor', target.cursor, 'is_done', target.is_done, 'news', news);
end $$;
grant execute on function public.store_page(uuid, bigint, uuid, text, jsonb, jsonb, text, text, boolean, timestamptz) to service_role;
comment on function public.store_page is
  'Stores fetched records and the cursor behind them in one transaction: {cursor, is_done, news}. Refuses with SW410 when the lease was lost.';

-- Tells a run how its system deduplicates, where that follows from the settings and was not known when the slice began.
create function public.tell_dedupe(org uuid, run bigint, token uuid, dedupe text, settles_within_seconds integer, at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.hold_lease(org, run, token, tell_dedupe.at);
  update public.runs r set dedupe = tell_dedupe.dedupe, settles_within_seconds = tell_dedupe.settles_within_seconds
  where r.org_id = org and r.id = run;
end $$;
grant execute on function public.tell_dedupe(uuid, bigint, uuid, text, integer, timestamptz) to service_role;
comment on function public.tell_dedupe is 'Tells a run how its system deduplicates, once the settings are read. Refuses with SW410.';

-- The stream, locked, or a refusal that says so. For callers whose role was checked.
create function private.stream_of(org uuid, integration uuid, stream text)
  returns public.streams
  language plpgsql
  set search_path = ''
as $$
declare
  found_one public.streams;
begin
  perform private.integration_of(org, integration);
  select s.* into found_one from public.streams s
  where s.org_id = org and s.integration_id = integration and s.stream = stream_of.stream for update;
  if not found then
    perform private.refuse('SW404', 'This integration has no such stream.', 'See stream_overview for those it has.');
  end if;
  return found_one;
end $$;

create function private.accept_shape(org uuid, integration uuid, stream text, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.streams;
  accepted integer;
begin
  perform private.require_role(org);
  target := private.stream_of(org, integration, accept_shape.stream);
  select count(*) into accepted from jsonb_object_keys(target.drift);
  if accepted > 0 then
    update public.streams s set drift = '{}' where s.org_id = org and s.integration_id = integration and s.stream = target.stream;
    perform private.count_drift(org, integration);
    perform private.audit(org, 'shape.accepted', accept_shape.at, integration, subject := 'stream ' || target.stream,
      after := private.drift_evidence(target.stream, target.drift));
    perform private.evaluate_health(accept_shape.at, array[integration]);
  end if;
  return accepted;
end $$;
grant execute on function private.accept_shape(uuid, uuid, text, timestamptz) to authenticated;

-- Accepts what is new, gone or of another type in a stream: from now on it is as it should be. Owner or admin.
create function public.accept_shape(org uuid, integration uuid, stream text)
  returns integer
  language sql
  set search_path = ''
as $$
  select private.accept_shape(org, integration, stream, now());
$$;
grant execute on function public.accept_shape(uuid, uuid, text) to authenticated;
comment on function public.accept_shape is 'Accepts a stream''s drift; answers how many fields. Refuses with SW403, SW404.';

create function private.clear_cursor(org uuid, integration uuid, stream text, reason text, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.streams;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Say why the cursor is cleared.', 'It is kept in the audit log.');
  target := private.stream_of(org, integration, clear_cursor.stream);
  if target.cursor is not null then
    update public.streams s set cursor = null, cursor_at = null, is_done = false
    where s.org_id = org and s.integration_id = integration and s.stream = target.stream;
    perform private.audit(org, 'cursor.cleared', clear_cursor.at, integration, subject := 'stream ' || target.stream,
      before := jsonb_build_object('cursor', left(target.cursor, 500), 'cursor_at', target.cursor_at, 'rows', target.rows),
      after := jsonb_build_object('cursor', null), reason := clear_cursor.reason);
  end if;
  return target.rows;
end $$;
grant execute on function private.clear_cursor(uuid, uuid, text, text, timestamptz) to authenticated;

-- Has a stream fetched from its beginning again; what is known stays, and the same again changes nothing. Owner or admin.
create function public.clear_cursor(org uuid, integration uuid, stream text, reason text)
  returns integer
  language sql
  set search_path = ''
as $$
  select private.clear_cursor(org, integration, stream, reason, now());
$$;
grant execute on function public.clear_cursor(uuid, uuid, text, text) to authenticated;
comment on function public.clear_cursor is 'Has a stream fetched from its beginning again; answers how many rows were known. Refuses with SW403, SW404, SW422.';

create view public.stream_overview with (security_invoker = true) as
select
  s.org_id, s.integration_id, s.stream, s.is_active, s.cursor, s.cursor_at, s.as_of,
  case when s.is_active then floor(greatest(extract(epoch from now() - s.as_of), 0) / 60)::integer end as lag_minutes,
  -- As the rule about it reckons: beyond the schedule.
  (select i.every_minutes + coalesce((i.thresholds ->> 'lag_minutes')::integer, 30)
   from public.integrations i where i.org_id = s.org_id and i.id = s.integration_id) as late_after_minutes,
  (select i.every_minutes + coalesce((i.thresholds ->> 'lag_critical_minutes')::integer, 240)
   from public.integrations i where i.org_id = s.org_id and i.id = s.integration_id) as critical_after_minutes,
  s.page_at, s.page_rows, s.rows, s.run_id, s.is_done, s.learned_at, s.drift
from public.streams s;
comment on view public.stream_overview is 'Streams: how far each has come, how old its data is, and what is news about its fields.';
grant select on public.stream_overview to authenticated;
create trigger views_are_read_only instead of insert or update or delete on public.stream_overview
  for each row execute function private.refuse_write();

alter table public.streams enable row level security;
alter table public.pulled_records enable row level security;

create policy "members see their streams" on public.streams
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see what was fetched for them" on public.pulled_records
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));

grant select on public.streams, public.pulled_records to authenticated, service_role;
