import type { Advice } from '../_kit/advice.ts';

const docs = 'https://developers.zoom.us/docs';

export const advice: Advice = {
  auth: {
    nb: 'Åpne appen (Server-to-Server OAuth) i Zoom App Marketplace: se at den er aktivert, og hent Account ID, Client ID og Secret på nytt.',
    en: 'Open the app (Server-to-Server OAuth) in the Zoom App Marketplace: see that it is activated, and copy its IDs and secret anew.',
    link: `${docs}/internal-apps/create/`,
  },
  permission: {
    nb: 'Legg til området (scope) meldingen nevner, under Scopes i appen. Kan du ikke velge det, mangler din egen rolle i Zoom rettigheten.',
    en: 'Add the scope the message names under Scopes of the app. If you cannot choose it, your own role in Zoom lacks the permission.',
    link: `${docs}/internal-apps/`,
  },
  rate_limit: {
    nb: 'Grensene deles av alle apper på kontoen. Døgngrensen begynner på nytt ved midnatt UTC.',
    en: 'The limits are shared by all apps of the account. The daily one begins anew at midnight UTC.',
    link: `${docs}/api/rate-limits/`,
  },
  validation: {
    nb: 'Se at vertene i oppsettet er brukere på Zoom-kontoen, og at de har lisensen som møter med påmelding krever.',
    en: 'See that the hosts of the settings are users of the Zoom account, and have the licence that meetings with registration need.',
    link: `${docs}/api/meetings/`,
  },
  server: {
    nb: 'Se Zooms driftsside. Det som mangler, hentes i neste kjøring.',
    en: 'See Zoom’s status page. What is missing is fetched by the next run.',
    link: 'https://status.zoom.us/',
  },
};
