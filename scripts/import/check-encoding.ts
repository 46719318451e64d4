import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { ImportError } from './import-error.ts';
import { MAX_LINE_CHARACTERS } from './read-lines.ts';

/**
 * Reads the whole file once before anything is handed in, so that a file in another encoding is refused as a whole
 * instead of going in with mangled names.
 * @throws ImportError naming the first line that can't be read and the option that would read it.
 */
export async function checkEncoding(file: string, encoding: string): Promise<void> {
  await refuseOtherKinds(file, encoding);
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of createReadStream(file)) decoder.decode(chunk as Uint8Array, { stream: true });
    decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const where = encoding === 'utf-8' ? `line ${await firstLineThatIsNotUtf8(file)} of ${file}` : file;
    const advice = encoding === 'utf-8' ? 'If it comes from Excel or Windows, try --encoding windows-1252.' : 'Try another --encoding.';
    throw new ImportError(`${where} is not ${encoding.toUpperCase()}. ${advice}`, { cause });
  }
}

async function refuseOtherKinds(file: string, encoding: string): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const start = buffer.subarray(0, bytesRead);
    if (start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
      throw new ImportError(`${file} is a workbook or a ZIP file. Save it as CSV (UTF-8) and import that.`);
    }
    const wide = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
    if (wide && !encoding.startsWith('utf-16')) {
      throw new ImportError(`${file} is UTF-16. Try --encoding ${start[0] === 0xff ? 'utf-16le' : 'utf-16be'}.`);
    }
    if (!encoding.startsWith('utf-16') && start.includes(0)) {
      throw new ImportError(`${file} is not a text file (or UTF-16: then try --encoding utf-16le).`);
    }
  } finally {
    await handle.close();
  }
}

/** Lines can be told apart in bytes because no character of UTF-8 but the line feed itself contains its byte. */
async function firstLineThatIsNotUtf8(file: string): Promise<number> {
  let line = 1;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file)) {
    let bytes = Buffer.concat([rest, chunk as Buffer]);
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10)) {
      if (!isUtf8(bytes.subarray(0, end))) return line;
      bytes = bytes.subarray(end + 1);
      line += 1;
    }
    if (bytes.length > MAX_LINE_CHARACTERS) return line;
    rest = bytes;
  }
  return line;
}
