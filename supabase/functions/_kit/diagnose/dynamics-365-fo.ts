import { FIELD_WORD, TAKEN } from './languages.ts';
import type { Category, Fault, SystemReader } from './types.ts';

/**
 * Finance and operations wraps what X++ said: "Write failed for table row of type 'Entity'. Infolog: Warning: …; Error: …", under
 * an outer message that is always "An error has occurred." A refused value comes with status 400 or 500 alike.
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/odata
 */
export const dynamics365Fo: SystemReader = {
  refine(fault: Fault): Partial<Fault> {
    const said = linesOf(fault.message);
    const line = said.find((one) => !NOISE.test(one)) ?? said[0] ?? fault.message;
    const message = line.replace(/\.{2,}$/, '.');
    return { message, field: fault.field ?? fieldIn(message) ?? validatedField(fault.message), ...judged(fault, message) };
  },
};

const WRAPPER = /^(?:Exception occurred while executing action .{1,200}? on Entity [\w.]{1,100}: |(?:Write|Update|Delete|Insert) (?:validation )?failed for table row of type '[^']{1,100}'\.\s*)/;

/** "Error: ", "Warning: " and "Info: ", in the language of the user who signs in. */
const LINE = new RegExp(`(?:;|^)\\s*(?:${[
  'Error', 'Warning', 'Info', 'Fehler', 'Warnung', 'Feil', 'Fejl', 'Fel', 'Advarsel', 'Varning', 'Virhe', 'Varoitus', 'Fout', 'Waarschuwing',
  'Erreur', 'Avertissement', 'Advertencia', 'Errore', 'Avviso', 'Erro', 'Aviso',
].join('|')})\\s?:\\s*`, 'u');

function linesOf(message: string): string[] {
  const log = message.indexOf('Infolog:');
  const text = log < 0 ? message.replace(WRAPPER, '') : message.slice(log + 'Infolog:'.length);
  return text.split(LINE).map((line) => line.trim().replace(/;$/, '')).filter((line) => line !== '');
}

/** What the framework adds behind the reason. */
const NOISE = /\bvalidate(?:Write|Field|Delete)\b|^(?:Update has been cancel|The entity record could not be |Error processing|Number of (?:errors|warnings))/i;

function validatedField(message: string): string | null {
  return /\bvalidateField\b[^';]{0,60}'([^']{1,100})'/.exec(message)?.[1] ?? null;
}

const FIELDS = [
  new RegExp(`(?<!\\p{L})${FIELD_WORD} ['"]([^'"]{1,60})['"]`, 'iu'),
  /^([A-Z][\w ]{1,60}?) must be (?:filled in|specified)/,
  /^Inventory dimension ([\w ]{1,60}?) is mandatory/,
  /^The value ['"].{0,100}?['"] in ['"]([^'"]{1,60})['"]/,
  /property (?:named )?'([^']{1,60})'/,
];

function fieldIn(message: string): string | null {
  return FIELDS.flatMap((pattern) => pattern.exec(message)?.[1] ?? [])[0] ?? null;
}

const KNOWN: [Category, RegExp][] = [
  ['conflict', TAKEN],
  ['conflict', /\balready been\b|\balready (?:used|posted)\b|\bwith (?:the )?same\b|\bduplicate\b|update conflict/i],
  ['not_found', /^No resources were found|\bresource not found\b/i],
  ['permission', /\bnot (?:authori[sz]ed|permitted)\b|\baccess (?:is )?denied\b/i],
  ['schema', /could not find a property|does not exist on type|cannot convert (?:a|the) |annotation '|parsing/i],
];
/** Exceptions of the platform itself, not of a rule about the data. */
const CRASH = /timed? ?out|deadlock|object reference not set|connection|temporarily|unavailable/i;

function judged(fault: Fault, message: string): Partial<Fault> {
  if (fault.status !== null && [401, 403, 429].includes(fault.status)) return {};
  const category = KNOWN.find(([, pattern]) => pattern.test(message))?.[0];
  if (category !== undefined) return { category, retryable: false };
  const isRule = message !== fault.message || /Infolog:/.test(fault.message);
  return isRule && !CRASH.test(message) ? { category: 'validation', retryable: false } : {};
}
