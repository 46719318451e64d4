-- Show what helped the last time: a cause that was met before was put right once, and how is known.

create index audit_log_of_setup on public.audit_log (org_id, integration_id, at desc) where action in ('credential.set', 'integration.changed');
comment on index public.audit_log_of_setup is 'Serves public.cause_fixes: what was changed between a refusal and the success after it.';

-- What differs between two versions of a record, the field asked for first: the first such field with both its values, and how many
-- differ. A version that is not there any more differs in nothing.
create function private.version_change(org uuid, record bigint, was integer, became integer, field text)
  returns table (changed_field text, before text, after text, fields bigint)
  language sql
  stable
  set search_path = ''
as $$
  with v as (
    select h.version, h.payload, h.amount, h.currency, h.occurred_on from public.record_versions h
    where h.org_id = version_change.org and h.record_id = version_change.record and h.version in (was, became)
    union all
    select r.version, r.payload, r.amount, r.currency, r.occurred_on from public.records r
    where r.org_id = version_change.org and r.id = version_change.record and r.version in (was, became)
  ), c as (
    select v.version, v.payload || jsonb_strip_nulls(jsonb_build_object('record.amount', trim_scale(v.amount)::text,
      'record.currency', v.currency, 'record.occurred_on', to_char(v.occurred_on, 'YYYY-MM-DD'))) as content
    from v
  ), d as (
    select k.key, o.content ->> k.key as before, n.content ->> k.key as after
    from c o
    join c n on o.version = was and n.version = became
    cross join lateral jsonb_object_keys(o.content || n.content) k (key)
    where o.content -> k.key is distinct from n.content -> k.key
  )
  select d.key, left(d.before, 500), left(d.after, 500), count(*) over () from d order by d.key is distinct from field, d.key limit 1;
$$;
grant execute on function private.version_change(uuid, bigint, integer, integer, text) to authenticated;

create view public.cause_fixes with (security_invoker = true) as
select
  c.org_id, c.integration_id, c.id as cause_id,
  -- Another cause with the same words (of another field, or with another code) where this one was never fixed itself.
  case when d.id is null then f.id else c.id end as fixed_cause_id,
  case
    when d.id is not null then 'dismissed'
    when h.changed_field is not null then case when t.edit is not null then 'edited' when t.mapping is not null then 'corrected' else 'handed_in' end
    when s.action = 'credential.set' then 'credential'
    when s.action is not null then 'settings'
    when t.id is not null then 'retried'
    else 'by_itself'
  end as how,
  coalesce(d.closed_at, f.fixed_at) as at, coalesce(d.id, f.fixed_record_id) as record_id,
  (select coalesce(r.label, r.source_id) from public.records r where r.org_id = c.org_id and r.id = coalesce(d.id, f.fixed_record_id)) as record_name,
  (
    select m.name from public.members m
    where m.org_id = c.org_id and m.user_id = case
      when d.id is not null then d.closed_by
      when h.changed_field is null and s.action is not null then s.actor_id
      else t.requested_by end
  ) as by_name,
  case when d.id is null then f.refused_at end as refused_at,
  case when d.id is null then h.changed_field end as field, case when d.id is null then h.before end as before,
  case when d.id is null then h.after end as after, case when d.id is null then h.fields end as fields,
  d.closed_reason as reason
from public.causes c
left join lateral (
  select p.id, p.fixed_at, p.fixed_record_id, p.fixed_version, p.fixed_retry_id, p.refused_version, p.refused_at, p.payload_field
  from public.causes p
  where p.org_id = c.org_id and p.integration_id = c.integration_id and p.template = c.template and p.fixed_at is not null
  order by p.id = c.id desc, p.fixed_at desc limit 1
) f on true
left join lateral (
  -- Dismissed since; otherwise it is the success that helped.
  select r.id, r.closed_at, r.closed_by, r.closed_reason from public.records r
  where r.org_id = c.org_id and r.cause_id = c.id and r.state = 'dismissed' and (f.fixed_at is null or r.closed_at > f.fixed_at)
  order by r.closed_at desc limit 1
) d on true
left join public.retries t on t.org_id = c.org_id and t.id = f.fixed_retry_id
left join lateral private.version_change(c.org_id, f.fixed_record_id, f.refused_version, f.fixed_version, f.payload_field) h on true
left join lateral (
  select a.action, a.actor_id from public.audit_log a
  where a.org_id = c.org_id and a.integration_id = c.integration_id and a.action in ('credential.set', 'integration.changed')
    and (a.action = 'credential.set' or a.after ? 'settings') and a.at > f.refused_at and a.at <= f.fixed_at
  order by a.at desc limit 1
) s on true
where f.id is not null or d.id is not null;
comment on view public.cause_fixes is
  'What helped the last time records of a cause got across, or why they were dismissed. Causes that were never fixed are not in it.';
grant select on public.cause_fixes to authenticated;
create trigger views_are_read_only instead of insert or update or delete on public.cause_fixes
  for each row execute function private.refuse_write();
