import { z } from 'zod';
import type { Page, PullRequest } from '../_kit/connector.ts';
import { shaped } from '../_kit/payload.ts';
import { call, data } from './api.ts';
import type { Session } from './api.ts';

const PAGE = 2_000;
/** What commits late carries the time it began: the first page of a run looks back this far. */
const OVERLAP_SECONDS = 120;

/** The last record of the page before. SystemModstamp has seconds; within one the id decides. */
const place = z.object({ at: z.iso.datetime(), id: z.string().regex(/^\w*$/) });

const BEGINNING = JSON.stringify({ at: '1970-01-01T00:00:00.000Z', id: '' });

const row = z.looseObject({ Id: z.string(), SystemModstamp: z.string(), IsDeleted: z.boolean() });
const answer = z.object({ done: z.boolean(), records: z.array(row) });

/**
 * Changes in the order of SystemModstamp, deleted ones among them until their recycle bin is emptied.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
 */
export async function pull(session: Session, { cursor, isFirst }: PullRequest): Promise<Page> {
  const { settings, http } = session.ctx;
  const known = cursor === null ? null : place.parse(JSON.parse(cursor));
  const from = known && isFirst ? { at: new Date(Date.parse(known.at) - OVERLAP_SECONDS * 1_000).toISOString(), id: '' } : known;
  const fields = [...new Set(['Id', 'SystemModstamp', 'IsDeleted', ...settings.pullFields])];
  const where = from === null ? '' : `WHERE SystemModstamp > ${from.at} OR (SystemModstamp = ${from.at} AND Id > '${from.id}') `;
  const soql = `SELECT ${fields.join(',')} FROM ${settings.object} ${where}ORDER BY SystemModstamp, Id LIMIT ${PAGE}`;
  const response = await call(session, data(session.ctx, `queryAll?${new URLSearchParams({ q: soql })}`));
  const { done, records } = shaped(http, response, answer);
  const last = records.at(-1);
  return {
    records: records.map(({ attributes: _attributes, ...payload }) => ({
      id: payload.Id,
      payload,
      changedAt: timeOf(payload.SystemModstamp),
      deleted: payload.IsDeleted,
    })),
    cursor: last ? JSON.stringify({ at: timeOf(last.SystemModstamp), id: last.Id }) : cursor ?? BEGINNING,
    more: records.length >= PAGE || !done,
  };
}

/** Salesforce writes a zone without a colon. */
const timeOf = (text: string): string => new Date(text.replace(/\+0000$/, 'Z')).toISOString();
