import { randomUUID } from 'node:crypto';
import { isDay, openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type HubSpotOptions = SimulatorOptions & {
  token?: string;
  /** Which limit `too_many` reaches. */
  policy?: 'SECONDLY' | 'TEN_SECONDLY_ROLLING' | 'DAILY';
  /** How many objects one search tells; the vendor's 10 000. */
  searchCap?: number;
  /** Whether results repeat the trace id of their input. */
  repeatsTrace?: boolean;
};

type Held = { id: string; key: string; properties: Record<string, string>; at: number };

export type HubSpotSimulator = Simulator & {
  token(): string;
  batches(): readonly number[];
  held(): readonly Held[];
  touch(count: number, at: string): void;
  useCalls(count: number): void;
};

const KEY = 'syncward_key';
const PROPERTIES = new Set([
  KEY,
  'account',
  'posting_date',
  'description',
  'amount',
  'currency',
  'document',
  'lastmodifieddate',
  'hs_object_id',
  'hs_lastmodifieddate',
]);
const DAILY_LIMIT = 250_000;

class Refused extends Error {
  override name = 'Refused';
  status: number;
  more: Record<string, unknown>;
  constructor(status: number, message: string, more: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

/** https://developers.hubspot.com/docs/api-reference/error-handling */
const refusedAnswer = ({ status, message, more }: Refused): SimulatedAnswer => ({
  status,
  body: JSON.stringify({ status: 'error', message, correlationId: randomUUID(), ...more }),
});
const invalid = (message: string): Refused => new Refused(400, message, { category: 'VALIDATION_ERROR' });
const UNAUTHORIZED = new Refused(401, 'Authentication credentials not found. This API supports OAuth 2.0 authentication.', {
  category: 'INVALID_AUTHENTICATION',
});

/** Several complaints about properties are one text that ends in a list of them. */
const propertyFault = (name: string, error: string, message: string): string => (
  `Property values were not valid: ${JSON.stringify([{ isValid: false, message, error, name, localizedErrorMessage: message }])}`
);

/** Plays one account with one kind of object, contacts. */
export async function startHubSpot(options: HubSpotOptions): Promise<HubSpotSimulator> {
  const books = openBooks(options);
  const held = new Map<string, Held>();
  const batches: number[] = [];
  const cap = options.searchCap ?? 10_000;
  let token = options.token ?? 'hubspot-demo-token';
  let used = 0;

  function fault(properties: Record<string, string>): string | null {
    const { account, posting_date: date } = properties;
    if (account !== undefined && books.accounts.size > 0 && !books.accounts.has(account)) {
      return propertyFault(
        'account',
        'INVALID_OPTION',
        `${account} was not one of the allowed options: [${[...books.accounts].join(', ')}]`,
      );
    }
    if (date && !isDay(date)) return propertyFault('posting_date', 'INVALID_DATE', `${date} was not a valid date.`);
    return null;
  }

  type Input = { id: string; idProperty?: string; objectWriteTraceId?: string; properties: Record<string, unknown> };

  function upsert(body: string): SimulatedAnswer {
    const { inputs } = JSON.parse(body) as { inputs: Input[] };
    batches.push(inputs.length);
    if (inputs.length > 100) throw invalid('The number of inputs in the batch is larger than 100');
    if (inputs.some(({ idProperty }) => idProperty !== KEY)) {
      throw invalid(`The property ${inputs[0]?.idProperty} does not have unique values`);
    }
    if (new Set(inputs.map(({ id }) => id)).size < inputs.length) throw invalid('Duplicate IDs found in batch input');
    for (const { properties } of inputs) {
      const unknown = Object.keys(properties).find((name) => !PROPERTIES.has(name));
      if (unknown !== undefined) throw invalid(propertyFault(unknown, 'PROPERTY_DOESNT_EXIST', `Property "${unknown}" does not exist`));
      const other = Object.values(properties).find((value) => typeof value !== 'string');
      if (other !== undefined) {
        throw invalid('Invalid input JSON on line 1, column 60: Cannot deserialize value of type `java.lang.String`');
      }
    }
    const errors: object[] = [];
    const results: object[] = [];
    for (const { id: key, objectWriteTraceId, properties } of inputs as (Input & { properties: Record<string, string> })[]) {
      const said = fault(properties);
      if (said !== null && objectWriteTraceId === undefined) throw invalid(said);
      if (said !== null) {
        errors.push({
          status: 'error',
          category: 'VALIDATION_ERROR',
          message: said,
          context: { objectWriteTraceId: [objectWriteTraceId] },
        });
        continue;
      }
      const known = held.get(key);
      const one: Held = {
        id: known?.id ?? String(held.size + 501),
        key,
        at: options.clock().getTime(),
        properties: { ...known?.properties, ...properties, [KEY]: key },
      };
      held.set(key, one);
      if (!known) {
        books.take({
          id: one.id,
          key,
          account: properties.account ?? '',
          costCenter: null,
          amount: properties.amount ?? '',
          currency: properties.currency ?? null,
          date: properties.posting_date ?? '',
          text: properties.description ?? '',
          at: new Date(one.at).toISOString(),
        });
      }
      results.push({
        id: one.id,
        properties: one.properties,
        new: !known,
        archived: false,
        ...(options.repeatsTrace === false ? {} : { objectWriteTraceId }),
      });
    }
    const times = { startedAt: options.clock().toISOString(), completedAt: options.clock().toISOString() };
    const answer = { status: 'COMPLETE', results, ...times, ...(errors.length === 0 ? {} : { numErrors: errors.length, errors }) };
    return { status: errors.length === 0 ? 200 : 207, body: JSON.stringify(answer) };
  }

  type Filter = { propertyName: string; operator: string; value: string };
  type Search = {
    filterGroups: { filters: Filter[] }[];
    sorts: { propertyName: string; direction: string }[];
    limit: number;
    after?: string;
    properties?: string[];
  };

  const numberOf = (one: Held, name: string): number => (name === 'hs_object_id' ? Number(one.id) : one.at);

  /** https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm */
  function search(body: string): SimulatedAnswer {
    const { filterGroups, sorts, limit, after = '0', properties } = JSON.parse(body) as Search;
    if (sorts.length > 1) throw invalid('Only one sort is allowed');
    if (limit > 200) throw invalid(`Invalid input: limit ${limit} is larger than 200`);
    if (Number(after) + limit > cap) throw invalid(`Paging through results is limited to ${cap} objects`);
    const by = sorts[0]?.propertyName ?? 'hs_object_id';
    const unknown = [by, ...(filterGroups[0]?.filters ?? []).map(({ propertyName }) => propertyName)].find((name) =>
      !['lastmodifieddate', 'hs_object_id'].includes(name)
    );
    if (unknown !== undefined) throw invalid(`Property ${unknown} is not searchable`);
    const found = [...held.values()].filter((one) =>
      filterGroups.some(({ filters }) =>
        filters.every(({ propertyName, operator, value }) => {
          const difference = numberOf(one, propertyName) - Number(value);
          return operator === 'EQ' ? difference === 0 : operator === 'GT' ? difference > 0 : operator === 'GTE' && difference >= 0;
        })
      )
    );
    // What is the same by the one property sorted by comes in no promised order: here the latest first.
    found.sort((a, b) => numberOf(a, by) - numberOf(b, by) || Number(b.id) - Number(a.id));
    const results = found.slice(Number(after), Number(after) + limit).map((one) => {
      const all: Record<string, string> = { ...one.properties, lastmodifieddate: new Date(one.at).toISOString(), hs_object_id: one.id };
      const names = ['hs_object_id', 'lastmodifieddate', ...(properties ?? ['account'])];
      return { id: one.id, properties: Object.fromEntries(names.map((name) => [name, all[name] ?? null])), archived: false };
    });
    return { status: 200, body: JSON.stringify({ total: found.length, results }) };
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const ok = (body: object): SimulatedAnswer => ({ status: 200, body: JSON.stringify(body) });
    try {
      if (request.headers.authorization !== `Bearer ${token}`) throw UNAUTHORIZED;
      used++;
      switch (`${request.method} ${request.url.pathname}`) {
        case 'POST /crm/v3/objects/contacts/batch/upsert':
          return upsert(request.body);
        case 'POST /crm/v3/objects/contacts/search':
          return search(request.body);
        case 'GET /account-info/v3/details':
          return ok({ portalId: 123_456, portalName: 'Example account', accountType: 'STANDARD', timeZone: 'Europe/Oslo' });
        case 'GET /account-info/v3/api-usage/daily/private-apps':
          return ok({
            results: [{ name: 'private-apps-api-calls-daily', usageLimit: DAILY_LIMIT, currentUsage: used, fetchStatus: 'SUCCESS' }],
          });
        default: {
          const name = /^\/crm\/v3\/properties\/contacts\/(\w+)$/.exec(request.url.pathname)?.[1];
          if (name === undefined) {
            throw new Refused(404, `Unable to infer object type from: ${request.url.pathname}`, { category: 'OBJECT_NOT_FOUND' });
          }
          if (!PROPERTIES.has(name)) throw new Refused(404, `Property "${name}" does not exist`, { category: 'OBJECT_NOT_FOUND' });
          return ok({ name, hasUniqueValue: name === KEY });
        }
      }
    } catch (error) {
      return refusedAnswer(error instanceof Refused ? error : invalid(`Invalid input JSON: ${String(error)}`));
    }
  }

  const vendor: Vendor = {
    name: 'HubSpot',
    books,
    scope: () => 'api',
    handle,
    refuse: (fault) => {
      if (fault === 'expired_token') return refusedAnswer(UNAUTHORIZED);
      if (fault === 'too_many') {
        const policyName = options.policy ?? 'TEN_SECONDLY_ROLLING';
        return refusedAnswer(new Refused(429, 'You have reached your limit.', { errorType: 'RATE_LIMIT', policyName }));
      }
      return refusedAnswer(new Refused(fault === 'unavailable' ? 503 : 500, 'internal error', {}));
    },
    facts: () => [['Contacts', String(held.size)]],
    credential: () => token,
    rotate: (next) => (token = next ?? randomUUID()),
    actions: {},
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    token: () => token,
    batches: () => batches,
    held: () => [...held.values()],
    touch(count, at) {
      for (let index = 0; index < count; index++) {
        const id = String(held.size + 501);
        held.set(id, { id, key: id, at: Date.parse(at), properties: { account: '4010' } });
      }
    },
    useCalls: (count) => void (used += count),
  };
}
