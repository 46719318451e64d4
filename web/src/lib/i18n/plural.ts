/** Counts things in words: `count(2, 'record', 'records')` is `2 records`, with the language's own digits and plural rule. */
export function counter(tag: string): (n: number, one: string, other: string) => string {
  const rules = new Intl.PluralRules(tag);
  const number = new Intl.NumberFormat(tag);
  return (n, one, other) => `${number.format(n)} ${rules.select(n) === 'one' ? one : other}`;
}
