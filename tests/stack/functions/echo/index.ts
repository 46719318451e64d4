import { withSupabase } from '@supabase/server';

/** Answers with what it was sent and what it finds in its environment; only for a caller with the secret key. */
export default {
  fetch: withSupabase({ auth: 'secret', cors: 'disabled' }, async (request) => {
    const url = new URL(request.url);
    return Response.json({ path: url.pathname, query: url.search, method: request.method, body: await request.text() }, { status: 202 });
  }),
};
