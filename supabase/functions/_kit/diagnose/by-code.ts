import type { Category, Fault } from './types.ts';

/** What a system's documentation says of its codes: the first pattern that matches the whole of one judges it. */
export type CodeTable = readonly (readonly [RegExp, Category, retryable?: boolean])[];

export function byCode(table: CodeTable, code: string | null): Pick<Fault, 'category' | 'retryable'> {
  const found = code === null ? undefined : table.find(([pattern]) => pattern.test(code));
  if (found === undefined) return {};
  const [, category, retryable] = found;
  return retryable === undefined ? { category } : { category, retryable };
}
