import { randomUUID } from 'node:crypto';
import { HttpFailure } from './http.ts';
import type { Http, HttpResponse } from './http.ts';
import { unexpected } from './payload.ts';

/** One operation of a batch; `body` is JSON text. Addresses and headers may hold no line end. */
export type BatchRequest = { method: 'GET' | 'POST' | 'PATCH'; url: string; headers?: Record<string, string>; body?: string };

export type BatchOptions = {
  /** Address of the `$batch` itself. */
  url: string;
  headers: Record<string, string>;
  /** Whether each write is a change set of its own, for services that take writes in change sets only. */
  changeSets: boolean;
  timeoutMs?: number;
};

/** An operation's own answer, in the form of a whole one, so that it is read and diagnosed like one. */
export type BatchPart = HttpResponse;

const EOL = '\r\n';

/**
 * Sends operations as one multipart `$batch`, each on its own: one that fails does not stop the rest. The parts of the answer come in the
 * order of the operations; their `Content-ID` is not relied on, since not every service repeats it for what failed.
 * https://docs.oasis-open.org/odata/odata/v4.0/errata03/os/complete/part1-protocol/odata-v4.0-errata03-os-part1-protocol-complete.html#_Toc453752313
 */
export async function sendBatch(
  http: Http,
  { url, headers, changeSets, timeoutMs }: BatchOptions,
  requests: BatchRequest[],
): Promise<{ parts: BatchPart[]; response: HttpResponse }> {
  const boundary = `batch_${randomUUID()}`;
  const response = await http.send({
    method: 'POST',
    url,
    headers: {
      ...headers,
      'accept': 'application/json',
      'content-type': `multipart/mixed; boundary="${boundary}"`,
      'prefer': 'odata.continue-on-error',
      'odata-version': '4.0',
      'odata-maxversion': '4.0',
    },
    body: written(requests, boundary, changeSets),
    timeoutMs,
  }).catch((error: unknown) => {
    throw partlyTaken(error);
  });
  const parts = readBatch(response);
  if (parts?.length !== requests.length) {
    throw unexpected(http, response, parts ? `${parts.length} answers to ${requests.length} operations` : 'not a whole batch');
  }
  return { parts, response };
}

/** A batch refused whole after a part of it was carried out, as by a service that stops at the first failure. */
function partlyTaken(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || error.delivered !== 'refused') return error;
  if (/^HTTP\/1\.\d 2\d\d\b/m.test(error.response ?? '')) error.delivered = 'unknown';
  return error;
}

function written(requests: BatchRequest[], boundary: string, changeSets: boolean): string {
  const lines = requests.flatMap((request, index) => {
    if (request.method === 'GET' || !changeSets) return [`--${boundary}`, ...operation(request, null)];
    const own = `changeset_${randomUUID()}`;
    const head = [`--${boundary}`, `Content-Type: multipart/mixed; boundary="${own}"`, '', `--${own}`];
    return [...head, ...operation(request, index + 1), `--${own}--`, ''];
  });
  return [...lines, `--${boundary}--`, ''].join(EOL);
}

function operation({ method, url, headers = {}, body }: BatchRequest, contentId: number | null): string[] {
  const own = { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), Accept: 'application/json' };
  const head = [`${method} ${url} HTTP/1.1`, ...Object.entries(own).map(([name, value]) => `${name}: ${value}`)];
  if (head.some((line) => /[\r\n]/.test(line))) throw new TypeError('An operation of a batch holds a line end.');
  const id = contentId === null ? [] : [`Content-ID: ${contentId}`];
  return ['Content-Type: application/http', 'Content-Transfer-Encoding: binary', ...id, '', ...head, '', body ?? ''];
}

type Section = { headers: Record<string, string>; body: string };

/** The operations' answers in their order; null when the text is not a whole batch. */
export function readBatch(response: HttpResponse): BatchPart[] | null {
  const operations = operationsIn({ headers: response.headers, body: response.body });
  return operations?.map(({ status, headers, body }) => ({
    ...response,
    status,
    headers,
    body,
    requestId: headers.req_id ?? headers['request-id'] ?? response.requestId,
    json: () => JSON.parse(body) as unknown,
  })) ?? null;
}

function operationsIn({ headers, body }: Section): (Section & { status: number })[] | null {
  const type = headers['content-type'] ?? '';
  if (/^application\/http\b/i.test(type)) {
    const status = /^HTTP\/\d(?:\.\d)? (\d{3})[^\n]*\n?/.exec(body);
    return status ? [{ status: Number(status[1]), ...sectionOf(body.slice(status[0].length)) }] : null;
  }
  const boundary = /^multipart\/mixed\s*;.*?boundary="?([^";\s]{1,100})/i.exec(type)?.[1];
  const sections = boundary === undefined ? null : sectionsOf(body, boundary);
  const inside = sections?.map((section) => operationsIn(sectionOf(section))) ?? [null];
  return inside.includes(null) ? null : inside.flatMap((one) => one ?? []);
}

/** What stands between the delimiters; null where one is malformed or the last is missing. */
function sectionsOf(text: string, boundary: string): string[] | null {
  const [, ...pieces] = `\n${text}`.split(`\n--${boundary}`);
  const end = pieces.pop();
  if (!end?.startsWith('--') || pieces.some((piece) => !/^[ \t]*\r?\n/.test(piece))) return null;
  return pieces.map((piece) => piece.replace(/^[ \t]*\r?\n/, '').replace(/\r$/, ''));
}

/** Headers down to the empty line, and what follows; either may be missing. */
function sectionOf(text: string): Section {
  const gap = /(?:^|\r?\n)\r?\n/.exec(text);
  const head = gap ? text.slice(0, gap.index) : text;
  const headers = head.split(/\r?\n/).flatMap((line): [string, string][] => {
    const at = line.indexOf(':');
    return at > 0 ? [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]] : [];
  });
  return { headers: Object.fromEntries(headers), body: gap ? text.slice(gap.index + gap[0].length).replace(/(?:\r?\n)+$/, '') : '' };
}
