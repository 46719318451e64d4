/** No honest answer nests deeper. */
const MAX_DEPTH = 500;

/**
 * Reads JSON that may be cut in the middle or followed by something else, because gateways and time limits do both.
 * Cost: the native parser once, and one pass over the text when that fails.
 */
export function parseLoosely(text: string): { value: unknown; rest: string; partial: boolean } | null {
  if (opensWithout(text, MAX_DEPTH)) return null;
  const whole = tryParse(text);
  if (whole) return { value: whole.value, rest: '', partial: false };
  const scan = scanValue(text);
  if (scan.end !== null) {
    const found = tryParse(text.slice(0, scan.end)) ?? tryRepaired(text.slice(0, scan.end));
    return found && { value: found.value, rest: text.slice(scan.end), partial: false };
  }
  const closers = (depth: number): string => String.fromCharCode(...scan.stack.slice(0, depth).reverse());
  const open = scan.inString ? `${text.replace(/\\u?[0-9a-fA-F]{0,3}$/, '')}"` : text;
  const attempts = [open + closers(scan.stack.length), text.slice(0, scan.comma) + closers(scan.commaDepth)];
  for (const attempt of attempts) {
    const found = tryParse(attempt) ?? tryRepaired(attempt);
    if (found) return { value: found.value, rest: '', partial: true };
  }
  return null;
}

/** Whether it begins with more open lists than any answer nests: the parser would follow each of them first. */
function opensWithout(text: string, limit: number): boolean {
  let open = 0;
  while (open <= limit && text.charCodeAt(open) === OPEN_LIST) open += 1;
  return open > limit;
}

function tryParse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Servers that build JSON by hand leave raw line ends in strings. */
function tryRepaired(text: string): { value: unknown } | null {
  const spaced = text.replace(/\p{Cc}/gu, ' ');
  return spaced === text ? null : tryParse(spaced);
}

type Scan = { end: number | null; stack: number[]; inString: boolean; comma: number; commaDepth: number };

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [34, 92, 44, 123, 125, 91, 93];

/** Follows brackets and strings: where the first value ends, or what is still open and the last comma before which all is complete. */
function scanValue(text: string): Scan {
  const scan: Scan = { end: null, stack: [], inString: false, comma: 0, commaDepth: 0 };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (scan.inString) {
      if (char === BACKSLASH) at += 1;
      else if (char === QUOTE) scan.inString = false;
    } else if (char === QUOTE) scan.inString = true;
    else if (char === OPEN) scan.stack.push(CLOSE);
    else if (char === OPEN_LIST) scan.stack.push(CLOSE_LIST);
    else if (char === COMMA) [scan.comma, scan.commaDepth] = [at, scan.stack.length];
    else if (char === CLOSE || char === CLOSE_LIST) {
      if (scan.stack.pop() !== char) return { ...scan, stack: [], comma: 0, commaDepth: 0 };
      if (scan.stack.length === 0) return { ...scan, end: at + 1 };
    }
    if (scan.stack.length > MAX_DEPTH) return { ...scan, stack: [], comma: 0, commaDepth: 0 };
  }
  return scan;
}
