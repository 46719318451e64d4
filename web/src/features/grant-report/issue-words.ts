import type { Locale } from '../../lib/format.ts';
import type { Issue } from './form/check.ts';

type Sentence = (issue: Issue) => string;

const nb: Sentence = ({ title, wrong }) => {
  switch (wrong.is) {
    case 'missing': return `«${title}» mangler.`;
    case 'not_one_value': return `«${title}» må være én verdi.`;
    case 'unwritable': return `«${title}» har tegn som ingen fil kan inneholde.`;
    case 'too_long': return `«${title}» har ${wrong.length} tegn; høyst ${wrong.bound} tas imot.`;
    case 'too_short': return `«${title}» har ${wrong.length} tegn; det skal være minst ${wrong.bound}.`;
    case 'pattern': return `«${title}» er «${wrong.value}»; det skal være ${wrong.says?.nb ?? `på formen ${wrong.pattern}`}.`;
    case 'no_choice': return `«${title}» er «${wrong.value}»; det finnes ${wrong.choices.join(', ')}.`;
    case 'no_day': return `«${title}» er «${wrong.value}»; det skal være en dag skrevet ÅÅÅÅ-MM-DD.`;
    case 'no_number': return `«${title}» er «${wrong.value}»; det skal være et tall.`;
    case 'decimals': return `«${title}» er «${wrong.value}»; det kan ha ${wrong.bound === 0 ? 'ingen' : wrong.bound} desimaler.`;
    case 'too_small': return `«${title}» er «${wrong.value}»; det skal være minst ${wrong.bound}.`;
    case 'too_large': return `«${title}» er «${wrong.value}»; det skal være høyst ${wrong.bound}.`;
    case 'too_few': return `Rapporten har ${wrong.rows} rader; det skal være minst ${wrong.bound}.`;
    case 'too_many': return `Rapporten har ${wrong.rows} rader; høyst ${wrong.bound} tas imot.`;
    case 'currency': return `Beløpet er i ${wrong.value}; rapporten er i ${wrong.bound}.`;
    case 'repeated': return `«${title}» er den samme som i rad ${wrong.row}.`;
    case 'no_sum': return `«${title}» er ${wrong.value}; radene summerer til ${wrong.sum}.`;
  }
};

const en: Sentence = ({ title, wrong }) => {
  switch (wrong.is) {
    case 'missing': return `“${title}” is missing.`;
    case 'not_one_value': return `“${title}” must be one value.`;
    case 'unwritable': return `“${title}” holds characters no file can hold.`;
    case 'too_long': return `“${title}” has ${wrong.length} characters; at most ${wrong.bound} are taken.`;
    case 'too_short': return `“${title}” has ${wrong.length} characters; at least ${wrong.bound} are asked for.`;
    case 'pattern': return `“${title}” is “${wrong.value}”; it must be ${wrong.says?.en ?? `of the form ${wrong.pattern}`}.`;
    case 'no_choice': return `“${title}” is “${wrong.value}”; there are ${wrong.choices.join(', ')}.`;
    case 'no_day': return `“${title}” is “${wrong.value}”; it must be a day written YYYY-MM-DD.`;
    case 'no_number': return `“${title}” is “${wrong.value}”; it must be a number.`;
    case 'decimals': return `“${title}” is “${wrong.value}”; it may have ${wrong.bound === 0 ? 'no' : wrong.bound} decimals.`;
    case 'too_small': return `“${title}” is “${wrong.value}”; it must be at least ${wrong.bound}.`;
    case 'too_large': return `“${title}” is “${wrong.value}”; it must be at most ${wrong.bound}.`;
    case 'too_few': return `The report has ${wrong.rows} rows; at least ${wrong.bound} are asked for.`;
    case 'too_many': return `The report has ${wrong.rows} rows; at most ${wrong.bound} are taken.`;
    case 'currency': return `The amount is in ${wrong.value}; the report is in ${wrong.bound}.`;
    case 'repeated': return `“${title}” is the same as in row ${wrong.row}.`;
    case 'no_sum': return `“${title}” is ${wrong.value}; the rows come to ${wrong.sum}.`;
  }
};

/** What is wrong, as a sentence; the form's own names and the values stay as they are. */
export const issueWords: Record<Locale, Sentence> = { nb, en };
