import { z } from 'zod';
import type { Page, PulledRecord, PullRequest, ReadConnector } from '../../supabase/functions/_kit/connector.ts';
import type { World } from './world.ts';

/** A system that is read: holds things in the order in which they changed, and gives them page by page after a number. */
export type Source = {
  connector: ReadConnector;
  /** What it holds of each stream, oldest change first. */
  streams: Record<string, PulledRecord[]>;
  pageSize: number;
  /** Every page that was asked for. */
  asked: PullRequest[];
  /** Runs before a page is given; may throw, or give another page. */
  before: (request: PullRequest) => Page | void;
};

export function createSource(streams: Record<string, PulledRecord[]>, overrides: Partial<ReadConnector> = {}): Source {
  const source: Source = {
    streams, pageSize: 2, asked: [], before: () => undefined,
    connector: {
      system: 'fake', title: 'Fake source', docs: 'https://example.org', settings: z.looseObject({}), credential: z.looseObject({}), credentialKind: 'none',
      streams: Object.keys(streams).map((name) => ({ name, title: name, docs: 'https://example.org' })),
      async pull(_ctx, request) {
        source.asked.push(request);
        const other = source.before(request);
        if (other) return other;
        const held = source.streams[request.stream] ?? [];
        const first = Number(request.cursor ?? 0);
        const records = held.slice(first, first + source.pageSize);
        return Promise.resolve({ records, cursor: String(first + records.length), more: first + records.length < held.length });
      },
      ...overrides,
    },
  };
  return source;
}

export const thing = (id: string, payload: Record<string, unknown> | null, changedAt: string | null = null): PulledRecord =>
  ({ id, payload, changedAt, deleted: payload === null });

/** Makes the world's integration one that fetches. */
export async function pulling(world: World): Promise<void> {
  await world.sql`update integrations set direction = 'pull' where id = ${world.integration}`;
}

export async function stored(world: World): Promise<Record<string, unknown>[]> {
  return [...await world.sql`
    select stream, source_id, payload, deleted_at is not null as gone, version from pulled_records where org_id = ${world.org} order by stream, source_id`];
}

export async function streamOf(world: World, stream: string): Promise<Record<string, unknown> | undefined> {
  return (await world.sql`select * from streams where org_id = ${world.org} and stream = ${stream}`)[0];
}

/** Fills every table of what is fetched and measured, by one run of the integration that otherwise sends. */
export async function fetched(world: World, mark: string): Promise<void> {
  await pulling(world);
  const { connector } = createSource({ issues: [thing('a', { mark })] }, {
    signals: (_ctx, at) => Promise.resolve([{ name: 'open_issues', value: 3, unit: 'count', at: at.toISOString(), about: mark }]),
  });
  await world.sync(connector);
  await world.sql`update integrations set direction = 'push' where id = ${world.integration}`;
  await world.sql`
    insert into webhook_calls (org_id, integration_id, call_id, at, stream, rows) values (${world.org}, ${world.integration}, ${mark}, ${world.clock.iso()}, 'issues', 1)`;
  world.clock.forward(3_600);
}
