import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';
import { readers } from '../../supabase/functions/_kit/diagnose/index.ts';
import { createRedactor, redactDiagnosis } from '../../supabase/functions/_kit/redact.ts';

const CATEGORIES = ['validation', 'auth', 'permission', 'not_found', 'conflict', 'rate_limit', 'server', 'timeout', 'schema'];
const system = fc.constantFrom(...Object.keys(readers), 'bufdir', 'unheard-of', '__proto__', 'constructor', '');
const status = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.integer(), fc.constant(Number.NaN));
const word = fc.constantFrom(
  'error',
  'errors',
  'message',
  'code',
  'field',
  'details',
  'results',
  'responses',
  'status',
  'body',
  'index',
  'extensions',
  'innererror',
  '__proto__',
  'constructor',
  'toString',
  'success',
  'path',
  'exception',
  'name',
  'source',
  'loc',
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium' },
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(word, fc.string({ maxLength: 5 })), tie('tree'), { maxKeys: 5 }),
  ),
}));
const shaped = tree.map((value) => JSON.stringify(value) ?? '');
const body = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  shaped,
  fc.tuple(shaped, fc.nat(300)).map(([text, at]) => text.slice(0, at)),
  fc
    .array(
      fc.constantFrom('<', '>', '<h1>', '</h1>', '<?xml', '<a b="', '"', '&amp;', '&#x110000;', '&#0;', '<!--', '<![CDATA[', 'x', '\0'),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom('--b', 'HTTP/1.1 400 X', 'Content-ID: 9', '{"error":{"message":"m"}}', '', '{'), { maxLength: 12 })
    .map((lines) => `--b\r\n${lines.join('\r\n')}`),
);

function isHonest(got: Diagnosis): void {
  expect(got.message.length).toBeGreaterThan(0);
  expect(got.message.length).toBeLessThanOrEqual(2_000);
  expect(got.message).not.toMatch(/\p{Cc}/u);
  expect(got.message.isWellFormed()).toBe(true);
  expect(CATEGORIES).toContain(got.category);
  expect(typeof got.retryable).toBe('boolean');
  for (const part of [got, ...(got.records ?? [])]) {
    expect(part.code === null || (typeof part.code === 'string' && part.code !== '' && part.code.length <= 200)).toBe(true);
    expect(part.field === null || (typeof part.field === 'string' && part.field !== '' && part.field.length <= 200)).toBe(true);
  }
}

describe('whatever a system answers', () => {
  test('there is an honest diagnosis, never an exception, and the same one again', () => {
    fc.assert(
      fc.property(system, status, fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), body, (name, code, headers, text) => {
        const response = { status: code, headers, body: text };
        const got = diagnose(name, response);
        isHonest(got);
        expect(diagnose(name, response)).toEqual(got);
      }),
      { numRuns: 1_500 },
    );
  });

  test('any bytes, of any content type, are as good as a text', () => {
    const type = fc.constantFrom('application/json', 'text/xml; charset=utf-16', 'text/csv', 'text/html', 'multipart/mixed; boundary=b', 'image/png', '');
    const decoded = fc.tuple(fc.uint8Array({ maxLength: 3_000 }), fc.constantFrom('latin1' as const, 'utf8' as const, 'utf16le' as const, 'base64' as const))
      .map(([bytes, encoding]) => Buffer.from(bytes).toString(encoding));
    const start = fc.constantFrom('', '{"error":', '[', '<?xml version="1.0"?>', '<html>', '--b\r\nHTTP/1.1 400 X\r\n\r\n', '"sf__Error"\n');
    fc.assert(
      fc.property(system, status, type, start, decoded, (name, code, contentType, first, bytes) => {
        isHonest(diagnose(name, { status: code, headers: { 'Content-Type': contentType, 'x-amzn-errortype': bytes.slice(0, 50) }, body: first + bytes }));
      }),
      { numRuns: 1_000 },
    );
  });

  test('what is kept of it is never larger than 1 MB, and holds no credential it quotes', () => {
    const core = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/).filter((text) => /\d/.test(text));
    const credential = core.chain((secret) => fc.constantFrom(
      `Bearer ${secret}`, `Authorization: token ${secret}`, `https://api.example.org/x?api_key=${secret}&y=1`, `{"password":"${secret}"}`,
      `sk_live_${secret}`, `xoxb-${secret}`, `https://user:${secret}@example.org/`, `eyJ${secret}.${secret}.${secret}`, `client_secret=${secret}`,
    ).map((text) => ({ secret, text })));
    const around = fc.tuple(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }));
    const shape = fc.constantFrom<(text: string) => unknown>(
      (text) => ({ error: { code: 'X', message: text } }), (text) => ({ errors: [{ message: text, field: text }] }), (text) => [{ errorCode: 'E', message: text }],
      (text) => ({ results: [{ success: false, errors: [{ message: text }] }] }), (text) => text, (text) => ({ error: text, error_description: text }),
    );
    const redactor = createRedactor([]);
    fc.assert(
      fc.property(system, credential, around, shape, fc.boolean(), (name, { secret, text }, [before, after], wrap, asText) => {
        const sentence = `${before} ${text} ${after}`;
        const got = redactDiagnosis(diagnose(name, { status: 400, headers: {}, body: asText ? sentence : JSON.stringify(wrap(sentence)) }), redactor);
        expect(JSON.stringify(got)).not.toContain(secret);
      }),
      { numRuns: 700 },
    );
    const wide = JSON.stringify({ code: 'C'.repeat(90), errors: Array.from({ length: 2_000 }, (_, index) => ({ index, message: '界'.repeat(110), field: 'ø'.repeat(200) })) });
    for (const name of Object.keys(readers)) {
      expect(Buffer.byteLength(JSON.stringify(diagnose(name, { status: 207, headers: {}, body: wide.slice(0, 256 * 1024) })))).toBeLessThan(1_000_000);
    }
  });

  test('a response that is not even one still gets an answer', () => {
    for (const broken of [{}, { status: 400 }, { status: 400, headers: null, body: null }, null])
      isHonest(diagnose('xledger', broken as never));
  });

  test('every cut of an answer gets an answer, and never a longer one', () => {
    const whole = JSON.stringify({
      error: {
        code: 'Internal_InvalidTableRelation',
        message: 'The field "A" of table B — wrong \\ "value" \u00e6',
        details: [{ x: [1, 2, null] }],
      },
    });
    for (let at = 0; at <= whole.length; at += 1)
      isHonest(diagnose('business-central', { status: 400, headers: {}, body: whole.slice(0, at) }));
  });
});

/** CPU of this thread alone: what else the machine does costs wall clock, not this. */
function cpuMs(): number {
  const { user, system: kernel } = process.threadCpuUsage();
  return (user + kernel) / 1_000;
}

describe('5 MB of anything cost no more than a page', () => {
  const size = 5 << 20;
  const fill = (text: string, head = ''): string => head + text.repeat(Math.ceil(size / text.length));
  const bodies: Record<string, string> = {
    'a JSON list of refusals': `{"errors":[${fill('{"field":"f","message":"The field X contains a value (1) that is wrong","code":"E"},')}{}]}`,
    'a page': fill('<p>hello world</p>', '<html><body>'),
    'open brackets': fill('['),
    'open objects': fill('{"a":'),
    'open tags': fill('<a'),
    'nested elements': fill('<a x="1">', '<?xml version="1.0"?>'),
    'attributes': fill('b="c" ', '<?xml version="1.0"?><a '),
    'quotes': fill('"'),
    'backslashes': fill('\\', '{"a":"'),
    'line ends': fill('\n', 'x'),
    'entities': fill('&amp;', '<p>'),
    'comments': fill('<!--', '<html>'),
    'words about fields': fill('invalid field '),
    'backticks': fill('`a'),
    'parts': fill('--x\nHTTP/1.1 400 Bad\n\n{"a":1}\n'),
    'one long message': JSON.stringify({ message: fill('a.b_c is ') }),
  };

  test.each(Object.entries(bodies))('%s', (_name, body) => {
    const times = ['business-central', 'xledger', 'other', 'other', 'other', 'other', 'other', 'other'].map((name) => {
      const before = cpuMs();
      isHonest(diagnose(name, { status: 400, headers: {}, body }));
      return cpuMs() - before;
    });
    // 1 to 6 ms once the code is warm; the rest is room for a machine under load. A quadratic reader needs seconds.
    expect(Math.min(...times)).toBeLessThan(25);
  });
});

describe('256 KB are read whole, and cost no more for being made to', () => {
  const size = 250 * 1024;
  const fill = (text: string, head: string, tail = ''): string => head + text.repeat(Math.floor((size - head.length - tail.length) / text.length)) + tail;
  const numbered = (text: (at: number) => string, width: number): string => Array.from({ length: Math.floor(size / width) }, (_, at) => text(at)).join(',');
  const bodies: Record<string, string> = {
    'thousands of records': fill('{"success":false,"errors":[{"statusCode":"E","message":"bad value for x","fields":["a"]}]},', '[', '{}]'),
    'thousands of keys': `{${numbered((at) => `"k${at}":"v ${at} x"`, 20)}}`,
    'thousands of fields': `{"errors":{${numbered((at) => `"k${at}":["must not be blank ${at}"]`, 40)}}}`,
    'long sentences': fill(`${JSON.stringify({ message: 'the value of a.b_c is not what the field was expected to hold '.repeat(30) })},`, '{"errors":[', '{}]}'),
    'parts of a batch': fill('--x\nHTTP/1.1 400 Bad\n\n{"a":1}\n', ''),
    'an XML document': fill('<error><code>E</code><message>bad value for x</message></error>', '<?xml version="1.0"?><r>', '</r>'),
    'rows of a table': fill('"","E:Required fields are missing: [A]:A --","1"\n', '"sf__Id","sf__Error","K"\n'),
    'open lists': fill('[', ''),
  };

  test.each(Object.entries(bodies))('%s', (_name, body) => {
    const times = ['salesforce', 'servicenow', 'zendesk', 'other'].map((name) => {
      const before = cpuMs();
      isHonest(diagnose(name, { status: 400, headers: {}, body }));
      return cpuMs() - before;
    });
    // Up to 15 ms once the code is warm.
    expect(Math.min(...times)).toBeLessThan(60);
  });
});
