/** A physical line of the file, counted from 1. `tooLong` lines carry only their beginning. */
export type Line = { number: number; text: string; tooLong: boolean };

/** No honest line is longer; without a bound, a file without line ends would be held in memory whole. */
export const MAX_LINE_CHARACTERS = 1_000_000;

const LINE_END = /\r\n|\n|\r/;

/**
 * Decodes chunks of bytes and cuts them at line ends (CRLF, LF or CR), holding one line at a time.
 * @throws TypeError when the bytes are not in the encoding.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let number = 0;
  let rest = '';
  let tooLong = false;
  const take = (text: string): Line => {
    number += 1;
    const line = { number, text: text.slice(0, MAX_LINE_CHARACTERS), tooLong: tooLong || text.length > MAX_LINE_CHARACTERS };
    tooLong = false;
    return line;
  };
  for await (const chunk of chunks) {
    const pieces = cut(rest + decoder.decode(chunk, { stream: true }));
    rest = pieces.pop() ?? '';
    for (const piece of pieces) yield take(piece);
    if (rest.length > MAX_LINE_CHARACTERS) {
      tooLong = true;
      rest = rest.slice(0, MAX_LINE_CHARACTERS);
    }
  }
  const pieces = (rest + decoder.decode()).split(LINE_END);
  if (pieces.at(-1) === '') pieces.pop();
  for (const piece of pieces) yield take(piece);
}

/** Lines cut so far, then what is left over. A CR at the very end may be half of a CRLF, so it stays with the rest. */
function cut(text: string): string[] {
  const held = text.endsWith('\r') ? '\r' : '';
  const pieces = text.slice(0, text.length - held.length).split(LINE_END);
  return [...pieces.slice(0, -1), (pieces.at(-1) ?? '') + held];
}
