-- What a retry corrects on the way: values that are mapped, or one record's content edited by hand. Nothing of it is stored before a
-- record's turn comes; a preview says beforehand what would be sent.

-- Refuses corrections that are no list of {field, from, to}; `from` left out means whatever the field holds.
create function private.check_corrections(corrections jsonb)
  returns void
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  one jsonb;
begin
  if corrections is null then
    return;
  elsif jsonb_typeof(corrections) <> 'array' or jsonb_array_length(corrections) not between 1 and 100 then
    perform private.refuse('SW422', 'corrections is a list of 1 to 100 of {field, from, to}.', 'Leave it out to send the records as they are.');
  end if;
  for one in select e.value from jsonb_array_elements(corrections) e loop
    if jsonb_typeof(one) <> 'object' or coalesce(jsonb_typeof(one -> 'field'), 'null') <> 'string'
      or coalesce(jsonb_typeof(one -> 'to'), 'null') <> 'string' or coalesce(jsonb_typeof(one -> 'from'), 'null') not in ('string', 'null') then
      perform private.refuse('SW422', 'A mapping names a field and the value to put there.', 'Give field and to as text, and from as text or not at all.');
    elsif length(one ->> 'field') not between 1 and 500 or length(one ->> 'to') > 10000 or length(one ->> 'from') > 1000000 then
      perform private.refuse('SW422', 'A field has at most 500 characters, the value to put there 10 000.', 'Hand the records in again instead.');
    elsif one ->> 'from' = one ->> 'to' then
      perform private.refuse('SW422', 'A mapping from a value to itself changes nothing.', 'Leave it out.');
    end if;
  end loop;
  if exists (select from jsonb_array_elements(corrections) e group by e.value ->> 'field', e.value ->> 'from' having count(*) > 1) then
    perform private.refuse('SW422', 'The same value of the same field is mapped twice.', 'Say once what to put in its place.');
  end if;
end $$;

-- A payload with its values put right: of each field what it holds now decides, so two values can change places. Fields are top-level
-- keys. What was a number stays one, where it can.
create function private.corrected(corrections jsonb, payload jsonb)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select payload || coalesce(jsonb_object_agg(c.field, case
      when jsonb_typeof(payload -> c.field) = 'number' and c.to ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$' then c.to::jsonb
      else to_jsonb(c.to) end), '{}')
  from (
    select distinct on (m.field) m.field, m.to
    from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
    where payload ? m.field and (m.from is null or payload ->> m.field = m.from)
    -- The value named goes before whatever else there is.
    order by m.field, m.from is null
  ) c;
$$;

-- A record as a retry would send it.
create function private.as_sent(corrections jsonb, edit jsonb, record public.records)
  returns public.records
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  if edit is not null then
    record.payload := edit -> 'payload';
    record.amount := (edit ->> 'amount')::numeric;
    record.currency := edit ->> 'currency';
    record.occurred_on := (edit ->> 'occurred_on')::date;
  elsif corrections is not null then
    record.payload := private.corrected(corrections, record.payload);
  end if;
  return record;
end $$;

-- All that is sent of a record: its payload, and beside it the amount and day it carries itself.
create function private.content_of(record public.records)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select record.payload || jsonb_strip_nulls(jsonb_build_object(
    'record.amount', trim_scale(record.amount)::text, 'record.currency', record.currency,
    'record.occurred_on', to_char(record.occurred_on, 'YYYY-MM-DD')));
$$;

-- What differs between two contents, field by field: {before, after}, either side without what it does not hold.
create function private.changes(before jsonb, after jsonb)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select jsonb_build_object(
    'before', coalesce((select jsonb_object_agg(b.key, b.value) from jsonb_each(before) b where b.value is distinct from after -> b.key), '{}'),
    'after', coalesce((select jsonb_object_agg(a.key, a.value) from jsonb_each(after) a where a.value is distinct from before -> a.key), '{}'));
$$;

-- Whether a field's name says that it holds an amount, an account or a date, in English or Norwegian: `glAccountNo`, `posting_date`,
-- `beløp`. What a record carries itself (`record.amount`) is of that kind.
create function private.names_money(field text)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select field ~* '^record\.|amount|account|beløp|belop|konto|currency|valuta'
    -- A word that ends so: postingDate, bilagsdato, due_date.
    or field ~* '(debit|credit|debet|kredit|sum|total|price|pris|date|dato|period|periode)($|[^a-zæøå])'
    -- A word before a capital: dateOfPosting.
    or regexp_replace(field, '([a-zæøå0-9])([A-ZÆØÅ])', '\1 \2', 'g')
      ~* '(^|[^a-zæøå])(debit|credit|debet|kredit|sum|total|price|pris|date|dato|period|periode)($|[^a-zæøå])';
$$;

-- Whether a value is an amount, an account or a date by what it is: the record's own amount or day, or something that has such a name
-- inside.
create function private.holds_money(value jsonb, amount numeric, occurred_on date)
  returns boolean
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  if jsonb_typeof(value) in ('object', 'array') then
    return exists (
      select from jsonb_path_query(value, '$.** ? (@.type() == "object").keyvalue().key') k where private.names_money(k #>> '{}'));
  end if;
  return coalesce(value #>> '{}' = to_char(occurred_on, 'YYYY-MM-DD')
    or (case when value #>> '{}' ~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then (value #>> '{}')::numeric end) = amount, false);
end $$;

-- How many of the records the corrections change. Set-based, because it may be asked of a hundred thousand.
create function private.count_corrected(org uuid, records bigint[], corrections jsonb)
  returns integer
  language sql
  stable
  set search_path = ''
as $$
  with c as materialized (
    select m.field, m.from, m.to from jsonb_to_recordset(corrections) m (field text, "from" text, "to" text)
  )
  select count(*)::integer from public.records r
  where r.org_id = org and r.id = any (records) and exists (
    select from c
    where r.payload ? c.field and (c.from is null or r.payload ->> c.field = c.from) and r.payload ->> c.field is distinct from c.to);
$$;

-- Whether a second person must agree before these records are sent so corrected: something changes in an amount, an account or a
-- date of at least one, or in a field the system itself calls by such a name.
create function private.needs_approval(org uuid, integration uuid, records bigint[], corrections jsonb, edit jsonb)
  returns boolean
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  fields text[];
begin
  if not (select o.approve_changes from public.organizations o where o.id = org) or (corrections is null and edit is null) then
    return false;
  elsif corrections is not null then
    fields := array(select distinct e.value ->> 'field' from jsonb_array_elements(corrections) e);
    if private.count_corrected(org, records, corrections) = 0 then
      return false;
    end if;
  else
    fields := array(
      select jsonb_object_keys((d.c -> 'before') || (d.c -> 'after'))
      from public.records r
      cross join lateral private.changes(private.content_of(r), private.content_of(private.as_sent(null, edit, r))) d (c)
      where r.org_id = org and r.id = any (records));
  end if;
  return exists (select from unnest(fields) f where private.names_money(f))
    or exists (
      select from public.causes c
      where c.org_id = org and c.integration_id = integration and c.payload_field = any (fields) and private.names_money(c.field))
    or exists (
      select from public.records r, unnest(fields) f
      where r.org_id = org and r.id = any (records) and r.payload ? f and private.holds_money(r.payload -> f, r.amount, r.occurred_on))
    or exists (
      select from unnest(fields) f
      where private.holds_money(edit -> 'payload' -> f, (edit ->> 'amount')::numeric, (edit ->> 'occurred_on')::date));
end $$;

-- How many others may approve what the caller asks for.
create function private.other_approvers(org uuid)
  returns integer
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select count(*)::integer from public.members m
  where m.org_id = org and m.role in ('owner', 'admin') and m.user_id is distinct from auth.uid()
    and org = any (array(select private.my_org_ids()));
$$;
grant execute on function private.other_approvers(uuid) to authenticated;

-- Corrects records as a retry says. A correction is a new version with its own idempotency key; the version it replaces is kept, and
-- each is audited in the name of whoever asked. The records stay under the lease they are under.
create function private.correct_payloads(retry public.retries, records bigint[], at timestamptz)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  actor constant text := coalesce(
    (select nullif(m.name, '') from public.members m where m.org_id = retry.org_id and m.user_id = retry.requested_by),
    retry.requested_by::text, 'platform');
  changed bigint[];
begin
  select array_agg(r.id) into changed from public.records r
  where r.org_id = retry.org_id and r.id = any (records)
    and private.content_of(private.as_sent(retry.mapping, retry.edit, r)) <> private.content_of(r);
  insert into public.record_versions (org_id, record_id, version, payload, amount, currency, occurred_on, label, handed_in_at, cause_id)
  select r.org_id, r.id, r.version, r.payload, r.amount, r.currency, r.occurred_on, r.label, correct_payloads.at, r.cause_id
  from public.records r where r.org_id = retry.org_id and r.id = any (changed)
  on conflict do nothing;
  insert into public.audit_log (org_id, at, actor_id, actor, action, system, integration_id, subject, before, after)
  select retry.org_id, correct_payloads.at, retry.requested_by, actor, 'record.corrected', i.system,
    retry.integration_id, 'record ' || r.id, c -> 'before', c -> 'after'
  from public.records r
  join public.integrations i on i.org_id = r.org_id and i.id = r.integration_id
  cross join lateral private.changes(private.content_of(r), private.content_of(private.as_sent(retry.mapping, retry.edit, r))) c
  where r.org_id = retry.org_id and r.id = any (changed)
  order by r.id;
  update public.records r
  set version = r.latest_version + 1, latest_version = r.latest_version + 1,
      idempotency_key = private.idempotency_key(r.integration_id, r.source_type, r.source_id, r.latest_version + 1),
      payload = s.payload, amount = s.amount, currency = s.currency, occurred_on = s.occurred_on
  from public.records was
  cross join lateral private.as_sent(retry.mapping, retry.edit, was) s
  where r.org_id = retry.org_id and r.id = any (changed) and was.org_id = r.org_id and was.id = r.id;
end $$;
