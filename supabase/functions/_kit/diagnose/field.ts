import { FIELD_WORD } from './languages.ts';

/**
 * The field a sentence blames, for systems that name it nowhere else. Only shapes that many systems print are here, all of them in
 * English; a system whose sentences differ or are translated has its own in its reader.
 */

const NAME = '([\\p{L}_][\\p{L}\\p{N}_.\\[\\] -]{0,60}?)';
const KIND = '(?:field|property|parameter|param|column|attribute|argument)';
const QUOTED = `["'“‘\`«]${NAME}["'”’\`»]`;
/** What is said of a field, as opposed to what is said of a value. */
const BLAME = [
  '(?:is|are|was|has|have) (?:not )?(?:an? )?(?:required|missing|mandatory|invalid|incorrect|blank|empty|unknown|null)',
  '(?:is|are|was|has|have) (?:not )?(?:an? )?(?:allowed|valid|unique|too)',
  '(?:must|should|may not|can\'t|cannot|can not|could not) (?:not )?(?:be|have|exceed|contain|start|match|exist)',
  'does(?: not|n\'t) exist',
].join('|');
/** What is said only of a field, so that the words before it may be a label: "Personal Email must be unique". */
const LABEL_BLAME = [
  'is required', 'is mandatory', 'is missing', '(?:must not|cannot|can\'t|can not) be (?:blank|empty|null)', 'must be unique',
  'must have a value', 'has already been taken',
].join('|');
const NOT_NAMES = new RegExp(`^(?:${[
  'an? ', 'the ', 'this ', 'that ', 'it', 'there', 'you', 'we', 'values?', 'field', 'property', 'parameter', 'column', 'request',
  'body', 'record',
  'input', 'data', 'object', 'name of', 'json', 'user(?! \\p{L})', 'page', 'one', 'some', 'all', 'at least', 'no', 'please',
].join('|')})(?![\\p{L}\\p{N}_])`, 'iu');
const IDENTIFIER = '[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[a-z]\\w*(?:\\.[a-z]\\w*)+';
const ADDED = '(?:requested|provided|specified|given|found|sent)';
const NO_SUCH = 'unknown|unrecognized|invalid|missing|unexpected|no such';

type Shape = { pattern: RegExp; needs?: string };

const SHAPES: Shape[] = [
  { pattern: /\[json-pointer:([^\]]{1,100})\]/ },
  // Only the first sentence blames; what follows gives advice.
  { pattern: /^(?:(?!\. )[^`]){0,200}`([\w.[\]-]{1,60})`/, needs: '`' },
  { pattern: new RegExp(`(?<!\\p{L})(?:${KIND}|${FIELD_WORD})(?: named| name|s)?:? ${QUOTED}`, 'iu') },
  { pattern: new RegExp(`${QUOTED} ${KIND}\\b`, 'iu') },
  { pattern: new RegExp(`(?:^|[:.;] |\\bof )${QUOTED} (?:${BLAME})`, 'iu') },
  { pattern: new RegExp(`\\b(?:${NO_SUCH}) ${KIND}s?(?: ${ADDED})?:? ["'\`]?(?!${ADDED}\\b)([\\w.]{1,60}?)["'\`]?(?:[.,;:]?(?:\\s|$))`, 'i') },
  { pattern: new RegExp(`(?:^|[\\s(])((?:${IDENTIFIER})) (?:${BLAME})`) },
  { pattern: new RegExp(`^([a-z]\\w{1,40}) (?:${BLAME})`) },
  { pattern: new RegExp(`^([A-Z][\\w.]*(?: [A-Za-z][\\w.]*){0,4}?) (?:${LABEL_BLAME})`) },
  { pattern: /^(?!token|key|session|signature|password|credentials?|url|payload|domain)([A-Z][a-z]\w{0,40}) is (?:invalid|not valid|too long|too short)\b/i },
  { pattern: /^The ["']([A-Z_a-z][\w.]{0,60})["'] \w+ .{0,80}?\b(?:is|was|must|should|cannot) / },
  { pattern: /^([A-Z][\w ]{0,40}): (?:is|are|has|must|should|may|cannot|can't|does) / },
  { pattern: /^Could not find ([A-Z][\w ]{0,60}?): / },
  { pattern: /^([A-Z][\w ]{0,60}?) not found: \S/ },
  { pattern: /\b(?:field|parameter|property|column|attribute)\b[^:]{0,80}: ([a-z_][\w.]{0,60})\.?$/i },
  { pattern: /^The (?!following|same|required|given|specified|provided)([a-z_][\w.]{0,60}) (?:field|property|parameter|column|attribute) (?:is|was|must|should|cannot|can't|may|does)\b/i },
  { pattern: new RegExp(`\\b(?:the|for) (${IDENTIFIER}) (?:field|property|parameter|column|attribute)\\b`) },
  { pattern: /\bfor this field\.? \(([\w ]{1,60})\)/i },
  { pattern: /\b(?:required|missing|mandatory) (?:fields?|attributes?|propert(?:y|ies)|parameters?)\b[^:[]{0,40}: ?\[([\w.]{1,60})/i },
];

export function fieldInText(message: string): string | null {
  for (const { pattern, needs } of SHAPES) {
    if (needs !== undefined && !message.includes(needs)) continue;
    const field = pattern.exec(message)?.[1]?.trim();
    if (field !== undefined && field !== '' && !NOT_NAMES.test(field) && !/ (?:or|and) /.test(field)) return field.replace(/^\//, '');
  }
  return null;
}
