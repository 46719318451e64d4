import { mkdtempSync, rmSync, appendFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resend } from 'resend';
import { afterEach, describe, expect, test } from 'vitest';
import { startMailbox } from '../simulators/resend.ts';
import type { Mailbox, MailboxOptions } from '../simulators/resend.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const email = {
  from: 'Syncward <sync@example.org>',
  to: 'kari@example.org',
  subject: 'Rødt: Xledger har feilet',
  text: 'Hei',
  html: '<p>Hei</p>',
};
const start = new Date('2026-11-20T10:00:00Z');
let time = start;

async function open(options: Partial<MailboxOptions> = {}): Promise<{ mailbox: Mailbox; resend: Resend }> {
  time = start;
  const mailbox = await startMailbox({ clock: () => time, apiKey: 're_full', requestsPerSecond: 1_000, ...options });
  cleanups.push(() => mailbox.stop());
  return { mailbox, resend: new Resend('re_full', { baseUrl: mailbox.url }) };
}

const later = (hours: number): void => {
  time = new Date(time.getTime() + hours * 3_600_000);
};

describe('the stand-in of Resend, through Resend\'s own SDK', () => {
  test('takes an e-mail and gives it back by its id', async () => {
    const { mailbox, resend } = await open();
    const { data } = await resend.emails.send(email);
    const found = await resend.emails.get(data?.id ?? '');
    expect(found.data).toMatchObject({ object: 'email', id: data?.id, to: ['kari@example.org'], subject: email.subject, html: email.html });
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('knows nothing of an e-mail it never took', async () => {
    const { resend } = await open();
    expect((await resend.emails.get('nowhere')).error).toMatchObject({ name: 'not_found', statusCode: 404 });
  });

  test.each([
    ['no sender', { from: '' }, 'missing_required_field', 422, '`from`'],
    ['a malformed sender', { from: 'not an address' }, 'invalid_from_address', 422, '`from`'],
    ['a sender of an unverified domain', { from: 'sync@other.example.org' }, 'validation_error', 403, 'not verified'],
    ['no recipient', { to: [] }, 'missing_required_field', 422, '`to`'],
    ['a malformed recipient', { to: 'kari@' }, 'validation_error', 422, '`to`'],
    ['51 recipients', { to: Array.from({ length: 51 }, (_, index) => `user${index}@example.org`) }, 'validation_error', 422, '50'],
    ['no subject', { subject: '' }, 'missing_required_field', 422, '`subject`'],
    ['a subject of two lines', { subject: 'one\ntwo' }, 'validation_error', 422, '`subject`'],
    ['no content', { text: '', html: '' }, 'missing_required_field', 422, '`html` or `text`'],
    ['a tag with a space', { tags: [{ name: 'a b', value: 'c' }] }, 'validation_error', 422, 'Tags'],
  ])('refuses %s in the documented words and keeps nothing', async (_, change, name, statusCode, part) => {
    const { mailbox, resend } = await open({ domains: ['example.org'] });
    const { data, error } = await resend.emails.send({ ...email, ...change });
    expect(data).toBeNull();
    expect(error).toMatchObject({ name, statusCode });
    expect(error?.message).toContain(part);
    expect(mailbox.messages()).toEqual([]);
  });

  test('refuses a wrong key, and a sending key for anything but sending', async () => {
    const { mailbox } = await open({ sendingKey: 're_sending' });
    const wrong = new Resend('re_wrong', { baseUrl: mailbox.url });
    const sending = new Resend('re_sending', { baseUrl: mailbox.url });
    expect((await wrong.emails.send(email)).error).toMatchObject({ name: 'invalid_api_key', statusCode: 403 });
    const { data, error } = await sending.emails.send(email);
    expect(error).toBeNull();
    expect((await sending.emails.get(data?.id ?? '')).error).toMatchObject({ name: 'restricted_api_key', statusCode: 401 });
  });

  test('answers the same id to the same key and payload, and keeps one mail', async () => {
    const { mailbox, resend } = await open();
    const first = await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    later(23);
    const second = await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    expect(second.data).toEqual(first.data);
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('forgets a key after 24 hours', async () => {
    const { mailbox, resend } = await open();
    await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    later(24);
    await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    expect(mailbox.messages()).toHaveLength(2);
  });

  test('refuses a key used for another payload', async () => {
    const { mailbox, resend } = await open();
    await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    const { error } = await resend.emails.send({ ...email, subject: 'Another' }, { idempotencyKey: 'delivery-1' });
    expect(error).toMatchObject({ name: 'invalid_idempotent_request', statusCode: 409 });
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('does not spend a key on an e-mail it refused', async () => {
    const { resend } = await open();
    await resend.emails.send({ ...email, to: 'kari@' }, { idempotencyKey: 'delivery-1' });
    expect((await resend.emails.send(email, { idempotencyKey: 'delivery-1' })).error).toBeNull();
  });

  test('refuses a second request under a key whose first is still under way', async () => {
    const { mailbox, resend } = await open({ slowMs: 600_000 });
    mailbox.faults.next('slow');
    const first = resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    await mailbox.until(() => mailbox.requests() === 1);
    const second = await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    mailbox.release();
    expect(second.error).toMatchObject({ name: 'concurrent_idempotent_requests', statusCode: 409 });
    expect((await first).error).toBeNull();
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('refuses a key of more than 256 characters', async () => {
    const { resend } = await open();
    expect((await resend.emails.send(email, { idempotencyKey: 'k'.repeat(256) })).error).toBeNull();
    const { error } = await resend.emails.send(email, { idempotencyKey: 'k'.repeat(257) });
    expect(error).toMatchObject({ name: 'invalid_idempotency_key', statusCode: 400 });
  });

  test('takes five requests in a second and says when the next may come', async () => {
    let now = 0;
    const { resend } = await open({ requestsPerSecond: 5, now: () => now });
    const answers = await Promise.all(Array.from({ length: 6 }, () => resend.emails.send(email)));
    const refused = answers.filter(({ error }) => error);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.error).toMatchObject({ name: 'rate_limit_exceeded', statusCode: 429 });
    expect(refused[0]?.headers).toMatchObject({ 'retry-after': '1', 'ratelimit-limit': '5', 'ratelimit-remaining': '0' });
    now = 1_000;
    expect((await resend.emails.send(email)).error).toBeNull();
  });

  test('counts every recipient against the day\'s quota and begins anew the next day', async () => {
    const { resend } = await open({ dailyQuota: 3 });
    const toTwo = { ...email, to: ['kari@example.org', 'ola@example.org'] };
    expect((await resend.emails.send(toTwo)).headers).toMatchObject({ 'x-resend-daily-quota': '2' });
    expect((await resend.emails.send(toTwo)).error).toMatchObject({ name: 'daily_quota_exceeded', statusCode: 429 });
    later(24);
    expect((await resend.emails.send(email)).error).toBeNull();
  });

  test('takes a strict batch whole or not at all', async () => {
    const { mailbox, resend } = await open();
    const { error } = await resend.batch.send([email, { ...email, to: 'kari@' }]);
    expect(error).toMatchObject({ name: 'validation_error', statusCode: 422 });
    expect(mailbox.messages()).toEqual([]);
    expect((await resend.batch.send([email, email])).data?.data).toHaveLength(2);
  });

  test('takes the good part of a permissive batch and names the bad', async () => {
    const { mailbox, resend } = await open();
    const { data } = await resend.batch.send([email, { ...email, to: 'kari@' }], { batchValidation: 'permissive' });
    expect(data?.data).toHaveLength(1);
    expect(data?.errors).toMatchObject([{ index: 1, message: expect.stringContaining('`to`') }]);
    expect(mailbox.messages()).toHaveLength(1);
  });

  test('refuses a batch of more than 100', async () => {
    const { resend } = await open();
    const { error } = await resend.batch.send(Array.from({ length: 101 }, () => email));
    expect(error).toMatchObject({ name: 'validation_error', statusCode: 422 });
  });
});

describe('the stand-in of Resend, called by hand', () => {
  test('turns a caller without a User-Agent away at the door', async () => {
    const { mailbox } = await open();
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request(`${mailbox.url}/emails`, { method: 'POST', headers: { authorization: 'Bearer re_full' } }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => { body += part.toString(); });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      }).on('error', reject).end('{}');
    });
    expect(answer).toEqual({ status: 403, body: 'error code: 1010' });
  });

  test.each([
    ['no key', '/emails', {}, '{}', 401, 'missing_api_key'],
    ['half a body', '/emails', { authorization: 'Bearer re_full' }, '{"from":', 400, 'validation_error'],
    ['a body that is no object', '/emails', { authorization: 'Bearer re_full' }, '[]', 422, 'validation_error'],
    ['an unknown path', '/letters', { authorization: 'Bearer re_full' }, '{}', 404, 'not_found'],
    ['a wrong method', '/emails/1', { authorization: 'Bearer re_full' }, '{}', 405, 'method_not_allowed'],
  ])('answers %s with its documented error', async (_, path, headers, body, status, name) => {
    const { mailbox } = await open();
    const answer = await fetch(`${mailbox.url}${path}`, { method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ statusCode: status, name });
  });
});

describe('the mailbox page', () => {
  test('lists the mails, newest first', async () => {
    const { mailbox, resend } = await open();
    await resend.emails.send({ ...email, subject: 'First' });
    await resend.emails.send({ ...email, subject: 'Second <b>' });
    const page = await (await fetch(mailbox.url)).text();
    expect(page.indexOf('Second &#60;b&#62;')).toBeGreaterThan(0);
    expect(page.indexOf('Second')).toBeLessThan(page.indexOf('First'));
  });

  test('shows a mail\'s HTML only in a sandbox that runs nothing and loads nothing', async () => {
    const { mailbox, resend } = await open();
    await resend.emails.send({ ...email, html: '<script>alert(1)</script>' });
    const id = mailbox.messages()[0]?.id;
    const page = await fetch(`${mailbox.url}/mail/${id}`);
    expect(page.headers.get('content-security-policy')).toContain('default-src \'none\'');
    expect(await page.text()).not.toContain('<script>');
    const mail = await fetch(`${mailbox.url}/mail/${id}/html`);
    expect(mail.headers.get('content-security-policy')).toMatch(/^sandbox (?!.*allow-scripts).*default-src 'none'/);
  });

  test('gives scripts the same as JSON', async () => {
    const { mailbox, resend } = await open();
    await resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    expect(await (await fetch(`${mailbox.url}/_mailbox/messages`)).json()).toMatchObject([
      { subject: email.subject, to: ['kari@example.org'], idempotencyKey: 'delivery-1', at: start.toISOString() },
    ]);
  });

  test('keeps mail and keys over a restart, even one that cut a line short', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'mail.jsonl');
    const first = await open({ file });
    await first.resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    await first.mailbox.stop();
    appendFileSync(file, '{"message":{"id":"half');
    const second = await open({ file });
    await second.resend.emails.send(email, { idempotencyKey: 'delivery-1' });
    await second.resend.emails.send(email, { idempotencyKey: 'delivery-2' });
    await second.mailbox.stop();
    const third = await open({ file });
    expect(third.mailbox.messages().map(({ idempotencyKey }) => idempotencyKey)).toEqual(['delivery-2', 'delivery-1']);
  });
});
