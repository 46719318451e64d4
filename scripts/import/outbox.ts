import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { ImportError } from './import-error.ts';
import type { HandIn, HandInReport } from './import-file.ts';
import type { ImportRecord } from './row-reader.ts';

/** Where the outbox is and the secret key that opens it. */
export type Address = { url: string; secretKey: string };

/** The integration records are handed in to. */
export type Integration = { id: string; org_id: string; slug: string; system: string; organization: string };

/** How many integrations an error message names at most. */
const LISTED = 20;

const RETRY_AFTER_MS = [250, 1000, 4000, 10_000];

const AGAIN = 'Run the same command again: what is in stays in, and nothing is added twice.';

const reportShape = z.object({
  added: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  refused: z.array(z.object({ index: z.number(), reason: z.string() })),
});

const integrationsShape = z.array(z.object({
  id: z.string(),
  org_id: z.string(),
  slug: z.string(),
  system: z.string(),
  organizations: z.object({ slug: z.string() }),
}));

type Answer = { data: unknown; error: { code?: string; message: string; hint?: string | null } | null; status: number };

/** The outbox behind the Data API. `wait` passes the time between two tries (milliseconds). */
export function openOutbox(address: Address, wait: (ms: number) => Promise<unknown> = delay) {
  const client = createClient(address.url, address.secretKey, { auth: { persistSession: false, autoRefreshToken: false } });

  /** Tries again while the other side is away or busy: handing in twice changes nothing. */
  async function ask(request: () => PromiseLike<Answer>): Promise<Answer> {
    for (const pause of RETRY_AFTER_MS) {
      const answer = await request();
      if (!answer.error || !isPassing(answer.status)) return answer;
      await wait(pause);
    }
    return request();
  }

  async function listIntegrations(limit: number, column?: 'id' | 'slug', value = ''): Promise<Integration[]> {
    const all = client.from('integrations').select('id, org_id, slug, system, organizations!integrations_org_id_fkey (slug)').limit(limit);
    const { data, error, status } = await (column ? all.eq(column, value) : all).retry(false);
    if (error) throw unreachable(address, { error, status });
    return integrationsShape.parse(data).map(({ organizations, ...rest }) => ({ ...rest, organization: organizations.slug }));
  }

  async function findIntegration(name: string, organization?: string): Promise<Integration> {
    const isId = z.uuid().safeParse(name).success;
    const found = await listIntegrations(LISTED, isId ? 'id' : 'slug', name);
    const there = found.filter((one) => organization === undefined || one.organization === organization);
    const [only] = there;
    if (only && there.length === 1) return only;
    if (only) throw new ImportError(`Several organizations have an integration ${name}: ${inWords(there)}. Add --organization <slug>.`);
    const where = organization === undefined ? '' : ` in ${organization}`;
    throw new ImportError(`There is no integration ${name}${where}. Known: ${inWords(await listIntegrations(LISTED))}.`);
  }

  function handInTo(integration: Integration): HandIn {
    return async function handIn(records) {
      const { data, error, status } = await ask(
        () => client.rpc('hand_in', { org: integration.org_id, integration: integration.id, records }),
      );
      if (!error) return reportShape.parse(data);
      if (isAboutContent(error.code)) return handInHalves(records, error.message, handIn);
      throw unreachable(address, { error, status });
    };
  }

  return { findIntegration, handInTo };
}

/** One record the outbox chokes on must not keep its neighbours out: halve the batch until it stands alone. */
async function handInHalves(records: ImportRecord[], message: string, handIn: HandIn): Promise<HandInReport> {
  if (records.length <= 1) return { added: 0, changed: 0, unchanged: 0, refused: records.map((_, index) => ({ index, reason: message })) };
  const middle = Math.ceil(records.length / 2);
  const first = await handIn(records.slice(0, middle));
  const second = await handIn(records.slice(middle));
  return {
    added: first.added + second.added,
    changed: first.changed + second.changed,
    unchanged: first.unchanged + second.unchanged,
    refused: [...first.refused, ...second.refused.map(({ index, reason }) => ({ index: index + middle, reason }))],
  };
}

const inWords = (some: Integration[]): string => some.map((one) => `${one.slug} (${one.organization})`).join(', ') || 'none';

/** No answer, a busy or a failing server: it may pass. */
const isPassing = (status: number): boolean => status === 0 || status === 429 || status >= 500;

/** SQLSTATE classes 22 and 23 and our own SW422: a value is at fault, not the way there. */
const isAboutContent = (code = ''): boolean => /^(22|23)/.test(code) || code === 'SW422';

function unreachable(address: Address, { error, status }: { error: NonNullable<Answer['error']>; status: number }): ImportError {
  if (status === 0) {
    return new ImportError(`The outbox at ${address.url} can't be reached (is the stack running?). ${AGAIN}`);
  }
  const refused = status === 401 || status === 403;
  const advice = refused ? 'The key must be a secret key (sb_secret_…) of this project.' : error.hint || AGAIN;
  return new ImportError(`The outbox at ${address.url} answered ${status}: ${error.message.replace(/\.?$/, '.')} ${advice}`);
}
