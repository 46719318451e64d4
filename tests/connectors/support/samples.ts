import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { z } from 'zod';

type Schema = {
  type?: string; const?: unknown; enum?: unknown[]; default?: unknown; format?: string; pattern?: string; minLength?: number; minimum?: number;
  exclusiveMinimum?: number; minItems?: number; properties?: Record<string, Schema>; required?: string[]; items?: Schema; propertyNames?: Schema; additionalProperties?: Schema | boolean; anyOf?: Schema[]; oneOf?: Schema[];
};

export type Sample = { settings: unknown; credential: unknown };

/**
 * Settings and a credential that a connector accepts, with every address leading to `url`: made up from its schemas, unless its folder
 * says better in `fixtures/sample.json`, where `$URL` and `$HOST` stand for the address.
 */
export function sampleOf(folder: string, connector: { settings: z.ZodType; credential: z.ZodType }, url: string): Sample {
  const file = `${folder}/fixtures/sample.json`;
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8').replaceAll('$URL', url).replaceAll('$HOST', new URL(url).host);
    return JSON.parse(text) as Sample;
  }
  const made = (schema: z.ZodType): unknown => invented(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '', url);
  return { settings: made(connector.settings), credential: made(connector.credential) };
}

function invented(schema: Schema, name: string, url: string): unknown {
  if (schema.type !== 'object' && /url$|^site$/i.test(name)) return url;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice) return invented(choice, name, url);
  switch (schema.type) {
    case 'object': return objectOf(schema, url);
    case 'array': return Array.from({ length: schema.minItems ?? 0 }, () => invented(schema.items ?? {}, name, url));
    case 'integer': case 'number': return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
    case 'boolean': return true;
    default: return textOf(schema, name);
  }
}

/** What must be there, and every address: a default would lead to the vendor. */
function objectOf({ properties = {}, required = [], propertyNames, additionalProperties }: Schema, url: string): Record<string, unknown> {
  // A mapping of the payload's keys.
  if (propertyNames && typeof additionalProperties === 'object') return { account: invented(additionalProperties, 'account', url) };
  const wanted = Object.keys(properties).filter((name) => required.includes(name) || /url$|^site$/i.test(name));
  return Object.fromEntries(wanted.map((name) => [name, invented(properties[name] ?? {}, name, url)]));
}

function textOf({ pattern, format, minLength = 0 }: Schema, name: string): string {
  if (format === 'email') return 'somebody@example.org';
  if (format === 'uuid' || format === 'guid') return 'b7b7b7b7-1111-4222-8333-444455556666';
  const usual = `made-up-${name}-0123456789abcdef`.padEnd(minLength, 'x');
  const plain = [usual, name, 'records', '/records', 'A1'].find((text) => !pattern || new RegExp(pattern).test(text));
  if (plain !== undefined || !pattern) return plain ?? usual;
  return fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: 7 })[0] ?? '';
}
