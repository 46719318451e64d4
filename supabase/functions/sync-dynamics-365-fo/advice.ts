import type { Advice } from '../_kit/advice.ts';

const docs = 'https://learn.microsoft.com/dynamics365';

export const advice: Advice = {
  auth: {
    nb: 'Lag en ny klienthemmelighet i Microsoft Entra. Klient-ID-en skal stå under System administration > Setup > Microsoft Entra applications.',
    en: 'Make a new client secret in Microsoft Entra. The client ID belongs under System administration > Setup > Microsoft Entra applications.',
    link: `${docs}/fin-ops-core/dev-itpro/data-entities/services-home-page`,
  },
  permission: {
    nb: 'Appen får det samme som brukeren sin. Se hvem under Microsoft Entra applications, og gi brukeren rollen og selskapet som mangler.',
    en: 'The app may do what its user may. See which one under Microsoft Entra applications, and give the user the role and company it lacks.',
    link: `${docs}/fin-ops-core/dev-itpro/data-entities/services-home-page`,
  },
  rate_limit: {
    nb: 'Miljøet er hardt belastet og ber alle vente. Varer det, legg kjøringene til en tid da det går mindre på.',
    en: 'The environment is under load and asks everybody to wait. If it lasts, move the runs to a quieter time.',
    link: `${docs}/fin-ops-core/dev-itpro/data-entities/service-protection-api-limits`,
  },
  validation: {
    nb: 'Er verdien riktig, må dimensjonen eller hovedkontoen finnes og være aktiv i selskapet, under General ledger. Ellers rettes den her.',
    en: 'If the value is right, the dimension or main account has to exist and be active, under General ledger. Otherwise correct it here.',
    link: `${docs}/finance/general-ledger/financial-dimensions`,
  },
  conflict: {
    nb: 'Linjen finnes fra før, eller journalen er bokført eller i bruk av en annen. Finn journalen før du sender igjen.',
    en: 'The line exists, or its journal is posted or in use by somebody else. Find the journal before you send again.',
    link: `${docs}/fin-ops-core/dev-itpro/data-entities/odata`,
  },
  server: {
    nb: 'Er meldingen en regel om dataene, rettes posten. Ellers: be en administrator se i Lifecycle Services om miljøet er oppe.',
    en: 'If the message is a rule about the data, correct the record. Otherwise ask an administrator to see in Lifecycle Services whether it is up.',
    link: `${docs}/fin-ops-core/dev-itpro/lifecycle-services/lcs`,
  },
  cases: [{
    fields: ['postingDate', 'TransDate', 'AccountingDate', 'TransactionDate'],
    nb: 'Perioden er ikke åpen. Gå til General ledger > Ledger setup > Ledger, åpne kalenderen og se periodens status, eller bruk en åpen dato.',
    en: 'The period is not open. Go to General ledger > Ledger setup > Ledger, open the calendar and see its status, or use an open date.',
    link: `${docs}/finance/general-ledger/close-general-ledger-at-period-end`,
  }],
};
