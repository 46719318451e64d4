import { z } from 'zod';
import type { Page, PullRequest, Stream } from '../_kit/connector.ts';
import { shaped } from '../_kit/payload.ts';
import { call } from './api.ts';
import type { Context } from './api.ts';
import type { Settings } from './settings.ts';

const changed = z.looseObject({ id: z.number(), updated_at: z.string(), status: z.string().nullish(), active: z.boolean().nullish() });
const exported = z.object({
  tickets: z.array(changed).optional(),
  users: z.array(changed).optional(),
  after_cursor: z.string().nullish(),
  end_of_stream: z.boolean(),
});

const INCREMENTAL = 'https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/';
const STREAMS: (Stream & { name: 'tickets' | 'users' })[] = [
  { name: 'tickets', title: 'Tickets', docs: INCREMENTAL },
  { name: 'users', title: 'Users', docs: INCREMENTAL },
];

export const streamsOf = ({ fetch: names }: Settings): Stream[] => STREAMS.filter(({ name }) => names.includes(name));

/**
 * Zendesk's own cursor. What changed in the last minute is left for the next time, so nothing is written late. A cursor goes on where it
 * ended, whether or not there was more.
 * https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
 */
export async function pull(ctx: Context, { stream, cursor }: PullRequest): Promise<Page> {
  const name = stream === 'users' ? 'users' : 'tickets';
  const query = new URLSearchParams({ per_page: '500', [cursor ? 'cursor' : 'start_time']: cursor || '0' });
  const response = await call(ctx, `incremental/${name}/cursor.json?${query}`);
  const page = shaped(ctx.http, response, exported);
  const records = (page[name] ?? []).map((one) => ({
    id: String(one.id),
    payload: one,
    changedAt: one.updated_at,
    deleted: name === 'users' ? one.active === false : one.status === 'deleted',
  }));
  return { records, cursor: page.after_cursor ?? cursor ?? '', more: !page.end_of_stream };
}
