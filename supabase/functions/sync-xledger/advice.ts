import type { Advice } from '../_kit/advice.ts';

const help = 'https://xledgerukinternal.zendesk.com/hc/en-us/articles';
const token = `${help}/23682919258514`;

export const advice: Advice = {
  auth: {
    nb: 'En domeneadministrator lager en ny nøkkel under Administration > System Access > GraphQL > API tokens, i riktig selskap.',
    en: 'A domain administrator makes a new token under Administration > System Access > GraphQL > API tokens, in the right entity.',
    link: token,
  },
  permission: {
    nb: 'Nøkkelen mangler en rettighet. Lag en ny under API tokens med lese- og skriverett, i selskapet postene føres i.',
    en: 'The token lacks a right. Make a new one under API tokens with read and write, in the entity that is booked in.',
    link: token,
  },
  rate_limit: {
    nb: 'Kvoten for spørringer er brukt opp og fylles opp igjen av seg selv. Varer det, se om andre integrasjoner bruker samme nøkkel.',
    en: 'The allowance for queries is used up and fills again by itself. If it lasts, see whether other integrations use the same token.',
    link: `${help}/33393587744786-How-to-Use-the-Xledger-GraphQL-API-Economically`,
  },
  validation: {
    nb: 'Er verdien riktig, må kontoen eller objektverdien (koststed, prosjekt) finnes og være åpen i selskapet. Ellers rettes verdien her.',
    en: 'If the value is right, the account or object value (cost center, project) has to exist and be open. Otherwise correct it here.',
  },
  conflict: {
    nb: 'Se i importen i Xledger om bilaget alt ligger der. Er det bokført, reverseres det der før en ny versjon sendes.',
    en: 'See in the import in Xledger whether the voucher is there already. If it is posted, reverse it there before a new version is sent.',
  },
  server: {
    nb: 'Se om dere selv kommer inn i Xledger. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See whether you get into Xledger yourselves. There is nothing to do here; the records are tried again.',
  },
  cases: [{
    fields: ['postingDate', 'postedDate', 'Period', 'Periode', 'Bilagsdato', 'Bokføringsdato'],
    nb: 'Datoen ligger i en periode som er lukket i Xledger. Åpne perioden der, eller rett datoen til en åpen periode.',
    en: 'The date is in a period that is closed in Xledger. Open the period there, or correct the date to an open one.',
  }],
};
