import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';

const CATEGORIES = ['validation', 'auth', 'permission', 'not_found', 'conflict', 'rate_limit', 'server', 'timeout', 'schema'];
const system = fc.constantFrom('xledger', 'business-central', 'bufdir', 'unheard-of', '__proto__', 'constructor', '');
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
