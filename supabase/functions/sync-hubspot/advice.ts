import type { Advice } from '../_kit/advice.ts';

const developers = 'https://developers.hubspot.com/docs';
const apps = `${developers}/apps/legacy-apps/private-apps/overview`;

export const advice: Advice = {
  auth: {
    nb: 'En superadministrator åpner den private appen under Development > Legacy apps, fornyer nøkkelen på fanen Auth og legger den inn her.',
    en: 'A super admin opens the private app under Development > Legacy apps, rotates the token on the Auth tab and sets it here.',
    link: apps,
  },
  permission: {
    nb: 'Åpne den private appen og gi den området (scope) som meldingen nevner, både for å lese og skrive.',
    en: 'Open the private app and give it the scope the message names, both to read and to write.',
    link: apps,
  },
  rate_limit: {
    nb: 'Gjelder det døgnet, se hvilke apper som bruker mest. Gjelder det ti sekunder, går det over av seg selv.',
    en: 'If it is the daily limit, see which apps use most of it. If it is that of ten seconds, it passes by itself.',
    link: `${developers}/developer-tooling/platform/usage-guidelines`,
  },
  validation: {
    nb: 'Se egenskapen i HubSpot (Settings > Properties): finnes den med det interne navnet, og er verdien et av valgene? Ellers rettes verdien her.',
    en: 'See the property in HubSpot (Settings > Properties): does it exist by its internal name, and is the value an option? '
      + 'Otherwise correct the value here.',
    link: 'https://knowledge.hubspot.com/properties/create-and-edit-properties',
  },
  conflict: {
    nb: 'Meldingen nevner ID-en til det som finnes fra før. Åpne det, og fyll ut nøkkelfeltet der så det blir oppdatert neste gang.',
    en: 'The message names the ID of what exists. Open it, and fill its key property so that it is updated the next time.',
    link: `${developers}/api-reference/error-handling`,
  },
  server: {
    nb: 'Se HubSpots egen driftsside. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See HubSpot’s own status page. There is nothing to do here; the records are tried again.',
    link: 'https://status.hubspot.com/',
  },
};
