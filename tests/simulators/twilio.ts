import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type TwilioOptions = SimulatorOptions & { secret?: string; pageSize?: number };

export type TwilioSimulator = Simulator & {
  accountSid: string;
  keySid: string;
  secret(): string;
  account: { status: string; type: string };
  /** What a day cost in a category, and how often it was used. */
  use(category: string, day: string, price: string, count?: number): void;
  send(message: { status: string; error_code?: number; direction?: string; at?: string }, times?: number): void;
};

const json = (status: number, body: unknown): SimulatedAnswer => ({
  status,
  headers: { 'twilio-request-id': randomUUID() },
  body: JSON.stringify(body),
});
const failed = (status: number, code: number, message: string): SimulatedAnswer =>
  json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });

/** Plays the parts of Twilio that tell what was used, what it cost and what became of messages. */
export async function startTwilio(options: TwilioOptions): Promise<TwilioSimulator> {
  const accountSid = `AC${'0'.repeat(31)}1`;
  const keySid = `SK${'0'.repeat(31)}2`;
  const account = { status: 'active', type: 'Full' };
  const used: { category: string; start_date: string; price: string; count: string }[] = [];
  const messages: { sid: string; direction: string; status: string; error_code: number | null; date_sent: string; to: string }[] = [];
  let secret = options.secret ?? 'simulated-twilio-secret';

  /** A list of Twilio's: its pages follow each other by paths. */
  function page(url: URL, name: string, all: unknown[]): SimulatedAnswer {
    const size = Math.min(Number(url.searchParams.get('PageSize') ?? 50), options.pageSize ?? 1_000);
    const number = Number(url.searchParams.get('Page') ?? 0);
    const next = new URL(url.href);
    next.searchParams.set('Page', String(number + 1));
    const rest = all.length > (number + 1) * size;
    return json(200, {
      [name]: all.slice(number * size, (number + 1) * size),
      page: number,
      page_size: size,
      next_page_uri: rest ? `${next.pathname}${next.search}` : null,
    });
  }

  function handle({ method, url, headers }: SimulatedRequest): SimulatedAnswer {
    const given = headers.authorization ?? '';
    if (![accountSid, keySid].some((sid) => given === `Basic ${Buffer.from(`${sid}:${secret}`).toString('base64')}`)) {
      return failed(401, 20003, 'Authenticate');
    }
    const base = `/2010-04-01/Accounts/${accountSid}`;
    const { pathname, searchParams: asked } = url;
    if (method !== 'GET' || !pathname.startsWith(base)) return failed(404, 20404, `The requested resource ${pathname} was not found`);
    if (pathname === `${base}.json`) return json(200, { sid: accountSid, friendly_name: 'Example forening', ...account });
    if (pathname === `${base}/Usage/Records/Daily.json`) {
      const category = asked.get('Category');
      if (!/^\d{4}-\d\d-\d\d$/.test(asked.get('StartDate') ?? '')) return failed(400, 20001, 'Invalid StartDate');
      const found = used.filter((one) =>
        one.category === category && one.start_date >= (asked.get('StartDate') ?? '') && one.start_date <= (asked.get('EndDate') ?? '9')
      );
      return page(
        url,
        'usage_records',
        found.map((one) => ({ ...one, end_date: one.start_date, price_unit: 'usd', count_unit: 'messages' })),
      );
    }
    if (pathname === `${base}/Messages.json`) {
      const since = asked.get('DateSent>') ?? '';
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(since)) return failed(400, 20001, 'Invalid DateSent');
      return page(url, 'messages', messages.filter(({ date_sent: at }) => at >= since && at <= options.clock().toISOString()));
    }
    return failed(404, 20404, `The requested resource ${pathname} was not found`);
  }

  const vendor: Vendor = {
    name: 'Twilio',
    books: openBooks(options),
    scope: () => 'api',
    handle,
    refuse(fault) {
      if (fault === 'too_many') return failed(429, 20429, 'Too Many Requests');
      if (fault === 'expired_token') return failed(401, 20003, 'Authenticate');
      return failed(fault === 'unavailable' ? 503 : 500, 20500, 'An internal server error has occurred');
    },
    facts: () => [['Messages', String(messages.length)]],
    credential: () => secret,
    rotate: (next) => (secret = next ?? randomUUID()),
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    accountSid,
    keySid,
    secret: () => secret,
    account,
    use: (category, day, price, count = 1) => void used.push({ category, start_date: day, price, count: String(count) }),
    send({ status, error_code = null as number | null, direction = 'outbound-api', at = '2017-03-01T07:00:00Z' }, times = 1) {
      for (let n = 0; n < times; n += 1) {
        messages.push({ sid: `SM${messages.length}`, direction, status, error_code, date_sent: at, to: '+4700000000' });
      }
    },
  };
}
