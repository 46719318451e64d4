import { createHttp, HttpFailure } from '../../../supabase/functions/_kit/http.ts';
import type { Http, HttpOptions, HttpRequest } from '../../../supabase/functions/_kit/http.ts';

export const at = new Date('2026-11-20T10:00:00Z');

/** A client as on a local stack, at a fixed time. */
export function client(options: Partial<HttpOptions> = {}): Http {
  return createHttp({ system: 'other', secrets: [], local: true, clock: () => at, timeoutMs: 5_000, ...options });
}

/** The failure a request ends in; a success fails the test. */
export async function failed(http: Http, request: HttpRequest): Promise<HttpFailure> {
  const result = await http.send(request).then(
    () => null,
    (error: unknown) => error,
  );
  if (result instanceof HttpFailure) return result;
  throw new Error(`expected an HttpFailure, got ${String(result)}`);
}
