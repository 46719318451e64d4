import { z } from 'zod';
import type { Connector, Dedupe, Outcome, OutgoingRecord } from '../../../../supabase/functions/_kit/connector.ts';

const settings = z.object({ baseUrl: z.url() });
const credential = z.object({ token: z.string() });
const answers = z.object({
  results: z.array(z.union([z.object({ id: z.string() }), z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string() }) })])),
});

type Context = Parameters<Connector<z.output<typeof settings>, z.output<typeof credential>>['push']>[0];

/**
 * The smallest connector there can be, for a system that deduplicates in the given way. What it does about doubts is the kit's.
 * It exists for the two ways, and the lack of any, that none of the real systems stands for.
 */
export function bareConnector(dedupe: Exclude<Dedupe, 'lookup'>): Connector<z.output<typeof settings>, z.output<typeof credential>> {
  return {
    system: dedupe, title: `A system with ${dedupe}`, docs: 'https://example.org', settings, credential, dedupe, batchSize: 20,
    settlesWithinSeconds: 60, fields: { account: ['account'] }, replaces: dedupe === 'upsert', push,
  };
}

async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const response = await ctx.http.send({
    url: `${ctx.settings.baseUrl}/records`,
    headers: { authorization: `Bearer ${ctx.credential.token}` },
    body: { records: records.map(({ key, payload, amount, currency }) => ({ key, account: payload['account'], amount, currency })) },
    // Short, so that one that hangs does not hold a slice for long.
    timeoutMs: 1_500,
  });
  const parsed = answers.safeParse(response.json());
  if (!parsed.success || parsed.data.results.length !== records.length) throw ctx.http.failure(response, 'unknown');
  return parsed.data.results.map((result): Outcome => ('id' in result
    ? { state: 'exported', externalId: result.id }
    : { state: 'refused', diagnosis: { ...result.error, category: 'validation', retryable: false } }));
}
