import type { Advice } from '../_kit/advice.ts';

const guide = 'https://halopsa.com/guides/article/?kbid=';

export const advice: Advice = {
  auth: {
    nb: 'Åpne programmet under Configuration > Integrations > Halo API, og lag en ny Client Secret for det.',
    en: 'Open the application under Configuration > Integrations > Halo API, and make a new Client Secret for it.',
    link: `${guide}1737`,
  },
  permission: {
    nb: 'Rettighetene er det både programmet og agenten det kjører som, har. Gi programmet området det mangler, og agenten teamet.',
    en: 'What it may do is what both the application and the agent it runs as may. Give the application the permission, and the agent the team.',
    link: `${guide}1566`,
  },
  rate_limit: {
    nb: 'Grensen deles av alt som kaller HaloPSA. Se om andre integrasjoner går samtidig, og spre dem.',
    en: 'The limit is shared by everything that calls HaloPSA. See whether other integrations run at the same time, and spread them.',
    link: 'https://halopsa.com/apidoc/info',
  },
  validation: {
    nb: 'Er verdien riktig, må den finnes i HaloPSA: kunde, sakstype eller felt under Configuration. Ellers rettes den her.',
    en: 'If the value is right it has to exist in HaloPSA: the customer, ticket type or field under Configuration. Otherwise correct it here.',
    link: `${guide}1938`,
  },
  conflict: {
    nb: 'Søk fram det som alt ligger der i HaloPSA, og se om det er det samme, før du sender igjen.',
    en: 'Find what is there already in HaloPSA and see whether it is the same, before you send again.',
  },
  server: {
    nb: 'Se om dere selv kommer inn i HaloPSA. Gjør dere ikke det, er det leverandøren som må svare.',
    en: 'See whether you get into HaloPSA yourselves. If not, it is the vendor who has to answer.',
  },
};
