import type { Sql } from 'postgres';
import { asJson, compare, type Read } from './overview.ts';
import { result, type Result } from './measure.ts';
import type { Reader } from './history.ts';

export type FailuresOptions = { sql: Sql; reader: Reader; failures: number; runs: number };

type Row = { failed_at: string; id: string };

const PAGE_SIZE = 50;

/** The last page of a long list of open failures against its first page, both asked for as the page asks. */
export async function benchFailures({ sql, reader, failures, runs }: FailuresOptions): Promise<Result[]> {
  const first = pageOf(reader, null);
  // Half a page after a batch began, so that the page begins among records that failed at the same moment.
  const [before] = await sql<Row[]>`
    select failed_at::text, id from failed_records where org_id = ${reader.org} and integration_id = ${reader.integration}
    order by failed_at desc, id desc offset ${failures - PAGE_SIZE - 1} limit 1`;
  if (!before) throw new Error(`There are fewer than ${failures} failures.`);
  const depth = failures - PAGE_SIZE;
  const last = pageOf(reader, before);
  const member = { as: reader, role: 'authenticated' } as const;
  const { samples, answers } = await compare({ sql, runs }, { of: last, ...member }, { of: first, ...member });
  const lengths = answers.map((answer) => (JSON.parse(answer) as unknown[]).length);
  if (lengths.some((length) => length !== PAGE_SIZE)) throw new Error(`The pages have ${lengths.join(' and ')} rows.`);
  return [result({ bench: 'open failures', contender: `after ${depth} rows`, baseline: 'first page', things: 20, note: '' }, samples)];
}

/** `failedRecordsQuery` of web/src/lib/queries.ts. */
function pageOf({ org, integration }: Reader, after: Row | null): Read {
  // As text, because the client would round a moment to milliseconds.
  const beyond = after ? 'and failed_at <= $3::text::timestamptz and (failed_at < $3::text::timestamptz or id < $4)' : '';
  return {
    name: `failed_records ${after ? 'far down' : 'at the top'}`,
    text: asJson(`
      select * from failed_records where org_id = $1 and integration_id = $2 ${beyond}
      order by failed_at desc, id desc limit ${PAGE_SIZE}`),
    values: after ? [org, integration, after.failed_at, after.id] : [org, integration],
  };
}
