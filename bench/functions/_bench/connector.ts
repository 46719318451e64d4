import { z } from 'zod';
import type { Connector, OutgoingRecord } from '../../../supabase/functions/_kit/connector.ts';
import { shaped } from '../../../supabase/functions/_kit/payload.ts';

const settings = z.strictObject({ url: z.url() });
const credential = z.looseObject({});
const answer = z.object({ ids: z.array(z.string()) });

/** The simplest system there is: takes JSON, remembers keys, answers with a number for each record. */
export function benchConnector(system: string, size: { batchSize: number; concurrency?: number }): Connector<z.infer<typeof settings>, z.infer<typeof credential>> {
  return {
    system,
    title: 'Bench',
    docs: 'https://example.org',
    settings,
    credential,
    dedupe: 'key',
    settlesWithinSeconds: 60,
    fields: {},
    replaces: false,
    ...size,
    async push({ http, settings: { url } }, records) {
      const response = await http.send({ url, body: records.map(toRow) });
      const { ids } = shaped(http, response, answer);
      return records.map((_, index) => ({ state: 'exported' as const, externalId: ids[index] ?? '' }));
    },
  };
}

function toRow({ key, sourceId, payload, amount, currency }: OutgoingRecord): Record<string, unknown> {
  return { key, sourceId, ...payload, amount, currency };
}
