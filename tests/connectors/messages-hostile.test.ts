import { describe, expect, test } from 'vitest';
import { renderEmail } from '../../supabase/functions/_kit/messages/email.ts';
import { HOSTILE_TEXTS, UNSTORABLE_TEXTS } from '../security/support/hostile-text.ts';
import { aCause, aNotice } from './messages-notices.ts';

/** Every place of a notice where somebody else's words may stand; the slugs in addresses are letters and digits by a rule of their tables. */
const everywhere = (text: string) => aNotice({
  alarm: text || 'x', advice: text,
  organization: { name: text, slug: 'nord', time_zone: text },
  integration: { id: '1', name: text, slug: 'xledger', system: text },
  error: { message: text, code: text, field: text, status: 400 },
  cause: aCause({ code: text, field: text, message: text, template: text, values: [text, text] }),
  amounts: [{ currency: text, amount: '1.00', records: 1 }],
});

const ELEMENTS = new Set(['html', 'head', 'meta', 'title', 'body', 'main', 'h1', 'p', 'blockquote', 'div', 'strong', 'a']);

describe.each(['nb', 'en'] as const)('an e-mail (%s)', (locale) => {
  test.each(Object.entries({ ...HOSTILE_TEXTS, ...UNSTORABLE_TEXTS, 'a megabyte': '<b>=1+1</b> '.repeat(90_000) }))('with %s everywhere is text, one link, and no further header', (_, text) => {
    const { subject, text: plain, html } = renderEmail(everywhere(text), locale, 'https://sync.example.org');
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect([...subject].length).toBeLessThanOrEqual(160);
    expect([...html.matchAll(/<\/?([\w-]+)/g)].map(([, name]) => name).filter((name) => !ELEMENTS.has(name ?? ''))).toEqual([]);
    expect(html).not.toMatch(/<[^>]*\son\w+\s*=|javascript:[^<]*"/i);
    expect([...html.matchAll(/\shref="([^"]*)"/g)].map(([, url]) => url?.startsWith('https://sync.example.org/o/'))).toEqual([true]);
    expect(plain).not.toMatch(/^(?:bcc|subject|to|from|cc):/im);
    for (const part of [subject, plain, html]) {
      expect(part.isWellFormed()).toBe(true);
      expect(part.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
      expect(part.length).toBeLessThan(60_000);
    }
  });
});
