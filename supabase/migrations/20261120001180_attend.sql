-- Attend: what people do about an incident, what each wants to be told of, and whether it would reach them.

-- The incident, locked, or a refusal that says so.
create function private.open_incident(org uuid, incident bigint)
  returns public.incidents
  language plpgsql
  set search_path = ''
as $$
declare
  found_one public.incidents;
begin
  perform private.require_role(org);
  select i.* into found_one from public.incidents i where i.org_id = org and i.id = incident for update;
  if not found then
    perform private.refuse('SW404', 'There is no such incident in this organization.', 'Check the address.');
  elsif found_one.state = 'resolved' then
    perform private.refuse('SW409', 'This incident is over.', 'Reload the page.');
  end if;
  return found_one;
end $$;

create function private.check_optional_reason(reason text)
  returns text
  language plpgsql
  set search_path = ''
as $$
begin
  if nullif(trim(reason), '') is not null then
    perform private.check_reason(reason, 'A reason has at least 3 characters.', 'Say why, or leave it out.');
  end if;
  return nullif(trim(reason), '');
end $$;

create function private.acknowledge_incident(org uuid, incident bigint, acknowledged boolean, reason text, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target constant public.incidents := private.open_incident(org, incident);
  why constant text := private.check_optional_reason(reason);
begin
  if acknowledged is null then
    perform private.refuse('SW422', 'acknowledged is true or false.', 'Say whether somebody is on it.');
  elsif acknowledged = (target.acknowledged_at is not null) then
    return;
  end if;
  update public.incidents i
  set acknowledged_at = case when acknowledged then acknowledge_incident.at end, acknowledged_by = case when acknowledged then auth.uid() end
  where i.org_id = org and i.id = incident;
  perform private.audit(org, case when acknowledged then 'incident.acknowledged' else 'incident.acknowledgement_withdrawn' end,
    acknowledge_incident.at, target.integration_id, 'incident ' || incident, jsonb_build_object('acknowledged_at', target.acknowledged_at),
    jsonb_build_object('acknowledged_at', case when acknowledged then acknowledge_incident.at end), why);
end $$;
grant execute on function private.acknowledge_incident(uuid, bigint, boolean, text, timestamptz) to authenticated;

-- Says that somebody has seen an incident, or takes that back. Owner or admin.
create function public.acknowledge_incident(org uuid, incident bigint, acknowledged boolean default true, reason text default null)
  returns void
  language sql
  set search_path = ''
as $$
  select private.acknowledge_incident(org, incident, acknowledged, reason, now());
$$;
grant execute on function public.acknowledge_incident(uuid, bigint, boolean, text) to authenticated;
comment on function public.acknowledge_incident is 'Acknowledges an open incident, or takes that back. Refuses with SW403, SW404, SW409 (over), SW422.';

create function private.assign_incident(org uuid, incident bigint, member uuid, reason text, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target constant public.incidents := private.open_incident(org, incident);
  why constant text := private.check_optional_reason(reason);
begin
  if target.assigned_to is not distinct from member then
    return;
  -- Locked, so that nobody is removed while the incident becomes theirs.
  elsif member is not null then
    perform from public.members m where m.org_id = org and m.user_id = member and m.role in ('owner', 'admin') for share;
    if not found then
      perform private.refuse('SW422', 'An incident is assigned to an owner or admin of the organization.', 'Choose somebody who may act.');
    end if;
  end if;
  update public.incidents i set assigned_to = member where i.org_id = org and i.id = incident;
  perform private.audit(org, 'incident.assigned', assign_incident.at, target.integration_id, 'incident ' || incident,
    jsonb_build_object('assigned_to', (select m.name from public.members m where m.org_id = org and m.user_id = target.assigned_to)),
    jsonb_build_object('assigned_to', (select m.name from public.members m where m.org_id = org and m.user_id = member)), why);
end $$;
grant execute on function private.assign_incident(uuid, bigint, uuid, text, timestamptz) to authenticated;

-- Puts an incident into somebody's hands (null: nobody's). Owner or admin, to an owner or admin.
create function public.assign_incident(org uuid, incident bigint, member uuid default null, reason text default null)
  returns void
  language sql
  set search_path = ''
as $$
  select private.assign_incident(org, incident, member, reason, now());
$$;
grant execute on function public.assign_incident(uuid, bigint, uuid, text) to authenticated;
comment on function public.assign_incident is 'Assigns an open incident to an owner or admin, or to nobody. Refuses with SW403, SW404, SW409 (over), SW422.';

create function private.snooze_incident(org uuid, incident bigint, minutes integer, reason text, at timestamptz)
  returns timestamptz
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target constant public.incidents := private.open_incident(org, incident);
  until constant timestamptz := case when minutes is not null then snooze_incident.at + make_interval(mins => least(minutes, 100000)) end;
begin
  if minutes is null then
    if target.snoozed_until is null then
      return null;
    end if;
  elsif minutes not between 5 and 10080 then
    perform private.refuse('SW422', 'A snooze lasts from 5 minutes to 7 days.', 'Choose a time in between.');
  else
    perform private.check_reason(reason, 'A snooze needs a reason.', 'Say why nobody need hear of this for a while.');
    -- A second click is no second act.
    if target.snoozed_until - until between interval '-1 minute' and interval '1 minute' and target.snooze_reason = trim(reason) then
      return target.snoozed_until;
    end if;
  end if;
  update public.incidents i
  set snoozed_until = until, snoozed_by = case when until is not null then auth.uid() end,
      snooze_reason = case when until is not null then trim(reason) end
  where i.org_id = org and i.id = incident;
  perform private.audit(org, case when until is null then 'incident.snooze_ended' else 'incident.snoozed' end, snooze_incident.at,
    target.integration_id, 'incident ' || incident, jsonb_build_object('snoozed_until', target.snoozed_until),
    jsonb_build_object('snoozed_until', until), nullif(trim(reason), ''));
  return until;
end $$;
grant execute on function private.snooze_incident(uuid, bigint, integer, text, timestamptz) to authenticated;

-- Tells nobody about an incident again for `minutes` (null: ends that now). It ends by itself when the incident is over, and when it
-- becomes critical; when its time is over and the incident is not, people are reminded. Owner or admin.
create function public.snooze_incident(org uuid, incident bigint, minutes integer default null, reason text default null)
  returns timestamptz
  language sql
  set search_path = ''
as $$
  select private.snooze_incident(org, incident, minutes, reason, now());
$$;
grant execute on function public.snooze_incident(uuid, bigint, integer, text) to authenticated;
comment on function public.snooze_incident is 'Snoozes an open incident, or ends its snooze; answers until when. Refuses with SW403, SW404, SW409 (over), SW422.';

create function private.set_notification(org uuid, event text, channel text, enabled boolean)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  told_before boolean;
begin
  perform private.require_role(org);
  if (event in ('opened', 'raised', 'recovered', 'reminded', 'asked', 'decided') and channel in ('in_app', 'email') and enabled is not null) is not true then
    perform private.refuse('SW422', 'An event is opened, raised, recovered, reminded, asked or decided, a channel in_app or email.', 'Say whether you want it.');
  end if;
  -- All of them, so that two who each leave it to the other take turns.
  perform from public.members m where m.org_id = org order by m.user_id for update;
  told_before := exists (select from private.told_members t where t.org_id = set_notification.org);
  insert into public.notification_settings as s (org_id, user_id, event, channel, enabled)
  values (org, auth.uid(), set_notification.event, set_notification.channel, set_notification.enabled)
  on conflict on constraint notification_settings_pkey do update set enabled = excluded.enabled where s.enabled <> excluded.enabled;
  if told_before and not exists (select from private.told_members t where t.org_id = set_notification.org) then
    perform private.refuse('SW409', 'You are the last whom an alarm would reach.',
      'Let another owner or admin get e-mail about new problems first.');
  end if;
end $$;
grant execute on function private.set_notification(uuid, text, text, boolean) to authenticated;

-- What the caller wants to be told of, by which channel. The last who would be reached cannot opt out.
create function public.set_notification(org uuid, event text, channel text, enabled boolean)
  returns void
  language sql
  set search_path = ''
as $$
  select private.set_notification(org, event, channel, enabled);
$$;
grant execute on function public.set_notification(uuid, text, text, boolean) to authenticated;
comment on function public.set_notification is 'Switches an event on or off for one of the caller''s channels. Refuses with SW403, SW404, SW409 (the last reached), SW422.';

create function private.send_test(org uuid, channel text, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  me public.members;
  facts jsonb;
  notification bigint;
  delivery uuid;
  address text;
begin
  perform private.require_role(org);
  if (channel in ('in_app', 'email')) is not true then
    perform private.refuse('SW422', 'A channel is in_app or email.', 'Say which one to try.');
  end if;
  select m.* into me from public.members m where m.org_id = org and m.user_id = auth.uid() for update;
  if (select count(*) from public.notifications n where n.org_id = org and n.user_id = me.user_id and n.kind = 'test'
      and n.created_at > send_test.at - interval '10 minutes') >= 5 then
    perform private.refuse('SW429', 'Five tests within ten minutes are enough.', 'Wait ten minutes.');
  end if;
  -- It is about no integration, and carries the organization in its place.
  select jsonb_build_object('kind', 'test', 'alarm', 'test', 'severity', 'low', 'since', send_test.at, 'at', send_test.at,
      'organization', jsonb_build_object('name', o.name, 'slug', o.slug, 'time_zone', o.time_zone),
      'integration', jsonb_build_object('id', o.id, 'name', o.name, 'slug', o.slug, 'system', 'syncward'))
  into facts from public.organizations o where o.id = org;
  insert into public.notifications (org_id, user_id, change_id, kind, urgency, in_app, notice, created_at)
  values (org, me.user_id, nextval(pg_get_serial_sequence('public.health_changes', 'id')), 'test', 'low', channel = 'in_app', facts, send_test.at)
  returning id into notification;
  if channel = 'email' then
    select u.email into address from auth.users u where u.id = me.user_id;
    if address is null then
      perform private.refuse('SW409', 'Your account has no e-mail address.', 'Add one to your account.');
    end if;
    insert into public.deliveries (org_id, notification_id, channel, address, locale, notice, next_attempt_at, created_at)
    values (org, notification, 'email', address, me.locale, facts, send_test.at, send_test.at)
    returning id into delivery;
    perform private.ring_deliver(send_test.at);
  end if;
  perform private.audit(org, 'notification.tested', send_test.at, after := jsonb_build_object('channel', channel));
  return jsonb_build_object('notification_id', notification, 'delivery_id', delivery);
end $$;
grant execute on function private.send_test(uuid, text, timestamptz) to authenticated;

-- Sends the caller a test by a channel, the way an alarm goes: {notification_id, delivery_id}. What became of it is in `deliveries`.
create function public.send_test(org uuid, channel text)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.send_test(org, channel, now());
$$;
grant execute on function public.send_test(uuid, text) to authenticated;
comment on function public.send_test is 'Sends the caller a test: {notification_id, delivery_id}. Refuses with SW403, SW404, SW422, SW429 (five in ten minutes).';

create view public.open_incidents with (security_invoker = true) as
select n.org_id, n.id, n.integration_id,
  (select i.name from public.integrations i where i.org_id = n.org_id and i.id = n.integration_id) as integration_name,
  (select i.slug from public.integrations i where i.org_id = n.org_id and i.id = n.integration_id) as integration_slug,
  n.alarm, n.subject, n.urgency, n.state, n.opened_at, n.acknowledged_at,
  (select m.name from public.members m where m.org_id = n.org_id and m.user_id = n.acknowledged_by) as acknowledged_by_name,
  n.assigned_to, (select m.name from public.members m where m.org_id = n.org_id and m.user_id = n.assigned_to) as assigned_to_name,
  n.snoozed_until, (select m.name from public.members m where m.org_id = n.org_id and m.user_id = n.snoozed_by) as snoozed_by_name, n.snooze_reason,
  (select f.evidence from public.findings f where f.org_id = n.org_id and f.integration_id = n.integration_id and f.rule = n.alarm
    and f.subject = n.subject and f.closed_at is null) as evidence
from public.incidents n
where n.state <> 'resolved';
comment on view public.open_incidents is 'Incidents that are not over, with who has seen them, whose they are and until when they are snoozed.';
grant select on public.open_incidents to authenticated;
