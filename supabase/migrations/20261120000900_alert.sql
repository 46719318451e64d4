-- Alert: changes of health become incidents, and incidents become one notice per person per change of state.

create table public.incidents (
  org_id uuid not null,
  id bigint generated always as identity,
  integration_id uuid not null,
  -- The rule that raised it and what it is about: one open incident per cause of alarm, never one per failure.
  alarm text not null,
  subject text not null default '',
  urgency text not null check (urgency in ('critical', 'high', 'medium', 'low')),
  state text not null default 'open' check (state in ('open', 'recovering', 'resolved')),
  opened_at timestamptz not null,
  resolved_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  assigned_to uuid,
  -- Nobody is told again before then, unless it becomes critical or is over.
  snoozed_until timestamptz,
  snoozed_by uuid,
  snooze_reason text,
  primary key (org_id, id),
  foreign key (org_id, integration_id) references public.integrations (org_id, id) on delete cascade
);
comment on table public.incidents is 'An episode for people: opens, is acknowledged, recovers, resolves.';
-- Serves private.alert: one open incident per cause of alarm.
create unique index incidents_open on public.incidents (org_id, integration_id, alarm, subject) where state <> 'resolved';
create index incidents_history on public.incidents (org_id, integration_id, id desc);
comment on index public.incidents_history is 'Serves the foreign key to public.integrations.';
create index incidents_snoozed on public.incidents (snoozed_until) where snoozed_until is not null;
comment on index public.incidents_snoozed is 'Serves private.wake_incidents.';

-- What a member wants to hear of, and how. No row: everything. Only owners and admins are told anything.
create table public.notification_settings (
  org_id uuid not null,
  user_id uuid not null,
  event text not null check (event in ('opened', 'raised', 'recovered', 'reminded', 'asked', 'decided')),
  channel text not null check (channel in ('in_app', 'email')),
  enabled boolean not null,
  primary key (org_id, user_id, event, channel),
  foreign key (org_id, user_id) references public.members (org_id, user_id) on delete cascade
);
comment on table public.notification_settings is 'What a member is told of by which channel, where it is not everything.';
create trigger notification_setting_changes_are_followed
  after insert or update or delete on public.notification_settings
  for each row execute function private.follow_members();
create trigger notification_setting_changes_are_audited
  after insert or update or delete on public.notification_settings
  for each row execute function private.audit_change('notification_setting');

-- Whom a new problem would reach outside the page: by e-mail. A view and no function, so that whoever judges many organizations
-- reads it with everything else.
create view private.told_members with (security_invoker = true) as
select m.org_id, m.user_id
from public.members m
join auth.users u on u.id = m.user_id
where m.role in ('owner', 'admin') and u.email is not null
  and not exists (
    select from public.notification_settings s
    where s.org_id = m.org_id and s.user_id = m.user_id and s.event = 'opened' and s.channel = 'email' and not s.enabled);
comment on view private.told_members is 'Members who would be told of a new problem by e-mail.';

create table public.notifications (
  org_id uuid not null,
  id bigint generated always as identity,
  user_id uuid not null,
  -- A test is about no integration.
  integration_id uuid,
  incident_id bigint,
  change_id bigint not null,
  -- `asked`: a correction waits for approval. `decided`: what became of one's own.
  kind text not null check (kind in ('opened', 'raised', 'recovered', 'reminded', 'asked', 'decided', 'test')),
  urgency text not null,
  -- False: by e-mail only, as the member wants it.
  in_app boolean not null default true,
  -- The facts, frozen when written; each reader's language is put on when it is read.
  notice jsonb not null,
  created_at timestamptz not null,
  read_at timestamptz,
  primary key (org_id, id),
  -- The same change tells the same person once.
  unique (org_id, change_id, user_id),
  foreign key (org_id, user_id) references public.members (org_id, user_id) on delete cascade,
  foreign key (org_id, incident_id) references public.incidents (org_id, id) on delete cascade,
  constraint notifications_are_about_an_incident check (
    kind = 'test' or (integration_id is not null and (incident_id is not null or kind in ('asked', 'decided'))))
);
comment on table public.notifications is 'What one member should know about one change of an incident.';
create index notifications_of_member on public.notifications (org_id, user_id, created_at desc, id desc);
comment on index public.notifications_of_member is 'Serves public.my_notifications.';
create index notifications_of_incident on public.notifications (org_id, incident_id);
comment on index public.notifications_of_incident is 'Serves the foreign key to public.incidents.';

create table public.deliveries (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  notification_id bigint not null,
  channel text not null check (channel in ('email')),
  address text not null,
  locale text not null,
  notice jsonb not null,
  -- The idempotency key of those that are sent in one request; null: sent alone, under its own id.
  batch uuid,
  -- Subject and texts as first rendered: a resend under the same idempotency key is the same to the letter.
  frozen jsonb,
  state text not null default 'pending' check (state in ('pending', 'sending', 'sent', 'refused', 'dead')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  token uuid,
  provider_id text,
  error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (org_id, id),
  unique (org_id, notification_id, channel),
  foreign key (org_id, notification_id) references public.notifications (org_id, id) on delete cascade
);
comment on table public.deliveries is 'One sending of one notification through one channel: a row before it is sent.';
create index deliveries_due on public.deliveries (next_attempt_at) where state in ('pending', 'sending');
comment on index public.deliveries_due is 'Serves public.claim_deliveries.';
create index deliveries_of_batch on public.deliveries (batch) where batch is not null and state in ('pending', 'sending');
comment on index public.deliveries_of_batch is 'Serves public.claim_deliveries: a batch is sent again whole.';

-- Amounts not across for an integration (or one of its causes), by currency, as decimal text.
create function private.amounts_open(org uuid, integration uuid, cause bigint default null)
  returns jsonb
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('currency', a.currency, 'amount', a.amount::text, 'records', a.records) order by a.currency), '[]')
  from (
    select r.currency, sum(r.amount) as amount, count(*) as records
    from public.records r
    where r.org_id = org and r.integration_id = integration and r.state not in ('exported', 'dismissed') and r.amount is not null
      and (amounts_open.cause is null or (r.cause_id = amounts_open.cause and r.state in ('failed', 'dead')))
    group by r.currency
  ) a;
$$;

-- The facts of a notice: the system's own words, the field, counts, amounts at risk, since when. No personal data of records.
create function private.notice_of(incident public.incidents, kind text, at timestamptz)
  returns jsonb
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'kind', notice_of.kind, 'alarm', incident.alarm, 'severity', incident.urgency, 'since', incident.opened_at, 'at', notice_of.at,
      'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
      'integration', jsonb_build_object('id', i.id, 'name', i.name, 'slug', i.slug, 'system', i.system),
      'failures', s.consecutive_failures,
      'error', case when l.error_message is not null then jsonb_build_object('message', l.error_message, 'code', l.error_code,
        'field', l.error_field, 'status', l.error_status) end,
      'selected', coalesce(l.selected, 0), 'failed', coalesce(l.failed, 0), 'run_id', l.id,
      'open_failed', (select count(*) from public.records r where r.org_id = i.org_id and r.integration_id = i.id and r.state in ('failed', 'dead')),
      'amounts', private.amounts_open(i.org_id, i.id, c.id),
      'cause', case when c.id is not null then jsonb_build_object('id', c.id, 'code', nullif(c.code, ''), 'field', nullif(c.field, ''),
        'message', c.sample, 'template', c.template,
        'values', (select coalesce(jsonb_agg(v.error_value), '[]') from (
          select r.error_value from public.records r
          where r.org_id = i.org_id and r.cause_id = c.id and r.state in ('failed', 'dead') and r.error_value is not null
          group by r.error_value order by count(*) desc, r.error_value limit 5) v),
        'records', (select count(*) from public.records r where r.org_id = i.org_id and r.cause_id = c.id and r.state in ('failed', 'dead'))) end,
      'cutoff', case when t.moment <= notice_of.at + interval '24 hours' then jsonb_build_object('at', t.moment, 'records',
        (select count(*) from public.records r where r.org_id = i.org_id and r.integration_id = i.id and r.state not in ('exported', 'dismissed'))) end,
      'advice', incident.alarm)
    from public.integrations i
    join public.organizations o on o.id = i.org_id
    join public.integration_status s on s.org_id = i.org_id and s.integration_id = i.id
    left join public.runs l on l.org_id = i.org_id and l.id = s.last_run_id
    left join public.causes c on incident.alarm = 'cause_refused' and c.org_id = i.org_id and c.id::text = incident.subject
    cross join lateral (select private.next_cutoff(i.org_id, notice_of.at) as moment) t
    where i.org_id = incident.org_id and i.id = incident.integration_id
  );
end $$;

-- Writes a notice for owners and admins (`people` null: all of them), in-app and by e-mail, as each wants it; the unique key makes a
-- second time do nothing.
create function private.tell(org uuid, people uuid[], integration uuid, incident bigint, change bigint, kind text, urgency text, facts jsonb,
  at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  with wanted as materialized (
    select m.org_id, m.user_id, m.locale,
           not exists (select from public.notification_settings s where s.org_id = m.org_id and s.user_id = m.user_id
             and s.event = tell.kind and s.channel = 'in_app' and not s.enabled) as in_app,
           not exists (select from public.notification_settings s where s.org_id = m.org_id and s.user_id = m.user_id
             and s.event = tell.kind and s.channel = 'email' and not s.enabled) as by_email
    from public.members m
    where m.org_id = tell.org and m.role in ('owner', 'admin') and (people is null or m.user_id = any (people))
  ), told as (
    insert into public.notifications (org_id, user_id, integration_id, incident_id, change_id, kind, urgency, in_app, notice, created_at)
    select w.org_id, w.user_id, tell.integration, tell.incident, tell.change, tell.kind, tell.urgency, w.in_app, facts, tell.at
    from wanted w
    where w.in_app or w.by_email
    on conflict (org_id, change_id, user_id) do nothing
    returning org_id, id, user_id
  )
  insert into public.deliveries (org_id, notification_id, channel, address, locale, notice, next_attempt_at, created_at)
  select t.org_id, t.id, 'email', u.email, w.locale, facts, tell.at, tell.at
  from told t
  join wanted w on w.org_id = t.org_id and w.user_id = t.user_id
  join auth.users u on u.id = t.user_id
  where u.email is not null and w.by_email
  on conflict (org_id, notification_id, channel) do nothing;
end $$;

-- Tells every owner and admin of a change of an incident.
create function private.notify(incident public.incidents, kind text, change bigint, at timestamptz)
  returns void
  language sql
  security definer
  set search_path = ''
as $$
  select private.tell(incident.org_id, null, incident.integration_id, incident.id, notify.change, notify.kind, incident.urgency,
    private.notice_of(incident, notify.kind, notify.at), notify.at);
$$;

create function private.urgency_rank(urgency text)
  returns integer
  language sql
  immutable
  set search_path = ''
as $$
  select array_position(array['low', 'medium', 'high', 'critical'], urgency);
$$;

-- One change of a finding becomes a change of its incident, and a notice where people must hear of it.
create function private.alert_change(change public.health_changes)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  incident public.incidents;
begin
  select i.* into incident from public.incidents i
  where i.org_id = change.org_id and i.integration_id = change.integration_id and i.alarm = change.rule and i.subject = change.subject
    and i.state <> 'resolved'
  for update;
  if change.kind = 'closed' then
    if found then
      update public.incidents i set state = 'resolved', resolved_at = change.at, snoozed_until = null, snoozed_by = null, snooze_reason = null
      where i.org_id = incident.org_id and i.id = incident.id returning i.* into incident;
      -- Switching an integration off ends its alarms; it is not a recovery.
      if exists (select from public.integrations i where i.org_id = incident.org_id and i.id = incident.integration_id and i.enabled) then
        perform private.notify(incident, 'recovered', change.id, change.at);
      end if;
    end if;
  elsif not found then
    -- What came and went before anybody could be told (in a maintenance window) is history, not news.
    if change.after = 'info' or not exists (
      select from public.findings f where f.org_id = change.org_id and f.integration_id = change.integration_id and f.rule = change.rule
        and f.subject = change.subject and f.closed_at is null) then
      return;
    end if;
    insert into public.incidents (org_id, integration_id, alarm, subject, urgency, opened_at)
    values (change.org_id, change.integration_id, change.rule, change.subject, change.urgency, change.at)
    returning * into incident;
    perform private.notify(incident, 'opened', change.id, change.at);
  else
    update public.incidents i set state = case when change.after = 'info' then 'recovering' else 'open' end,
      urgency = case when private.urgency_rank(change.urgency) > private.urgency_rank(i.urgency) then change.urgency else i.urgency end
    where i.org_id = incident.org_id and i.id = incident.id;
    if private.urgency_rank(change.urgency) > private.urgency_rank(incident.urgency) then
      incident.urgency := change.urgency;
      -- A snooze holds back what is no worse than it was known to be; what becomes critical ends it.
      if incident.urgency = 'critical' or (incident.snoozed_until > change.at) is not true then
        update public.incidents i set snoozed_until = null, snoozed_by = null, snooze_reason = null
        where i.org_id = incident.org_id and i.id = incident.id and i.snoozed_until is not null;
        perform private.notify(incident, 'raised', change.id, change.at);
      end if;
    end if;
  end if;
end $$;

-- Reads the changes of one integration that nobody was told of yet, in order. During maintenance they wait and are read at its end. A
-- change whose handling fails is left for the next tick and does not stop the others. Returns how many were handled.
create function private.alert_integration(org uuid, integration uuid, at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  handled integer := 0;
  change public.health_changes;
begin
  if private.in_maintenance(org, integration, alert_integration.at) then
    return 0;
  end if;
  -- One teller at a time for an integration, so that what happened to a finding is told in the order in which it happened. Whoever
  -- ends a run has this row already; what somebody else holds is left to the next tick.
  perform from public.integration_status s
  where s.org_id = alert_integration.org and s.integration_id = alert_integration.integration
  for update skip locked;
  if not found then
    return 0;
  end if;
  for change in
    select c.* from public.health_changes c
    where c.org_id = alert_integration.org and c.integration_id = alert_integration.integration and not c.alerted
    order by c.id
  loop
    begin
      if change.kind <> 'light' and (change.urgency is not null or change.kind = 'closed') then
        perform private.alert_change(change);
      end if;
      update public.health_changes c set alerted = true where c.org_id = change.org_id and c.id = change.id;
      handled := handled + 1;
    exception when others then
      raise warning 'health change % was not alerted: % (%)', change.id, sqlerrm, sqlstate;
    end;
  end loop;
  return handled;
end $$;

-- Ends the snoozes whose time is over and reminds of what is still open; during maintenance that waits. Returns how many ended.
create function private.wake_incidents(at timestamptz)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  woken integer := 0;
  incident public.incidents;
begin
  for incident in
    select i.* from public.incidents i
    where i.snoozed_until <= wake_incidents.at and not private.in_maintenance(i.org_id, i.integration_id, wake_incidents.at)
    order by i.snoozed_until limit 1000
    for update skip locked
  loop
    update public.incidents i set snoozed_until = null, snoozed_by = null, snooze_reason = null
    where i.org_id = incident.org_id and i.id = incident.id;
    -- Told under a number no change of health has or will have.
    if incident.state = 'open' then
      perform private.notify(incident, 'reminded', nextval(pg_get_serial_sequence('public.health_changes', 'id')), wake_incidents.at);
    end if;
    woken := woken + 1;
  end loop;
  return woken;
end $$;

-- Tells what nobody was told of yet, the integration that waits longest first. Returns how many changes were handled.
create function private.alert(at timestamptz default now())
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  handled integer := 0;
  waiting record;
begin
  for waiting in
    select c.org_id, c.integration_id from public.health_changes c
    where not c.alerted
    group by c.org_id, c.integration_id
    order by min(c.id) limit 1000
  loop
    handled := handled + private.alert_integration(waiting.org_id, waiting.integration_id, alert.at);
  end loop;
  perform private.wake_incidents(alert.at);
  perform private.ring_deliver(alert.at);
  return handled;
end $$;

create function private.mark_read(org uuid, notifications bigint[])
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  marked integer;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  update public.notifications n set read_at = now()
  where n.org_id = org and n.user_id = auth.uid() and n.read_at is null
    and (mark_read.notifications is null or n.id = any (mark_read.notifications));
  get diagnostics marked = row_count;
  return marked;
end $$;
grant execute on function private.mark_read(uuid, bigint[]) to authenticated;

-- Marks the caller's own notifications as read (null: all of them). Answers how many.
create function public.mark_read(org uuid, notifications bigint[] default null)
  returns integer
  language sql
  set search_path = ''
as $$
  select private.mark_read(org, notifications);
$$;
grant execute on function public.mark_read(uuid, bigint[]) to authenticated;
comment on function public.mark_read is 'Marks the caller''s own notifications as read; null means all. Answers how many.';

alter table public.incidents enable row level security;
alter table public.notification_settings enable row level security;
alter table public.notifications enable row level security;
alter table public.deliveries enable row level security;

create policy "members see their incidents" on public.incidents
  for select to authenticated using (org_id = any (array(select private.my_org_ids())));
create policy "members see their own notification settings" on public.notification_settings
  for select to authenticated using (user_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids())));
create policy "members see their own notifications" on public.notifications
  for select to authenticated using (user_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids())));
create policy "owners and admins see deliveries" on public.deliveries
  for select to authenticated using (org_id = any (array(select private.my_org_ids(array['owner', 'admin']))));

grant select on public.incidents, public.notification_settings, public.notifications, public.deliveries to authenticated, service_role;
