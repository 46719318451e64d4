import type { Format } from './format.ts';
import type { Change, nbAdvice } from './i18n/nb-advice.ts';
import { printable } from './printable.ts';
import type { CauseFix } from './record-rows.ts';

type Words = typeof nbAdvice['advice'];

const VALUE_LENGTH = 60;

/** What helped, in one sentence; '' for a way this page has never heard of. */
export function fixInWords(fix: CauseFix, t: Words, own: Record<string, string>, absent: string, f: Format): string {
  const quoted = (value: string | null | undefined): string => {
    if (value === null || value === undefined) return absent;
    const text = printable(value);
    return t.quote(text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)} …` : text);
  };
  const change: Change | null = fix.field
    ? { field: own[fix.field] ?? printable(fix.field), before: quoted(fix.before), after: quoted(fix.after), more: Math.max(0, fix.fields - 1) }
    : null;
  const who = fix.by_name ? printable(fix.by_name) : t.somebody;
  const after = fix.refused_at ? f.duration(Date.parse(fix.at) - Date.parse(fix.refused_at)) : null;
  const ways: Record<string, () => string> = {
    corrected: () => t.fixes.corrected(who, change),
    edited: () => t.fixes.edited(who, change),
    handed_in: () => t.fixes.handed_in(change),
    credential: () => t.fixes.credential(who),
    settings: () => t.fixes.settings(who),
    retried: () => t.fixes.retried(who),
    by_itself: () => t.fixes.byItself(after),
    dismissed: () => t.fixes.dismissed(who, t.quote(printable(fix.reason ?? ''))),
  };
  const said = Object.hasOwn(ways, fix.how) ? ways[fix.how]?.() ?? '' : '';
  return said.slice(0, 1).toUpperCase() + said.slice(1);
}
