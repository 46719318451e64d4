import * as z from 'zod/mini';

// Without this zod probes for eval, which a strict content security policy reports as a violation.
z.config({ jitless: true });

const Config = z.object({
  apiUrl: z.string().check(z.regex(/^https?:\/\/[^/\s]+/)),
  publishableKey: z.string().check(z.minLength(1)),
});

/** Where the organization's data lives; both values are public. */
export type Config = z.output<typeof Config>;

/** Reads `/config.json`. Throws an `Error` whose message names what is wrong. */
export async function loadConfig(fetcher: typeof fetch): Promise<Config> {
  const answer = await fetcher('/config.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}`);
  const parsed = Config.safeParse(await answer.json());
  if (!parsed.success) throw new Error('/config.json must hold apiUrl and publishableKey');
  return { ...parsed.data, apiUrl: parsed.data.apiUrl.replace(/\/+$/, '') };
}
