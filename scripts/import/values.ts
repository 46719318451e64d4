/** What became of one cell: its value in our own form, or why it can't be read. */
export type Parsed = { value: string } | { reason: string };

/** How a column writes numbers: the decimal sign, and the thousands sign only where the file really uses one. */
export type NumberFormat = { decimal: '.' | ','; thousands?: '.' | ',' | ' ' | "'" };

const SPACES = /[\u0020\u00a0\u2009\u202f]/g;
/** What the outbox takes. */
const MAX_INTEGER_DIGITS = 18;
const MAX_DECIMALS = 9;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function numberShape(format: NumberFormat): RegExp {
  const grouped = format.thousands === undefined ? '' : `|\\d{1,3}(?:${escaped(format.thousands)}\\d{3})+`;
  return new RegExp(`^([+-]?)(\\d+${grouped})(?:${escaped(format.decimal)}(\\d+))?$`);
}

/**
 * Makes the reader of one number format. The result is decimal text with at least two decimals and no padding beyond
 * them, so that "8151.9" and "8 151,90" are the same amount; it never passes through a float.
 */
export function numberReader(format: NumberFormat): (text: string) => Parsed {
  const shape = numberShape(format);
  const named = `a number with "${format.decimal}" before the decimals`
    + (format.thousands === undefined ? ' and nothing between the thousands' : ` and "${format.thousands}" between the thousands`);
  return function readNumber(text) {
    // Spreadsheets write a typographic minus and no-break spaces; both are only other spellings of the same sign.
    const match = shape.exec(text.replace(SPACES, ' ').replace('\u2212', '-'));
    if (!match) return { reason: `"${text}" is not ${named}` };
    const [, sign, grouped = '', decimals = ''] = match;
    const whole = grouped.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
    const rest = decimals.replace(/0+$/, '').padEnd(2, '0');
    if (whole.length > MAX_INTEGER_DIGITS || rest.length > MAX_DECIMALS) {
      return { reason: `"${text}" has more than ${MAX_INTEGER_DIGITS} digits before or ${MAX_DECIMALS} after the decimal sign` };
    }
    const negative = sign === '-' && /[1-9]/.test(whole + rest);
    return { value: `${negative ? '-' : ''}${whole}.${rest}` };
  };
}

const DATE_PARTS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  DD: '(?<day>\\d{2})',
  M: '(?<month>\\d{1,2})',
  D: '(?<day>\\d{1,2})',
};
const DATE_TOKENS = /YYYY|MM|DD|M|D/g;

/** True for a format that names year, month and day once each, such as `DD/MM/YYYY`, `D.M.YYYY` or `YYYYMMDD`. */
export function isDateFormat(format: string): boolean {
  const tokens = (format.match(DATE_TOKENS) ?? []).map((token) => token[0]).sort().join('');
  return tokens === 'DMY' && !/[A-Za-z0-9]/.test(format.replace(DATE_TOKENS, ''));
}

/** Makes the reader of one date format; the result is an ISO date. A day the calendar doesn't have is refused. */
export function dateReader(format: string): (text: string) => Parsed {
  const pattern = escaped(format).replace(DATE_TOKENS, (token) => DATE_PARTS[token] ?? token);
  const shape = new RegExp(`^${pattern}$`);
  return function readDate(text) {
    const { year = '', month = '', day = '' } = shape.exec(text)?.groups ?? {};
    if (year === '') return { reason: `"${text}" is not a date written ${format}` };
    if (!isCalendarDay(Number(year), Number(month), Number(day))) return { reason: `"${text}" is not a day in the calendar` };
    return { value: `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` };
  };
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1900 && year <= 2199 && days !== undefined && day >= 1 && day <= days;
}

/** Adds decimal texts exactly, whatever their number of decimals; start from `0.00`. */
export function addAmounts(left: string, right: string): string {
  const sum = toUnits(left) + toUnits(right);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(MAX_DECIMALS + 1, '0');
  const decimals = digits.slice(-MAX_DECIMALS).replace(/0+$/, '').padEnd(2, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -MAX_DECIMALS)}.${decimals}`;
}

function toUnits(amount: string): bigint {
  const [whole = '0', decimals = ''] = amount.replace('-', '').split('.');
  const value = BigInt(whole + decimals.padEnd(MAX_DECIMALS, '0'));
  return amount.startsWith('-') ? -value : value;
}
