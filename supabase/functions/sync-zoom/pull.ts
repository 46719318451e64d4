import { z } from 'zod';
import type { Page, PulledRecord, PullRequest } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { shaped } from '../_kit/payload.ts';
import type { Settings } from './settings.ts';

/** Gets a path of Zoom's interface with the credential. */
export type Get = (path: string, query?: Record<string, string>) => Promise<HttpResponse>;
type Reader = { settings: Settings; http: Parameters<typeof shaped>[0]; get: Get };

const id = z.union([z.string(), z.number()]).transform(String);
const token = z.string().nullish();
const meetings = z.object({ meetings: z.array(z.looseObject({ id })), next_page_token: token });
const registrants = z.object({ registrants: z.array(z.looseObject({ id, create_time: z.string().nullish() })), next_page_token: token });

/**
 * Where reading stands: the host, the page of his meetings, the meetings of it whose registrants are still to be read, and the page of
 * the first of these. Zoom cannot be asked for what changed, and forgets a page after 15 minutes: every run reads everything anew. What is
 * gone is not in its lists; only its calls (`webhook.ts`) tell of that.
 */
const position = z.object({ host: z.int().min(0), page: z.string(), left: z.array(z.string()), inner: z.string() });
type Position = z.infer<typeof position>;

const START: Position = { host: 0, page: '', left: [], inner: '' };
const PAGE = '300';

export async function pullPage(reader: Reader, { stream, cursor, isFirst }: PullRequest): Promise<Page> {
  const stands = cursor === null || isFirst ? START : position.safeParse(parsed(cursor)).data ?? START;
  const [meetingId] = stands.left;
  if (stream === 'registrants' && meetingId !== undefined) return registrantsOf(reader, stands, meetingId);
  const host = reader.settings.hosts[stands.host];
  if (host === undefined) return ended();
  const response = await reader.get(`/users/${encodeURIComponent(host)}/meetings`, {
    type: 'scheduled',
    page_size: PAGE,
    ...pageOf(stands.page),
  });
  const { meetings: found, next_page_token: next } = shaped(reader.http, response, meetings);
  const following = next ? { ...START, host: stands.host, page: next } : { ...START, host: stands.host + 1 };
  if (stream !== 'registrants') {
    return paged(reader, following, found.map((one): PulledRecord => ({ id: one.id, payload: one, changedAt: null, deleted: false })));
  }
  return paged(reader, { ...following, left: [...new Set(found.map((one) => one.id))] }, []);
}

async function registrantsOf(reader: Reader, stands: Position, meetingId: string): Promise<Page> {
  const query = { status: reader.settings.registrants, page_size: PAGE, ...pageOf(stands.inner) };
  const response = await asked(reader.get(`/meetings/${encodeURIComponent(meetingId)}/registrants`, query));
  const { registrants: found, next_page_token: next } = response === null
    ? { registrants: [], next_page_token: null }
    : shaped(reader.http, response, registrants);
  const following = next ? { ...stands, inner: next } : { ...stands, left: stands.left.slice(1), inner: '' };
  return paged(
    reader,
    following,
    found.map((one) => ({
      id: `${meetingId}:${one.id}`,
      payload: { ...one, meeting_id: meetingId },
      changedAt: timeOf(one.create_time),
      deleted: false,
    })),
  );
}

/**
 * A meeting that nobody has to register for, or that is gone since it was listed, has no registrants. Zoom refuses the question with a
 * sentence about registration; which code that has could not be verified, so the sentence decides.
 */
async function asked(answer: Promise<HttpResponse>): Promise<HttpResponse | null> {
  try {
    return await answer;
  } catch (error) {
    const isNone = error instanceof HttpFailure &&
      (error.status === 404 || (error.status === 400 && /registration/i.test(error.diagnosis.message)));
    if (isNone) return null;
    throw error;
  }
}

const pageOf = (page: string): Record<string, string> => (page === '' ? {} : { next_page_token: page });

function paged({ settings: { hosts } }: Reader, following: Position, records: PulledRecord[]): Page {
  const more = following.host < hosts.length || following.left.length > 0;
  return more ? { records, cursor: JSON.stringify(following), more } : { ...ended(), records };
}

const ended = (): Page => ({ records: [], cursor: JSON.stringify(START), more: false });

function timeOf(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
