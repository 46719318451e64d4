import { createHash } from 'node:crypto';
import { childOf, elementAt, readXml } from '../../supabase/functions/_kit/xml.ts';
import type { XmlElement } from '../../supabase/functions/_kit/xml.ts';
import { openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';
import { ENVELOPE, envelope, fault, paged, textIn, validation, XML } from './workday-answers.ts';
import { startImports } from './workday-imports.ts';
import type { Line } from './workday-imports.ts';
import { wd, workerElement } from './workday-people.ts';
import type { Worker } from './workday-people.ts';
import { complaintOf, SERVICES, SPACE, wsdlOf } from './workday-schema.ts';
import type { Complaint } from './workday-schema.ts';

export type WorkdayOptions = SimulatorOptions & {
  tenant?: string;
  username?: string;
  password?: string;
  /** Employees payroll inputs may be for. */
  employees?: string[];
  /** Ids that stand for nothing are refused with the request, or line by line when it is carried out. */
  judges?: 'later' | 'at once';
  /** Messages name the payroll input they are about, and count the lines otherwise. */
  identifies?: boolean;
  /** Operations the security group of the user may not do. */
  forbidden?: string[];
};

export type WorkdaySimulator = Simulator & {
  tenant: string;
  version: string;
  username: string;
  password(): string;
  /** Carries out what was handed in, as the background process does; `sum` is one message more, about the import as a whole. */
  run(sum?: string): void;
  /** Ends what was handed in without carrying it out; with a message, one that is about no line. */
  breakDown(state: 'Failed' | 'Canceled' | 'CompletedWithErrors', message?: string): void;
  /** A warning on every line of what is carried out next. */
  warn(): void;
  /** The payroll inputs that are kept, by their id. */
  inputs(): ReadonlyMap<string, Line>;
  batches(): readonly number[];
  hire(id: string, own?: Partial<Worker>): void;
  /** Enters a change; it takes effect at the same moment, unless another is given. */
  change(id: string, own: Partial<Worker>, effective?: Date): void;
  /** The user of every call. */
  asked(): readonly string[];
};

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity';
const TEXT = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText';
const VERSION = 'v40.0';
const UNKNOWN_USER = fault('SOAP-ENV:Client.authenticationError', 'invalid username or password');
const INVALID_VERSION = fault('SOAP-ENV:Client.validationError', 'The web service or version is invalid for the requested operation');

/** Plays the web services of a tenant: payroll inputs, import processes and workers. */
export async function startWorkday(options: WorkdayOptions): Promise<WorkdaySimulator> {
  const books = openBooks(options);
  const tenant = options.tenant ?? 'acme';
  const username = options.username ?? 'isu_syncward';
  let password = options.password ?? 'workday-demo-password';
  const workers: Worker[] = [];
  const asked: string[] = [];
  const now = (): string => options.clock().toISOString();
  const imports = startImports({
    books, now, employees: new Set(options.employees ?? ['21001', '21002', '21003']), judges: options.judges ?? 'later',
    identifies: options.identifies ?? false, version: VERSION,
  });

  function workersAnswer(request: XmlElement): SimulatedAnswer {
    const asOf = textIn(request, 'Response_Filter/As_Of_Entry_DateTime') || now();
    const range = elementAt(request, 'Request_Criteria/Transaction_Log_Criteria_Data/Transaction_Date_Range_Data');
    const within = (time: string, name: string): boolean => {
      const [from, through] = [textIn(range, `${name}_From`), textIn(range, `${name}_Through`)];
      return from === '' || (from <= time && time <= through);
    };
    const found = workers.filter(({ log, isContingent }) => (
      !(isContingent && textIn(request, 'Request_Criteria/Exclude_Contingent_Workers') === 'true')
      && log.some(({ entered, effective }) => entered <= asOf && within(entered, 'Updated') && within(effective, 'Effective'))));
    const { results, shown } = paged(request, found);
    const wants = (part: string): boolean => textIn(request, `Response_Group/Include_${part}`) === 'true';
    return envelope(200, wd('Get_Workers_Response', [results, wd('Response_Data', shown.map((worker) => workerElement(worker, wants)))]));
  }

  const HANDLERS: Record<string, (request: XmlElement) => SimulatedAnswer> = {
    ...imports.handlers,
    Get_Workers: workersAnswer,
    Get_Server_Timestamp: () => envelope(200, wd('Server_Timestamp', [wd('Server_Timestamp_Data', now())])),
  };

  /** https://docs.oasis-open.org/wss-m/wss/v1.1.1/os/wss-UsernameTokenProfile-v1.1.1-os.html */
  function isLetIn(header: XmlElement | undefined): boolean {
    const security = header?.children.find(({ name, space }) => name === 'Security' && space === `${WSS}-secext-1.0.xsd`);
    const timestamp = security?.children.find(({ name, space }) => name === 'Timestamp' && space === `${WSS}-utility-1.0.xsd`);
    const token = childOf(security, 'UsernameToken');
    const given = childOf(token, 'Password');
    asked.push(textIn(token, 'Username'));
    if (timestamp && textIn(timestamp, 'Expires') <= now()) return false;
    return textIn(token, 'Username') === `${username}@${tenant}` && given?.attributes.get('Type') === TEXT && given.text === password;
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const [, service = '', version = ''] = new RegExp(`^/ccx/service/${tenant}/(\\w+)/(v\\d+\\.\\d)$`).exec(request.url.pathname) ?? [];
    const operations = SERVICES[service];
    if (request.method === 'GET' && operations && request.url.search === '?wsdl') {
      return { status: 200, headers: XML, body: wsdlOf(service, version, `http://${request.headers.host}/ccx/service/${tenant}`) };
    }
    if (request.method !== 'POST' || !operations) return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><h1>404 Not Found</h1></html>' };
    if (!/^text\/xml\b/.test(request.headers['content-type'] ?? '')) return fault('SOAP-ENV:Client', 'Unsupported content type.');
    let envelopeElement: XmlElement;
    try {
      envelopeElement = readXml(request.body);
    } catch (error) {
      return fault('SOAP-ENV:Client', `Invalid XML: ${String(error)}`);
    }
    const body = childOf(envelopeElement, 'Body')?.children[0];
    if (envelopeElement.name !== 'Envelope' || envelopeElement.space !== ENVELOPE || !body) return fault('SOAP-ENV:Client', 'Invalid SOAP envelope.');
    if (!isLetIn(childOf(envelopeElement, 'Header'))) return UNKNOWN_USER;
    const [operation] = Object.entries(operations).find(([, [asking]]) => asking === body.name && body.space === SPACE) ?? [];
    const inside = body.attributes.get('version');
    if (operation === undefined || version !== VERSION || (inside !== undefined && inside !== version)) return INVALID_VERSION;
    if (options.forbidden?.includes(operation)) return fault('SOAP-ENV:Client', 'Processing error occurred. The task submitted is not authorized.');
    const complaint = complaintOf(body, body.name, `/ns1:${body.name}[1]`) ?? filterComplaint(body);
    return complaint ? validation(complaint) : HANDLERS[operation]?.(body) ?? INVALID_VERSION;
  }

  function filterComplaint(request: XmlElement): Complaint | null {
    const filter = childOf(request, 'Response_Filter');
    const path = `/ns1:${request.name}[1]/ns1:Response_Filter[1]`;
    if (textIn(filter, 'Page') === '0') return { message: 'Page number cannot be zero.', path: `${path}/ns1:Page[1]` };
    return Number(textIn(filter, 'Count') || 1) > 999 ? { message: 'Count cannot be greater than 999.', path: `${path}/ns1:Count[1]` } : null;
  }

  const vendor: Vendor = {
    name: 'Workday', books, handle,
    scope: () => 'api',
    refuse: (kind) => {
      if (kind === 'expired_token') return UNKNOWN_USER;
      if (kind === 'too_many') return { status: 429, headers: { ...XML, 'retry-after': '37' }, body: '' };
      return kind === 'unavailable' ? { status: 503, headers: { 'content-type': 'text/html' }, body: '<html><h1>Service Unavailable</h1></html>' }
        : fault('SOAP-ENV:Server', 'A server error has occurred.');
    },
    facts: () => [['Payroll inputs', String(imports.inputs.size)], ['Imports not carried out', String(imports.waiting())], ['Workers', String(workers.length)]],
    credential: () => password,
    rotate: (next) => (password = next ?? createHash('sha256').update(password).digest('hex')),
    actions: { run: imports.run },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator, tenant, username,
    version: VERSION,
    password: () => password,
    run: imports.run,
    breakDown: imports.breakDown,
    warn: imports.warn,
    inputs: () => imports.inputs,
    batches: () => imports.batches,
    hire(id, own = {}) {
      workers.push({
        wid: createHash('md5').update(id).digest('hex'), employeeId: id, isContingent: false, first: 'Kari', last: `Nordmann ${id}`, preferred: null,
        phones: [], nationalId: `0302${id}`, terminated: null, rescinded: false, log: [{ entered: now(), effective: now() }], ...own,
      });
    },
    change(id, own, effective) {
      const worker = workers.find(({ employeeId }) => employeeId === id);
      Object.assign(worker ?? {}, own);
      worker?.log.push({ entered: now(), effective: (effective ?? options.clock()).toISOString() });
    },
    asked: () => asked,
  };
}
