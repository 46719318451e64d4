import { readAnswer } from './diagnose/answer.ts';
import { judge } from './diagnose/category.ts';
import { fieldInText } from './diagnose/field.ts';
import { generalFaults } from './diagnose/general.ts';
import { readers } from './diagnose/index.ts';
import { cut, isGeneric, plainText, statusText } from './diagnose/text.ts';
import type { Answer, Diagnosis, Fault, RawResponse, RecordDiagnosis, SystemReader } from './diagnose/types.ts';

export type { Category, Diagnosis, RecordDiagnosis } from './diagnose/types.ts';

const NOTHING: SystemReader = {};
/** The largest batch a connected system takes is 1 000 records. Of an answer too long to read whole, the first few say enough. */
const MAX_FAULTS = 1_000;
const MAX_FAULTS_CUT = 100;

/**
 * What a system's answer says is wrong, in its own words. Pure, and never throws: a proxy's page, an empty body, half a JSON or
 * 5 MB of anything still give the best honest answer. Of a body over 256 KB only the first 64 KB are read.
 *
 * @param system The system's slug; one without a reader of its own is read by the shapes that many systems share.
 * @example diagnose('xledger', { status: 502, headers: {}, body: '<html><h1>502 Bad Gateway</h1></html>' })
 *   // { message: '502 Bad Gateway', code: null, field: null, category: 'server', retryable: true }
 */
export function diagnose(system: string, response: RawResponse): Diagnosis {
  const status = Number.isInteger(response?.status) ? response.status : 0;
  try {
    return read(Object.hasOwn(readers, system) ? readers[system] ?? NOTHING : NOTHING, readAnswer({ ...response, status }));
  } catch {
    const fault = silence(status);
    return { message: fault.message, code: null, field: null, ...judge(fault, { status, isPage: true, partial: false }) };
  }
}

function read(reader: SystemReader, answer: Answer): Diagnosis {
  const limit = answer.isCut ? MAX_FAULTS_CUT : MAX_FAULTS;
  const found = reader.read?.(answer) ?? generalFaults(answer, limit);
  const faults = found.slice(0, limit).map((fault) => refined(fault, reader, answer));
  const primary = faults.find((fault) => !isFollower(fault) && !isGeneric(fault.message))
    ?? faults.find((fault) => !isFollower(fault)) ?? faults[0] ?? silence(answer.status);
  const records = faults.flatMap((fault) => (fault.record ? [toRecord(fault, fault.record.index)] : []));
  const isPage = answer.kind === 'html' || answer.kind === 'empty';
  return {
    message: primary.message,
    code: primary.code,
    field: primary.field,
    ...judge(primary, { status: answer.status, isPage, partial: answer.partial }),
    ...(records.length === 0 ? {} : { records }),
  };
}

function silence(status: number): Fault {
  return { message: statusText(status), code: null, field: null, status: null };
}

function refined(fault: Fault, reader: SystemReader, answer: Answer): Fault {
  const tidy = { ...fault, message: plainText(fault.message) };
  const refinement = reader.refine?.(tidy, answer) ?? {};
  const own = { ...tidy, ...refinement };
  const isSilent = answer.kind === 'html' || 'field' in refinement;
  return {
    ...own,
    message: own.message === '' ? statusText(own.status ?? answer.status) : own.message,
    code: own.code === null ? null : cut(plainText(own.code), 200),
    field: own.field !== null ? cut(plainText(own.field), 200) || null : isSilent ? null : fieldInText(own.message),
  };
}

/** Records that were fine themselves but went down with the others. */
function isFollower(fault: Fault): boolean {
  return fault.status === 424 || /rolled_?back|processing_?halted|failed_?dependency|aborted/i.test(fault.code ?? '');
}

function toRecord({ message, code, field }: Fault, index: number | null): RecordDiagnosis {
  return { index, message, code, field };
}
