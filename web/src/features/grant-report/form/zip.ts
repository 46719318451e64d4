const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

/** First of January 1980, midnight: the beginning of the format's calendar. A time of making would make every file another one. */
const DATE = 0x21;
const UTF8_NAMES = 0x800;

/** Numbers of 2 and 4 bytes, the small end first. */
function numbers(...parts: [size: 2 | 4, value: number][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(parts.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of parts) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

/**
 * A zip file of stored, uncompressed parts; the same parts give the same bytes.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.7, 4.3.12, 4.3.16)
 */
export function zip(parts: readonly (readonly [name: string, content: string])[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const body = text.encode(content);
    const path = text.encode(name);
    const facts = numbers([2, 20], [2, UTF8_NAMES], [2, 0], [2, 0], [2, DATE], [4, crc32(body)], [4, body.length], [4, body.length], [2, path.length], [2, 0]);
    files.push(text.encode('PK\x03\x04'), facts, path, body);
    directory.push(text.encode('PK\x01\x02\x14\x00'), facts, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), path);
    offset += 30 + path.length + body.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = numbers([2, 0], [2, 0], [2, parts.length], [2, parts.length], [4, size], [4, offset], [2, 0]);
  return joined([...files, ...directory, text.encode('PK\x05\x06'), end]);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
