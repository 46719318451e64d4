import type { Sql } from 'postgres';
import { startStack } from '../scripts/stack/index.ts';
import { spread, type Result } from './measure.ts';

export type FairnessOptions = { organizations: number; onProgress(step: string): void };

/** What else is there beside the small organizations. */
type Crowd = {
  name: string;
  organizations: number;
  integrations: number;
  /** Slices each of their runs takes, and how long one is. */
  slices: number;
  sliceMs: number;
  /** How long before the small ones they are due. */
  leadMs: number;
  /** False: no function answers for their system. */
  answers: boolean;
};

const SMALL_SLICE_MS = 2_000;
/** From the ring to the first call of the function. */
const ANSWER_MS = 500;
const MINUTE = 60_000;
const HORIZON = 3 * 60 * MINUTE;

const crowds: Crowd[] = [
  { name: 'one with 100 integrations', organizations: 1, integrations: 100, slices: 1, sliceMs: SMALL_SLICE_MS, leadMs: 0, answers: true },
  { name: 'one with 100 times the records', organizations: 1, integrations: 1, slices: 3, sliceMs: 100_000, leadMs: MINUTE, answers: true },
  { name: '40 with runs of 20 long slices', organizations: 40, integrations: 1, slices: 20, sliceMs: 100_000, leadMs: MINUTE, answers: true },
  { name: '100 whose function is down', organizations: 100, integrations: 1, slices: 1, sliceMs: SMALL_SLICE_MS, leadMs: MINUTE, answers: false },
];

/**
 * How long small organizations, all due in the same minute, wait for the first slice of their run: alone, and beside others that are
 * larger or broken. The database decides as it always does; the functions and the time are made, so the machine's speed is not in it.
 */
export async function benchFairness({ organizations, onProgress }: FairnessOptions): Promise<Result[]> {
  const alone = await simulate(organizations, null);
  onProgress(`${organizations} small organizations alone: ${told(alone)}`);
  const results: Result[] = [];
  for (const crowd of crowds) {
    const beside = await simulate(organizations, crowd);
    onProgress(`beside ${crowd.name}: ${told(beside)}`);
    results.push({
      bench: `wait of ${organizations} organizations`, contender: `beside ${crowd.name}`, baseline: 'alone', things: organizations, runs: 1,
      wallMs: spread([Math.max(...beside)]), baseWallMs: spread([Math.max(...alone)]), cpuMs: null, baseCpuMs: null,
      note: `${told(beside)}; alone ${told(alone)}`,
    });
  }
  return results;
}

type Slice = { org: string; run: number; token: string; more: boolean };
type Event = { at: number; what: 'tick' } | { at: number; what: 'begin'; org: string; run: number } | ({ at: number; what: 'end' } & Slice);

/** Milliseconds each small organization waited, shortest first. */
async function simulate(organizations: number, crowd: Crowd | null): Promise<number[]> {
  const stack = await startStack({ parts: [] });
  try {
    const { sql } = stack;
    const start = Date.parse('2026-11-10T08:00:00Z');
    const due = start + MINUTE;
    await seed(sql, { organizations, crowd, due: new Date(due), before: new Date(due - (crowd?.leadMs ?? 0)) });
    const place: Place = { sql, crowd, due, waits: new Map(), served: new Map(), events: [{ at: start, what: 'tick' }] };
    while (place.waits.size < organizations) {
      const next = place.events.reduce((first, event) => (event.at < first.at ? event : first));
      if (next.at > start + HORIZON) throw new Error(`After ${HORIZON / MINUTE} minutes only ${place.waits.size} of ${organizations} had begun.`);
      place.events.splice(place.events.indexOf(next), 1);
      await happen(place, next);
      place.events.push(...await doorbells(place, next.at));
    }
    return [...place.waits.values()].sort((a, b) => a - b);
  } finally {
    await stack.stop();
  }
}

type Place = { sql: Sql; crowd: Crowd | null; due: number; waits: Map<string, number>; served: Map<number, number>; events: Event[] };

async function happen(place: Place, event: Event): Promise<void> {
  const { sql } = place;
  const at = new Date(event.at);
  if (event.what === 'tick') {
    await sql`select private.tick_schedule(${at})`;
    await sql`select private.tick_reap(${at})`;
    place.events.push({ at: event.at + MINUTE, what: 'tick' });
  } else if (event.what === 'begin') {
    const [begun] = await sql<{ token: string | null; small: boolean }[]>`
      select begin_slice(${event.org}, ${event.run}, 'none', 60, ${at}) ->> 'token' as token,
        (select o.slug like 'small-%' from organizations o where o.id = ${event.org}) as small`;
    if (!begun?.token) return;
    const slices = (place.served.get(event.run) ?? 0) + 1;
    place.served.set(event.run, slices);
    if (begun.small && !place.waits.has(event.org)) place.waits.set(event.org, event.at - place.due);
    const more = !begun.small && slices < (place.crowd?.slices ?? 1);
    const lasts = begun.small ? SMALL_SLICE_MS : place.crowd?.sliceMs ?? 0;
    place.events.push({ at: event.at + lasts, what: 'end', org: event.org, run: event.run, token: begun.token, more });
  } else {
    await sql`select end_slice(${event.org}, ${event.run}, ${event.token}, ${event.more}, null, 0, 1, 1, ${at})`;
  }
}

/** Takes what was rung, as pg_net would, to functions that answer half a second later, or never. */
async function doorbells({ sql }: Place, at: number): Promise<Event[]> {
  const rung = await sql<{ url: string; org: string; run: number }[]>`
    with taken as (delete from net.http_request_queue returning url, convert_from(body, 'utf8')::jsonb as body)
    select url, body ->> 'org' as org, (body ->> 'run')::int as run from taken where url not like '%/deliver'`;
  return rung.filter(({ url }) => !url.endsWith('down')).map(({ org, run }) => ({ at: at + ANSWER_MS, what: 'begin', org, run }));
}

type Seed = { organizations: number; crowd: Crowd | null; due: Date; before: Date };

async function seed(sql: Sql, { organizations, crowd, due, before }: Seed): Promise<void> {
  for (const [name, value] of [['syncward_functions_url', 'http://127.0.0.1:1'], ['syncward_secret_key', 'none']] as const) {
    await sql`select vault.create_secret(${value}, ${name}) where not exists (select from vault.secrets where name = ${name})`;
  }
  await sql`
    with o as (insert into organizations (slug, name) select 'small-' || n, 'Small' from generate_series(1, ${organizations}::int) n returning id)
    insert into integrations (org_id, system, slug, name, next_due_at, created_at) select id, 'bench', 'bench', 'Bench', ${due}, ${due} from o`;
  if (!crowd) return;
  await sql`
    with o as (insert into organizations (slug, name) select 'crowd-' || n, 'Crowd' from generate_series(1, ${crowd.organizations}::int) n returning id)
    insert into integrations (org_id, system, slug, name, next_due_at, created_at)
    select o.id, ${crowd.answers ? 'bench' : 'down'}, 'bench-' || n, 'Bench', ${before}, ${before} from o, generate_series(1, ${crowd.integrations}::int) n`;
}

function told(waits: number[]): string {
  const at = (share: number): string => `${((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0) / 1_000).toFixed(1)} s`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
