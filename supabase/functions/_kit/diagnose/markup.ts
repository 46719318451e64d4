/** Reads HTML pages and XML documents without a parser library: one forward pass, bounded, never more than the text it is given. */

type Tag = { name: string; close: boolean; selfClosing: boolean; attributes: string; start: number; end: number };

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: ' ' };

const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,6}));/g;

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(ENTITY, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : whole;
  });
}

function nextTag(text: string, from: number): Tag | null {
  for (let start = text.indexOf('<', from); start >= 0; start = text.indexOf('<', start + 1)) {
    const close = text[start + 1] === '/';
    const first = text.charCodeAt(start + (close ? 2 : 1));
    const isLetter = (first >= 65 && first <= 90) || (first >= 97 && first <= 122);
    if (!isLetter) continue;
    const end = text.indexOf('>', start);
    if (end < 0) return null;
    const inner = text.slice(start + (close ? 2 : 1), end);
    const name = /^[\w:.-]+/.exec(inner)?.[0] ?? '';
    return { name, close, selfClosing: inner.endsWith('/'), attributes: inner.slice(name.length), start, end: end + 1 };
  }
  return null;
}

/** Drops every part from `open` to `close`, both included; an unclosed part takes the rest with it. */
function without(text: string, open: string, close: string): string {
  let lower = text.toLowerCase();
  if (!lower.includes(open)) return text;
  if (lower.length !== text.length) lower = text;
  const kept: string[] = [];
  let from = 0;
  for (let at = lower.indexOf(open); at >= 0; at = lower.indexOf(open, from)) {
    kept.push(text.slice(from, at));
    const end = lower.indexOf(close, at + open.length);
    if (end < 0) return kept.join(' ');
    from = end + close.length;
  }
  return [...kept, text.slice(from)].join(' ');
}

const BLOCKS = new Set(['h1', 'h2', 'h3', 'title', 'pre', 'p', 'div', 'li', 'td', 'body', 'center']);

/** The texts of a page's blocks in order, with the block each stands in. */
export function htmlBlocks(page: string): { block: string; text: string }[] {
  let text = without(page, '<!--', '-->');
  text = without(text, '<script', '</script>');
  text = without(text, '<style', '</style>');
  const blocks: { block: string; text: string }[] = [];
  let block = 'body';
  let words = '';
  const flush = (): void => {
    const line = decodeEntities(words).replace(/\s+/g, ' ').trim();
    if (line !== '' && blocks.length < 200) blocks.push({ block, text: line });
    words = '';
  };
  let at = 0;
  for (let tag = nextTag(text, 0); tag; tag = nextTag(text, at)) {
    words += text.slice(at, tag.start);
    at = tag.end;
    const name = tag.name.toLowerCase();
    if (name === 'span') words += ' ';
    if (BLOCKS.has(name) || name === 'hr' || name === 'br') {
      flush();
      if (BLOCKS.has(name)) block = tag.close ? 'body' : name;
    }
  }
  words += text.slice(at);
  flush();
  return blocks;
}

type Node = { name: string; attributes: Record<string, string>; children: Node[]; text: string };

const MAX_NODES = 5_000;
const MAX_DEPTH = 40;

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const match of text.slice(0, 2_000).matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    const name = match[1] ?? '';
    if (!/^xml|^xsi:/.test(name)) found[name.slice(name.indexOf(':') + 1)] = decodeEntities(match[2] ?? match[3] ?? '');
  }
  return found;
}

/** An XML document as a tree shaped like JSON: prefixes and namespaces dropped, repeated elements as arrays, leaves as text. */
export function xmlTree(document: string): unknown {
  const text = without(without(document, '<!--', '-->'), '<?', '?>').replaceAll('<![CDATA[', '').replaceAll(']]>', '');
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const path = [root];
  let at = 0;
  let nodes = 0;
  for (let tag = nextTag(text, 0); tag && nodes < MAX_NODES; tag = nextTag(text, at)) {
    const top = path.at(-1) ?? root;
    top.text += text.slice(at, tag.start);
    at = tag.end;
    const name = tag.name.slice(tag.name.indexOf(':') + 1);
    if (tag.close) {
      const depth = path.findLastIndex((node) => node.name === name);
      if (depth > 0) path.length = depth;
      continue;
    }
    const node: Node = { name, attributes: attributesOf(tag.attributes), children: [], text: '' };
    top.children.push(node);
    nodes += 1;
    if (!tag.selfClosing && path.length < MAX_DEPTH) path.push(node);
  }
  (path.at(-1) ?? root).text += text.slice(at);
  return plain(root);
}

function plain(node: Node): unknown {
  const text = decodeEntities(node.text).trim();
  if (node.children.length === 0 && Object.keys(node.attributes).length === 0) return text;
  const result = new Map<string, unknown>(Object.entries(node.attributes));
  if (text !== '') result.set('#text', text);
  for (const child of node.children) {
    const value = plain(child);
    const known = result.get(child.name);
    if (known === undefined) result.set(child.name, value);
    else if (Array.isArray(known)) known.push(value);
    else result.set(child.name, [known, value]);
  }
  return Object.fromEntries(result);
}
