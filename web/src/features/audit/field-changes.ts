import type { AuditEntry } from '../../lib/manage-rows.ts';

/** One field before and after; undefined where the entry does not say. */
export type FieldChange = { path: string; before: unknown; after: unknown };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

// What an entry already says elsewhere, or says nobody anything.
const NOISE = new Set(['org_id', 'user_id', 'integration_id', 'id', 'created_at', 'created_by', 'credential_keys', 'series']);

/** What an entry changed, field by field; of nested fields (thresholds, settings) only those that differ, by their path. */
export function fieldChanges({ before, after }: Pick<AuditEntry, 'before' | 'after'>, prefix = ''): FieldChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter((name) => prefix !== '' || !NOISE.has(name));
  return names.flatMap((name): FieldChange[] => {
    const [old, fresh] = [before?.[name], after?.[name]];
    if ((before && after && same(old, fresh)) || ((old ?? null) === null && (fresh ?? null) === null)) return [];
    // A calendar is one thing: it is told in words.
    const nested = name !== 'calendar' && [old, fresh].every((value) => isFields(value) || value === undefined || value === null) && [old, fresh].some(isFields);
    if (nested) return fieldChanges({ before: isFields(old) ? old : null, after: isFields(fresh) ? fresh : null }, `${prefix}${name}.`);
    return [{ path: `${prefix}${name}`, before: old, after: fresh }];
  });
}
