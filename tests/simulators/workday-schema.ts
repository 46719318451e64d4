import type { XmlElement } from '../../supabase/functions/_kit/xml.ts';

export const SPACE = 'urn:com.workday/bsvc';

/**
 * The part of Workday's services that is played, after the documentation of v40: what stands in each type, in the order in which it must
 * stand. `!` must be there, `*` may be repeated; types in lower case are those of XML Schema, `Ref` is a reference with its ids.
 */
const TYPES: Record<string, string[]> = {
  Import_Payroll_Input_Request: ['Default_Batch_ID! string', 'Payroll_Input_Data* Submit_Payroll_Input_Data'],
  Submit_Payroll_Input_Data: [
    'Payroll_Input_ID string', 'Batch_ID string', 'Source_Reference Ref', 'Ongoing_Input boolean', 'Start_Date! date', 'End_Date date',
    'Run_Category_Reference* Ref', 'Worker_Reference! Ref', 'Position_Reference Ref', 'Earning_Reference Ref', 'Deduction_Reference Ref',
    'Amount decimal', 'Hours decimal', 'Rate decimal', 'Adjustment boolean', 'Worktag_Data Payroll_Input_Worktags', 'Comment string',
    'Currency_Reference Ref', 'Match_Existing_Input boolean', 'Company_Reference Ref', 'Coverage_Start_Date date', 'Coverage_End_Date date',
  ],
  Payroll_Input_Worktags: [
    'Location_Reference Ref', 'Cost_Center_Reference Ref', 'Project_Reference Ref', 'Custom_Worktag_01_Reference Ref', 'Fund_Reference Ref',
  ],
  Put_Import_Process_Response: ['Import_Process_Reference Ref', 'Header_Instance_Reference Ref'],
  Get_Submit_Payroll_Inputs_Request: ['Request_Criteria Payroll_Input_Criteria', 'Response_Filter Response_Filter'],
  Payroll_Input_Criteria: ['Worker_Reference Ref', 'Earning_Reference* Ref', 'Deduction_Reference* Ref', 'Start_Date date', 'End_Date date'],
  Get_Submit_Payroll_Inputs_Response: ['Response_Results Response_Results'],
  Get_Import_Processes_Request: ['Request_References! Import_Process_References', 'Response_Filter Response_Filter'],
  Import_Process_References: ['Import_Process_Reference! Ref'],
  Get_Import_Processes_Response: ['Response_Results Response_Results', 'Response_Data Import_Process_Response_Data'],
  Import_Process_Response_Data: ['Import_Process* Import_Process'],
  Import_Process: ['Import_Process_Reference Ref', 'Import_Process_Data Import_Process_Data'],
  Import_Process_Data: [
    'Process_Description string', 'Percent_Complete decimal', 'Process_Completed_DateTime dateTime', 'Import_Header_Reference Ref',
    'Status_Reference Ref', 'Has_Messages boolean', 'Validate_Only boolean',
  ],
  Get_Import_Process_Messages_Request: ['Request_Criteria! Import_Process_References', 'Response_Filter Response_Filter'],
  Get_Import_Process_Messages_Response: ['Response_Results Response_Results', 'Response_Data Import_Process_Messages'],
  Import_Process_Messages: ['Import_Process_Message* Import_Process_Message'],
  Import_Process_Message: ['Import_Process_Message_Reference Ref', 'Import_Process_Message_Data Background_Process_Message_Data'],
  Background_Process_Message_Data: [
    'Timestamp dateTime', 'Severity string', 'Message_Summary string', 'Line_Number decimal', 'Line_Identifier string',
  ],
  Server_Timestamp_Get: [],
  Server_Timestamp: ['Server_Timestamp_Data dateTime'],
  Get_Workers_Request: [
    'Request_References Worker_References', 'Request_Criteria Worker_Criteria', 'Response_Filter Response_Filter',
    'Response_Group Worker_Response_Group',
  ],
  Worker_References: ['Worker_Reference* Ref'],
  Worker_Criteria: [
    'Transaction_Log_Criteria_Data* Transaction_Log_Criteria', 'Organization_Reference* Ref', 'Exclude_Inactive_Workers boolean',
    'Exclude_Employees boolean', 'Exclude_Contingent_Workers boolean',
  ],
  Transaction_Log_Criteria: ['Transaction_Date_Range_Data Transaction_Date_Range'],
  Transaction_Date_Range: ['Updated_From dateTime', 'Updated_Through dateTime', 'Effective_From dateTime', 'Effective_Through dateTime'],
  Worker_Response_Group: [
    'Include_Reference boolean', 'Include_Personal_Information boolean', 'Include_Employment_Information boolean',
    'Include_Organizations boolean', 'Include_User_Account boolean',
  ],
  Get_Workers_Response: ['Response_Results Response_Results', 'Response_Data Workers'],
  Workers: ['Worker* Worker'],
  Worker: ['Worker_Reference Ref', 'Worker_Descriptor string', 'Worker_Data Worker_Data'],
  Worker_Data: ['Worker_ID string', 'User_ID string'],
  Response_Filter: ['As_Of_Effective_Date date', 'As_Of_Entry_DateTime dateTime', 'Page decimal', 'Count decimal'],
  Response_Results: ['Total_Results decimal', 'Total_Pages decimal', 'Page_Results decimal', 'Page decimal'],
};

/** What each service does: the element asked with, and the one answered with. */
export const SERVICES: Record<string, Record<string, [request: string, response: string]>> = {
  Payroll: {
    Import_Payroll_Input: ['Import_Payroll_Input_Request', 'Put_Import_Process_Response'],
    Get_Submit_Payroll_Inputs: ['Get_Submit_Payroll_Inputs_Request', 'Get_Submit_Payroll_Inputs_Response'],
  },
  Integrations: {
    Get_Import_Processes: ['Get_Import_Processes_Request', 'Get_Import_Processes_Response'],
    Get_Import_Process_Messages: ['Get_Import_Process_Messages_Request', 'Get_Import_Process_Messages_Response'],
  },
  Human_Resources: {
    Get_Workers: ['Get_Workers_Request', 'Get_Workers_Response'],
    Get_Server_Timestamp: ['Server_Timestamp_Get', 'Server_Timestamp'],
  },
};

type Part = { name: string; type: string; isNeeded: boolean; isList: boolean };

const partsOf = (type: string): Part[] => (TYPES[type] ?? []).map((text) => {
  const [, name = '', mark = '', kind = ''] = /^([\w-]+)([!*]?) ([\w-]+)$/.exec(text) ?? [];
  return { name, type: kind, isNeeded: mark === '!', isList: mark === '*' };
});

export type Complaint = { message: string; path: string };

const VALUES: Record<string, RegExp> = {
  string: /^[^]*$/, boolean: /^(?:true|false|0|1)$/, decimal: /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/, date: /^\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?$/,
  dateTime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/,
};

/** The first thing in a request that the schema does not allow. */
export function complaintOf(element: XmlElement, type: string, path: string): Complaint | null {
  const parts = partsOf(type);
  const counts = new Map<string, number>();
  let place = 0;
  for (const child of element.children) {
    const index = parts.findIndex(({ name }) => name === child.name);
    const count = (counts.get(child.name) ?? 0) + 1;
    counts.set(child.name, count);
    const own = `${path}/ns1:${child.name}[${count}]`;
    const part = parts[index];
    if (!part || child.space !== SPACE || index < place || (count > 1 && !part.isList)) {
      return { message: `Element Content '${child.name}' is not allowed here.`, path: own };
    }
    place = index;
    const inner = contentOf(child, part.type, own);
    if (inner) return inner;
  }
  const missing = parts.find(({ name, isNeeded }) => isNeeded && !counts.has(name));
  return missing ? { message: `Element Content '${missing.name}' is required, on internal element '${type}'.`, path } : null;
}

function contentOf(child: XmlElement, type: string, path: string): Complaint | null {
  if (type === 'Ref') {
    const isGood = child.children.length > 0 && child.children.every((id) => id.name === 'ID' && id.attributes.has('type') && id.text !== '');
    return isGood ? null : { message: `Invalid reference in '${child.name}'.`, path };
  }
  const pattern = VALUES[type];
  if (!pattern) return complaintOf(child, type, path);
  if (child.children.length === 0 && pattern.test(child.text)) return null;
  return { message: `'${child.text}' is not a valid value for element '${child.name}' of type ${type}.`, path };
}

/** The service description of one service, as `?wsdl` gives it. */
export function wsdlOf(service: string, version: string, url: string): string {
  const operations = Object.entries(SERVICES[service] ?? {});
  const complex = Object.keys(TYPES).map((type) => {
    const elements = partsOf(type).map(({ name, type: kind, isNeeded, isList }) => {
      const known = kind in VALUES ? `xsd:${kind}` : `wd:${kind}Type`;
      return `<xsd:element name="${name}" type="${known}" minOccurs="${isNeeded ? 1 : 0}"${isList ? ' maxOccurs="unbounded"' : ''}/>`;
    });
    return `<xsd:complexType name="${type}Type"><xsd:sequence>${elements.join('')}</xsd:sequence>` +
      '<xsd:attribute name="version" type="xsd:string" form="qualified"/></xsd:complexType>';
  });
  const messages = operations.flatMap(([name, [request, response]]) => [
    `<wsdl:message name="${name}Input"><wsdl:part name="body" element="wd:${request}"/></wsdl:message>`,
    `<wsdl:message name="${name}Output"><wsdl:part name="body" element="wd:${response}"/></wsdl:message>`,
  ]);
  const literal = '<soapbind:body use="literal" parts="body"/>';
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="${service}" targetNamespace="urn:com.workday/bsvc/${service}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soapbind="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wd="${SPACE}"
  xmlns:wd-wsdl="urn:com.workday/bsvc/${service}">
<wsdl:types><xsd:schema elementFormDefault="qualified" attributeFormDefault="qualified" targetNamespace="${SPACE}">
${operations.flatMap(([, names]) => names).map((name) => `<xsd:element name="${name}" type="wd:${name}Type"/>`).join('\n')}
<xsd:complexType name="RefIDType"><xsd:simpleContent><xsd:extension base="xsd:string">
<xsd:attribute name="type" type="xsd:string" form="qualified"/></xsd:extension></xsd:simpleContent></xsd:complexType>
<xsd:complexType name="RefType"><xsd:sequence><xsd:element name="ID" type="wd:RefIDType" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence>
<xsd:attribute name="Descriptor" type="xsd:string" form="qualified"/></xsd:complexType>
${complex.join('\n')}
</xsd:schema></wsdl:types>
${messages.join('\n')}
<wsdl:portType name="${service}Port">${operations.map(([name]) => `<wsdl:operation name="${name}">` +
    `<wsdl:input name="${name}Input" message="wd-wsdl:${name}Input"/><wsdl:output name="${name}Output" message="wd-wsdl:${name}Output"/>` +
    '</wsdl:operation>').join('\n')}</wsdl:portType>
<wsdl:binding name="${service}Binding" type="wd-wsdl:${service}Port">
<soapbind:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
${operations.map(([name]) => `<wsdl:operation name="${name}"><soapbind:operation soapAction="" style="document"/>` +
    `<wsdl:input name="${name}Input">${literal}</wsdl:input><wsdl:output name="${name}Output">${literal}</wsdl:output>` +
    '</wsdl:operation>').join('\n')}
</wsdl:binding>
<wsdl:service name="${service}Service"><wsdl:port name="${service}" binding="wd-wsdl:${service}Binding">
<soapbind:address location="${url}/${service}/${version}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
}
