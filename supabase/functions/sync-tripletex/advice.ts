import type { Advice } from '../_kit/advice.ts';

const help = 'https://hjelp.tripletex.no/hc/no/articles';
const key = `${help}/4409557117713-API-Opprette-brukern%C3%B8kkel-Integrasjon-for-sluttbruker-og-regnskapsf%C3%B8rer`;
const api = 'https://tripletex.no/v2-docs/';

export const advice: Advice = {
  auth: {
    nb: 'Åpne den ansatte under Selskap > Ansatte, fanen «API-tilgang», og velg «Ny nøkkel». Det krever brukeradministrator.',
    en: 'Open the employee under Selskap > Ansatte, the tab API-tilgang, and choose Ny nøkkel. That takes a user administrator.',
    link: key,
  },
  permission: {
    nb: 'Nøkkelen får aldri mer enn den ansatte har. Gi den ansatte tilgangen som mangler, og lag så nøkkelen på nytt.',
    en: 'A key never may more than its employee. Give the employee what is missing, and then make the key anew.',
    link: key,
  },
  rate_limit: {
    nb: 'Vi venter til Tripletex slipper til igjen. Varer det, se om andre integrasjoner går mot det samme selskapet.',
    en: 'We wait until Tripletex lets us in again. If it lasts, see whether other integrations use the same company.',
    link: api,
  },
  validation: {
    nb: 'Er nummeret riktig, må kontoen, avdelingen, prosjektet eller den ansatte finnes i selskapet og være aktiv. Ellers rettes verdien her.',
    en: 'If the number is right, the account, department, project or employee has to exist and be active. Otherwise correct it here.',
    link: api,
  },
  conflict: {
    nb: 'Bilaget eller lønnslinjen er endret i Tripletex i mellomtiden. Se bilaget der, og avgjør hvilken versjon som gjelder.',
    en: 'The voucher or pay slip was changed in Tripletex meanwhile. Look at it there, and decide which version counts.',
    link: api,
  },
  server: {
    nb: 'Se om dere selv kommer inn i Tripletex. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See whether you get into Tripletex yourselves. There is nothing to do here; the records are tried again.',
  },
  cases: [{
    fields: ['postingDate', 'date', 'postings.date'],
    nb: 'Det kan ikke føres på datoen: perioden er avsluttet, eller den ligger før åpningsbalansen. Åpne perioden, eller bruk en åpen dato.',
    en: 'Nothing can be booked on the date: the period is closed, or it lies before the opening balance. Open it, or use an open date.',
    link: `${help}/4406369173905-Hvordan-f%C3%A5r-jeg-f%C3%B8rt-et-bilag-som-er-datert-f%C3%B8r-%C3%A5pningsbalansen-i-Tripletex`,
  }],
};
