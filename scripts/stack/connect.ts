import postgres, { type Options, type PostgresType, type Sql } from 'postgres';

/** A client of the database at `url` with at most `max` connections; notices are not shown. */
export function connect(url: string, max: number, options: Options<Record<string, PostgresType>> = {}): Sql {
  return postgres(url, { max, onnotice: () => undefined, connection: { application_name: 'syncward-stack' }, ...options });
}
