import type { Locale } from '../../lib/format.ts';

/** One field as it is being edited: text as such, whatever else it holds as JSON. */
export type EditedField = { name: string; text: string; kind: 'text' | 'number' | 'json'; added: boolean };
export type EditDraft = { fields: readonly EditedField[]; amount: string; occurredOn: string };

export const newField: EditedField = { name: '', text: '', kind: 'text', added: true };

type Content = Readonly<Record<string, unknown>>;

export const isContent = (payload: unknown): payload is Content => typeof payload === 'object' && payload !== null && !Array.isArray(payload);

const kindOf = (value: unknown): EditedField['kind'] => (typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'json');

/** A payload as fields to edit; a field that was refused because it is not there is added, empty. */
export function editDraft(payload: Content, own: { amount: string; occurredOn: string }, wanted: string | null): EditDraft {
  const fields = Object.entries(payload).map(([name, value]): EditedField => ({
    name, text: typeof value === 'string' ? value : JSON.stringify(value), kind: kindOf(value), added: false,
  }));
  const isMissing = wanted !== null && !Object.hasOwn(payload, wanted) && !/[.[\]/\s]/.test(wanted);
  return { ...own, fields: isMissing ? [...fields, { ...newField, name: wanted }] : fields };
}

/** An amount as somebody would type it in their language. */
export const typedAmount = (amount: string, locale: Locale): string => (locale === 'nb' ? amount.replace('.', ',') : amount);

export type Changes = { ok: true; changes: Record<string, unknown> } | { ok: false; problem: 'json' | 'nameless'; field: string };

const isNumber = (text: string): boolean => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && text.replace(/\D/g, '').length <= 15;

/** The fields that differ from what they were, with their new values; a number stays one where it can. */
export function changesOf(payload: Content, { fields }: EditDraft): Changes {
  const changes: Record<string, unknown> = {};
  for (const { name, text, kind, added } of fields) {
    if (added && text === '') continue;
    if (name.trim() === '') return { ok: false, problem: 'nameless', field: '' };
    const before = payload[name];
    if (!added && text === (typeof before === 'string' ? before : JSON.stringify(before))) continue;
    if (kind === 'json') {
      try {
        changes[name] = JSON.parse(text) as unknown;
      } catch {
        return { ok: false, problem: 'json', field: name };
      }
    } else {
      changes[added ? name.trim() : name] = kind === 'number' && isNumber(text) ? Number(text) : text;
    }
  }
  return { ok: true, changes };
}
