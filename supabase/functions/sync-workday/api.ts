import type { ConnectorContext } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { soapCall } from '../_kit/soap.ts';
import { usernameToken } from '../_kit/ws-security.ts';
import { childrenOf, elementAt, tag } from '../_kit/xml.ts';
import type { XmlElement, XmlNode } from '../_kit/xml.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

const SPACE = 'urn:com.workday/bsvc';
/** Longer than this a slice must not stand still, or it loses its lease. */
const TIMEOUT_MS = 50_000;

/** An element in Workday's namespace. */
export const wd = (name: string, content: string | XmlNode[] = [], attributes: Record<string, string> = {}): XmlNode =>
  tag(`wd:${name}`, content, attributes);

/** @example reference('Worker_Reference', 'Employee_ID', '21001') */
export const reference = (name: string, type: string, id: string): XmlNode => wd(name, [wd('ID', id, { 'wd:type': type })]);

/**
 * Calls an operation of one of the services, in the version of the settings; the password goes as text, as Workday takes it. Answers the
 * element of the name `answer`, or throws what the fault says.
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/index.html
 */
export function call(
  { settings: { baseUrl, tenant, version }, credential: { username, password }, http }: Context,
  service: 'Human_Resources' | 'Integrations' | 'Payroll',
  request: { name: string; content: XmlNode[]; answer: string },
): Promise<{ answer: XmlElement; response: HttpResponse }> {
  const user = username.endsWith(`@${tenant}`) ? username : `${username}@${tenant}`;
  return soapCall(http, {
    url: `${baseUrl.replace(/\/+$/, '')}/ccx/service/${tenant}/${service}/${version}`,
    headers: [usernameToken({ username: user, password })],
    request: wd(request.name, request.content, { 'xmlns:wd': SPACE, 'wd:version': version }),
    answer: { name: request.answer, space: SPACE },
    timeoutMs: TIMEOUT_MS,
  });
}

export const textAt = (element: XmlElement | undefined, way: string): string => elementAt(element, way)?.text.trim() ?? '';

/** Booleans come as `1` or `true`. */
export const isTrue = (text: string): boolean => text === '1' || text === 'true';

/** The ids of a reference by their types. */
export function idsOf(element: XmlElement | undefined): Map<string, string> {
  return new Map(childrenOf(element, 'ID').map((id) => [id.attributes.get('type') ?? '', id.text.trim()]));
}

/** How many pages an answer says there are; one where it does not say. */
export const pagesIn = (answer: XmlElement): number => Number(textAt(answer, 'Response_Results/Total_Pages')) || 1;

export const pageFilter = (page: number, count: number): XmlNode[] => [wd('Page', String(page)), wd('Count', String(count))];
