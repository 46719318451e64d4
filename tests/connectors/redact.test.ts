import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, redact, redactDiagnosis } from '../../supabase/functions/_kit/redact.ts';

const secret = 'p@ss/w0rd "x" & ü+=';

describe('a configured secret', () => {
  test.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['URL-encoded', encodeURIComponent],
    ['URL-encoded in lower case', (text) => encodeURIComponent(text).replace(/%../g, (hex) => hex.toLowerCase())],
    ['form-encoded', (text) => encodeURIComponent(text).replaceAll('%20', '+')],
    ['in JSON', (text) => JSON.stringify({ got: text })],
    ['in JSON with escaped slashes', (text) => JSON.stringify({ got: text }).replaceAll('/', '\\/')],
    ['in JSON in JSON', (text) => JSON.stringify(JSON.stringify({ got: text }))],
    ['in HTML', (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in base64url', (text) => Buffer.from(text).toString('base64url')],
    ['in base64 behind one letter', (text) => Buffer.from(`a:${text}`).toString('base64')],
    ['in base64 behind a user name', (text) => Buffer.from(`user:${text}:z`).toString('base64')],
  ])('is gone %s', (_name, spell) => {
    const text = `before ${spell(secret)} after`;
    const clean = redact(text, [secret]);
    expect(clean).toContain('[redacted]');
    expect(clean).toMatch(/^before .* after$/s);
    expect(clean).not.toContain(secret);
    expect(clean).not.toContain(spell(secret).slice(8, -8));
  });

  test('too short to be one is left alone, so that ordinary words survive', () => {
    expect(redact('a no-no', ['no', ''])).toBe('a no-no');
  });

  test('inside another goes with the longer one', () => {
    expect(redact('abcdef-ghijkl', ['abcdef', 'abcdef-ghijkl'])).toBe('[redacted]');
  });

  test('of any letters is gone from any text around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 40 }), fc.string(), fc.string(), (value, before, after) => {
        const kept = value.trim();
        fc.pre(kept.length >= 6 && !'[redacted]'.includes(kept));
        expect(redact(`${before} ${kept} ${after}`, [value]).split('[redacted]')).not.toContainEqual(expect.stringContaining(kept));
      }),
    );
  });
});

describe('what looks like a credential', () => {
  test.each<[string, string, string]>([
    ['an authorization header', 'Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['one of an unusual scheme', 'authorization: token 9f8e7d6c5b', 'authorization: token [redacted]'],
    ['one in JSON', '{"Authorization":"Basic dXNlcjpwYXNz"}', '{"Authorization":"Basic [redacted]"}'],
    ['a bearer token in a sentence', 'got Bearer 1234567890abcdef, expected', 'got Bearer [redacted], expected'],
    ['a key of this platform', 'key sb_secret_N7UND0Ug_x is', 'key [redacted] is'],
    ['a JWT', 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!', 'jwt [redacted]!'],
    ['an API key in a query', 'GET /x?api_key=abc123&y=1', 'GET /x?api_key=[redacted]&y=1'],
    ['a signature in a query', 'https://h/p?sv=1&sig=Zm9v%3D', 'https://h/p?sv=1&sig=[redacted]'],
    ['a password in JSON', '{"password":"hunter2 and more","a":1}', '{"password":"[redacted]","a":1}'],
    ['a password in JSON in JSON', '"{\\"password\\":\\"hunter2\\"}"', '"{\\"password\\":\\"[redacted]\\"}"'],
    ['a client secret in a form', 'grant_type=x&client_secret=s3~x&b=c', 'grant_type=x&client_secret=[redacted]&b=c'],
    ['a URL with a password', 'postgres://user:pw@host/db', 'postgres://[redacted]@host/db'],
    ['a private key', 'k: -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----.', 'k: [redacted].'],
  ])('%s', (_name, text, clean) => {
    expect(redact(text, [])).toBe(clean);
  });

  test.each([
    'Bad format for API Token. Expected header: "Authorization: token <your-token>"',
    'The access token provided is expired, revoked, malformed or invalid for other reasons.',
    'Basic authentication is not supported',
    'invalid username or password',
    'Application token is invalid, see https://example.org/api',
    'The field Currency Code of table Gen. Journal Line contains a value (R-NTD) that cannot be found in the related table (Currency).',
    'password: must be longer',
  ])('is not: %s', (text) => {
    expect(redact(text, [])).toBe(text);
  });
});

test('a diagnosis loses its secrets in every part', () => {
  const part = { message: 'bad k3y-of-the-house', code: 'k3y-of-the-house', field: 'k3y-of-the-house' };
  const clean = redactDiagnosis(
    { ...part, category: 'auth', retryable: false, records: [{ index: 0, ...part }] },
    createRedactor(['k3y-of-the-house']),
  );
  expect(JSON.stringify(clean)).not.toContain('k3y-of-the-house');
  expect(clean).toMatchObject({ category: 'auth', retryable: false, records: [{ index: 0 }] });
});

describe('1 MB of hostile text takes one pass', () => {
  test.each([
    'Bearer ',
    'token ',
    'password=',
    '"password":"',
    'eyJ',
    '-eyJaaaaaaaa',
    'authorization:',
    '://a:',
    '-----BEGIN PRIVATE KEY-----',
    'sb_secret_',
    'a',
    '\\"password\\":\\"',
    '=',
    'password: ',
    ' ',
    '\\',
  ])('%j', (piece) => {
    const text = piece.repeat(Math.ceil((1 << 20) / piece.length));
    const before = process.threadCpuUsage();
    redact(text, ['s3cr3t-value-1', 'aaaaaaaaaaaaaaab']);
    // About 50 ms on a quiet machine; a quadratic pattern needs minutes.
    expect(process.threadCpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
