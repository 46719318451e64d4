import type { Change, nbAdvice } from './nb-advice.ts';
import { counter } from './plural.ts';

const count = counter('en-GB');

const changed = ({ field, before, after, more }: Change): string =>
  `${field} from ${before} to ${after}${more > 0 ? ` and ${count(more, 'more field', 'more fields')}` : ''}`;

export const enAdvice: typeof nbAdvice = {
  advice: {
    categories: {
      validation: 'Correct the value here for all the records at once, or make it valid in the other system. Then retry.',
      schema: 'The field does not exist, or is of another kind than what was sent. Look over the mapping in the settings, then retry.',
      not_found: 'What the record refers to does not exist in the other system. Make it there, or correct the value here.',
      conflict: 'Something in the other system is in the way. See what is there already, so that nothing is booked twice.',
      auth: 'The credential has to be renewed. Nothing gets across before that, and waiting does not help.',
      permission: 'The credential works but lacks a right. Whoever manages access in the other system has to give it.',
      rate_limit: 'Nothing is urgent: we wait as long as the system asks, and try again by ourselves.',
      server: 'The system does not answer as it should. We try again by ourselves; it may take some hours.',
      timeout: 'The system did not answer in time. We ask it before anything is sent again.',
    },
    inSystem: (system) => `In ${system}`,
    more: (host) => `Read more at ${host} (new tab)`,
    record: 'See the record',
    cause: 'See the cause',
    last: 'Last time',
    somebody: 'somebody',
    quote: (text) => `“${text}”`,
    fixes: {
      corrected: (who, change) => `${who} corrected ${change ? changed(change) : 'a value'}, and the record got across.`,
      edited: (who, change) => `${who} edited the record${change ? `, ${changed(change)}` : ''}, and it got across.`,
      handed_in: (change) => `The record was handed in again${change ? ` with ${changed(change)}` : ''}, and got across.`,
      credential: (who) => `${who} changed the credential, and the record got across.`,
      settings: (who) => `${who} changed the settings, and the record got across.`,
      retried: (who) => `${who} retried it without changing anything, and the record got across.`,
      byItself: (after) => `It passed by itself${after ? ` after ${after}` : ''}.`,
      dismissed: (who, reason) => `${who} dismissed the record: ${reason}`,
    },
  },
};
