const NUMBER = /^-?\d{1,18}(?:\.\d{1,12})?$/;

/** Whether a text is a number that is summed up. */
export const isNumber = (text: string): boolean => NUMBER.test(text);

/** Decimal text as a whole number of its smallest parts, exactly. */
export function toDecimals(text: string, decimals: number): bigint {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = BigInt(whole + part.slice(0, decimals).padEnd(decimals, '0'));
  return sign === '-' ? -digits : digits;
}

/** The sum of decimal texts, exactly, with as many decimals as the longest of them has. */
export function sumOf(texts: readonly string[]): string {
  const decimals = texts.reduce((most, text) => Math.max(most, text.split('.')[1]?.length ?? 0), 0);
  const sum = texts.reduce((total, text) => total + toDecimals(text, decimals), 0n);
  const digits = String(sum < 0n ? -sum : sum).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return `${sum < 0n ? '-' : ''}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ''}`;
}
