import type { ReservedSql, Sql } from 'postgres';
import { alternate, result, type Result, type Sample } from './measure.ts';
import type { Reader } from './history.ts';

/** What the page asks the Data API for, as PostgREST puts it to Postgres. */
export type Read = { name: string; text: string; values: string[] };

export type OverviewOptions = { sql: Sql; reader: Reader; runs: number; onProgress(step: string): void };

/** Reads in one sample: a single one is over too soon to be told from noise. */
const READS = 20;

/** Every read of the page by a member of one organization, against the same query by a superuser, whom row-level security leaves alone. */
export async function benchOverview({ sql, reader, runs, onProgress }: OverviewOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const read of await readsOf(sql, reader)) {
    const measured = await compare({ sql, runs }, { of: read, as: reader, role: 'authenticated' }, { of: read, as: reader, role: 'postgres' });
    if (inOrder(measured.answers[0]) !== inOrder(measured.answers[1])) throw new Error(`${read.name}: the member was answered something else.`);
    onProgress(`${read.name}: ${measured.answers[0].length} bytes`);
    results.push(result({
      bench: `page: ${read.name}`, contender: 'member, under RLS', baseline: 'superuser, no RLS', things: READS, note: '',
    }, measured.samples));
  }
  return results;
}

// Where the page asks for no order, any is right.
const inOrder = (answer: string): string => (JSON.parse(answer) as unknown[]).map((row) => JSON.stringify(row)).sort().join();

export type Question = { of: Read; as: Reader; role: 'authenticated' | 'postgres' };

/** Asks two questions by turns, each over a connection of its own, and gives back what both were answered and how long they took. */
export async function compare({ sql, runs }: { sql: Sql; runs: number }, contender: Question, baseline: Question) {
  const [own, base] = [await sql.reserve(), await sql.reserve()];
  try {
    const answers: [string, string] = ['', ''];
    const samples = await alternate(
      runs,
      async () => ask(own, contender, (answer) => { answers[0] = answer; }),
      async () => ask(base, baseline, (answer) => { answers[1] = answer; }),
    );
    if (answers.some((answer) => answer === '[]')) throw new Error(`${contender.of.name}: there was nothing to read.`);
    return { samples, answers };
  } finally {
    own.release();
    base.release();
  }
}

async function ask(sql: ReservedSql, { of: { text, values }, as, role }: Question, heard: (answer: string) => void): Promise<Sample> {
  const claims = JSON.stringify({ role: 'authenticated', sub: as.user.id, email: as.user.email });
  let wallMs = 0;
  for (let read = 0; read < READS; read += 1) {
    await sql`begin`;
    await sql`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${claims}, true)`;
    const began = performance.now();
    const [row] = await sql.unsafe<{ rows: string }[]>(text, values, { prepare: true });
    wallMs += performance.now() - began;
    await sql`commit`;
    heard(row?.rows ?? '');
  }
  return { wallMs, cpuMs: null };
}

/** All rows as one JSON text, as PostgREST has Postgres write it. */
export const asJson = (query: string): string => `select coalesce(json_agg(page), '[]')::text as rows from (${query}) page`;

/** What a history has little of, and the page reads all the same. */
async function makeRest(sql: Sql, { org, integration, user }: Reader): Promise<void> {
  await sql`
    insert into retries (org_id, integration_id, scope, requested_by, requested_at, state, records)
    select ${org}, ${integration}, 'open', ${user.id}, now() - n * interval '1 day', 'done', 10 from generate_series(1, 20) n`;
  await sql`
    insert into maintenance_windows (org_id, integration_id, starts_at, ends_at, created_by)
    select org_id, id, now() - n * interval '1 day', now() - n * interval '1 day' + interval '2 hours', ${user.id} from integrations, generate_series(1, 5) n`;
  await sql`
    insert into audit_log (org_id, at, actor_id, actor, action, integration_id)
    select org_id, now() - n * interval '1 hour', ${user.id}, 'Somebody', 'sync.requested', id from integrations, generate_series(1, 10) n`;
  await sql`insert into streams (org_id, integration_id, stream) select org_id, id, 'stream-' || n from integrations, generate_series(1, 3) n`;
  await sql`
    update causes c set fixed_at = now(), fixed_version = 1, refused_version = 1, refused_at = now() - interval '1 hour',
      fixed_record_id = (select min(r.id) from records r where r.org_id = ${org} and r.integration_id = ${integration})
    where c.org_id = ${org} and c.integration_id = ${integration}`;
  await sql`
    insert into signals (org_id, integration_id, name, value, unit, at, warning) select org_id, id, 'bounce_rate', 6, 'percent', now(), 5 from integrations`;
  await sql`
    insert into signal_history (org_id, integration_id, name, about, at, value)
    select org_id, id, 'bounce_rate', '', now() - n * interval '1 day', n from integrations, generate_series(1, 40) n`;
  await sql`
    update records set closed_at = settled_at, closed_by = ${user.id}, closed_reason = 'Found there'
    where org_id = ${org} and integration_id = ${integration} and state = 'exported'`;
}

/** What a function does for its caller, with its arguments in their places: what calls it shows no plan but that it is called. */
async function bodyOf(sql: Sql, name: string, given: Record<string, string>): Promise<string> {
  const [found] = await sql<{ body: string; names: string[]; types: string[] }[]>`
    select p.prosrc as body, p.proargnames as names, array(select format_type(t.type, null) from unnest(p.proargtypes) with ordinality t (type, place) order by t.place) as types
    from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = ${name}`;
  if (!found) throw new Error(`there is no function ${name}`);
  return found.body.trim().replace(/;$/, '').replaceAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'), (_, parameter: string) => {
    const type = found.types[found.names.indexOf(parameter)];
    if (!type) throw new Error(`${name} has no parameter ${parameter}`);
    return `${given[parameter] ?? 'null'}::${type}`;
  });
}

/** The reads of web/src/lib/queries.ts. The first two are all that the overview needs. */
export async function readsOf(sql: Sql, { org, integration, user }: Reader): Promise<Read[]> {
  const [known] = await sql<{ cause: string; record: string; run: string }[]>`
    select r.cause_id as cause, r.id as record, r.run_id as run from records r
    where r.org_id = ${org} and r.integration_id = ${integration} and r.state = 'failed' order by r.id desc limit 1`;
  if (!known) throw new Error('nothing failed');
  const { cause, record, run } = known;
  await makeRest(sql, { org, integration, user });
  const read = (name: string, query: string, ...values: string[]): Read => ({ name, text: asJson(query), values });
  const ours = 'where org_id = $1';
  const its = `${ours} and integration_id = $2`;
  const quarter = { org: '$1', integration: '$2', days: '90', at: 'now()', size: '50' };
  const bars = await bodyOf(sql, 'chart_runs', quarter);
  const [each, folded] = await Promise.all(['false', 'true'].map((word) => bodyOf(sql, 'list_history', { ...quarter, folded: word })));
  return [
    read('overview', `select * from overview ${ours}`, org),
    read('my_notifications', `select * from my_notifications ${ours} order by created_at desc, id desc limit 100`, org),
    read('my_organizations', 'select * from my_organizations where id = $1 order by name, id', org),
    read('cause_overview', `select * from cause_overview ${its} and open_records > 0 order by open_records desc, id limit 50`, org, integration),
    read('cause_overview, one', `select * from cause_overview ${ours} and id = $2 limit 1`, org, cause),
    read('cause_fixes', `select * from cause_fixes ${its} and cause_id = $3`, org, integration, cause),
    read('failed_records', `select * from failed_records ${its} order by failed_at desc, id desc limit 50`, org, integration),
    read('record', `select * from records ${ours} and id = $2 limit 1`, org, record),
    read('waiting records', `select id, source_id from records ${its} and state in ('queued', 'sending') order by id limit 50`, org, integration),
    read('attempts', `select * from attempts ${ours} and record_id = $2 order by at desc, id desc limit 50`, org, record),
    read('run_history, one', `select * from run_history ${ours} and id = $2 limit 1`, org, run),
    read('run_history', `select * from run_history ${its} order by id desc limit 100`, org, integration),
    read('chart_runs, 90 days', bars, org, integration),
    read('list_history, 90 days', each ?? '', org, integration),
    read('list_history, 90 days, folded', folded ?? '', org, integration),
    read('signal_overview', `select * from signal_overview ${its} order by name, about`, org, integration),
    read('closed_records', `select * from closed_records ${its} and state = 'exported' order by closed_at desc, id desc limit 50`, org, integration),
    read('open_incidents', `select * from open_incidents ${ours} order by id desc limit 100`, org),
    read('maintenance', `select * from maintenance ${ours} order by starts_at desc limit 50`, org),
    read('configuration', `select * from configuration ${its}`, org, integration),
    read('audit_trail', `select * from audit_trail ${ours} order by id desc limit 50`, org),
    read('audit_trail, of an integration', `select * from audit_trail ${its} order by id desc limit 50`, org, integration),
    read('audit_trail, of a person', `select * from audit_trail ${ours} and actor_id = $2 order by id desc limit 50`, org, user.id),
    read('stream_overview', `select * from stream_overview ${its} order by stream`, org, integration),
    read('retry_progress', `select * from retry_progress ${its} order by requested_at desc limit 1`, org, integration),
  ];
}
