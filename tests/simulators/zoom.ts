import { createHmac, randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type ZoomOptions = SimulatorOptions & { secret?: string; webhookSecret?: string; pageSize?: number };

export type ZoomSimulator = Simulator & {
  accountId: string;
  clientId: string;
  secret(): string;
  webhookSecret: string;
  host(email: string, type?: number): void;
  meet(email: string, id: number, registrants?: string[] | null, more?: Record<string, unknown>): void;
  /** The next call meets the limit of the day, which ends at this time. */
  useUpDay(until: string): void;
  /** A call as Zoom would make it now. */
  call(event: string, payload: Record<string, unknown>): { headers: Record<string, string>; body: string; at: Date };
};

type Meeting = { id: number; host: string; topic: string; registrants: string[] | null; more: Record<string, unknown> };

const json = (status: number, body: unknown, headers: Record<string, string> = {}): SimulatedAnswer => ({
  status,
  headers: { 'x-zm-trackingid': randomUUID(), ...headers },
  body: JSON.stringify(body),
});
const failed = (status: number, code: number, message: string, headers: Record<string, string> = {}): SimulatedAnswer =>
  json(status, { code, message }, headers);

/** Plays the parts of Zoom that list meetings and registrants, and signs calls as Zoom signs them. */
export async function startZoom(options: ZoomOptions): Promise<ZoomSimulator> {
  const [accountId, clientId] = ['simulated-account', 'simulated-client'];
  const webhookSecret = options.webhookSecret ?? 'simulated-webhook-secret';
  const tokens = new Map<string, number>();
  const hosts = new Map<string, number>();
  const meetings: Meeting[] = [];
  const pages = new Map<string, { start: number; until: number }>();
  let secret = options.secret ?? 'simulated-zoom-secret';
  let usedUp: string | null = null;
  const now = (): number => options.clock().getTime();

  function token({ headers, body }: SimulatedRequest): SimulatedAnswer {
    const form = new URLSearchParams(body);
    if (headers.authorization !== `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`) {
      return json(400, { reason: 'Invalid client_id or client_secret', error: 'invalid_client' });
    }
    if (form.get('grant_type') !== 'account_credentials') {
      return json(400, { reason: 'unsupported grant type', error: 'unsupported_grant_type' });
    }
    if (form.get('account_id') !== accountId) return json(400, { reason: 'Bad Request', error: 'invalid_request' });
    const issued = randomUUID();
    tokens.set(issued, now() + 3_600_000);
    return json(200, { access_token: issued, token_type: 'bearer', expires_in: 3_599, scope: 'meeting:read:admin user:read:admin' });
  }

  /** Pages follow each other by tokens that are forgotten after 15 minutes. */
  function page(url: URL, name: string, all: unknown[]): SimulatedAnswer {
    const size = Math.min(Number(url.searchParams.get('page_size') ?? 30), options.pageSize ?? 300);
    const given = url.searchParams.get('next_page_token');
    const known = given === null ? { start: 0, until: Infinity } : pages.get(given);
    if (!known || known.until < now()) return failed(400, 300, 'The next page token is invalid or expired.');
    const next = known.start + size < all.length ? randomUUID() : '';
    if (next !== '') pages.set(next, { start: known.start + size, until: now() + 900_000 });
    return json(200, { page_size: size, next_page_token: next, [name]: all.slice(known.start, known.start + size) });
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    if (url.pathname === '/oauth/token') return token(request);
    if ((tokens.get((headers.authorization ?? '').replace('Bearer ', '')) ?? 0) <= now()) return failed(401, 124, 'Invalid access token.');
    if (usedUp !== null) {
      const until = usedUp;
      usedUp = null;
      const message =
        'You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you can make another request.';
      return failed(429, 429, message, { 'retry-after': until, 'x-ratelimit-remaining': '0' });
    }
    const path = decodeURIComponent(url.pathname.replace('/v2', ''));
    const [, kind, name = '', rest = ''] = /^\/(users|meetings)\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    if (method !== 'GET' || kind === undefined) return failed(404, 404, 'Not found');
    if (kind === 'users' && !hosts.has(name)) return failed(404, 1001, `User does not exist: ${name}.`);
    if (kind === 'users' && rest === '') return json(200, { id: 'u1', email: name, display_name: 'Host', type: hosts.get(name) });
    if (kind === 'users') {
      return page(
        url,
        'meetings',
        meetings.filter(({ host }) => host === name).map(({ id, topic, more }) => ({ id, topic, uuid: `u${id}==`, type: 2, ...more })),
      );
    }
    const meeting = meetings.find(({ id }) => String(id) === name);
    if (!meeting) return failed(404, 3001, `Meeting does not exist: ${name}.`);
    if (meeting.registrants === null) return failed(400, 300, `Registration has not been enabled for this meeting: ${name}.`);
    return page(
      url,
      'registrants',
      meeting.registrants.map((email, index) => ({ id: `r${index + 1}`, email, create_time: '2017-02-28T10:00:00Z' })),
    );
  }

  const vendor: Vendor = {
    name: 'Zoom',
    books: openBooks(options),
    scope: ({ url }) => (url.pathname === '/oauth/token' ? 'token' : 'api'),
    handle,
    refuse(fault) {
      if (fault === 'too_many') {
        return failed(429, 429, 'You have reached the maximum per-second rate limit for this API. Try again later.');
      }
      if (fault === 'expired_token') return failed(401, 124, 'Access token is expired.');
      return failed(fault === 'unavailable' ? 503 : 500, 500, 'Internal server error');
    },
    facts: () => [['Meetings', String(meetings.length)]],
    credential: () => secret,
    rotate: (next) => {
      tokens.clear();
      return (secret = next ?? randomUUID());
    },
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    accountId,
    clientId,
    webhookSecret,
    secret: () => secret,
    host: (email, type = 2) => void hosts.set(email, type),
    meet: (host, id, registrants = null, more = {}) => void meetings.push({ id, host, topic: `Meeting ${id}`, registrants, more }),
    useUpDay: (until) => {
      usedUp = until;
    },
    call(event, payload) {
      const time = String(Math.floor(now() / 1_000));
      const body = JSON.stringify({ event, event_ts: now(), payload });
      const signature = createHmac('sha256', webhookSecret).update(`v0:${time}:${body}`).digest('hex');
      return { headers: { 'x-zm-request-timestamp': time, 'x-zm-signature': `v0=${signature}` }, body, at: options.clock() };
    },
  };
}
