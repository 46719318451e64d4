import { z } from 'zod';
import type { ReadConnector } from '../../../../supabase/functions/_kit/connector.ts';
import { serve } from '../../../../supabase/functions/_kit/serve.ts';
import { isFresh, isSigned } from '../../../../supabase/functions/_kit/signature.ts';

const settings = z.object({});
const credential = z.object({ signingKey: z.string() });
const call = z.object({ id: z.string(), test: z.string().optional(), things: z.array(z.object({ id: z.string() }).loose()).default([]) });

/** A system that calls: signs time and body, and has its address tried out before it uses it. */
const connector: ReadConnector<z.infer<typeof settings>, z.infer<typeof credential>> = {
  system: 'bell',
  title: 'Bell',
  docs: 'https://example.org/bell',
  settings,
  credential,
  credentialKind: 'api-key',
  webhook(_settings, { signingKey }, { headers, body, at }) {
    const time = headers['x-bell-time'] ?? '';
    if (!isFresh(Number(time), at, 300)) return Promise.resolve({ accepted: false, reason: 'It is too old.' });
    if (!isSigned({ text: `${time}.${body}`, key: signingKey, given: headers['x-bell-signature'] ?? '' })) {
      return Promise.resolve({ accepted: false, reason: 'The signature is wrong.' });
    }
    const { id, test, things } = call.parse(JSON.parse(body));
    if (test) return Promise.resolve({ accepted: true, answer: { echo: test } });
    const records = things.map((thing) => ({ id: thing.id, payload: thing, changedAt: null, deleted: false }));
    return Promise.resolve({ accepted: true, id, stream: 'things', records });
  },
};

export default serve(connector);
