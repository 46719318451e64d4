import { HttpFailure } from './http.ts';
import type { Http, HttpResponse } from './http.ts';
import { unexpected } from './payload.ts';
import { childOf, readXml, tag, writeXml, XmlProblem } from './xml.ts';
import type { XmlElement, XmlNode } from './xml.ts';

/** https://www.w3.org/TR/2000/NOTE-SOAP-20000508/ */
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

export type SoapCall = {
  url: string;
  headers: XmlNode[];
  request: XmlNode;
  /** The element the answer must be, and its namespace. */
  answer: { name: string; space: string };
  timeoutMs?: number;
};

/**
 * One call of SOAP 1.1. A fault that blames the client says that nothing was done, although it comes with status 500: it is thrown as
 * `refused`. Any other fault leaves open what became of the request, like a 5xx of any system.
 */
export async function soapCall(http: Http, { url, headers, request, answer, timeoutMs }: SoapCall): Promise<{ answer: XmlElement; response: HttpResponse }> {
  const parts = [tag('soap:Header', headers), tag('soap:Body', [request])];
  const response = await http.send({
    url,
    body: `<?xml version="1.0" encoding="UTF-8"?>${writeXml(tag('soap:Envelope', parts, { 'xmlns:soap': ENVELOPE }))}`,
    headers: { 'accept': 'text/xml', 'content-type': 'text/xml; charset=utf-8', 'soapaction': '""' },
    timeoutMs,
  }).catch((error: unknown) => {
    throw error instanceof HttpFailure && error.status === 500 && blamesClient(error) ? refused(error) : error;
  });
  const body = bodyOf(http, response);
  if (body.name === 'Fault' && body.space === ENVELOPE) {
    const failure = http.failure(response, 'unknown');
    throw blamesClient(failure) ? refused(failure) : failure;
  }
  if (body.name !== answer.name || body.space !== answer.space) throw unexpected(http, response, `it is ${body.name}, not ${answer.name}`);
  return { answer: body, response };
}

/** `SOAP-ENV:Client.validationError`: what stands before the first dot is the class. */
const blamesClient = ({ diagnosis }: HttpFailure): boolean => /(?:^|:)Client(?:\.|$)/.test(diagnosis.code ?? '');

const refused = (failure: HttpFailure): HttpFailure => new HttpFailure({ ...failure, delivered: 'refused' });

function bodyOf(http: Http, response: HttpResponse): XmlElement {
  try {
    const envelope = readXml(response.body);
    const inside = envelope.name === 'Envelope' && envelope.space === ENVELOPE ? childOf(envelope, 'Body')?.children[0] : undefined;
    if (inside) return inside;
  } catch (error) {
    if (error instanceof XmlProblem) throw unexpected(http, response, error.message.replace(/\.$/, ''));
    throw error;
  }
  throw unexpected(http, response, 'it is no SOAP envelope');
}
