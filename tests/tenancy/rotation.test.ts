import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { testStack } from '../support/stack.ts';
import type { TestStack } from '../support/stack.ts';
import { foundInDatabase, needleOf } from './support-needles.ts';
import { startTurnstile } from './support-turnstile.ts';
import type { Turnstile } from './support-turnstile.ts';

const RECORDS = 5;

let stack: TestStack;
let xledger: Turnstile;
let place: { org: string; id: string };
let olga: { id: string; email: string };
let handed = 0;
let old: string;
let next: string;

beforeAll(async () => {
  xledger = await startTurnstile();
  stack = await testStack();
  olga = await stack.createUser('olga@example.org');
  const [org] = await stack.sql<{ id: string }[]>`insert into organizations (slug, name) values ('nord', 'Nord') returning id`;
  await stack.sql`insert into members (org_id, user_id, role, name) values (${org?.id ?? ''}, ${olga.id}, 'owner', 'Olga')`;
  const [made] = await stack.sql<{ id: string }[]>`
    insert into integrations (org_id, system, slug, name, settings, next_due_at)
    values (${org?.id ?? ''}, 'xledger', 'xledger', 'Xledger', ${stack.sql.json({ baseUrl: xledger.url })}, now() + interval '1 day') returning id`;
  place = { org: org?.id ?? '', id: made?.id ?? '' };
});

beforeEach(async () => {
  old = randomBytes(18).toString('hex');
  next = randomBytes(18).toString('hex');
  xledger.accepts = () => true;
  xledger.before = () => Promise.resolve();
  await set(old);
  await handIn(RECORDS);
  xledger.restart();
});

const set = (token: string): Promise<unknown> =>
  stack.as(olga, (db) => db`select set_credential(${place.org}, ${place.id}, ${db.json({ token })})`);

async function handIn(count: number): Promise<void> {
  const records = Array.from({ length: count }, () => {
    handed += 1;
    return {
      source_type: 'expense', source_id: `E-${handed}`, amount: '100.50', currency: 'NOK',
      payload: { account: '6800', costCenter: '100', description: `Expense ${handed}`, documentNumber: `D${handed}`, postingDate: '2026-11-01' },
    };
  });
  await stack.sql`select hand_in(${place.org}, ${place.id}, ${stack.sql.json(records)})`;
}

type Ended = { status: string; error_category: string | null; error_message: string | null; slice: number; failed: number; exported: number; skipped: number };

async function sync(): Promise<Ended> {
  await stack.as(olga, (db) => db`select sync_now(${place.org}, ${place.id})`);
  await stack.settled();
  const [run] = await stack.sql<Ended[]>`select status, error_category, error_message, slice, failed, exported, skipped from runs order by id desc limit 1`;
  if (!run) throw new Error('there was no run');
  return run;
}

/** Asks now for the verdicts that a later run would ask for. */
async function verdicts(): Promise<void> {
  await stack.sql`update records set next_attempt_at = now() where state = 'accepted'`;
  await stack.sql`update integration_status set asks_again_at = now() where asks_again_at is not null`;
  await stack.clock.tick('syncward-schedule');
  await stack.settled();
}

const open = async (): Promise<Record<string, number>> => {
  const rows = await stack.sql<{ state: string; n: number }[]>`select state, count(*)::int as n from records where state not in ('exported', 'dismissed') group by 1`;
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
};

/** All there were are booked, each once, and nobody was blamed for the credential. */
async function expectAllBookedOnce(): Promise<void> {
  expect(await open()).toEqual({});
  expect(xledger.vendor.duplicates()).toEqual([]);
  expect(xledger.vendor.ledger()).toHaveLength(handed);
  expect(await stack.sql`select from attempts where outcome in ('failed', 'uncertain') and code is distinct from 'BAD_REQUEST.BURST_RATE_LIMIT_REACHED'`).toHaveLength(0);
  expect(await stack.sql`select from records where error_code is not null`).toHaveLength(0);
}

test('a credential replaced inside a slice: the slice finishes with the old one, the next run begins with the new one', async () => {
  xledger.before = async (call) => {
    if (call === 2) await set(next);
  };
  expect(await sync()).toMatchObject({ status: 'succeeded', slice: 1, failed: 0, exported: RECORDS });
  expect(new Set(xledger.tokens)).toEqual(new Set([old]));

  xledger.restart();
  await handIn(1);
  expect(await sync()).toMatchObject({ status: 'succeeded', exported: 1 });
  expect(new Set(xledger.tokens)).toEqual(new Set([next]));
  await expectAllBookedOnce();
});

test.each([
  ['the first call', 0], ['the call after the records were taken', 1],
])('replaced inside a slice and the old one refused at %s: the run goes on with the new one in its next slice', async (_, good) => {
  xledger.before = async (call) => {
    if (call === good + 1) await set(next);
  };
  xledger.accepts = (token, call) => (token === old ? call <= good : token === next);
  const run = await sync();
  expect(run).toMatchObject({ status: 'succeeded', error_category: null, failed: 0 });
  expect(run.slice).toBeGreaterThan(1);
  expect(await stack.sql`select from findings where rule = 'credential_refused'`).toHaveLength(0);
  await verdicts();
  expect(xledger.tokens.filter((token, index) => token !== xledger.tokens[index - 1])).toEqual([old, next]);
  await expectAllBookedOnce();
});

test('replaced between two slices of a run: the second has the new one', async () => {
  // A slice that is told to wait ends; the clock rings for the next.
  xledger.vendor.faults.next('too_many');
  await sync();
  await set(next);
  xledger.accepts = (token) => token === next;
  await stack.sql`update runs set resume_at = now() where status = 'running'`;
  await stack.sql`update records set next_attempt_at = now() where state = 'retrying'`;
  await stack.clock.tick('syncward-schedule');
  await stack.settled();
  const [run] = await stack.sql<Ended[]>`select status, slice from runs order by id desc limit 1`;
  expect(run?.status).toBe('succeeded');
  expect(run?.slice).toBeGreaterThan(1);
  expect(xledger.tokens.filter((token, index) => token !== xledger.tokens[index - 1])).toEqual([old, next]);
  await verdicts();
  expect(await open()).toEqual({});
  expect(xledger.vendor.duplicates()).toEqual([]);
});

test('refused in the middle of a run with no new one set: the run says so, no record is blamed, and the new one brings them all', async () => {
  xledger.accepts = (token) => token !== old;
  const failed = await sync();
  expect(failed).toMatchObject({ status: 'failed', error_category: 'auth', failed: 0 });
  expect(failed.error_message).toContain('Invalid API Token');
  expect(await stack.sql`select from records where state in ('failed', 'dead', 'retrying')`).toHaveLength(0);
  expect(await stack.sql`select rule from findings where rule = 'credential_refused' and closed_at is null`).toHaveLength(1);

  await set(next);
  expect(await sync()).toMatchObject({ status: 'succeeded', failed: 0 });
  await verdicts();
  await expectAllBookedOnce();
});

test('a new one that is not good yet: the run fails once and clearly, and goes through when it is', async () => {
  xledger.before = async (call) => {
    if (call === 1) await set(next);
  };
  xledger.accepts = () => false;
  expect(await sync()).toMatchObject({ status: 'failed', error_category: 'auth', failed: 0 });
  expect(xledger.tokens).toEqual([old, next]);

  xledger.accepts = (token) => token === next;
  expect(await sync()).toMatchObject({ status: 'succeeded', failed: 0 });
  await verdicts();
  await expectAllBookedOnce();
});

test('the old one is nowhere any more, and of each integration there is one', async () => {
  await set(next);
  const [kept] = await stack.sql<{ n: number; token: string }[]>`
    select count(*) over ()::int as n, decrypted_secret::jsonb ->> 'token' as token from vault.decrypted_secrets where name = ${`integration:${place.id}`}`;
  expect(kept).toEqual({ n: 1, token: next });
  const needles = [needleOf('the old one', old), needleOf('the new one', next)];
  expect(await foundInDatabase(stack.sql, needles)).toEqual([]);
  expect(await stack.sql`select from vault.decrypted_secrets where decrypted_secret like ${`%${old}%`}`).toHaveLength(0);
  expect(stack.logs.join('\n')).not.toContain(old);
  expect(await stack.sql`select from audit_log where action = 'credential.set'`).not.toHaveLength(0);
});
