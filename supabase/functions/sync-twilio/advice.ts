import type { Advice } from '../_kit/advice.ts';

const errors = 'https://www.twilio.com/docs/api/errors';

export const advice: Advice = {
  auth: {
    nb: 'Hent Account SID og Auth Token fra forsiden i Twilio Console, eller lag en ny API-nøkkel. Se at kontoen ikke er stengt.',
    en: 'Get the Account SID and Auth Token from the front page of the Twilio Console, or make a new API key. See that the account is not suspended.',
    link: `${errors}/20003`,
  },
  permission: {
    nb: 'Er nøkkelen begrenset, gi den rettigheten den mangler i Twilio Console, eller bruk en vanlig nøkkel for samme konto.',
    en: 'If the key is restricted, give it the permission it lacks in the Twilio Console, or use a standard key of the same account.',
    link: `${errors}/70051`,
  },
  rate_limit: {
    nb: 'For mange kall går samtidig fra kontoen. Det går over av seg selv; varer det, se hva annet som bruker kontoen.',
    en: 'Too many calls of the account at the same time. It passes by itself; if it lasts, see what else uses the account.',
    link: `${errors}/20429`,
  },
  validation: {
    nb: 'Slå opp koden i meldingen i Twilios feilordbok; den sier hvilken verdi som er gal.',
    en: 'Look the code of the message up in Twilio’s error dictionary; it says which value is wrong.',
    link: errors,
  },
  server: {
    nb: 'Se Twilios driftsside. Tallene hentes igjen i neste kjøring.',
    en: 'See Twilio’s status page. The numbers are fetched again by the next run.',
    link: 'https://status.twilio.com/',
  },
};
