import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ISql } from 'postgres';
import { startBusinessCentral, type BusinessCentralSimulator } from '../simulators/business-central.ts';
import { atEnd } from '../support/cleanup.ts';
import { testStack, type TestStack } from '../support/stack.ts';

// As deployed: the real Edge Function on Deno, rung by Postgres, over the Data API.
let stack: TestStack;
beforeAll(async () => {
  stack = await testStack();
});

describe('an Edge Function as the database reaches it', () => {
  const ring = (init: RequestInit & { headers?: Record<string, string> }): Promise<Response> =>
    fetch(`${stack.functionsUrl}/sync-business-central`, { method: 'POST', ...init });
  const doorbell = JSON.stringify({ org: '0193d6b4-0000-7000-8000-000000000001', run: 1 });

  test('refuses a call without the secret key', async () => {
    expect((await ring({ body: doorbell })).status).toBe(401);
    expect((await ring({ body: doorbell, headers: { apikey: stack.publishableKey } })).status).toBe(401);
  });

  test.each([
    ['no body', ''],
    ['no JSON', 'ring'],
    ['an empty object', '{}'],
    ['no UUID', '{"org":"1","run":1}'],
    ['a negative run', doorbell.replace('1}', '-1}')],
    ['2 000 characters', doorbell.padStart(2_000)],
  ])('says what a doorbell is to a call with %s', async (_what, body) => {
    const answer = await ring({ body, headers: { apikey: stack.secretKey } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'not_a_doorbell' });
  });

  test('answers a doorbell with 202 at once, also one for a run that does not exist', async () => {
    expect((await ring({ body: doorbell, headers: { apikey: stack.secretKey } })).status).toBe(202);
    expect((await ring({ method: 'GET', headers: { apikey: stack.secretKey } })).status).toBe(405);
    await stack.settled();
    expect(await stack.sql`select from slices`).toHaveLength(0);
  });
});

describe('a run', () => {
  let vendor: BusinessCentralSimulator;
  let onCall: () => void;
  beforeEach(async () => {
    onCall = () => undefined;
    // The simulator asks for the time in each call it handles: the test's way to see one come in.
    vendor = await startBusinessCentral({
      accounts: ['4010'], limits: { rate: null }, slowMs: 60_000, clock: () => (onCall(), new Date()),
    });
    atEnd(() => vendor.stop());
  });

  test('longer than a slice may last goes on in the next, and every record arrives once', { timeout: 120_000 }, async () => {
    let handedIn = 0;
    let slices: Slice[] = [];
    // As many as need more than the 1.5 s of CPU at which a slice stops, however fast this machine and its runtime are.
    for (let count = 25_000; slices.length < 2 && count < 100_000; count *= 2) {
      const run = await begin(vendor, count);
      expect(await outcome(run)).toEqual({ status: 'succeeded', selected: count, exported: count });
      slices = await stack.sql<Slice[]>`select ended_by as by, cpu_ms as cpu from slices where run_id = ${run} order by slice`;
      handedIn += count;
    }
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.map((slice) => slice.by)).toEqual([...slices.slice(1).map(() => 'budget'), 'done']);
    // Hosted functions are ended at 2 s of CPU: after 1.5 s there is time for the batch under way and no more.
    expect(Math.max(...slices.map((slice) => slice.cpu))).toBeLessThan(2_000);
    expect(vendor.ledger()).toHaveLength(handedIn);
    expect(vendor.duplicates()).toEqual([]);
  });

  test('whose function is killed while an answer is out loses nothing and sends nothing twice', { timeout: 90_000 }, async () => {
    const sent = Promise.withResolvers<void>();
    let sendsSlowly = false;
    onCall = () => {
      if (vendor.requests() === 10 && sendsSlowly === false) vendor.faults.next('slow');
      sendsSlowly ||= vendor.requests() === 10;
      if (vendor.requests() === 11) sent.resolve();
    };
    const run = await begin(vendor, 2_000);
    await sent.promise;
    await stack.functions.kill();
    const inDoubt = vendor.ledger().length;
    expect(await states(run)).toMatchObject({ sending: 100 });

    await stack.functions.start();
    await stack.sql.begin(async (sql) => {
      // Two minutes until the lease is over, then ten in which Business Central may still be working.
      await sql`update runs set lease_expires_at = now() - interval '1 second' where id = ${run}`;
      await sql`select private.tick_reap()`;
      expect(await states(run, sql)).toMatchObject({ exported: inDoubt - 100, uncertain: 100 });
      await sql`update records set next_attempt_at = now() where run_id = ${run} and state = 'uncertain'`;
    });
    expect(await outcome(run)).toEqual({ status: 'succeeded', selected: 2_000, exported: 2_000 });
    expect(await stack.sql`select ended_by from slices where run_id = ${run} and ended_by = 'lost'`).toHaveLength(1);
    expect(vendor.ledger()).toHaveLength(2_000);
    expect(vendor.duplicates()).toEqual([]);
  });
});

type Slice = { by: string; cpu: number };

/** An organization with `count` records for `vendor`, and its first run, rung. */
async function begin(vendor: BusinessCentralSimulator, count: number): Promise<string> {
  const { sql } = stack;
  const { url, tenantId, environment, companyId, journalId } = vendor;
  const settings = { baseUrl: url, loginUrl: url, tenantId, environment, companyId, journalId };
  const [made] = await sql<{ count: number }[]>`select count(*)::int from organizations`;
  const slug = `org-${made?.count}`;
  const [integration] = await sql<{ org: string; id: string }[]>`
    with o as (insert into organizations (slug, name) values (${slug}, ${slug}) returning id)
    insert into integrations (org_id, system, slug, name, settings)
    select o.id, 'business-central', 'claims', 'Claims', ${sql.json(settings)} from o returning org_id as org, id`;
  if (!integration) throw new Error('the integration was not made');
  const { org, id } = integration;
  const credential = sql.json({ clientId: vendor.clientId, clientSecret: vendor.secret() });
  await sql`select private.set_credential(${org}, ${id}, ${credential}, null, now())`;
  for (let first = 0; first < count; first += 4_000) {
    await sql`
      select hand_in(${org}, ${id}, (
        select jsonb_agg(jsonb_build_object('source_type', 'claim', 'source_id', 'C-' || n, 'amount', '12.50', 'currency', 'NOK',
          'occurred_on', '2026-11-10', 'payload', jsonb_build_object('account', '4010', 'description', 'Claim ' || n)))
        from generate_series(${first + 1}::int, ${Math.min(first + 4_000, count)}::int) n))`;
  }
  await sql`select private.tick_schedule()`;
  const [run] = await sql<{ id: string }[]>`select id from runs where org_id = ${org}`;
  return run?.id ?? '';
}

/** What a run came to, once it is over: the next slice may just be ringing when all seems settled. */
async function outcome(run: string): Promise<Record<string, unknown>> {
  for (let looks = 0; looks < 200; looks += 1) {
    await stack.settled();
    const [row] = await stack.sql`select status, selected, exported from runs where id = ${run} and finished_at is not null`;
    if (row) return { ...row };
  }
  throw new Error('The run does not end.');
}

async function states(run: string, sql: ISql = stack.sql): Promise<Record<string, number>> {
  const rows = await sql<{ state: string; count: number }[]>`select state, count(*)::int from records where run_id = ${run} group by state`;
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}
