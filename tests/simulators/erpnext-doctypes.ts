import { randomUUID } from 'node:crypto';
import { isDay } from './books.ts';
import type { Books, LedgerEntry } from './books.ts';

/** An error as Frappe raises it: `html` is what the user is shown, `exception` what the exception itself says. */
export class FrappeError extends Error {
  status: number;
  type: string;
  html: string;
  exception: string;
  constructor(status: number, type: string, exception: string, html = exception) {
    super(exception);
    this.status = status;
    this.type = type;
    this.exception = exception.replace(/<\/?\w+>/g, '');
    this.html = html;
  }
}

export type Doc = Record<string, unknown>;

export type DoctypeOptions = {
  /** The custom field for keys; null for a site where nobody has made it. */
  keyField?: string | null;
  isUnique?: boolean;
  company?: string;
  employees?: string[];
  expenseTypes?: string[];
};

type Field = { label: string; link?: 'Account' | 'Cost Center' | 'Project' | 'Employee' | 'Expense Claim Type' | 'Company'; required?: boolean };
type Doctype = { series: string; fields: Record<string, Field>; table: string; row: Record<string, Field> };

/** Of ERPNext's doctypes the fields that matter here: https://github.com/frappe/erpnext and https://github.com/frappe/hrms */
const DOCTYPES: Record<string, Doctype> = {
  'Journal Entry': {
    series: 'ACC-JV-2017-',
    fields: {
      company: { label: 'Company', link: 'Company', required: true },
      posting_date: { label: 'Posting Date', required: true },
      cheque_no: { label: 'Reference Number' },
      user_remark: { label: 'User Remark' },
      pay_to_recd_from: { label: 'Pay To / Recd From' },
    },
    table: 'accounts',
    row: {
      account: { label: 'Account', link: 'Account', required: true },
      cost_center: { label: 'Cost Center', link: 'Cost Center' },
      project: { label: 'Project', link: 'Project' },
      debit_in_account_currency: { label: 'Debit' },
      credit_in_account_currency: { label: 'Credit' },
    },
  },
  'Expense Claim': {
    series: 'HR-EXP-2017-',
    fields: {
      company: { label: 'Company', link: 'Company', required: true },
      posting_date: { label: 'Posting Date', required: true },
      employee: { label: 'From Employee', link: 'Employee', required: true },
      expense_approver: { label: 'Expense Approver' },
    },
    table: 'expenses',
    row: {
      expense_type: { label: 'Expense Claim Type', link: 'Expense Claim Type', required: true },
      expense_date: { label: 'Expense Date' },
      description: { label: 'Description' },
      cost_center: { label: 'Cost Center', link: 'Cost Center' },
      amount: { label: 'Amount', required: true },
      sanctioned_amount: { label: 'Sanctioned Amount' },
    },
  },
};

const numberOf = (value: unknown): string => (value as { literal?: string } | undefined)?.literal ?? '0';
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export type Doctypes = {
  transaction(docs: Doc[]): { entry: Omit<LedgerEntry, 'at'> }[];
  list(doctype: string, fields: string[], filters: [string, string, unknown][]): Doc[];
  all(doctype: string): Doc[];
  counts(): [string, string][];
};

export function createDoctypes(books: Books, options: DoctypeOptions): Doctypes {
  const keyField = options.keyField === undefined ? 'custom_syncward_key' : options.keyField;
  const isUnique = options.isUnique ?? true;
  const links: Record<NonNullable<Field['link']>, Set<string>> = {
    'Account': books.accounts,
    'Cost Center': books.costCenters,
    'Project': books.projects,
    'Employee': new Set(options.employees ?? []),
    'Expense Claim Type': new Set(options.expenseTypes ?? []),
    'Company': new Set([options.company ?? 'Blindes Forbund']),
  };
  const tables = new Map<string, Doc[]>(Object.keys(DOCTYPES).map((doctype) => [doctype, []]));

  const tableOf = (doctype: string): Doc[] => {
    const table = tables.get(doctype);
    if (!table) throw new FrappeError(404, 'DoesNotExistError', `DocType <b>${doctype}</b> not found`);
    return table;
  };

  /** Frappe keeps what the doctype has a field for, and drops the rest without a word. */
  function kept(doc: Doc, fields: Record<string, Field>, row: number | null): Doc {
    const where = row === null ? '' : `Row #${row}: `;
    for (const [name, { label, link, required }] of Object.entries(fields)) {
      const value = doc[name];
      if (required && (value === undefined || value === '')) {
        throw new FrappeError(417, 'MandatoryError', `[${text(doc.doctype) || 'row'}, new]: ${name}`, `Error: Value missing for ${where}${label}`);
      }
      if (link && value !== undefined && !links[link].has(text(value))) {
        throw new FrappeError(417, 'LinkValidationError', `Could not find ${where}<strong>${label}</strong>: ${text(value)}`);
      }
      if (typeof value === 'string' && value.length > 140 && !/remark|description/.test(name)) {
        const html = `'${label}' (${value.slice(0, 10)}…) will get truncated, as max characters allowed is 140`;
        throw new FrappeError(417, 'CharacterLengthExceededError', html);
      }
    }
    const own = Object.entries(doc).filter(([name]) => name in fields || (row === null && name === keyField));
    return Object.fromEntries(own);
  }

  function checkBooks(doc: Doc, rows: Doc[]): void {
    const day = text(doc.posting_date);
    if (!isDay(day)) throw new FrappeError(417, 'DataError', `Incorrect date value: '${day}' for column 'posting_date' at row 1`);
    if (!books.isOpen(day)) {
      throw new FrappeError(417, 'ClosedAccountingPeriod', 'You cannot create or cancel any accounting entries within in the closed Accounting Period <b>2016</b>');
    }
    const sum = (side: string): string => rows.map((row) => numberOf(row[side])).filter((one) => one !== '0').join('+');
    const [debit, credit] = [sum('debit_in_account_currency'), sum('credit_in_account_currency')];
    if (debit !== credit) throw new FrappeError(417, 'ValidationError', 'Total Debit must be equal to Total Credit.');
  }

  function insert(doc: Doc): { doc: Doc; entry: Omit<LedgerEntry, 'at'> } {
    const doctype = text(doc.doctype);
    const table = tableOf(doctype);
    const shape = DOCTYPES[doctype] as Doctype;
    const key = keyField === null ? null : text(doc[keyField]) || null;
    if (isUnique && key !== null && table.some((other) => other[keyField ?? ''] === key)) {
      throw new FrappeError(417, 'UniqueValidationError', `('${doctype}', 'new', IntegrityError(1062, "Duplicate entry '${key}'"))`, 'Syncward Key must be unique');
    }
    const rows = (Array.isArray(doc[shape.table]) ? doc[shape.table] as Doc[] : []).map((row, index) => kept(row, shape.row, index + 1));
    if (rows.length === 0) throw new FrappeError(417, 'MandatoryError', `[${doctype}, new]: ${shape.table}`, `Error: Data missing in table: ${shape.table}`);
    const own: Doc = { ...kept(doc, shape.fields, null), name: `${shape.series}${String(table.length + 1).padStart(5, '0')}`, [shape.table]: rows };
    if (doctype === 'Journal Entry') checkBooks(own, rows);
    table.push(own);
    const [row = {}] = rows;
    const credit = numberOf(row.credit_in_account_currency);
    const entry = {
      id: text(own.name),
      key,
      account: text(row.account ?? row.expense_type),
      costCenter: text(row.cost_center) || null,
      amount: credit === '0' ? numberOf(row.debit_in_account_currency ?? row.amount) : `-${credit}`,
      currency: null,
      date: text(own.posting_date),
      text: text(own.user_remark ?? row.description),
    };
    return { doc: own, entry };
  }

  return {
    transaction(docs) {
      const before = new Map([...tables].map(([doctype, table]) => [doctype, [...table]]));
      try {
        return docs.map(insert);
      } catch (error) {
        for (const [doctype, table] of before) tables.set(doctype, table);
        throw error;
      }
    },
    list(doctype, fields, filters) {
      if (doctype === 'Custom Field') return keyField === null ? [] : [{ name: randomUUID(), unique: isUnique ? { literal: '1' } : { literal: '0' } }];
      const known = ['name', ...Object.keys(DOCTYPES[doctype]?.fields ?? {}), ...(keyField === null ? [] : [keyField])];
      const unknown = [...fields, ...filters.map(([field]) => field)].find((field) => !known.includes(field));
      const rows = tableOf(doctype);
      if (unknown !== undefined) throw new FrappeError(417, 'DataError', `Field not permitted in query: ${unknown}`);
      const isWanted = (row: Doc): boolean => filters.every(([field, operator, value]) =>
        (operator === 'in' ? (value as unknown[]).includes(row[field]) : row[field] === value));
      return rows.filter(isWanted).map((row) => Object.fromEntries(fields.map((field) => [field, row[field] ?? null])));
    },
    all: (doctype) => tableOf(doctype),
    counts: () => [...tables].map(([doctype, table]) => [doctype, String(table.length)]),
  };
}
