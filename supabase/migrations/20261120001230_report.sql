-- Report: what a period brought, and the statement, signed by name, that everything of it is accounted for.

create table public.statements (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  first_day date not null,
  last_day date not null,
  -- What was signed, as it was shown; and of which records, in which states.
  content jsonb not null,
  fingerprint text not null,
  signed_by uuid,
  signed_name text not null,
  signed_at timestamptz not null,
  note text check (length(note) <= 2000),
  primary key (org_id, id),
  check (first_day <= last_day),
  foreign key (org_id, integration_id) references public.integrations (org_id, id)
);
comment on table public.statements is 'Append-only: who signed that a period of an integration is complete, and what it held then.';
create index statements_of_period on public.statements (org_id, integration_id, first_day, last_day, id desc);
comment on index public.statements_of_period is 'Serves public.completeness, and the foreign key to public.integrations.';
alter table public.statements enable row level security;
create policy "members see their statements" on public.statements
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
grant select on public.statements to authenticated, service_role;

-- Functions that read for a member run with the member's own rights; this only says in words what those would answer with nothing.
grant execute on function private.require_role(uuid, text[]) to authenticated;

-- What each integration did in a period of whole days in the organization's zone. `red_seconds` is the time its light was red;
-- `detect_seconds` the median time from the first failed run to the incident, `fix_seconds` from the incident to its end.
create function public.period_report(org uuid, first_day date, last_day date, at timestamptz default now())
  returns table (
    integration_id uuid, slug text, name text, system text, runs bigint, failed_runs bigint, exported bigint, refused bigint, amounts jsonb,
    red_seconds bigint, incidents bigint, open_incidents bigint, detect_seconds bigint, fix_seconds bigint)
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with span as (
    select o.id as org_id, period_report.first_day::timestamp at time zone o.time_zone as from_at,
           (period_report.last_day + 1)::timestamp at time zone o.time_zone as to_at
    from public.organizations o where o.id = org
  )
  select i.id, i.slug, i.name, i.system, r.runs, r.failed_runs, m.exported, r.refused, m.amounts, h.red_seconds, n.incidents, n.open_incidents,
         n.detect_seconds, n.fix_seconds
  from span s
  join public.integrations i on i.org_id = s.org_id
  cross join lateral (
    select count(*) as runs, count(*) filter (where r.status = 'failed') as failed_runs, coalesce(sum(r.failed), 0)::bigint as refused
    from public.runs r
    where r.org_id = i.org_id and r.integration_id = i.id and r.finished_at >= s.from_at and r.finished_at < s.to_at
  ) r
  cross join lateral (
    select coalesce(sum(c.records), 0)::bigint as exported,
           coalesce(jsonb_agg(jsonb_build_object('currency', c.currency, 'amount', c.amount::text, 'records', c.priced) order by c.currency)
             filter (where c.priced > 0), '[]') as amounts
    from (
      select x.currency, count(*) as records, count(x.amount) as priced, sum(x.amount) as amount
      from public.records x
      where x.org_id = i.org_id and x.integration_id = i.id and x.state = 'exported' and x.settled_at >= s.from_at and x.settled_at < s.to_at
      group by x.currency
    ) c
  ) m
  cross join lateral (
    select coalesce(sum(extract(epoch from c.until - greatest(c.since, s.from_at))), 0)::bigint as red_seconds
    from (
      select l.at as since, l.after, lead(l.at, 1, least(s.to_at, period_report.at)) over (order by l.id) as until
      from public.health_changes l
      where l.org_id = i.org_id and l.integration_id = i.id and l.kind = 'light' and l.at < s.to_at
    ) c
    where c.after = 'red' and c.until > s.from_at
  ) h
  cross join lateral (
    select count(*) as incidents, count(*) filter (where t.state <> 'resolved') as open_incidents,
           percentile_cont(0.5) within group (order by extract(epoch from t.opened_at - coalesce(b.began_at, t.opened_at)))::bigint as detect_seconds,
           percentile_cont(0.5) within group (order by extract(epoch from t.resolved_at - t.opened_at))::bigint as fix_seconds
    from public.incidents t
    cross join lateral (
      select min(f.finished_at) as began_at
      from public.runs f
      where f.org_id = t.org_id and f.integration_id = t.integration_id and f.status = 'failed' and f.finished_at <= t.opened_at
        and f.id > coalesce((
          select max(g.id) from public.runs g
          where g.org_id = t.org_id and g.integration_id = t.integration_id and g.status in ('succeeded', 'warning') and g.finished_at < t.opened_at), 0)
    ) b
    where t.org_id = i.org_id and t.integration_id = i.id and t.opened_at >= s.from_at and t.opened_at < s.to_at
  ) n
  order by i.name, i.id;
$$;
grant execute on function public.period_report(uuid, date, date, timestamptz) to authenticated;
comment on function public.period_report is
  'Per integration: runs, what went across and its amounts, refusals, time red, incidents, and the times to detect and to fix them. Refuses with SW404.';

-- Whether everything of a period is accounted for: in source = exported + excluded + failed + uncertain + waiting, by count and, per
-- currency, by amount. A record belongs to the day it carries, or else to the day it was handed in. `fingerprint` changes when
-- any record of the period does; a signature is `current` until then.
create function public.completeness(org uuid, first_day date, last_day date)
  returns table (integration_id uuid, counts jsonb, lines jsonb, fingerprint text, signature jsonb)
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  with dated as (
    select r.integration_id, r.id, r.version, r.amount, r.currency, case
        when r.state = 'exported' then 'exported'
        when r.state = 'dismissed' then 'excluded'
        when r.state in ('failed', 'dead') then 'failed'
        when r.state = 'uncertain' then 'uncertain'
        else 'waiting' end as kind
    from public.records r
    join public.organizations o on o.id = r.org_id
    where r.org_id = org
      and coalesce(r.occurred_on, (r.created_at at time zone o.time_zone)::date) between completeness.first_day and completeness.last_day
  ), kinds as (
    select d.integration_id, d.currency, d.kind, count(*) as records, sum(d.amount) as amount,
           bit_xor(hashtextextended(concat_ws(' ', d.id, d.version, d.kind, d.amount, d.currency), 0)) as print
    from dated d
    group by d.integration_id, d.currency, d.kind
  ), lines as (
    select k.integration_id, jsonb_build_object('currency', k.currency, 'in_source', sum(k.amount)::text) || jsonb_object_agg(k.kind, k.amount::text) as line
    from kinds k
    where k.currency is not null
    group by k.integration_id, k.currency
  ), totals as (
    select k.integration_id, k.kind, sum(k.records)::bigint as records from kinds k group by k.integration_id, k.kind
  ), prints as (
    select k.integration_id, sum(k.records) || '-' || to_hex(bit_xor(k.print)) as fingerprint from kinds k group by k.integration_id
  )
  select i.id,
    (select jsonb_build_object('in_source', coalesce(sum(t.records), 0), 'exported', 0, 'excluded', 0, 'failed', 0, 'uncertain', 0, 'waiting', 0)
       || coalesce(jsonb_object_agg(t.kind, t.records), '{}')
     from totals t where t.integration_id = i.id),
    coalesce((select jsonb_agg(l.line order by l.line ->> 'currency') from lines l where l.integration_id = i.id), '[]'),
    coalesce((select p.fingerprint from prints p where p.integration_id = i.id), '0'),
    (select jsonb_build_object('name', s.signed_name, 'at', s.signed_at, 'note', s.note, 'current',
       s.fingerprint = coalesce((select p.fingerprint from prints p where p.integration_id = i.id), '0'))
     from public.statements s
     where s.org_id = i.org_id and s.integration_id = i.id and s.first_day = completeness.first_day and s.last_day = completeness.last_day
     order by s.id desc limit 1)
  from public.integrations i
  where i.org_id = org
  order by i.name, i.id;
$$;
grant execute on function public.completeness(uuid, date, date) to authenticated;
comment on function public.completeness is
  'Per integration: what a period holds by where it is now, the latest signature under it, and whether that is still true. Refuses with SW404.';

-- What was left out of a period on purpose: each record with who did it, when and why. At most 500, newest first.
create function public.excluded_records(org uuid, integration uuid, first_day date, last_day date)
  returns table (record_id bigint, label text, source_id text, amount text, currency text, excluded_at timestamptz, excluded_by text, reason text)
  language sql
  stable
  set search_path = ''
as $$
  select private.require_role(org, array['owner', 'admin', 'viewer']);
  select r.id, r.label, r.source_id, r.amount::text, r.currency, coalesce(a.at, r.settled_at), a.actor, a.reason
  from public.records r
  join public.organizations o on o.id = r.org_id
  left join lateral (
    select l.at, l.actor, l.reason from public.audit_log l
    where l.org_id = r.org_id and l.integration_id = r.integration_id and l.action = 'record.dismissed' and l.subject = 'record ' || r.id
    order by l.id desc limit 1
  ) a on true
  where r.org_id = org and r.integration_id = integration and r.state = 'dismissed'
    and coalesce(r.occurred_on, (r.created_at at time zone o.time_zone)::date) between excluded_records.first_day and excluded_records.last_day
  order by coalesce(a.at, r.settled_at) desc, r.id desc
  limit 500;
$$;
grant execute on function public.excluded_records(uuid, uuid, date, date) to authenticated;
comment on function public.excluded_records is 'The records of a period that were taken out on purpose, with who, when and why. Refuses with SW404.';

create function private.sign_statement(org uuid, integration uuid, first_day date, last_day date, fingerprint text, note text, at timestamptz)
  returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  found_now record;
  zone text;
  signed bigint;
begin
  perform private.require_role(org);
  perform private.integration_of(org, integration);
  select o.time_zone into zone from public.organizations o where o.id = org;
  if first_day is null or last_day is null or first_day > last_day or last_day - first_day > 400 then
    perform private.refuse('SW422', 'A period has a first and a last day, at most 400 days apart.', 'Choose the period again.');
  elsif last_day >= (sign_statement.at at time zone zone)::date then
    perform private.refuse('SW409', 'The period is not over yet.', 'Sign on the day after its last.');
  end if;
  select c.counts, c.lines, c.fingerprint into found_now
  from public.completeness(org, sign_statement.first_day, sign_statement.last_day) c where c.integration_id = integration;
  if found_now.fingerprint is distinct from sign_statement.fingerprint then
    perform private.refuse('SW409', 'The records of this period have changed since you looked.', 'Look at the figures again, then sign.');
  elsif (found_now.counts ->> 'waiting')::bigint > 0 then
    perform private.refuse('SW409', format('%s records of this period are still on their way.', found_now.counts ->> 'waiting'),
      'Wait until they are across, or take them out with a reason.');
  end if;
  insert into public.statements (org_id, integration_id, first_day, last_day, content, fingerprint, signed_by, signed_name, signed_at, note)
  select org, integration, sign_statement.first_day, sign_statement.last_day,
         jsonb_build_object('counts', found_now.counts, 'lines', found_now.lines), found_now.fingerprint, m.user_id,
         coalesce(nullif(m.name, ''), u.email), sign_statement.at, nullif(trim(sign_statement.note), '')
  from public.members m join auth.users u on u.id = m.user_id
  where m.org_id = org and m.user_id = auth.uid()
  returning id into signed;
  perform private.audit(org, 'statement.signed', sign_statement.at, integration, subject := 'statement ' || signed,
    after := jsonb_build_object('first_day', first_day, 'last_day', last_day, 'counts', found_now.counts), reason := nullif(trim(note), ''));
  return signed;
end $$;
grant execute on function private.sign_statement(uuid, uuid, date, date, text, text, timestamptz) to authenticated;

-- Signs, in the caller's name, that a period of an integration is accounted for as `completeness` showed it. Owner or admin. What
-- changes afterwards shows as changed; the signature stays as it was.
create function public.sign_statement(org uuid, integration uuid, first_day date, last_day date, fingerprint text, note text default null)
  returns bigint
  language sql
  set search_path = ''
as $$
  select private.sign_statement(org, integration, first_day, last_day, fingerprint, note, now());
$$;
grant execute on function public.sign_statement(uuid, uuid, date, date, text, text) to authenticated;
comment on function public.sign_statement is
  'Signs that a period is accounted for; answers the statement''s id. Refuses with SW403, SW404, SW409 (not over, changed, still moving), SW422.';
