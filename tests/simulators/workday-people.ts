import { tag } from '../../supabase/functions/_kit/xml.ts';
import type { XmlNode } from '../../supabase/functions/_kit/xml.ts';

/** Somebody who works there, and what the transaction log has of him: when it was entered, and when it took or takes effect. */
export type Worker = {
  wid: string;
  employeeId: string;
  isContingent: boolean;
  first: string;
  last: string;
  preferred: string | null;
  phones: string[];
  nationalId: string;
  terminated: string | null;
  rescinded: boolean;
  log: { entered: string; effective: string }[];
};

export const wd = (name: string, content: string | XmlNode[] = [], attributes: Record<string, string> = {}): XmlNode =>
  tag(`wd:${name}`, content, attributes);

export const ref = (name: string, ids: Record<string, string>, descriptor?: string): XmlNode =>
  wd(name, Object.entries(ids).map(([type, id]) => wd('ID', id, { 'wd:type': type })), descriptor === undefined ? {} : { 'wd:Descriptor': descriptor });

const nameOf = (element: string, first: string, last: string): XmlNode => wd(element, [wd('Name_Detail_Data', [
  ref('Country_Reference', { 'WID': 'bc33aa3152ec42d4995f4791a106ed09', 'ISO_3166-1_Alpha-2_Code': 'NO' }, 'Norway'),
  wd('First_Name', first), wd('Last_Name', last),
], { 'wd:Formatted_Name': `${first} ${last}` })]);

/** What is answered of a worker, as far as it is asked for. */
export function workerElement(worker: Worker, wants: (part: string) => boolean): XmlNode {
  const { wid, employeeId, first, last, preferred } = worker;
  const idType = worker.isContingent ? 'Contingent_Worker_ID' : 'Employee_ID';
  const phones = worker.phones.map((number) => wd('Phone_Data', [wd('Phone_Number', number), wd('Usage_Data', [wd('Type_Data', [
    ref('Type_Reference', { Communication_Usage_Type_ID: 'WORK' }),
  ], { 'wd:Primary': '1' })], { 'wd:Public': '1' })], { 'wd:Formatted_Phone': `+47 ${number}` }));
  return wd('Worker', [
    ref('Worker_Reference', { WID: wid, [idType]: employeeId }, `${first} ${last}`),
    wd('Worker_Descriptor', `${first} ${last}`),
    wd('Worker_Data', [
      wd('Worker_ID', employeeId),
      ...(wants('Personal_Information') ? [wd('Personal_Data', [
        wd('Name_Data', [nameOf('Legal_Name_Data', first, last), ...(preferred === null ? [] : [nameOf('Preferred_Name_Data', preferred, last)])]),
        wd('Birth_Date', '1990-02-03'),
        wd('Identification_Data', [wd('National_ID', [wd('National_ID_Data', [wd('ID', worker.nationalId)])])]),
        ...(phones.length === 0 ? [] : [wd('Contact_Data', phones)]),
      ])] : []),
      ...(wants('Employment_Information') ? [wd('Employment_Data', [wd('Worker_Status_Data', [
        wd('Active', worker.terminated === null ? '1' : '0'),
        wd('Hire_Date', worker.log[0]?.effective.slice(0, 10) ?? ''),
        ...(worker.terminated === null ? [] : [wd('Terminated', '1'), wd('Termination_Date', worker.terminated)]),
        ...(worker.rescinded ? [wd('Hire_Rescinded', '1')] : []),
      ])])] : []),
    ]),
  ]);
}
