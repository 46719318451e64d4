/** What the Data API must not show to anybody: schema and table. */
export const HIDDEN = [
  ['private', 'heartbeats'], ['private', 'attempts_rest'], ['net', 'http_request_queue'], ['net', '_http_response'],
  ['cron', 'job'], ['cron', 'job_run_details'], ['vault', 'secrets'], ['vault', 'decrypted_secrets'], ['auth', 'users'],
  ['auth', 'sessions'], ['auth', 'refresh_tokens'], ['extensions', 'pg_stat_statements'], ['pg_catalog', 'pg_authid'],
  ['information_schema', 'tables'],
] as const;

/** Filters, orders and ranges that ask for the other organization's rows, alone or among one's own. */
export function questionsAbout(column: string, own: string, other: string): string[] {
  return [
    '', `${column}=eq.${other}`, `${column}=in.(${own},${other})`, `${column}=neq.${own}`, `${column}=not.in.(${own})`, `${column}=not.is.null`,
    `or=(${column}.eq.${own},${column}.eq.${other})`, `or=(${column}.eq.${other},${column}.not.is.null)`,
    `not.and=(${column}.eq.${own},${column}.not.is.null)`, `and=(or(${column}.eq.${other},${column}.neq.${own}))`,
    `${column}=gte.00000000-0000-0000-0000-000000000000`, `order=${column}.asc`, `order=${column}.desc.nullsfirst&limit=1000`,
    'limit=1&offset=1', `order=${column}.desc&limit=1`,
  ];
}

type Upon = { column: string; own: string; other: string; theirs: Record<string, unknown>; conflict: string };
type Write = [method: string, query: string, body?: unknown, headers?: Record<string, string>];

/** Every way to write a row of the other organization: `theirs` is one they have, `conflict` the columns of its key. */
export function writesUpon({ column, own, other, theirs, conflict }: Upon): Write[] {
  const merge = { prefer: 'resolution=merge-duplicates,return=representation' };
  return [
    ['POST', '', [{ [column]: other }]], ['POST', '', theirs], ['POST', `?columns=${column}`, [{ [column]: other }]],
    ['POST', `?on_conflict=${conflict}`, [theirs], merge],
    ['POST', `?on_conflict=${conflict}`, [theirs], { prefer: 'resolution=ignore-duplicates' }],
    ['POST', '', [{ ...theirs, [column]: own }], merge],
    ['PUT', `?${column}=eq.${other}`, theirs],
    ['PATCH', `?${column}=eq.${other}`, { [column]: own }],
    ['PATCH', `?or=(${column}.eq.${other},${column}.not.is.null)`, { [column]: own }],
    ['PATCH', '', { [column]: other }],
    ['DELETE', `?${column}=eq.${other}`], ['DELETE', `?${column}=not.is.null`],
  ];
}
