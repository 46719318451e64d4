import { z } from 'zod';

export type Door = { org: string; integration: string; secret: string };

const path = z.object({ org: z.uuid(), integration: z.uuid(), secret: z.string().regex(/^[0-9a-f]{64}$/) });
const known = z.union([z.object({ system: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/) }), z.object({ wait: z.number() })]).nullable();

/** The largest call that is read, in bytes. */
const LARGEST_CALL = 1_000_000;

/** What an address ends with; null if it is none of ours. */
export function pathOf(pathname: string): Door | null {
  const [org, integration, secret, ...rest] = (/\/webhook\/(.*)$/.exec(pathname)?.[1] ?? '').split('/');
  const read = path.safeParse({ org, integration, secret });
  return read.success && rest.length === 0 ? read.data : null;
}

type Database = { rpc(name: string, args: Record<string, unknown>): PromiseLike<{ data: unknown; error: { message: string } | null }> };

/** Whose call it is, or how long it must wait; null for a wrong address. Throws when the database does not answer. */
export async function entered(database: Database, door: Door): Promise<z.infer<typeof known>> {
  const { data, error } = await database.rpc('enter_webhook', door);
  if (error) throw new Error(`enter_webhook: ${error.message}`);
  return known.parse(data);
}

/** The body as text, byte for byte: signatures are over bytes, so what is no UTF-8 cannot be passed on. Stops at the limit. */
export async function readBody(request: Request): Promise<{ text: string } | { status: 401 | 413 }> {
  if (Number(request.headers.get('content-length') ?? 0) > LARGEST_CALL) return { status: 413 };
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > LARGEST_CALL) return { status: 413 };
      text += decoder.decode(chunk, { stream: true });
    }
    return { text: text + decoder.decode() };
  } catch {
    return { status: 401 };
  }
}
