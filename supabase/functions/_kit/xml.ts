/**
 * Writes XML, and reads what a system answers. The reader takes the part of XML that systems exchange and refuses the rest: no document
 * type, and so no entity but the five every reader knows; nothing too deep, too large or half. What complaints are read with
 * (`diagnose/markup.ts`) makes the best of anything instead; data is never guessed.
 */

/** An element to be written; text and elements never stand side by side in what systems take. */
export type XmlNode = { name: string; attributes: Record<string, string>; content: string | XmlNode[] };

/** An element as it was read. Names are without their prefix; `space` is the namespace the element stands in. */
export type XmlElement = {
  name: string;
  space: string | null;
  attributes: Map<string, string>;
  children: XmlElement[];
  /** The element's own text, without that of its children. */
  text: string;
};

/** Why a document is not read. */
export class XmlProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlProblem';
  }
}

const WORD = '[\\p{L}_][\\p{L}\\p{N}._-]*';
const NAME = `${WORD}(?::${WORD})?`;
const WHOLE_NAME = new RegExp(`^${NAME}$`, 'u');
/** Tab, line feed and carriage return are the only control characters a document may hold, written out or not. */
const NO_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/u;

/** Whether XML can hold the text at all. */
export const isXmlText = (text: string): boolean => !NO_TEXT.test(text);

/** @example writeXml(tag('wd:ID', 'E-1', { 'wd:type': 'Employee_ID' })) // <wd:ID wd:type="Employee_ID">E-1</wd:ID> */
export const tag = (name: string, content: string | XmlNode[] = [], attributes: Record<string, string> = {}): XmlNode =>
  ({ name, attributes, content });

export function writeXml({ name, attributes, content }: XmlNode): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${nameOf(key)}="${escaped(value)}"`).join('');
  const inner = typeof content === 'string' ? escaped(content) : content.map(writeXml).join('');
  return inner === '' ? `<${nameOf(name)}${written}/>` : `<${nameOf(name)}${written}>${inner}</${name}>`;
}

function nameOf(name: string): string {
  if (!WHOLE_NAME.test(name)) throw new TypeError(`"${name}" is no name of an element or attribute.`);
  return name;
}

/** Line ends and tabs are written as numbers: a reader makes spaces of them in attributes, and a line feed of a carriage return. */
const ESCAPES: Record<string, string> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;', '\t': '&#9;', '\n': '&#10;', '\r': '&#13;',
};

function escaped(text: string): string {
  if (!isXmlText(text)) throw new TypeError('The text holds a character that XML cannot.');
  return text.replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

const MAX_CHARACTERS = 16_000_000;
const MAX_ELEMENTS = 400_000;
const MAX_DEPTH = 64;

/** At the place it is asked: the end of an element, or a beginning with its attributes. No two of its parts can match the same text. */
const TAG = new RegExp(`</(${NAME})\\s*>|<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'uy');
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'gu');
const DECLARATION = /^<\?xml\s[^?]*\?>/;
const XML_SPACE = 'http://www.w3.org/XML/1998/namespace';

/** An element that has not ended: with its name as it was written, and the prefixes that hold within it. */
type Open = { element: XmlElement; written: string; prefixes: ReadonlyMap<string, string> };

/** @throws XmlProblem for what is no whole document, or more than is read. */
export function readXml(document: string): XmlElement {
  if (document.length > MAX_CHARACTERS) throw new XmlProblem('It is larger than is read.');
  if (NO_TEXT.test(document)) throw new XmlProblem('It holds a character that XML cannot.');
  const text = withoutDeclaration(document.replace(/^\ufeff/, '').replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
  const path: Open[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf('<', at);
    const end = start < 0 ? text.length : start;
    if (end > at) addText(path, decoded(text.slice(at, end)));
    if (start < 0) break;
    const special = specialEnd(text, start);
    if (special !== null) {
      if (special.data !== null) addText(path, special.data, true);
      at = special.end;
      continue;
    }
    TAG.lastIndex = start;
    const match = TAG.exec(text);
    if (!match) throw new XmlProblem(`At character ${start} something begins that is no element.`);
    at = TAG.lastIndex;
    const [, closing, opening = '', attributes = '', isEmpty] = match;
    if (closing !== undefined) {
      const ended = path.pop();
      if (ended?.written !== closing) throw new XmlProblem(`At character ${start} "${closing}" ends, which is not open.`);
      continue;
    }
    elements += 1;
    if (elements > MAX_ELEMENTS || path.length >= MAX_DEPTH) throw new XmlProblem('It has more elements, or more within each other, than are read.');
    const open = opened(opening, attributes, path.at(-1)?.prefixes ?? NO_PREFIXES);
    const parent = path.at(-1)?.element;
    if (parent) parent.children.push(open.element);
    else if (root) throw new XmlProblem('It has more than one outermost element.');
    else root = open.element;
    if (isEmpty === '') path.push(open);
  }
  if (!root || path.length > 0) throw new XmlProblem('It ends before its last element does.');
  return root;
}

const NO_PREFIXES: ReadonlyMap<string, string> = new Map([['xml', XML_SPACE]]);

function withoutDeclaration(text: string): string {
  const declaration = DECLARATION.exec(text)?.[0] ?? '';
  const encoding = /\sencoding\s*=\s*["']([^"']*)["']/.exec(declaration)?.[1];
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding)) throw new XmlProblem(`It is written in ${encoding}, not in UTF-8.`);
  return text.slice(declaration.length);
}

/** Where a comment, an instruction or literal text ends, and what it holds; null for elements. */
function specialEnd(text: string, start: number): { end: number; data: string | null } | null {
  const second = text[start + 1];
  if (second !== '!' && second !== '?') return null;
  const [open, close] = second === '?' ? ['<?', '?>'] : text.startsWith('<!--', start) ? ['<!--', '-->'] : ['<![CDATA[', ']]>'];
  if (!text.startsWith(open, start)) throw new XmlProblem('It declares a document type, which is not read.');
  const end = text.indexOf(close, start + open.length);
  if (end < 0) throw new XmlProblem('It ends in the middle of a comment or of literal text.');
  return { end: end + close.length, data: open === '<![CDATA[' ? text.slice(start + open.length, end) : null };
}

function addText(path: Open[], text: string, isLiteral = false): void {
  const open = path.at(-1);
  if (open) open.element.text += text;
  else if (isLiteral || text.trim() !== '') throw new XmlProblem('It has text outside its outermost element.');
}

function opened(written: string, attributesText: string, outer: ReadonlyMap<string, string>): Open {
  const named = attributesText === '' ? NO_ATTRIBUTES : attributesIn(attributesText);
  const attributes = new Map<string, string>();
  let prefixes = outer;
  for (const [name, value] of named) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    if (prefixes === outer) prefixes = new Map(outer);
    (prefixes as Map<string, string>).set(name.slice('xmlns:'.length), value);
  }
  for (const [name, value] of named) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) attributes.set(resolved(name, prefixes, null).local, value);
  }
  const { local, space } = resolved(written, prefixes, prefixes.get('') || null);
  return { element: { name: local, space, attributes, children: [], text: '' }, written, prefixes };
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function attributesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    if (found.has(name)) throw new XmlProblem(`An element has the attribute "${name}" twice.`);
    found.set(name, decoded((double ?? single ?? '').replace(/[\t\n]/g, ' ')));
  }
  return found;
}

function resolved(name: string, prefixes: ReadonlyMap<string, string>, unprefixed: string | null): { local: string; space: string | null } {
  const colon = name.indexOf(':');
  if (colon < 0) return { local: name, space: unprefixed };
  const space = prefixes.get(name.slice(0, colon));
  if (space === undefined) throw new XmlProblem(`The prefix of "${name}" is declared nowhere.`);
  return { local: name.slice(colon + 1), space };
}

const KNOWN: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));|&/g;

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole: string, decimal?: string, hex?: string, name?: string) => {
    const point = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null;
    const character = point !== null ? characterOf(point) : Object.hasOwn(KNOWN, name ?? '') ? KNOWN[name ?? ''] : undefined;
    if (character === undefined) throw new XmlProblem(`"${whole}" stands for nothing this reader knows.`);
    return character;
  });
}

function characterOf(point: number): string | undefined {
  const character = point > 0x10ffff ? '\0' : String.fromCodePoint(point);
  return isXmlText(character) ? character : undefined;
}

/** The first element of a name inside another, in the same namespace. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name && one.space === element.space);
}

/** All of a name inside another, in the same namespace. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((one) => one.name === name && one.space === element.space) ?? [];
}

/** What is found on a way of names: `Response_Results/Total_Pages`. */
export function elementAt(element: XmlElement | undefined, way: string): XmlElement | undefined {
  return way.split('/').reduce((inner, name) => childOf(inner, name), element);
}
