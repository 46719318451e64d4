-- Deliver: due deliveries are leased, frozen and sent by the `deliver` function; what became of each is written back.

-- Who sends at the moment. One at a time: a channel has one rate for all, and what waits is best sent together.
create table private.delivery_sender (
  only_row boolean primary key default true check (only_row),
  sender uuid,
  until timestamptz
);
alter table private.delivery_sender enable row level security;
create policy "nobody who comes through the API sees it" on private.delivery_sender
  as restrictive to anon, authenticated using (false);
insert into private.delivery_sender default values;
comment on table private.delivery_sender is 'The invocation of `deliver` that sends at the moment, and until when it is believed to live.';

-- Whether `at` lies within the minute in which a sender is believed to live; a lease from another time is none.
create function private.is_sending(holder private.delivery_sender, at timestamptz)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select coalesce(holder.until > at and holder.until <= at + interval '1 minute', false);
$$;

create function private.ring_deliver(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  holder private.delivery_sender;
begin
  if not exists (select from public.deliveries d where d.state in ('pending', 'sending') and d.next_attempt_at <= ring_deliver.at) then
    return;
  end if;
  -- Held until this transaction ends: a sender about to stop waits for it and then finds what is new, or has stopped and is rung again.
  select s.* into holder from private.delivery_sender s for share;
  if not private.is_sending(holder, ring_deliver.at) then
    perform private.ring_function('deliver', '{}');
  end if;
end $$;

-- True when a channel may have forgotten the idempotency key of a delivery, or of one it is sent together with: 22 hours are less
-- than the 24 that channels promise.
create function private.key_is_old(delivery public.deliveries, at timestamptz)
  returns boolean
  language sql
  stable
  set search_path = ''
as $$
  select delivery.frozen is not null and least(delivery.created_at, (
    select min(b.created_at) from public.deliveries b
    where b.batch = delivery.batch and b.frozen is not null and b.state in ('pending', 'sending'))) < key_is_old.at - interval '22 hours';
$$;

-- Leases up to `batch` deliveries that are due for 2 minutes, to one `sender` at a time: others are answered with nothing, until it
-- finds nothing due, asks for a `batch` of 0 or is silent for a minute. A delivery whose lease ran out is due again: the idempotency
-- key makes the second sending the first one, for as long as the channel knows the key. After that, one that may have gone out is
-- given up. Those leased together for the first time get one key (`batch`); once frozen they stay together until they are settled.
create function public.claim_deliveries(batch integer, sender uuid default gen_random_uuid(), at timestamptz default now())
  returns table (org_id uuid, delivery_id uuid, token uuid, channel text, address text, locale text, notice jsonb, frozen jsonb, batch_id uuid,
    attempt integer)
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  holder private.delivery_sender;
  together constant uuid := gen_random_uuid();
  claimed boolean;
begin
  perform private.check_time(claim_deliveries.at);
  select s.* into holder from private.delivery_sender s for update;
  if private.is_sending(holder, claim_deliveries.at) and holder.sender is distinct from claim_deliveries.sender then
    return;
  end if;
  update public.deliveries d set state = 'dead', token = null, error = coalesce(d.error, 'No answer within 22 hours.')
  where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at and private.key_is_old(d, claim_deliveries.at);
  return query
  with due as materialized (
    select d.org_id, d.id, d.frozen is null as fresh, d.batch from public.deliveries d
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at
    order by d.next_attempt_at, d.batch limit least(claim_deliveries.batch, 100)
  ), whole as (
    select u.org_id, u.id, u.fresh from due u
    union
    select d.org_id, d.id, false from due u
    join public.deliveries d on d.batch = u.batch and d.frozen is not null and d.state in ('pending', 'sending')
    where not u.fresh
  )
  update public.deliveries d
  set state = 'sending', token = gen_random_uuid(), attempts = d.attempts + 1, next_attempt_at = claim_deliveries.at + interval '2 minutes',
      batch = case when not w.fresh then d.batch when (select count(*) from due u where u.fresh) > 1 then together end
  from whole w where d.org_id = w.org_id and d.id = w.id
  returning d.org_id, d.id, d.token, d.channel, d.address, d.locale, d.notice, d.frozen, d.batch, d.attempts;
  claimed := found;
  update private.delivery_sender s
  set sender = case when claimed then claim_deliveries.sender end,
      until = case when claimed then claim_deliveries.at + interval '1 minute' end;
end $$;
grant execute on function public.claim_deliveries(integer, uuid, timestamptz) to service_role;
comment on function public.claim_deliveries is
  'Leases up to `batch` due deliveries for 2 minutes, to one `sender` at a time; none when another is at it. A `batch` of 0 ends that.';

-- Keeps the rendered texts ([{org_id, delivery_id, token, payload}]) before the first sending; the first to write wins, and what won
-- is answered.
create function public.freeze_deliveries(letters jsonb)
  returns table (delivery_id uuid, frozen jsonb)
  language sql
  security definer
  set search_path = ''
as $$
  update public.deliveries d set frozen = coalesce(d.frozen, l.payload)
  from jsonb_to_recordset(letters) l (org_id uuid, delivery_id uuid, token uuid, payload jsonb)
  where d.org_id = l.org_id and d.id = l.delivery_id and d.token = l.token
  returning d.id, d.frozen;
$$;
grant execute on function public.freeze_deliveries(jsonb) to service_role;
comment on function public.freeze_deliveries is 'Keeps the rendered payloads; answers those that were first. One whose lease was lost is left out.';

-- Writes back what became of deliveries: [{org_id, delivery_id, token, outcome: sent|retry|refused|apart, provider_id, error,
-- retry_after_seconds}]. Retries stop 22 hours after the first try, while the channel still knows the idempotency key. Those sent
-- together are due again together; `apart` says that nothing of a batch was taken, so each may go under its own id.
create function public.settle_deliveries(outcomes jsonb, at timestamptz default now())
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  settled integer;
begin
  perform private.check_time(settle_deliveries.at);
  -- Who claims and who settles take turns, so that neither waits for a row of the other in a circle.
  perform from private.delivery_sender for update;
  with said as (
    select o.*, max(d.attempts) over same as tries, min(d.created_at) over same as oldest
    from jsonb_to_recordset(outcomes) o (org_id uuid, delivery_id uuid, token uuid, outcome text, provider_id text, error text, retry_after_seconds integer)
    join public.deliveries d on d.org_id = o.org_id and d.id = o.delivery_id and d.token = o.token and d.state = 'sending'
    where o.outcome in ('sent', 'retry', 'refused', 'apart')
    window same as (partition by coalesce(d.batch, d.id))
  )
  update public.deliveries d
  set state = case s.outcome
        when 'sent' then 'sent' when 'refused' then 'refused'
        else case when settle_deliveries.at > s.oldest + interval '22 hours' then 'dead' else 'pending' end end,
      batch = case when s.outcome <> 'apart' then d.batch end,
      sent_at = case when s.outcome = 'sent' then settle_deliveries.at end,
      provider_id = coalesce(s.provider_id, d.provider_id),
      error = case when s.outcome = 'sent' then null else left(s.error, 1000) end,
      token = null,
      next_attempt_at = settle_deliveries.at + case when s.outcome = 'retry'
        then least(private.backoff(hashtext(coalesce(d.batch, d.id)::text)::bigint, s.tries, s.retry_after_seconds), interval '2 hours')
        else interval '0' end
  from said s
  where d.org_id = s.org_id and d.id = s.delivery_id;
  get diagnostics settled = row_count;
  return settled;
end $$;
grant execute on function public.settle_deliveries(jsonb, timestamptz) to service_role;
comment on function public.settle_deliveries is 'Writes back what became of deliveries; answers how many. A lost lease is ignored.';
