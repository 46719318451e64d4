/** What Postgres says about a refused statement. */
export type PostgresFault = { code: string; message: string; detail?: string | undefined; hint?: string | undefined };

// https://docs.postgrest.org/en/stable/references/errors.html, "Errors from PostgreSQL"; the longest match counts.
const statuses: [prefix: string, status: number][] = [
  ['P0001', 400], ['53400', 500], ['57P01', 503], ['42P17', 500], ['42883', 404], ['42P01', 404], ['42501', 403],
  ['23503', 409], ['23505', 409], ['25006', 405], ['21000', 400],
  ['08', 503], ['09', 500], ['0L', 403], ['0P', 403], ['25', 500], ['28', 403], ['2D', 500], ['38', 500], ['39', 500],
  ['3B', 500], ['40', 500], ['53', 503], ['54', 413], ['55', 500], ['57', 500], ['58', 500], ['F0', 500], ['HV', 500],
  ['P0', 500], ['XX', 500],
];

/** The answer PostgREST gives when Postgres refuses a statement. */
export function errorResponse(fault: PostgresFault): Response {
  const status = statuses.find(([prefix]) => fault.code.startsWith(prefix))?.[1] ?? 400;
  const { code, message, detail, hint } = fault;
  return Response.json({ code, details: detail ?? null, hint: hint ?? null, message }, { status });
}

export function isPostgresError(value: unknown): value is Error & PostgresFault {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' && /^[0-9A-Z]{5}$/.test(value.code);
}
