import { asObject } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * Workday answers everything it refuses with a SOAP fault and status 500: `detail/Validation_Fault/Validation_Error`, one for each thing
 * that is wrong, with the XPath of the element in the request. Sentences come in the language of the user that calls.
 * @see https://community.workday.com/sites/default/files/file-hosting/productionapi/index.html
 */
export const workday: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const fault = faultIn(answer.json);
    const validation = asObject(asObject(fault?.detail)?.Validation_Fault);
    if (!fault || !validation) return null;
    const errors = [validation.Validation_Error ?? validation].flat().map(asObject).filter((error) => error !== null);
    const code = text(fault.faultcode) || null;
    const faults = errors.map(({ Message, Detail_Message, Xpath }): Fault => {
      const path = text(Xpath);
      const row = /^\/(?:[\w.-]+:)?Import_\w+_Request(?:\[1\])?\/[\w.:-]+_Data\[(\d{1,6})\]/.exec(path)?.[1];
      return {
        message: text(Message) || text(Detail_Message) || text(fault.faultstring), code, field: fieldAt(path), status: null,
        ...(row === undefined ? {} : { record: { index: Number(row) - 1 } }),
      };
    });
    return faults.length === 0 ? null : faults;
  },
  refine({ message, field }: Fault): Partial<Fault> {
    const category = KNOWN.find(([, pattern]) => pattern.test(message))?.[0];
    if (category !== undefined) return { field, category, retryable: false };
    const named = field ?? idTypeIn(message) ?? captionIn(message);
    return named === null ? {} : { field: named };
  },
};

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** The fault alone, or in its envelope. */
function faultIn(json: unknown): Record<string, unknown> | null {
  const tree = asObject(json);
  return asObject(tree?.Fault) ?? asObject(asObject(asObject(tree?.Envelope)?.Body)?.Fault);
}

/** The last element of the path that has a name of its own: the `ID` inside a reference has none. */
function fieldAt(path: string): string | null {
  const steps = path.split('/').map((step) => /^(?:[\w.-]+:)?([\w.-]+)(?:\[\d+\])?$/.exec(step)?.[1] ?? '').filter((step) => step !== '');
  return steps.slice(1).findLast((step) => step !== 'ID') ?? null;
}

/** "'X' is not a valid ID value for type = 'Earning_Code'": the type of a reference is as good as its name. */
function idTypeIn(message: string): string | null {
  return /is not a valid ID value for type = '([\w.-]{1,100})'/.exec(message)?.[1] ?? null;
}

function captionIn(message: string): string | null {
  return /^([A-Z][\w ]{0,40}?) is (?:not valid|invalid|required)\b/.exec(message)?.[1] ?? null;
}

const KNOWN: ['permission' | 'schema', RegExp][] = [
  ['permission', /\btask submitted is not authori[sz]ed\b/i],
  ['schema', /\bweb service or version is invalid\b/i],
];
