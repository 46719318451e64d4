-- Grant reports: what was handed in to a receiver that takes no calls, by a form with a version, and when. Not to be taken for the
-- statement of a period, which says whether everything got across.

-- Equality and overlap in one constraint.
create extension if not exists btree_gist with schema extensions;

create table public.grant_reports (
  org_id uuid not null references public.organizations (id),
  id bigint generated always as identity,
  scheme text not null check (length(scheme) between 1 and 100),
  version text not null check (length(version) between 1 and 20),
  first_day date not null,
  last_day date not null,
  -- Whose records; null for all integrations there are.
  integrations uuid[],
  -- The form, what a person typed into it, and the records as they were: only what the form asks of them.
  template jsonb not null,
  fields jsonb not null,
  records jsonb not null,
  fingerprint text not null,
  -- How many records it counts, and their amounts by currency.
  totals jsonb not null,
  csv text not null,
  xlsx bytea not null,
  csv_sha256 text not null,
  xlsx_sha256 text not null,
  reference text check (length(reference) between 1 and 200),
  handed_in_on date not null,
  handed_in_by uuid,
  handed_in_name text not null,
  handed_in_at timestamptz not null,
  unlocked_by uuid,
  unlocked_name text,
  unlocked_at timestamptz,
  unlock_reason text,
  primary key (org_id, id),
  check (first_day <= last_day),
  check (num_nulls(unlocked_name, unlocked_at, unlock_reason) in (0, 3)),
  constraint grant_reports_locked exclude using gist (
    org_id with =, scheme with =, daterange(first_day, last_day, '[]') with &&) where (unlocked_at is null)
);
comment on table public.grant_reports is 'Append-only but for the unlocking: what was handed in for a period, the files as they were, by whom and when.';
comment on index public.grant_reports_locked is 'Serves private.check_grant_lock, and holds that no two locked reports of a scheme share a day.';
alter table public.grant_reports enable row level security;
create policy "members see their grant reports" on public.grant_reports
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
grant select on public.grant_reports to authenticated, service_role;

-- What was handed in stays as it was; once, it may be said that and why it is unlocked.
create function private.keep_grant_report()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  otherwise public.grant_reports := new;
begin
  if tg_op = 'UPDATE' and old.unlocked_at is null then
    otherwise.unlocked_by := old.unlocked_by;
    otherwise.unlocked_name := old.unlocked_name;
    otherwise.unlocked_at := old.unlocked_at;
    otherwise.unlock_reason := old.unlock_reason;
    if otherwise is not distinct from old then
      return new;
    end if;
  end if;
  perform private.refuse('SW403', 'A grant report that was handed in stays as it was.', 'Unlock its period with a reason and hand in another.');
  return null;
end $$;
create trigger grant_reports_are_kept
  before update or delete on public.grant_reports
  for each row execute function private.keep_grant_report();
create trigger grant_reports_are_not_emptied
  before truncate on public.grant_reports
  for each statement execute function private.refuse_change();
alter table public.grant_reports enable always trigger grant_reports_are_kept;
alter table public.grant_reports enable always trigger grant_reports_are_not_emptied;

-- What of a form and a period the functions here rely on; the rest of the form is the page's business.
create function private.check_grant_form(template jsonb, first_day date, last_day date)
  returns void
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  if jsonb_typeof(template) is distinct from 'object' or jsonb_typeof(template -> 'columns') is distinct from 'array'
    or jsonb_typeof(template -> 'sourceTypes') is distinct from 'array' or coalesce(template ->> 'scheme', '') !~ '^[a-z0-9]+(-[a-z0-9]+)*$'
    or coalesce(template ->> 'version', '') !~ '^\d{4}-\d{1,3}$' or octet_length(template::text) > 200000 then
    perform private.refuse('SW422', 'A form has a scheme, a version, kinds of records and columns.', 'Load the page again.');
  elsif first_day is null or last_day is null or first_day > last_day or last_day - first_day > 1100 then
    perform private.refuse('SW422', 'A grant report is of a period of at most three years.', 'Choose the period again.');
  end if;
end $$;

-- The records of a period as a form asks for them, numbers as text. One without a day is among them: nobody can say that it
-- does not belong there. The caller sees what the caller may see.
create function private.grant_rows(org uuid, template jsonb, first_day date, last_day date, integrations uuid[])
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  with keys as materialized (
    select distinct c.value ->> 'from' as key from jsonb_array_elements(template -> 'columns') c
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', r.id, 'integration', r.integration_id, 'sourceType', r.source_type, 'sourceId', r.source_id, 'amount', r.amount::text,
      'currency', r.currency, 'occurredOn', r.occurred_on, 'dismissed', r.state = 'dismissed', 'payload', p.payload) order by r.id), '[]')
  from public.integrations i
  join public.records r on r.org_id = i.org_id and r.integration_id = i.id
    and r.source_type = any (array(select jsonb_array_elements_text(template -> 'sourceTypes')))
  cross join lateral (
    select coalesce(jsonb_object_agg(k.key,
      case when jsonb_typeof(r.payload -> k.key) in ('object', 'array') then r.payload -> k.key else to_jsonb(r.payload ->> k.key) end), '{}') as payload
    from keys k
    where r.payload ->> k.key is not null
  ) p
  where i.org_id = org and (integrations is null or i.id = any (integrations))
    and (r.occurred_on is null or r.occurred_on between grant_rows.first_day and grant_rows.last_day);
$$;
grant execute on function private.grant_rows(uuid, jsonb, date, date, uuid[]) to authenticated;

create function private.grant_fingerprint(records jsonb)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select encode(sha256(convert_to(records::text, 'UTF8')), 'hex');
$$;
grant execute on function private.grant_fingerprint(jsonb) to authenticated;

-- Refuses what shares a day with a report that was handed in and not unlocked.
create function private.check_grant_lock(org uuid, grant_scheme text, first_day date, last_day date)
  returns void
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  locked record;
begin
  select g.first_day, g.last_day, g.handed_in_on, g.handed_in_name into locked
  from public.grant_reports g
  where g.org_id = org and g.scheme = grant_scheme and g.unlocked_at is null
    and daterange(g.first_day, g.last_day, '[]') && daterange(check_grant_lock.first_day, check_grant_lock.last_day, '[]')
  order by g.id desc limit 1;
  if found then
    perform private.refuse('SW409', format('The report of %s to %s was handed in on %s by %s.', locked.first_day, locked.last_day,
      locked.handed_in_on, locked.handed_in_name), 'Take a copy of what was handed in, or unlock it with a reason to build it anew.');
  end if;
end $$;

create function private.grant_records(org uuid, template jsonb, first_day date, last_day date, integrations uuid[])
  returns jsonb
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
declare
  every jsonb;
  chosen jsonb;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  perform private.check_grant_form(template, grant_records.first_day, grant_records.last_day);
  perform private.check_grant_lock(org, template ->> 'scheme', grant_records.first_day, grant_records.last_day);
  every := private.grant_rows(org, template, grant_records.first_day, grant_records.last_day, null);
  chosen := case when integrations is null then every
    else private.grant_rows(org, template, grant_records.first_day, grant_records.last_day, integrations) end;
  if jsonb_array_length(chosen) > 20000 then
    perform private.refuse('SW422', 'A grant report has at most 20 000 records.', 'Choose a shorter period.');
  end if;
  return jsonb_build_object('records', chosen, 'fingerprint', private.grant_fingerprint(chosen), 'sources', (
    select coalesce(jsonb_agg(jsonb_build_object('integration', s.integration, 'records', s.records) order by s.integration), '[]')
    from (select e.value ->> 'integration' as integration, count(*) as records from jsonb_array_elements(every) e group by 1) s));
end $$;
grant execute on function private.grant_records(uuid, jsonb, date, date, uuid[]) to authenticated;

-- What a report of the period is built of: {records, fingerprint, sources: [{integration, records}]}. `sources` counts what every
-- integration holds, chosen or not.
create function public.grant_records(org uuid, template jsonb, first_day date, last_day date, integrations uuid[] default null)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select private.grant_records(org, template, first_day, last_day, integrations);
$$;
grant execute on function public.grant_records(uuid, jsonb, date, date, uuid[]) to authenticated;
comment on function public.grant_records is
  'The records a grant report of a period is built of, and their fingerprint. Refuses with SW404, SW409 (handed in and locked), SW422.';

create function private.hand_in_grant_report(org uuid, template jsonb, first_day date, last_day date, integrations uuid[], fields jsonb,
  fingerprint text, csv text, xlsx text, handed_in_on date, reference text, at timestamptz)
  returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  today date;
  rows_now jsonb;
  sums jsonb;
  workbook bytea;
  made bigint;
begin
  perform private.require_role(org);
  perform private.check_grant_form(template, hand_in_grant_report.first_day, hand_in_grant_report.last_day);
  perform private.check_grant_lock(org, template ->> 'scheme', hand_in_grant_report.first_day, hand_in_grant_report.last_day);
  select (hand_in_grant_report.at at time zone o.time_zone)::date into today from public.organizations o where o.id = org;
  if hand_in_grant_report.last_day >= today then
    perform private.refuse('SW409', 'The period of this grant report is not over yet.', 'Hand it in on the day after its last.');
  elsif (hand_in_grant_report.handed_in_on > hand_in_grant_report.last_day and hand_in_grant_report.handed_in_on <= today) is not true then
    perform private.refuse('SW422', 'A report is handed in after its period and not on a day to come.', 'Give the day it was handed in.');
  elsif length(hand_in_grant_report.reference) > 200 then
    perform private.refuse('SW422', 'A reference has at most 200 characters.', 'Give the receipt''s number alone.');
  elsif jsonb_typeof(hand_in_grant_report.fields) is distinct from 'object' or octet_length(hand_in_grant_report.fields::text) > 200000 then
    perform private.refuse('SW422', 'The fields of a report are texts by their keys.', 'Load the page again.');
  end if;
  begin
    workbook := decode(hand_in_grant_report.xlsx, 'base64');
  exception when invalid_parameter_value then
    workbook := null;
  end;
  if (octet_length(workbook) <= 30000000 and substring(workbook for 4) = '\x504b0304' and length(hand_in_grant_report.csv) between 1 and 10000000) is not true then
    perform private.refuse('SW422', 'The files of a report are a CSV and a workbook of at most 30 MB.', 'Load the page again.');
  end if;
  -- Read here and not taken from the caller: what is kept is what was there.
  rows_now := private.grant_rows(org, template, hand_in_grant_report.first_day, hand_in_grant_report.last_day, hand_in_grant_report.integrations);
  if private.grant_fingerprint(rows_now) is distinct from hand_in_grant_report.fingerprint then
    perform private.refuse('SW409', 'The records of this report have changed since it was built.', 'Look at it again, download it again, then hand it in.');
  end if;
  select jsonb_build_object('records', coalesce(sum(s.records), 0), 'amounts', coalesce(jsonb_agg(
      jsonb_build_object('currency', s.currency, 'amount', s.amount::text, 'records', s.records) order by s.currency)
      filter (where s.currency is not null), '[]')) into sums
  from (
    select e.value ->> 'currency' as currency, count(*) as records, sum((e.value ->> 'amount')::numeric) as amount
    from jsonb_array_elements(rows_now) e where not (e.value ->> 'dismissed')::boolean group by 1
  ) s;
  insert into public.grant_reports (org_id, scheme, version, first_day, last_day, integrations, template, fields, records, fingerprint, totals,
    csv, xlsx, csv_sha256, xlsx_sha256, reference, handed_in_on, handed_in_by, handed_in_name, handed_in_at)
  select org, template ->> 'scheme', template ->> 'version', hand_in_grant_report.first_day, hand_in_grant_report.last_day,
         hand_in_grant_report.integrations, hand_in_grant_report.template, hand_in_grant_report.fields, rows_now,
         hand_in_grant_report.fingerprint, sums, hand_in_grant_report.csv, workbook,
         encode(sha256(convert_to(hand_in_grant_report.csv, 'UTF8')), 'hex'), encode(sha256(workbook), 'hex'),
         nullif(trim(hand_in_grant_report.reference), ''), hand_in_grant_report.handed_in_on, m.user_id, coalesce(nullif(m.name, ''), u.email),
         hand_in_grant_report.at
  from public.members m join auth.users u on u.id = m.user_id
  where m.org_id = org and m.user_id = auth.uid()
  returning id into made;
  perform private.audit(org, 'grant_report.handed_in', hand_in_grant_report.at, null, subject := 'grant report ' || made,
    after := jsonb_build_object('scheme', template ->> 'scheme', 'version', template ->> 'version', 'first_day', hand_in_grant_report.first_day,
      'last_day', hand_in_grant_report.last_day, 'records', sums -> 'records', 'handed_in_on', hand_in_grant_report.handed_in_on,
      'reference', nullif(trim(hand_in_grant_report.reference), '')));
  return made;
exception when exclusion_violation then
  perform private.refuse('SW409', 'Somebody else has handed this period in meanwhile.', 'Look at the history of the period.');
end $$;
grant execute on function private.hand_in_grant_report(uuid, jsonb, date, date, uuid[], jsonb, text, text, text, date, text, timestamptz) to authenticated;

-- Keeps, in the caller's name, what was handed in to the receiver: the form, what was typed, the records as they are now, and the files.
create function public.hand_in_grant_report(org uuid, template jsonb, first_day date, last_day date, integrations uuid[], fields jsonb,
  fingerprint text, csv text, xlsx text, handed_in_on date, reference text default null)
  returns bigint
  language sql
  set search_path = ''
as $$
  select private.hand_in_grant_report(org, template, first_day, last_day, integrations, fields, fingerprint, csv, xlsx, handed_in_on, reference, now());
$$;
grant execute on function public.hand_in_grant_report(uuid, jsonb, date, date, uuid[], jsonb, text, text, text, date, text) to authenticated;
comment on function public.hand_in_grant_report is
  'Keeps a grant report as handed in and locks its period; answers its id. Refuses with SW403, SW404, SW409 (locked, changed, not over), SW422.';

create function private.unlock_grant_report(org uuid, report bigint, reason text, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  kept record;
begin
  perform private.require_role(org);
  perform private.check_reason(reason, 'Unlocking a grant report needs a reason.', 'Say why it must be handed in anew.');
  select g.scheme, g.first_day, g.last_day, g.unlocked_at into kept from public.grant_reports g where g.org_id = org and g.id = report for update;
  if not found then
    perform private.refuse('SW404', 'There is no such grant report in this organization.', 'Look at the history of grant reports.');
  elsif kept.unlocked_at is not null then
    perform private.refuse('SW409', 'This grant report is unlocked already.', 'Look at the history of grant reports.');
  end if;
  update public.grant_reports g
  set unlocked_by = m.user_id, unlocked_name = coalesce(nullif(m.name, ''), u.email), unlocked_at = unlock_grant_report.at,
      unlock_reason = trim(unlock_grant_report.reason)
  from public.members m join auth.users u on u.id = m.user_id
  where g.org_id = org and g.id = report and m.org_id = org and m.user_id = auth.uid();
  perform private.audit(org, 'grant_report.unlocked', unlock_grant_report.at, null, subject := 'grant report ' || report,
    after := jsonb_build_object('scheme', kept.scheme, 'first_day', kept.first_day, 'last_day', kept.last_day), reason := trim(unlock_grant_report.reason));
end $$;
grant execute on function private.unlock_grant_report(uuid, bigint, text, timestamptz) to authenticated;

-- Allows, in the caller's name and with a reason, that the period be built and handed in anew. What was handed in stays.
create function public.unlock_grant_report(org uuid, report bigint, reason text)
  returns void
  language sql
  set search_path = ''
as $$
  select private.unlock_grant_report(org, report, reason, now());
$$;
grant execute on function public.unlock_grant_report(uuid, bigint, text) to authenticated;
comment on function public.unlock_grant_report is 'Unlocks the period of a grant report that was handed in. Refuses with SW403, SW404, SW409 (unlocked already), SW422 (no reason).';

-- What was handed in, newest first, at most 50. `changed`: whether a record of it is another now than it was; null once it is unlocked.
create function public.list_grant_reports(org uuid)
  returns table (id bigint, scheme text, version text, first_day date, last_day date, integrations uuid[], fields jsonb, totals jsonb, csv_sha256 text,
    xlsx_sha256 text, reference text, handed_in_on date, handed_in_name text, handed_in_at timestamptz, unlocked_name text, unlocked_at timestamptz, unlock_reason text,
    changed boolean)
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select g.id, g.scheme, g.version, g.first_day, g.last_day, g.integrations, g.fields, g.totals, g.csv_sha256, g.xlsx_sha256, g.reference,
         g.handed_in_on, g.handed_in_name, g.handed_in_at, g.unlocked_name, g.unlocked_at, g.unlock_reason,
         case when g.unlocked_at is null then
           private.grant_fingerprint(private.grant_rows(g.org_id, g.template, g.first_day, g.last_day, g.integrations)) <> g.fingerprint end
  from public.grant_reports g
  where g.org_id = org
  order by g.id desc
  limit 50;
$$;
grant execute on function public.list_grant_reports(uuid) to authenticated;
comment on function public.list_grant_reports is 'The grant reports that were handed in, and whether a record of them has changed since. Refuses with SW404.';

-- Which records of a report are other than they were when it was handed in: `added`, `changed` or `gone`. At most 500.
create function public.changed_grant_records(org uuid, report bigint)
  returns table (record_id bigint, slug text, source_id text, change text, before jsonb, after jsonb)
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with kept as (
    select g.org_id, g.records, private.grant_rows(g.org_id, g.template, g.first_day, g.last_day, g.integrations) as present
    from public.grant_reports g where g.org_id = org and g.id = report
  ), was as (
    select e.value as record, (e.value ->> 'id')::bigint as id from kept k cross join jsonb_array_elements(k.records) e
  ), is_now as (
    select e.value as record, (e.value ->> 'id')::bigint as id from kept k cross join jsonb_array_elements(k.present) e
  )
  select coalesce(w.id, n.id), i.slug, coalesce(w.record, n.record) ->> 'sourceId',
         case when w.id is null then 'added' when n.id is null then 'gone' else 'changed' end, w.record, n.record
  from was w
  full join is_now n on n.id = w.id
  left join public.integrations i on i.org_id = org and i.id = (coalesce(w.record, n.record) ->> 'integration')::uuid
  where w.record is distinct from n.record
  order by 1
  limit 500;
$$;
grant execute on function public.changed_grant_records(uuid, bigint) to authenticated;
comment on function public.changed_grant_records is 'The records of a grant report that are other than when it was handed in. Refuses with SW404.';

-- A report as it was handed in, with its files, the workbook in base64; null where there is none.
create function public.kept_grant_report(org uuid, report bigint)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select jsonb_build_object('template', g.template, 'fields', g.fields, 'records', g.records, 'first_day', g.first_day, 'last_day', g.last_day,
    'csv', g.csv, 'xlsx', translate(encode(g.xlsx, 'base64'), e'\n', ''))
  from public.grant_reports g where g.org_id = org and g.id = report;
$$;
grant execute on function public.kept_grant_report(uuid, bigint) to authenticated;
comment on function public.kept_grant_report is 'A grant report and its files, byte by byte as handed in. Refuses with SW404.';
