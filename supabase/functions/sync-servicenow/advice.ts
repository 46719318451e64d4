import type { Advice } from '../_kit/advice.ts';

const docs = 'https://www.servicenow.com/docs/r';
const map = `${docs}/integrate-applications/system-import-sets/t_CreateATransformMap.html`;

export const advice: Advice = {
  auth: {
    nb: 'Se på brukeren integrasjonen går som: er den aktiv, ikke låst, og er passordet byttet? Legg inn det nye her.',
    en: 'Look at the user the integration goes by: is it active, not locked out, and was its password changed? Set the new one here.',
    link: `${docs}/api-reference/rest-apis/c_TableAPI.html`,
  },
  permission: {
    nb: 'Les årsaken i meldingen. En tilgangsregel (ACL) løses med en rolle til brukeren, en forretningsregel av den som eier den.',
    en: 'Read the reason in the message. An ACL is solved by a role for the user, a business rule by whoever owns it.',
    link: `${docs}/api-reference/rest-apis/c_ImportSetAPI.html`,
  },
  rate_limit: {
    nb: 'Grensen er en regel dere selv har satt: All > System Web Services > REST > Rate Limit Rules.',
    en: 'The limit is a rule of your own: All > System Web Services > REST > Rate Limit Rules.',
    link: `${docs}/api-reference/rest-api-explorer/inbound-REST-API-rate-limiting.html`,
  },
  validation: {
    nb: 'Se i transformasjonen (System Import Sets > Transform Maps) hva feltet slås opp mot, og om verdien finnes der.',
    en: 'See in the transform map (System Import Sets > Transform Maps) what the field is looked up in, and whether the value is there.',
    link: map,
  },
  conflict: {
    nb: 'Transformasjonen må slå sammen (coalesce) på nøkkelfeltet vårt, ellers blir hver ny versjon en ny post.',
    en: 'The transform map has to coalesce on our key, or every version becomes a record of its own.',
    link: `${docs}/integrate-applications/system-import-sets/c_ImportSetCoalesce.html`,
  },
  server: {
    nb: 'Se om instansen er oppe, sover eller oppgraderes. Avbrytes bare lange kall, er det en kvoteregel for transaksjoner.',
    en: 'See whether the instance is up, asleep or being upgraded. If only long calls are cut, it is a transaction quota rule.',
  },
};
