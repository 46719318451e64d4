import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderEmail } from '../../supabase/functions/_kit/messages/email.ts';
import { noticeSchema } from '../../supabase/functions/_kit/messages/notice.ts';
import type { Notice } from '../../supabase/functions/_kit/messages/notice.ts';
import { looksPersonal, oneLine, withoutPersonalData } from '../../supabase/functions/_kit/messages/plain.ts';
import { aCause, aNotice } from './messages-notices.ts';

const page = 'https://sync.example.org';
const inNorwegian = (changes: Partial<Notice> = {}) => renderEmail(aNotice(changes), 'nb', page);
const inEnglish = (changes: Partial<Notice> = {}) => renderEmail(aNotice(changes), 'en', page);
const links = (html: string): string[] => [...html.matchAll(/href="([^"]*)"/g)].map(([, url]) => url ?? '');
// \p{Cc}: control characters, line breaks among them; \p{Cf}: direction and other invisible ones; \p{Zl}, \p{Zp}: line separators.
const unwanted = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('a subject', () => {
  test('tells a Norwegian reader what failed, how often, how many records and how much money', () => {
    expect(inNorwegian().subject).toBe('Rødt: Xledger har feilet 2 ganger – 104 poster, 184 200,00 kr');
  });

  test('tells an English reader the same', () => {
    expect(inEnglish().subject).toBe('Red: Xledger has failed 2 times – 104 records, NOK 184,200.00');
  });

  test('is yellow when records are refused for a new cause, and counts that cause only', () => {
    const { subject } = inNorwegian({ alarm: 'cause_refused', severity: 'medium', cause: aCause({ records: 1 }), amounts: [] });
    expect(subject).toBe('Gult: Xledger avviser poster – 1 post');
  });

  test('is green at recovery and says what still remains', () => {
    expect(inNorwegian({ kind: 'recovered' }).subject).toBe('Grønt: Xledger er i orden igjen – 104 poster gjenstår');
    expect(inNorwegian({ kind: 'recovered', open_failed: 0 }).subject).toBe('Grønt: Xledger er i orden igjen');
  });

  test('is green when a cause has no records left', () => {
    const cause = aCause({ records: 0, values: [] });
    const { subject, text } = inNorwegian({ kind: 'recovered', alarm: 'cause_refused', cause, open_failed: 3 });
    expect(subject).toBe('Grønt: Xledger: årsaken er rettet – 3 poster gjenstår');
    expect(text).toContain('Årsak: Invalid cost center code: {}');
  });

  test('names two currencies and hints at more', () => {
    const amounts = ['NOK', 'EUR', 'SEK'].map((currency) => ({ currency, amount: '1.50', records: 1 }));
    expect(inEnglish({ amounts }).subject).toBe('Red: Xledger has failed 2 times – 104 records, NOK 1.50 + €1.50 …');
  });

  test('of an alarm nobody has written words for still makes sense', () => {
    const { subject } = inEnglish({ alarm: 'moon_phase', advice: 'constructor', amounts: [] });
    expect(subject).toBe('Red: Xledger needs attention – 104 records');
  });

  test('cannot be broken into further headers by a name', () => {
    const integration = { id: '1', name: 'Xledger\r\nBcc: mallory@example.org', slug: 'xledger', system: 'xledger' };
    expect(inEnglish({ integration }).subject).toMatch(/^Red: Xledger Bcc: mallory@example\.org has failed/);
  });

  test('has no control character and no line break, whatever the notice holds', () => {
    const nasty = fc.constantFrom('\r\nBcc: x', '\u202Eevil', '\u0000', '\uD800', '\u2028');
    const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), nasty);
    const kinds = fc.constantFrom<Notice['kind']>('opened', 'raised', 'recovered', 'reminded', 'asked', 'decided', 'invited', 'test');
    fc.assert(fc.property(hostile, hostile, hostile, kinds, (name, currency, alarm, kind) => {
      const notice = aNotice({
        kind,
        alarm: alarm || 'x',
        integration: { id: '1', name, slug: 'xledger', system: currency },
        amounts: [{ currency, amount: '1', records: 1 }],
        news: { by: name, records: 1, agreed: false, reason: alarm, role: 'viewer', until: null },
      });
      for (const locale of ['nb', 'en'] as const) {
        const { subject } = renderEmail(notice, locale, page);
        expect(subject).not.toMatch(unwanted);
        expect(subject.isWellFormed()).toBe(true);
        expect([...subject].length).toBeLessThanOrEqual(160);
      }
    }));
  });
});

describe('the message', () => {
  test('carries the system\'s own words, the field, the counts, the amount, since when, the cut-off and what to do', () => {
    const { text } = inNorwegian();
    expect(text).toContain('Melding fra Xledger, gjengitt ordrett:\n> Invalid cost center code: 9999');
    expect(text).toContain('Felt: costCenter');
    expect(text).toContain('Feilkode: BAD_USER_INPUT, HTTP 422');
    expect(text).toContain('Siste kjøring: 104 av 15\u00a0079 poster ble avvist');
    expect(text).toContain('Beløp som ikke er kommet fram: 184\u00a0200,00\u00a0kr (104 poster)');
    expect(text).toContain('Siden: tirsdag 17. november 2026 kl. 14:05 (Europe/Oslo)');
    expect(text).toContain('Regnskapsfrist: fredag 20. november 2026 kl. 16:00 (Europe/Oslo), om 5 timer. 104 poster er ikke kommet fram.');
    expect(text).toContain('Hva du kan gjøre: Les hva Xledger svarte.');
  });

  test('says the same as text and as HTML', () => {
    const { text, html } = inEnglish();
    const bare = html.replace(/<head>[\s\S]*?<\/head>/, '').replace(/<[^>]+>/g, ' ');
    const seen = bare.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    const wordsOf = (content: string) => content.replace(/https:\S+|^> |^-- $/gm, '').match(/[\p{L}\p{N}]+/gu);
    expect(wordsOf(seen)).toEqual(wordsOf(text));
  });

  test('writes an amount of any size exactly', () => {
    const amounts = [{ currency: 'NOK', amount: '12345678901234567.89', records: 1 }];
    expect(inEnglish({ amounts }).text).toContain('NOK\u00a012,345,678,901,234,567.89');
  });

  test('leads to the cause, else to the run, else to the integration, with one link only', () => {
    const cause = aCause();
    expect(links(inEnglish({ cause, run_id: '4' }).html)).toEqual([`${page}/o/solsiden/i/xledger/causes/7`]);
    expect(links(inEnglish({ run_id: '4' }).html)).toEqual([`${page}/o/solsiden/i/xledger/runs/4`]);
    expect(links(inEnglish().html)).toEqual([`${page}/o/solsiden/i/xledger`]);
    expect(links(renderEmail(aNotice(), 'en', `${page}/app/`).html)).toEqual([`${page}/app/o/solsiden/i/xledger`]);
  });

  test('shows another system\'s markup as text and nothing else', () => {
    const message = '</blockquote><script>alert(1)</script><img src=x onerror="alert(1)"> & \'more\'';
    const { html } = inEnglish({ error: { message, code: '<b>', field: '"><a href="https://evil.example.org">', status: 422 } });
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(links(html)).toHaveLength(1);
    expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
  });

  test('says at most five offending values and how many more there are', () => {
    const values = ['9999', '12', '33', '44', '55', '66', '77'];
    const cause = aCause({ values });
    expect(inEnglish({ cause }).text).toContain('Values refused: 9999, 12, 33, 44, 55 and 2 more');
  });

  test('leaves values about people out', () => {
    const values = ['ola@example.org', '01020312345', '+47 912 34 567', '91234567', 'Ola Nordmann', '9999'];
    const cause = aCause({ values });
    const { text, html } = inEnglish({ cause });
    expect(text).toContain('Values refused: 9999 and 5 more');
    for (const value of values.slice(0, 5)) expect(html).not.toContain(value);
  });

  test('takes personal details out of the system\'s message and says so', () => {
    const message = 'Supplier ola@example.org (010203 12345) is closed';
    const { text } = inEnglish({ error: { message, code: null, field: null, status: null } });
    expect(text).toContain('> Supplier [personal detail left out] ([personal detail left out]) is closed');
  });

  test('about a cause quotes the answer to its records, not the last run\'s error', () => {
    const error = { message: 'Service unavailable', code: 'UNAVAILABLE', field: null, status: 503 };
    const { text } = inEnglish({ alarm: 'cause_refused', cause: aCause(), error });
    expect(text).toContain('> Invalid cost center code: 9999\n\nField: costCenter\nError code: INVALID_CODE\n');
    expect(text).not.toMatch(/Service unavailable|UNAVAILABLE|503/);
  });

  test('uses UTC when the organization\'s time zone is not one', () => {
    const organization = { name: 'Solsiden', slug: 'solsiden', time_zone: 'Mars/Olympus' };
    expect(inEnglish({ organization }).text).toContain('Since: Tuesday, 17 November 2026 at 13:05 (UTC)');
  });

  test('shows a currency it does not know by its name', () => {
    expect(inEnglish({ amounts: [{ currency: 'points', amount: '12.50', records: 1 }] }).subject).toContain('12.5 points');
  });

  test('says that it has become more serious when it has', () => {
    const { text } = inNorwegian({ kind: 'raised', severity: 'critical' });
    expect(text).toContain('Saken er blitt mer alvorlig og regnes nå som kritisk.');
  });

  test('is the same to the byte each time it is rendered', () => {
    expect(inNorwegian()).toEqual(inNorwegian());
  });

  test('can be rendered from a notice with only what every notice has', () => {
    const { kind, alarm, severity, organization, integration, since, at } = aNotice();
    const { text } = renderEmail(noticeSchema.parse({ kind, alarm, severity, organization, integration, since, at }), 'en', page);
    expect(text).toContain('Xledger has failed');
    expect(text).not.toMatch(/undefined|null|NaN/);
  });
});

describe('text from elsewhere', () => {
  test.each([
    'Voucher 2026-11-20 of 184200.00 has 12 lines', 'Account 4010 is closed', 'Period 202611 is locked',
    'Request 3f2b1c9e-aaaa-4bbb-8ccc-1234567890ab failed', 'Amount 1234567.89 exceeds 99999',
  ])('keeps what is about no person: %s', (message) => {
    expect(withoutPersonalData(message, 500, '[hidden]')).toBe(message);
  });

  test.each([
    'ola.nordmann@example.org', '010203 12345', '01020312345', '+47 912 34 567', '0047 91234567', '912 34 567', '91 23 45 67', '91234567',
    '1234.56.78901', 'NO9386011117947',
  ])('knows %s for a personal detail', (detail) => {
    expect(withoutPersonalData(`Unknown: ${detail}!`, 500, '[hidden]')).toBe('Unknown: [hidden]!');
    expect(looksPersonal(detail)).toBe(true);
  });

  test('is cut at its length without breaking a character, however large it is', () => {
    expect(oneLine('😀'.repeat(1_000_000), 5)).toBe('😀😀😀😀…');
    expect(withoutPersonalData('a'.repeat(5_000_000), 10, '[hidden]')).toBe('aaaaaaaaa…');
  });

  test('never grows past its length', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, max) => {
      const line = oneLine(text, max);
      expect([...line].length).toBeLessThanOrEqual(max);
      expect(line).not.toMatch(unwanted);
    }));
  });
});

describe('a reminder', () => {
  test('says that the time of the snooze is over before it says what is wrong', () => {
    const { subject, text } = inEnglish({ kind: 'reminded' });
    expect(subject).toBe(inEnglish().subject);
    expect(text).toContain('This was snoozed. The time is over and it is still open.\n\nThe last 2 runs');
    expect(inNorwegian({ kind: 'reminded' }).text).toContain('Saken var utsatt. Tiden er ute, og den er fortsatt åpen.');
  });
});

describe('a test', () => {
  test('alarms nobody, names no integration and leads to the settings it was sent from', () => {
    const { subject, text, html } = inEnglish({ kind: 'test' });
    expect(subject).toBe('A test from Syncward');
    expect(text).not.toMatch(/Xledger|failed|9999/);
    expect(links(html)).toEqual(['https://sync.example.org/o/solsiden/notifications/settings']);
    expect(inNorwegian({ kind: 'test' }).subject).toBe('En prøve fra Syncward');
  });
});

describe('what people do', () => {
  const news = { by: 'Kari', records: 12, agreed: null, reason: null, role: null, until: null };

  test('a correction that waits is told with who asked, and leads to the integration', () => {
    const { subject, text, html } = inEnglish({ kind: 'asked', news });
    expect(subject).toBe('Xledger: a correction waits for your approval');
    expect(text).toContain('Kari has corrected amounts, accounts or dates of 12 records. Nothing is sent before another owner or admin has said yes.');
    expect(text).not.toMatch(/failed|9999/);
    expect(links(html)).toEqual(['https://sync.example.org/o/solsiden/i/xledger']);
    expect(inNorwegian({ kind: 'asked', news }).subject).toBe('Xledger: en retting venter på godkjenning fra deg');
  });

  test('who asked hears what was decided, and why not', () => {
    expect(inEnglish({ kind: 'decided', news: { ...news, agreed: true } }).text).toContain('Kari has approved it, and 12 records are being sent.');
    const { subject, text } = inNorwegian({ kind: 'decided', news: { ...news, agreed: false, reason: 'Feil konto, ring ola@example.org' } });
    expect(subject).toBe('Xledger: rettingen din er avslått');
    expect(text).toContain('Begrunnelse: Feil konto, ring');
    expect(text).not.toContain('ola@example.org');
  });

  test('an invitation says who, as what and until when, and leads to the invitations', () => {
    const invited = { kind: 'invited', news: { ...news, role: 'viewer', until: '2026-11-27T10:00:00Z' } } as const;
    const { subject, text, html } = inEnglish(invited);
    expect(subject).toBe('You are invited to Solsiden in Syncward');
    expect(text).toMatch(/Kari asks you to join as a viewer\..*good until Friday, 27 November 2026/s);
    expect(text).toContain('If you do not know them, there is nothing to do.');
    expect(links(html)).toEqual(['https://sync.example.org/invitations']);
    expect(inNorwegian(invited).text).toContain('Kari ber deg bli med som leser.');
  });
});
