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
    own: {
      settings_invalid: 'The settings do not fit the system. The message says which field; correct it under Configuration.',
      credential_missing: 'No credential is set, or it lacks a part. Set it with “New credential”.',
      direction_unsupported: 'The integration is to send, but the system can only be fetched from, or the other way round. Ask whoever operates this to correct it.',
      cursor_stuck: 'The system says there is more, but gives the same page again. Fetch from the beginning under Configuration; if it happens again, ask the vendor.',
      record_too_large: 'A record that was fetched is over 1 MB. Fetch fewer fields.',
      own_rate_limit: 'Nothing is urgent: we keep within the limit the system states, and go on by ourselves.',
      never_started: 'The function that talks to the system did not answer. Tell whoever operates this.',
      stuck: 'The run died several times in a row. Tell whoever operates this.',
      connector_error: 'The fault is ours, not in the data. Give the message to whoever operates this.',
      slice_lost: 'We stopped before the answer was written down. The system is asked about the record before anything is sent again.',
      changed_after_export: 'An earlier version is booked, and the system cannot replace it. Correct it there, then dismiss this one.',
      payload_missing: 'The record lacks something the system needs. Add it at the source, or edit the record here.',
      payload_invalid: 'The value cannot be sent as it is. Correct it here for all the records at once, or correct the mapping in the settings.',
      payload_unknown_key: 'The field goes nowhere in the system. Map it in the settings, or to “none” to leave it out. Then retry.',
      answer_unexpected: 'The system answered in a way we do not know. See in the system whether the record is there, and give the message to whoever operates this.',
      ADDRESS_NOT_ALLOWED: 'The address in the settings cannot be used: it has to begin with https:// and be within reach of the internet.',
      NAME_NOT_FOUND: 'The address in the settings does not exist. See whether it is written right; otherwise we try again by ourselves.',
      TLS_FAILED: 'The system’s certificate is not to be trusted. The vendor has to renew it, or the address is wrong.',
      REDIRECT_NOT_FOLLOWED: 'The system has moved to another address. Put the new one into the settings.',
    },
    saidByUs: 'Message from Syncward',
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
