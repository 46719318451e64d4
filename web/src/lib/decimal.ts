import type { Locale } from './format.ts';

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Whether text is a plain decimal number, as Postgres writes `numeric`. */
export const isDecimal = (text: string): text is `${number}` => DECIMAL.test(text);

/**
 * A number as somebody types it in their language, as Postgres writes it: Norwegians may write a comma or a point, with spaces between
 * thousands and any minus sign. Null when it is no number, or could be one of two.
 */
export function readDecimal(text: string, locale: Locale): `${number}` | null {
  const plain = text.replace(/\s/g, '').replace(/^[\u2212\u2013]/, '-');
  const isOpenToDoubt = locale === 'nb' ? /\.\d{3}$/.test(plain) : plain.includes(',');
  const number = plain.replace(',', '.');
  return !isOpenToDoubt && isDecimal(number) ? number : null;
}

function parts(text: `${number}`): { units: bigint; scale: number } {
  const [whole = '0', fraction = ''] = text.split('.');
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

/** Adds two decimals exactly; the result keeps the longer fraction. Money never passes through a float. */
export function addDecimals(a: `${number}`, b: `${number}`): `${number}` {
  const [x, y] = [parts(a), parts(b)];
  const scale = Math.max(x.scale, y.scale);
  const sum = x.units * 10n ** BigInt(scale - x.scale) + y.units * 10n ** BigInt(scale - y.scale);
  if (scale === 0) return `${sum}` as `${number}`;
  const sign = sum < 0n ? '-' : '';
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` as `${number}`;
}

export type Amount = { currency: string; amount: string; records: number };

/** Sums amounts by currency, in alphabetical order of currency. An amount that is no number is left out of the sum. */
export function sumAmounts(amounts: readonly Amount[]): Amount[] {
  const sums = new Map<string, Amount>();
  for (const { currency, amount, records } of amounts) {
    if (!isDecimal(amount)) continue;
    const sum = sums.get(currency);
    if (!sum) sums.set(currency, { currency, amount, records });
    else if (isDecimal(sum.amount)) {
      sums.set(currency, { currency, amount: addDecimals(sum.amount, amount), records: sum.records + records });
    }
  }
  return [...sums.values()].sort((a, b) => a.currency.localeCompare(b.currency));
}
