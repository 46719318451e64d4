import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causeOf } from '../../supabase/functions/_kit/template.ts';

const cause = (message: string, field: string | null = null, category: Parameters<typeof causeOf>[0]['category'] = 'validation') =>
  causeOf({ message, field, category });

describe('a message without its values', () => {
  test.each<[string, string, string | null]>([
    ['Invalid cost center code: 9999', 'Invalid cost center code: {}', '9999'],
    [
      'The field Account No. of table Gen. Journal Line contains a value (ABL001) that cannot be found in the related table (Vendor).',
      'The field Account No. of table Gen. Journal Line contains a value ({}) that cannot be found in the related table (Vendor).',
      'ABL001',
    ],
    [
      'Feltet Kontonr. i tabellen Kladdelinje inneholder en verdi (R-NTD) som ikke finnes i den relaterte tabellen (Leverandør).',
      'Feltet Kontonr. i tabellen Kladdelinje inneholder en verdi ({}) som ikke finnes i den relaterte tabellen (Leverandør).',
      'R-NTD',
    ],
    ['Purchase Invoice 586265 already exists for this vendor.', 'Purchase Invoice {} already exists for this vendor.', '586265'],
    [
      "'Invalid Type' is not an option. The existing options are: A,B",
      "'{}' is not an option. The existing options are: {}",
      'Invalid Type',
    ],
    ['Amount -100,50 exceeds the budget on 2026-11-20', 'Amount {} exceeds the budget on {}', '-100,50'],
    ['Could not find Department: Engg', 'Could not find Department: {}', 'Engg'],
    [
      'The length of the string is 57, but it must be at most 50 characters. Value: PUMP & SPECIALTY SUPPLY, INC',
      'The length of the string is {}, but it must be at most {} characters. Value: {}',
      'PUMP & SPECIALTY SUPPLY, INC',
    ],
    ['Email address kari@example.org is invalid', 'Email address {} is invalid', 'kari@example.org'],
    ['Account 8c1f2a34-0000-4000-8000-1234567890ab was closed', 'Account {} was closed', '8c1f2a34-0000-4000-8000-1234567890ab'],
    ['Variable "$inputs[3].node.amount" got invalid value "abc"', 'Variable "$inputs[{}].node.amount" got invalid value "{}"', 'abc'],
    ['Ids 1, 2, 3 are gone', 'Ids {} are gone', '1'],
    ['Verdien «Ære» er ugyldig', 'Verdien «{}» er ugyldig', 'Ære'],
    ["O'Brien's \"x\" isn't here", "O'Brien's \"{}\" isn't here", 'x'],
    ['Not found', 'Not found', null],
    ['502 Bad Gateway', '502 Bad Gateway', null],
    ['Kan ikke være null.', 'Kan ikke være null.', null],
    ['', '', null],
  ])('%s', (message, template, value) => {
    expect(cause(message)).toEqual({ template, value });
  });

  test('keeps the blamed field: two fields are two causes', () => {
    expect(cause("Field 'priority' is required", 'priority').template).toBe("Field 'priority' is required");
    expect(cause('customfield_11623 cannot be set', 'customfield_11623')).toEqual({
      template: 'customfield_11623 cannot be set',
      value: null,
    });
  });

  test('what identifies the record is the value only when the record itself is the problem', () => {
    expect(cause('Posting Group must have a value in Customer: No.=C00107.')).toEqual({
      template: 'Posting Group must have a value in Customer: No.={}.',
      value: null,
    });
    expect(cause('The record already exists: No.=C00107.', 'No.', 'conflict').value).toBe('C00107');
  });

  test('a limit is not the value', () => {
    expect(cause('Length must be at most 32 characters').value).toBeNull();
  });
});

/** Words that may end a sentence after a colon without being a value. */
const ORDINARY = new RegExp(`^(?:${[
  'required|missing|invalid|blank|empty|null|unknown|timeout|denied|forbidden|failed|error|unavailable',
  'code|id|value|name|key',
].join('|')})$`, 'i');

describe('whatever the message', () => {
  const SENTENCES: ((value: string) => string)[] = [
    (value) => `Invalid cost center code: ${value}`,
    (value) => `The field A of table B contains a value (${value}) that cannot be found in the related table (C).`,
    (value) => `No such column '${value}' on object`,
    (value) => `Feltet "${value}" finnes ikke.`,
    (value) => `Verdi «${value}» er feil for konto`,
  ];
  const value = fc.stringMatching(/^[A-Z0-9][A-Za-z0-9ÆØÅæøå_-]{0,20}$/);

  test('the same message with another value has the same template, and gives the value back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SENTENCES), value, value, (sentence, one, other) => {
        fc.pre(!ORDINARY.test(one) && !ORDINARY.test(other));
        expect(cause(sentence(one)).template).toBe(cause(sentence(other)).template);
        expect(cause(sentence(one)).value).toBe(one);
      }),
    );
  });

  test("numbers, dates, amounts and ids anywhere don't make another cause", () => {
    const any = fc.oneof(
      fc.integer().map(String),
      fc.uuid(),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
      fc.tuple(fc.nat(999), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`),
      fc.nat().map((id) => `INV-${id}`),
    );
    fc.assert(
      fc.property(any, any, (one, other) => {
        expect(cause(`Invoice ${one} for the department was refused`).template).toBe(
          cause(`Invoice ${other} for the department was refused`).template,
        );
      }),
    );
  });

  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '(',
        ')',
        '«',
        '»',
        '`',
        '{}',
        '{',
        '}',
        '=',
        ': ',
        ' ',
        '[',
        ']',
        'value',
        '12',
        'No.',
        ',',
        '@',
        'a.b',
        '-',
        '+',
        '“',
        '”',
        '/',
        '.',
        ':',
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 60 },
  );
  const message = fc.oneof(
    fc.string({ maxLength: 900 }),
    pieces.map((parts) => parts.join('')),
    pieces.map((parts) => parts.join(' ').repeat(9)),
  );

  test('the template is at most 500 characters, and its own template', () => {
    fc.assert(
      fc.property(message, fc.option(fc.string({ minLength: 1, maxLength: 8 })), (text, field) => {
        const { template, value: found } = cause(text, field);
        expect(template.length).toBeLessThanOrEqual(500);
        expect(found === null || (found.length > 0 && found.length <= 200)).toBe(true);
        expect(cause(template, field).template).toBe(template);
      }),
      { numRuns: 3_000 },
    );
  });

  test('it is found in one pass', () => {
    for (const piece of ["'a", '(', '(a', 'value (', '=', '1 ', '1/', '{}', '[1', 'a@b.', '“', ': ', 'é1 ', 'a: B ']) {
      const before = process.threadCpuUsage();
      cause(piece.repeat(100_000));
      expect(process.threadCpuUsage(before).user).toBeLessThan(500_000);
    }
  });
});
