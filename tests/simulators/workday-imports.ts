import { createHash } from 'node:crypto';
import { childOf, childrenOf, elementAt } from '../../supabase/functions/_kit/xml.ts';
import type { XmlElement } from '../../supabase/functions/_kit/xml.ts';
import type { Books } from './books.ts';
import type { SimulatedAnswer } from './server.ts';
import { envelope, fault, idIn, paged, textIn, validation } from './workday-answers.ts';
import { ref, wd } from './workday-people.ts';

export type Line = Record<string, string>;
type Message = { severity: string; text: string; line: number; identifier: string };
type Process = { id: string; wid: string; batch: string; lines: Line[]; state: string; messages: Message[] };

export type Imports = {
  inputs: Map<string, Line>;
  batches: number[];
  handlers: Record<string, (request: XmlElement) => SimulatedAnswer>;
  /** Carries out what was handed in: good lines are taken, bad ones leave a message, and may leave one more about them all. */
  run(sum?: string): void;
  /** Ends what was handed in without carrying it out. */
  breakDown(state: string, message?: string): void;
  warn(): void;
  waiting(): number;
};

type ImportOptions = { books: Books; employees: ReadonlySet<string>; judges: 'later' | 'at once'; identifies: boolean; version: string; now: () => string };

/** The payroll inputs of a tenant, and the background processes that import them. */
export function startImports({ books, employees, judges, identifies, version, now }: ImportOptions): Imports {
  const processes: Process[] = [];
  const inputs = new Map<string, Line>();
  const batches: number[] = [];
  let warns = false;

  function idComplaint(line: Line): { message: string; element: string } | null {
    const wrong = (element: string, id: string | undefined, type: string, known: ReadonlySet<string>): { message: string; element: string } | null =>
      (id === undefined || known.size === 0 || known.has(id) ? null : { element, message: `Invalid ID value.  '${id}' is not a valid ID value for type = '${type}'` });
    return wrong('Worker_Reference', line.worker, 'Employee_ID', employees)
      ?? wrong('Earning_Reference', line.earning, 'Earning_Code', books.accounts)
      ?? wrong('Worktag_Data[1]/ns1:Cost_Center_Reference', line.costCenter, 'Cost_Center_Reference_ID', books.costCenters)
      ?? wrong('Currency_Reference', line.currency, 'Currency_ID', books.currencies);
  }

  function lineOf(data: XmlElement): Line {
    const given = (name: string, way: string): [string, string][] => {
      const element = elementAt(data, way);
      return element ? [[name, element.children.length > 0 ? idIn(element).id : element.text]] : [];
    };
    return Object.fromEntries([
      ...given('id', 'Payroll_Input_ID'), ...given('worker', 'Worker_Reference'), ...given('earning', 'Earning_Reference'),
      ...given('deduction', 'Deduction_Reference'), ...given('amount', 'Amount'), ...given('hours', 'Hours'), ...given('start', 'Start_Date'),
      ...given('comment', 'Comment'), ...given('currency', 'Currency_Reference'), ...given('costCenter', 'Worktag_Data/Cost_Center_Reference'),
    ]);
  }

  function importInputs(request: XmlElement): SimulatedAnswer {
    const data = childrenOf(request, 'Payroll_Input_Data');
    const lines = data.map(lineOf);
    batches.push(lines.length);
    const path = (line: number, element: string): string => `/ns1:Import_Payroll_Input_Request[1]/ns1:Payroll_Input_Data[${line + 1}]/ns1:${element}[1]`;
    const at = lines.findIndex((line) => (line.earning === undefined) === (line.deduction === undefined));
    if (at >= 0) return validation({ message: 'Enter an earning or a deduction.', path: path(at, 'Earning_Reference') });
    const bad = judges === 'at once' ? lines.flatMap((line, index) => {
      const complaint = idComplaint(line);
      return complaint ? [{ message: complaint.message, path: path(index, complaint.element) }] : [];
    }) : [];
    if (bad[0]) return fault('SOAP-ENV:Client.validationError', `Validation error occurred. ${bad[0].message}`, bad);
    const number = processes.length + 1;
    const process: Process = {
      id: `WEB_SERVICE_BACKGROUND_PROCESS_RUNTIME-6-${number}`, wid: createHash('md5').update(String(number)).digest('hex'),
      batch: textIn(request, 'Default_Batch_ID'), lines, state: 'Processing', messages: [],
    };
    processes.push(process);
    return envelope(200, wd('Put_Import_Process_Response', [
      ref('Import_Process_Reference', { WID: process.wid, Background_Process_Instance_ID: process.id }),
    ], { 'wd:version': version }));
  }

  function carryOut(process: Process, sum: string | undefined): void {
    for (const [index, line] of process.lines.entries()) {
      const say = (severity: string, text: string): void => void process.messages.push({ severity, text, line: index + (identifies ? 2 : 1), identifier: identifies ? line.id ?? '' : '' });
      const held = inputs.get(line.id ?? '');
      const wrong = idComplaint(line)?.message
        ?? (books.isOpen(line.start ?? '') ? null : `Start Date is not valid for the open periods. [${line.worker}]`)
        ?? (held && held.earning !== line.earning ? `Previously added Pay Component for Payroll Input cannot be subsequently changed. [${line.worker}]` : null);
      if (warns) say('WARNING', 'The worker is on leave.');
      if (wrong !== null) {
        say('ERROR', wrong);
        continue;
      }
      inputs.set(line.id ?? '', { ...line, batch: process.batch });
      const entry = books.ledger().find(({ key }) => key === line.id);
      const values = {
        account: line.earning ?? line.deduction ?? '', costCenter: line.costCenter ?? null, amount: line.amount ?? '',
        currency: line.currency ?? null, date: line.start ?? '', text: line.comment ?? '', at: now(),
      };
      if (held && entry) Object.assign(entry, values);
      else books.take({ id: process.id, key: line.id ?? null, ...values });
    }
    process.state = process.messages.some(({ severity }) => severity === 'ERROR') ? 'CompletedWithErrors' : 'Completed';
    if (sum !== undefined) process.messages.push({ severity: 'ERROR', text: sum, line: 0, identifier: '' });
  }

  const processOf = (container: XmlElement | undefined): Process | undefined => {
    const { type, id } = idIn(childOf(container, 'Import_Process_Reference'));
    return processes.find((one) => (type === 'WID' ? one.wid === id : type === 'Background_Process_Instance_ID' && one.id === id));
  };

  function processAnswer(request: XmlElement): SimulatedAnswer {
    const process = processOf(childOf(request, 'Request_References'));
    const isOver = process?.state !== 'Processing';
    return envelope(200, wd('Get_Import_Processes_Response', process ? [wd('Response_Data', [wd('Import_Process', [
      ref('Import_Process_Reference', { WID: process.wid, Background_Process_Instance_ID: process.id }),
      wd('Import_Process_Data', [
        wd('Process_Description', 'Import Payroll Input (Web Service)'), wd('Percent_Complete', isOver ? '1' : '0.5'),
        ...(isOver ? [wd('Process_Completed_DateTime', now())] : []),
        ref('Status_Reference', { Background_Process_Instance_Status_ID: process.state }, process.state),
        wd('Has_Messages', process.messages.length > 0 ? '1' : '0'),
      ]),
    ])])] : []));
  }

  function messagesAnswer(request: XmlElement): SimulatedAnswer {
    const messages = processOf(childOf(request, 'Request_Criteria'))?.messages ?? [];
    const { results, shown } = paged(request, messages);
    return envelope(200, wd('Get_Import_Process_Messages_Response', [results, wd('Response_Data', shown.map(({ severity, text, line, identifier }) =>
      wd('Import_Process_Message', [wd('Import_Process_Message_Data', [
        wd('Timestamp', now()), wd('Severity', severity), wd('Message_Summary', text), wd('Line_Number', String(line)),
        ...(identifier === '' ? [] : [wd('Line_Identifier', identifier)]),
      ])])))]));
  }

  const open = (): Process[] => processes.filter(({ state }) => state === 'Processing');
  return {
    inputs, batches,
    handlers: {
      Import_Payroll_Input: importInputs,
      Get_Submit_Payroll_Inputs: (request) => envelope(200, wd('Get_Submit_Payroll_Inputs_Response', [paged(request, [...inputs]).results])),
      Get_Import_Processes: processAnswer,
      Get_Import_Process_Messages: messagesAnswer,
    },
    run: (sum) => open().forEach((process) => carryOut(process, sum)),
    breakDown: (state, message) => open().forEach((process) => {
      process.state = state;
      if (message !== undefined) process.messages.push({ severity: 'CRITICAL', text: message, line: 0, identifier: '' });
    }),
    warn: () => void (warns = true),
    waiting: () => open().length,
  };
}
