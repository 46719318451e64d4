export type Category =
  'validation' | 'auth' | 'permission' | 'not_found' | 'conflict' | 'rate_limit' | 'server' | 'timeout' | 'schema';

/**
 * One failed record of a batch answer. `index` is the number the caller gave the record where the system repeats it, otherwise
 * the record's place in the answer, from 0; null when the system names the record only by something else.
 */
export type RecordDiagnosis = { index: number | null; message: string; code: string | null; field: string | null };

export type Diagnosis = {
  /** The most specific human sentence the system gave, as plain text of at most 2 000 characters; its status when it gave none. */
  message: string;
  /** Its machine code, never a sentence. */
  code: string | null;
  /** The field it blames, in the system's own words. */
  field: string | null;
  category: Category;
  /** True when the same request may succeed later without anyone changing anything. */
  retryable: boolean;
  records?: RecordDiagnosis[];
};

export type RawResponse = { status: number; headers: Record<string, string>; body: string };

/** An answer prepared for reading: `json` is set for JSON (also half of one) and, as a tree of the same shape, for XML. */
export type Answer = {
  status: number;
  header(name: string): string | undefined;
  kind: 'json' | 'xml' | 'html' | 'multipart' | 'csv' | 'text' | 'empty';
  text: string;
  json: unknown;
  /** The body is larger than is read; what follows was never looked at. */
  isCut: boolean;
  /** The body itself ended before its JSON did. */
  partial: boolean;
};

/** One complaint found in an answer, before it is judged. */
export type Fault = {
  message: string;
  code: string | null;
  field: string | null;
  /** The status that belongs to this complaint alone, as in the parts of a batch. */
  status: number | null;
  /** Set for the failed records of a batch answer, absent for complaints about the request. */
  record?: { index: number | null };
  category?: Category;
  retryable?: boolean;
};

/**
 * What one system does differently from everyone else. `read` takes over answers of a shape only this system has (null leaves
 * them to the general reader); `refine` corrects one complaint: tidies its sentence, judges its code, and where it names a field,
 * or null for none, the sentence is not searched for one.
 */
export type SystemReader = {
  read?(answer: Answer): Fault[] | null;
  refine?(fault: Fault, answer: Answer): Partial<Fault>;
};
