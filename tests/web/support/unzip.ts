import { crc32 } from 'node:zlib';
import { expect } from 'vitest';

/** The parts of a zip file, read by its directory, each held against its checksum and its own head. */
export function unzip(bytes: Uint8Array): Map<string, string> {
  const file = Buffer.from(bytes);
  const end = file.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const parts = new Map<string, string>();
  let at = file.readUInt32LE(end + 16);
  for (let count = file.readUInt16LE(end + 10); count > 0; count -= 1) {
    expect(file.toString('latin1', at, at + 4)).toBe('PK\x01\x02');
    const [size, nameLength, offset] = [file.readUInt32LE(at + 24), file.readUInt16LE(at + 28), file.readUInt32LE(at + 42)];
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    expect(file.toString('utf8', offset + 30, offset + 30 + nameLength)).toBe(name);
    expect(file.readUInt16LE(offset + 8)).toBe(0);
    const body = file.subarray(offset + 30 + nameLength, offset + 30 + nameLength + size);
    expect(crc32(body)).toBe(file.readUInt32LE(at + 16));
    parts.set(name, body.toString('utf8'));
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  expect(at).toBe(end);
  return parts;
}

/** Every tag of an XML text is closed in its order. */
export function expectWellFormed(xml: string): void {
  const open: string[] = [];
  for (const [, end, name = '', alone] of xml.replace(/<\?.*?\?>/, '').matchAll(/<(\/)?([\w:]+)(?:\s[^<>]*?)?(\/)?>/g)) {
    if (end) expect(open.pop()).toBe(name);
    else if (!alone) open.push(name);
  }
  expect(open).toEqual([]);
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** Cells by their place: the number as it is written, or the text. */
export function cells(xml: string): Record<string, string> {
  return Object.fromEntries(
    [...xml.matchAll(/<c r="([A-Z]+\d+)"([^>]*)>(.*?)<\/c>/gs)].map(([, place = '', attributes = '', inside = '']) => {
      const text = /<t xml:space="preserve">(.*)<\/t>/s.exec(inside)?.[1];
      return [place, attributes.includes('inlineStr') ? unescaped(text ?? '') : /<v>(.*)<\/v>/.exec(inside)?.[1] ?? ''];
    }),
  );
}
