import { isDay } from './books.ts';
import type { Books } from './books.ts';

export type ValidationMessage = { field: string | null; message: string; path?: string };

export class TripletexError extends Error {
  status: number;
  code: number;
  messages: ValidationMessage[];
  constructor(status: number, code: number, message: string, messages: ValidationMessage[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.messages = messages;
  }
}

/** Code 18000, with the sentence that says nothing on top and the one that does below. */
export const failed = (field: string | null, message: string, path?: string): TripletexError =>
  new TripletexError(422, 18_000, 'Validering feilet.', [path === undefined ? { field, message } : { field, message, path }]);

type Json = Record<string, unknown>;
type Options = { employees: string[]; salaryTypes: string[]; clock: () => Date };

export type HeldVoucher = { externalVoucherNumber: string | null; id: number; date: string; isPosted: boolean };

export type TripletexLedger = {
  search(path: string, query: URLSearchParams): Json[] | null;
  vouchers(): readonly HeldVoucher[];
  slips(employee: number, year: number): Json[];
  take(path: string, body: unknown, text: string, isPosted: boolean): number;
  posted(): readonly string[];
};

/** What a voucher and a posting may say: https://tripletex.no/v2-docs/ (`Voucher`, `Posting`, `SalaryTransaction`) */
const KNOWN: Record<string, string[]> = {
  voucher: ['date', 'description', 'voucherType', 'externalVoucherNumber', 'vendorInvoiceNumber', 'postings'],
  posting: [
    'row', 'date', 'description', 'account', 'department', 'project', 'vatType', 'supplier', 'employee',
    'amountGross', 'amountGrossCurrency', 'currency', 'invoiceNumber',
  ],
  transaction: ['date', 'year', 'month', 'isHistorical', 'paySlipsAvailableDate', 'payslips'],
  payslip: ['employee', 'date', 'year', 'month', 'specifications'],
  specification: ['salaryType', 'rate', 'count', 'description', 'department', 'project'],
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const digits = (value: unknown): string => (value as { literal?: string } | undefined)?.literal ?? '';
const idIn = (value: unknown): number | null => (value === undefined ? null : Number(digits((value as Json).id)));
const itemsOf = (value: unknown): Json[] => (Array.isArray(value) ? value as Json[] : []);

export function createLedger(books: Books, { employees, salaryTypes, clock }: Options): TripletexLedger {
  const held: HeldVoucher[] = [];
  const slips: { id: number; employee: number; year: number; transaction: { id: number }; specifications: { description: string }[] }[] = [];
  const texts: string[] = [];
  let next = 1_000;
  /** Ids say nothing of the number: whoever sends a number where an id belongs, fails. */
  const ids = new Map<string, number>();
  const idOf = (kind: string, number: string): number => {
    const id = ids.get(`${kind} ${number}`) ?? 900_000 + ids.size;
    ids.set(`${kind} ${number}`, id);
    return id;
  };
  const kinds: Record<string, { numbers: () => Iterable<string>; name: string; contains?: boolean; isText?: boolean }> = {
    'ledger/account': { numbers: () => books.accounts, name: 'number' },
    'department': { numbers: () => books.costCenters, name: 'departmentNumber', contains: true, isText: true },
    'project': { numbers: () => books.projects, name: 'number', isText: true },
    'ledger/vatType': { numbers: () => books.taxCodes, name: 'number', isText: true },
    'employee': { numbers: () => employees, name: 'employeeNumber', contains: true, isText: true },
    'salary/type': { numbers: () => salaryTypes, name: 'number', contains: true, isText: true },
  };

  function numberOf(kind: string, id: number | null): string | null {
    return [...kinds[kind]?.numbers() ?? []].find((number) => idOf(kind, number) === id) ?? null;
  }

  function checkNames(shape: string, object: Json): void {
    const unknown = Object.keys(object).find((name) => !KNOWN[shape]?.includes(name));
    if (unknown === undefined) return;
    throw new TripletexError(422, 16_000, 'Request mapping failed', [{ field: unknown, message: 'Feltet eksisterer ikke i objektet.' }]);
  }

  function checkDay(value: unknown, field: string): string {
    const day = text(value);
    if (!isDay(day)) throw failed(field, 'Ugyldig datoformat.');
    if (!books.isOpen(day)) throw failed(field, 'Perioden er lukket for bilagsføring.');
    return day;
  }

  function refer(kind: string, posting: Json, name: string, at: string): string | null {
    const id = idIn(posting[name]);
    if (id === null) return null;
    const number = numberOf(kind, id);
    if (number === null) throw failed(`${at.replace(/\[\d+\]/g, '')}.${name}`, 'Ugyldig verdi.', `${at}.${name}`);
    return number;
  }

  function voucher(body: Json, isPosted: boolean): number {
    checkNames('voucher', body);
    const day = checkDay(body.date, 'date');
    const postings = itemsOf(body.postings);
    if (postings.length === 0) throw failed('postings', 'Et bilag kan ikke registreres uten posteringer.');
    const read = postings.map((posting, index) => {
      checkNames('posting', posting);
      const at = `postings[${index}]`;
      if (digits(posting.row) === '' || digits(posting.row) === '0') {
        throw failed('postings.row', 'Posteringene på rad 0 (guiRow 0) er systemgenererte og kan ikke opprettes eller endres på utsiden av Tripletex.');
      }
      if (posting.account === undefined) throw failed('postings.account', 'Kan ikke være null.', `${at}.account`);
      refer('project', posting, 'project', at);
      refer('ledger/vatType', posting, 'vatType', at);
      return {
        account: refer('ledger/account', posting, 'account', at),
        department: refer('department', posting, 'department', at),
        amount: digits(posting.amountGross),
      };
    });
    const [first, second] = read;
    const isBalanced = first?.amount.replace('-', '') === second?.amount.replace('-', '') && first?.amount !== second?.amount;
    if (!isBalanced) throw failed('postings', 'Summen av posteringene er ikke lik 0.');
    const id = next++;
    const number = text(body.externalVoucherNumber) || null;
    if ((number?.length ?? 0) > 70) throw failed('externalVoucherNumber', 'Kan ikke være lengre enn 70 tegn.');
    held.push({ id, externalVoucherNumber: number, date: day, isPosted });
    books.take({
      id: String(id), key: number, account: first?.account ?? '', costCenter: first?.department ?? null, amount: first?.amount ?? '',
      currency: 'NOK', date: day, text: text(body.description), at: clock().toISOString(),
    });
    return id;
  }

  function transaction(body: Json): number {
    checkNames('transaction', body);
    const day = checkDay(body.date, 'date');
    const id = next++;
    for (const [index, slip] of itemsOf(body.payslips).entries()) {
      checkNames('payslip', slip);
      const number = refer('employee', slip, 'employee', `payslips[${index}]`);
      const specifications = itemsOf(slip.specifications).map((one) => {
        checkNames('specification', one);
        if (one.salaryType === undefined) throw failed('payslips.specifications.salaryType', 'Kan ikke være null.');
        refer('salary/type', one, 'salaryType', `payslips[${index}].specifications[0]`);
        return { description: text(one.description), amount: digits(one.rate) };
      });
      slips.push({ id: next++, employee: idIn(slip.employee) ?? 0, year: Number(day.slice(0, 4)), transaction: { id }, specifications });
      const [line] = specifications;
      books.take({
        id: String(id), key: /\[(\w+)\]$/.exec(line?.description ?? '')?.[1] ?? null, account: number ?? '', costCenter: null,
        amount: line?.amount ?? '', currency: 'NOK', date: day, text: line?.description ?? '', at: clock().toISOString(),
      });
    }
    return id;
  }

  return {
    search(path, query) {
      const kind = kinds[path];
      if (!kind) return null;
      const wanted = query.get(kind.name) ?? '';
      return [...kind.numbers()].filter((number) => (kind.contains ? number.includes(wanted) : number === wanted))
        .map((number) => ({ id: idOf(path, number), [kind.name]: kind.isText ? number : Number(number) }));
    },
    vouchers: () => held,
    slips: (employee, year) => slips.filter((one) => one.employee === employee && one.year === year),
    take(path, body, whole, isPosted) {
      const id = path === 'ledger/voucher' ? voucher(body as Json, isPosted) : transaction(body as Json);
      texts.push(whole);
      return id;
    },
    posted: () => texts,
  };
}
