import type { Advice } from '../_kit/advice.ts';

const docs = 'https://docs.apollo.io';

export const advice: Advice = {
  auth: {
    nb: 'En administrator lager en ny API-nøkkel i Apollos innstillinger og legger den inn her.',
    en: 'An administrator makes a new API key in Apollo’s settings and sets it here.',
    link: `${docs}/docs/create-api-key`,
  },
  permission: {
    nb: 'Nøkkelen gjelder bare de endepunktene den ble laget for. Lag den på nytt som hovednøkkel (master key), eller med endepunktet som mangler.',
    en: 'A key is for the endpoints it was made for. Make it anew as a master key, or with the endpoint that is missing.',
    link: `${docs}/docs/create-api-key`,
  },
  rate_limit: {
    nb: 'Grensene gjelder teamet og følger abonnementet, per minutt, time og døgn. Varer det, sett farten i oppsettet lavere.',
    en: 'The limits are the team’s, by the plan: per minute, hour and day. If it lasts, set the pace in the settings lower.',
    link: `${docs}/reference/rate-limits`,
  },
  validation: {
    nb: 'Se feltet i Apollo: egne felt må finnes der, og kontaktstadium og konto sendes med ID-en sin. Ellers rettes verdien her.',
    en: 'See the field in Apollo: custom fields have to exist, and stage and account go by their ids. Otherwise correct the value here.',
    link: `${docs}/reference/create-a-contact`,
  },
  conflict: {
    nb: 'Søk fram kontakten i Apollo på e-postadressen og se om det er den samme, før du sender igjen.',
    en: 'Find the contact in Apollo by its e-mail address and see whether it is the same, before you send again.',
    link: `${docs}/reference/search-for-contacts`,
  },
  server: {
    nb: 'Feilen ligger hos Apollo. Ingenting må gjøres her; postene prøves igjen.',
    en: 'The fault is Apollo’s. There is nothing to do here; the records are tried again.',
  },
};
