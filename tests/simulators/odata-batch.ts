import { randomUUID } from 'node:crypto';
import { ODataError } from './odata.ts';
import type { SimulatedAnswer, SimulatedRequest } from './server.ts';

/** One operation out of a multipart `$batch`. */
export type BatchOperation = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  contentId: string | null;
  /** Number of the change set it stands in, null outside of any. */
  changeSet: number | null;
};

/** What an operation came to; `body` is JSON text, empty for none. */
export type BatchResult = { status: number; headers?: Record<string, string>; body: string };

const bad = (message: string): ODataError => new ODataError(400, '', message);

const headersOf = (lines: string[]): Record<string, string> =>
  Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));

/** Parts between delimiters, each ended by CRLF: a bare line feed is refused, as Dataverse does. */
function partsOf(text: string, boundary: string): string[] {
  if (/(?<!\r)\n/.test(text)) throw bad('The line ends of a batch must be CRLF.');
  const delimiter = `--${boundary}`;
  const [before, ...pieces] = `\r\n${text}`.split(`\r\n${delimiter}`);
  const end = pieces.pop();
  if (before !== '' || end?.startsWith('--') !== true) throw bad(`The end of the batch '${boundary}' is missing.`);
  return pieces.map((piece) => {
    if (!piece.startsWith('\r\n')) throw bad('A boundary must stand on a line of its own.');
    return piece.slice(2);
  });
}

function boundaryIn(type: string | undefined): string {
  const boundary = /^multipart\/mixed;\s*boundary="?([\w-]+)"?$/.exec(type ?? '')?.[1];
  if (boundary === undefined) throw bad('The content type of a batch is multipart/mixed with a boundary.');
  return boundary;
}

function split(part: string): { headers: Record<string, string>; rest: string } {
  const at = part.indexOf('\r\n\r\n');
  if (at < 0) throw bad('A part has no empty line after its headers.');
  return { headers: headersOf(part.slice(0, at).split('\r\n')), rest: part.slice(at + 4) };
}

function operationOf(part: string, changeSet: number | null): BatchOperation {
  const { headers, rest } = split(part);
  if (headers['content-type'] !== 'application/http') throw bad('A part of a batch is application/http.');
  if (headers['content-transfer-encoding'] !== 'binary') throw bad('A part of a batch has the transfer encoding binary.');
  const lineEnd = rest.indexOf('\r\n');
  const line = /^(GET|POST|PATCH|PUT|DELETE) (\S+) HTTP\/1\.1$/.exec(rest.slice(0, lineEnd));
  if (!line) throw bad('A part of a batch begins with a request line.');
  const inner = split(rest.slice(lineEnd + 2));
  const [, method = '', url = ''] = line;
  if (changeSet !== null && method === 'GET') throw bad('GET requests are not allowed in a change set.');
  return { method, url, headers: inner.headers, body: inner.rest.trimEnd(), contentId: headers['content-id'] ?? null, changeSet };
}

/** @param limit Most operations the service takes. */
export function readBatchRequest(request: SimulatedRequest, limit: number): BatchOperation[] {
  let changeSets = 0;
  const operations = partsOf(request.body, boundaryIn(request.headers['content-type'])).flatMap((part) => {
    const { headers, rest } = split(part);
    if (!headers['content-type']?.startsWith('multipart/')) return [operationOf(part, null)];
    const own = changeSets++;
    return partsOf(rest, boundaryIn(headers['content-type'])).map((inner) => {
      const operation = operationOf(inner, own);
      if (operation.contentId === null) throw bad('An operation in a change set needs a Content-ID.');
      return operation;
    });
  });
  if (operations.length > limit) throw bad(`The number of requests in a batch must not exceed ${limit}; it is ${operations.length}.`);
  return operations;
}

const REASONS: Record<number, string> = {
  200: 'OK', 201: 'Created', 204: 'No Content', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
  412: 'Precondition Failed', 429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable',
};

function http(result: BatchResult, contentId: string | null): string[] {
  const headers = { 'OData-Version': '4.0', ...(result.body === '' ? {} : { 'Content-Type': 'application/json; odata.metadata=minimal' }), ...result.headers };
  return [
    'Content-Type: application/http', 'Content-Transfer-Encoding: binary', ...(contentId === null ? [] : [`Content-ID: ${contentId}`]), '',
    `HTTP/1.1 ${result.status} ${REASONS[result.status] ?? 'Unknown'}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', result.body,
  ];
}

/**
 * Carries out the operations in their order. Without `odata.continue-on-error` it ends at the first that fails, and the whole answer has
 * its status. A change set that fails has one answer, outside of any change set and without a Content-ID.
 */
export function answerBatch(request: SimulatedRequest, operations: BatchOperation[], carryOut: (operation: BatchOperation, index: number) => BatchResult): SimulatedAnswer {
  const goOn = /odata\.continue-on-error(?!=false)/.test(String(request.headers.prefer ?? ''));
  const boundary = `batchresponse_${randomUUID()}`;
  const lines: string[] = [];
  let status = 200;
  for (const [index, operation] of operations.entries()) {
    const result = carryOut(operation, index);
    lines.push(`--${boundary}`);
    if (operation.changeSet === null || result.status >= 400) lines.push(...http(result, null));
    else {
      const own = `changesetresponse_${randomUUID()}`;
      lines.push(`Content-Type: multipart/mixed; boundary=${own}`, '', `--${own}`, ...http(result, operation.contentId), `--${own}--`);
    }
    if (result.status >= 400 && !goOn) {
      status = result.status;
      break;
    }
  }
  const headers = { 'content-type': `multipart/mixed; boundary=${boundary}`, 'odata-version': '4.0' };
  return { status, headers, body: [...lines, `--${boundary}--`, ''].join('\r\n') };
}
