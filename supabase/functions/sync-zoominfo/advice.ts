import type { Advice } from '../_kit/advice.ts';

const docs = 'https://docs.zoominfo.com';

export const advice: Advice = {
  auth: {
    nb: 'En administrator lager en ny klienthemmelighet for appen i ZoomInfos utviklerportal og legger den inn her.',
    en: 'An administrator makes a new client secret for the app in ZoomInfo’s developer portal and sets it here.',
    link: `${docs}/docs/client-credentials-flow`,
  },
  permission: {
    nb: 'Appen mangler et område (scope), eller abonnementet dekker ikke disse opplysningene. Legg det til i utviklerportalen.',
    en: 'The app lacks a scope, or the plan does not cover this data. Add it in the developer portal.',
    link: `${docs}/docs/client-credentials-flow`,
  },
  rate_limit: {
    nb: 'Grensene følger abonnementet, per sekund, time og døgn. Er kredittene brukt opp, kommer ingenting før de fylles på.',
    en: 'The limits follow the plan: per second, hour and day. With the credits used up, nothing comes before they are filled up.',
    link: `${docs}/docs/rate-limits`,
  },
  validation: {
    nb: 'Se feltene i oppsettet: ZoomInfo gir bare dem som abonnementet har, høyst 25 om gangen.',
    en: 'See the fields in the settings: ZoomInfo gives only those of the plan, 25 at a time at most.',
    link: `${docs}/reference/enrichinterface_enrichcontact`,
  },
  server: {
    nb: 'Feilen ligger hos ZoomInfo. Ingenting må gjøres her; det hentes igjen.',
    en: 'The fault is ZoomInfo’s. There is nothing to do here; it is fetched again.',
  },
};
