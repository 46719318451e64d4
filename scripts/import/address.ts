import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ImportError } from './import-error.ts';
import type { Address } from './outbox.ts';

const stackFile = z.object({ apiUrl: z.url(), secretKey: z.string().min(1) });

/**
 * Where to hand in: `--url` or SUPABASE_URL with SUPABASE_SECRET_KEY, or else the stack running on this machine.
 * The key is never taken from the command line, where other users could see it.
 */
export async function findAddress(root: string, url: string | undefined, env: NodeJS.ProcessEnv): Promise<Address> {
  const named = url ?? env.SUPABASE_URL;
  if (named !== undefined) {
    if (!URL.canParse(named)) throw new ImportError(`"${named}" is not an address such as https://<project>.supabase.co.`);
    if (!env.SUPABASE_SECRET_KEY) throw new ImportError(`To hand in at ${named}, set SUPABASE_SECRET_KEY to a secret key of that project.`);
    return { url: named, secretKey: env.SUPABASE_SECRET_KEY };
  }
  const file = resolve(root, '.syncward/stack.json');
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'No stack is running here' : `${file} can't be read (${cause.code})`;
    throw new ImportError(`${why}. Start one with npm start, or set SUPABASE_URL and SUPABASE_SECRET_KEY.`, { cause });
  });
  const parsed = stackFile.safeParse(parseJson(text));
  if (!parsed.success) throw new ImportError(`${file} is damaged. Start the stack again with npm start.`);
  return { url: parsed.data.apiUrl, secretKey: parsed.data.secretKey };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
