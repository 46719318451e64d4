import type { XmlElement } from '../_kit/xml.ts';
import { idsOf } from './api.ts';

/**
 * Elements of a worker that may come several times. They are lists also where one comes alone: else a second telephone would look like a
 * field of another type. One that is not here becomes a list when it is repeated.
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/Human_Resources/v40.0/Get_Workers.html
 */
const LISTS = new Set([
  'Additional_Name_Data', 'Additional_Nationality_Reference', 'Address_Data', 'Address_Line_Data', 'Citizenship_Status_Reference',
  'Collective_Agreement_Factor', 'Collective_Agreement_Factor_Option_Reference', 'Collective_Agreement_Summary_Data',
  'Company_Insider_Reference', 'Custom_ID', 'Disability_Status_Data', 'Email_Address_Data', 'Employee_Probation_Period_Detail_Data',
  'End_Employment_Reason_Reference', 'Ethnicity_Reference', 'Government_ID', 'Host_Countries_Reference', 'Instant_Messenger_Data',
  'Integration_ID_Data', 'Job_Classification_Summary_Data', 'Job_Family_Reference', 'Leave_Requests_Corrected_Data', 'Leave_Status_Data',
  'License_ID', 'Location_Type_Reference', 'Management_Chain_Data', 'Manager', 'Manager_Reference',
  'Manager_as_of_last_detected_manager_change_Reference', 'Military_Service_Data', 'National_ID', 'Organization_Role_Data',
  'Organization_Support_Role', 'Passport_ID', 'Pay_Group_Assignment_Correct_or_Rescind_Data', 'Phone_Data', 'Position_Organization_Data',
  'Position_Payroll_Reporting_Code_Data', 'Relative_Name_Data', 'Secondary_Termination_Reasons_Data', 'Submunicipality_Data',
  'Subregion_Data', 'Type_Data', 'Usage_Data', 'Use_For_Reference', 'Use_For_Tenanted_Reference', 'Visa_ID', 'Web_Address_Data',
  'Worker_Compensation_Code_Data', 'Worker_Document_Reference', 'Worker_Job_Data', 'Worker_Organization_Data',
]);

/**
 * An element as JSON, under Workday's own names, so that a field that is new over there is new here: leaves are text, a reference is its
 * ids by their types, attributes stand beside the elements within.
 */
export function plainOf(element: XmlElement, leaveOut: ReadonlySet<string>): unknown {
  const { attributes, children, text } = element;
  if (attributes.size === 0 && children.length === 0) return text.trim();
  const isReference = children.length > 0 && children.every(({ name }) => name === 'ID');
  const inside = isReference ? [...idsOf(element)] : [...plainChildren(element, leaveOut)];
  const own = children.length === 0 && text.trim() !== '' ? [['Value', text.trim()] as const] : [];
  return Object.fromEntries([...attributes, ...own, ...inside]);
}

function plainChildren({ children }: XmlElement, leaveOut: ReadonlySet<string>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const child of children) {
    if (leaveOut.has(child.name)) continue;
    const value = plainOf(child, leaveOut);
    const known = found.get(child.name);
    if (Array.isArray(known)) known.push(value);
    else if (known !== undefined) found.set(child.name, [known, value]);
    else found.set(child.name, LISTS.has(child.name) ? [value] : value);
  }
  return found;
}
