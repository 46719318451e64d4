/**
 * Text from elsewhere made safe for one line: no control, format or direction-changing characters, no line breaks,
 * and at most `max` characters.
 */
export function oneLine(text: string, max: number): string {
  return cut(squash(text.slice(0, 8 * max)), max);
}

/** `oneLine` of another system's message, without what may name a person; `hidden` stands where something was taken out. */
export function withoutPersonalData(text: string, max: number, hidden: string): string {
  // Cut first, between words, so that half an address is not missed and the patterns never see megabytes.
  const head = text.length > 8 * max ? text.slice(0, 8 * max).replace(/\s\S*$/u, '') : text;
  return cut(PERSONAL.reduce((rest, pattern) => rest.replace(pattern, hidden), squash(head)), max);
}

function squash(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

function cut(text: string, max: number): string {
  const characters = [...text];
  return characters.length > max ? `${characters.slice(0, max - 1).join('').trimEnd()}…` : text;
}

/** Text as HTML text or attribute value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// What may name a person: e-mail address, Norwegian identity number (6+5 digits), bank account (4.2.5 or IBAN), telephone.
const PERSONAL = [
  /[^\s<>"'(),;:]+@[^\s<>"'(),;:]+\.[\p{L}\p{N}-]+/gu,
  /(?<!\d)\d{6}[ -]?\d{5}(?!\d)/g,
  /(?<!\d)\d{4}[. ]\d{2}[. ]\d{5}(?!\d)/g,
  /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  /(?<![\d\w])(?:\+|00)\d(?:[ ()-]*\d){6,14}(?!\d)/g,
  /(?<![\d.,-])(?:\d{8}|\d{2} \d{2} \d{2} \d{2}|\d{3} \d{2} \d{3})(?![\d.,-]*\d)/g,
];

/** True for a value that may be about a person: any of the above, a longer number, or words written like a name. */
export function looksPersonal(value: string): boolean {
  const text = value.slice(0, 500).trim();
  return text.includes('@')
    || PERSONAL.some((pattern) => text.search(pattern) >= 0)
    || /^\+?[\d\s().-]+$/.test(text) && text.replace(/\D/g, '').length >= 8
    || /^\p{Lu}[\p{L}'’-]+(?:,? \p{Lu}[\p{L}'’.-]*)+$/u.test(text);
}
