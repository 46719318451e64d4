import { describe, expect, it } from 'vitest';
import { exactJson, jsonOf, textAt, valueAt } from '../../supabase/functions/_kit/json-pointer.ts';

describe('a place in JSON', () => {
  const json = { data: [{ 'a/b': 1, 'm~n': 'x' }], empty: '', none: null, yes: true };

  it.each([
    ['', json],
    ['/data/0/a~1b', 1],
    ['/data/0/m~0n', 'x'],
    ['/none', null],
    ['/data/1', undefined],
    ['/data/length', undefined],
    ['/yes/constructor', undefined],
    ['/constructor', undefined],
    ['/__proto__', undefined],
  ])('%s leads to what the JSON holds there, and to nothing else', (pointer, value) => {
    expect(valueAt(json, pointer)).toEqual(value);
  });

  it('gives text of what is text, a number or a truth value', () => {
    expect(['/data/0/a~1b', '/yes', '/data', '/none', '/empty', '/nowhere'].map((pointer) => textAt(json, pointer))).toEqual([
      '1',
      'true',
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('JSON out of places', () => {
  it('holds every value where it belongs, digit by digit', () => {
    expect(jsonOf([['/a/b', '1.10'], ['/a/c', '"x"'], ['/lines/0/n', '12345678901234567890.12'], ['/lines/1/n', '2']]))
      .toBe('{"a":{"b":1.10,"c":"x"},"lines":[{"n":12345678901234567890.12},{"n":2}]}');
  });

  it('closes up a list in which a place has no value, and keeps its order', () => {
    expect(jsonOf([['/l/10', '"c"'], ['/l/2', '"b"']])).toBe('{"l":["b","c"]}');
  });

  it('writes a dangerous name like any other', () => {
    expect(jsonOf([['/__proto__/x', '1'], ['/a~1"b', '2']])).toBe('{"__proto__":{"x":1},"a/\\"b":2}');
  });

  it.each([
    [[['/a', '1'], ['/a', '2']]],
    [[['/a', '1'], ['/a/b', '2']]],
    [[['/a/b', '2'], ['/a', '1']]],
    [[['', '1']]],
  ] as [string, string][][][])('refuses %j: one place is taken', (places) => {
    expect(() => jsonOf(places)).toThrow(/has a value already/);
  });
});

it('a number that would be rounded is the text it was written as; any other stays a number', () => {
  expect(exactJson('{"id":9007199254740993001,"amount":123456789012345.67,"small":1.10,"text":"1","float":0.1}')).toEqual({
    id: '9007199254740993001',
    amount: 123456789012345.67,
    small: 1.1,
    text: '1',
    float: 0.1,
  });
});
