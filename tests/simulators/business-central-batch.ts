import { parseExact } from './business-central-journal.ts';
import { ODataError } from './odata.ts';
import type { SimulatedRequest } from './server.ts';

/** https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/administration/operational-limits-online */
const MAX_BATCH = 100;

export type Part = { status: number; headers: Record<string, string>; body: unknown };
export type Operation = { id?: unknown; method?: unknown; url?: unknown; headers?: unknown; body?: unknown };

/** The body as JSON with its numbers as written; throws in the vendor's words. */
export function parseBody(body: string): unknown {
  try {
    return parseExact(body);
  } catch {
    throw new ODataError(400, 'BadRequest', 'Invalid Request Body');
  }
}

/** https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/webservices/use-odata-batch */
export function runBatch(request: SimulatedRequest, shuffle: boolean, one: (operation: Operation, index: number) => Part): Part {
  if (!request.headers['content-type']?.includes('application/json')) {
    throw new ODataError(415, 'BadRequest', 'The media type of the batch is not supported.');
  }
  const operations = (parseBody(request.body) as { requests?: unknown } | null)?.requests;
  if (!Array.isArray(operations)) throw new ODataError(400, 'BadRequest', 'Invalid Request Body');
  if (operations.length > MAX_BATCH) {
    throw new ODataError(
      400,
      'Unknown',
      'The current batch message contains too many parts. ' +
        `A maximum number of '${MAX_BATCH}' query operations and change sets are allowed in a batch message.`,
    );
  }
  const goOn = /odata\.continue-on-error(?!=false)/.test(String(request.headers.prefer ?? ''));
  const ids = new Set<string>();
  const responses: Record<string, unknown>[] = [];
  for (const [index, operation] of (operations as Operation[]).entries()) {
    const id = typeof operation.id === 'string' ? operation.id : null;
    if (id !== null && ids.has(id)) throw new ODataError(400, 'BadRequest', `The request id '${id}' is used more than once.`);
    if (id !== null) ids.add(id);
    const part = one(operation, index);
    responses.push(part.status === 204 ? { id, status: 204, headers: {} } : { id, ...part });
    if (part.status >= 400 && !goOn) break;
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { responses: shuffle ? responses.reverse() : responses },
  };
}
