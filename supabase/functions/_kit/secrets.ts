/** Every text of a credential that is long enough to be one: what must be in nothing that is written down. */
export function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 6 ? [value] : [];
  if (!value || typeof value !== 'object') return [];
  // Where a credential may go is no secret, and people have to read it when something is wrong with it.
  return Object.entries(value).flatMap(([key, one]) => (key === 'hosts' ? [] : secretsIn(one)));
}
