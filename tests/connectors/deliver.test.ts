import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runDeliveries } from '../../supabase/functions/deliver/deliver.ts';
import type { DeliveryRun } from '../../supabase/functions/deliver/deliver.ts';
import { emailChannel } from '../../supabase/functions/deliver/email.ts';
import type { EmailOptions } from '../../supabase/functions/deliver/email.ts';
import { createPace } from '../../supabase/functions/deliver/pace.ts';
import { startMailbox } from '../simulators/resend.ts';
import type { Mailbox } from '../simulators/resend.ts';
import { createOutbox } from './deliver-outbox.ts';
import type { Outbox } from './deliver-outbox.ts';
import { aNotice } from './messages-notices.ts';

let mailbox: Mailbox;
let outbox: Outbox;
let waits: number[];
let log: unknown[];
const clock = () => new Date('2026-11-20T10:00:00Z');

beforeEach(async () => {
  mailbox = await startMailbox({ clock, apiKey: 're_full', domains: ['example.org'], requestsPerSecond: 1_000, slowMs: 600_000 });
  outbox = createOutbox();
  waits = [];
  log = [];
});
afterEach(() => mailbox.stop());

function emailBy(changes: Partial<EmailOptions> = {}) {
  return emailChannel({
    apiKey: 're_full', from: 'Syncward <sync@example.org>', pageUrl: 'https://sync.example.org',
    baseUrl: mailbox.url, timeoutMs: 5_000, clock, ...changes,
  });
}

function deliver(changes: Partial<DeliveryRun> = {}) {
  return runDeliveries({
    rpc: outbox.rpc, sender: '00000000-0000-4000-8000-000000000001', channels: { email: emailBy() }, clock, pace: async () => {}, budgetMs: 60_000, batch: 10,
    wait: async (milliseconds) => { waits.push(milliseconds); },
    log: (entry) => { log.push(entry); },
    ...changes,
  });
}

const letter = { subject: 'Red: Xledger', text: 'Look.', html: '<p>Look.</p>' };
const states = () => outbox.rows.map(({ state }) => state);

describe('a delivery that is due', () => {
  test('reaches the member once, in their language, under its own id', async () => {
    const row = outbox.add({ locale: 'en', address: 'ola@example.org' });
    expect(await deliver()).toEqual({ sent: 1, retry: 0, refused: 0 });
    const [mail] = mailbox.messages();
    expect(mail).toMatchObject({ to: ['ola@example.org'], idempotencyKey: row.delivery_id });
    expect(mail?.subject).toMatch(/^Red: Xledger/);
    expect(outbox.outcomes).toMatchObject([{ outcome: 'sent', provider_id: mail?.id, delivery_id: row.delivery_id, org_id: row.org_id }]);
  });

  test('is sent with all others due, batch after batch, each batch in one request under a key of its own', async () => {
    for (let count = 0; count < 25; count += 1) outbox.add({ address: `member-${count}@example.org` });
    expect(await deliver()).toEqual({ sent: 25, retry: 0, refused: 0 });
    expect(new Set(mailbox.messages().map(({ to }) => to[0])).size).toBe(25);
    expect(mailbox.requests()).toBe(3);
    expect(new Set(mailbox.messages().map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set(outbox.rows.map(({ batch_id }) => batch_id)));
    const sent = outbox.outcomes.map(({ delivery_id, provider_id }) => [outbox.rows.find((row) => row.delivery_id === delivery_id)?.address, provider_id]);
    expect(sent.sort()).toEqual(mailbox.messages().map(({ to, id }) => [to[0], id]).sort());
  });

  test('leaves when it stops with more to do, so that another can begin at once', async () => {
    for (let count = 0; count < 25; count += 1) outbox.add();
    const claims: unknown[] = [];
    const rpc: DeliveryRun['rpc'] = async (name, args) => {
      if (name === 'claim_deliveries') claims.push(args.batch);
      return outbox.rpc(name, args);
    };
    await deliver({ rpc, budgetMs: 0 });
    expect(claims).toEqual([10, 0]);
  });

  test('is left for the next ring when the time is used up', async () => {
    for (let count = 0; count < 25; count += 1) outbox.add();
    await deliver({ budgetMs: 0 });
    expect(mailbox.messages()).toHaveLength(10);
    expect(states().filter((state) => state === 'due')).toHaveLength(15);
  });

  test('is skipped without a word when another worker has taken it over', async () => {
    outbox.add();
    const rpc: DeliveryRun['rpc'] = async (name, args) => (name === 'freeze_deliveries' ? [] : outbox.rpc(name, args));
    expect(await deliver({ rpc })).toEqual({ sent: 0, retry: 0, refused: 0 });
    expect(mailbox.requests()).toBe(0);
  });
});

describe('no member gets the same notice twice', () => {
  test.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('when Resend took it and the answer was lost (%s)', async (fault) => {
    outbox.add();
    mailbox.faults.next(fault);
    expect(await deliver()).toMatchObject({ retry: 1 });
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 1 });
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('when Resend is slow: the sending is given up, put off and not repeated once it was taken', async () => {
    outbox.add();
    mailbox.faults.next('slow');
    await deliver({ channels: { email: emailBy({ timeoutMs: 50 }) } });
    expect(outbox.outcomes).toMatchObject([{ outcome: 'retry', error: expect.stringContaining('no answer within 0.05 seconds') }]);
    outbox.nextTick();
    await deliver();
    expect(outbox.outcomes[1]).toMatchObject({ outcome: 'retry', error: expect.stringContaining('concurrent_idempotent_requests') });
    mailbox.release();
    outbox.nextTick();
    await deliver();
    expect(states()).toEqual(['sent']);
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('when the worker dies after sending and before settling', async () => {
    outbox.add();
    const rpc: DeliveryRun['rpc'] = async (name, args) => {
      if (name === 'settle_deliveries') throw new Error('connection closed');
      return outbox.rpc(name, args);
    };
    await expect(deliver({ rpc })).rejects.toThrow('connection closed');
    outbox.nextTick();
    await deliver();
    expect(states()).toEqual(['sent']);
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('when the wording or the notice has changed since it was frozen', async () => {
    const row = outbox.add();
    mailbox.faults.next('lost_answer');
    await deliver();
    const frozen = row.frozen;
    row.notice = aNotice({ failed: 1 });
    outbox.nextTick();
    await deliver({ channels: { email: { ...emailBy(), render: () => ({ subject: 'New', text: 'New', html: 'New' }) } } });
    expect(row.frozen).toEqual(frozen);
    expect(states()).toEqual(['sent']);
    expect(mailbox.messages()).toMatchObject([{ subject: frozen?.subject }]);
  });

  test('when the sender was changed meanwhile: it is reported as already sent', async () => {
    outbox.add();
    mailbox.faults.next('lost_answer');
    await deliver();
    outbox.nextTick();
    await deliver({ channels: { email: emailBy({ from: 'Other <other@example.org>' }) } });
    expect(outbox.outcomes[1]).toMatchObject({ outcome: 'refused' });
    expect(outbox.outcomes[1]?.error).toMatch(/^Already sent.*invalid_idempotent_request/);
    expect(mailbox.messages()).toHaveLength(1);
  });
});

describe('no member of a batch gets the same notice twice', () => {
  test.each(['lost_answer', 'half_body', 'gateway_timeout'] as const)('when Resend took it and the answer was lost (%s)', async (fault) => {
    for (let count = 0; count < 3; count += 1) outbox.add();
    mailbox.faults.next(fault);
    expect(await deliver()).toMatchObject({ retry: 3 });
    outbox.add();
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 4 });
    expect(mailbox.messages()).toHaveLength(4);
  });

  test('when the database gives it back in another order, with a notice nobody can read any more', async () => {
    for (let count = 0; count < 3; count += 1) outbox.add();
    mailbox.faults.next('lost_answer');
    await deliver();
    outbox.rows.reverse();
    outbox.rows[0]!.notice = { kind: 'of another time' };
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 3 });
    expect(mailbox.messages()).toHaveLength(3);
  });

  test('when the sender was changed meanwhile: all are reported as already sent and none is sent apart', async () => {
    for (let count = 0; count < 3; count += 1) outbox.add();
    mailbox.faults.next('lost_answer');
    await deliver();
    outbox.nextTick();
    expect(await deliver({ channels: { email: emailBy({ from: 'Other <other@example.org>' }) } })).toMatchObject({ refused: 3 });
    expect(mailbox.messages()).toHaveLength(3);
  });
});

describe('no notice is lost', () => {
  test.each([
    'reset', 'error_before', 'unavailable', 'gateway_html', 'expired_token', 'too_many',
  ] as const)('when Resend fails (%s) and recovers', async (fault) => {
    for (let count = 0; count < 3; count += 1) outbox.add();
    mailbox.faults.rate({ [fault]: 1 }, 1);
    expect(await deliver()).toEqual({ sent: 0, retry: 3, refused: 0 });
    mailbox.faults.clear();
    outbox.nextTick();
    expect(await deliver()).toEqual({ sent: 3, retry: 0, refused: 0 });
    expect(mailbox.messages()).toHaveLength(3);
  });

  test('when Resend never answers', async () => {
    outbox.add();
    mailbox.faults.next('hang');
    expect(await deliver({ channels: { email: emailBy({ timeoutMs: 50 }) } })).toMatchObject({ retry: 1 });
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 1 });
  });

  test.each([
    ['RESEND_API_KEY', { apiKey: undefined }], ['MAIL_FROM', { from: undefined }], ['PAGE_URL', { pageUrl: undefined }],
  ] as const)('when %s is not set, and the error says so', async (setting, change) => {
    outbox.add();
    await deliver({ channels: { email: emailBy(change) } });
    expect(outbox.outcomes).toMatchObject([{ outcome: 'retry', error: expect.stringContaining(`${setting} is not set`) }]);
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 1 });
  });

  test.each([
    ['RESEND_API_KEY', { apiKey: 're_wrong' }],
    ['MAIL_FROM', { from: 'no address' }],
    ['MAIL_FROM', { from: 'sync@unverified.example.org' }],
  ] as const)('when %s is wrong, and the error names it', async (setting, change) => {
    outbox.add();
    await deliver({ channels: { email: emailBy(change) } });
    expect(outbox.outcomes).toMatchObject([{ outcome: 'retry', error: expect.stringContaining(`Check ${setting}.`) }]);
    outbox.nextTick();
    expect(await deliver()).toMatchObject({ sent: 1 });
  });

  test('when the database does not take the outcome at first', async () => {
    outbox.add();
    let failures = 2;
    const rpc: DeliveryRun['rpc'] = async (name, args) => {
      if (name === 'settle_deliveries' && failures-- > 0) throw new Error('too many connections');
      return outbox.rpc(name, args);
    };
    expect(await deliver({ rpc })).toMatchObject({ sent: 1 });
    expect(states()).toEqual(['sent']);
  });
});

describe('one bad delivery does not stop the others', () => {
  test('when its address is refused: it is refused for good, and the error names no address', async () => {
    outbox.add({ address: 'kari.at.example.org' });
    outbox.add();
    expect(await deliver()).toEqual({ sent: 1, retry: 0, refused: 1 });
    expect(states()).toEqual(['refused', 'sent']);
    expect(outbox.outcomes.map(({ outcome }) => outcome)).toEqual(['apart', 'apart', 'refused', 'sent']);
    expect(outbox.outcomes[2]?.error).toMatch(/^Resend: validation_error: Invalid `to` field/);
  });

  test('when its notice cannot be read', async () => {
    outbox.add({ notice: { kind: 'opened', since: 'yesterday' } });
    outbox.add();
    expect(await deliver()).toEqual({ sent: 1, retry: 1, refused: 0 });
    expect(outbox.outcomes[0]?.error).toMatch(/^The delivery cannot be read\. notice\./);
    expect(log).toMatchObject([{ event: 'delivery_unreadable' }]);
  });

  test('when it cannot be put into words', async () => {
    outbox.add({ locale: 'en' });
    outbox.add({ locale: 'nb' });
    const email = emailBy();
    const channels = { email: { ...email, render: (...[notice, locale]: Parameters<typeof email.render>) => {
      if (locale === 'en') throw new Error('no words');
      return email.render(notice, locale);
    } } };
    expect(await deliver({ channels })).toEqual({ sent: 1, retry: 1, refused: 0 });
    expect(outbox.outcomes[0]).toMatchObject({ outcome: 'retry', error: 'no words' });
  });

  test('when it cannot be frozen', async () => {
    const [bad] = [outbox.add(), outbox.add()];
    const rpc: DeliveryRun['rpc'] = async (name, args) => {
      const letters = (args.letters ?? []) as { delivery_id: string }[];
      if (name === 'freeze_deliveries' && letters.some(({ delivery_id }) => delivery_id === bad?.delivery_id)) throw new Error('statement timeout');
      return outbox.rpc(name, args);
    };
    expect(await deliver({ rpc })).toEqual({ sent: 1, retry: 1, refused: 0 });
  });

  test('when it is not even known which delivery it is', async () => {
    outbox.add();
    const rpc: DeliveryRun['rpc'] = async (name, args) => {
      const answer = await outbox.rpc(name, args);
      return name === 'claim_deliveries' && outbox.outcomes.length === 0 ? [{ nonsense: true }, ...(answer as unknown[])] : answer;
    };
    expect(await deliver({ rpc })).toEqual({ sent: 1, retry: 0, refused: 0 });
    expect(log).toMatchObject([{ event: 'delivery_unreadable' }]);
  });

  test.each(['pager', 'constructor'])('when its channel is unknown (%s)', async (channel) => {
    outbox.add({ channel });
    outbox.add();
    expect(await deliver()).toEqual({ sent: 1, retry: 1, refused: 0 });
    expect(outbox.outcomes[0]?.error).toBe(`There is no channel called ${channel}.`);
  });
});

describe('a channel in trouble is left alone', () => {
  test('after two failures of its own: the rest of the batch is put off without a call', async () => {
    for (let count = 0; count < 10; count += 1) outbox.add({ frozen: letter });
    mailbox.faults.rate({ unavailable: 1 }, 1);
    await deliver();
    expect(mailbox.requests()).toBe(2);
    const untried = outbox.outcomes.map(({ error }) => error?.startsWith('Not tried: Resend'));
    expect(untried).toEqual([false, false, ...Array<boolean>(8).fill(true)]);
  });

  test('but one failure alone does not keep the others waiting', async () => {
    for (let count = 0; count < 3; count += 1) outbox.add({ frozen: letter });
    mailbox.faults.next('error_before');
    expect(await deliver()).toEqual({ sent: 2, retry: 1, refused: 0 });
  });

  test('as long as a short Retry-After asks, then tried again on the spot', async () => {
    outbox.add();
    mailbox.faults.next('too_many');
    expect(await deliver()).toEqual({ sent: 1, retry: 0, refused: 0 });
    expect(waits).toEqual([1_000]);
  });

  test('until the quota is back: the database is told how long', async () => {
    await mailbox.stop();
    mailbox = await startMailbox({ clock, apiKey: 're_full', dailyQuota: 0 });
    outbox.add();
    await deliver();
    expect(outbox.outcomes).toMatchObject([{ outcome: 'retry', retry_after_seconds: 3_600 }]);
    expect(outbox.outcomes[0]?.error).toContain('daily_quota_exceeded');
  });
});

test('a batch at the channel\'s pace never meets Resend\'s limit', async () => {
  let now = 0;
  await mailbox.stop();
  mailbox = await startMailbox({ clock, apiKey: 're_full', now: () => now });
  for (let count = 0; count < 12; count += 1) outbox.add({ frozen: letter });
  const pace = createPace(() => now, async (milliseconds) => { now += milliseconds; });
  expect(await deliver({ pace })).toEqual({ sent: 12, retry: 0, refused: 0 });
  expect(waits).toEqual([]);
});
