import { asObject, inKeys } from './keys.ts';
import { generalFaults } from './general.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * ServiceNow answers `{ error: { message, detail }, status: 'failure' }`; the detail explains where the message only says that the
 * operation failed. A 403 may come from an access rule, or from a data policy or business rule about the record itself.
 * @see https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_RESTAPI.html
 */
export const servicenow: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const error = inKeys(inKeys(answer.json).get('error'));
    const [message, detail] = [error.get('message'), error.get('detail')].map((part) => (typeof part === 'string' ? part.trim() : ''));
    if (message === undefined || message === '') return generalFaults(answer.text.includes('"error_message"') ? { ...answer, json: firstLines(answer.json, 0) } : answer, 1_000);
    const isVague = /^(?:Operation failed|Transaction cancelled|Insert (?:failed|Aborted)|Update (?:failed|aborted)|Invalid (?:insert|update)$|Exception while (?:reading|parsing|writing)\b)/i.test(message);
    const said = isVague && detail !== undefined && detail !== '' ? detail : message;
    return [{ message: said, code: null, field: null, status: null }];
  },
  refine(fault: Fault): Partial<Fault> {
    const rule = /Operation against file '[^']{1,100}' was aborted by Business Rule '[^']{1,300}'\.?/.exec(fault.message)?.[0];
    const message = rule ?? fault.message.replace(/^Error: (?=\S)/, '');
    const field = fault.field ?? fieldIn(message);
    return { message, ...(field === null ? {} : { field }), ...judged(message) };
  },
};

/** Several sentences about one record stand in one text, a line each: the first is what it says, the first that names a field gives it. */
function firstLines(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth > 8 ? value : value.map((item) => firstLines(item, depth + 1));
  const object = asObject(value);
  if (object === null || depth > 8) return value;
  const text = object.error_message;
  const lines = typeof text === 'string' ? text.split('\n').map((line) => line.trim()).filter((line) => line !== '') : [];
  const field = lines.flatMap((line) => fieldIn(line) ?? [])[0];
  const own = lines.length > 1 ? { error_message: lines[0], ...(field === undefined ? {} : { field }) } : {};
  return { ...Object.fromEntries(Object.entries(object).map(([key, item]) => [key, firstLines(item, depth + 1)])), ...own };
}

function fieldIn(message: string): string | null {
  return /(?:Field Value empty|Formatting issue)(?:\/Formatting issue)? (\S.{0,60})$/.exec(message)?.[1]
    ?? /Data Policy Exception: (?!The following)(.{1,60}?) is (?:mandatory|read[- ]only)/i.exec(message)?.[1]
    ?? /following fields are (?:mandatory|read[- ]only): ([^,]{1,60})/i.exec(message)?.[1] ?? null;
}

function judged(message: string): Partial<Fault> {
  if (/aborted by Business Rule|Data Policy Exception/i.test(message)) return { category: 'validation', retryable: false };
  if (/maximum execution time exceeded|transaction cancelled/i.test(message)) return { category: 'timeout' };
  if (/^Requested URI does not represent|^Invalid table\b/i.test(message)) return { category: 'schema' };
  if (/^No Record found/i.test(message)) return { category: 'not_found' };
  if (/security constraints|ACL |insufficient rights/i.test(message)) return { category: 'permission' };
  return {};
}
