import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldPath, payloadLines } from '../../web/src/lib/payload.ts';
import { printable } from '../../web/src/lib/printable.ts';
import { copyText, problemOf } from '../../web/src/lib/problem.ts';

const marked = (payload: unknown, field: string | null) =>
  payloadLines(payload, field).lines.filter(({ offending }) => offending).map(({ text }) => text);

describe('the refused field in what was sent', () => {
  const payload = { id: 7, costCenter: '9999', lines: [{ costCenter: '4010', account: '6000' }, { costCenter: '9999', account: '7140' }] };

  it('is marked where the system’s path says', () => {
    expect(marked(payload, 'lines[1].account')).toEqual(['"account": "7140"']);
    expect(marked(payload, '/lines/0/account')).toEqual(['"account": "6000"']);
  });

  it('is marked at the top when the name alone stands there, not wherever it occurs', () => {
    expect(marked(payload, 'costCenter')).toEqual(['"costCenter": "9999",']);
  });

  it('is marked in every line of a list when the name leaves positions out', () => {
    expect(marked(payload, 'lines.account')).toEqual(['"account": "6000"', '"account": "7140"']);
  });

  it('is found by the last part of its name, whatever the capitals', () => {
    expect(marked({ header: { CostCenter: 1 } }, 'costcenter')).toEqual(['"CostCenter": 1']);
  });

  it('is marked whole when it is a list or an object', () => {
    expect(marked({ tags: ['a', 'b'], n: 1 }, 'tags')).toEqual(['"tags": [', '"a",', '"b"', '],']);
  });

  it('marks nothing when it is not there or not named', () => {
    expect(marked(payload, 'department')).toEqual([]);
    expect(marked(payload, null)).toEqual([]);
    expect(marked(payload, '')).toEqual([]);
  });

  it('leaves the payload what it was: the lines put together are the same JSON', () => {
    fc.assert(fc.property(fc.json(), fc.string(), (json, field) => {
      const value: unknown = JSON.parse(json);
      const text = payloadLines(value, field).lines.map((line) => line.text).join('\n');
      expect(JSON.parse(text)).toEqual(value);
    }));
  });

  it.each<[string, () => unknown]>([
    ['half a million values', () => ({ values: Array.from({ length: 500_000 }, () => 1) })],
    ['five thousand levels', (): unknown => JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`)],
    ['a text of a megabyte', () => ({ text: 'x'.repeat(1_000_000) })],
    ['lists of lists of lists', () => Array.from({ length: 70 }, () => Array.from({ length: 70 }, () => Array.from({ length: 70 }, () => 'x')))],
  ])('of %s only the beginning is laid out, and that is said', (_, make) => {
    const { lines, isCut } = payloadLines(make(), 'a');
    expect(isCut).toBe(true);
    expect(lines.length).toBeLessThan(2_100);
    expect(Math.max(...lines.map(({ text }) => text.length))).toBeLessThan(5_100);
  });

  it('with names every object has is laid out like any other', () => {
    const payload: unknown = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "toString": null}');
    expect(payloadLines(payload, '__proto__').lines.map(({ text }) => text)).toEqual(['{', '"__proto__": {', '"admin": true', '},', '"constructor": 1,', '"toString": null', '}']);
  });

  it('is the same place in every way of writing it', () => {
    for (const written of ['lines[0].costCenter', '/lines/0/costCenter', 'lines.0.costCenter']) {
      expect(fieldPath(written)).toEqual(['lines', '0', 'costCenter']);
    }
  });
});

describe('another system’s words', () => {
  it('stay what they are, markup and all', () => {
    const words = '<img src=x onerror=alert(1)> Ugyldig verdi\n\t"æøå" 🙂';
    expect(printable(words)).toBe(words);
  });

  it('lose what cannot be seen and what turns text around', () => {
    expect(printable('a\u0000b\u202Ec\u2066d\r\ne')).toBe('a\uFFFDb\uFFFDc\uFFFDd\ne');
  });

  it.each([
    ['a zero-width space', '\u200b'], ['a soft hyphen', '\u00ad'], ['an Arabic mark of direction', '\u061c'], ['a filler', '\u3164'], ['a letter of a tag', '\u{e0061}'],
    ['a separator of lines', '\u2028'], ['half a character', '\ud83d'], ['a byte order mark', '\ufeff'], ['an invisible operator', '\u2063'],
  ])('lose %s', (_, hidden) => {
    expect(printable(`a${hidden}b`)).toBe('a\uFFFDb');
  });

  it.each(['👩‍👩‍👧', '❤️', 'می‌خواهم', '中文', 'Ålesund', 'e\u0301'])('keep what belongs to a script or an emoji: %s', (text) => {
    expect(printable(text)).toBe(text);
  });

  it('come out without control characters, whatever came in', () => {
    // Up to and beyond the marks that turn text around, where the hidden characters are.
    const text = fc.array(fc.integer({ min: 0, max: 0x20_80 }), { maxLength: 40 }).map((codes) => String.fromCodePoint(...codes));
    fc.assert(fc.property(text, (sent) => {
      // Code points, because a pattern of control characters reads as a mistake.
      const hidden = Array.from(printable(sent)).filter((char) => (char.codePointAt(0) ?? 0) < 0x20 && char !== '\n' && char !== '\t');
      expect(hidden).toEqual([]);
    }));
  });
});

describe('of many errors', () => {
  type Row = Parameters<typeof problemOf>[0];
  const row = (error_message: string | null) => ({ last_run: { id: '8', finished_at: '2026-11-20T13:53:00Z', error_message } }) as Row;
  type Cause = Parameters<typeof problemOf>[2][number];
  const cause = { id: '3', sample: 'Invalid cost center code: 9999', field: 'glObject1', payload_field: 'costCenter' } as Cause;

  it('the one that stopped the whole run is shown', () => {
    expect(problemOf(row('Token expired'), null, [cause])).toMatchObject({ message: 'Token expired', runId: '8', causeId: null });
  });

  it('the cause of most failures is shown when the run itself went through', () => {
    expect(problemOf(row(null), null, [cause]))
      .toMatchObject({ message: 'Invalid cost center code: 9999', field: 'costCenter', causeId: '3' });
  });

  it('nothing is shown when nobody said anything', () => {
    expect(problemOf(row(null), null, [])).toBeNull();
  });

  it('copying leaves out what is not known', () => {
    expect(copyText([['Code', 'X1'], ['Field', null], ['HTTP', '422']])).toBe('Code: X1\nHTTP: 422');
  });
});
