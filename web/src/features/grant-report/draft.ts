import { recallInTab, rememberInTab } from '../../lib/memory.ts';
import type { Span } from './form/build.ts';
import type { Cell, Template } from './form/template.ts';
import type { HandedInReport } from './queries.ts';

/** What a person has typed into a form, by key. */
export type Draft = Readonly<Record<string, string>>;

/** Longer texts are of their period; who reports, and on what grant, seldom changes. */
const LONGEST_KEPT = 255;

/** What a form begins with: the organization's name, and who reported on what grant the last time. */
export function firstDraft(form: Template, organization: string, handedIn: readonly HandedInReport[]): Draft {
  const last = handedIn.find(({ scheme }) => scheme === form.scheme)?.fields ?? { organization };
  const summed = new Set(form.sums.map(({ field }) => field));
  const isLasting = ({ key, maxLength, pattern }: Cell): boolean => !summed.has(key) && (maxLength <= LONGEST_KEPT || pattern !== undefined);
  return Object.fromEntries(form.fields.filter(isLasting).flatMap((cell) => {
    const value = last[cell.key];
    return typeof value === 'string' ? [[cell.key, value]] : [];
  }));
}

/** What was typed as the report holds it: trimmed, and numbers as decimal text whatever the comma. Empty is null. */
export function fieldsOf(form: Template, draft: Draft): Record<string, string | null> {
  return Object.fromEntries(form.fields.map(({ key, as }) => {
    const text = (draft[key] ?? '').trim();
    const plain = as === 'whole' || as === 'decimal' ? text.replace(/\s/gu, '').replace(',', '.') : text;
    return [key, plain === '' ? null : plain];
  }));
}

/** Whose report of what: a draft belongs to it. */
export type Of = { org: string; form: Template; span: Span };

const nameOf = ({ org, form, span }: Of): string => `grant-report-${org}-${form.scheme}-${span.from}-${span.to}`;

/** Keeps what was typed for as long as the tab is open; null forgets it. */
export const keepDraft = (of: Of, draft: Draft | null): void => rememberInTab(nameOf(of), draft === null ? null : JSON.stringify(draft));

/** What was typed in this tab before; null if nothing was. */
export function keptDraft(of: Of): Draft | null {
  try {
    const kept: unknown = JSON.parse(recallInTab(nameOf(of)) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return null;
    return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return null;
  }
}
