import type { Options, PostgresType, Sql } from 'postgres';
import { postgres } from './driver.ts';

/** Seconds until the next try to connect. Left to itself the driver waits up to 20 s, while Postgres is back from a crash in one. */
export const backoff = (retries: number): number => Math.min(0.05 * (retries + 1), 0.5);

/** A client of the database at `url` with at most `max` connections; notices are not shown. */
export function connect(url: string, max: number, options: Options<Record<string, PostgresType>> = {}): Sql {
  return postgres(url, { max, backoff, onnotice: () => undefined, connection: { application_name: 'syncward-stack' }, ...options });
}
