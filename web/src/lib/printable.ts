// Control characters, and the marks that turn text around: in a system's message they could hide or disguise a part of it.
// eslint reads control characters in a pattern as a mistake, hence the code points.
const isHidden = (code: number): boolean =>
  (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code < 0xa0)
  || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x200e || code === 0x200f;

/** Another system's text made safe to look at: line ends unified, invisible characters replaced by `�`. */
export function printable(text: string): string {
  const unified = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  return Array.from(unified, (char) => (isHidden(char.codePointAt(0) ?? 0) ? '\uFFFD' : char)).join('');
}
