import { randomBytes } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type ApolloOptions = SimulatorOptions & {
  apiKey?: string;
  /** Endpoints the key was not made for. */
  withheld?: string[];
  /** Pages of a search that are shown. */
  pagesShown?: number;
  credits?: number;
};

export type Contact = { id: string; person_id: string | null; email: string | null; created_at: string; updated_at: string; [name: string]: unknown };

export type ApolloSimulator = Simulator & {
  key(): string;
  contacts(): readonly Contact[];
  /** Contacts that somebody added in Apollo, so far apart, the last of them now. */
  add(count: number, change?: Partial<Contact>, apartMs?: number): void;
  touch(id: string): void;
  credits(): number;
  /** Ids of people that were enriched, as often as they were. */
  enriched(): readonly string[];
  /** Says so many contacts there are, whatever there are. */
  claim(total: number): void;
};

class Refused extends Error {
  override name = 'Refused';
  answer: SimulatedAnswer;
  constructor(status: number, body: object | string, headers: Record<string, string> = {}) {
    super(JSON.stringify(body));
    const isText = typeof body === 'string';
    this.answer = { status, headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...headers }, body: isText ? body : JSON.stringify(body) };
  }
}

const FIELDS = [
  'first_name', 'last_name', 'organization_name', 'title', 'account_id', 'email', 'website_url', 'label_names', 'contact_stage_id', 'present_raw_address',
  'direct_phone', 'corporate_phone', 'mobile_phone', 'home_phone', 'other_phone', 'typed_custom_fields',
];
const CUSTOM_FIELD = '60c39ed82bd02f01154c470a';
const id = (): string => randomBytes(12).toString('hex');
const tooMany = (path: string): SimulatedAnswer => new Refused(429, {
  message: `The maximum number of api calls allowed for api/v1/${path} is 400 times per hour. Please upgrade your plan from https://app.apollo.io/#/settings/plans/upgrade.`,
}, { 'retry-after': '1200' }).answer;

/** Plays one team's account. https://docs.apollo.io/reference/ */
export async function startApollo(options: ApolloOptions): Promise<ApolloSimulator> {
  const books = openBooks(options);
  let key = options.apiKey ?? 'simulated-apollo-key';
  let credits = options.credits ?? 10_000;
  let claimed: number | null = null;
  const contacts: Contact[] = [];
  const enriched: string[] = [];
  const now = (offset = 0): string => new Date(options.clock().getTime() + offset).toISOString();

  function checked(given: Record<string, unknown>, more: string[]): void {
    const unknown = Object.keys(given).find((name) => !FIELDS.includes(name) && !more.includes(name));
    if (unknown !== undefined) throw new Refused(422, { error: `Parameters misconfigured. Unknown parameter ${unknown}` });
    for (const name of ['account_id', 'contact_stage_id']) {
      const value = given[name] as string | undefined;
      if (value !== undefined && !/^[0-9a-f]{24}$/.test(value)) throw new Refused(422, { error: `Parameters misconfigured. ${value} is not a valid ID` });
    }
    if (Object.values(given.typed_custom_fields ?? {}).some((value) => typeof value !== 'string')) {
      throw new Refused(422, { status: 'failed', error_code: 'UNKNOWN_ERROR', error_message: 'no implicit conversion of Integer into String' });
    }
  }

  function take(held: Contact | undefined, given: Record<string, unknown>): SimulatedAnswer {
    const { typed_custom_fields: custom = {}, run_dedupe: _, ...values } = given;
    const made = held ?? { id: id(), person_id: null, email: null, created_at: now(), updated_at: now() };
    const errors = Object.keys(custom as object).filter((name) => name !== CUSTOM_FIELD).map((name) => [name, 'is not a custom field of this team']);
    Object.assign(made, values, { updated_at: now(), typed_custom_fields: { ...(made.typed_custom_fields as object | undefined), ...(custom as object) } });
    if (!held) {
      contacts.push(made);
      const amount = (custom as Record<string, string>)[CUSTOM_FIELD] ?? '';
      books.take({ id: made.id, key: made.email, account: '', costCenter: null, amount, currency: null, date: '', text: (made.title as string | undefined) ?? '', at: now() });
    }
    return { status: 200, body: JSON.stringify({ contact: { ...made, custom_field_errors: Object.fromEntries(errors) as object } }) };
  }

  function create(given: Record<string, unknown>): SimulatedAnswer {
    checked(given, ['run_dedupe']);
    const held = given.run_dedupe === true ? contacts.find(({ email }) => email !== null && email === given.email) : undefined;
    return take(held, given);
  }

  function search(given: Record<string, unknown>): SimulatedAnswer {
    const { page = 1, per_page: size = 25, sort_by_field: field, sort_ascending: ascending, contact_label_ids: labels } = given as {
      page?: number; per_page?: number; sort_by_field?: string; sort_ascending?: boolean; contact_label_ids?: string[];
    };
    if (size > 100 || !['contact_created_at', 'contact_updated_at'].includes(field ?? '') || ascending !== false) throw new Refused(422, { error: 'Parameters misconfigured.' });
    const name = field === 'contact_created_at' ? 'created_at' : 'updated_at';
    const all = contacts.filter(({ label_ids: own }) => !labels || labels.some((label) => (own as string[] | undefined)?.includes(label)))
      .sort((a, b) => (a[name] < b[name] ? 1 : -1));
    if (page > (options.pagesShown ?? 500)) throw new Refused(422, { error: 'Only the first 50,000 records are shown. Please narrow your search.' });
    const pagination = { page, per_page: size, total_entries: claimed ?? all.length, total_pages: Math.ceil((claimed ?? all.length) / size) };
    return { status: 200, body: JSON.stringify({ contacts: all.slice((page - 1) * size, page * size), pagination }) };
  }

  function match(given: Record<string, unknown>): SimulatedAnswer {
    const details = given.details as { id?: string; email?: string }[] | undefined;
    if (!details?.length) throw new Refused(400, { status: 'failed', error_code: 'INVALID_REQUEST', error_message: 'invalid request, missing details' });
    if (details.length > 10) {
      throw new Refused(400, { status: 'failed', error_code: 'RECORD_LIMIT_EXCEEDED', error_message: 'cannot enrich more than 10 in a single request' });
    }
    const matches = details.map((one) => {
      const person = contacts.find(({ person_id: known, email }) => known !== null && (known === one.id || (email !== null && email === one.email)));
      return person ? { id: person.person_id as string, title: 'VP of Sales', email_status: 'verified' } : null;
    });
    const found = matches.flatMap((one) => (one ? [one.id] : []));
    credits -= found.length;
    enriched.push(...found);
    return { status: 200, body: JSON.stringify({ status: 'success', total_requested_enrichments: details.length, credits_consumed: found.length, matches }) };
  }

  const stats = (): object => ({
    credit_usage_stats: {
      lead_credit: { limit: 10_000, consumed: 10_000 - credits, left_over: credits },
      direct_dial_credit: { limit: 0, consumed: 0, left_over: 0 },
      export_credit: { limit: 5_000, consumed: 4_900, left_over: 100 },
    },
    current_credit_cycle: { start_date: '2017-03-01T00:00:00.000Z', end_date: '2017-04-01T00:00:00.000Z' },
  });
  const usage = (): object => Object.fromEntries(['create', 'update', 'search', 'match'].map((action) => [
    `["api/v1/contacts", "${action}"]`,
    { day: { limit: 2_000, consumed: 1_700, left_over: 300 }, hour: { limit: 400, consumed: 0, left_over: 400 }, minute: { limit: 200, consumed: 0, left_over: 200 } },
  ]));

  function answer({ method, url, headers, body }: SimulatedRequest): SimulatedAnswer {
    const path = url.pathname.replace('/api/v1/', '');
    if (headers['x-api-key'] !== key) throw new Refused(401, 'Invalid API key. See https://docs.apollo.io/reference/authentication for how to authenticate.');
    if (options.withheld?.includes(path)) {
      throw new Refused(403, { error: `This API key is not authorized to access api/v1/${path}.`, error_code: 'API_INACCESSIBLE' });
    }
    const given = body === '' ? {} : JSON.parse(body) as Record<string, unknown>;
    const [, known] = /^contacts\/([0-9a-f]{24})$/.exec(path) ?? [];
    if (method === 'PATCH' && known) {
      checked(given, []);
      const held = contacts.find((one) => one.id === known);
      if (!held) throw new Refused(422, { error: 'Cannot update contact as it is deleted.', deleted_contact_ids: [known] });
      return take(held, given);
    }
    switch (`${method} ${path}`) {
      case 'POST contacts': return create(given);
      case 'POST contacts/search': return search(given);
      case 'POST people/bulk_match': return match(given);
      case 'POST usage_stats/credit_usage_stats': return { status: 200, body: JSON.stringify(stats()) };
      case 'POST usage_stats/api_usage_stats': return { status: 200, body: JSON.stringify(usage()) };
      case 'GET users/api_profile': return { status: 200, body: JSON.stringify({ id: id(), first_name: 'Kari', last_name: 'Nordmann', email: 'kari@example.org' }) };
      default: throw new Refused(404, { error: 'Not found' });
    }
  }

  const vendor: Vendor = {
    name: 'Apollo',
    books,
    scope: () => 'api',
    handle(request) {
      try {
        return answer(request);
      } catch (error) {
        if (error instanceof Refused) return error.answer;
        throw error;
      }
    },
    refuse(fault) {
      if (fault === 'too_many') return tooMany('contacts');
      if (fault === 'expired_token') return new Refused(401, 'Invalid access credentials.').answer;
      return new Refused(fault === 'unavailable' ? 503 : 500, { error: 'An error occurred. Please try again.' }).answer;
    },
    facts: () => [['Contacts', String(contacts.length)]],
    credential: () => key,
    rotate: (next) => (key = next ?? id()),
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    key: () => key,
    contacts: () => contacts,
    add(count, change = {}, apartMs = 1) {
      for (let index = 0; index < count; index += 1) {
        const at = now((index + 1 - count) * apartMs);
        contacts.push({ id: id(), person_id: id(), email: null, created_at: at, updated_at: at, ...change });
      }
    },
    touch: (known) => void contacts.filter((one) => one.id === known).forEach((one) => (one.updated_at = now())),
    credits: () => credits,
    enriched: () => enriched,
    claim: (total) => {
      claimed = total;
    },
  };
}
