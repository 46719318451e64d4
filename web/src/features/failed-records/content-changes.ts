/** One field of what is sent, as it is and as it would be; null where it is not there. */
export type FieldChange = { field: string; before: string | null; after: string | null; changed: boolean };

type Content = Readonly<Record<string, unknown>>;

/** A value as a person reads it: text as it is, everything else as JSON. */
export const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '');

const textOf = (content: Content, field: string): string | null => (Object.hasOwn(content, field) ? valueText(content[field]) : null);

/** Two contents beside each other, field by field, what differs first. */
export function fieldChanges(before: Content, after: Content): FieldChange[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = fields.map((field) => {
    const [was, becomes] = [textOf(before, field), textOf(after, field)];
    return { field, before: was, after: becomes, changed: was !== becomes || typeof before[field] !== typeof after[field] };
  });
  return [...changes.filter(({ changed }) => changed), ...changes.filter(({ changed }) => !changed)];
}
