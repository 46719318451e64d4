-- Deliver: due deliveries are leased, frozen and sent by the `deliver` function; what became of each is written back.

create function private.ring_deliver(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  if exists (select from public.deliveries d where d.state in ('pending', 'sending') and d.next_attempt_at <= ring_deliver.at) then
    perform private.ring_function('deliver', '{}');
  end if;
end $$;

-- Leases up to `batch` deliveries that are due for 2 minutes. One whose lease ran out is due again: the channel's
-- idempotency key makes the second sending the first one, for as long as the channel knows the key. After 22 hours one that may
-- have gone out is given up instead.
create function public.claim_deliveries(batch integer, at timestamptz default now())
  returns table (org_id uuid, delivery_id uuid, token uuid, channel text, address text, locale text, notice jsonb, frozen jsonb, attempt integer)
  language sql
  security definer
  set search_path = ''
as $$
  with expired as (
    update public.deliveries d set state = 'dead', token = null, error = coalesce(d.error, 'No answer within 22 hours.')
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at and d.frozen is not null
      and d.created_at < claim_deliveries.at - interval '22 hours'
  ), due as (
    select d.org_id, d.id from public.deliveries d
    where d.state in ('pending', 'sending') and d.next_attempt_at <= claim_deliveries.at
      and (d.frozen is null or d.created_at >= claim_deliveries.at - interval '22 hours')
    order by d.next_attempt_at limit claim_deliveries.batch
    for update skip locked
  )
  update public.deliveries d
  set state = 'sending', token = gen_random_uuid(), attempts = d.attempts + 1, next_attempt_at = claim_deliveries.at + interval '2 minutes'
  from due where d.org_id = due.org_id and d.id = due.id
  returning d.org_id, d.id, d.token, d.channel, d.address, d.locale, d.notice, d.frozen, d.attempts;
$$;
grant execute on function public.claim_deliveries(integer, timestamptz) to service_role;
comment on function public.claim_deliveries is 'Leases up to `batch` due deliveries for 2 minutes.';

-- Keeps the rendered texts before the first sending; the first to write wins, and what won is answered.
create function public.freeze_delivery(org uuid, delivery uuid, token uuid, payload jsonb)
  returns jsonb
  language sql
  security definer
  set search_path = ''
as $$
  update public.deliveries d set frozen = coalesce(d.frozen, freeze_delivery.payload)
  where d.org_id = org and d.id = delivery and d.token = freeze_delivery.token
  returning d.frozen;
$$;
grant execute on function public.freeze_delivery(uuid, uuid, uuid, jsonb) to service_role;
comment on function public.freeze_delivery is 'Keeps the rendered payload; answers the one that was first, or null when the lease was lost.';

-- Writes back what became of deliveries: [{org_id, delivery_id, token, outcome: sent|retry|refused, provider_id, error,
-- retry_after_seconds}]. Retries stop 22 hours after the first try, while the channel still knows the idempotency key.
create function public.settle_deliveries(outcomes jsonb, at timestamptz default now())
  returns integer
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  settled integer;
begin
  update public.deliveries d
  set state = case o.outcome
        when 'sent' then 'sent' when 'refused' then 'refused'
        else case when settle_deliveries.at > d.created_at + interval '22 hours' then 'dead' else 'pending' end end,
      sent_at = case when o.outcome = 'sent' then settle_deliveries.at end,
      provider_id = coalesce(o.provider_id, d.provider_id),
      error = case when o.outcome = 'sent' then null else left(o.error, 1000) end,
      token = null,
      next_attempt_at = settle_deliveries.at + case when o.outcome = 'retry'
        then least(private.backoff(hashtext(d.id::text)::bigint, d.attempts, o.retry_after_seconds), interval '2 hours') else interval '0' end
  from jsonb_to_recordset(outcomes) o (org_id uuid, delivery_id uuid, token uuid, outcome text, provider_id text, error text, retry_after_seconds integer)
  where d.org_id = o.org_id and d.id = o.delivery_id and d.token = o.token and d.state = 'sending'
    and o.outcome in ('sent', 'retry', 'refused');
  get diagnostics settled = row_count;
  return settled;
end $$;
grant execute on function public.settle_deliveries(jsonb, timestamptz) to service_role;
comment on function public.settle_deliveries is 'Writes back what became of deliveries; answers how many. A lost lease is ignored.';
