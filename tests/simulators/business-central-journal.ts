import { randomUUID } from 'node:crypto';
import { isDay } from './books.ts';
import type { Books } from './books.ts';
import { ODataError } from './odata.ts';

/** A number exactly as it was written in the JSON; a float would round an amount. */
export type Literal = { literal: string };

/** Parses JSON, keeping every number as it was written. */
export function parseExact(text: string): unknown {
  const keep = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? { literal: context?.source ?? String(value) } : value;
  return JSON.parse(text, keep);
}

const isLiteral = (value: unknown): value is Literal => typeof value === 'object' && value !== null && 'literal' in value;

/** Writes what `parseExact` read: numbers as they were. */
export function writeExact(value: unknown): string {
  if (isLiteral(value)) return value.literal;
  if (Array.isArray(value)) return `[${value.map(writeExact).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${writeExact(item)}`).join(',')}}`;
}

export type Line = Record<string, unknown> & { id: string; documentNumber: string };

const BLANK = '00000000-0000-0000-0000-000000000000';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ACCOUNT_TYPES = ['G/L Account', 'Customer', 'Vendor', 'Bank Account', 'Fixed Asset', 'IC Partner', 'Employee'];

type Property = {
  type: 'Edm.String' | 'Edm.Guid' | 'Edm.Date' | 'Edm.Decimal' | 'Edm.Int32' | 'option' | 'lines';
  length?: number;
  code?: boolean;
};

/**
 * https://learn.microsoft.com/en-us/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_journalline
 * Lengths from the table behind it:
 * https://microsoft.github.io/BCApps/reference/base-application/Table/Microsoft.Finance.GeneralLedger.Journal.Gen.-Journal-Line.html
 */
const PROPERTIES: Record<string, Property> = {
  id: { type: 'Edm.Guid' },
  journalId: { type: 'Edm.Guid' },
  journalDisplayName: { type: 'Edm.String', length: 10 },
  lineNumber: { type: 'Edm.Int32' },
  accountType: { type: 'option' },
  accountId: { type: 'Edm.Guid' },
  accountNumber: { type: 'Edm.String', length: 20, code: true },
  postingDate: { type: 'Edm.Date' },
  documentNumber: { type: 'Edm.String', length: 20, code: true },
  externalDocumentNumber: { type: 'Edm.String', length: 35, code: true },
  amount: { type: 'Edm.Decimal' },
  description: { type: 'Edm.String', length: 100 },
  comment: { type: 'Edm.String', length: 250 },
  taxCode: { type: 'Edm.String', length: 20, code: true },
  balanceAccountType: { type: 'option' },
  balancingAccountId: { type: 'Edm.Guid' },
  balancingAccountNumber: { type: 'Edm.String', length: 20, code: true },
  lastModifiedDateTime: { type: 'Edm.String' },
  dimensionSetLines: { type: 'lines' },
};

const unknownProperty = (name: string, type: string): string =>
  `The property '${name}' does not exist on type 'Microsoft.NAV.${type}'. ` +
  'Make sure to only use property names that are defined by the type.';

const bad = (message: string, code = 'BadRequest'): ODataError => new ODataError(400, code, message);

function checkText(value: string, property: Property): string {
  // A Code field keeps capitals only and no blanks at its ends.
  const kept = property.code ? value.trim().toUpperCase() : value;
  if (property.length !== undefined && kept.length > property.length) {
    throw bad(
      `The length of the string is ${kept.length}, but it must be less than or equal to ${property.length} characters. Value: ${kept}`,
      'Application_StringExceededLength',
    );
  }
  return kept;
}

function checkProperty(name: string, value: unknown): unknown {
  const property = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
  if (!property) {
    throw bad(
      unknownProperty(name, 'journalLine'),
    );
  }
  const wrongType = bad(
    `Cannot convert a primitive value to the expected type '${property.type}'. See the inner exception for more details.`,
  );
  switch (property.type) {
    case 'Edm.Decimal':
      if (!isLiteral(value)) throw wrongType;
      return value;
    case 'Edm.Int32':
      if (!isLiteral(value) || !/^-?\d{1,9}$/.test(value.literal)) throw wrongType;
      return value;
    case 'lines':
      if (!Array.isArray(value)) throw wrongType;
      return value;
    default:
      if (typeof value !== 'string') throw wrongType;
  }
  if (property.type === 'Edm.Guid' && !GUID.test(value)) {
    throw bad(
      'Invalid format of GUID string. The correct format of the GUID string is: CDEF7890-ABCD-0123-1234-567890ABCDEF ' +
        'where 0-9, A-F symbolizes hexadecimal digits.',
      'Application_InvalidGUID',
    );
  }
  if (property.type === 'Edm.Date' && !isDay(value)) throw bad('Unable to convert value to Date');
  if (property.type === 'option' && !ACCOUNT_TYPES.includes(value)) {
    throw bad(`'${value}' is not an option. The existing options are: ${ACCOUNT_TYPES.join(',')}`, 'Unknown');
  }
  return property.type === 'Edm.String' ? checkText(value, property) : value;
}

function relation(caption: string, value: string, known: Set<string>): void {
  if (value !== '' && !known.has(value)) {
    throw bad(
      `The field ${caption} of table Gen. Journal Line contains a value (${value}) ` +
        'that cannot be found in the related table (G/L Account).',
      'Internal_InvalidTableRelation',
    );
  }
}

export type JournalOptions = { clock: () => Date; dimensions: Record<string, 'costCenters' | 'projects'>; checkPeriod: 'insert' | 'post' };

/** The lines of one journal, and the general ledger they are posted to. */
export type Journal = {
  id: string;
  insert(body: unknown): Line;
  lines(): Line[];
  byDocument(numbers: string[]): Line[];
  entries(): Line[];
  entriesByDocument(numbers: string[]): Line[];
  post(): void;
};

export function createJournal(id: string, name: string, books: Books, options: JournalOptions): Journal {
  let open = new Map<string, Line>();
  let documents = new Map<string, Line[]>();
  const posted: Line[] = [];
  const postedDocuments = new Map<string, Line[]>();
  let lastLine = 0;

  function checkDimensions(given: unknown): string | null {
    let costCenter: string | null = null;
    for (const one of Array.isArray(given) ? (given as Record<string, unknown>[]) : []) {
      const unknown = Object.keys(one).find((property) =>
        !['code', 'valueCode', 'id', 'valueId', 'parentId', 'parentType'].includes(property)
      );
      if (unknown) {
        throw bad(
          unknownProperty(unknown, 'dimensionSetLine'),
        );
      }
      const [code, value] = [one.code, one.valueCode].map((given) => (typeof given === 'string' ? given.toUpperCase() : '')) as [
        string,
        string,
      ];
      const set = options.dimensions[code];
      if (!set) {
        throw new ODataError(
          404,
          'Internal_RecordNotFound',
          `The Dimension does not exist. Identification fields and values: Code='${code}'`,
        );
      }
      if (!books[set].has(value)) {
        throw new ODataError(
          404,
          'Internal_RecordNotFound',
          `The Dimension Value does not exist. Identification fields and values: Dimension Code='${code}',Code='${value}'`,
        );
      }
      if (set === 'costCenters') costCenter = value;
    }
    return costCenter;
  }

  function checkPeriod(date: string, line: number): void {
    if (!books.isOpen(date)) {
      throw bad(
        'Posting Date is not within your range of allowed posting dates in Gen. Journal Line ' +
          `Journal Template Name='GENERAL',Journal Batch Name='${name}',Line No.='${line}'.`,
        'Application_FieldValidationException',
      );
    }
  }

  const add = (index: Map<string, Line[]>, line: Line): void => {
    const same = index.get(line.documentNumber);
    if (same) same.push(line);
    else index.set(line.documentNumber, [line]);
  };
  const among = (index: Map<string, Line[]>, numbers: string[]): Line[] =>
    numbers.flatMap((number) => index.get(number.toUpperCase()) ?? []);

  return {
    id,
    insert(body) {
      if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bad('Invalid Request Body');
      const given = Object.fromEntries(Object.entries(body).map(([property, value]) => [property, checkProperty(property, value)]));
      const text = (property: string): string => (typeof given[property] === 'string' ? given[property] : '');
      relation('Account No.', text('accountNumber'), books.accounts);
      relation('Bal. Account No.', text('balancingAccountNumber'), books.accounts);
      if (text('taxCode') && !books.taxCodes.has(text('taxCode'))) {
        throw bad(
          `The field VAT Prod. Posting Group of table Gen. Journal Line contains a value (${
            text('taxCode')
          }) that cannot be found in the related table (VAT Product Posting Group).`,
          'Internal_InvalidTableRelation',
        );
      }
      const costCenter = checkDimensions(given.dimensionSetLines);
      const lineNumber = isLiteral(given.lineNumber) ? Number(given.lineNumber.literal) : lastLine + 10_000;
      const date = text('postingDate');
      if (options.checkPeriod === 'insert' && date) checkPeriod(date, lineNumber);
      lastLine = Math.max(lastLine, lineNumber);
      const amount = isLiteral(given.amount) ? given.amount.literal : '0';
      const { dimensionSetLines: _, ...own } = given;
      const line: Line = {
        id: randomUUID(),
        journalId: id,
        journalDisplayName: name,
        lineNumber: { literal: String(lineNumber) },
        accountType: 'G/L Account',
        accountId: BLANK,
        accountNumber: '',
        postingDate: '0001-01-01',
        externalDocumentNumber: '',
        amount: { literal: '0' },
        description: '',
        comment: '',
        taxCode: '',
        balanceAccountType: 'G/L Account',
        balancingAccountId: BLANK,
        balancingAccountNumber: '',
        ...own,
        documentNumber: text('documentNumber'),
        lastModifiedDateTime: options.clock().toISOString(),
      };
      open.set(line.id, line);
      add(documents, line);
      books.take({
        id: line.id,
        key: line.documentNumber || null,
        account: text('accountNumber'),
        costCenter,
        amount,
        currency: null,
        date,
        text: text('description'),
        at: options.clock().toISOString(),
      });
      return line;
    },
    lines: () => [...open.values()],
    byDocument: (numbers) => among(documents, numbers),
    entries: () => posted,
    entriesByDocument: (numbers) => among(postedDocuments, numbers),
    post() {
      for (const line of open.values()) checkPeriod(String(line.postingDate), Number((line.lineNumber as Literal).literal));
      for (const line of open.values()) {
        const negative = (line.amount as Literal).literal.startsWith('-');
        const absolute: Literal = { literal: (line.amount as Literal).literal.replace(/^-/, '') };
        const entry: Line = {
          id: randomUUID(),
          entryNumber: { literal: String(posted.length + 1) },
          postingDate: line.postingDate,
          documentNumber: line.documentNumber,
          documentType: ' ',
          accountId: line.accountId,
          accountNumber: line.accountNumber,
          description: line.description,
          debitAmount: negative ? { literal: '0' } : absolute,
          creditAmount: negative ? absolute : { literal: '0' },
          lastModifiedDateTime: options.clock().toISOString(),
        };
        posted.push(entry);
        add(postedDocuments, entry);
      }
      open = new Map();
      documents = new Map();
    },
  };
}
