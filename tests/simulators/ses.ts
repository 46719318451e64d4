import { createHash, createHmac, randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type SesOptions = SimulatorOptions & { region?: string; secretAccessKey?: string; pageSize?: number };

type Counts = { sent: number; bounced: number; complained: number };

export type SesSimulator = Simulator & {
  accessKeyId: string;
  secret(): string;
  /** What was sent at a time, for the account and, where it had one, its configuration set. */
  send(at: string, counts: Counts, set?: string): void;
  suppress(address: string, reason: 'BOUNCE' | 'COMPLAINT', at: string): void;
  account: {
    SendingEnabled: boolean;
    EnforcementStatus: string;
    ProductionAccessEnabled: boolean;
    SendQuota: Record<string, number>;
    VdmAttributes: { VdmEnabled: string };
  };
};

const failed = (status: number, type: string, message: string): SimulatedAnswer => ({
  status,
  headers: { 'x-amzn-errortype': type, 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify({ message }),
});
const json = (body: unknown): SimulatedAnswer => ({
  status: 200,
  headers: { 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify(body),
});
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Plays the parts of Amazon SES that tell how mail arrives, and checks signatures by itself, from what came over the wire. */
export async function startSes(options: SesOptions): Promise<SesSimulator> {
  const region = options.region ?? 'eu-north-1';
  const accessKeyId = 'AKIDSIMULATEDKEY';
  let secret = options.secretAccessKey ?? 'simulated-secret-access-key';
  const points: (Counts & { at: string; set?: string })[] = [];
  const gone: { EmailAddress: string; Reason: string; LastUpdateTime: string }[] = [];
  const account: SesSimulator['account'] = {
    SendingEnabled: true,
    EnforcementStatus: 'HEALTHY',
    ProductionAccessEnabled: true,
    SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 1_000 },
    VdmAttributes: { VdmEnabled: 'ENABLED' },
  };

  function isSigned({ method, url, headers, body }: SimulatedRequest): 'yes' | 'unknown' | 'wrong' | 'late' {
    const [, key, scope = '', names = '', signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w{64})$/.exec(headers.authorization ?? '') ?? [];
    if (key !== accessKeyId) return 'unknown';
    const time = String(headers['x-amz-date']);
    const sent = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (Math.abs(sent - options.clock().getTime()) > 300_000) return 'late';
    const query = url.search.slice(1).split('&').filter((pair) => pair !== '').sort().join('&').replaceAll('+', '%20');
    const signed = names.split(';').map((name) => `${name}:${String(headers[name])}`);
    const canonical = [method, url.pathname, query, ...signed, '', names, sha(body)].join('\n');
    if (scope !== `${time.slice(0, 8)}/${region}/ses/aws4_request` || !names.split(';').includes('host')) return 'wrong';
    let derived: Buffer | string = `AWS4${secret}`;
    for (const part of scope.split('/')) derived = createHmac('sha256', derived).update(part).digest();
    const mine = createHmac('sha256', derived).update(['AWS4-HMAC-SHA256', time, scope, sha(canonical)].join('\n')).digest('hex');
    return mine === signature ? 'yes' : 'wrong';
  }

  function statistics(body: string): SimulatedAnswer {
    const form = new URLSearchParams(body);
    if (form.get('Action') !== 'GetSendStatistics' || form.get('Version') !== '2010-12-01') {
      return failed(400, 'InvalidAction', 'Could not find operation');
    }
    const members = points.map(({ at, sent, bounced, complained }) =>
      `<member><Bounces>${bounced}</Bounces><Complaints>${complained}</Complaints>` +
      `<Rejects>0</Rejects><DeliveryAttempts>${sent}</DeliveryAttempts><Timestamp>${at}</Timestamp></member>`
    ).reverse();
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body:
        `<GetSendStatisticsResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><GetSendStatisticsResult><SendDataPoints>${
          members.join('')
        }` +
        `</SendDataPoints></GetSendStatisticsResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></GetSendStatisticsResponse>`,
    };
  }

  function metrics(body: string): SimulatedAnswer {
    const { Queries } = JSON.parse(body) as {
      Queries: { Id: string; Namespace: string; Metric: string; Dimensions: Record<string, string>; StartDate: number; EndDate: number }[];
    };
    if (Queries.length > 10 || Queries.some(({ Namespace, StartDate }) => Namespace !== 'VDM' || typeof StartDate !== 'number')) {
      return failed(400, 'BadRequestException', 'Invalid query.');
    }
    if (account.VdmAttributes.VdmEnabled !== 'ENABLED') {
      return json({
        Results: [],
        Errors: Queries.map(({ Id }) => ({ Id, Code: 'ACCESS_DENIED', Message: 'VDM is not enabled for the account.' })),
      });
    }
    const Results = Queries.map(({ Id, Metric, Dimensions, StartDate, EndDate }) => {
      const own = points.filter(({ at, set }) =>
        set === Dimensions.CONFIGURATION_SET && Date.parse(at) >= StartDate * 1_000 && Date.parse(at) <= EndDate * 1_000
      );
      const Values = own.map(({ sent, bounced, complained }) => (Metric === 'SEND' ? sent : Metric === 'COMPLAINT' ? complained : bounced));
      return { Id, Timestamps: own.map(({ at }) => Date.parse(at) / 1_000), Values };
    });
    return json({ Results, Errors: [] });
  }

  function suppression({ searchParams }: URL): SimulatedAnswer {
    const size = Math.min(Number(searchParams.get('PageSize') ?? 100), options.pageSize ?? 1_000);
    const all = gone.filter(({ LastUpdateTime }) => LastUpdateTime >= (searchParams.get('StartDate') ?? ''));
    const start = Number(searchParams.get('NextToken') ?? 0);
    return json({
      SuppressedDestinationSummaries: all.slice(start, start + size),
      ...(start + size < all.length ? { NextToken: String(start + size) } : {}),
    });
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const signed = isSigned(request);
    if (signed === 'unknown') return failed(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (signed === 'late') {
      return failed(403, 'InvalidSignatureException', 'Signature expired: is now earlier than the time of the request.');
    }
    if (signed === 'wrong') {
      return failed(403, 'InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.');
    }
    const { method, url, body } = request;
    if (method === 'POST' && url.pathname === '/') return statistics(body);
    if (method === 'POST' && url.pathname === '/v2/email/metrics/batch') return metrics(body);
    if (method === 'GET' && url.pathname === '/v2/email/account') return json(account);
    if (method === 'GET' && url.pathname === '/v2/email/suppression/addresses') return suppression(url);
    return failed(404, 'NotFoundException', 'Not found.');
  }

  const vendor: Vendor = {
    name: 'Amazon SES',
    books: openBooks(options),
    scope: () => 'api',
    handle,
    refuse(fault) {
      if (fault === 'too_many') return failed(429, 'TooManyRequestsException', 'Rate exceeded');
      if (fault === 'expired_token') return failed(403, 'ExpiredTokenException', 'The security token included in the request is expired');
      return failed(fault === 'unavailable' ? 503 : 500, 'InternalServiceErrorException', 'Internal error.');
    },
    facts: () => [['Points', String(points.length)]],
    credential: () => secret,
    rotate: (next) => (secret = next ?? randomUUID()),
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    accessKeyId,
    secret: () => secret,
    account,
    send: (at, counts, set) => void points.push({ at, ...counts, set }),
    suppress: (EmailAddress, Reason, LastUpdateTime) => void gone.push({ EmailAddress, Reason, LastUpdateTime }),
  };
}
