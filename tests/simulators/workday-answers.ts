import { childOf, elementAt, tag, writeXml } from '../../supabase/functions/_kit/xml.ts';
import type { XmlElement, XmlNode } from '../../supabase/functions/_kit/xml.ts';
import type { SimulatedAnswer } from './server.ts';
import { wd } from './workday-people.ts';
import { SPACE } from './workday-schema.ts';
import type { Complaint } from './workday-schema.ts';

export const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const XML = { 'content-type': 'text/xml;charset=UTF-8' };

export const envelope = (status: number, body: XmlNode): SimulatedAnswer => ({
  status, headers: XML,
  body: `<?xml version='1.0' encoding='UTF-8'?>${writeXml(tag('env:Envelope', [tag('env:Body', [body])], { 'xmlns:env': ENVELOPE, 'xmlns:wd': SPACE }))}`,
});

/** Whatever is refused comes with status 500. */
export function fault(code: string, text: string, complaints: Complaint[] = []): SimulatedAnswer {
  const errors = complaints.map(({ message, path }) => wd('Validation_Error', [wd('Message', message), wd('Detail_Message', message), wd('Xpath', path)]));
  return envelope(500, tag('SOAP-ENV:Fault', [
    tag('faultcode', code), tag('faultstring', text), ...(errors.length === 0 ? [] : [tag('detail', [wd('Validation_Fault', errors)])]),
  ], { 'xmlns:SOAP-ENV': ENVELOPE }));
}

export const validation = (complaint: Complaint): SimulatedAnswer =>
  fault('SOAP-ENV:Client.validationError', `Validation error occurred. ${complaint.message}`, [complaint]);

export const textIn = (element: XmlElement | undefined, way: string): string => elementAt(element, way)?.text ?? '';
export const idIn = (element: XmlElement | undefined): { type: string; id: string } => {
  const id = childOf(element, 'ID');
  return { type: id?.attributes.get('type') ?? '', id: id?.text ?? '' };
};

export function paged<T>(request: XmlElement, all: T[]): { results: XmlNode; shown: T[] } {
  const page = Number(textIn(request, 'Response_Filter/Page') || 1);
  const count = Number(textIn(request, 'Response_Filter/Count') || 100);
  const shown = all.slice((page - 1) * count, page * count);
  return { shown, results: wd('Response_Results', [
    wd('Total_Results', String(all.length)), wd('Total_Pages', String(Math.ceil(all.length / count))),
    wd('Page_Results', String(shown.length)), wd('Page', String(page)),
  ]) };
}
