import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { refusedPart, stableKey } from '../_kit/mapped.ts';
import { prepare, unexpected } from '../_kit/payload.ts';
import { childrenOf, elementAt } from '../_kit/xml.ts';
import type { XmlElement } from '../_kit/xml.ts';
import { call, idsOf, isTrue, pageFilter, pagesIn, reference, textAt, wd } from './api.ts';
import type { Context } from './api.ts';
import { lineOf } from './line.ts';

const INSTANCE = 'Background_Process_Instance_ID';
/** Messages on a page; Workday gives no more than 999. */
const PAGE = 999;

/**
 * Hands in an import: Workday answers with its background process at once, and judges each line later. Lines are counted from 1 in the
 * order of the request, so the line is kept beside the process.
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/Payroll/v40.0/Import_Payroll_Input.html
 */
export async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const { map, decimals, batchId } = ctx.settings;
  const prepared = records.map((record) => prepare(record, () => lineOf(record, map, decimals)));
  const lines = prepared.flatMap((one) => ('ready' in one ? [one.ready] : []));
  if (lines.length === 0) return prepared.flatMap((one) => ('refused' in one ? [one.refused] : []));
  const { answer, response } = await call(ctx, 'Payroll', {
    name: 'Import_Payroll_Input_Request', content: [wd('Default_Batch_ID', batchId), ...lines], answer: 'Put_Import_Process_Response',
  });
  const ids = idsOf(elementAt(answer, 'Import_Process_Reference'));
  const process = ids.get(INSTANCE) ?? ids.get('WID') ?? '';
  if (process === '') throw unexpected(ctx.http, response, 'no Import_Process_Reference');
  let line = 0;
  return prepared.map((one) => {
    if ('refused' in one) return one.refused;
    line += 1;
    return { state: 'accepted', externalId: `${process}#${line}`, requestId: response.requestId ?? undefined };
  });
}

/** What the process says of its lines; null for all while it has not ended. */
export async function confirm(ctx: Context, records: OutgoingRecord[]): Promise<(Outcome | null)[]> {
  const verdicts = new Map<OutgoingRecord, Outcome>();
  for (const [process, own] of Map.groupBy(records, ({ externalId }) => externalId?.split('#')[0] ?? '')) {
    const ended = await endOf(ctx, process);
    if (ended === null) continue;
    for (const record of own) verdicts.set(record, verdict(ctx, ended, record));
  }
  return records.map((record) => verdicts.get(record) ?? null);
}

type Message = { line: number; key: string; text: string };
type End = { isWhole: boolean; messages: Message[]; response: HttpResponse };

const idTypeOf = (process: string): string => (/^[0-9a-f]{32}$/.test(process) ? 'WID' : INSTANCE);

/**
 * https://community.workday.com/sites/default/files/file-hosting/productionapi/Integrations/v40.0/Get_Import_Processes.html
 *
 * The names of the states are not documented with the operation. `Completed…` and the time of completion are taken for an end, anything
 * that is called failed, cancelled, terminated or aborted for one that left lines behind; what is not known is waited for.
 */
async function endOf(ctx: Context, process: string): Promise<End | null> {
  const { answer, response } = await call(ctx, 'Integrations', {
    name: 'Get_Import_Processes_Request',
    content: [wd('Request_References', [reference('Import_Process_Reference', idTypeOf(process), process)])],
    answer: 'Get_Import_Processes_Response',
  });
  const data = elementAt(answer, 'Response_Data/Import_Process/Import_Process_Data');
  if (!data) return { isWhole: false, messages: [], response };
  const status = elementAt(data, 'Status_Reference');
  const states = [status?.attributes.get('Descriptor') ?? '', ...idsOf(status).values()];
  const isBroken = states.some((state) => /^(?:fail|cancel|terminat|abort)/i.test(state));
  const isComplete = states.some((state) => /^complet/i.test(state)) || textAt(data, 'Process_Completed_DateTime') !== '';
  if (!isBroken && !isComplete) return null;
  const isSilent = textAt(data, 'Has_Messages') !== '' && !isTrue(textAt(data, 'Has_Messages'));
  return { isWhole: !isBroken, messages: isSilent ? [] : await messagesOf(ctx, process), response };
}

/** What went wrong, line by line. https://community.workday.com/sites/default/files/file-hosting/productionapi/Integrations/v40.0/Get_Import_Process_Messages.html */
async function messagesOf(ctx: Context, process: string): Promise<Message[]> {
  const found: XmlElement[] = [];
  for (let page = 1, last = 1; page <= last; page += 1) {
    const { answer } = await call(ctx, 'Integrations', {
      name: 'Get_Import_Process_Messages_Request',
      content: [
        wd('Request_Criteria', [reference('Import_Process_Reference', idTypeOf(process), process)]),
        wd('Response_Filter', pageFilter(page, PAGE)),
      ],
      answer: 'Get_Import_Process_Messages_Response',
    });
    found.push(...childrenOf(elementAt(answer, 'Response_Data'), 'Import_Process_Message'));
    last = Math.min(pagesIn(answer), 50);
  }
  const errors = found.filter((one) => !/^(?:info|warn|debug)/i.test(textAt(one, 'Import_Process_Message_Data/Severity')));
  return errors.map((one) => ({
    line: Number(textAt(one, 'Import_Process_Message_Data/Line_Number')) || 0,
    key: textAt(one, 'Import_Process_Message_Data/Line_Identifier'),
    text: textAt(one, 'Import_Process_Message_Data/Message_Summary'),
  }));
}

/**
 * A line is across when its process came to an end and has nothing against it. What is said of the import as a whole (line 0) counts where
 * the process broke down, or where no line explains it. A line that is taken for lost though it landed is sent again under the same id
 * and overwrites itself; the other error would lose it.
 *
 * That lines count from 1 is how integrations that are in use pair them with their requests; the documentation does not say. Where a
 * message carries our key, the key decides.
 */
function verdict(ctx: Context, { isWhole, messages, response }: End, record: OutgoingRecord): Outcome {
  const key = stableKey(record);
  const line = Number(record.externalId?.split('#')[1]);
  const isExplained = isWhole && messages.some((one) => one.line > 0);
  const said = messages.find((one) => (OUR_KEY.test(one.key) ? one.key === key : one.line === line))
    ?? (isExplained ? undefined : messages.find((one) => one.line === 0));
  if (said) return refusedPart(ctx.http, response, { status: response.status, body: { message: said.text || 'Workday gave no reason.' } });
  return isWhole ? { state: 'exported', externalId: key } : { state: 'refused', diagnosis: NO_RESULT };
}

const OUR_KEY = /^[A-Z2-7]{32}$/;

const NO_RESULT = {
  message: 'The import ended without a result for this record: it failed, was cancelled, or is no longer kept.',
  code: 'import_without_result',
  field: null,
  category: 'server',
  retryable: true,
} as const;
