import type { Advice } from '../_kit/advice.ts';

const developer = 'https://developer.zendesk.com/api-reference/introduction';

export const advice: Advice = {
  auth: {
    nb: 'Åpne Admin Center > Apps and integrations > APIs > API tokens, lag en ny nøkkel, og se at e-postadressen her er en aktiv bruker.',
    en: 'Open Admin Center > Apps and integrations > APIs > API tokens, add a token, and see that the e-mail address here is an active user.',
    link: 'https://support.zendesk.com/hc/en-us/articles/4408889192858-Managing-API-token-access-to-the-Zendesk-API',
  },
  permission: {
    nb: 'Nøkkelen får det brukeren får. Gi brukeren rollen den mangler i Admin Center > People > Team > Team members.',
    en: 'The token may do what its user may. Give the user the role it lacks in Admin Center > People > Team > Team members.',
    link: 'https://support.zendesk.com/hc/en-us/articles/4408843830938',
  },
  rate_limit: {
    nb: 'Grensen gjelder hele kontoen, i minuttet. Varer det, se hvilke andre apper som kaller Zendesk.',
    en: 'The limit is that of the whole account, by the minute. If it lasts, see which other apps call Zendesk.',
    link: `${developer}/rate-limits/`,
  },
  validation: {
    nb: 'Se sakens felt i Admin Center > Objects and rules > Tickets > Fields: finnes valget, og er feltet påkrevd? Ellers rettes verdien her.',
    en: 'See the ticket’s field in Admin Center > Objects and rules > Tickets > Fields: is the option there, is the field required? '
      + 'Otherwise correct it here.',
    link: 'https://support.zendesk.com/hc/en-us/articles/4408846008218-Making-conditional-ticket-fields-required',
  },
  conflict: {
    nb: 'Noen endret saken samtidig, eller den er lukket og kan ikke endres mer. Åpne den i Zendesk og se.',
    en: 'Somebody changed the ticket at the same time, or it is closed and cannot be changed any more. Open it in Zendesk and see.',
    link: 'https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/',
  },
  server: {
    nb: 'Se Zendesks driftsside for kontoen. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See Zendesk’s status page for your account. There is nothing to do here; the records are tried again.',
    link: 'https://status.zendesk.com/',
  },
};
