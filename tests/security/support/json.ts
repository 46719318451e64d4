/** JSON as somebody may write it, which is more than `JSON.stringify` writes. */
export class Raw {
  text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Serializes with the raw parts put in as they are. */
export function toJson(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

export const deepList = (depth: number): Raw => new Raw('['.repeat(depth) + ']'.repeat(depth));
export const deepObject = (depth: number): Raw => new Raw('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
