import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { shaped, unexpected } from '../_kit/payload.ts';
import { apiPath, get } from './api.ts';
import type { Session } from './api.ts';

export const TRACKING =
  'https://learn.microsoft.com/en-us/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems';

/** Rows in a page; Dataverse gives 5 000 at most. */
const PAGE = 1_000;

const answer = z.object({
  'value': z.array(z.record(z.string(), z.unknown())),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});

/**
 * Change tracking: first every row, then what changed since the delta link, removed rows among it. The cursor is the query of the link
 * Dataverse gave, so that a stored cursor can lead nowhere but to this table. A link that has grown too old (7 days unless the
 * environment says otherwise) is refused with 0x80044352; whoever clears the cursor then begins with every row, and what was removed
 * meanwhile is not told.
 *
 * The pages of the first reading are asked for with the same preference as its first page; the vendor's page does not say whether
 * they must be.
 */
export async function pull(session: Session, { stream, cursor }: PullRequest): Promise<Page> {
  const { settings, http } = session.ctx;
  const known = settings.streams.find(({ set }) => set === stream);
  if (!known) throw new TypeError(`The settings name no stream "${stream}".`);
  const search = cursor ?? `?$select=${[known.id, ...known.columns.filter((column) => column !== known.id)].join(',')}`;
  const prefer = [`odata.maxpagesize=${PAGE}`, ...(/[?&]\$deltatoken=/i.test(search) ? [] : ['odata.track-changes'])].join(',');
  const response = await get(session, `${stream}${search}`, { prefer });
  const { value, '@odata.nextLink': next, '@odata.deltaLink': delta } = shaped(http, response, answer);
  const link = URL.parse(next ?? delta ?? '', settings.baseUrl);
  if (!link?.search || link.pathname !== `${apiPath(settings)}/${stream}`) throw unexpected(http, response, 'no link to go on with');
  return {
    records: value.map((row) => {
      const pulled = pulledRecord(row, known.id);
      if (!pulled) throw unexpected(http, response, `a row without ${known.id}`);
      return pulled;
    }),
    cursor: link.search,
    more: next !== undefined,
  };
}

function pulledRecord(row: Record<string, unknown>, idColumn: string): PulledRecord | null {
  const isDeleted = typeof row['@odata.context'] === 'string' && row['@odata.context'].endsWith('/$deletedEntity');
  const id = row[isDeleted ? 'id' : idColumn];
  if (typeof id !== 'string' || id === '') return null;
  if (isDeleted) return { id, payload: null, changedAt: null, deleted: true };
  const payload = Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('@')));
  return { id, payload, changedAt: typeof row.modifiedon === 'string' ? row.modifiedon : null, deleted: false };
}
